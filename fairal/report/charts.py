"""From numbers to ink. What is drawn comes from `report.tables`; colours are fixed per group and arm."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from fairal.report.arms import arm_colour, arm_dash, arm_label, arm_shape
from fairal.report.colours import group_colours

GREY = "#888888"
_LEGEND = alt.Legend(symbolOpacity=1, orient="top", labelLimit=260)
_WHOLE_WIDTH = 900
"""Pixels of a chart outside a page: in a file, in a report."""


@dataclass(frozen=True)
class Axis:
    """What an axis says and spans.

    Attributes:
        title: With the unit.
        domain: Fixed ends; None to follow the numbers.
        format: Of its numbers, as d3 writes formats.
        zero: Whether 0 is in sight where the domain follows the numbers.
    """

    title: str
    domain: tuple[float, float] | None = None
    format: str = ".2f"
    zero: bool = False

    def scale(self) -> alt.Scale:
        """Give the scale of the axis."""
        if self.domain is None:
            return alt.Scale(zero=self.zero, nice=False, padding=8)
        return alt.Scale(domain=list(self.domain), nice=False, zero=False)

    def on_x(self, field: str = "x") -> alt.X:
        """Encode a field horizontally."""
        axis = alt.Axis(format=self.format, labelFlush=False, tickCount=5)
        return alt.X(f"{field}:Q", title=self.title, scale=self.scale(), axis=axis)

    def on_y(self, field: str = "value") -> alt.Y:
        """Encode a field vertically."""
        axis = alt.Axis(format=self.format, tickCount=5)
        return alt.Y(f"{field}:Q", title=self.title, scale=self.scale(), axis=axis)

    def tip(self, field: str) -> alt.Tooltip:
        """Show a field of this axis in a tooltip."""
        return alt.Tooltip(f"{field}:Q", title=self.title, format=self.format)


_SEEDS = alt.Tooltip("n:Q", title="Seeds")


def _by_group(groups: Sequence[str]) -> alt.Color:
    scale = alt.Scale(domain=list(groups), range=list(group_colours(groups).values()))
    return alt.Color("group:N", scale=scale, title="Group", legend=_LEGEND)


def _arm_domain(arms: Sequence[str]) -> list[str]:
    return [arm_label(arm) for arm in arms]


def _by_arm(arms: Sequence[str], legend: alt.Legend | None = _LEGEND) -> alt.Color:
    scale = alt.Scale(domain=_arm_domain(arms), range=[arm_colour(arm) for arm in arms])
    return alt.Color("label:N", scale=scale, title="Arm", legend=legend)


def _dash(arms: Sequence[str]) -> alt.StrokeDash:
    scale = alt.Scale(domain=_arm_domain(arms), range=[arm_dash(arm) for arm in arms])
    return alt.StrokeDash("label:N", scale=scale, title="Arm", legend=_LEGEND)


def _shape(arms: Sequence[str]) -> alt.Shape:
    scale = alt.Scale(domain=_arm_domain(arms), range=[arm_shape(arm) for arm in arms])
    return alt.Shape("label:N", scale=scale, title="Arm", legend=_LEGEND)


def _rule(at: float, said: str, horizontal: bool = True) -> alt.LayerChart:
    """A dashed line with its meaning written on it."""
    base = alt.Chart(pd.DataFrame({"at": [at], "said": [said]}))
    where = {"y": alt.Y("at:Q")} if horizontal else {"x": alt.X("at:Q")}
    line = base.mark_rule(strokeDash=[5, 4], color=GREY).encode(**where, tooltip=alt.Tooltip("said:N", title="Line"))
    text = base.mark_text(align="left", baseline="bottom", dx=4, dy=-2, fontSize=11, color=GREY).encode(
        **where, x=alt.value(0), text="said:N"
    )
    return alt.layer(line, text)


def beside(draw: Callable[[str], alt.LayerChart], panels: Sequence[str], height: int) -> alt.ConcatChart:
    """Set one small chart per panel side by side, for files and reports; a page lays them out itself."""
    columns = min(4, max(1, len(panels)))
    width = _WHOLE_WIDTH // max(2, columns) - 60
    charts = [draw(panel).properties(title=panel, width=width, height=height) for panel in panels]
    return alt.concat(*charts, columns=columns)


def group_lines(rows: pd.DataFrame, groups: Sequence[str], x: Axis, y: Axis) -> alt.LayerChart:
    """Each group by budget under one arm: mean, its band where there is one, and thin lines for single seeds."""
    colour = _by_group(groups)
    base = alt.Chart(rows).encode(x=x.on_x(), color=colour)
    mean = base.transform_filter("datum.kind == 'mean'")
    tips = [alt.Tooltip("group:N", title="Group"), x.tip("x"), y.tip("value"), _SEEDS]
    return alt.layer(
        mean.mark_area(opacity=0.18).encode(y=y.on_y("low"), y2="high:Q"),
        base.transform_filter("datum.kind == 'seed'")
        .mark_line(strokeWidth=1, opacity=0.3)
        .encode(y=y.on_y(), detail="seed:N"),
        mean.mark_line(strokeWidth=2.5).encode(y=y.on_y()),
        mean.mark_point(filled=True, size=45, opacity=1).encode(y=y.on_y(), tooltip=tips),
    ).properties(height=200)


def arm_lines(
    rows: pd.DataFrame, arms: Sequence[str], x: Axis, y: Axis, rules: Sequence[tuple[float, str]] = ()
) -> alt.LayerChart:
    """One number by budget for every arm; rules are dashed lines with what they mean."""
    colour = _by_arm(arms)
    base = alt.Chart(rows).encode(x=x.on_x(), color=colour)
    mean = base.transform_filter("datum.kind == 'mean'")
    tips = [alt.Tooltip("label:N", title="Arm"), x.tip("x"), y.tip("value"), _SEEDS]
    layers = [
        mean.mark_area(opacity=0.13).encode(y=y.on_y("low"), y2="high:Q"),
        base.transform_filter("datum.kind == 'seed'")
        .mark_line(strokeWidth=1, opacity=0.3)
        .encode(y=y.on_y(), detail="seed:N"),
        mean.mark_line(strokeWidth=2.5).encode(y=y.on_y(), strokeDash=_dash(arms)),
        mean.mark_point(filled=True, size=50, opacity=1).encode(y=y.on_y(), shape=_shape(arms), tooltip=tips),
        *(_rule(at, said) for at, said in rules),
    ]
    return alt.layer(*layers).properties(height=280)


def reduction_bars(rows: pd.DataFrame, arms: Sequence[str]) -> alt.LayerChart:
    """Disparity reduction against the baseline, with its interval where there is one."""
    base = alt.Chart(rows).encode(y=_rows_of(arms))
    axis = alt.Axis(format="%", labelFlush=False, tickCount=6)
    x = alt.X("value:Q", title="Disparity reduction (100 % = no gap left)", axis=axis)
    tips = [
        alt.Tooltip("label:N", title="Arm"),
        alt.Tooltip("value:Q", title="Reduction", format=".0%"),
        alt.Tooltip("low:Q", title="95 % from", format=".0%"),
        alt.Tooltip("high:Q", title="95 % to", format=".0%"),
        _SEEDS,
    ]
    return alt.layer(
        base.mark_bar(height=14, opacity=0.85).encode(x=x, color=_by_arm(arms, None), tooltip=tips),
        base.mark_rule(strokeWidth=2, color="#666666").encode(x="low:Q", x2="high:Q"),
        _zero(),
    ).properties(height=70 + 40 * len(rows))


def paid_arrows(rows: pd.DataFrame, arms: Sequence[str], groups: Sequence[str], x: Axis) -> alt.LayerChart:
    """Who paid: an arrow per arm and group, from the baseline's mean to the arm's."""
    order = alt.YOffset("group:N", scale=alt.Scale(domain=list(groups), paddingInner=0.4))
    base = alt.Chart(rows).encode(y=_rows_of(arms), yOffset=order, color=_by_group(groups))
    tips = [
        alt.Tooltip("label:N", title="Arm"),
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("before:Q", title="Under the baseline", format=x.format),
        alt.Tooltip("after:Q", title="Under the arm", format=x.format),
        alt.Tooltip("change:Q", title="Change", format="+" + x.format),
    ]
    head = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x.on_x("after"),
        tooltip=tips,
        shape=alt.Shape(
            "way:N",
            legend=None,
            scale=alt.Scale(domain=["up", "down"], range=["triangle-right", "triangle-left"]),
        ),
    )
    return alt.layer(
        base.mark_rule(strokeWidth=3).encode(x=x.on_x("before"), x2="after:Q"),
        base.mark_tick(thickness=3, height=11).encode(x=x.on_x("before")),
        head,
    ).properties(height=60 + 22 * len(rows))


def _rows_of(arms: Sequence[str]) -> alt.Y:
    return alt.Y("label:N", title=None, sort=_arm_domain(arms), axis=alt.Axis(labelLimit=220))


def _zero() -> alt.Chart:
    return alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=GREY).encode(x="x:Q")


def pick_shares(rows: pd.DataFrame, groups: Sequence[str]) -> alt.Chart:
    """Share of each group in every pick of one arm, stacked by round."""
    percent = alt.Axis(format="%", tickCount=5)
    scale = alt.Scale(domain=[0, 1])
    return (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("round:O", title="Round", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="Share of the picks", axis=percent, scale=scale, stack="zero"),
            color=_by_group(groups),
            order=alt.Order("group:N", sort="descending"),
            tooltip=[
                alt.Tooltip("round:O", title="Round"),
                alt.Tooltip("group:N", title="Group"),
                alt.Tooltip("share:Q", title="Share", format=".0%"),
            ],
        )
        .properties(height=140)
    )


def weight_lines(rows: pd.DataFrame, groups: Sequence[str]) -> alt.Chart:
    """The weights w_g that each round's model gives under one arm."""
    return (
        alt.Chart(rows)
        .mark_line(point=True)
        .encode(
            x=alt.X("round:O", title="Round", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("weight:Q", title="Weight w_g"),
            color=_by_group(groups),
            tooltip=[
                alt.Tooltip("round:O", title="Round"),
                alt.Tooltip("group:N", title="Group"),
                alt.Tooltip("weight:Q", title="Weight w_g", format=".2f"),
                alt.Tooltip("labelled_dice:Q", title="Dice on the labelled, D_g", format=".3f"),
            ],
        )
        .properties(height=120)
    )


def trade_off(rows: pd.DataFrame, arms: Sequence[str], x: Axis, y: Axis) -> alt.LayerChart:
    """Mean measure against disparity at one budget: large points are means over seeds, small ones single seeds."""
    tips = [alt.Tooltip("label:N", title="Arm"), x.tip("x"), y.tip("value")]
    base = alt.Chart(rows).encode(x=x.on_x(), y=y.on_y(), color=_by_arm(arms))
    seeds, means = (base.transform_filter(f"datum.kind == '{kind}'") for kind in ("seed", "mean"))
    return alt.layer(
        seeds.mark_point(filled=True, size=25, opacity=0.4).encode(
            tooltip=[*tips, alt.Tooltip("seed:N", title="Seed")]
        ),
        means.mark_point(filled=True, size=140, opacity=1).encode(shape=_shape(arms), tooltip=[*tips, _SEEDS]),
    ).properties(height=280)


def strength_lines(rows: pd.DataFrame, arms: Sequence[str], y: Axis) -> alt.LayerChart:
    """A disparity at the end against bias strength, over several experiments."""
    x = Axis("Bias strength", format=".1f")
    base = alt.Chart(rows).encode(x=x.on_x(), y=y.on_y(), color=_by_arm(arms))
    seeds, means = (base.transform_filter(f"datum.kind == '{kind}'") for kind in ("seed", "mean"))
    tips = [alt.Tooltip("label:N", title="Arm"), x.tip("x"), y.tip("value")]
    return alt.layer(
        means.mark_line(strokeWidth=2).encode(strokeDash=_dash(arms)),
        means.mark_point(filled=True, size=60, opacity=1).encode(tooltip=[*tips, _SEEDS]),
        seeds.mark_point(filled=True, size=20, opacity=0.4).encode(
            tooltip=[*tips, alt.Tooltip("experiment:N", title="Experiment"), alt.Tooltip("seed:N", title="Seed")]
        ),
    ).properties(height=280)


def volume_histogram(frame: pd.DataFrame, groups: Sequence[str]) -> alt.Chart:
    """Histogram of the structure's volume by group. Columns ``group`` and ``volume_mm3``."""
    return (
        alt.Chart(frame)
        .mark_bar(opacity=0.65)
        .encode(
            x=alt.X("volume_mm3:Q", bin=alt.Bin(step=250), title="Volume of the left caudate (mm³)"),
            y=alt.Y("count():Q", stack=None, title="Subjects"),
            color=_by_group(groups),
            tooltip=["group:N", "count():Q"],
        )
        .properties(height=220)
    )
