"""The figures of one comparison, each told once: what it shows, over how many, what it says, and how it is drawn.

Compare and the report go through the same list; a page adds its widgets, a report its frame.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from fairal.report import charts, tables
from fairal.report.arms import arm_label
from fairal.report.charts import Axis
from fairal.report.comparison import ArmSummary, by_noise_alone
from fairal.report.quantity import MEAN, Quantity
from fairal.report.results import ExperimentResult, comparable_round, sample
from fairal.report.summary import paid_sentence

X_AXES = {"labelled": "Labelled scans", "labelled_mm3": "Labelled structure (mm³)"}


@dataclass(frozen=True)
class View:
    """What of a comparison is looked at.

    Attributes:
        arms: Those shown.
        baseline: What they are compared with.
        measures: Figures that speak of one measure come once for each.
        over: What is made of the groups' means, see `quantity.OVER_GROUPS`.
        x: What the budget is counted in, see `X_AXES`.
    """

    arms: tuple[str, ...]
    baseline: str
    measures: tuple[str, ...] = ("dice",)
    over: str = "gap"
    x: str = "labelled"


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        key: Names it, in files and for widgets.
        section: Figures of one section stand side by side under one heading.
        title, caption: Above and below it; the caption says n and what the numbers are of.
        takeaway: What it says, in a sentence, for those who do not see it.
        frame: The numbers behind it.
        panels: Its small charts, by name; none where it is a single chart.
    """

    key: str
    section: str
    title: str
    caption: str
    takeaway: str
    frame: pd.DataFrame
    ink: Callable[[pd.DataFrame], alt.TopLevelMixin]
    panels: tuple[str, ...] = ()
    height: int = 200

    def draw(self, panel: str | None = None) -> alt.TopLevelMixin:
        """Draw one panel, or everything."""
        if panel is not None:
            return self.ink(self.frame[self.frame.label == panel])
        if self.panels:
            return charts.beside(self.draw, self.panels, self.height)
        return self.ink(self.frame)


@dataclass(frozen=True)
class Subject:
    """What the figures are of: an experiment, its comparison at one budget, and what of it is looked at."""

    result: ExperimentResult
    summary: Sequence[ArmSummary]
    view: View

    @property
    def shown(self) -> list[ArmSummary]:
        """The arms that are looked at, as far as they can be compared yet."""
        return [row for row in self.summary if row.strategy in self.view.arms]

    @property
    def x(self) -> Axis:
        """The budget; counted in scans it is known to its end from the start."""
        query = self.result.config.query
        whole = (float(sum(query.start.values())), float(query.budget)) if self.view.x == "labelled" else None
        whole = whole if whole and whole[0] < whole[1] else None
        return Axis(X_AXES[self.view.x], whole, ",.0f")

    def about(self, *more: str) -> str:
        """Caption: n, then what else must be known, then that brains are synthetic."""
        synthetic = ["Synthetic brains."] if self.result.config.cohort.kind == "synthetic" else []
        return " ".join([f"{sample(self.result)}.", *(text for text in more if text), *synthetic])

    def bands(self) -> str:
        """What the bands are, where there are any."""
        seeds = max((len(row.level.seeds) for row in self.shown), default=0)
        return "Bands: 95 % over seeds." if seeds >= tables.SEEDS_FOR_A_BAND else "Thin lines: single seeds."


def figures(result: ExperimentResult, summary: Sequence[ArmSummary], view: View) -> list[Figure]:
    """List the figures that the finished rounds allow, in the order of reading.

    Args:
        result: From `read_experiment`.
        summary: From `summarise_experiment`, against the view's baseline; empty before the first round.
        view: What to look at.
    """
    subject = Subject(result, summary, view)
    each = [make(subject, measure) for make in _BY_MEASURE for measure in view.measures]
    made = [*each, _reduction(subject), _picks(subject), _weights(subject)]
    return [figure for figure in made if figure is not None and len(figure.frame)]


def served_by_budget(subject: Subject, measure: str) -> Figure:
    """Each group's mean by budget, one panel per arm."""
    mean = Quantity(measure, MEAN)
    frame = tables.groups_by_budget(subject.result, subject.view.arms, measure, subject.view.x)
    ends = [
        f"{arm_label(row.strategy)}: " + ", ".join(f"{g} {v:.2f}" for g, v in row.level.dice_by_group.items())
        for row in subject.shown
        if row.role == "strategy"
    ]
    y = Axis(f"Test {mean.measure_label}", _rounded(frame, (0.0, 1.0)))
    return Figure(
        key=f"{measure}_per_group",
        section="groups",
        title=f"Test {mean.measure_label} per group",
        caption=subject.about(subject.bands()),
        takeaway=f"Test {mean.measure_label} per group by budget." + (f" At the end: {'; '.join(ends)}" * bool(ends)),
        frame=frame,
        ink=lambda rows: charts.group_lines(rows, subject.result.groups, subject.x, y),
        panels=_panels(frame),
    )


def _panels(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(dict.fromkeys(frame.label)) if len(frame) else ()


def _rounded(frame: pd.DataFrame, ends: tuple[float, float]) -> tuple[float, float] | None:
    """A domain in tenths, so that a growing run seldom moves it."""
    if frame.empty:
        return None
    low, high = frame.value.min(), frame.value.max()
    return max(ends[0], int(low * 10) / 10), min(ends[1], int(high * 10 + 1) / 10)


def _over_groups(subject: Subject, measure: str) -> Figure | None:
    """The chosen number over the groups by budget, all arms, with what noise alone would show."""
    view, quantity = subject.view, Quantity(measure, subject.view.over)
    frame = tables.quantity_by_budget(subject.result, view.arms, quantity, view.x)
    noise = by_noise_alone(subject.result, view.baseline, view.over)
    rules = [(noise, f"noise alone: {noise:.3f}")] if noise is not None else []
    return Figure(
        key=f"{measure}_{view.over}_by_budget",
        section="by_budget",
        title=quantity.title.partition(" (")[0],
        caption=subject.about(subject.bands(), "Dashed: what noise alone would show." if rules else ""),
        takeaway=f"{quantity.title} by budget, {len(view.arms)} arms. {_last(frame)}",
        frame=frame,
        ink=lambda rows: charts.arm_lines(rows, view.arms, subject.x, quantity_axis(quantity), rules),
    )


def quantity_axis(quantity: Quantity) -> Axis:
    """Give the axis of a number over the groups; a disparity is read from 0."""
    return Axis(quantity.title, zero=quantity.over in ("gap", "signed_gap", "total_deviation", "group_sd"))


def _last(frame: pd.DataFrame) -> str:
    if frame.empty:
        return ""
    means = frame[frame.kind == "mean"]
    last = means[means["round"] == means["round"].max()]
    return "At the end: " + ", ".join(f"{row.label} {row.value:.3f}" for row in last.itertuples()) + "."


def _trade_off(subject: Subject, measure: str) -> Figure | None:
    """Mean against disparity at the last round that all have reached."""
    at = comparable_round(subject.result)
    if at is None:
        return None
    pair = (Quantity(measure, "gap"), Quantity(measure, MEAN))
    frame = tables.trade_off(subject.result, subject.view.arms, pair, at)
    x, y = (quantity_axis(q) for q in pair)
    return Figure(
        key=f"{measure}_trade_off",
        section="trade_off",
        title=f"Mean {pair[1].measure_label} against gap",
        caption=subject.about(f"Round {at}. Upper left is fair and accurate."),
        takeaway="Fair and accurate is at the upper left.",
        frame=frame,
        ink=lambda rows: charts.trade_off(rows, subject.view.arms, x, y),
    )


def _paid(subject: Subject, measure: str) -> Figure | None:
    """Who paid: each group before and after."""
    compared = [row for row in subject.shown if row.against]
    said = " ".join(f"{arm_label(row.strategy)}: {paid_sentence(row.against.paid)}" for row in compared)
    axis = Axis(f"Test {Quantity(measure, MEAN).measure_label}: from the baseline (bar) to the arm (arrow)")
    arms = [row.strategy for row in compared]
    return Figure(
        key=f"{measure}_who_paid",
        section="who_paid",
        title=f"Who paid, in {Quantity(measure, MEAN).measure_label}",
        caption=subject.about(f"Against {arm_label(subject.view.baseline).lower()}; right is better.", said),
        takeaway=said,
        frame=tables.paid(compared),
        ink=lambda rows: charts.paid_arrows(rows, arms, subject.result.groups, axis),
    )


_BY_MEASURE = (_over_groups, served_by_budget, _trade_off, _paid)


def _reduction(subject: Subject) -> Figure | None:
    """Disparity reduction with its interval."""
    compared = [row for row in subject.shown if row.against and row.against.reduction]
    frame, versus = tables.reductions(compared), arm_label(subject.view.baseline).lower()
    over = "95 % interval over seeds (Fieller); none where it is unbounded."
    if len(frame) and "test subjects" in set(frame.over):
        over = "95 % interval over the matched test subjects of one seed, nothing else."
    said = ", ".join(f"{row.label} {row.value:.0%}" for row in frame.itertuples())
    arms = [row.strategy for row in compared]
    return Figure(
        key="disparity_reduction",
        section="reduction",
        title="Disparity reduction",
        caption=subject.about(f"Against {versus}.", over),
        takeaway=f"Disparity reduction against {versus}: {said}.",
        frame=frame,
        ink=lambda rows: charts.reduction_bars(rows, arms),
    )


def _picks(subject: Subject) -> Figure | None:
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
        panels=_panels(frame),
        height=140,
    )


def _weights(subject: Subject) -> Figure | None:
    """The weights that caused it."""
    frame = tables.picks(subject.result, subject.view.arms)
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
        ink=lambda rows: charts.weight_lines(rows, subject.result.groups),
        panels=_panels(frame),
        height=120,
    )
