"""From group means to one number, and what noise alone would make of it.

All functions take a measure where more is better and 1 is perfect, such as Dice; group means (..., G) on the last axis.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Disparity = Callable[[np.ndarray], np.ndarray]


def gap(means: np.ndarray) -> np.ndarray:
    """Best group's mean minus the worst group's; 0 for one group."""
    return means.max(-1) - means.min(-1)


def signed_gap(means: np.ndarray) -> np.ndarray:
    """First group (the reference) minus the second, so that over-correction shows.

    Raises:
        ValueError: There are not exactly two groups.
    """
    if means.shape[-1] != 2:
        raise ValueError(f"signed_gap must get 2 groups, got {means.shape[-1]}")
    return means[..., 0] - means[..., 1]


def total_deviation(means: np.ndarray) -> np.ndarray:
    """Δ = Σ_g |D_g − D| with D the mean over groups, the deviation that equity scaling divides by."""
    return np.abs(means - means.mean(-1, keepdims=True)).sum(-1)


def group_sd(means: np.ndarray) -> np.ndarray:
    """Standard deviation of the group means (over G − 1); 0 for one group."""
    return means.std(-1, ddof=1) if means.shape[-1] > 1 else np.zeros(means.shape[:-1])


def worst_group(means: np.ndarray) -> np.ndarray:
    """The worst group's mean."""
    return means.min(-1)


def error_ratio(means: np.ndarray) -> np.ndarray:
    """(1 − worst) / (1 − best); 1 is equal, infinity where only the best group is perfect, 1 where all are."""
    worst, best = 1 - means.min(-1), 1 - means.max(-1)
    return np.where(best > 0, worst / np.where(best > 0, best, 1), np.where(worst > 0, np.inf, 1.0))


def equity_scaled(overall: float | np.ndarray, means: np.ndarray) -> float | np.ndarray:
    """Scale the overall mean down by its disparity: ES = D / (1 + Σ_g |D_g − D|) (FairSeg, Tian et al. 2024).

    Args:
        overall: D, the mean over all test cases.
        means: D_g (..., G).
    """
    return overall / (1 + np.abs(means - np.expand_dims(overall, -1)).sum(-1))


@dataclass(frozen=True)
class Measure:
    """One disparity: how it is called, what is better, and its value at perfect fairness."""

    label: str
    better: str
    ideal: float
    of: Disparity


DISPARITIES: dict[str, Measure] = {
    "gap": Measure("Gap (best − worst group)", "lower", 0.0, gap),
    "signed_gap": Measure("Signed gap (reference − biased)", "nearer to 0", 0.0, signed_gap),
    "total_deviation": Measure("Δ = Σ|D_g − D|", "lower", 0.0, total_deviation),
    "group_sd": Measure("SD over groups", "lower", 0.0, group_sd),
    "worst_group": Measure("Worst group", "higher", 1.0, worst_group),
    "error_ratio": Measure("Error ratio (worst / best)", "lower", 1.0, error_ratio),
}
"""The literal table of the disparity measures. Compare their values only at equal numbers of groups."""


def noise_floor(cases: np.ndarray, measure: Disparity, draws: int = 4000) -> float:
    """Estimate what a disparity would show on average if all groups were served equally.

    A gap is never negative: at a true gap of 0 the scatter of the cases alone gives it a mean above 0. Group means are
    drawn around their common mean with the covariance that the matched cases show.

    Args:
        cases: (n, G): test subject i in each of the G groups.
        measure: Takes (..., G) group means.

    Returns:
        The mean over the draws; nan below two subjects.
    """
    n, groups = cases.shape
    if n < 2:
        return float("nan")
    covariance = np.atleast_2d(np.cov(cases, rowvar=False)) / n
    noise = np.random.default_rng(0).multivariate_normal(np.zeros(groups), covariance, draws, method="eigh")
    return float(np.mean(measure(cases.mean() + noise)))


@dataclass(frozen=True)
class WhoPaid:
    """A change of gap against a baseline, split in two: `worst_gain` + `best_loss` is the change.

    Attributes:
        worst, best: The baseline's worst and best group; the split follows these two even if the order turns.
        worst_gain: What the worst group gained.
        best_loss: What the best group lost; negative if it gained as well.
    """

    worst: str
    best: str
    worst_gain: float
    best_loss: float


def who_paid(strategy: dict[str, float], baseline: dict[str, float]) -> WhoPaid:
    """Split the change of gap between two sets of group means into the worst group's gain and the best group's loss."""
    worst, best = min(baseline, key=baseline.get), max(baseline, key=baseline.get)
    return WhoPaid(worst, best, strategy[worst] - baseline[worst], baseline[best] - strategy[best])
