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
    signed_reduction,
)


def test_reduction_by_hand():
    assert reduction([0.02, 0.04], [0.1, 0.14]) == pytest.approx(0.75)
    assert reduction([0.2], [0.1]) == pytest.approx(-1)
    assert reduction([0.1], [0.0]) is None


def test_the_signed_reduction_passes_100_percent_where_the_order_turns():
    # Signed −0.02 and 0.01 against 0.1 and 0.1: 1 + 0.005 / 0.1; of the gaps themselves 1 − 0.015 / 0.1.
    assert signed_reduction([-0.02, 0.01], [0.1, 0.1]) == pytest.approx(1.05)
    assert reduction([0.02, 0.01], [0.1, 0.1]) == pytest.approx(0.85)
    assert signed_reduction([-0.1], [-0.2]) == pytest.approx(0.5)
    assert signed_reduction([0.1], [0.0]) is None


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


def simulated_seeds(gap, base_gap, times=3000):
    """Five seeds of signed gaps, correlated within a seed."""
    rng = np.random.default_rng(0)
    for _ in range(times):
        shared = 0.010 * rng.standard_normal(5)
        yield (
            gap + 0.5 * shared + 0.008 * rng.standard_normal(5),
            base_gap + shared + 0.008 * rng.standard_normal(5),
        )


@pytest.mark.parametrize("gap", [0.03, 0.0, -0.02], ids=["partly closed", "closed", "turned round"])
def test_both_intervals_cover_what_they_say(gap):
    below, above, t_misses, times = 0, 0, 0, 0
    for gaps, base in simulated_seeds(gap, 0.10):
        low, high = fieller_reduction(gaps, base) or (-np.inf, np.inf)
        below += high < 1 - gap / 0.10
        above += low > 1 - gap / 0.10
        low, high = paired_difference(gaps, base).interval
        t_misses += not low <= gap - 0.10 <= high
        times += 1
    assert 0.015 < below / times < 0.035
    assert 0.015 < above / times < 0.035
    assert 0.035 < t_misses / times < 0.065


def test_a_baseline_near_zero_widens_the_interval_or_leaves_it_open():
    misses, open_, times = 0, 0, 0
    for gaps, base in simulated_seeds(0.01, 0.02):
        interval = fieller_reduction(gaps, base)
        open_ += interval is None
        misses += interval is not None and not interval[0] <= 0.5 <= interval[1]
        times += 1
    assert open_ / times > 0.2
    assert misses / times < 0.05


def test_gaps_without_their_sign_miss_one_end_near_zero():
    """Why the interval is of the signed gap: on |gap| it calls a closed gap open far more often than 2.5 % of times."""
    misses = sum((fieller_reduction(abs(a), abs(b)) or (0, 1))[1] < 1 for a, b in simulated_seeds(0.0, 0.10, 500))
    assert misses / 500 > 0.10


def test_fiellers_interval_excludes_zero_exactly_where_the_paired_t_interval_does():
    decided = 0
    for gaps, base in simulated_seeds(0.085, 0.10, 500):
        interval, (low, high) = fieller_reduction(gaps, base), paired_difference(gaps, base).interval
        if interval is not None:
            assert (interval[0] > 0 or interval[1] < 0) == (low > 0 or high < 0)
            decided += low > 0 or high < 0
    assert 50 < decided < 450


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


def test_bootstrap_of_groups_of_other_people_draws_each_group_by_itself():
    rng = np.random.default_rng(0)
    reference, biased = 0.9 + 0.03 * rng.standard_normal(60), 0.8 + 0.03 * rng.standard_normal(25)
    low, high = bootstrap_reduction([reference - 0.02, biased + 0.04], [reference, biased])
    assert low < 1 - (reference.mean() - biased.mean() - 0.06) / (reference.mean() - biased.mean()) < high
    matched = np.stack([reference[:25], biased], axis=1)
    assert bootstrap_reduction(matched, matched) == (0.0, 0.0)
    assert bootstrap_reduction([reference, biased[:1]], [reference, biased[:1]]) is None


def test_bootstrap_leaves_failures_out():
    known, nothing = np.array([0.5, 0.6, 0.4, 0.5]), np.full(4, np.nan)
    assert bootstrap_reduction([known, nothing], [known, nothing]) is None
    with_hole = np.array([[0.5, 1.0], [0.5, 1.0], [np.nan, 1.0], [0.5, 1.0], [0.5, np.nan], [0.5, 1.0]])
    assert bootstrap_reduction(with_hole * [1, 0.75], with_hole) == pytest.approx((0.5, 0.5))


def test_area_under_budget_by_hand():
    assert area_under_budget([6, 12, 18], [0.6, 0.8, 0.8]) == pytest.approx(0.75)
    assert area_under_budget([6, 12, 30], [0.0, 1.0, 1.0]) == pytest.approx(0.875)
    assert area_under_budget([6], [0.5]) is None
