"""Inference over seeds, paired; the bootstrap over test subjects is for tables alone. Numbers are finite or None."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from fairal.fairness.disparity import MatchedOrNot, gap


@dataclass(frozen=True)
class PairedDifference:
    """Mean difference of paired values with its t interval.

    Attributes:
        mean: a − b.
        interval: 95 %; None below two pairs or without spread to judge by.
        p: Two-sided paired t test; None likewise.
        n: Pairs.
    """

    mean: float
    interval: tuple[float, float] | None
    p: float | None
    n: int


def paired_difference(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> PairedDifference:
    """Compare paired values by the t distribution."""
    difference = np.asarray(a, float) - np.asarray(b, float)
    n, mean = len(difference), float(np.mean(difference))
    error = float(np.std(difference, ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    if error == 0:
        return PairedDifference(mean, None, None, n)
    half = float(stdtrit(n - 1, (1 + level) / 2)) * error
    p = float(2 * stdtr(n - 1, -abs(mean) / error))
    return PairedDifference(mean, (mean - half, mean + half), p, n)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjust p values for several comparisons (Holm 1979); None stays None and counts for nothing."""
    known = [i for i, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(sorted(known, key=lambda i: p_values[i])):
        largest = max(largest, min(1.0, (len(known) - rank) * p_values[i]))
        adjusted[i] = largest
    return adjusted


def reduction(gaps: Sequence[float], baseline: Sequence[float]) -> float | None:
    """Disparity reduction 1 − mean gap / mean gap of the baseline, the headline's number; None where that has no gap.

    It asks: how much smaller is the gap that a run shows, whichever group it hits? Each seed's gap (best − worst, never
    negative) holds the noise of that run, so that it stays below 100 % even for an arm without any systematic gap.
    Its interval is `fieller_reduction`'s, of the systematic part; the two agree as long as no seed turns the order.
    """
    base = float(np.mean(baseline))
    return 1 - float(np.mean(gaps)) / base if base > 0 else None


def signed_reduction(signed: Sequence[float], baseline: Sequence[float]) -> float | None:
    """1 − mean signed gap / mean signed gap of the baseline: what `fieller_reduction` is the interval of.

    100 % is no systematic gap, above that the order has turned. None where the baseline has no systematic gap.
    """
    base = float(np.mean(baseline))
    return 1 - float(np.mean(signed)) / base if base != 0 else None


def fieller_reduction(
    signed: Sequence[float], baseline: Sequence[float], level: float = 0.95
) -> tuple[float, float] | None:
    """Interval of the reduction of the *signed* gap, by Fieller's theorem, paired by seed.

    The estimand is 1 − μ / μ_baseline of the expected signed gaps: the systematic disparity that is left when seeds,
    trainings and test subjects are averaged out. Above 100 % the order has turned. Signed, because |gap| is skewed near
    0: its interval misses the lower end twice as often as it says, and never holds 100 %. A percentile bootstrap over
    five seeds covers 83 % instead of 95 %. It excludes 0 exactly where the paired t interval of the signed gaps does.

    `fairal.fairness.disparity.gaps_by_seed` gives the gaps, of more than two groups as well.

    Args:
        signed, baseline: Signed gaps by seed, in the same order of seeds; gaps that cannot be negative only where no
            seed comes near 0.

    Returns:
        (low, high), or None where it is unbounded (the baseline's gap may be 0), below two seeds, or without spread.
    """
    a, b = np.asarray(signed, float), np.asarray(baseline, float)
    n = len(a)
    if n < 2:
        return None
    (vaa, vab), (_, vbb) = np.cov(a, b) / n
    t2 = float(stdtrit(n - 1, (1 + level) / 2)) ** 2
    ma, mb = a.mean(), b.mean()
    # All ratios r with (ma − r·mb)² ≤ t²·(vaa − 2·r·vab + r²·vbb): a quadratic in r.
    square, linear, constant = mb**2 - t2 * vbb, ma * mb - t2 * vab, ma**2 - t2 * vaa
    root = linear**2 - square * constant
    if square <= 0 or root < 0 or (vaa == 0 and vbb == 0):
        return None
    low, high = (linear - np.sqrt(root)) / square, (linear + np.sqrt(root)) / square
    return float(1 - high), float(1 - low)


def bootstrap_reduction(
    cases: MatchedOrNot, baseline: MatchedOrNot, level: float = 0.95, draws: int = 4000
) -> tuple[float, float] | None:
    """Interval of the gap's reduction in one seed: test subjects drawn with replacement. For tables of cases alone.

    It covers the choice of test subjects and nothing else, neither training nor the cohort: retrained, a strategy lands
    far outside of it. Never on a card, in a headline or in a verdict.

    Args:
        cases, baseline: Under both strategies: matched (n, G), where subjects are drawn with all their twins, or one
            array for each group, of the same test subjects in the same order. nan (a failure) counts for nothing.

    Returns:
        (low, high); None where a group has fewer than two subjects, or the baseline's gap may be 0 or unknown.
    """
    rng = np.random.default_rng(0)
    if isinstance(cases, np.ndarray):
        drawn = [rng.integers(0, max(1, len(cases)), (draws, len(cases)))] * cases.shape[1]
        cases, baseline = cases.T, baseline.T
    else:
        drawn = [rng.integers(0, max(1, len(own)), (draws, len(own))) for own in cases]
    if min(map(len, cases)) < 2:
        return None
    base = gap(_drawn_means(baseline, drawn))
    if not (base > 0).all():
        return None
    values = 1 - gap(_drawn_means(cases, drawn)) / base
    if not np.isfinite(values).all():
        return None
    low, high = np.percentile(values, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


def _drawn_means(cases: Sequence[np.ndarray], drawn: Sequence[np.ndarray]) -> np.ndarray:
    """Group means (draws, G) over the drawn subjects that have a value; nan where none has."""
    means = [np.ma.masked_invalid(own)[at].mean(1) for own, at in zip(cases, drawn, strict=True)]
    return np.stack([np.ma.filled(mean, np.nan) for mean in means], axis=1)


def area_under_budget(labelled: Sequence[float], values: Sequence[float]) -> float | None:
    """Average a measure over the budget: trapezoid, budget scaled to [0, 1]; None below two budgets."""
    x, y = np.asarray(labelled, float), np.asarray(values, float)
    if len(x) < 2 or x[-1] == x[0]:
        return None
    return float(np.trapezoid(y, (x - x[0]) / (x[-1] - x[0])))
