"""Balanced random: is it only the choice of groups?"""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.select import picked, quotas, top_inside_groups


def balanced_random(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick an equal quota of every group, at random inside."""
    quota = quotas(pool, dict.fromkeys(pool.labelled_dice, 1.0), k)
    return picked(pool, top_inside_groups(pool, np.zeros(len(pool.ids)), quota, rng))
