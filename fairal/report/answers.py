"""Answers to "label these next" as a table to hand on, and their history as rows and a chart."""

import csv
import io
from collections.abc import Sequence

import altair as alt
import pandas as pd

from fairal.facts.advice import COLUMNS, Answer, Wanted, by_collection_state, came_of
from fairal.report.axes import Axis, by_group
from fairal.report.sheet import inert


def wanted_table(wanted: Sequence[Wanted]) -> str:
    """Write a list as tab-separated text; a cell that a spreadsheet would take for a formula gets a quote before it.

    Args:
        wanted: Best first.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in wanted:
        writer.writerow([_cell(getattr(row, column)) for column in COLUMNS])
    return buffer.getvalue()


def _cell(value: object) -> object:
    return "" if value is None else inert(value)


def dice_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """List the cross-validated Dice by group of every state of the collection that was asked about.

    Returns:
        Columns ``time``, ``labelled``, ``labelled_of_group``, ``group``, ``dice``, ``strategy``, ``folds``; an answer
        without a cross-validated Dice is left out.
    """
    rows = [
        {
            "time": answer.time,
            "labelled": answer.advice.labelled,
            "labelled_of_group": answer.labelled_by_group[group],
            "group": group,
            "dice": dice,
            "strategy": answer.advice.strategy,
            "folds": answer.folds,
        }
        for answer in by_collection_state(answers)
        for group, dice in (answer.advice.held_out_dice or {}).items()
    ]
    return pd.DataFrame(rows, columns=["time", "labelled", "labelled_of_group", "group", "dice", "strategy", "folds"])


def came_frame(answers: Sequence[Answer], labelled_now: Sequence[str]) -> pd.DataFrame:
    """Compare what was asked for with what came until the next answer, or until now for the last.

    Args:
        answers: First to last.
        labelled_now: Ids of the scans that are labelled by now.

    Returns:
        Columns ``time``, ``labelled``, ``asked``, ``came``, ``groups``, ``unasked``; the newest first.
    """
    states = by_collection_state(answers)
    later = [*(answer.labelled_ids for answer in states[1:]), labelled_now]
    rows = []
    for answer, labelled in zip(states, later, strict=False):
        came = came_of(answer, labelled)
        rows.append(
            {
                "time": answer.time,
                "labelled": answer.advice.labelled,
                "asked": came.asked,
                "came": sum(came.came.values()),
                "groups": ", ".join(f"{count} of {group}" for group, count in came.came.items() if count),
                "unasked": came.unasked,
            }
        )
    columns = ["time", "labelled", "asked", "came", "groups", "unasked"]
    return pd.DataFrame(rows[::-1], columns=columns)


def dice_by_labelled(frame: pd.DataFrame, groups: Sequence[str]) -> alt.LayerChart:
    """Cross-validated Dice per group by what has been labelled so far.

    Args:
        frame: Of `dice_frame`.
        groups: Of the collection, in its order.
    """
    x, y = Axis("Labelled scans", ticks=",.0f", number=",.0f"), Axis("Dice, cross-validated")
    tips = [
        alt.Tooltip("group:N", title="Group"),
        x.tip("labelled"),
        alt.Tooltip("labelled_of_group:Q", title="of this group"),
        y.tip("dice"),
        alt.Tooltip("time:N", title="Asked"),
    ]
    # The axis' own title would stand where the legend is: the chart is alone, and has the width for one beside it.
    upright = alt.Y("dice:Q", title=y.title, scale=y.scale(), axis=alt.Axis(format=y.ticks, tickCount=5))
    base = alt.Chart(frame).encode(x=x.on_x("labelled"), y=upright, color=by_group(groups), tooltip=tips)
    return alt.layer(base.mark_line(strokeWidth=2.5), base.mark_point(filled=True, size=70, opacity=1)).properties(
        height=260
    )
