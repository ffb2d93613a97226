"""A card per arm: one line of colour, its verdict, and the numbers that a person chooses by. A card can be picked."""

from collections.abc import Callable
from html import escape
from math import ceil

import streamlit as st

from fairal.report.arms import arm_colour, arm_label
from fairal.report.cards import SHORT, Card, Fact, arm_cards
from fairal.report.figure import Subject
from fairal.ui.literal import literal

CARD_WIDTH, ABREAST = 150, 4
"""Pixels of a card, at least, and how many stand beside each other, at most."""
CHIPS = {
    "closes": "green", "levelling_down": "orange", "widens": "red", "turned_round": "red", "not_learned": "red",
}  # fmt: skip
"""Colours of the verdicts that decide something; the others are grey."""
_LIT = "#009E73"


def show_cards(subject: Subject, focus: str | None = None, pick: Callable[[str], None] | None = None) -> None:
    """Draw the cards of all arms that are looked at.

    Args:
        subject: Whose arms.
        focus: The arm that was picked, if any.
        pick: Called with an arm when its card is pressed; without it cards cannot be pressed.
    """
    cards = arm_cards(subject)
    rules = [_rule(i, card, card.arm in subject.choice.qualifying, card.arm == focus) for i, card in enumerate(cards)]
    st.html(f"<style>{_STYLE}{''.join(rules)}</style>")
    abreast = ceil(len(cards) / max(1, ceil(len(cards) / ABREAST)))  # rows of the same length
    with st.grid(max(1, abreast), min_column_width=CARD_WIDTH, gap="xsmall"):
        for i, card in enumerate(cards):
            with st.container(border=True, key=f"card_{i}", gap=None):
                _card(i, card, subject, pick)


_STYLE = """
[class*="st-key-card_"]{position:relative;padding:.55rem .55rem .6rem}
[class*="st-key-card_"]:has(button):hover{box-shadow:0 1px 6px rgba(128,128,128,.45)}
[class*="st-key-pick_"] button{padding:0;min-height:0;text-align:left;justify-content:flex-start}
[class*="st-key-pick_"]{position:static}
[class*="st-key-pick_"] button *{text-align:left;justify-content:flex-start;width:100%}
[class*="st-key-pick_"] button::after{content:"";position:absolute;inset:0}
"""
"""The whole card answers to a press of its button: without these rules the button alone does."""


def _rule(place: int, card: Card, lit: bool, picked: bool) -> str:
    """The arm's colour as the upper edge; a ring where it is picked, a tint where it qualifies."""
    ring = f"outline:2px solid {arm_colour(card.arm)};outline-offset:-1px;" if picked else ""
    tint = f"background:color-mix(in srgb,{_LIT} 9%,transparent);" if lit else ""
    return f".st-key-card_{place}{{border-top:4px solid {arm_colour(card.arm)};{ring}{tint}}}"


def _card(place: int, card: Card, subject: Subject, pick: Callable[[str], None] | None) -> None:
    name = f"**{literal(arm_label(card.arm))}**"
    if pick is None:
        st.markdown(name)
    else:
        st.button(name, key=f"pick_{place}", type="tertiary", on_click=pick, args=(card.arm,), width="stretch")
    chosen, lit = card.arm == subject.choice.arm, card.arm in subject.choice.qualifying
    with st.container(horizontal=True, gap="xxsmall"):
        said = literal(card.verdict.text, 600)
        st.badge(SHORT[card.verdict.code], color=CHIPS.get(card.verdict.code, "gray"), help=said)
        if card.alone:
            st.badge(card.alone, color="orange", help=said)
        if lit:
            st.badge("choose" if chosen else "in price", icon=":material/check:", color="green")
    st.html(f"<div style='margin-top:4px;font-size:12.5px;line-height:1.5'>{''.join(map(_row, card.facts))}</div>")


def _row(fact: Fact) -> str:
    """A name and its number, each row for itself: in a table the widest number would take room from every name."""
    name, value = escape(fact.name), f"<strong style='white-space:nowrap'>{escape(fact.value)}</strong>"
    return f"<div style='display:flex;justify-content:space-between;gap:3px'><span>{name}</span>{value}</div>"
