"""The launch form: it draws a draft. Everything chosen is in the address, and JSON says what the form says."""

import json
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from fairal.config import LIMITS, ExperimentConfig, parse_text, study_json
from fairal.errors import InputError
from fairal.presets import PRESETS, preset
from fairal.ui import draft as fields
from fairal.ui.arms import choose_arms, choose_baseline, show_arms
from fairal.ui.draft import Draft, as_asked, start_text
from fairal.ui.literal import literal
from fairal.ui.own_fields import asked_for_alone, choose_source, split_fields, start_anew, start_fields, suggest
from fairal.ui.sources import VIEWS

PRESET_NAMES = {
    "smoke": "Quick look",
    "demo": "Demo",
    "weak": "Weak bias",
    "strong": "Strong bias",
    "paper-grid": "Paper study",
}
"""What a person calls the presets, the quickest first."""
_BOUND = {"bind": "query-params"}
_BLANK = Draft()


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
    st.pills(
        "Start from",
        sorted(PRESETS, key=list(PRESET_NAMES).index),
        key="preset",
        on_change=lambda: st.session_state["preset"] and fill(_template(st.session_state["preset"])),
        format_func=lambda name: f"{PRESET_NAMES[name]} · {how_long(preset(name))}",
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
    cohort, budget, repeats = st.columns(3, gap="large")
    with cohort:
        st.subheader("Cohort")
        st.text_input("Name", _BLANK.name, key="name", max_chars=80, **_BOUND)
        collection = choose_source(home, lambda: _suggest_for(home, st.session_state["scans"]))
        known = split_fields(home, collection) if collection else _bias()
    with budget:
        st.subheader("Budget")
        if known:
            start_fields(known)
        else:
            _starts()
        _number("Picked per round", "per_round", "per_round")
        _number("Rounds", "rounds", "rounds")
        st.caption(_total())
    with repeats:
        _certainty(synthetic=not known)
    choose_arms()
    with st.expander("Advanced", icon=":material/tune:"):
        _advanced(synthetic=not known)
    return _current()


def _suggest_for(home: Path, collection: str) -> None:
    """Fill the form anew for other scans: budgets and groups of the last ones mean nothing for them."""
    if not collection:
        _put(_BLANK)
    elif suggested := suggest(home, collection):
        fill(suggested)


def _bias() -> None:
    st.slider("Bias strength", *LIMITS["strength"], _BLANK.bias, 0.02, key="bias", **_BOUND,
              help="How far the left caudate of the biased group shrinks; 1 leaves about half of it.")  # fmt: skip
    st.slider("Share of the biased group", *LIMITS["share"], _BLANK.biased_share, 0.05, key="biased_share",
              **_BOUND)  # fmt: skip


def _starts() -> None:
    st.multiselect(
        "Labelled at the start (reference + biased)",
        fields.STARTS,
        list(_BLANK.starts),
        key="starts",
        accept_new_options=True,
        help="Several give an experiment each. Type your own, e.g. 4+2.",
        **_BOUND,
    )


def _certainty(synthetic: bool) -> None:
    st.subheader("Certainty")
    st.number_input("Seeds", 1, fields.MOST_SEEDS, _BLANK.seeds, key="seeds", **_BOUND,
                    help=f"Each repeats everything with another {'cohort' if synthetic else 'split'}; five or more "
                    "give intervals.")  # fmt: skip
    if synthetic:
        _number("Test set (matched pairs)", "pairs", "test_pairs")
    st.toggle("Reference fits", key="references", **_BOUND,
              help="For orientation: trained on the first group alone, and on the whole pool.")  # fmt: skip


def _number(text: str, key: str, limit: str) -> None:
    low, high = (int(v) for v in LIMITS[limit])
    st.number_input(text, low, high, getattr(_BLANK, key), key=key, **_BOUND)


def _total() -> str:
    try:
        return f"In the end {' or '.join(str(n) for n in dict.fromkeys(_current().budget()))} scans are labelled."
    except InputError:
        return "A start is two counts, such as 5+1."


def _advanced(synthetic: bool) -> None:
    left, middle, right = st.columns(3, gap="large")
    with left:
        st.text_input("Study", key="study", max_chars=80, help="Experiments of one study belong together.", **_BOUND)
        if synthetic:
            st.selectbox("Field of view", list(VIEWS), key="view", **_BOUND)
            _number("Pool (subjects that can be labelled)", "pool", "pool_size")
    with middle:
        if synthetic:
            st.slider("Contrast fade", *LIMITS["fade"], _BLANK.fading, 0.05, key="fading", **_BOUND,
                      help="How far the structure's intensity fades towards white matter in the biased "
                      "group.")  # fmt: skip
        st.selectbox("Learner", list(fields.LEARNERS), key="learner", format_func=_learner_text, **_BOUND)
        st.selectbox("Device", fields.DEVICES, key="device", **_BOUND)
    with right:
        _number("First seed", "first_seed", "seed")
        st.selectbox("Keep volumes for Slices", fields.VOLUMES, key="volumes", **_BOUND,
                     format_func=lambda v: v.replace("_", " "))  # fmt: skip
        choose_baseline()


def _learner_text(name: str) -> str:
    learner = fields.LEARNERS[name]
    return f"{name}: {'-'.join(map(str, learner.channels))}, {learner.steps} steps, batch {learner.batch_size}"
