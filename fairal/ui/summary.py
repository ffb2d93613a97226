"""What an experiment came to, at a glance: a card per arm, and what may be said of each."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from fairal.report.arms import arm_colour, arm_label, headline_arm
from fairal.report.cards import SHORT, Card, Fact, arm_cards
from fairal.report.figure import Subject, View
from fairal.report.levels import ArmSummary
from fairal.report.results import ExperimentResult
from fairal.report.summary import headline, is_start
from fairal.ui.literal import literal

CARD_WIDTH = 228
"""Pixels: three beside each other on a projector's page of 1024, four at 1440."""
CHIPS = {
    "closes": "green", "levelling_down": "orange", "widens": "red", "turned_round": "red", "not_learned": "red",
}  # fmt: skip
"""Colours of the verdicts that decide something; the others are grey."""


def metric_cards(result: ExperimentResult, summary: Sequence[ArmSummary], baseline: str) -> None:
    """The cards of an experiment seen as it comes: all arms, in Dice and surface Dice."""
    show_cards(Subject(result, View.of(result, baseline)), summary)


def show_cards(subject: Subject, summary: Sequence[ArmSummary]) -> None:
    """Draw a card per arm, with its verdict as a chip; the headline's arm comes first."""
    if is_start(subject.result, summary):
        st.info("All arms start from the same model; they differ from the next round on.")
        return
    cards = arm_cards(subject)
    first = headline_arm([card.arm for card in cards])
    cards = sorted(cards, key=lambda card: card.arm != first)
    if cards:
        counts = sorted({card.seeds for card in cards})
        seeds = " or ".join(map(str, counts)) + (" seed" if counts == [1] else " seeds")
        st.caption(f"Against {subject.versus} at {summary[0].labelled} labelled scans, n = {seeds}.")
    with st.container(horizontal=True):
        for card in cards:
            with st.container(border=True, width=CARD_WIDTH, gap=None):
                _card(card)


def _card(card: Card) -> None:
    dot = f'<span style="color:{arm_colour(card.arm)}">●</span>'
    st.html(f"<strong>{dot} {escape(arm_label(card.arm))}</strong>")
    st.badge(SHORT[card.verdict.code], color=CHIPS.get(card.verdict.code, "gray"), help=card.verdict.text)
    rows = "".join(map(_row, card.facts))
    st.html(f"<table style='width:100%;font-size:13px;line-height:1.3'>{rows}</table>")


def _row(fact: Fact) -> str:
    before = f"<span style='opacity:.75'>{escape(fact.before)} → </span>" if fact.before else ""
    value = f"{before}<strong>{escape(fact.value)}</strong>"
    return f"<tr><td>{escape(fact.name)}</td><td style='text-align:right;white-space:nowrap'>{value}</td></tr>"


def say_headline(subject: Subject, summary: Sequence[ArmSummary]) -> None:
    """Say what may be said of the headline's arm."""
    text = headline(subject.result, summary, subject.view.baseline)
    if text:
        st.markdown(f"**{literal(text, 600)}**")


def say_verdicts(subject: Subject, summary: Sequence[ArmSummary]) -> None:
    """Say what may be said of every arm."""
    cards = arm_cards(subject)
    if cards and not is_start(subject.result, summary):
        st.subheader("What may be said of each arm")
        for card in cards:
            st.markdown(f"**{arm_label(card.arm)}**: {literal(card.verdict.text, 1000)}")
