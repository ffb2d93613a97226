import numpy as np
import pytest

from fairal.fairness.disparity import (
    DISPARITIES,
    equity_scaled,
    error_ratio,
    gap,
    gaps_by_seed,
    group_sd,
    noise_floor,
    ordered_gap,
    signed_gap,
    signed_gap_in_words,
    total_deviation,
    who_paid,
    worst_group,
)
from fairal.fairness.groups import group_means, summarise, summarise_over_seeds
from fairal.fairness.measures import DICE, MEASURES

EQUAL, UNEQUAL, THREE = np.array([0.8, 0.8]), np.array([0.9, 0.7]), np.array([0.9, 0.8, 0.6])
ASSD = MEASURES["assd_mm"]


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
    for measure in MEASURES.values():
        perfect = np.array([measure.ideal] * 2)
        for name, disparity in DISPARITIES.items():
            assert disparity.better_in(measure) in ("lower", "higher", "nearer to 0")
            if disparity.defined(measure, 2):
                assert disparity.of(perfect, measure) == disparity.ideal_in(measure), (name, measure.id)


def test_a_distance_turns_the_worst_group_but_not_the_gap():
    means = np.array([0.4, 0.9])
    assert DISPARITIES["worst_group"].of(means) == 0.4
    assert DISPARITIES["worst_group"].of(means, ASSD) == 0.9
    assert DISPARITIES["worst_group"].better_in(ASSD) == "lower"
    assert DISPARITIES["gap"].of(means, ASSD) == 0.5
    assert DISPARITIES["signed_gap"].of(means, ASSD) == -0.5


def test_an_error_ratio_of_millimetres_is_refused():
    assert not DISPARITIES["error_ratio"].defined(ASSD, 2)
    with pytest.raises(ValueError, match="not defined for ASSD of 2 groups"):
        DISPARITIES["error_ratio"].of(UNEQUAL, ASSD)
    with pytest.raises(ValueError, match=r"Signed gap .* of 3 groups"):
        DISPARITIES["signed_gap"].of(THREE)


def test_the_sign_of_a_gap_is_said_in_words():
    groups = ("reference", "biased")
    assert signed_gap_in_words(DICE, groups) == (
        "Dice of reference minus biased: above 0 the biased group is worse served, below 0 the reference group."
    )
    assert "above 0 the reference group is worse served" in signed_gap_in_words(ASSD, groups)


def test_an_ordered_gap_is_positive_while_the_worst_group_stays_the_worst():
    assert ordered_gap(np.array([[0.9, 0.7], [0.6, 0.8]]), best=0, worst=1) == pytest.approx([0.2, -0.2])
    assert ordered_gap(np.array([0.4, 0.9]), best=0, worst=1, measure=ASSD) == 0.5


def test_delta_and_equity_scaling_share_the_mean_over_all_cases_as_centre():
    # 1 + 1 + 6 cases: D = (0.9 + 0.8 + 6 · 0.6) / 8 = 0.6625, not the 0.7667 of the group means.
    delta = (0.9 - 0.6625) + (0.8 - 0.6625) + (0.6625 - 0.6)
    assert total_deviation(THREE, [1, 1, 6]) == pytest.approx(delta)
    assert DISPARITIES["total_deviation"].of(THREE, sizes=[1, 1, 6]) == pytest.approx(delta)
    assert equity_scaled(0.6625, THREE) == pytest.approx(0.6625 / (1 + delta))
    # One case of 0.9, three of 0.7: D = 0.75.
    assert total_deviation(UNEQUAL, [1, 3]) == pytest.approx(0.2)


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


def test_retraining_raises_the_floor_by_its_own_variance():
    # Without noise from cases: |N(0, 0.016)| has mean 0.016·√(2/π) = 0.0128.
    same = np.full((50, 2), 0.8)
    assert noise_floor(same, gap) == 0
    assert noise_floor(same, gap, retraining_sd=0.016) == pytest.approx(0.01277, rel=0.05)
    # SDs 0.003 and 0.004 add up to 0.005: a difference of cases of SD 0.003·√50 in every pair.
    apart = np.array([-1.0, 1.0] * 25)
    apart *= 0.003 * np.sqrt(50) / apart.std(ddof=1) / 2
    cases = 0.8 + np.stack([apart, -apart], axis=1)
    assert noise_floor(cases, gap, retraining_sd=0.004) == pytest.approx(0.005 * np.sqrt(2 / np.pi), rel=0.05)


def test_groups_of_other_people_make_noise_by_their_own_sizes():
    # SD 0.1 in 100 and 25 people: variance 0.0001 + 0.0004, SD of the difference 0.02236.
    groups = [np.tile([-1.0, 1.0], n // 2 + 1)[:n] for n in (100, 25)]
    groups = [0.8 + 0.1 * own / own.std(ddof=1) for own in groups]
    assert noise_floor(groups, gap) == pytest.approx(0.02236 * np.sqrt(2 / np.pi), rel=0.05)
    assert np.isnan(noise_floor([groups[0], groups[1][:1]], gap))


def test_failures_count_for_nothing_in_the_floor():
    rng = np.random.default_rng(1)
    cases = 1 + 0.1 * rng.standard_normal((40, 2))
    holes = np.vstack([cases, [[np.nan, 1.0], [1.0, np.nan]] * 3])
    assert noise_floor(holes, gap) == pytest.approx(noise_floor(cases, gap), rel=0.1)
    lists = [cases[:, 0], np.append(cases[:, 1], np.nan)]
    assert noise_floor(lists, gap) == noise_floor([cases[:, 0], cases[:, 1]], gap)
    assert np.isnan(noise_floor(np.array([[0.8, np.nan], [0.7, np.nan], [0.8, 0.9]]), gap))


def test_who_paid_splits_the_change_of_gap():
    paid = who_paid({"reference": 0.86, "biased": 0.85}, {"reference": 0.90, "biased": 0.80})
    assert (paid.worst, paid.best) == ("biased", "reference")
    assert (paid.worst_gain, paid.best_loss, paid.overshoot) == pytest.approx((0.05, 0.04, 0))
    assert paid.change == pytest.approx(0.10 - 0.01)


def test_who_paid_adds_up_where_the_order_turns():
    paid = who_paid({"reference": 0.80, "biased": 0.86}, {"reference": 0.90, "biased": 0.80})
    assert (paid.worst_gain, paid.best_loss, paid.overshoot) == pytest.approx((0.06, 0.10, 0.06))
    assert paid.change == pytest.approx(0.10 - -0.06)  # of the signed gap
    assert paid.change - 2 * paid.overshoot == pytest.approx(0.10 - 0.06)  # of the gap itself: it fell by 0.04


def test_who_paid_in_millimetres_where_less_is_better():
    # Reference 0.5 → 0.6 mm, biased 0.8 → 0.4 mm: the biased group gained 0.4, the reference lost 0.1.
    paid = who_paid({"reference": 0.6, "biased": 0.4}, {"reference": 0.5, "biased": 0.8}, ASSD)
    assert (paid.worst, paid.best) == ("biased", "reference")
    assert (paid.worst_gain, paid.best_loss, paid.overshoot) == pytest.approx((0.4, 0.1, 0.2))
    assert paid.change == pytest.approx(0.3 - -0.2)


def test_who_paid_where_both_gain():
    paid = who_paid({"a": 0.92, "b": 0.90}, {"a": 0.90, "b": 0.80})
    assert paid.best_loss == pytest.approx(-0.02)


def test_who_paid_of_three_groups_follows_the_baselines_worst_and_best():
    paid = who_paid({"a": 0.9, "b": 0.7, "c": 0.8}, {"a": 0.9, "b": 0.8, "c": 0.6})
    assert (paid.worst, paid.best) == ("c", "a")
    assert (paid.worst_gain, paid.best_loss, paid.overshoot) == pytest.approx((0.2, 0.0, 0.0))


def test_who_paid_names_two_groups_where_the_baseline_has_no_gap():
    paid = who_paid({"a": 0.7, "b": 0.8}, {"a": 0.8, "b": 0.8})
    assert (paid.worst, paid.best) == ("a", "b")
    assert (paid.change, paid.overshoot) == pytest.approx((-0.1, 0.0))


def test_group_summaries_by_hand():
    row = summarise([0.8, 0.9, None, 1.0])
    assert (row.mean, row.sd, row.n, row.failures) == (pytest.approx(0.9), pytest.approx(0.1), 3, 1)
    assert 0.8 <= row.interval[0] < 0.9 < row.interval[1] <= 1.0
    assert summarise([None]).mean is None
    assert summarise([0.5]).sd is None
    assert group_means([0.8, 0.6, None], ["a", "a", "b"], ["a", "b"]) == {"a": pytest.approx(0.7), "b": None}


def test_cases_of_several_seeds_are_not_independent():
    # Seed means 0.8 and 0.9: SD 0.0707, standard error 0.05, t(1) = 12.706. Pooled, ±0.05 would be claimed.
    row = summarise_over_seeds([[0.8, 0.8, 0.8], [0.9, None, 0.9]])
    assert (row.mean, row.n, row.failures) == (pytest.approx(0.85), 5, 1)
    assert row.interval == pytest.approx((0.85 - 0.635, 0.85 + 0.635), abs=1e-3)
    assert row.sd == pytest.approx(np.std([0.8] * 3 + [0.9] * 2, ddof=1))


def test_one_seed_has_no_interval_over_seeds():
    row = summarise_over_seeds([[0.8, 0.9], [None]])
    assert (row.mean, row.n, row.failures, row.interval) == (pytest.approx(0.85), 2, 1, None)
    assert summarise_over_seeds([[0.8]]).sd is None
    assert summarise_over_seeds([[None], []]).mean is None


def test_two_groups_are_followed_past_equal():
    arm, baseline = np.array([[0.80, 0.85], [0.82, 0.81]]), np.array([[0.90, 0.70], [0.88, 0.72]])
    own, base = gaps_by_seed(arm, baseline)
    assert own == pytest.approx([-0.05, 0.01])
    assert base == pytest.approx([0.20, 0.16])


def test_of_three_groups_the_one_that_is_left_behind_counts():
    # The first two changed places: between the baseline's best and worst there is no gap left, and yet there is one.
    arm, baseline = np.array([[0.85, 0.70, 0.85], [0.84, 0.72, 0.86]]), np.array([[0.90, 0.80, 0.70]] * 2)
    own, base = gaps_by_seed(arm, baseline)
    assert own == pytest.approx([0.15, 0.14])
    assert base == pytest.approx([0.20, 0.20])
    millimetres = gaps_by_seed(1 - arm, 1 - baseline, ASSD)
    assert [each.tolist() for each in millimetres] == [pytest.approx([0.15, 0.14]), pytest.approx([0.20, 0.20])]
