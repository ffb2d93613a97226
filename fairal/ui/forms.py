"""The launch form: from what a person chose to validated configurations. Everything chosen is in the address."""

import json

import streamlit as st

from fairal.config import LIMITS, ExperimentConfig, parse_experiment, parse_study, study_json
from fairal.errors import InputError
from fairal.presets import DEMO_STRATEGIES, PRESETS, preset
from fairal.strategies.catalog import CATALOG, REFERENCES, label

LEARNERS = {"demo": preset("demo")[0], "paper-grid": preset("paper-grid")[0], "smoke": preset("smoke")[0]}
VIEWS = {
    "Deep grey matter, 1.5 mm": ("deep-grey", 1.5),
    "Deep grey matter, 1 mm": ("deep-grey", 1.0),
    "Deep grey matter, 3 mm (to try things)": ("deep-grey", 3.0),
    "Whole brain, 1.5 mm (slow)": ("brain", 1.5),
}
_BOUND = {"bind": "query-params"}


def values_of(configs: list[ExperimentConfig]) -> dict:
    """Turn configurations into the form's values; what several differ in becomes a choice of several.

    Raises:
        InputError: The form cannot say this; edit it as JSON.
    """
    first = configs[0]
    groups = first.cohort.groups
    if [g.name for g in groups] != ["reference", "biased"] or groups[0].strength or groups[0].fade:
        raise InputError("The form knows one reference and one biased group; edit this one as JSON.")
    view = {v: k for k, v in VIEWS.items()}.get((first.cohort.field_of_view, first.cohort.spacing_mm))
    learner = next((name for name, c in LEARNERS.items() if c.learner == first.learner), None)
    strengths = {c.cohort.groups[1].strength for c in configs}
    if (
        view is None
        or learner is None
        or len(strengths) > 1
        or first.seeds != tuple(range(first.seeds[0], first.seeds[0] + len(first.seeds)))
    ):
        raise InputError("The form cannot say this; edit it as JSON.")
    starts = [c.query.start for c in configs]
    return {
        "name": first.study or first.name,
        "bias": groups[1].strength,
        "fading": groups[1].fade,
        "biased_share": groups[1].share,
        "view": view,
        "learner": learner,
        "pool": first.cohort.pool_size,
        "pairs": first.cohort.test_pairs,
        "starts": [f"{s.get('reference', 0)}+{s.get('biased', 0)}" for s in starts],
        "per_round": first.query.per_round,
        "rounds": first.query.rounds,
        "strategies": list(first.strategies),
        "first_seed": first.seeds[0],
        "seeds": len(first.seeds),
        "references": bool(first.references),
        "device": first.device,
        "volumes": first.volumes,
    }


def fill(configs: list[ExperimentConfig]) -> None:
    """Put configurations into the form: into its fields where they fit, else as JSON."""
    try:
        for name, value in values_of(configs).items():
            st.session_state[name] = value
        st.session_state["as_json"] = False
    except InputError:
        st.session_state["json_text"] = study_json(configs, configs[0].study)
        st.session_state["as_json"] = True


def _use_preset() -> None:
    name = st.session_state.get("preset")
    if name:
        configs = preset(name)
        strengths = {c.cohort.groups[1].strength for c in configs}
        fill([c for c in configs if c.cohort.groups[1].strength == max(strengths)] if name != "paper-grid" else configs)


def launch_form() -> list[ExperimentConfig]:
    """Draw the form.

    Returns:
        The experiments it describes.

    Raises:
        InputError: What is wrong with them, and what would be right.
    """
    st.pills("Preset", list(PRESETS), key="preset", on_change=_use_preset, help="Fills the form; change what you like.")
    if st.toggle(
        "Edit as JSON", key="as_json", help="For more groups, other learners, anything the form has no field for."
    ):
        if "json_text" not in st.session_state:
            st.session_state["json_text"] = study_json(preset("demo"))
        text = st.text_area("Configuration", key="json_text", height=420)
        try:
            return parse_study(json.loads(text))
        except json.JSONDecodeError as error:
            raise InputError(f"This is not valid JSON: {error.msg} in line {error.lineno}.") from None
    return _fields()


def _number(label_: str, key: str, value: int, limit: str, **more) -> int:
    low, high = (int(v) for v in LIMITS[limit])
    return st.number_input(label_, low, high, value, key=key, **_BOUND, **more)


def _fields() -> list[ExperimentConfig]:
    bias, budget, compare = st.columns(3, gap="large")
    with bias:
        st.subheader("Cohort")
        name = st.text_input("Name", "what-if", key="name", max_chars=60, **_BOUND)
        strength = st.slider("Bias strength", *LIMITS["strength"], 1.0, 0.02, key="bias", **_BOUND)
        fade = st.slider("Contrast fade", 0.0, 1.0, 0.0, 0.05, key="fading", **_BOUND)
        share = st.slider("Share of the biased group", 0.05, 0.95, 0.3, 0.05, key="biased_share", **_BOUND)
        pool = _number("Pool (subjects that can be labelled)", "pool", 120, "pool_size")
        pairs = _number("Test set (matched pairs)", "pairs", 50, "test_pairs")
        view = st.selectbox("Field of view", list(VIEWS), key="view", **_BOUND)
    with budget:
        st.subheader("Budget")
        starts = st.multiselect(
            "Labelled at the start (reference+biased)",
            ["5+1", "3+3", "9+1", "5+5", "2+1", "6+0"],
            ["5+1"],
            key="starts",
            accept_new_options=True,
            help="Several give an experiment each. Type your own, e.g. 4+2.",
            **_BOUND,
        )
        per_round = _number("Picked per round", "per_round", 6, "per_round")
        rounds = _number("Rounds", "rounds", 4, "rounds")
        st.caption(f"Budget: {_total(starts)} + {rounds} × {per_round} labelled scans.")
        learner = st.selectbox("Learner", list(LEARNERS), key="learner", format_func=_learner_text, **_BOUND)
        device = st.selectbox("Device", ["auto", "cpu", "cuda", "mps"], key="device", **_BOUND)
    with compare:
        st.subheader("Comparison")
        strategies = st.multiselect(
            "Strategies", list(CATALOG), list(DEMO_STRATEGIES), key="strategies", format_func=label, **_BOUND
        )
        seeds = st.number_input(
            "Seeds", 1, 100, 1, key="seeds", help="Five or more give intervals over seeds.", **_BOUND
        )
        first = _number("First seed", "first_seed", 0, "seed")
        references = st.toggle(
            "Reference fits", key="references", help="Reference group only, and the whole pool.", **_BOUND
        )
        volumes = st.selectbox(
            "Keep volumes for Slices",
            ["first_seed", "all", "none"],
            key="volumes",
            format_func=lambda v: v.replace("_", " "),
            **_BOUND,
        )
    if not starts:
        raise InputError("Choose at least one start, e.g. 5+1.")
    return [
        parse_experiment(
            {
                "name": f"{name} {start}" if len(starts) > 1 else name,
                "study": name if len(starts) > 1 else "",
                "cohort": {
                    "field_of_view": VIEWS[view][0],
                    "spacing_mm": VIEWS[view][1],
                    "pool_size": pool,
                    "test_pairs": pairs,
                    "groups": [
                        {"name": "reference", "share": round(1 - share, 9)},
                        {"name": "biased", "share": share, "strength": strength, "fade": fade},
                    ],
                },
                "learner": LEARNERS[learner].learner.model_dump(mode="json"),
                "query": {"start": _start(start), "per_round": per_round, "rounds": rounds},
                "strategies": strategies,
                "seeds": list(range(first, first + seeds)),
                "references": list(REFERENCES) if references else [],
                "baseline": "entropy" if "entropy" in strategies or not strategies else strategies[0],
                "device": device,
                "volumes": volumes,
            }
        )
        for start in starts
    ]


def _start(text: str) -> dict[str, int]:
    parts = text.replace(" ", "").split("+")
    if len(parts) != 2 or not all(p.isdigit() and len(p) < 5 for p in parts):
        raise InputError(f"A start must be two counts like 5+1 (reference+biased), got '{text[:20]}'.")
    return {"reference": int(parts[0]), "biased": int(parts[1])}


def _total(starts: list[str]) -> str:
    try:
        return " or ".join(str(sum(_start(s).values())) for s in starts)
    except InputError:
        return "?"


def _learner_text(name: str) -> str:
    learner = LEARNERS[name].learner
    return f"{name}: {'-'.join(map(str, learner.channels))}, {learner.steps} steps, batch {learner.batch_size}"
