"""A group keeps its colour everywhere, a strategy keeps its own.

Okabe and Ito's palette for groups; a strategy's colour stands in the catalog. All are apart for colour-blind people, on
light and dark grounds.
"""

from collections.abc import Sequence

from fairal.strategies.catalog import CATALOG, REFERENCES

GROUP_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
TRUTH_COLOUR, PREDICTION_COLOUR = "#2EE6A8", "#FFFFFF"
"""Outlines on a grey scan."""
MISSED_COLOUR, OVERDRAWN_COLOUR = "#22D3EE", "#FF4FD8"
"""Errors on a grey scan: inside the truth and not predicted; predicted, and outside the truth."""
CHART_TEXT = {"light": "#4A5654", "dark": "#C3CDCB"}
"""Of axes and legends, by theme."""


def group_colours(groups: Sequence[str]) -> dict[str, str]:
    """Colour of each group, by its place in the cohort."""
    return {group: GROUP_COLOURS[i % len(GROUP_COLOURS)] for i, group in enumerate(groups)}


def strategy_colours() -> dict[str, str]:
    """Colour of each strategy and reference, by id."""
    return {entry.id: entry.colour for entry in CATALOG.values()} | dict.fromkeys(REFERENCES, "#777777")
