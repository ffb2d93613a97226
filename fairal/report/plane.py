"""Both groups at once: what one has against what the other has. The diagonal is fair, a price is a line across."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from fairal.fairness.measures import MEASURES, Measure
from fairal.report.arms import arm_label
from fairal.report.axes import GREY, SEEDS, Axis, by_arm, shape
from fairal.report.figure import Figure, Subject
from fairal.report.levels import ArmSummary
from fairal.report.quantity import MEAN, Quantity, judged_in

_STATES = ("baseline", "qualifies", "other")


def plane(subject: Subject, measure: str) -> Figure | None:
    """Each arm by the means of the baseline's best and worst group at the last round that all have reached.

    Returns:
        None before there is a round, where the baseline has not run, and of a single group.
    """
    base = next((row for row in subject.summaries[measure] if row.strategy == subject.view.baseline), None)
    if base is None or len(subject.result.groups) < 2:
        return None
    of = MEASURES[measure]
    best, worst = best_and_worst(base, of)
    frame = _rows(subject, measure, (best, worst))
    ends = shared_ends(frame, of)
    axes = [
        Axis(f"{Quantity(measure, MEAN).title}{Quantity(measure, MEAN).in_unit}, {group}", ends, reverse=of.sign < 0)
        for group in (best, worst)
    ]
    price = base.level.by_group[best] - subject.view.price if measure == "dice" else None
    line = f"Right of the dashed line the {best} group loses no more than the price. " if price is not None else ""
    line += "Filled: the baseline, and arms that close the gap within the price."
    return Figure(
        key=f"{measure}_plane",
        section="plane",
        title=f"Who gains, who pays, in {of.label}",
        caption=subject.about(f"Round {subject.at}. Further up, the {worst} group is served better.", line),
        takeaway=_said(frame, of, (best, worst)),
        frame=frame,
        ink=lambda rows: draw_plane(rows, subject.view.arms, axes, price),
        legend=subject.arms_legend(),
    )


def best_and_worst(base: ArmSummary, of: Measure) -> tuple[str, str]:
    """Find the groups that an arm serves best and worst; the first of equals."""
    ordered = sorted(base.level.by_group, key=lambda group: -of.sign * base.level.by_group[group])
    return ordered[0], ordered[-1]


def _rows(subject: Subject, measure: str, groups: tuple[str, str]) -> pd.DataFrame:
    """Rows of ``kind`` *mean* and *seed* with ``label``, ``x`` (best group), ``value`` (worst) and ``state``."""
    lit, rows = subject.choice.qualifying, []
    for row in subject.shown(measure):
        if row.role != "strategy":
            continue
        arm = row.strategy
        state = _STATES[0] if arm == subject.view.baseline else _STATES[1 if arm in lit else 2]
        about = {"label": arm_label(arm), "state": state}
        mean = [row.level.by_group[group] for group in groups]
        rows.append(about | {"kind": "mean", "n": len(row.level.seeds), "x": mean[0], "value": mean[1]})
        for seed in row.level.seeds:
            record = subject.result.of(arm)[seed].records[subject.at]
            own = judged_in(record, subject.result.groups, measure).by_group
            rows.append(about | {"kind": "seed", "seed": seed, "x": own[groups[0]], "value": own[groups[1]]})
    return pd.DataFrame(rows)


def shared_ends(frame: pd.DataFrame, of: Measure) -> tuple[float, float]:
    """Give both axes the same ends, so that the diagonal is where both groups are served alike."""
    low, high = float(frame[["x", "value"]].min().min()), float(frame[["x", "value"]].max().max())
    room = max(0.06 * (high - low), 1e-3)
    ends = low - room, high + room
    return (max(0.0, ends[0]), min(1.0, ends[1])) if of.bounded else (max(0.0, ends[0]), ends[1])


def _said(frame: pd.DataFrame, of: Measure, groups: tuple[str, str]) -> str:
    means = frame[frame.kind == "mean"]
    each = (f"{row.label} {groups[0]} {of.say(row.x)}, {groups[1]} {of.say(row.value)}" for row in means.itertuples())
    return f"Mean {of.label} of both groups. " + "; ".join(each) + "."


def draw_plane(rows: pd.DataFrame, arms: Sequence[str], axes: Sequence[Axis], price: float | None) -> alt.LayerChart:
    """Draw arms as points, filled where they qualify; the diagonal, and a line where the price ends."""
    x, y = axes
    tips = [alt.Tooltip("label:N", title="Arm"), x.tip("x"), y.tip("value")]
    base = alt.Chart(rows).encode(x=x.on_x(), y=y.on_y(), color=by_arm(arms))
    seeds, means = (base.transform_filter(f"datum.kind == '{kind}'") for kind in ("seed", "mean"))
    filled, open_ = (means.transform_filter(f"datum.state {sign} 'other'") for sign in ("!=", "=="))
    arm = {"shape": shape(arms), "tooltip": [*tips, SEEDS]}
    layers = [
        *(_price(price, x) if price is not None else ()),
        *_diagonal(x, y),
        seeds.mark_point(filled=True, size=20, opacity=0.3).encode(
            tooltip=[*tips, alt.Tooltip("seed:N", title="Seed")]
        ),
        open_.mark_point(filled=False, size=140, strokeWidth=2.5, opacity=1).encode(**arm),
        filled.mark_point(filled=True, size=220, opacity=1).encode(**arm),
    ]
    return alt.layer(*layers).properties(height=300)


def _diagonal(x: Axis, y: Axis) -> list[alt.Chart]:
    low, high = x.domain
    bad = high if x.reverse else low  # its words stand where both are served badly: there are no arms, and no price
    ends = pd.DataFrame({"x": [low, high], "value": [low, high]})
    ends = ends.assign(said=["both served alike" if end == bad else "" for end in (low, high)])
    ends = alt.Chart(ends).encode(x=x.on_x(), y=y.on_y())
    text = {"align": "left", "baseline": "bottom", "dx": 44, "dy": -2, "fontSize": 11, "color": GREY}
    return [ends.mark_line(color=GREY, strokeWidth=1.5), ends.mark_text(**text).encode(text="said:N")]


def _price(price: float, x: Axis) -> list[alt.Chart]:
    far = x.domain[0 if x.reverse else 1]
    at = min(max(price, x.domain[0]), x.domain[1])
    band = pd.DataFrame({"x": [at], "far": [far]})
    base = alt.Chart(band).encode(x=x.on_x())
    return [
        base.mark_rect(opacity=0.08, color="#009E73").encode(x2="far:Q"),
        base.mark_rule(strokeDash=[5, 4], strokeWidth=1.5, color="#009E73"),
    ]
