"""The headline numbers of an experiment as cards, each with its interval and n."""

import streamlit as st

from fairal.report.results import ExperimentResult
from fairal.report.summary import StrategySummary, is_start
from fairal.strategies.catalog import label


def best_of(summary: list[StrategySummary], baseline: str) -> StrategySummary | None:
    """The strategy that the cards are about: the paper's where it ran, else the one of smallest gap."""
    rows = [row for row in summary if row.role == "strategy" and row.strategy != baseline]
    paper = [row for row in rows if row.strategy == "weighted_entropy"]
    return (paper or sorted(rows, key=lambda row: row.gap) or [None])[0]


def metric_cards(result: ExperimentResult, summary: list[StrategySummary], baseline: str) -> None:
    """Four cards: disparity reduction, gap, equity-scaled Dice and worst group, against the baseline."""
    row, base = best_of(summary, baseline), next((r for r in summary if r.strategy == baseline), None)
    if row is None or base is None:
        return
    if is_start(result, summary):
        st.info("All strategies start from the same model; they differ from the next round on.")
        return
    versus, seeds = label(baseline).lower(), f"{row.paired} seed{'s' if row.paired != 1 else ''}"
    over = "test subjects of one seed" if row.interval_kind == "test subjects" else "seeds"
    st.caption(f"{label(row.strategy)} against {versus} at {row.labelled} labelled scans, n = {seeds}.")
    cards = st.columns(4)
    if row.disparity_reduction is None:
        cards[0].metric("Disparity reduction", "–", help=f"{label(baseline)} shows no gap to reduce.", border=True)
    else:
        interval = f"{row.interval[0]:.0%} to {row.interval[1]:.0%}" if row.interval else "unbounded"
        cards[0].metric(
            "Disparity reduction", f"{row.disparity_reduction:.0%}", f"95 %: {interval}", delta_color="off",
            delta_arrow="off", border=True, help=f"1 − gap / gap of {versus}; the interval is over {over}.",
        )  # fmt: skip
    for card, name, value, other, good in (
        (cards[1], "Gap", row.gap, base.gap, "inverse"),
        (cards[2], "Equity-scaled Dice", row.es_dice, base.es_dice, "normal"),
        (cards[3], "Worst group's Dice", row.worst_group_dice, base.worst_group_dice, "normal"),
    ):
        colour = good if abs(value - other) >= 0.0005 else "off"
        card.metric(
            name, f"{value:.3f}", f"{value - other:+.3f} vs {other:.3f}", delta_color=colour, border=True,
            help=f"{other:.3f} by {versus}; mean over {seeds}.",
        )  # fmt: skip
