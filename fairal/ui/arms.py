"""The arms in the launch form: a box for each, any query with any training, and what they are measured against."""

from collections.abc import Sequence

import streamlit as st

from fairal.config import Arm
from fairal.learner.trainings import PLAIN, TRAININGS
from fairal.report.arms import arm_label
from fairal.strategies.catalog import CATALOG, label
from fairal.ui.draft import Draft, is_arm, selectable, source

_BLANK = Draft()
_PUT_TOGETHER = "arms_put_together"
"""In the session: arms beside those that the form always shows."""


def tick(arm: str) -> str:
    """The key of an arm's box."""
    return f"arm_{arm}"


def show_arms(strategies: Sequence[str]) -> None:
    """Tick these arms and no others; call it before the boxes are drawn."""
    st.session_state["strategies"] = list(strategies)
    st.session_state[_PUT_TOGETHER] = [arm for arm in strategies if arm not in selectable()]
    for arm in _offered():
        st.session_state[tick(arm)] = arm in strategies


def _offered() -> dict[str, str]:
    return selectable(st.session_state.get(_PUT_TOGETHER, []))


def choose_arms() -> None:
    """A box for each arm, with what it picks by; the order in which they are ticked is that of tables and colours."""
    if not any(tick(arm) in st.session_state for arm in _offered()):  # newly opened, or come back to
        show_arms(_asked() or _BLANK.strategies)
    offered = _offered()
    st.subheader("Strategies")
    st.caption("What each picks by:")
    with st.grid(3, min_column_width=260):
        for arm, picks_by in offered.items():
            st.checkbox(f"**{arm_label(arm)}**: {picks_by}", key=tick(arm), help=source(arm), wrap=True)
    _put_together()
    in_order = dict.fromkeys((*st.session_state["strategies"], *offered))
    st.session_state["strategies"] = [arm for arm in in_order if st.session_state.get(tick(arm))]
    if st.session_state["strategies"] != list(_BLANK.strategies):
        st.query_params["strategies"] = [label(arm) for arm in st.session_state["strategies"]]
    elif "strategies" in st.query_params:
        del st.query_params["strategies"]


def _put_together() -> None:
    """Any query with any training: what is added gets a box among the others."""
    with st.expander("Another way of training", icon=":material/model_training:"):
        query, training, add = st.columns([2, 2, 1], vertical_alignment="bottom")
        query.selectbox("Pick by", list(CATALOG), key="new_query", format_func=label)
        others = [training for training in TRAININGS if training != PLAIN]
        training.selectbox("Train", others, key="new_training", format_func=lambda id_: TRAININGS[id_].label)
        add.button("Add", key="add_arm", icon=":material/add:", on_click=_add, width="stretch")
        chosen = TRAININGS[st.session_state["new_training"]]
        st.caption(f"{chosen.does[0].upper()}{chosen.does[1:]}. ({chosen.source})")


def _add() -> None:
    arm = str(Arm(st.session_state["new_query"], st.session_state["new_training"]))
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
        st.selectbox("Measured against", there, key="against", format_func=arm_label,
                     help="The strategy whose gap the others are to reduce.")  # fmt: skip
