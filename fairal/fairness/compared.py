"""One measure of an arm beside its baseline, seed by seed: the numbers that a verdict rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.fairness.disparity import ordered_gap, who_paid
from fairal.fairness.measures import Measure
from fairal.fairness.statistics import fieller_reduction


@dataclass(frozen=True)
class Compared:
    """One measure of an arm against its baseline, over the seeds that both have.

    Gaps run from the baseline's best to its worst group: above 0 the worst is still worse served, in every measure.

    Attributes:
        measure: What the numbers are of.
        worst, best: The baseline's worst and best group over the shared seeds.
        gaps, baseline: Ordered gaps of the two by seed.
        worst_gain, best_loss, overshoot: As in `fairal.fairness.disparity.WhoPaid`, of the means over the seeds.
        noise_floor: Gap of one run that noise alone makes, retraining included; None where it is unknown, and then
            nothing counts as more than noise.
    """

    measure: Measure
    worst: str
    best: str
    gaps: tuple[float, ...]
    baseline: tuple[float, ...]
    worst_gain: float
    best_loss: float
    overshoot: float
    noise_floor: float | None

    def __post_init__(self) -> None:
        if not self.gaps or len(self.gaps) != len(self.baseline):
            raise ValueError("an arm is compared over at least one seed that its baseline has as well")
        if not np.isfinite([*self.gaps, *self.baseline]).all():
            raise ValueError(f"leave out seeds in which a group has no {self.measure.label}")

    @classmethod
    def of(
        cls,
        measure: Measure,
        groups: Sequence[str],
        arm: np.ndarray,
        baseline: np.ndarray,
        noise_floor: float | None,
    ) -> "Compared":
        """Compare group means by seed.

        Args:
            measure: What they are means of.
            groups: At least two.
            arm, baseline: Means (S, G) of `Measure.served` values, row by row of the same seed.
            noise_floor: As in the attribute.
        """
        means = [dict(zip(groups, each.mean(0).tolist(), strict=True)) for each in (arm, baseline)]
        paid = who_paid(*means, measure)
        order = list(groups).index(paid.best), list(groups).index(paid.worst)
        gaps = [tuple(ordered_gap(each, *order, measure).tolist()) for each in (arm, baseline)]
        return cls(measure, paid.worst, paid.best, *gaps, paid.worst_gain, paid.best_loss, paid.overshoot, noise_floor)

    @property
    def n(self) -> int:
        """Shared seeds."""
        return len(self.gaps)

    @property
    def sizes(self) -> tuple[float, float]:
        """Mean gap of the baseline and of the arm, whichever group it hits; as cards and tables show it."""
        return float(np.abs(self.baseline).mean()), float(np.abs(self.gaps).mean())

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the reduction of the ordered gap; None where it is unbounded or there is one seed."""
        return fieller_reduction(self.gaps, self.baseline)

    @property
    def floor(self) -> float:
        """The noise floor; infinite where it is unknown."""
        return np.inf if self.noise_floor is None else self.noise_floor

    @property
    def change(self) -> float:
        """By how much the ordered gap moved, towards 0 and past it."""
        return self.worst_gain + self.best_loss
