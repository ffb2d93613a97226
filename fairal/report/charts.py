"""From tidy tables to Altair charts. Colours are fixed per group and strategy; n and units are written on the axes."""

from collections.abc import Sequence

import altair as alt
import pandas as pd
from scipy import stats

from fairal.report.colours import group_colours, strategy_colours
from fairal.strategies.catalog import label

MEASURES = {
    "gap": "Gap in Dice (best − worst group)",
    "signed_gap": "Signed gap in Dice (reference − biased)",
    "es_dice": "Equity-scaled Dice",
    "worst_group": "Dice of the worst group",
    "dice": "Mean Dice over all test cases",
    "total_deviation": "Δ = Σ|D_g − D|",
    "group_sd": "SD of Dice over groups",
    "error_ratio": "Error ratio (worst / best)",
}
X_AXES = {"labelled": "Labelled scans", "labelled_mm3": "Labelled structure (mm³)"}


_LEGEND = alt.Legend(symbolOpacity=1, symbolType="circle", orient="top")


def with_intervals(frame: pd.DataFrame, by: Sequence[str], value: str, level: float = 0.95) -> pd.DataFrame:
    """Average a value over seeds: mean, n, and the t interval (none below two seeds)."""
    grouped = frame.groupby(list(by), sort=False, observed=True)[value]
    table = grouped.agg(["mean", "std", "count"]).reset_index()
    n = table["count"].clip(lower=1)
    half = stats.t.ppf((1 + level) / 2, (n - 1).clip(lower=1)) * table["std"] / n**0.5
    half = half.where(n > 1)
    return table.assign(low=table["mean"] - half, high=table["mean"] + half).rename(columns={"count": "n"})


def _strategy_scale(strategies: Sequence[str]) -> alt.Scale:
    colours = strategy_colours()
    return alt.Scale(domain=[label(s) for s in strategies], range=[colours.get(s, "#555555") for s in strategies])


def _group_scale(groups: Sequence[str]) -> alt.Scale:
    return alt.Scale(domain=list(groups), range=list(group_colours(groups).values()))


def _facet_width(count: int) -> int:
    """Pixels of one of several small charts that share a page's width."""
    return max(140, 690 // max(3, min(5, count)))


def _budget_axis(x: str) -> alt.X:
    return alt.X("x:Q", title=X_AXES[x], scale=alt.Scale(zero=False, nice=False, padding=8))


def _by_budget(frame: pd.DataFrame, by: list[str], value: str, x: str) -> pd.DataFrame:
    table = with_intervals(frame, [*by, "round"], value)
    where = frame.groupby([*by, "round"], sort=False, observed=True)[x].mean().rename("x").reset_index()
    return table.merge(where, on=[*by, "round"])


def dice_by_budget(groups_frame: pd.DataFrame, groups: Sequence[str], x: str = "labelled") -> alt.FacetChart:
    """Dice per group by budget: one small chart per strategy on shared axes, mean over seeds, band, single seeds."""
    frame = groups_frame[groups_frame.role == "strategy"]
    table = _by_budget(frame, ["label", "group"], "dice", x)
    frame = frame.assign(x=frame[x])
    order = list(dict.fromkeys(frame.label))
    rows = pd.concat([table.assign(kind="mean"), frame.assign(kind="seed", mean=frame.dice)], ignore_index=True)
    colour = alt.Color("group:N", scale=_group_scale(groups), title="Group", legend=_LEGEND)
    y = alt.Y("mean:Q", title="Test Dice", scale=alt.Scale(zero=False))
    base = alt.Chart().encode(x=_budget_axis(x), color=colour)
    mean = base.transform_filter("datum.kind == 'mean'")
    seeds = base.transform_filter("datum.kind == 'seed'").mark_line(strokeWidth=1, opacity=0.3)
    tips = [
        alt.Tooltip("label:N", title="Strategy"),
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("x:Q", title=X_AXES[x], format=",.0f"),
        alt.Tooltip("mean:Q", title="Dice", format=".3f"),
        alt.Tooltip("n:Q", title="Seeds"),
    ]
    layers = alt.layer(
        mean.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title="Test Dice"), y2="high:Q"),
        seeds.encode(y=y, detail="seed:N"),
        mean.mark_line(strokeWidth=2.5).encode(y=y),
        mean.mark_point(filled=True, size=45, opacity=1).encode(y=y, tooltip=tips),
    ).properties(width=_facet_width(len(order)), height=200)
    keep = ["label", "group", "round", "x", "mean", "low", "high", "n", "kind", "seed"]
    return layers.facet(
        facet=alt.Facet("label:N", title=None, sort=order), columns=min(5, max(1, len(order))), data=rows[keep]
    )


def measure_by_budget(
    rounds_frame: pd.DataFrame,
    measure: str,
    strategies: Sequence[str],
    x: str = "labelled",
    noise: float | None = None,
) -> alt.LayerChart:
    """One measure by budget, all strategies in one chart; the dashed line is what noise alone would show."""
    frame = rounds_frame[rounds_frame.strategy.isin(strategies) & rounds_frame[measure].notna()]
    table = _by_budget(frame, ["label"], measure, x)
    colour = alt.Color("label:N", scale=_strategy_scale(strategies), title="Strategy", legend=_LEGEND)
    y = alt.Y("mean:Q", title=MEASURES[measure], scale=alt.Scale(zero=measure in ("gap", "signed_gap")))
    base = alt.Chart(table).encode(x=_budget_axis(x), color=colour)
    seeds = (
        alt.Chart(frame.assign(x=frame[x], mean=frame[measure])[["label", "seed", "x", "mean"]])
        .mark_line(strokeWidth=1, opacity=0.3)
        .encode(x=_budget_axis(x), y=y, color=colour, detail="seed:N")
    )
    layers = [
        base.mark_area(opacity=0.15).encode(y="low:Q", y2="high:Q"),
        seeds,
        base.mark_line(strokeWidth=2.5).encode(y=y),
        base.mark_point(filled=True, size=45, opacity=1).encode(
            y=y,
            tooltip=[
                alt.Tooltip("label:N", title="Strategy"),
                alt.Tooltip("x:Q", title=X_AXES[x], format=",.0f"),
                alt.Tooltip("mean:Q", title=MEASURES[measure], format=".3f"),
                alt.Tooltip("n:Q", title="Seeds"),
            ],
        ),
    ]
    if noise is not None:
        rule = pd.DataFrame({"y": [noise], "what": [f"noise alone: {noise:.3f}"]})
        layers.append(alt.Chart(rule).mark_rule(strokeDash=[5, 4], color="#888888").encode(y="y:Q", tooltip="what:N"))
    return alt.layer(*layers).properties(height=280)


def reduction_bars(summary: pd.DataFrame, strategies: Sequence[str]) -> alt.LayerChart:
    """Disparity reduction against the baseline, with its interval where there is one."""
    frame = summary[summary.disparity_reduction.notna()]
    y = alt.Y("label:N", title=None, sort=[label(s) for s in strategies])
    colour = alt.Color("label:N", scale=_strategy_scale(strategies), legend=None)
    base = alt.Chart(frame).encode(y=y)
    x = alt.X("disparity_reduction:Q", title="Disparity reduction (1 = no gap left)", axis=alt.Axis(format="%"))
    tips = [
        alt.Tooltip("label:N", title="Strategy"),
        alt.Tooltip("disparity_reduction:Q", title="Reduction", format=".0%"),
        alt.Tooltip("paired:Q", title="Seeds"),
    ]
    return alt.layer(
        base.mark_bar(height=14, opacity=0.85).encode(x=x, color=colour, tooltip=tips),
        base.mark_rule(strokeWidth=2, color="#666666").encode(x="interval_low:Q", x2="interval_high:Q"),
        alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color="#888888").encode(x="x:Q"),
    ).properties(height=70 + 40 * len(frame))


def pick_shares(groups_frame: pd.DataFrame, groups: Sequence[str]) -> alt.FacetChart:
    """Share of each group in every pick, stacked, one small chart per strategy; the mean over seeds."""
    frame = groups_frame[groups_frame.share.notna()]
    table = frame.groupby(["label", "group", "round"], sort=False, observed=True).share.mean().reset_index()
    order = list(dict.fromkeys(frame.label))
    return (
        alt.Chart(table)
        .mark_bar()
        .encode(
            x=alt.X("round:O", title="Round"),
            y=alt.Y("share:Q", title="Share of the picks", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("group:N", scale=_group_scale(groups), title="Group", legend=_LEGEND),
            order=alt.Order("group:N", sort="descending"),
            tooltip=["label:N", "round:O", "group:N", alt.Tooltip("share:Q", format=".0%")],
        )
        .properties(width=_facet_width(len(order)) - 20, height=140)
        .facet(facet=alt.Facet("label:N", title=None, sort=order), columns=min(6, max(1, len(order))))
    )


def weights_by_round(groups_frame: pd.DataFrame, groups: Sequence[str]) -> alt.FacetChart:
    """The weights w_g that each round's model gives, one small chart per strategy; recorded whether used or not."""
    frame = groups_frame[(groups_frame.role == "strategy") & groups_frame.share.notna()]
    table = frame.groupby(["label", "group", "round"], sort=False, observed=True)
    table = table[["weight", "labelled_dice"]].mean().reset_index()
    order = list(dict.fromkeys(frame.label))
    return (
        alt.Chart(table)
        .mark_line(point=True)
        .encode(
            x=alt.X("round:O", title="Round"),
            y=alt.Y("weight:Q", title="Weight w_g"),
            color=alt.Color("group:N", scale=_group_scale(groups), title="Group", legend=_LEGEND),
            tooltip=[
                "label:N",
                "round:O",
                "group:N",
                alt.Tooltip("weight:Q", format=".2f"),
                alt.Tooltip("labelled_dice:Q", title="D_g, labelled", format=".3f"),
            ],
        )
        .properties(width=_facet_width(len(order)) - 20, height=110)
        .facet(facet=alt.Facet("label:N", title=None, sort=order), columns=min(6, max(1, len(order))))
    )


def who_paid_bars(summary: pd.DataFrame, strategies: Sequence[str]) -> alt.LayerChart:
    """Change of gap against the baseline, stacked: what the worst group gained, what the best group lost."""
    frame = summary[summary.worst_group_gain.notna()]
    rows = pd.concat(
        [
            frame.assign(part=frame.worst_group + " group gained", value=frame.worst_group_gain),
            frame.assign(part=frame.best_group + " group lost", value=frame.best_group_loss),
        ]
    )[["label", "part", "value"]]
    return alt.layer(
        alt.Chart(rows)
        .mark_bar(height=16)
        .encode(
            y=alt.Y("label:N", title=None, sort=[label(s) for s in strategies]),
            x=alt.X("value:Q", title="Less gap in Dice than the baseline", stack="zero"),
            color=alt.Color(
                "part:N",
                title=None,
                scale=alt.Scale(range=["#228833", "#CC6677"]),
                legend=alt.Legend(orient="top"),
                sort=list(dict.fromkeys(rows.part)),
            ),
            tooltip=["label:N", "part:N", alt.Tooltip("value:Q", format="+.3f")],
        ),
        alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color="#888888").encode(x="x:Q"),
    ).properties(height=130 + 40 * len(frame))


def trade_off(rounds_frame: pd.DataFrame, strategies: Sequence[str], at_round: int) -> alt.LayerChart:
    """Mean Dice against gap at one budget: large points are means over seeds, small ones single seeds."""
    frame = rounds_frame[rounds_frame.strategy.isin(strategies) & (rounds_frame["round"] == at_round)]
    colour = alt.Color("label:N", scale=_strategy_scale(strategies), title="Strategy", legend=_LEGEND)
    x = alt.X("gap:Q", title="Gap in Dice (smaller is fairer)", scale=alt.Scale(zero=True))
    y = alt.Y("dice:Q", title="Mean Dice over all test cases", scale=alt.Scale(zero=False, padding=20))
    means = frame.groupby("label", sort=False)[["gap", "dice"]].mean().reset_index()
    n = frame.groupby("label", sort=False).seed.nunique().rename("n").reset_index()
    tips = ["label:N", alt.Tooltip("gap:Q", format=".3f"), alt.Tooltip("dice:Q", format=".3f")]
    return alt.layer(
        alt.Chart(frame[["label", "gap", "dice", "seed"]])
        .mark_point(filled=True, size=25, opacity=0.4)
        .encode(x=x, y=y, color=colour, tooltip=[*tips, "seed:N"]),
        alt.Chart(means.merge(n))
        .mark_point(filled=True, size=140, opacity=1)
        .encode(x=x, y=y, color=colour, tooltip=[*tips, alt.Tooltip("n:Q", title="Seeds")]),
    ).properties(height=280)


def gap_by_strength(frame: pd.DataFrame, strategies: Sequence[str]) -> alt.LayerChart:
    """Final gap against bias strength, over several experiments.

    Args:
        frame: Columns ``strength``, ``label``, ``gap``, ``experiment``, ``seed``.
    """
    table = with_intervals(frame, ["label", "strength"], "gap")
    colour = alt.Color("label:N", scale=_strategy_scale(strategies), title="Strategy", legend=_LEGEND)
    x = alt.X("strength:Q", title="Bias strength")
    return alt.layer(
        alt.Chart(table)
        .mark_line(strokeWidth=2)
        .encode(x=x, y=alt.Y("mean:Q", title="Final gap in Dice"), color=colour),
        alt.Chart(table)
        .mark_point(filled=True, size=60, opacity=1)
        .encode(
            x=x, y="mean:Q", color=colour, tooltip=["label:N", "strength:Q", alt.Tooltip("mean:Q", format=".3f"), "n:Q"]
        ),
        alt.Chart(frame)
        .mark_point(filled=True, size=20, opacity=0.4)
        .encode(x=x, y="gap:Q", color=colour, tooltip=["experiment:N", "seed:N"]),
    ).properties(height=280)


def volume_histogram(frame: pd.DataFrame, groups: Sequence[str]) -> alt.Chart:
    """Histogram of the structure's volume by group. Columns ``group`` and ``volume_mm3``."""
    return (
        alt.Chart(frame)
        .mark_bar(opacity=0.65)
        .encode(
            x=alt.X("volume_mm3:Q", bin=alt.Bin(step=250), title="Volume of the left caudate (mm³)"),
            y=alt.Y("count():Q", stack=None, title="Subjects"),
            color=alt.Color("group:N", scale=_group_scale(groups), title="Group", legend=_LEGEND),
            tooltip=["group:N", "count():Q"],
        )
        .properties(height=220)
    )


def to_bytes(chart: alt.TopLevelMixin, kind: str) -> bytes:
    """Render a chart as ``png`` (2×) or ``svg``, without a browser or network."""
    import vl_convert

    spec = chart.properties(background="white").configure_view(continuousWidth=560).to_dict()
    if kind == "svg":
        return vl_convert.vegalite_to_svg(spec).encode()
    return vl_convert.vegalite_to_png(spec, scale=2)
