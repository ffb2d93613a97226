"""Compare's first screen: what may be said, a card per arm, and what the better group may lose for it."""

from dataclasses import replace

import streamlit as st

from fairal.report.arms import arm_label
from fairal.report.choice import MOST, USUAL, with_five_seeds
from fairal.report.figure import X_AXES, Subject, View
from fairal.report.quantity import MEASURE_LABELS, OVER_GROUPS
from fairal.report.results import ExperimentResult
from fairal.report.summary import is_start
from fairal.runs.launch import launch
from fairal.runs.store import Store
from fairal.ui.cards import show_cards
from fairal.ui.charts import show
from fairal.ui.evidence import TAB, TABS
from fairal.ui.frame import LINGER_SECONDS, saying
from fairal.ui.glossary import OF_A_COMPARISON, glossary
from fairal.ui.link import copy_link
from fairal.ui.literal import literal
from fairal.ui.people import PEOPLE_OF, POOR, asked_threshold
from fairal.ui.player import ROUND
from fairal.ui.seen import figures_of, subject_of
from fairal.ui.summary import START, say_counts

FOCUS, PLANE_OF = "arm", "plane_of"
"""The address names the picked arm by it, and the measure of the chart beside the cards."""
_THIRD_PX = 320
"""Of the page, at least, for the slider and for the chart; on a projector each has a line of its own."""


def picked_arm(subject: Subject) -> str | None:
    """Give the arm that the address names, if it is one that is looked at."""
    asked = st.query_params.get(FOCUS)
    return asked if asked in subject.view.arms else None


def _pick(arm: str) -> None:
    if st.query_params.get(FOCUS) == arm:
        del st.query_params[FOCUS]
    else:
        st.query_params[FOCUS] = arm


def decide(store: Store, result: ExperimentResult, view: View) -> Subject:
    """Draw the first screen: the price, what may be said at it, a card per arm, and both groups in one chart.

    Returns:
        What was looked at, at the price that was asked for.
    """
    screen = st.grid(3, min_column_width=_THIRD_PX, gap=("small", "medium"))
    question, answer = screen.cell(), screen.cell(column_span=2)
    with question:
        price = st.slider(
            "How much may the better group lose? (Dice)", 0.0, MOST, USUAL, 0.002, "%.3f", key="price",
            bind="query-params", help="Arms that close the gap for no more than this are lit.",
        )  # fmt: skip
    subject = subject_of(result, replace(view, price=price))
    summary, focus = subject.summaries[view.measures[0]], picked_arm(subject)
    with answer:
        if is_start(result, summary):
            st.markdown(START)
        else:
            _recommend(store, subject)
    cards, chart = screen.cell(column_span=2), screen.cell()
    with cards:
        with st.container(horizontal=True, vertical_alignment="center"):
            say_counts(subject, summary)
            glossary(*OF_A_COMPARISON)
            copy_link(pinned(subject))
        show_cards(subject, focus, _pick)
        if not is_start(result, summary):
            _say_verdict(subject, focus)
    with chart:
        key = f"{_plane_of(subject)}_plane"
        for figure in figures_of(subject):
            if figure.key == key:
                show(figure, options=(subject.view,), focus=focus and arm_label(focus))
    return subject


def pinned(subject: Subject) -> dict[str, str | list[str]]:
    """Write what is seen as this page's address names it."""
    view, asked = subject.view, st.query_params
    of_plane, of_people = (_measure(view, asked.get(name)) for name in (PLANE_OF, PEOPLE_OF))
    round_ = asked.get(ROUND, "")
    seen = {
        "experiments": asked.get_all("experiments") or [subject.result.id],
        "measures": [MEASURE_LABELS[measure] for measure in view.measures],
        "over": OVER_GROUPS[view.over],
        "baseline": arm_label(view.baseline),
        "show": [arm_label(arm) for arm in view.arms],
        "axis": X_AXES[view.x],
        "price": f"{view.price:g}",
        PLANE_OF: MEASURE_LABELS[of_plane],
        PEOPLE_OF: MEASURE_LABELS[of_people],
        POOR: f"{of_people}:{asked_threshold(of_people):g}",
        ROUND: round_ if round_.isdecimal() else str(subject.at),
        TAB: asked[TAB] if asked.get(TAB) in TABS else next(iter(TABS)),
    }
    focus = picked_arm(subject)
    return seen | ({FOCUS: focus} if focus else {})


def _measure(view: View, label: str | None) -> str:
    """Find the measure of a label among those that are looked at; the first one otherwise."""
    return next((measure for measure in view.measures if MEASURE_LABELS[measure] == label), view.measures[0])


def _say_verdict(subject: Subject, focus: str | None) -> None:
    """The verdict on the card that was pressed, under the cards; until one is, on the arm to choose, if any."""
    arm = focus or subject.choice.arm
    verdict = subject.said.get(arm or "")
    if verdict is None:
        st.caption("Press a card: the verdict on its arm will stand here in full.")
        return
    whose = "the card you pressed" if focus else "the arm to choose"
    st.markdown(f"**Verdict on {literal(arm_label(arm))}**, {whose}: {literal(verdict.text, 600)}")


def _plane_of(subject: Subject) -> str:
    """The measure of the chart: the first of those looked at, or another of them."""
    measures = subject.view.measures
    if len(measures) == 1:
        return measures[0]
    return st.segmented_control(
        "In", measures, default=measures[0], key=PLANE_OF, format_func=MEASURE_LABELS.get, required=True,
        label_visibility="collapsed", bind="query-params",
    )  # fmt: skip


def _recommend(store: Store, subject: Subject) -> None:
    """The one sentence, and more seeds where it has none to give for want of them."""
    choice, seeds = subject.choice, subject.result.config.seeds
    if not choice.text:
        return
    if not choice.undecided or with_five_seeds(seeds) == seeds:
        st.markdown(f"##### {literal(choice.text, 600)}")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"##### {literal(choice.text, 600)}", width="stretch")
        pressed = st.button(
            "Run 5 seeds", icon=":material/playlist_add:", type="primary", key="five",
            on_click=run_five_seeds, args=(store, subject.result),
            help="The same question with five seeds; what is trained is not trained again.",
        )  # fmt: skip
    if pressed and st.session_state["experiments"] != [subject.result.id]:
        st.rerun()  # all of the page, of which this is a fragment: the experiment is chosen outside of it


def run_five_seeds(store: Store, result: ExperimentResult) -> None:
    """Launch an experiment again with as many seeds as a conclusion needs, once, and look at it."""
    config = result.config.model_copy(update={"seeds": with_five_seeds(result.config.seeds)})
    with saying():
        [started] = launch(store, [config], token=f"five-seeds-{result.id}", linger_seconds=LINGER_SECONDS)
        st.session_state["experiments"] = [started]
