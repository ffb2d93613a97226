"""What may be said of an experiment, at a glance."""

from collections.abc import Sequence

import streamlit as st

from fairal.report.arms import arm_label
from fairal.report.cards import arm_cards
from fairal.report.figure import Subject
from fairal.report.levels import ArmSummary
from fairal.report.results import ExperimentResult
from fairal.report.summary import headline, is_start
from fairal.ui.literal import literal

START = "All arms start from the same model; they differ from the next round on."


def say_counts(subject: Subject, summary: Sequence[ArmSummary]) -> None:
    """Say against what, at which budget, whether that is the last one, and over how many seeds the cards are."""
    counts = sorted({card.seeds for card in arm_cards(subject)})
    if counts:
        seeds = " or ".join(map(str, counts)) + (" seed" if counts == [1] else " seeds")
        labelled, budget = summary[0].labelled, subject.result.config.query.budget
        at = f"at {labelled}" if labelled >= budget else f"so far at {labelled} of {budget}"
        st.caption(f"Against {literal(subject.versus)} {at} labelled scans, n = {seeds}.")


def say_headline(subject: Subject, summary: Sequence[ArmSummary]) -> None:
    """Say what may be said of the headline's arm."""
    if text := headline(subject.result, summary, subject.view.baseline):
        st.markdown(literal(text, 900))


def say_verdicts(subject: Subject, summary: Sequence[ArmSummary]) -> None:
    """Say what may be said of every arm."""
    cards = arm_cards(subject)
    if cards and not is_start(subject.result, summary):
        st.subheader("What may be said of each arm")
        for card in cards:
            st.markdown(f"**{literal(arm_label(card.arm))}**: {literal(card.verdict.text, 1000)}")


def say_failed(result: ExperimentResult) -> None:
    """Say how many runs failed, and of one of them why."""
    failed = [run for run in result.runs if run.state in ("failed", "damaged")]
    if failed:
        runs = "1 run" if len(failed) == 1 else f"{len(failed)} runs"
        st.error(f"{runs} failed, e.g. {failed[0].key.run}: {literal(failed[0].reason)}")
