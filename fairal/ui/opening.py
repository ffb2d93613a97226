"""The parts of Overview: what it is about, the demo to start, and the latest experiment as it grows."""

import secrets
from datetime import datetime

import streamlit as st

from fairal.facts.state import ENDED
from fairal.presets import preset
from fairal.report.figure import Subject, View
from fairal.report.figures import served_by_budget
from fairal.report.results import ExperimentResult, read_experiment
from fairal.report.summary import is_start
from fairal.runs.launch import launch
from fairal.runs.library import Library
from fairal.runs.reader import Reader
from fairal.runs.speed import estimate_seconds
from fairal.runs.store import Store
from fairal.ui.cards import show_cards
from fairal.ui.charts import show
from fairal.ui.frame import LINGER_SECONDS, ROOT, page_path, say_origin, saying
from fairal.ui.launching import may_change
from fairal.ui.literal import literal
from fairal.ui.live import duration, live, say_progress
from fairal.ui.reading import ReadOnce
from fairal.ui.seen import subject_of
from fairal.ui.summary import START, say_counts, say_failed, say_headline

_PAIR = str(ROOT / "fairal" / "ui" / "assets" / "pair.png")
_BASIS = {"measured": "from fits measured here", "scaled": "scaled from fits measured here"}
_RESULTS_SECONDS = 2.0
_NEXT = (
    ("See who was picked", ":material/group:", "slices", {"view_tab": "Picked"}),
    ("Look at the brains", ":material/layers:", "slices", {}),
    ("Compare", ":material/compare_arrows:", "compare", {}),
)


def is_watched(experiment: str | None) -> bool:
    """Tell whether this session has started an experiment and looks on: then the page belongs to its growth."""
    return experiment is not None and st.session_state.get("watched") == experiment


def say_question(store: Store) -> None:
    """Say what this is about, beside the same brain twice."""
    left, right = st.columns([3, 4], gap="large")
    with left:
        st.markdown(
            "Labelling 3D scans is expensive; active learning picks the scans most worth labelling. **For whom does "
            "the result work?** fairal shows it, and who pays for a smaller gap: real 3D U-Net runs, here, on this "
            "machine."
        )
        offer_demo(store)
    with right:
        st.image(_PAIR, alt="The same synthetic brain twice; the outlined left caudate is smaller on the right.")
        st.caption(
            "The same synthetic brain, reference group left, biased group right: the left caudate (outlined) has "
            "shrunk. L and R are the patient's sides. No claim about patients."
        )


def offer_demo(store: Store) -> None:
    """Start the demo with one click, and say how long it takes."""
    demo = preset("smoke" if st.query_params.get("demo") == "smoke" else "demo")
    seconds, basis = estimate_seconds(store, demo[0])
    st.session_state.setdefault("demo_token", secrets.token_hex(8))
    st.button("Run the demo", type="primary", icon=":material/play_arrow:", on_click=_start_demo, args=(store, demo),
              disabled=not may_change())  # fmt: skip
    st.caption(
        f"{len(demo[0].strategies)} strategies, {demo[0].fits()} trainings of {demo[0].learner.steps} steps, one seed, "
        f"about {duration(seconds)} ({_BASIS.get(basis, 'a guess')}): an illustration, which decides nothing. It goes "
        "on if you close the browser."
    )


def offer_study(library: Library, latest: str) -> None:
    """Lead back to the shipped study where an experiment of one's own stands in its place."""
    study = library.shipped()
    if not study or latest in study:
        return
    if st.button("Open the shipped study", icon=":material/menu_book:", help="What fairal's own study came to."):
        st.switch_page(page_path("compare"), query_params={"experiments": study[0]})


def _start_demo(store: Store, demo: list) -> None:
    with saying():
        [started] = launch(store, demo, token=st.session_state["demo_token"], linger_seconds=LINGER_SECONDS)
        st.session_state["demo_token"], st.session_state["watched"] = secrets.token_hex(8), started


def show_latest(store: Store, library: Library, experiment: str) -> None:
    """Show an experiment as it stands; while it runs its progress every second, and what it comes to."""
    with saying():
        result = read_experiment(library, experiment)
        _say_name(library, result)
    live(store, [experiment], lambda: _progress(store, library, experiment))
    live(store, [experiment], lambda: _results(library, experiment), seconds=_RESULTS_SECONDS)


def _say_name(library: Library, result: ExperimentResult) -> None:
    shipped = library.origin(result.id) == "shipped"
    st.subheader(f"{'Shipped with fairal' if shipped else 'Latest experiment'}: {literal(result.config.name)}")
    if shipped:
        seeds = len(result.config.seeds)
        made = datetime.fromisoformat(result.created)
        st.caption(
            f"{seeds} seed{'s' if seeds != 1 else ''}, {made.day} {made:%B %Y}; your own results will stand here."
        )
    say_origin(library, result.id)


def _progress(store: Store, library: Library, experiment: str) -> None:
    with saying():
        state = say_progress(store, library, experiment)
        if state in ENDED and is_watched(experiment):
            columns = st.columns([1, 2, 2, 2], vertical_alignment="center")
            columns[0].markdown(
                ":green[:material/check:] **Done.**" if state == "done" else f"**{state.capitalize()}.**"
            )
            for column, (text, icon, page, query) in zip(columns[1:], _NEXT, strict=True):
                if column.button(text, icon=icon, width="stretch"):
                    name = "experiments" if page == "compare" else "of"
                    st.switch_page(page_path(page), query_params={name: experiment, **query})


def _results(reader: Reader, experiment: str) -> None:
    """What has come out. Where its growth is watched, what grows stays in its place and everything else comes below."""
    with saying():
        result = read_experiment(ReadOnce(reader), experiment)
        subject, watched = subject_of(result, View.of(result)), result.growing or is_watched(experiment)
        say_failed(result)
        if not watched:
            _say(subject)
        if any(run.rounds for run in result.runs) or result.growing:
            show(served_by_budget(subject, "dice"))
        else:
            st.caption("No round was finished.")
        if watched:
            _say(subject)
        if summary := subject.summaries["dice"]:
            say_counts(subject, summary)
            show_cards(subject)


def _say(subject: Subject) -> None:
    """In one place: of the start; or of the headline's arm, and which arm to choose where one can be recommended."""
    summary = subject.summaries["dice"]
    if summary and is_start(subject.result, summary):
        st.markdown(START)
    elif summary:
        say_headline(subject, summary)
        if subject.choice.arm is not None:
            st.markdown(f"**{literal(subject.choice.text, 600)}**")
