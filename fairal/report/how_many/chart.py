"""The curves in one figure: what was seen, what was fitted, how far the seeds spread; nothing beyond what was seen."""

import altair as alt
import numpy as np
import pandas as pd

from fairal.report.colours import group_colours
from fairal.report.how_many.forecast import Forecast


def curves_frame(forecast: Forecast, level: float = 0.95) -> pd.DataFrame:
    """One row per group and count that was seen: the error with the other groups' labels as now.

    Returns:
        Columns ``group``, ``labelled``, ``error``, and ``low``, ``high``: plain percentiles over the bootstrap draws,
        nan without any. Empty where no curve could be fitted.
    """
    rows = [row for g in range(len(forecast.groups)) for row in _curve_rows(forecast, g, level)]
    return pd.DataFrame(rows, columns=["group", "labelled", "error", "low", "high"])


def _curve_rows(forecast: Forecast, g: int, level: float) -> list[tuple]:
    curve = forecast.curves[g]
    if curve is None:
        return []
    own = np.arange(curve.seen[0], curve.seen[1] + 1)
    others = forecast.now.counts.sum() - forecast.now.counts[g]
    own = own[curve.covers(own, others)]
    if not len(own):
        return []
    drawn = np.array([draw[g].at(own, others) for draw in forecast.draws])
    ends = [50 * (1 - level), 50 * (1 + level)]
    low, high = np.percentile(drawn, ends, axis=0) if len(drawn) else np.full((2, len(own)), np.nan)
    name = [forecast.groups[g]] * len(own)
    return list(zip(name, own.tolist(), curve.at(own, others).tolist(), low.tolist(), high.tolist(), strict=True))


def seen_frame(forecast: Forecast) -> pd.DataFrame:
    """One row per fit and group: what was measured, moved to where it would lie with the other labels as now.

    Returns:
        Columns ``group``, ``labelled``, ``others``, ``arm``, ``seed``, ``round``, ``measured`` and ``error``, the
        curve's value with the other labels as now plus what the fit leaves of the point (a partial residual). Fits in
        which a group has no value, or no scan of its own, are left out.
    """
    seen, columns = forecast.seen, ["group", "labelled", "others", "arm", "seed", "round", "measured", "error"]
    tables = []
    for g, curve in enumerate(forecast.curves):
        own, measured = seen.counts[:, g], seen.errors[:, g]
        others, others_now = seen.counts.sum(1) - own, forecast.now.counts.sum() - forecast.now.counts[g]
        if curve is not None:
            table = pd.DataFrame(
                {"group": forecast.groups[g], "labelled": own, "others": others, "arm": seen.arm, "seed": seen.seed,
                 "round": seen.round, "measured": measured,
                 "error": measured - curve.at(own, others) + curve.at(own, others_now)}
            )  # fmt: skip
            tables.append(table[np.isfinite(table.error) & (own > 0) & curve.covers(own, others_now)])
    return pd.concat(tables, ignore_index=True)[columns] if tables else pd.DataFrame(columns=columns)


def curves_chart(forecast: Forecast) -> alt.LayerChart:
    """Draw error by labelled scans: what was seen, each group's curve and its band over seeds, and where one stands."""
    groups, measure = forecast.groups, forecast.measure
    of = f"1 − {measure.label}" if measure.bounded else f"{measure.label} {measure.unit and f'({measure.unit})'}"
    x = alt.X("labelled:Q", title="Labelled scans of the group (the other groups' as now)", scale=alt.Scale(zero=False))
    y = alt.Y("error:Q", title=f"Error: {of.strip()}", scale=alt.Scale(zero=False))
    scale = alt.Scale(domain=list(groups), range=list(group_colours(groups).values()))
    legend = alt.Legend(symbolOpacity=1, symbolType="circle", orient="top")
    colour = alt.Color("group:N", title="Group", scale=scale, legend=legend)
    counted = ["group:N", "labelled:Q"]
    errors = [alt.Tooltip(f"{name}:Q", format=measure.format) for name in ("error", "low", "high", "measured")]
    curves = alt.Chart(curves_frame(forecast)).encode(x=x, color=colour, tooltip=[*counted, *errors[:3]])
    points = alt.Chart(seen_frame(forecast)).encode(
        x=x, y=y, color=colour, tooltip=[*counted, "others:Q", "arm:N", "seed:N", "round:N", errors[3]]
    )
    now = pd.DataFrame({"group": groups, "labelled": forecast.now.counts})
    return alt.layer(
        curves.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=f"Error: {of.strip()}"), y2="high:Q"),
        points.mark_point(filled=True, size=25, opacity=0.4),
        curves.mark_line(strokeWidth=2.5).encode(y=y),
        alt.Chart(now).mark_rule(strokeDash=[4, 3]).encode(x=x, color=colour, tooltip=counted),
    ).properties(height=280)
