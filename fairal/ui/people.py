"""People poorly served: matched twins as lines, a threshold to drag, and the way to each one's slices."""

from pathlib import Path

import pandas as pd
import streamlit as st

from fairal.report.arms import arm_label
from fairal.report.figure import Subject, View
from fairal.report.people import THRESHOLDS, Kept, people_json, poorly_served, say_volumes
from fairal.report.quantity import MEASURE_LABELS
from fairal.runs.reader import Reader
from fairal.ui.frame import page_path
from fairal.ui.literal import literal
from fairal.ui.seen import stamp_of

_ASSETS = Path(__file__).parent / "assets"
POOR, PEOPLE_OF = "poor", "people_of"
"""The address names the threshold by it, and the measure in which people are served poorly."""
MOST_ASKED = 1000.0
"""Of a threshold, in any unit: what an address names beyond it, or not as a number, is not asked."""


@st.cache_resource(max_entries=1)
def _component():
    parts = {kind: (_ASSETS / f"people.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")}
    return st.components.v2.component("fairal_people", **parts)


def show_people(reader: Reader, subject: Subject) -> None:
    """Draw who is poorly served under every arm; a click on one opens its slices."""
    st.subheader("People poorly served")
    measure = subject.view.measures[0]
    if len(subject.view.measures) > 1:
        measure = st.segmented_control(
            "Measure of people", subject.view.measures, default=measure, key=PEOPLE_OF, required=True,
            format_func=MEASURE_LABELS.get, label_visibility="collapsed", bind="query-params",
        )  # fmt: skip
    threshold = asked_threshold(measure)
    kept = _openable(subject.result.id, stamp_of(subject.result), subject.view.arms, reader, subject)
    drawn, table, volumes = _derived(
        subject.result.id, stamp_of(subject.result), subject.view, measure, threshold, len(kept), subject, kept
    )
    seen = _component()(
        data=drawn, key=f"people_{measure}",
        on_threshold_change=lambda: _remember(measure), on_opened_change=lambda: None,
    )  # fmt: skip
    if seen.opened:
        _open(subject, seen.opened)
    pairs = "Each line is a subject and its twin in the other group." if subject.result.matched else ""
    st.caption(literal(subject.about(pairs), 600))
    with st.expander("As a table, and volumes in words"):
        named = {"label": "Arm", "group": "Group", "poor": "Poorly served", "cases": "Test subjects", "seeds": "Seeds"}
        st.dataframe(
            table.rename(columns=named),
            hide_index=True,
            placeholder="–",
            alt="Poorly served test subjects by arm and group",
        )
        for arm, said in volumes.items():
            if said:
                st.markdown(f"**{literal(arm_label(arm))}**, on average: {literal('; '.join(said))}.")


@st.cache_resource(max_entries=8, show_spinner=False)
def _derived(
    experiment: str, stamp: tuple, view: View, measure: str, threshold: float, openable: int, _of: Subject, _kept: Kept
) -> tuple[dict, pd.DataFrame, dict[str, list[str]]]:
    """What is drawn and said of the people, as long as results and how many can be opened are the same."""
    volumes = {arm: say_volumes(_of, arm) for arm in view.arms}
    return people_json(_of, measure, threshold, _kept), poorly_served(_of, measure, threshold), volumes


@st.cache_resource(max_entries=8, show_spinner=False)
def _openable(experiment: str, stamp: tuple, arms: tuple, _reader: Reader, _subject: Subject) -> Kept:
    """List the test cases whose volumes were kept at the round that is looked at."""
    found, subject, reader = set(), _subject, _reader
    for arm in subject.view.arms:
        for seed, run in subject.result.of(arm).items():
            volumes = reader.volumes(run.key, subject.at) if len(run.records) > subject.at else None
            found |= {(arm, seed, case) for case in volumes.probability} if volumes else set()
    return found


def asked_threshold(measure: str) -> float:
    """Read the threshold of a measure from the address, where it is a number; else the usual one."""
    try:
        of, _, text = st.query_params.get(POOR, "").rpartition(":")
        value = float(text)
    except ValueError:
        return THRESHOLDS[measure]
    return value if of == measure and 0 <= value <= MOST_ASKED else THRESHOLDS[measure]


def _remember(measure: str) -> None:
    value = st.session_state[f"people_{measure}"].threshold
    if value is not None:
        st.query_params[POOR] = f"{measure}:{value:.3f}"


def _open(subject: Subject, who: dict) -> None:
    """Open a person's slices, beside the baseline's."""
    query = {
        "of": subject.result.id, "of_seed": str(who["seed"]), "left": arm_label(subject.view.baseline),
        "right": arm_label(who["arm"]), "who": f"test {who['number']}, {who['group']}",
    }  # fmt: skip
    if who["arm"] == subject.view.baseline:
        query["right"] = "nothing"
    st.switch_page(page_path("slices"), query_params=query)
