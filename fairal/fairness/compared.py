"""One measure of an arm beside its baseline, seed by seed: the numbers that a verdict rests on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.fairness.disparity import gaps_by_seed, who_paid
from fairal.fairness.measures import Measure
from fairal.fairness.statistics import fieller_reduction


@dataclass(frozen=True)
class Compared:
    """One measure of an arm against its baseline, over the seeds that both have.

    Attributes:
        measure: What the numbers are of.
        groups: How many there are.
        worst, best: The baseline's worst and best group over the shared seeds.
        behind: The arm's worst group, likewise.
        gaps, baseline: As `fairal.fairness.disparity.gaps_by_seed` gives them.
        sizes: Mean gap of the baseline and of the arm, whichever group it hits; as cards and tables show it.
        worst_gain, best_loss, overshoot: As in `fairal.fairness.disparity.WhoPaid`, of the means over the seeds.
        past: By how much the arm serves `behind` worse than `worst`.
        noise_floor: Gap of one run that noise alone makes, retraining included; None where it is unknown, and then
            nothing counts as more than noise.
    """

    measure: Measure
    groups: int
    worst: str
    best: str
    behind: str
    gaps: tuple[float, ...]
    baseline: tuple[float, ...]
    sizes: tuple[float, float]
    worst_gain: float
    best_loss: float
    overshoot: float
    past: float
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
        own, base = (dict(zip(groups, each.mean(0).tolist(), strict=True)) for each in (arm, baseline))
        paid, behind = who_paid(own, base, measure), min(own, key=lambda group: measure.sign * own[group])
        gaps, of_baseline = (tuple(each.tolist()) for each in gaps_by_seed(arm, baseline, measure))
        return cls(
            measure=measure,
            groups=len(groups),
            worst=paid.worst,
            best=paid.best,
            behind=behind,
            gaps=gaps,
            baseline=of_baseline,
            sizes=(float(np.ptp(baseline, axis=1).mean()), float(np.ptp(arm, axis=1).mean())),
            worst_gain=paid.worst_gain,
            best_loss=paid.best_loss,
            overshoot=paid.overshoot,
            past=measure.sign * (own[paid.worst] - own[behind]),
            noise_floor=noise_floor,
        )

    @property
    def n(self) -> int:
        """Shared seeds."""
        return len(self.gaps)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of the reduction of `gaps`; None where it is unbounded or there is one seed."""
        return fieller_reduction(self.gaps, self.baseline)

    @property
    def floor(self) -> float:
        """The noise floor; infinite where it is unknown."""
        return np.inf if self.noise_floor is None else self.noise_floor

    @property
    def change(self) -> float:
        """By how much the gap between the baseline's best and worst group moved, towards 0 and past it."""
        return self.worst_gain + self.best_loss
