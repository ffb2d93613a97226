"""The glossary where its terms stand: beside a heading, a list that opens."""

import streamlit as st

from fairal.report.glossary import TERMS, defined

OF_A_COMPARISON = (
    "arm", "baseline", "seed", "Dice", "surface Dice", "ASSD", "gap", "signed gap", "worst group",
    "disparity reduction", "noise floor", "noise line", "fair line", "levelling down", "who paid", "verdict",
    "interval",
)  # fmt: skip
"""What must be known to read the cards and charts of an experiment."""


def glossary(*terms: str, where=st, width: str = "content") -> None:
    """Offer what the terms on a page mean; without any, all of them.

    Args:
        where: The container to stand in.
        width: Of the button.
    """
    with where.popover("What the words mean", icon=":material/menu_book:", type="tertiary", width=width):
        st.markdown(defined(terms or TERMS))
