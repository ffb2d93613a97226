"""The headline numbers of an experiment as cards, each with its interval and n."""

from collections.abc import Sequence

import streamlit as st

from fairal.report.arms import arm_label, headline_arm
from fairal.report.comparison import ArmSummary, Reduction
from fairal.report.results import ExperimentResult
from fairal.report.summary import is_start


def best_of(summary: Sequence[ArmSummary], baseline: str) -> ArmSummary | None:
    """The arm that the cards are about: the headline's where it ran, else the one of smallest gap."""
    rows = {row.strategy: row for row in summary if row.role == "strategy" and row.strategy != baseline}
    chosen = headline_arm(list(rows)) or min(rows, key=lambda arm: rows[arm].level.gap, default="")
    return rows.get(chosen)


def metric_cards(result: ExperimentResult, summary: Sequence[ArmSummary], baseline: str) -> None:
    """Four cards: disparity reduction, gap, equity-scaled Dice and worst group, against the baseline."""
    row = best_of(summary, baseline)
    if row is None or row.against is None:
        return
    if is_start(result, summary):
        st.info("All strategies start from the same model; they differ from the next round on.")
        return
    own, base, n = row.against.own, row.against.base, len(row.against.seeds)
    versus, seeds = arm_label(baseline).lower(), f"{n} seed{'s' if n != 1 else ''}"
    st.caption(f"{arm_label(row.strategy)} against {versus} at {row.labelled} labelled scans, n = {seeds}.")
    cards = st.columns(4)
    with cards[0]:
        _reduction_card(row.against.reduction, versus)
    for card, name, value, other, good in (
        (cards[1], "Gap", own.gap, base.gap, "inverse"),
        (cards[2], "Equity-scaled Dice", own.es_dice, base.es_dice, "normal"),
        (cards[3], "Worst group's Dice", own.worst_group_dice, base.worst_group_dice, "normal"),
    ):
        colour = good if abs(value - other) >= 0.0005 else "off"
        card.metric(
            name, f"{value:.3f}", f"{value - other:+.3f} vs {other:.3f}", delta_color=colour, border=True,
            help=f"{other:.3f} by {versus}; mean over {seeds}.",
        )  # fmt: skip


def _reduction_card(reduction: Reduction | None, versus: str) -> None:
    if reduction is None:
        st.metric("Disparity reduction", "–", help=f"There is no gap under {versus} to reduce.", border=True)
        return
    over = "test subjects of one seed" if reduction.over == "test subjects" else "seeds"
    interval = f"{reduction.interval[0]:.0%} to {reduction.interval[1]:.0%}" if reduction.interval else "unbounded"
    st.metric(
        "Disparity reduction", f"{reduction.value:.0%}", f"95 %: {interval}", delta_color="off", delta_arrow="off",
        border=True, help=f"1 − gap / gap under {versus}; the interval is over {over}.",
    )  # fmt: skip
