"""What one axis shows: a disparity of a measure, or its mean; how it is called, and its value in a round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from fairal.facts.record import Record
from fairal.fairness.disparity import DISPARITIES, MatchedOrNot, equity_scaled, noise_floor
from fairal.fairness.groups import served_by_group
from fairal.fairness.judgement import MeasureJudgement, judge_measure
from fairal.fairness.measures import MEASURES, Measure

MEAN, EQUITY_SCALED = "mean", "es"
OVER_GROUPS = {
    "signed_gap": "Signed gap",
    **{name: disparity.label for name, disparity in DISPARITIES.items() if name != "signed_gap"},
    EQUITY_SCALED: "Equity-scaled mean",
    MEAN: "Mean over all test cases",
}
"""What can be made of the groups' means, by name, as a person chooses it."""

MEASURE_LABELS = {name: measure.label[0].upper() + measure.label[1:] for name, measure in MEASURES.items()}
"""Of every measure in the table, as a person chooses it."""
RETRAINING_SD = {
    150: {"dice": 0.0074, "surface_dice": 0.015, "assd_mm": 0.032, "hd95_mm": 0.087, "volume_error": 0.034},
    300: {"dice": 0.0048, "surface_dice": 0.0084, "assd_mm": 0.02, "hd95_mm": 0.086, "volume_error": 0.019},
    600: {"dice": 0.0059, "surface_dice": 0.011, "assd_mm": 0.026, "hd95_mm": 0.07, "volume_error": 0.024},
}
"""SD of two groups' difference when one labelled set is trained again with other weights: by training steps, in each
measure's unit. Measured by benchmarks/retraining.py, which says on what."""


def retraining_sd(measure: str, steps: int) -> float:
    """Give what training again does to a gap, from the measured number of steps that is nearest on a logarithmic scale.

    Other networks, structures and numbers of labelled scans were not measured: for them it is an order of magnitude.
    """
    nearest = min(RETRAINING_SD, key=lambda measured: abs(np.log(measured / max(1, steps))))
    return RETRAINING_SD[nearest].get(measure, 0.0)


@dataclass(frozen=True)
class Quantity:
    """A number over the groups, in one measure of the table."""

    measure: str
    over: str

    @property
    def of_measure(self) -> Measure:
        """The measure's entry in the table."""
        return MEASURES[self.measure]

    @property
    def title(self) -> str:
        """Say it with its measure: ``Signed gap in surface Dice``."""
        measure = self.of_measure.label
        short = {
            MEAN: f"Mean {measure}", EQUITY_SCALED: f"Equity-scaled {measure}",
            "worst_group": f"Worst group's {measure}",
        }  # fmt: skip
        return short.get(self.over) or f"{OVER_GROUPS[self.over].partition(' (')[0]} in {measure}"

    def explained(self, groups: Sequence[str]) -> str:
        """Say it with its unit, and what is subtracted from what: ``Gap in ASSD (mm; best − worst group)``."""
        between = {"signed_gap": " − ".join(groups[:2]), "gap": "best − worst group"}.get(self.over, "")
        unit = "" if self.over == "error_ratio" else self.of_measure.unit
        said = "; ".join(part for part in (unit, between) if part)
        return f"{self.title} ({said})" if said else self.title

    def compared(self, groups: Sequence[str]) -> str:
        """Say it as an axis does, below a heading that names it: ``ASSD (mm): best − worst group``."""
        between = {"signed_gap": " − ".join(groups[:2]), "gap": "best − worst group"}.get(self.over)
        return f"{MEASURE_LABELS[self.measure]}{self.in_unit}: {between}" if between else self.explained(groups)

    @property
    def in_unit(self) -> str:
        """The measure's unit in brackets, if it has one."""
        return f" ({self.of_measure.unit})" if self.of_measure.unit else ""

    @property
    def is_difference(self) -> bool:
        """Whether it is read from 0: it compares groups and tells nothing of how good the segmentation is."""
        return self.over in ("gap", "signed_gap", "total_deviation", "group_sd")

    @property
    def possible(self) -> tuple[float, float]:
        """The ends beyond which no value can lie."""
        low, high = self.of_measure.range
        if self.of_measure.better == "nearer to 0":
            low = 0.0
        ends = {"signed_gap": (low - high, high - low), "gap": (0.0, high - low)}
        whole = {MEAN, EQUITY_SCALED, "worst_group"}
        return ends.get(self.over, (low, high) if self.over in whole else (0.0, np.inf))

    def defined(self, groups: int) -> bool:
        """Tell whether it exists for this many groups."""
        if self.over == MEAN:
            return True
        if self.over == EQUITY_SCALED:
            return self.of_measure.bounded
        return DISPARITIES[self.over].defined(self.of_measure, groups)

    def of(self, record: Record, groups: tuple[str, ...]) -> float | None:
        """Give its value in a round; None where a group has no case with a value, or where it is not defined."""
        return _once(record, ("of", self, groups), lambda: self._of(record, groups))

    def _of(self, record: Record, groups: tuple[str, ...]) -> float | None:
        judged = judged_in(record, groups, self.measure)
        if not self.defined(len(groups)) or not all(judged.sizes.values()):
            return None
        means, sizes = np.array(list(judged.by_group.values())), list(judged.sizes.values())
        overall = float(np.average(means, weights=sizes))
        if self.over == MEAN:
            return overall
        if self.over == EQUITY_SCALED:
            return float(equity_scaled(overall, means))
        value = float(DISPARITIES[self.over].of(means, self.of_measure, sizes))
        return value if np.isfinite(value) else None

    def by_noise(self, record: Record, groups: tuple[str, ...], matched: bool) -> float | None:
        """Estimate what a disparity would show in this round if all groups were served equally; None if unknown."""
        if self.over not in ("gap", "total_deviation", "group_sd") or not self.defined(len(groups)):
            return None

        def floor() -> float:
            cases, of = served_cases(record, groups, self.measure, matched), DISPARITIES[self.over].of
            # A record has one loss per training step.
            sd = retraining_sd(self.measure, len(record.losses))
            return noise_floor(cases, lambda means: of(means, self.of_measure), retraining_sd=sd)

        value = _once(record, ("floor", self, groups, matched), floor)
        return value if np.isfinite(value) else None

    def at_equal_error(self, record: Record, groups: tuple[str, ...]) -> float | None:
        """Give what a disparity would be if the error were the same for everyone; None where the record has no line."""
        means = (record.fair_line or {}).get(self.measure, {})
        known = [means.get(group) for group in groups]
        if None in known or self.over not in DISPARITIES or not self.defined(len(groups)):
            return None
        value = float(DISPARITIES[self.over].of(np.array(known), self.of_measure))
        return value if np.isfinite(value) else None


_derived: WeakKeyDictionary[Record, dict[tuple, Any]] = WeakKeyDictionary()


def _once(record: Record, key: tuple, derive: Callable[[], Any]) -> Any:
    # Deriving takes a while in hundreds of rounds, and a page asks again every second.
    kept = _derived.setdefault(record, {})
    if key not in kept:
        kept[key] = derive()
    return kept[key]


def judged_in(record: Record, groups: tuple[str, ...], measure: str) -> MeasureJudgement:
    """Judge a round's test cases in one measure of the table."""
    return _once(record, ("judged", measure, groups), lambda: judge_measure(record.test, groups, MEASURES[measure]))


def served_cases(record: Record, groups: tuple[str, ...], measure: str, matched: bool) -> MatchedOrNot:
    """Arrange a round's test cases by group: matched (n, G), where subject i is in each group, or an array each."""
    own = served_by_group(record.test, groups, MEASURES[measure])
    return np.stack(own, axis=1) if matched else own
