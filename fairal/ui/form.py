"""The launch form: it draws a draft. Everything chosen is in the address, and JSON says what the form says."""

import json
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fairal.config import LIMITS, ExperimentConfig, parse_text, study_json
from fairal.errors import InputError
from fairal.presets import WORDS, preset
from fairal.report.glossary import define
from fairal.ui import draft as fields
from fairal.ui.arms import choose_arms, choose_baseline, show_arms
from fairal.ui.draft import Draft, as_asked, start_text
from fairal.ui.link import in_address
from fairal.ui.literal import literal
from fairal.ui.own_fields import asked_for_alone, choose_source, split_fields, start_anew, start_fields, suggest
from fairal.ui.sources import VIEWS, start_in_words

_BOUND = {"bind": "query-params"}
_BLANK = Draft()
_FIELDS_WIDTH, _NUMBER_WIDTH = 250, 120


def fill(configs: list[ExperimentConfig]) -> None:
    """Put configurations into the form, or as JSON beside a sentence where it cannot say them."""
    try:
        _put(Draft.from_configs(configs))
        st.session_state["as_json"] = False
    except InputError as error:
        st.session_state["json_text"] = study_json([as_asked(config) for config in configs], configs[0].study)
        st.session_state["as_json"] = True
        st.session_state["form_note"] = str(error)


def launch_form(home: Path, how_long: Callable[[list[ExperimentConfig]], str]) -> list[ExperimentConfig]:
    """Draw the form.

    Args:
        home: Holds the collections that can be chosen.
        how_long: Says how long experiments take on this machine.

    Returns:
        The experiments it describes.

    Raises:
        InputError: What is wrong with them, and what would be right.
        RunError: The collection that they are about is damaged.
    """
    if (asked := asked_for_alone()) and (suggested := suggest(home, asked)):
        fill(suggested)
    _presets(how_long)
    st.toggle(
        "Edit as JSON",
        key="as_json",
        on_change=_turn,
        help="Says what the form says; for more groups, other learners, anything the form has no field for.",
    )
    if note := st.session_state.pop("form_note", None):
        st.info(literal(note), icon=":material/info:")
    if st.session_state["as_json"]:
        return _parse(st.text_area("Configuration", key="json_text", height=420))
    return _fields(home).to_configs()


# ---------------------------------------------------------------------- what the form holds


def _current() -> Draft:
    """What the form says at this moment."""
    chosen = {name: st.session_state[name] for name in fields.NAMES if name in st.session_state}
    return Draft(**{name: tuple(v) if isinstance(v, list) else v for name, v in chosen.items()})


def _put(draft: Draft) -> None:
    start_anew()
    for name in fields.NAMES:
        value = getattr(draft, name)
        st.session_state[name] = list(value) if isinstance(value, tuple) else value
    show_arms(draft.strategies)


def _turn() -> None:
    """To JSON and back; where one side cannot be said by the other, it stays, and says why."""
    to_json = st.session_state["as_json"]
    try:
        if to_json:
            content = {"schema": 1, "study": "", "experiments": _current().contents()}
            st.session_state["json_text"] = json.dumps(content, indent=2)
        else:
            _put(Draft.from_configs(_parse(st.session_state["json_text"])))
    except InputError as error:
        st.session_state["as_json"] = not to_json
        st.session_state["form_note"] = str(error)


def _parse(text: str) -> list[ExperimentConfig]:
    return parse_text(text)


# ---------------------------------------------------------------------- presets


def _template(name: str) -> list[ExperimentConfig]:
    """A preset's experiments; several that differ in their start alone are named as the form names them."""
    configs = preset(name)
    if len(configs) == 1 or len({config.cohort for config in configs}) > 1:
        return configs
    return [config.model_copy(update={"name": f"{config.study} {start_text(config)}"}) for config in configs]


def _presets(how_long: Callable[[list[ExperimentConfig]], str]) -> None:
    if (lit := st.session_state.get("preset")) and not _says(_template(lit)):
        st.session_state["preset"] = None  # something was changed since: it is that preset no longer
    st.radio(
        "Start from",
        list(WORDS),
        index=None,
        key="preset",
        horizontal=True,
        on_change=lambda: st.session_state["preset"] and fill(_template(st.session_state["preset"])),
        format_func=lambda name: f"**{WORDS[name][0]}** · about {how_long(preset(name))}",
        captions=[purpose for _, purpose in WORDS.values()],
        help="Fills the form; change what you like. The times are for all of its runs, on this machine.",
    )


def _says(configs: list[ExperimentConfig]) -> bool:
    """Whether form or JSON say exactly these experiments."""
    try:
        said = _parse(st.session_state["json_text"]) if st.session_state.get("as_json") else _current().to_configs()
    except InputError:
        return False
    return said == configs


# ---------------------------------------------------------------------- fields


def _fields(home: Path) -> Draft:
    row = st.grid(2, min_column_width=_FIELDS_WIDTH, gap="large")
    with row.container():
        st.subheader("Whose scans")
        st.text_input("Name of the experiment", _BLANK.name, key="name", max_chars=80, **_BOUND)
        collection = choose_source(home, lambda: _suggest_for(home, st.session_state["scans"]))
        known = split_fields(home, collection) if collection else _bias()
    with row.container():
        st.subheader("How many are labelled", help=define("budget"))
        if known:
            start_fields(known)
        else:
            _starts()
        pair = st.grid(2, min_column_width=_NUMBER_WIDTH)
        _number("Picked in each round", "per_round", "per_round", where=pair)
        _number("Rounds", "rounds", "rounds", where=pair, help=define("round"))
        st.markdown(_total())
        _certainty(synthetic=not known)
    choose_arms()
    with st.expander("Advanced: network, device, field of view and more", icon=":material/tune:"):
        _advanced(synthetic=not known)
    return _current()


def _suggest_for(home: Path, collection: str) -> None:
    """Fill the form anew for other scans: budgets and groups of the last ones mean nothing for them."""
    if not collection:
        _put(_BLANK)
    elif suggested := suggest(home, collection):
        fill(suggested)


def _bias() -> None:
    st.slider("Bias strength", *LIMITS["strength"], _BLANK.bias, 0.02, key="bias", help=define("bias"), **_BOUND)
    st.slider("Share of the biased group", *LIMITS["share"], _BLANK.biased_share, 0.05, key="biased_share",
              help="Of the pool. " + define("pool"), **_BOUND)  # fmt: skip


def _starts() -> None:
    """Counts of both groups, in words; the address writes them as the draft does, and may be written by hand."""
    if "starts" not in st.session_state:
        st.session_state["starts"] = st.query_params.get_all("starts") or list(_BLANK.starts)
    chosen = st.session_state["starts"]
    st.multiselect(
        "Labelled at the start",
        list(dict.fromkeys((*fields.STARTS, *chosen))),
        key="starts",
        format_func=start_in_words,
        accept_new_options=True,
        help="Several give an experiment each. Type your own as two counts, e.g. 4+2.",
    )
    in_address("starts", st.session_state["starts"], _BLANK.starts)


def _certainty(synthetic: bool) -> None:
    st.subheader("How sure")
    pair = st.grid(2, min_column_width=_NUMBER_WIDTH)
    pair.number_input("Seeds", 1, fields.MOST_SEEDS, _BLANK.seeds, key="seeds", help=define("seed"), **_BOUND)
    if synthetic:
        _number("Test pairs", "pairs", "test_pairs", where=pair, help=define("twin"))


def _number(text: str, key: str, limit: str, where=st, help: str | None = None) -> None:
    low, high = (int(v) for v in LIMITS[limit])
    where.number_input(text, low, high, getattr(_BLANK, key), key=key, help=help, **_BOUND)


def _total() -> str:
    """How many scans are labelled in the end, and how that comes about."""
    draft = _current()
    try:
        ends = list(dict.fromkeys(draft.budget()))
    except InputError:
        return "A start is two counts, such as 5+1."
    asked = draft.per_round * draft.rounds
    starts = " or ".join(str(end - asked) for end in ends)
    scans = f"**{' or '.join(map(str, ends))} scans** are labelled at the end"
    if not draft.rounds:
        return f"{scans}: all of them at the start."
    return f"{scans}: {starts} at the start, then {draft.rounds} rounds of {draft.per_round}."


def _advanced(synthetic: bool) -> None:
    row = st.grid(3, min_column_width=_FIELDS_WIDTH, gap="large")
    with row.container():
        st.text_input("Study", key="study", max_chars=80, help="Experiments of one study belong together.", **_BOUND)
        if synthetic:
            st.selectbox("Field of view", list(VIEWS), key="view", **_BOUND)
            _number("Pool (subjects that can be labelled)", "pool", "pool_size", help=define("pool"))
    with row.container():
        if synthetic:
            st.slider("Contrast fade", *LIMITS["fade"], _BLANK.fading, 0.05, key="fading",
                      help=define("contrast fade"), **_BOUND)  # fmt: skip
        st.selectbox("Network and its training", list(fields.LEARNERS), key="learner", format_func=_learner_text,
                     **_BOUND)  # fmt: skip
        st.selectbox("Device", fields.DEVICES, key="device", **_BOUND)
    with row.container():
        _number("First seed", "first_seed", "seed", help="The others follow it: with 3 seeds from 10 on, 10, 11, 12.")
        st.selectbox("Keep volumes for Slices", fields.VOLUMES, key="volumes", **_BOUND,
                     format_func=lambda v: v.replace("_", " "))  # fmt: skip
        choose_baseline()
        st.toggle("Reference fits as well", key="references", help=define("reference fit"), **_BOUND)


def _learner_text(name: str) -> str:
    learner = fields.LEARNERS[name]
    return f"{name}: {'-'.join(map(str, learner.channels))}, {learner.steps} steps, batch {learner.batch_size}"
