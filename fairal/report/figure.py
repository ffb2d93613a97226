"""What a figure is, and what figures are of."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import altair as alt
import pandas as pd

from fairal.report import charts
from fairal.report.arms import arm_colour, arm_label, arm_shape
from fairal.report.axes import Axis
from fairal.report.choice import USUAL, Choice, choose, offers
from fairal.report.colours import group_colours
from fairal.report.comparison import summarise_experiment
from fairal.report.evidence import verdicts
from fairal.report.levels import ArmSummary
from fairal.report.quantity import Quantity
from fairal.report.results import ExperimentResult, comparable_round, mixture, sample
from fairal.report.tables import SEEDS_FOR_A_BAND
from fairal.report.verdict import Verdict

X_AXES = {"labelled": "Labelled scans", "labelled_mm3": "Labelled structure (mm³)"}
BESIDE = ("dice", "surface_dice")
"""The measures that stand side by side unless others are chosen: alone, Dice counts a smaller structure as an error."""


OWN_SCANS = "Own scans: seeds differ by split and training only, groups hold other people."


@dataclass(frozen=True)
class View:
    """What of a comparison is looked at.

    Attributes:
        arms: Those shown.
        baseline: What they are compared with.
        measures: Figures that speak of one measure come once for each.
        over: What is made of the groups' means, see `quantity.OVER_GROUPS`.
        x: What the budget is counted in, see `X_AXES`.
        price: What the better served group may lose, in Dice.
    """

    arms: tuple[str, ...]
    baseline: str
    measures: tuple[str, ...] = BESIDE
    over: str = "signed_gap"
    x: str = "labelled"
    price: float = USUAL

    @classmethod
    def of(cls, result: ExperimentResult, baseline: str | None = None) -> "View":
        """Look at all arms, in Dice and surface Dice, at the signed gap; with more than two groups at the gap."""
        over = "signed_gap" if len(result.groups) == 2 else "gap"
        return cls(result.config.strategies, baseline or result.config.baseline, over=over)


class Entry(NamedTuple):
    """One line of a legend."""

    mark: str
    label: str
    colour: str
    of_arm: bool = False


MARKS = {"circle": "●", "square": "■", "triangle-up": "▲", "diamond": "◆", "cross": "✚"}


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        key: Names it, in files and for widgets.
        section: Figures of one section stand side by side under one heading.
        title, caption: Above and below it; the caption says n and what the numbers are of.
        takeaway: What it says, in a sentence, for those who do not see it.
        frame: The numbers behind it.
        ink: Draws rows of the frame.
        legend: What its colours mean, for a page that says it once above all panels.
        panels: Its small charts, by the label of their rows; none where it is a single chart.
        height: Of one panel, in pixels.
    """

    key: str
    section: str
    title: str
    caption: str
    takeaway: str
    frame: pd.DataFrame
    ink: Callable[[pd.DataFrame], alt.TopLevelMixin]
    legend: tuple[Entry, ...] = ()
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
    """What figures are of: an experiment, and what of it is looked at."""

    result: ExperimentResult
    view: View

    @cached_property
    def summaries(self) -> dict[str, list[ArmSummary]]:
        """The arms compared at the last comparable round, in each measure of the view."""
        names = self.view.measures
        return {name: summarise_experiment(self.result, self.view.baseline, measure=name) for name in names}

    @property
    def at(self) -> int | None:
        """The round at which arms are compared; None before the first."""
        return comparable_round(self.result)

    def shown(self, measure: str) -> list[ArmSummary]:
        """The arms that are looked at, as far as they can be compared yet."""
        return [row for row in self.summaries[measure] if row.strategy in self.view.arms]

    @cached_property
    def said(self) -> dict[str, Verdict]:
        """What may be said of each arm against the baseline of the view."""
        return verdicts(self.result, self.view.baseline)

    def compared(self, measure: str) -> list[ArmSummary]:
        """The arms that are looked at and compared with the baseline: those that have learned, if it has."""
        unlearned = {arm for arm, verdict in self.said.items() if verdict.code == "not_learned"}
        return [row for row in self.shown(measure) if row.against and row.strategy not in unlearned]

    @cached_property
    def choice(self) -> Choice:
        """What follows from the price; of the arms that are looked at."""
        there = offers(self.result, self.view.baseline, self.summaries.get("dice"))
        return choose([offer for offer in there if offer.arm in self.view.arms], self.view.price)

    def arms_legend(self) -> tuple[Entry, ...]:
        """Mark, name and colour of the arms."""
        return tuple(Entry(MARKS[arm_shape(arm)], arm_label(arm), arm_colour(arm), True) for arm in self.view.arms)

    def groups_legend(self) -> tuple[Entry, ...]:
        """Mark, name and colour of the groups."""
        return tuple(Entry("●", group, colour) for group, colour in group_colours(self.result.groups).items())

    @property
    def versus(self) -> str:
        """What is compared with, inside a sentence."""
        return arm_label(self.view.baseline).lower()

    @property
    def budget(self) -> Axis:
        """The budget; counted in scans it is known to its end from the start."""
        query = self.result.config.query
        ends = (float(sum(query.start.values())), float(query.budget))
        known = self.view.x == "labelled" and ends[0] < ends[1]
        return Axis(X_AXES[self.view.x], ends if known else None, ",.0f", ",.0f")

    def axis(self, quantity: Quantity) -> Axis:
        """Give the axis of a number over the groups; a difference is read from 0."""
        return axis_of(quantity, self.result.groups)

    def about(self, *more: str) -> str:
        """Caption: n, then what else must be known, then whose brains these are."""
        whose = "Synthetic brains." if self.result.synthetic else OWN_SCANS
        texts = (f"{sample(self.result)}.", *more, mixture(self.result), whose)
        return " ".join(text for text in texts if text)

    def lines(self, arms: int = 1) -> str:
        """What bands and thin lines are, as far as there are any; `arms` of them lie in one picture."""
        seeds = len({run.seed for run in self.result.runs if run.rounds})
        if seeds < 2:
            return ""
        if seeds < SEEDS_FOR_A_BAND:
            bands = "too few for bands"
        else:
            bands = "bands: 95 % over seeds" if arms <= charts.ARMS_WITH_BANDS else "too many arms for bands"
        return f"Thin lines: single seeds; {bands}."


def axis_of(quantity: Quantity, groups: tuple[str, ...]) -> Axis:
    """Give the axis of a number over the groups; a difference is read from 0."""
    number = quantity.of_measure.format
    # Without a number of decimals they are as many as tell the ticks apart.
    ticks = "%" if number.endswith("%") else "f"
    return Axis(quantity.compared(groups), None, ticks, number, zero=quantity.is_difference)
