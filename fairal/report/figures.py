"""The figures of one comparison, each told once: what it shows, over how many, what it says, and how it is drawn.

Compare and the report go through the same list; a page adds its widgets, a report its frame.
"""

from dataclasses import replace

import pandas as pd

from fairal.report import charts, tables
from fairal.report.arms import arm_label
from fairal.report.axes import Axis, Rule
from fairal.report.comparison import at_equal_error, by_noise_alone, error_at_the_end_mm
from fairal.report.figure import Figure, Subject
from fairal.report.glossary import define
from fairal.report.plane import plane
from fairal.report.quantity import MEAN, Quantity
from fairal.report.summary import paid_sentence


def figures(subject: Subject) -> list[Figure]:
    """List the figures that the finished rounds allow, in the order of reading."""
    each = [make(subject, measure) for make in _BY_MEASURE for measure in subject.view.measures]
    made = [*each, *(make(subject) for make in _OF_PICKS)]
    return [figure for figure in made if figure is not None and len(figure.frame)]


def _over_groups(subject: Subject, measure: str) -> Figure | None:
    """The chosen number over the groups by budget, all arms, with what noise alone would show."""
    view, result = subject.view, subject.result
    quantity = Quantity(measure, view.over)
    if not quantity.defined(len(result.groups)):
        return None
    frame = tables.quantity_by_budget(result, view.arms, quantity, view.x)
    rules = [*_noise(subject, quantity), *_fair(subject, quantity)]
    return Figure(
        key=f"{measure}_{view.over}_by_budget",
        section="by_budget",
        title=quantity.title,
        caption=subject.about(subject.lines(len(view.arms)), _rules_said(rules)),
        takeaway=f"{quantity.explained(result.groups)} by budget, {len(view.arms)} arms. {_last(subject, frame)}",
        frame=frame,
        ink=lambda rows: charts.arm_lines(rows, view.arms, subject.budget, subject.axis(quantity), rules),
        legend=subject.arms_legend(),
    )


def _rules_said(rules: list[Rule]) -> str:
    noise = "Short dashes: what noise alone would show." if any(not rule.fair for rule in rules) else ""
    fair = f"Long dashes, the fair line of the baseline's error: {define('fair line')}"
    return " ".join(part for part in (noise, fair if any(rule.fair for rule in rules) else "") if part)


def _fair(subject: Subject, quantity: Quantity) -> list[Rule]:
    """Where the baseline's fair line is, once a seed of it is done."""
    result, baseline = subject.result, subject.view.baseline
    value, error_mm = at_equal_error(result, baseline, quantity), error_at_the_end_mm(result, baseline)
    if value is None or error_mm is None:
        return []
    of = quantity.of_measure
    number = of.say_signed(value) if quantity.over == "signed_gap" else of.say(value)
    return [Rule(value, f"fair line {number}", f"fair line, {error_mm:.2f} mm off for all: {number}", fair=True)]


def _noise(subject: Subject, quantity: Quantity) -> list[Rule]:
    """Where the baseline's noise line is; of a signed gap, on both sides of 0."""
    signed = quantity.over == "signed_gap"
    of = replace(quantity, over="gap") if signed else quantity
    noise = by_noise_alone(subject.result, subject.view.baseline, of)
    if noise is None:
        return []
    number = f"{'±' if signed else ''}{quantity.of_measure.say(noise)}"
    said = f"noise alone: {number}"
    return [Rule(noise, f"noise {number}", said), *([Rule(-noise, "", said)] if signed else [])]


def _last(subject: Subject, frame: pd.DataFrame) -> str:
    at = subject.at
    if frame.empty or at is None:
        return ""
    last = frame[(frame.kind == "mean") & (frame["round"] == at)]
    scans = subject.result.config.query
    labelled = sum(scans.start.values()) + at * scans.per_round
    return f"At {labelled} labelled scans: " + ", ".join(f"{r.label} {r.value:.3f}" for r in last.itertuples()) + "."


def served_by_budget(subject: Subject, measure: str) -> Figure:
    """Each group's mean by budget, one panel per arm."""
    mean, view, groups = Quantity(measure, MEAN), subject.view, subject.result.groups
    frame = tables.groups_by_budget(subject.result, view.arms, measure, view.x)
    ends = [
        f"{arm_label(row.strategy)}: "
        + ", ".join(f"{g} {mean.of_measure.say(v)}" for g, v in row.level.by_group.items())
        for row in subject.shown(measure)
    ]
    growing = subject.result.growing
    if frame.empty:
        frame = pd.DataFrame(columns=["label", "group", "round", "x", "value", "low", "high", "n", "kind", "seed"])
    axis = replace(subject.axis(mean), title=_test(mean), domain=_domain(frame, mean, growing))
    return Figure(
        key=f"{measure}_per_group",
        section=f"groups_{measure}",
        title=f"{_test(mean)} per group",
        caption=subject.about(subject.lines()),
        takeaway=f"{_test(mean)} per group by budget. " + "; ".join(ends),
        frame=frame,
        ink=lambda rows: charts.group_lines(rows, groups, subject.budget, axis),
        legend=subject.groups_legend(),
        panels=tuple(map(arm_label, view.arms)) if growing else _panels(frame),
    )


def _test(mean: Quantity) -> str:
    return f"Test {mean.of_measure.label}{mean.in_unit}"


def _panels(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(frame.label)) if len(frame) else ()


def _domain(frame: pd.DataFrame, mean: Quantity, growing: bool) -> tuple[float, float] | None:
    """Ends in tenths for a share; while it grows those of everything to come. Other measures follow the numbers."""
    if not mean.of_measure.bounded:
        return None
    low = frame.value.min() if len(frame) else 1.0
    if growing:
        return (0.5 if low >= 0.5 else 0.0), 1.0
    return (max(0.0, int(low * 10) / 10), min(1.0, int(frame.value.max() * 10 + 1) / 10)) if len(frame) else None


def _paid(subject: Subject, measure: str) -> Figure | None:
    """Who paid: each group before and after."""
    compared, mean = [row for row in subject.shown(measure) if row.against], Quantity(measure, MEAN)
    of = mean.of_measure
    said = " ".join(f"{arm_label(row.strategy)}: {paid_sentence(row.against.paid, measure)}" for row in compared)
    axis = replace(subject.axis(mean), title=_test(mean), reverse=of.sign < 0)
    arms = [row.strategy for row in compared]
    return Figure(
        key=f"{measure}_who_paid",
        section="who_paid",
        title=f"Who paid, in {of.label}",
        caption=subject.about(f"From the bar, {subject.versus}, to the arrow, the arm; right is better."),
        takeaway=said,
        frame=tables.paid(compared),
        ink=lambda rows: charts.paid_arrows(rows, arms, subject.result.groups, axis),
        legend=subject.groups_legend(),
    )


def _reduction(subject: Subject, measure: str) -> Figure | None:
    """Disparity reduction with its interval."""
    compared = subject.compared(measure)
    frame = tables.reductions(compared)
    single = all(len(row.against.seeds) == 1 for row in compared)
    over = "Lines: 95 % over seeds (Fieller); none where it is unbounded."
    over = "One seed: no interval." if single else over
    said = ", ".join(f"{row.label} {row.value:.0%}" for row in frame.itertuples())
    arms = [row.strategy for row in compared]
    return Figure(
        key=f"{measure}_reduction",
        section="reduction",
        title=f"Reduction of the signed gap in {Quantity(measure, MEAN).of_measure.label}",
        caption=subject.about(f"Against {subject.versus}; past 100 % the gap has turned round.", over),
        takeaway=f"Reduction of the signed gap against {subject.versus}: {said}.",
        frame=frame,
        ink=lambda rows: charts.reduction_bars(rows, arms),
    )


def _trade_off(subject: Subject, measure: str) -> Figure | None:
    """Mean against gap at the last round that all have reached."""
    at = subject.at
    if at is None:
        return None
    pair = (Quantity(measure, "gap"), Quantity(measure, MEAN))
    x, y = (subject.axis(quantity) for quantity in pair)
    y = replace(y, reverse=pair[1].of_measure.sign < 0)
    return Figure(
        key=f"{measure}_trade_off",
        section="trade_off",
        title=f"{pair[1].title} against gap",
        caption=subject.about(f"Round {at}. Upper left is fair and accurate."),
        takeaway="Fair and accurate is at the upper left.",
        frame=tables.trade_off(subject.result, subject.view.arms, pair, at),
        ink=lambda rows: charts.trade_off(rows, subject.view.arms, x, y),
        legend=subject.arms_legend(),
    )


_BY_MEASURE = (plane, _over_groups, served_by_budget, _paid, _reduction, _trade_off)


def _picks(subject: Subject) -> Figure:
    """Who was picked, one panel per arm."""
    frame = tables.picks(subject.result, subject.view.arms)
    return Figure(
        key="pick_shares",
        section="picks",
        title="Who was picked",
        caption=subject.about("Mean over seeds."),
        takeaway="Share of each group in every pick, by arm and round.",
        frame=frame,
        ink=lambda rows: charts.pick_shares(rows, subject.result.groups),
        legend=subject.groups_legend(),
        panels=_panels(frame),
        height=140,
    )


def _weights(subject: Subject) -> Figure:
    """The weights that caused it."""
    frame = tables.picks(subject.result, subject.view.arms)
    top = float(frame.weight.max()) * 1.05 if len(frame) else 1.0
    return Figure(
        key="weights",
        section="weights",
        title="Weights of the groups",
        caption=subject.about(
            "w_g rises with the model's error on the labelled subjects of a group (D_g in the tooltip); every arm "
            "records it, the weighted ones use it."
        ),
        takeaway="Weight w_g of each group by arm and round.",
        frame=frame,
        ink=lambda rows: charts.weight_lines(rows, subject.result.groups, Axis("Weight w_g", (0.0, top), ".1f")),
        legend=subject.groups_legend(),
        panels=_panels(frame),
        height=120,
    )


_OF_PICKS = (_picks, _weights)
