"""From numbers to ink. What is drawn comes from `report.tables`; colours are fixed per group and arm."""

from collections.abc import Callable, Sequence

import altair as alt
import pandas as pd

from fairal.report.axes import GREY, SEEDS, Axis, Rule, by_arm, by_group, dash, labels, rules_drawn, shape

_WHOLE_WIDTH = 900
"""Pixels of a chart outside a page: in a file, in a report."""


def beside(draw: Callable[[str], alt.LayerChart], panels: Sequence[str], height: int) -> alt.ConcatChart:
    """Set one small chart per panel side by side, for files and reports; a page lays them out itself."""
    columns = min(4, max(1, len(panels)))
    width = _WHOLE_WIDTH // max(2, columns) - 60
    charts = [draw(panel).properties(title=panel, width=width, height=height) for panel in panels]
    return alt.concat(*charts, columns=columns)


def group_lines(rows: pd.DataFrame, groups: Sequence[str], x: Axis, y: Axis) -> alt.LayerChart:
    """Each group by budget under one arm: mean, its band where there is one, and thin lines for single seeds."""
    colour = by_group(groups)
    base = alt.Chart().encode(x=x.on_x(), color=colour)  # of all layers' rows: Altair is quicker so
    mean = base.transform_filter("datum.kind == 'mean'")
    tips = [alt.Tooltip("group:N", title="Group"), x.tip("x"), y.tip("value"), SEEDS]
    return alt.layer(
        mean.mark_area(opacity=0.18).encode(y=y.on_y("low"), y2="high:Q"),
        base.transform_filter("datum.kind == 'seed'")
        .mark_line(strokeWidth=1, opacity=0.3)
        .encode(y=y.on_y(), detail="seed:N"),
        mean.mark_line(strokeWidth=2.5).encode(y=y.on_y()),
        mean.mark_point(filled=True, size=45, opacity=1).encode(y=y.on_y(), tooltip=tips),
        *_ends_named(rows, y),
        data=rows,
        height=240,
    )


def _ends_named(rows: pd.DataFrame, y: Axis) -> list[alt.Chart]:
    """Give each group's name, right of the plot where its line ends; of lines that meet, the names keep apart."""
    ends = rows[rows.kind == "mean"].sort_values("x").groupby("group", sort=False).tail(1)
    upwards = ends.sort_values("value", ascending=not y.reverse)
    sides = ["top", *["middle"] * (len(ends) - 2), "bottom"] if len(ends) > 1 else ["middle"] * len(ends)
    named = []
    for side in dict.fromkeys(sides):
        at = upwards[[each == side for each in sides]][["group", "value"]]
        text = alt.Chart(at).mark_text(align="left", baseline=side, dx=6, fontSize=11, color=GREY)
        named.append(text.encode(x=alt.value("width"), y=y.on_y(), text="group:N"))
    return named


ARMS_WITH_BANDS = 6
"""Bands of more arms than these hide one another, and the lines."""


def arm_lines(rows: pd.DataFrame, arms: Sequence[str], x: Axis, y: Axis, rules: Sequence[Rule] = ()) -> alt.LayerChart:
    """One number by budget for every arm; rules are dashed lines with their names."""
    colour = by_arm(arms)
    base = alt.Chart().encode(x=x.on_x(), color=colour)
    mean = base.transform_filter("datum.kind == 'mean'")
    tips = [alt.Tooltip("label:N", title="Arm"), x.tip("x"), y.tip("value"), SEEDS]
    bands = [mean.mark_area(opacity=0.13).encode(y=y.on_y("low"), y2="high:Q")]
    layers = [
        *(bands if len(arms) <= ARMS_WITH_BANDS else ()),
        base.transform_filter("datum.kind == 'seed'")
        .mark_line(strokeWidth=1, opacity=0.3)
        .encode(y=y.on_y(), detail="seed:N"),
        mean.mark_line(strokeWidth=2.5).encode(y=y.on_y(), strokeDash=dash(arms)),
        mean.mark_point(filled=True, size=50, opacity=1).encode(y=y.on_y(), shape=shape(arms), tooltip=tips),
        *rules_drawn(rules),
    ]
    return alt.layer(*layers, data=rows, height=300)


def reduction_bars(rows: pd.DataFrame, arms: Sequence[str]) -> alt.LayerChart:
    """Disparity reduction against the baseline, with its interval where there is one."""
    base = alt.Chart(rows).encode(y=_rows_of(arms))
    axis = alt.Axis(format="%", labelFlush=False, tickCount=6)
    x = alt.X("value:Q", title="Reduction of the signed gap (100 %: none left)", axis=axis)
    tips = [
        alt.Tooltip("label:N", title="Arm"),
        alt.Tooltip("value:Q", title="Reduction", format=".0%"),
        alt.Tooltip("low:Q", title="95 % from", format=".0%"),
        alt.Tooltip("high:Q", title="95 % to", format=".0%"),
        SEEDS,
    ]
    return alt.layer(
        base.mark_bar(height=14, opacity=0.85).encode(x=x, color=by_arm(arms, None), tooltip=tips),
        base.mark_rule(strokeWidth=2, color="#666666").encode(x="low:Q", x2="high:Q"),
        _zero(),
    ).properties(height=70 + 40 * len(rows))


def paid_arrows(rows: pd.DataFrame, arms: Sequence[str], groups: Sequence[str], x: Axis) -> alt.LayerChart:
    """Who paid: an arrow per arm and group, from the baseline's mean to the arm's."""
    order = alt.YOffset("group:N", scale=alt.Scale(domain=list(groups), paddingInner=0.4))
    base = alt.Chart(rows).encode(y=_rows_of(arms), yOffset=order, color=by_group(groups))
    tips = [
        alt.Tooltip("label:N", title="Arm"),
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("before:Q", title="Under the baseline", format=x.number),
        alt.Tooltip("after:Q", title="Under the arm", format=x.number),
        alt.Tooltip("change:Q", title="Change", format="+" + x.number),
    ]
    pointing = ["triangle-right", "triangle-left"]
    head = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=x.on_x("after"),
        tooltip=tips,
        shape=alt.Shape(
            "way:N",
            legend=None,
            scale=alt.Scale(domain=["up", "down"], range=pointing[::-1] if x.reverse else pointing),
        ),
    )
    return alt.layer(
        base.mark_rule(strokeWidth=3).encode(x=x.on_x("before"), x2="after:Q"),
        base.mark_tick(thickness=3, height=11).encode(x=x.on_x("before")),
        head,
    ).properties(height=60 + 24 * len(rows))


def _rows_of(arms: Sequence[str]) -> alt.Y:
    # In lines: beside a long name nothing would be left of the plot in a narrow column.
    axis = alt.Axis(labelLimit=220, labelExpr="split(datum.label, ', ')")
    return alt.Y("label:N", title=None, sort=labels(arms), axis=axis)


def _zero() -> alt.Chart:
    return alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=GREY).encode(x="x:Q")


def pick_shares(rows: pd.DataFrame, groups: Sequence[str]) -> alt.Chart:
    """Share of each group in every pick of one arm, stacked by round."""
    share = Axis("Share of the picks", (0.0, 1.0), ".0%").on_y("share").stack("zero")
    return (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            x=alt.X("round:O", title="Round", axis=alt.Axis(labelAngle=0)),
            y=share,
            color=by_group(groups),
            order=alt.Order("group:N", sort="descending"),
            tooltip=[
                alt.Tooltip("round:O", title="Round"),
                alt.Tooltip("group:N", title="Group"),
                alt.Tooltip("share:Q", title="Share", format=".0%"),
            ],
        )
        .properties(height=190)
    )


def weight_lines(rows: pd.DataFrame, groups: Sequence[str], y: Axis) -> alt.Chart:
    """The weights w_g that each round's model gives under one arm."""
    return (
        alt.Chart(rows)
        .mark_line(point=True)
        .encode(
            x=alt.X("round:O", title="Round", axis=alt.Axis(labelAngle=0)),
            y=y.on_y("weight"),
            color=by_group(groups),
            tooltip=[
                alt.Tooltip("round:O", title="Round"),
                alt.Tooltip("group:N", title="Group"),
                alt.Tooltip("weight:Q", title="Weight w_g", format=".2f"),
                alt.Tooltip("labelled_dice:Q", title="Dice on the labelled, D_g", format=".3f"),
            ],
        )
        .properties(height=170)
    )


def trade_off(rows: pd.DataFrame, arms: Sequence[str], x: Axis, y: Axis) -> alt.LayerChart:
    """Mean measure against disparity at one budget: large points are means over seeds, small ones single seeds."""
    tips = [alt.Tooltip("label:N", title="Arm"), x.tip("x"), y.tip("value")]
    base = alt.Chart(rows).encode(x=x.on_x(), y=y.on_y(), color=by_arm(arms))
    seeds, means = (base.transform_filter(f"datum.kind == '{kind}'") for kind in ("seed", "mean"))
    return alt.layer(
        seeds.mark_point(filled=True, size=25, opacity=0.4).encode(
            tooltip=[*tips, alt.Tooltip("seed:N", title="Seed")]
        ),
        means.mark_point(filled=True, size=140, opacity=1).encode(shape=shape(arms), tooltip=[*tips, SEEDS]),
    ).properties(height=300)


def strength_lines(rows: pd.DataFrame, arms: Sequence[str], y: Axis) -> alt.LayerChart:
    """A disparity at the end against bias strength, over several experiments."""
    x = Axis("Bias strength", ticks=".1f", number=".2f")
    base = alt.Chart(rows).encode(x=x.on_x(), y=y.on_y(), color=by_arm(arms))
    seeds, means = (base.transform_filter(f"datum.kind == '{kind}'") for kind in ("seed", "mean"))
    tips = [alt.Tooltip("label:N", title="Arm"), x.tip("x"), y.tip("value")]
    return alt.layer(
        means.mark_line(strokeWidth=2).encode(strokeDash=dash(arms)),
        means.mark_point(filled=True, size=60, opacity=1).encode(tooltip=[*tips, SEEDS]),
        seeds.mark_point(filled=True, size=20, opacity=0.4).encode(
            tooltip=[*tips, alt.Tooltip("experiment:N", title="Experiment"), alt.Tooltip("seed:N", title="Seed")]
        ),
    ).properties(height=300)
