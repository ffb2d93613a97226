"""Weighted volume entropy: the group's weight on the whole volume's entropy (the other half of the 2×2 ablation)."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import volume_entropy
from fairal.strategies.select import top_k


def weighted_volume_entropy(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick the k subjects of highest w_g · U."""
    u = pool.score(volume_entropy)
    return top_k(pool, pool.weight_of_each() * u, k, rng, u)
