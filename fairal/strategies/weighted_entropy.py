"""Weighted entropy: the paper's strategy (Danaee et al. 2026), as we read its abstract."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import top_k


def weighted_entropy(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick the k subjects of highest w_g · U_m."""
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    return top_k(pool, pool.weight_of_each() * u_m, k, rng, u_m)
