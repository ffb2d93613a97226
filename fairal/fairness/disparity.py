"""From group means to one number, and what noise alone would make of it.

All functions take group means (..., G) on the last axis, of `Measure.served` values. Which end is the better one, the
measure says; the gap is never negative in any.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fairal.fairness.measures import DICE, Measure

MatchedOrNot = np.ndarray | Sequence[np.ndarray]
"""Cases (n, G), subject i in each group; or one array of cases for each group, where the groups hold other people."""


def gap(means: np.ndarray) -> np.ndarray:
    """Largest group mean minus the smallest, best minus worst up to its sign; 0 for one group."""
    return means.max(-1) - means.min(-1)


def signed_gap(means: np.ndarray) -> np.ndarray:
    """First group (the reference) minus the second, in the measure's own sign, so that over-correction shows.

    Above 0 the second group is worse served where more is better (Dice), the first where less is (mm): see
    `signed_gap_in_words`.

    Raises:
        ValueError: There are not exactly two groups.
    """
    if means.shape[-1] != 2:
        raise ValueError(f"signed_gap must get 2 groups, got {means.shape[-1]}")
    return means[..., 0] - means[..., 1]


def signed_gap_in_words(measure: Measure, groups: Sequence[str]) -> str:
    """Say which sign of a signed gap means that which group is worse served."""
    first, second = groups
    above, below = (second, first) if measure.sign > 0 else (first, second)
    return (
        f"{measure.label} of {first} minus {second}: above 0 the {above} group is worse served, below 0 the {below} "
        "group."
    )


def ordered_gap(means: np.ndarray, best: int, worst: int, measure: Measure = DICE) -> np.ndarray:
    """How much worse one given group is served than another: above 0 in every measure, below 0 where they turned."""
    return measure.sign * (means[..., best] - means[..., worst])


def gaps_by_seed(arm: np.ndarray, baseline: np.ndarray, measure: Measure = DICE) -> tuple[np.ndarray, np.ndarray]:
    """Give the gaps that a reduction is of, seed by seed: above 0 the group that is worst on average is so here too.

    Of two groups both run from the baseline's best to its worst, so that an arm that turns the order is below 0. Of
    more groups each runs from its own best to its own worst, or an arm that leaves a third one behind would seem to
    have no gap; chosen on the same data, gaps near 0 are then overestimated.

    Args:
        arm, baseline: Means (S, G) of `Measure.served` values, row by row of the same seed.
        measure: What they are means of.

    Returns:
        Those of the arm and of the baseline, each (S,).
    """
    of_baseline = _best_and_worst(baseline, measure)
    of_arm = of_baseline if arm.shape[1] == 2 else _best_and_worst(arm, measure)
    return ordered_gap(arm, *of_arm, measure), ordered_gap(baseline, *of_baseline, measure)


def _best_and_worst(means: np.ndarray, measure: Measure) -> tuple[int, int]:
    served = measure.sign * means.mean(0)
    return int(served.argmax()), int(served.argmin())


def total_deviation(means: np.ndarray, sizes: Sequence[int] | None = None) -> np.ndarray:
    """Δ = Σ_g |D_g − D|, what equity scaling divides by.

    D is the mean over all cases, as in FairSeg's code: with unequal groups it is not the mean of the group means.

    Args:
        means: D_g (..., G).
        sizes: Cases of each group (G,); equally many by default, as in a matched test set.
    """
    return _deviation_from(np.average(means, axis=-1, weights=sizes), means)


def equity_scaled(overall: float | np.ndarray, means: np.ndarray) -> float | np.ndarray:
    """Scale the overall mean down by its disparity: ES = D / (1 + Δ) (FairSeg, Tian et al. 2024).

    For Dice and surface Dice alone (`Measure.bounded`): D / (1 + Δ) would call a large error fair.

    Args:
        overall: D, the mean over all test cases; the centre of Δ as in `total_deviation`.
        means: D_g (..., G).
    """
    return overall / (1 + _deviation_from(overall, means))


def _deviation_from(centre: float | np.ndarray, means: np.ndarray) -> np.ndarray:
    return np.abs(means - np.expand_dims(centre, -1)).sum(-1)


def group_sd(means: np.ndarray) -> np.ndarray:
    """Standard deviation of the group means (over G − 1); 0 for one group."""
    return means.std(-1, ddof=1) if means.shape[-1] > 1 else np.zeros(means.shape[:-1])


def worst_group(means: np.ndarray, measure: Measure = DICE) -> np.ndarray:
    """The worst group's mean: the smallest Dice, the largest distance."""
    return means.min(-1) if measure.sign > 0 else means.max(-1)


def error_ratio(means: np.ndarray) -> np.ndarray:
    """(1 − worst) / (1 − best) of a share such as Dice; 1 is equal.

    Infinity where only the best group is perfect, 1 where all are.
    """
    worst, best = 1 - means.min(-1), 1 - means.max(-1)
    return np.where(best > 0, worst / np.where(best > 0, best, 1), np.where(worst > 0, np.inf, 1.0))


@dataclass(frozen=True)
class Disparity:
    """One way to make one number of group means.

    Attributes:
        label: For people.
        better: Which values are better; None where it is as in the measure.
        ideal: At perfect fairness; None where it is as in the measure.
        compute: Takes means (..., G), the measure and the groups' sizes.
        bounded_only: Defined for measures such as Dice alone, whose complement is an error.
        groups: How many groups it needs; any number where None.
    """

    label: str
    better: str | None
    ideal: float | None
    compute: Callable[[np.ndarray, Measure, Sequence[int] | None], np.ndarray]
    bounded_only: bool = False
    groups: int | None = None

    def of(self, means: np.ndarray, measure: Measure = DICE, sizes: Sequence[int] | None = None) -> np.ndarray:
        """Compute it from group means (..., G).

        Raises:
            ValueError: It is not defined for the measure or this number of groups.
        """
        if not self.defined(measure, means.shape[-1]):
            raise ValueError(f"{self.label} is not defined for {measure.label} of {means.shape[-1]} groups")
        return self.compute(means, measure, sizes)

    def defined(self, measure: Measure, groups: int) -> bool:
        """Tell whether it exists for a measure and a number of groups."""
        return (measure.bounded or not self.bounded_only) and self.groups in (None, groups)

    def better_in(self, measure: Measure) -> str:
        """Say which values are better: ``higher``, ``lower``, ``nearer to 0``."""
        return self.better or ("higher" if measure.sign > 0 else "lower")

    def ideal_in(self, measure: Measure) -> float:
        """Give the value at perfect fairness and, for the worst group, perfect quality."""
        return measure.ideal if self.ideal is None else self.ideal


DISPARITIES: dict[str, Disparity] = {
    "gap": Disparity("Gap (best − worst group)", "lower", 0.0, lambda means, measure, sizes: gap(means)),
    "signed_gap": Disparity(
        "Signed gap (reference − biased)", "nearer to 0", 0.0, lambda means, measure, sizes: signed_gap(means), groups=2
    ),
    "total_deviation": Disparity(
        "Δ = Σ|D_g − D|", "lower", 0.0, lambda means, measure, sizes: total_deviation(means, sizes)
    ),
    "group_sd": Disparity("SD over groups", "lower", 0.0, lambda means, measure, sizes: group_sd(means)),
    "worst_group": Disparity("Worst group", None, None, lambda means, measure, sizes: worst_group(means, measure)),
    "error_ratio": Disparity(
        "Error ratio (worst / best)", "lower", 1.0, lambda means, measure, sizes: error_ratio(means), bounded_only=True
    ),
}
"""The literal table of the disparity measures. Compare their values only at equal numbers of groups."""


def noise_floor(
    cases: MatchedOrNot,
    disparity: Callable[[np.ndarray], np.ndarray],
    draws: int = 4000,
    retraining_sd: float = 0.0,
) -> float:
    """Estimate what a disparity of one run would show on average if all groups were served equally.

    A gap is never negative: at a true gap of 0 noise alone gives it a mean above 0. Two noises are known: which people
    are in the test set, and which weights a training happened to end with. Group means are drawn around their common
    mean with the covariance that the cases show, and with that of retraining.

    Args:
        cases: Matched (n, G), or one array for each group; nan where a case has no value (a failure), which counts
            for nothing.
        disparity: Takes (..., G) group means.
        retraining_sd: SD of the difference of two groups' means when one labelled set is trained again and again with
            other weights; 0 leaves retraining out, and then the floor is too low for a claim about a strategy.

    Returns:
        The mean over the draws; nan where a group has fewer than two values.
    """
    centre, covariance = _covariance_of_means(cases)
    if not np.isfinite(covariance).all():
        return float("nan")
    covariance = covariance + np.eye(len(covariance)) * retraining_sd**2 / 2
    rng = np.random.default_rng(0)
    # Covariances from incomplete pairs may be indefinite by a rounding; "eigh" bears it.
    noise = rng.multivariate_normal(np.zeros(len(covariance)), covariance, draws, check_valid="ignore", method="eigh")
    return float(np.mean(disparity(centre + noise)))


def _covariance_of_means(cases: MatchedOrNot) -> tuple[float, np.ndarray]:
    """Mean over all cases, and the covariance (G, G) of the group means; nan where a group has too few values."""
    if not isinstance(cases, np.ndarray):
        known = [np.asarray(own, float)[~np.isnan(own)] for own in cases]
        variances = [own.var(ddof=1) / len(own) if len(own) > 1 else np.nan for own in known]
        return float(np.concatenate(known).mean()), np.diag(variances)
    known = (~np.isnan(cases)).astype(int)
    if len(cases) < 2 or known.sum(0).min() < 2:
        return float("nan"), np.full((cases.shape[1],) * 2, np.nan)
    # Of two means, only the subjects that both have covary.
    covariance = np.ma.atleast_2d(np.ma.cov(np.ma.masked_invalid(cases), rowvar=False)).filled(0.0)
    both, each = known.T @ known, known.sum(0)
    return float(np.nanmean(cases)), covariance * both / np.outer(each, each)


@dataclass(frozen=True)
class WhoPaid:
    """A change of the signed gap against a baseline, split in two: `worst_gain` + `best_loss` is the change.

    Attributes:
        worst, best: The baseline's worst and best group; the split follows these two even if the order turns.
        worst_gain: What the worst group gained, in the measure's unit; above 0 is better in every measure.
        best_loss: What the best group lost; below 0 if it gained as well.
        overshoot: The part of the change that went past 0: by how much the worst group is now better served than the
            best. The gap between the two fell by `change` − 2 · `overshoot` only.
    """

    worst: str
    best: str
    worst_gain: float
    best_loss: float
    overshoot: float

    @property
    def change(self) -> float:
        """By how much the signed gap between the two groups moved, towards 0 and past it."""
        return self.worst_gain + self.best_loss


def who_paid(strategy: dict[str, float], baseline: dict[str, float], measure: Measure = DICE) -> WhoPaid:
    """Split the change of the signed gap into what the worst group gained and what the best group lost.

    Args:
        strategy, baseline: Group means of at least two groups, of `Measure.served` values.
        measure: What they are means of.
    """
    worst, *_, best = sorted(baseline, key=lambda group: measure.sign * baseline[group])
    gain = measure.sign * (strategy[worst] - baseline[worst])
    loss = measure.sign * (baseline[best] - strategy[best])
    past = measure.sign * (strategy[worst] - strategy[best])
    return WhoPaid(worst, best, gain, loss, max(0.0, past))
