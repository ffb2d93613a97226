import numpy as np
import pytest
from scipy import stats

from fairal.fairness.statistics import (
    area_under_budget,
    bootstrap_reduction,
    fieller_reduction,
    holm,
    paired_difference,
    reduction,
)


def test_reduction_by_hand():
    assert reduction([0.02, 0.04], [0.1, 0.14]) == pytest.approx(0.75)
    assert reduction([0.2], [0.1]) == pytest.approx(-1)
    assert reduction([0.1], [0.0]) is None


def test_paired_difference_is_scipys():
    a, b = [0.10, 0.12, 0.08, 0.11, 0.09], [0.15, 0.16, 0.14, 0.12, 0.15]
    ours, theirs = paired_difference(a, b), stats.ttest_rel(a, b)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval(0.95)))
    assert (ours.n, ours.mean) == (5, pytest.approx(-0.044))


def test_one_pair_and_no_spread_give_no_interval():
    assert paired_difference([0.1], [0.2]).interval is None
    assert paired_difference([0.5, 0.5], [0.5, 0.5]).p is None
    assert fieller_reduction([0.1], [0.2]) is None


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([None, 0.02, 0.5]) == [None, pytest.approx(0.04), pytest.approx(0.5)]
    assert holm([0.9, 0.8]) == pytest.approx([1.0, 1.0])


def test_fieller_is_unbounded_where_the_baseline_may_have_no_gap():
    assert fieller_reduction([0.01, 0.02, 0.00], [0.01, -0.02, 0.02]) is None


def test_fieller_contains_the_estimate():
    gaps, base = [0.02, 0.03, 0.01, 0.02, 0.04], [0.10, 0.12, 0.09, 0.11, 0.13]
    low, high = fieller_reduction(gaps, base)
    assert low < reduction(gaps, base) < high


def test_both_intervals_cover_what_they_say():
    """Simulated: five seeds, gaps correlated within a seed; 95 % intervals should cover about 95 %."""
    rng, times = np.random.default_rng(0), 3000
    hit_fieller, hit_t = 0, 0
    for _ in range(times):
        shared = 0.010 * rng.standard_normal(5)
        base = 0.10 + shared + 0.008 * rng.standard_normal(5)
        gaps = 0.03 + 0.5 * shared + 0.008 * rng.standard_normal(5)
        interval = fieller_reduction(gaps, base)
        hit_fieller += interval is not None and interval[0] <= 0.7 <= interval[1]
        low, high = paired_difference(gaps, base).interval
        hit_t += low <= -0.07 <= high
    assert 0.935 < hit_fieller / times < 0.965
    assert 0.935 < hit_t / times < 0.965


def test_bootstrap_over_matched_subjects_contains_the_estimate_and_narrows_with_n():
    rng = np.random.default_rng(0)

    def cases(n, gap):
        return np.stack([0.9 + 0.03 * rng.standard_normal(n), 0.9 - gap + 0.03 * rng.standard_normal(n)], axis=1)

    widths = []
    for n in (20, 320):
        low, high = bootstrap_reduction(cases(n, 0.02), cases(n, 0.10))
        assert low < 0.8 < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2
    assert bootstrap_reduction(cases(1, 0.1), cases(1, 0.1)) is None


def test_area_under_budget_by_hand():
    assert area_under_budget([6, 12, 18], [0.6, 0.8, 0.8]) == pytest.approx(0.75)
    assert area_under_budget([6, 12, 30], [0.0, 1.0, 1.0]) == pytest.approx(0.875)
    assert area_under_budget([6], [0.5]) is None
