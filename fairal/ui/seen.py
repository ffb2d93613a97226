"""What was made of results is kept as long as they are the same: a page that looks every second derives them once."""

import streamlit as st

from fairal.report.figure import Figure, Subject, View
from fairal.report.figures import figures
from fairal.report.results import ExperimentResult


def subject_of(result: ExperimentResult, view: View) -> Subject:
    """Give what figures and cards are made of, with what was derived from it before."""
    return _subject(result.id, stamp_of(result), view, result)


def figures_of(subject: Subject) -> list[Figure]:
    """Give all figures, as they were made before if nothing has come since."""
    return _figures(subject.result.id, stamp_of(subject.result), subject.view, subject)


def stamp_of(result: ExperimentResult) -> tuple:
    """What changes with a run's state, with every round, and with a round that was computed anew."""
    return tuple((run.key.run, run.state, *(record.fit for record in run.records)) for run in result.runs)


@st.cache_resource(max_entries=24, show_spinner=False)
def _subject(experiment: str, stamp: tuple, view: View, _result: ExperimentResult) -> Subject:
    return Subject(_result, view)


@st.cache_resource(max_entries=24, show_spinner=False)
def _figures(experiment: str, stamp: tuple, view: View, _subject: Subject) -> list[Figure]:
    return figures(_subject)
