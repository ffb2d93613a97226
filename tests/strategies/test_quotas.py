"""Strategies that give each group a quota: the quotas, worked out by hand."""

import numpy as np
import pytest
from pools import groups_of, held_out, make_pool, pick, standing, voxels

from fairal.strategies.held_out import HeldOut, held_out_by_group, out_of_fold_dice
from fairal.strategies.learning_curve_quota import affordable_floor, fairest_quotas
from fairal.strategies.learning_curves import PowerLaw, fit_power_law, learning_curves
from fairal.strategies.oof_quota import shrunk_assd_mm
from fairal.strategies.scores import group_weights
from fairal.strategies.select import levelling_quotas


def plain_pool(left, counts, **seen):
    """A pool of so many subjects of each group, all alike."""
    groups = [group for group, n in left.items() for _ in range(n)]
    return make_pool(
        np.zeros((len(groups), 2, 2, 2)),
        groups=groups,
        labelled_dice=dict.fromkeys(left, 0.8),
        labelled_counts=counts,
        **seen,
    )


# ------------------------------------------------------------------ parity


@pytest.mark.parametrize(
    ("left", "counts", "k", "expected"),
    [
        ({"a": 9, "b": 9}, {"a": 5, "b": 1}, 3, {"a": 0, "b": 3}),
        ({"a": 9, "b": 9}, {"a": 5, "b": 1}, 6, {"a": 1, "b": 5}),
        ({"a": 9, "b": 2}, {"a": 5, "b": 1}, 6, {"a": 4, "b": 2}),
        ({"a": 9, "b": 9, "c": 9}, {"a": 4, "b": 2, "c": 0}, 6, {"a": 0, "b": 2, "c": 4}),
        ({"a": 1, "b": 0, "c": 3}, {"a": 0, "b": 0, "c": 7}, 4, {"a": 1, "b": 0, "c": 3}),
    ],
)
def test_parity_fills_up_the_group_with_fewest(left, counts, k, expected):
    pool = plain_pool(left, counts)
    assert groups_of(pick("parity", pool, k), pool) == expected


def test_what_a_group_gets_in_any_case_comes_out_of_the_same_picks():
    pool = plain_pool({"a": 9, "b": 9}, {"a": 5, "b": 1})
    assert levelling_quotas(pool, 6, np.random.default_rng(0), {"a": 3, "b": 0}) == {"a": 3, "b": 3}


def test_parity_breaks_ties_between_groups_by_the_stream_and_takes_the_most_uncertain_inside():
    pool = make_pool([voxels(p) for p in (0.95, 0.6, 0.9, 0.55)], groups=["reference"] * 2 + ["biased"] * 2)
    assert {pick("parity", pool, 1, seed).ids for seed in range(10)} == {("s1",), ("s3",)}


# ------------------------------------------------------------------ out-of-fold results


def test_cases_are_sorted_by_group_and_a_group_without_any_is_empty():
    cases = {
        "id": ["x", "y", "z"],
        "group": ["b", "a", "b"],
        "dice": [0.5, 0.9, 0.0],
        "surface_dice": [0.4, 0.8, 0.0],
        "assd_mm": [1.5, 0.5, None],
    }
    found = held_out_by_group(cases, ["a", "b", "c"])
    assert found == {
        "a": HeldOut((0.9,), (0.8,), (0.5,)),
        "b": HeldOut((0.5, 0.0), (0.4, 0.0), (1.5, None)),
        "c": HeldOut(),
    }
    assert out_of_fold_dice(found) == {"a": 0.9, "b": 0.25, "c": 0.0}
    assert group_weights(out_of_fold_dice(found)) == pytest.approx({"a": 6 / 37, "b": 45 / 37, "c": 60 / 37})


@pytest.mark.parametrize(("n", "others"), [(0, 0), (1, 0), (2, 1), (3, 4 / 3), (5, 12 / 5), (8, 4)])
def test_a_held_out_case_was_measured_by_a_network_that_saw_half_of_its_group(n, others):
    assert held_out(n, 0.1).trained_on == pytest.approx(others)


def test_the_boundary_error_is_shrunk_towards_the_mean_over_groups():
    # ē = (0.5 + 1) / 2; a: (4 · 0.5 + 4 · 0.75) / 8, b: (1 · 1 + 4 · 0.75) / 5; c has no cases of its own.
    found = {"a": held_out(4, 0.1, assd_mm=0.5), "b": held_out(1, 0.1, assd_mm=1.0), "c": HeldOut()}
    assert shrunk_assd_mm(found) == pytest.approx({"a": 0.625, "b": 0.8, "c": 0.75})


def test_a_case_where_nothing_was_found_counts_as_the_largest_distance():
    found = {"a": HeldOut((0.9, 0.9), (0.9, 0.9), (0.5, 2.0)), "b": held_out(2, 1.0, assd_mm=None)}
    # ē = (1.25 + 2) / 2 = 1.625
    assert shrunk_assd_mm(found) == pytest.approx({"a": (2.5 + 6.5) / 6, "b": (4 + 6.5) / 6})
    assert shrunk_assd_mm({"a": held_out(2, 1.0, assd_mm=None), "b": HeldOut()}) == {"a": 1.0, "b": 1.0}


def test_oof_quota_follows_the_fourth_power_of_the_shrunk_error():
    # 0.625⁴ : 0.8⁴ = 0.153 : 0.410, so of ten picks 2.7 and 7.3.
    found = {"a": held_out(4, 0.1, assd_mm=0.5), "b": held_out(1, 0.1, assd_mm=1.0)}
    pool = plain_pool({"a": 12, "b": 12}, {"a": 4, "b": 1}, held_out=found)
    assert groups_of(pick("oof_quota", pool, 10), pool) == {"a": 3, "b": 7}


# ------------------------------------------------------------------ learning curves

FALLING, FLAT = PowerLaw(0.4, 0.5), PowerLaw(0.1, 0.0)


def test_a_power_law_goes_through_two_points():
    curve = fit_power_law([1, 4], [0.4, 0.2])
    assert (curve.scale, curve.exponent) == pytest.approx((0.4, 0.5), abs=1e-5)
    assert curve.at(16) == pytest.approx(0.1, abs=1e-5)


def test_a_curve_never_rises_and_never_falls_faster_than_its_bound():
    rising = fit_power_law([2, 4], [0.1, 0.4])
    assert (rising.scale, rising.exponent) == pytest.approx((0.3, 0.0), abs=1e-4)  # (2 · 0.1 + 4 · 0.4) / 6
    assert fit_power_law([2, 4], [0.4, 0.01]).exponent == pytest.approx(1.0, abs=1e-4)
    assert fit_power_law([2, 4], [0.0, 0.0]).at(8) == pytest.approx(0.0, abs=1e-4)


def test_a_curve_lies_at_the_size_that_trained_not_at_all_labels():
    rounds = [standing(a=held_out(2, 0.4)), standing(a=held_out(8, 0.2))]  # half of the labels: 1 and 4
    assert learning_curves(rounds, ["a"], "dice")["a"].at(16) == pytest.approx(0.1, abs=1e-5)


def test_there_are_no_curves_until_each_group_was_seen_at_two_sizes():
    one, two = standing(a=held_out(2, 0.4), b=held_out(1, 0.9)), standing(a=held_out(8, 0.2), b=held_out(4, 0.5))
    assert learning_curves([one, two], ["a"], "dice") is not None
    assert learning_curves([one, two], ["a", "b"], "dice") is None  # of one subject nothing can be held out
    assert learning_curves([two, two], ["a"], "dice") is None


@pytest.mark.parametrize("start", [{"a": 5, "b": 5}, {"a": 10, "b": 0}, {"a": 0, "b": 10}])
def test_quotas_make_the_predicted_errors_equal(start):
    # 0.4 / √(8 + q) = 0.1 at q = 8.
    pool = plain_pool({"a": 20, "b": 20}, {"a": 8, "b": 8})
    curves = {"a": FLAT, "b": FALLING}
    assert fairest_quotas(pool, start, curves, {"a": 0, "b": 0}) == {"a": 2, "b": 8}


def test_quotas_stay_between_floors_and_what_is_left():
    pool, curves = plain_pool({"a": 20, "b": 3}, {"a": 8, "b": 8}), {"a": FLAT, "b": FALLING}
    assert fairest_quotas(pool, {"a": 6, "b": 0}, curves, {"a": 0, "b": 0}) == {"a": 3, "b": 3}
    assert fairest_quotas(pool, {"a": 6, "b": 0}, curves, {"a": 4, "b": 0}) == {"a": 4, "b": 2}


def test_flat_curves_leave_the_quotas_as_they_are():
    pool = plain_pool({"a": 9, "b": 9}, {"a": 8, "b": 8})
    curves = {"a": FLAT, "b": PowerLaw(0.4, 1e-9)}
    assert fairest_quotas(pool, {"a": 1, "b": 5}, curves, {"a": 0, "b": 0}) == {"a": 1, "b": 5}


@pytest.mark.parametrize("seed", range(20))
def test_the_search_finds_what_trying_all_quotas_of_two_groups_finds(seed):
    rng = np.random.default_rng(seed)
    curves = {group: PowerLaw(*rng.uniform(0.05, 1, 2)) for group in "ab"}
    counts = dict(zip("ab", rng.integers(1, 20, 2).tolist(), strict=True))
    pool = plain_pool({"a": 9, "b": 7}, counts)

    def gap(q):
        return abs(curves["a"].at(counts["a"] + 10 - q) - curves["b"].at(counts["b"] + q))

    found = fairest_quotas(pool, {"a": 5, "b": 5}, curves, {"a": 0, "b": 0})
    assert gap(found["b"]) == pytest.approx(min(gap(q) for q in range(1, 8)), abs=1e-5)


def test_three_groups_level_their_errors():
    # 0.4 / √n for all: errors are equal where counts are.
    pool = plain_pool(dict.fromkeys("abc", 20), {"a": 9, "b": 4, "c": 2})
    quota = fairest_quotas(pool, dict.fromkeys("abc", 4), dict.fromkeys("abc", FALLING), dict.fromkeys("abc", 0))
    assert quota == {"a": 0, "b": 5, "c": 7}


def test_the_better_group_gets_what_keeps_its_loss_within_a_hundredth():
    # From 2 + 2 in even shares to 26 in all, a would hold 13: error 0.4 / √13 = 0.1109. 8 + q reaches 0.1209 at q = 3.
    pool = plain_pool({"a": 30, "b": 30}, {"a": 8, "b": 8}, history=(standing(a=held_out(2, 0), b=held_out(2, 0)),))
    curves = {"a": FALLING, "b": PowerLaw(0.6, 0.0)}
    assert affordable_floor(pool, 10, curves) == ("a", 3)
    assert affordable_floor(pool, 10, {"a": PowerLaw(0.6, 0.0), "b": FLAT}) == ("b", 0)


def test_learning_curve_quota_puts_gap_and_price_together():
    # Dice: a, 0.4 / √n, is better than b, 0.6, and needs 3 of 10. Surface Dice, 0.1 and 0.4 / √n, asks for 8 of b.
    first = standing(a=held_out(2, 0.4, 0.1), b=held_out(2, 0.6, 0.4))
    now = standing(a=held_out(8, 0.2, 0.1), b=held_out(8, 0.6, 0.2))
    seen = {"held_out": now.held_out, "history": (first,)}
    pool = plain_pool({"a": 30, "b": 30}, now.labelled_counts, **seen)
    assert groups_of(pick("learning_curve_quota", pool, 10), pool) == {"a": 3, "b": 7}


def test_learning_curve_quota_levels_counts_while_there_is_no_curve():
    now = standing(a=held_out(5, 0.2), b=held_out(1, 0.6))
    pool = plain_pool({"a": 30, "b": 30}, now.labelled_counts, held_out=now.held_out)
    assert groups_of(pick("learning_curve_quota", pool, 6), pool) == {"a": 1, "b": 5}
