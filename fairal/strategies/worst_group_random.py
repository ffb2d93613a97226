"""Worst group, random: all of the budget to whom the model serves worst."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.select import picked, top_inside_groups


def worst_group_random(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick from the group of lowest D_g, at random inside; then from the next-worst where it runs out."""
    names = list(pool.labelled_dice)
    tie = dict(zip(names, rng.random(len(names)), strict=True))
    quota, left = {}, k
    for group in sorted(names, key=lambda g: (pool.labelled_dice[g], tie[g])):
        quota[group] = min(left, pool.groups.count(group))
        left -= quota[group]
    return picked(pool, top_inside_groups(pool, np.zeros(len(pool.ids)), quota, rng))
