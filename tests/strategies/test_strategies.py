"""Every strategy keeps one contract, and each picks by hand what its definition says."""

import math

import numpy as np
import pytest
import torch

from fairal.errors import InputError
from fairal.strategies.catalog import CATALOG, PAPER_SET, label
from fairal.strategies.pool import Picks, Pool, check_picks
from fairal.strategies.scores import (
    binary_entropy,
    dilate,
    group_weights,
    masked_volume_entropy,
    mutual_information,
    volume_entropy,
)


def make_pool(probabilities, groups=None, labelled_dice=None, embeddings=None, spacing_mm=1.5) -> Pool:
    """A pool whose network answers with the given volumes: (N, X, Y, Z), or (passes, N, X, Y, Z)."""
    p = torch.as_tensor(np.asarray(probabilities), dtype=torch.float32)
    p = p if p.ndim == 5 else p[None]
    n = p.shape[1]
    groups = tuple(groups or ("reference", "biased") * (n // 2) + ("reference",) * (n % 2))
    labelled_dice = labelled_dice or {"reference": 0.9, "biased": 0.7}
    points = embeddings or (np.arange(n * 2, dtype=float).reshape(n, 2), np.zeros((1, 2)))
    return Pool(
        ids=tuple(f"s{i}" for i in range(n)),
        groups=groups,
        labelled_dice=labelled_dice,
        weights=group_weights(labelled_dice),
        spacing_mm=spacing_mm,
        sweep=lambda fn, passes: fn(p.expand(max(passes, len(p)), *p.shape[1:])).double().numpy(),
        embed=lambda: points,
    )


def random_pool(n=20) -> Pool:
    return make_pool(np.random.default_rng(0).random((10, n, 4, 4, 4)))


def voxels(*values) -> np.ndarray:
    """A volume that is 0 but for a row of values: certain everywhere else."""
    volume = np.zeros((6, 6, 6))
    volume[2, 2, : len(values)] = values
    return volume


def pick(strategy, pool, k, seed=0) -> Picks:
    return CATALOG[strategy].load()(pool, k, np.random.default_rng(seed))


# ------------------------------------------------------------------ the contract


@pytest.mark.parametrize("strategy", CATALOG)
@pytest.mark.parametrize("k", [1, 6, 20])
def test_k_distinct_ids_of_the_pool_and_the_same_stream_gives_the_same(strategy, k):
    pool = random_pool()
    picks = pick(strategy, pool, k)
    check_picks(picks, pool, k)
    assert picks == pick(strategy, pool, k)


@pytest.mark.parametrize("strategy", CATALOG)
def test_a_pool_without_one_group_and_one_with_nothing_found_can_be_picked_from(strategy):
    alone = make_pool(np.zeros((7, 6, 6, 6)), groups=["reference"] * 7)
    check_picks(pick(strategy, alone, 3), alone, 3)


@pytest.mark.parametrize("strategy", CATALOG)
def test_every_strategy_works_with_three_groups(strategy):
    dice = {"a": 0.9, "b": 0.8, "c": 0.0}
    pool = make_pool(np.random.default_rng(1).random((9, 4, 4, 4)), groups=list("aabbccabc"), labelled_dice=dice)
    check_picks(pick(strategy, pool, 4), pool, 4)


@pytest.mark.parametrize("strategy", sorted(set(CATALOG) - {"core_set"}))
def test_ties_are_broken_by_the_stream_not_by_id(strategy):
    pool = make_pool(np.tile(voxels(0.6), (10, 1, 1, 1)), groups=["reference"] * 10)
    assert len({pick(strategy, pool, 3, seed).ids for seed in range(8)}) > 1


def test_the_catalog_is_complete_and_light():
    assert len(CATALOG) == 12
    assert set(PAPER_SET) <= set(CATALOG)
    assert all(entry.source and entry.label and entry.id == name for name, entry in CATALOG.items())
    assert label("reference_only") == "Reference group only"


def test_a_strategy_that_breaks_its_word_is_told():
    pool = random_pool(4)
    for ids, sentence in ((("s0", "s0"), "2 distinct"), (("s0",), "2 distinct"), (("s0", "zz"), "'zz' is not in it")):
        with pytest.raises(InputError, match=sentence):
            check_picks(Picks(ids), pool, 2)
    with pytest.raises(InputError, match="finite"):
        check_picks(Picks(("s0", "s1"), scores=(1.0, math.nan)), pool, 2)


# ------------------------------------------------------------------ scores by hand


def test_entropy_is_one_bit_at_a_half_and_nothing_when_certain():
    h = binary_entropy(torch.tensor([0.0, 0.5, 1.0, 0.25]))
    assert torch.allclose(h, torch.tensor([0.0, 1.0, 0.0, 0.8113]), atol=1e-4)


def test_volume_entropy_averages_over_all_voxels():
    p = torch.zeros(1, 1, 2, 2, 2)
    p[0, 0, 0, 0] = 0.5  # 2 of 8 voxels
    assert volume_entropy(p).tolist() == [0.25]


def test_masked_entropy_looks_at_the_structure_and_its_neighbours_alone():
    p = torch.zeros(1, 2, 5, 5, 5)
    p[0, :, 2, 2, 2] = 0.75
    p[0, 1, 0, 0, 0] = 0.5  # far away: must not count
    expected = 0.8113 / 7  # the voxel and its six neighbours at 1.5 mm
    assert torch.allclose(masked_volume_entropy(p, 1.5), torch.tensor([expected] * 2), atol=1e-4)


def test_a_model_that_found_nothing_is_most_uncertain():
    assert masked_volume_entropy(torch.full((1, 2, 3, 3, 3), 0.5), 1.5).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("spacing", "count"), [(1.5, 7), (1.0, 19), (3.0, 1), (0.75, 33)])
def test_dilation_is_a_ball_of_one_and_a_half_mm(spacing, count):
    mask = torch.zeros(1, 9, 9, 9, dtype=torch.bool)
    mask[0, 4, 4, 4] = True
    assert int(dilate(mask, spacing).sum()) == count
    corner = torch.zeros(1, 9, 9, 9, dtype=torch.bool)
    corner[0, 0, 0, 0] = True
    assert not dilate(corner, spacing)[0, -1].any()  # nothing wraps around


def test_mutual_information_is_zero_in_agreement_and_one_bit_in_full_disagreement():
    agree = torch.full((2, 1, 3, 3, 3), 0.9)
    assert torch.allclose(mutual_information(agree, 3.0), torch.zeros(1), atol=1e-6)
    disagree = torch.stack([torch.ones(1, 3, 3, 3), torch.zeros(1, 3, 3, 3)])
    assert torch.allclose(mutual_information(disagree, 3.0), torch.ones(1))


def test_group_weights_by_hand():
    weights = group_weights({"reference": 0.9, "biased": 0.7})
    assert weights == pytest.approx({"reference": 0.5, "biased": 1.5})
    assert group_weights({"a": 1.0, "b": 1.0}) == {"a": 1.0, "b": 1.0}
    assert group_weights({"a": 0.5, "b": 0.0}) == pytest.approx({"a": 2 / 3, "b": 4 / 3})
    assert group_weights({"a": 0.9, "b": 0.7}, gamma=0) == {"a": 1.0, "b": 1.0}
    assert group_weights({"a": 0.9, "b": 0.7}, gamma=2) == pytest.approx({"a": 0.25, "b": 2.25})


# ------------------------------------------------------------------ picks by hand


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
