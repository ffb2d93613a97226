"""Each strategy picks by hand what its definition says."""

import numpy as np
import pytest
import torch
from pools import make_pool, pick, random_pool, voxels

from fairal.strategies.scores import masked_volume_entropy


def test_random_is_uniform():
    pool = random_pool(4)
    counts = np.zeros(4)
    for seed in range(2000):
        counts[int(pick("random", pool, 1, seed).ids[0][1])] += 1
    assert (abs(counts - 500) < 80).all()


def test_entropy_picks_the_volume_with_most_doubt_anywhere():
    # s0: sure of its structure, in doubt far from it; s1: in doubt at its structure; s2: certain.
    far = voxels(0.99)
    far[5, 5] = 0.4
    volumes = [far, voxels(0.6), voxels(0.99)]
    assert pick("entropy", make_pool(volumes, groups=["reference"] * 3), 1).ids == ("s0",)
    assert pick("masked_entropy", make_pool(volumes, groups=["reference"] * 3), 1).ids == ("s1",)


def test_weights_turn_the_order_between_groups():
    # U: reference 0.97 against biased 0.88 bits at one voxel; w_g = 0.5 and 1.5.
    volumes = [voxels(0.6), voxels(0.7)]
    pool = make_pool(volumes, groups=["reference", "biased"])
    for plain, weighted in (("entropy", "weighted_volume_entropy"), ("masked_entropy", "weighted_entropy")):
        assert pick(plain, pool, 1).ids == ("s0",)
        assert pick(weighted, pool, 1).ids == ("s1",)
    picks = pick("weighted_entropy", pool, 1)
    assert picks.scores[0] == pytest.approx(1.5 * picks.uncertainty[0])


def test_weighted_entropy_differs_from_weighted_volume_entropy_by_its_mask():
    far = voxels(0.99)
    far[5, 5] = 0.4
    pool = make_pool([far, voxels(0.6)], groups=["biased", "biased"])
    assert pick("weighted_volume_entropy", pool, 1).ids == ("s0",)
    assert pick("weighted_entropy", pool, 1).ids == ("s1",)


def test_balanced_random_fills_equal_quotas_and_passes_on_what_a_group_lacks():
    pool = make_pool(np.zeros((10, 2, 2, 2)), groups=["reference"] * 8 + ["biased"] * 2)
    groups = [pool.groups[pool.ids.index(i)] for i in pick("balanced_random", pool, 6).ids]
    assert (groups.count("reference"), groups.count("biased")) == (4, 2)


def test_worst_group_random_takes_the_worst_then_the_next_worst():
    dice = {"a": 0.9, "b": 0.4, "c": 0.6}
    pool = make_pool(np.zeros((9, 2, 2, 2)), groups=list("aaabbcccc"), labelled_dice=dice)
    groups = [pool.groups[pool.ids.index(i)] for i in pick("worst_group_random", pool, 5).ids]
    assert sorted(groups) == ["b", "b", "c", "c", "c"]


def test_fair_quota_splits_by_squared_error_and_takes_the_most_uncertain_inside():
    # (1 − 0.9)² : (1 − 0.8)² = 1 : 4, so of five picks one is of the reference group.
    doubt = [0.95, 0.6, 0.9, 0.55, 0.65, 0.75, 0.85, 0.99]
    pool = make_pool(
        [voxels(p) for p in doubt],
        groups=["reference"] * 3 + ["biased"] * 5,
        labelled_dice={"reference": 0.9, "biased": 0.8},
    )
    assert set(pick("fair_quota", pool, 5).ids) == {"s1", "s3", "s4", "s5", "s6"}


def test_bald_picks_where_passes_disagree_not_where_all_are_in_doubt():
    unsure = np.tile(voxels(0.6), (10, 1, 1, 1))
    torn = np.stack([voxels(0.98) if i % 5 else voxels(0.05) for i in range(10)])
    pool = make_pool(np.stack([unsure, torn], axis=1), groups=["reference"] * 2)
    assert pick("bald", pool, 1).ids == ("s1",)
    assert pick("masked_entropy", make_pool(unsure[:1].repeat(2, 0)), 1).ids[0] in ("s0", "s1")


def test_power_entropy_follows_its_formula():
    volumes = [voxels(p) for p in (0.55, 0.6, 0.7, 0.8, 0.9, 0.97)]
    pool = make_pool(volumes, groups=["reference"] * 6)
    u_m = np.array([float(masked_volume_entropy(torch.tensor(v)[None, None].float(), 1.5)) for v in volumes])
    for seed in range(5):
        noisy = 30 * np.log(u_m) + np.random.default_rng(seed).gumbel(size=6)
        assert pick("power_entropy", pool, 2, seed).ids == tuple(f"s{i}" for i in np.argsort(-noisy)[:2])


def test_stochastic_batches_takes_the_batch_of_highest_mean():
    volumes = [voxels(p) for p in (0.55, 0.6, 0.7, 0.8, 0.9, 0.97, 0.98)]
    pool = make_pool(volumes, groups=["reference"] * 7)
    u_m = np.array([float(masked_volume_entropy(torch.tensor(v)[None, None].float(), 1.5)) for v in volumes])
    for seed in range(5):
        batches = np.random.default_rng(seed).permutation(7)[:6].reshape(2, 3)
        best = batches[np.argmax(u_m[batches].mean(1))]
        assert pick("stochastic_batches", pool, 3, seed).ids == tuple(f"s{i}" for i in best)


def test_core_set_walks_to_the_farthest_each_time():
    points = np.array([[1.0, 0.0], [9.0, 0.0], [10.0, 0.0], [0.0, 7.0]])
    pool = make_pool(np.zeros((4, 2, 2, 2)), embeddings=(points, np.zeros((1, 2))))
    assert pick("core_set", pool, 3).ids == ("s2", "s3", "s0")


@pytest.mark.parametrize("strategy", ["masked_entropy", "shell_entropy", "bald"])
def test_a_subject_in_which_nothing_was_found_is_picked_first(strategy):
    volumes = [voxels(0.51), np.zeros((6, 6, 6)), voxels(0.6)]
    picks = pick(strategy, make_pool(volumes, groups=["reference"] * 3), 1)
    assert (picks.ids, picks.uncertainty) == (("s1",), (1.0,))


def test_shell_entropy_overlooks_doubt_far_from_the_boundary():
    solid = np.zeros((9, 9, 9))
    solid[1:8, 1:8, 1:8] = 1.0
    inside, at_boundary = solid.copy(), solid.copy()
    inside[3:6, 3:6, 3:6] = 0.6
    at_boundary[1, 1, 1:8] = 0.6
    pool = make_pool([inside, at_boundary], groups=["reference"] * 2)
    assert pick("masked_entropy", pool, 1).ids == ("s0",)
    assert pick("shell_entropy", pool, 1).ids == ("s1",)
