"""Volumes of a structure by group: a tick per subject in its group's row, twins joined; and what they say in words."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from fairal.report.axes import GREY, by_group

_ROW_PX, _TICK_PX, _MEAN_PX = 60, 18, 30
_AXIS_PX = 56
"""Of the axis and its title: a page fits the whole chart into its height."""
_CROWD = 60
"""Subjects of a group from which on ticks are fainter, so that where they are dense still shows."""
_SMALLER = (
    (0.0, "as large as"),
    (1 / 10, "about a tenth smaller than"),
    (1 / 5, "about a fifth smaller than"),
    (1 / 4, "about a quarter smaller than"),
    (1 / 3, "about a third smaller than"),
    (2 / 5, "about two fifths smaller than"),
    (1 / 2, "about half of"),
    (3 / 5, "about two fifths of"),
    (2 / 3, "about a third of"),
    (3 / 4, "about a quarter of"),
    (4 / 5, "about a fifth of"),
    (9 / 10, "about a tenth of"),
    (1.0, "next to nothing of"),
)
"""What is said of a volume that is smaller by a share; the nearest one is."""


def say_twins(whole_mm3: float, shrunk_mm3: float, structure: str, group: str) -> str:
    """Say in a sentence how large a structure is in a group, and how much smaller than in its twins.

    Args:
        whole_mm3, shrunk_mm3: Means without and with the bias; written in whole tens.
        structure, group: Names.
    """
    share = 1 - shrunk_mm3 / whole_mm3
    phrase = min(_SMALLER, key=lambda pair: abs(pair[0] - share))[1]
    own, twin = (f"{round(volume, -1):,.0f}\u00a0mm³" for volume in (shrunk_mm3, whole_mm3))
    return f"The {group} group's {structure} has {own} on average, {phrase} its twin's {twin}."


def volume_strip(
    frame: pd.DataFrame, groups: Sequence[str], structure: str, most_mm3: float | None = None
) -> alt.LayerChart:
    """Draw every subject's volume as a tick in the row of its group, with the group's mean.

    Args:
        frame: Columns ``group`` and ``volume_mm3``; where twins are compared ``subject``, the same for both.
        groups: In the order of the cohort, for their colours.
        structure: Its name.
        most_mm3: Where the axis ends, whatever the volumes are; it starts at 0. None to follow them.
    """
    whole = alt.Scale(domain=[0, most_mm3], nice=False) if most_mm3 else alt.Scale(zero=True)
    title = f"Volume of the {structure} (mm³)"
    x = alt.X("volume_mm3:Q", title=title, scale=whole, axis=alt.Axis(format=",.0f", tickCount=6))
    y = alt.Y("group:N", title=None, sort=list(groups), axis=alt.Axis(labelLimit=140, ticks=False, domain=False))
    base = alt.Chart(frame).encode(x=x, y=y)
    faint = 0.75 if len(frame) <= _CROWD * len(groups) else 0.3
    tips = [
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("volume_mm3:Q", title="Volume (mm³)", format=",.0f"),
    ]
    colour = by_group(groups, legend=None)  # rows have names
    ticks = base.mark_tick(thickness=2, height=_TICK_PX, opacity=faint).encode(color=colour, tooltip=tips)
    means = base.transform_aggregate(volume_mm3="mean(volume_mm3)", groupby=["group"])
    layers = [
        ticks,
        means.mark_tick(thickness=5, height=_MEAN_PX, opacity=1).encode(color=colour),
        means.mark_text(dy=-_MEAN_PX / 2 - 7, fontSize=12).encode(text=alt.Text("volume_mm3:Q", format=",.0f")),
    ]
    if "subject" in frame:
        layers.insert(0, base.mark_line(color=GREY, strokeWidth=1, opacity=0.35).encode(detail="subject:N"))
    return alt.layer(*layers).properties(height=_AXIS_PX + _ROW_PX * max(1, frame.group.nunique()))
