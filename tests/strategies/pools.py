"""Pools to pick from, whose network answers with given volumes."""

import numpy as np
import torch

from fairal.strategies.catalog import CATALOG
from fairal.strategies.held_out import HeldOut
from fairal.strategies.pool import Picks, Pool, Standing
from fairal.strategies.scores import group_weights


def make_pool(probabilities, groups=None, labelled_dice=None, embeddings=None, spacing_mm=1.5, **seen) -> Pool:
    """A pool whose network answers with the given volumes: (N, X, Y, Z), or (passes, N, X, Y, Z).

    `seen` are its labelled_counts, held_out and history; by default two of each group, held out without a word.
    """
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
        labelled_counts=seen.get("labelled_counts", dict.fromkeys(labelled_dice, 2)),
        held_out=seen.get("held_out", {group: held_out(2, 1 - dice) for group, dice in labelled_dice.items()}),
        history=seen.get("history", ()),
    )


def held_out(n: int, dice_error: float, surface_error: float | None = None, assd_mm: float | None = 0.5) -> HeldOut:
    """n held-out cases that are all alike."""
    surface_error = dice_error if surface_error is None else surface_error
    return HeldOut((1 - dice_error,) * n, (1 - surface_error,) * n, (assd_mm,) * n)


def standing(**groups: HeldOut) -> Standing:
    """A round in which the groups' labelled subjects were held out with these results."""
    return Standing({group: own.n for group, own in groups.items()}, groups)


def random_pool(n=20) -> Pool:
    return make_pool(np.random.default_rng(0).random((10, n, 4, 4, 4)))


def voxels(*values) -> np.ndarray:
    """A volume that is 0 but for a row of values: certain everywhere else."""
    volume = np.zeros((6, 6, 6))
    volume[2, 2, : len(values)] = values
    return volume


def pick(strategy, pool, k, seed=0) -> Picks:
    return CATALOG[strategy].load()(pool, k, np.random.default_rng(seed))


def groups_of(picks: Picks, pool: Pool) -> dict[str, int]:
    """How many picks each group has."""
    own = [pool.groups[pool.ids.index(i)] for i in picks.ids]
    return {group: own.count(group) for group in pool.labelled_dice}
