"""Every strategy keeps one contract."""

import math

import numpy as np
import pytest
from pools import groups_of, held_out, make_pool, pick, random_pool, standing, voxels

from fairal.errors import InputError
from fairal.strategies.catalog import CATALOG
from fairal.strategies.held_out import HeldOut
from fairal.strategies.pool import Picks, check_picks


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
@pytest.mark.parametrize("k", [1, 4, 9])
def test_three_groups_of_which_one_has_none_labelled_can_be_picked_from(strategy, k):
    pool = make_pool(
        np.random.default_rng(1).random((9, 4, 4, 4)),
        groups=list("aabbccabc"),
        labelled_dice={"a": 0.9, "b": 0.8, "c": 0.0},
        labelled_counts={"a": 5, "b": 1, "c": 0},
        held_out={"a": held_out(5, 0.1), "b": held_out(1, 1.0, assd_mm=None), "c": HeldOut()},
    )
    check_picks(pick(strategy, pool, k), pool, k)


@pytest.mark.parametrize("strategy", CATALOG)
@pytest.mark.parametrize("seed", range(5))
def test_three_groups_with_a_history_can_be_picked_from(strategy, seed):
    rng = np.random.default_rng(seed)
    sizes = np.cumsum(rng.integers(0, 4, (4, 3)), axis=0)
    *history, now = (
        standing(**{g: held_out(int(n), *rng.random(2)) for g, n in zip("abc", row, strict=True)}) for row in sizes
    )
    pool = make_pool(
        rng.random((12, 4, 4, 4)),
        groups=rng.choice(list("abc"), 12).tolist(),
        labelled_dice=dict(zip("abc", rng.random(3), strict=True)),
        labelled_counts=now.labelled_counts,
        held_out=now.held_out,
        history=tuple(history),
    )
    for k in (1, 5, 12):
        check_picks(pick(strategy, pool, k), pool, k)
        assert sum(groups_of(pick(strategy, pool, k), pool).values()) == k


@pytest.mark.parametrize("strategy", sorted(set(CATALOG) - {"core_set"}))
def test_ties_are_broken_by_the_stream_not_by_id(strategy):
    pool = make_pool(np.tile(voxels(0.6), (10, 1, 1, 1)), groups=["reference"] * 10)
    assert len({pick(strategy, pool, 3, seed).ids for seed in range(8)}) > 1


@pytest.mark.parametrize("strategy", CATALOG)
@pytest.mark.parametrize("spacing_mm", [0.7, 1.0, 3.0])
def test_voxels_and_shapes_may_be_any(strategy, spacing_mm):
    pool = make_pool(np.random.default_rng(2).random((10, 5, 7, 4, 9)), spacing_mm=spacing_mm)
    check_picks(pick(strategy, pool, 2), pool, 2)


@pytest.mark.parametrize("entry", [entry for entry in CATALOG.values() if entry.needs], ids=lambda entry: entry.id)
def test_who_reads_out_of_fold_results_says_so_when_they_are_missing(entry):
    with pytest.raises(InputError, match="'reference' are missing; its catalog entry must name them"):
        pick(entry.id, make_pool(np.zeros((4, 2, 2, 2)), held_out={}), 1)


@pytest.mark.parametrize("entry", [entry for entry in CATALOG.values() if not entry.needs], ids=lambda entry: entry.id)
def test_nobody_else_reads_them(entry):
    pool = make_pool(np.zeros((4, 2, 2, 2)), held_out={})
    check_picks(pick(entry.id, pool, 2), pool, 2)


def test_a_pool_made_without_counts_says_which_is_missing():
    with pytest.raises(InputError, match="labelled count, that of 'biased' is missing"):
        pick("parity", make_pool(np.zeros((4, 2, 2, 2)), labelled_counts={"reference": 3}), 1)


def test_a_strategy_that_breaks_its_word_is_told():
    pool = random_pool(4)
    for ids, sentence in ((("s0", "s0"), "2 distinct"), (("s0",), "2 distinct"), (("s0", "zz"), "'zz' is not in it")):
        with pytest.raises(InputError, match=sentence):
            check_picks(Picks(ids), pool, 2)
    with pytest.raises(InputError, match="finite"):
        check_picks(Picks(("s0", "s1"), scores=(1.0, math.nan)), pool, 2)


@pytest.mark.parametrize("strategy", CATALOG)
def test_the_catalog_says_who_goes_by_the_dice_on_labelled_scans(strategy):
    volumes = np.random.default_rng(0).random((10, 20, 4, 4, 4))
    unseen = {group: held_out(4, 0.2) for group in ("reference", "biased")}
    picks = [
        pick(strategy, make_pool(volumes, labelled_dice=dice, held_out=unseen), 6)
        for dice in ({"reference": 0.99, "biased": 0.5}, {"reference": 0.5, "biased": 0.99})
    ]
    assert (picks[0].ids != picks[1].ids) == CATALOG[strategy].judges_labelled
