"""Random: the baseline of active learning."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.select import picked


def random(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick k subjects uniformly at random."""
    return picked(pool, rng.permutation(len(pool.ids))[:k])
