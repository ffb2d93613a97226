"""The arms in the launch form: a card for each, any query with any training, and what they are measured against."""

from collections.abc import Sequence

import streamlit as st

from fairal.config import Arm
from fairal.learner.trainings import PLAIN, TRAININGS
from fairal.report.arms import arm_colour, arm_label
from fairal.report.glossary import define
from fairal.strategies.catalog import CATALOG, label
from fairal.ui.arm_words import is_arm, selectable, usual, words_of_arm
from fairal.ui.draft import Draft
from fairal.ui.glossary import glossary
from fairal.ui.link import in_address
from fairal.ui.literal import literal

_BLANK = Draft()
_PUT_TOGETHER = "arms_put_together"
"""In the session: arms beside those that the form always shows."""
_CARD_WIDTH = 250
_EXPLAINED = ("arm", "entropy", "masked entropy", "weighted entropy", "group weight", "quota", "parity", "balanced",
              "conditional", "group DRO")  # fmt: skip


def tick(arm: str) -> str:
    """The key of an arm's box."""
    return f"arm_{arm}"


def show_arms(strategies: Sequence[str]) -> None:
    """Tick these arms and no others; call it before the boxes are drawn."""
    st.session_state["strategies"] = list(strategies)
    st.session_state[_PUT_TOGETHER] = [arm for arm in strategies if arm not in selectable()]
    for arm in _offered():
        st.session_state[tick(arm)] = arm in strategies


def _offered() -> list[str]:
    return selectable(st.session_state.get(_PUT_TOGETHER, []))


def choose_arms() -> None:
    """A card for each arm, in its colour where ticked; the order of ticking is that of tables and colours."""
    if not any(tick(arm) in st.session_state for arm in _offered()):  # newly opened, or come back to
        show_arms(_asked() or _BLANK.strategies)
    offered, first = _offered(), {*usual(), *st.session_state.get(_PUT_TOGETHER, [])}
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader("Which ways of choosing scans are compared?", help=define("arm"), width="content")
        glossary(*_EXPLAINED)
    _cards([arm for arm in offered if arm in first])
    others = [arm for arm in offered if arm not in first]
    chosen = sum(map(_is_ticked, others))
    text = f"{len(others)} more ways to pick" + (f", {chosen} of them chosen" if chosen else "")
    with st.expander(text, icon=":material/more_horiz:", key="more_arms", expanded=bool(chosen)):
        _cards(others)
    _put_together()
    in_order = dict.fromkeys((*st.session_state["strategies"], *offered))
    st.session_state["strategies"] = [arm for arm in in_order if _is_ticked(arm)]
    in_address("strategies", _labels(st.session_state["strategies"]), _labels(_BLANK.strategies))


def _labels(arms: Sequence[str]) -> list[str]:
    return [label(arm) for arm in arms]


def _cards(arms: Sequence[str]) -> None:
    keys = {arm: f"choice_{arm.replace('+', '-')}" for arm in arms}
    edges = (f".st-key-{keys[arm]}{{border-top:4px solid {arm_colour(arm)}}}" for arm in arms if _is_ticked(arm))
    st.html(f"<style>{''.join(edges)}</style>")
    with st.grid(3, min_column_width=_CARD_WIDTH, gap="small"):
        for arm in arms:
            with st.container(border=True, height="stretch", gap="xsmall", key=keys[arm]):
                _card(arm)


def _is_ticked(arm: str) -> bool:
    return bool(st.session_state.get(tick(arm)))


def _card(arm: str) -> None:
    said = words_of_arm(arm)
    st.checkbox(f"**{arm_label(arm)}**", key=tick(arm), help=f"Why it is here: {said.role}.")
    lines = [f"Picks: {said.picks_by}.", f"Trains {said.trains}."]
    if said.source:
        lines.append(f"Source: {said.source}.")
    st.caption("  \n".join(map(literal, lines)))
    _caution(said.caution)


def _put_together() -> None:
    """Any query with any training: what is added gets a card among the others."""
    with st.expander("Pick one way, train another", icon=":material/model_training:"):
        query, training, add = st.columns([2, 2, 1], vertical_alignment="bottom")
        query.selectbox("Pick by", list(CATALOG), key="new_query", format_func=label)
        others = [training for training in TRAININGS if training != PLAIN]
        training.selectbox("Train", others, key="new_training", format_func=lambda id_: TRAININGS[id_].label)
        add.button("Add", key="add_arm", icon=":material/add:", on_click=_add, width="stretch")
        said = words_of_arm(_new())
        st.caption(literal(f"Picks: {said.picks_by}. Trains {said.trains}. ({said.source})", 600))
        _caution(said.caution)


def _caution(text: str) -> None:
    if text:
        st.warning(literal(text, 600), icon=":material/warning:")


def _new() -> str:
    return str(Arm(st.session_state["new_query"], st.session_state["new_training"]))


def _add() -> None:
    arm = _new()
    if arm not in _offered():
        st.session_state[_PUT_TOGETHER] = [*st.session_state.get(_PUT_TOGETHER, []), arm]
    st.session_state[tick(arm)] = True


def _asked() -> list[str]:
    """The arms that the address names, by id or label, in its order."""
    by_name = {name: arm for arm in selectable() for name in (arm, label(arm))}
    named = [by_name.get(name, name) for name in st.query_params.get_all("strategies")]
    return [arm for arm in dict.fromkeys(named) if is_arm(arm)]


def choose_baseline() -> None:
    """One of the arms that are ticked."""
    there = st.session_state["strategies"]
    if there and st.session_state.get("against") not in there:
        st.session_state["against"] = _BLANK.against if _BLANK.against in there else there[0]
    if there:
        st.selectbox("Measured against", there, key="against", format_func=arm_label, help=define("baseline"))
