import numpy as np
import pytest

from fairal.fairness.disparity import (
    DISPARITIES,
    equity_scaled,
    error_ratio,
    gap,
    group_sd,
    noise_floor,
    signed_gap,
    total_deviation,
    who_paid,
    worst_group,
)
from fairal.fairness.groups import group_means, summarise

EQUAL, UNEQUAL, THREE = np.array([0.8, 0.8]), np.array([0.9, 0.7]), np.array([0.9, 0.8, 0.6])


def test_gap_by_hand():
    assert gap(EQUAL) == 0
    assert gap(UNEQUAL) == pytest.approx(0.2)
    assert gap(THREE) == pytest.approx(0.3)


def test_signed_gap_turns_with_the_groups():
    assert signed_gap(UNEQUAL) == pytest.approx(0.2)
    assert signed_gap(UNEQUAL[::-1]) == pytest.approx(-0.2)
    with pytest.raises(ValueError, match="2 groups, got 3"):
        signed_gap(THREE)


def test_total_deviation_and_sd_by_hand():
    assert total_deviation(UNEQUAL) == pytest.approx(0.2)
    assert total_deviation(THREE) == pytest.approx(0.1333 + 0.0333 + 0.1667, abs=1e-3)
    assert group_sd(UNEQUAL) == pytest.approx(0.2 / np.sqrt(2))
    assert group_sd(THREE) == pytest.approx(np.std([0.9, 0.8, 0.6], ddof=1))


def test_worst_group_and_error_ratio_by_hand():
    assert worst_group(THREE) == 0.6
    assert error_ratio(UNEQUAL) == pytest.approx(3.0)
    assert error_ratio(THREE) == pytest.approx(4.0)
    assert error_ratio(np.array([1.0, 1.0])) == 1
    assert error_ratio(np.array([1.0, 0.9])) == np.inf


def test_equity_scaled_dice_by_hand():
    assert equity_scaled(0.8, UNEQUAL) == pytest.approx(0.8 / 1.2)
    assert equity_scaled(0.8, EQUAL) == pytest.approx(0.8)
    many = equity_scaled(np.array([0.8, 0.8]), np.stack([UNEQUAL, EQUAL]))
    assert many == pytest.approx([0.8 / 1.2, 0.8])


def test_a_single_group_has_no_disparity():
    one = np.array([0.7])
    assert (gap(one), total_deviation(one), group_sd(one), error_ratio(one)) == (0, 0, 0, 1)


def test_the_table_says_which_way_is_better_and_holds_at_its_ideal():
    perfect = np.array([1.0, 1.0])
    for name, measure in DISPARITIES.items():
        assert measure.of(perfect) == measure.ideal, name
        assert measure.better in ("lower", "higher", "nearer to 0")


def test_noise_alone_makes_the_gap_that_theory_says():
    # |N(0, se)| has mean se·√(2/π); independent groups of SD 0.1, n = 50: se = 0.02.
    rng = np.random.default_rng(0)
    cases = 0.8 + 0.1 * rng.standard_normal((50, 2))
    covariance = np.cov(cases, rowvar=False)
    se = np.sqrt((covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]) / 50)
    assert noise_floor(cases, gap) == pytest.approx(se * np.sqrt(2 / np.pi), rel=0.05)


def test_matched_cases_that_move_together_make_little_noise():
    shared = np.random.default_rng(0).standard_normal((50, 1)) * 0.1
    assert noise_floor(0.8 + np.hstack([shared, shared]), gap) < 1e-6
    assert np.isnan(noise_floor(np.array([[0.8, 0.7]]), gap))


def test_who_paid_splits_the_change_of_gap():
    paid = who_paid({"reference": 0.86, "biased": 0.85}, {"reference": 0.90, "biased": 0.80})
    assert (paid.worst, paid.best) == ("biased", "reference")
    assert (paid.worst_gain, paid.best_loss) == pytest.approx((0.05, 0.04))
    assert paid.worst_gain + paid.best_loss == pytest.approx(0.10 - 0.01)


def test_who_paid_where_both_gain():
    paid = who_paid({"a": 0.92, "b": 0.90}, {"a": 0.90, "b": 0.80})
    assert paid.best_loss == pytest.approx(-0.02)


def test_group_summaries_by_hand():
    row = summarise([0.8, 0.9, None, 1.0])
    assert (row.mean, row.sd, row.n, row.failures) == (pytest.approx(0.9), pytest.approx(0.1), 3, 1)
    assert 0.8 <= row.interval[0] < 0.9 < row.interval[1] <= 1.0
    assert summarise([None]).mean is None
    assert summarise([0.5]).sd is None
    assert group_means([0.8, 0.6, None], ["a", "a", "b"], ["a", "b"]) == {"a": pytest.approx(0.7), "b": None}
