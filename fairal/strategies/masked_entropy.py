"""Masked entropy: uncertainty in and around the predicted structure alone (Danaee et al. 2026)."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import top_k


def masked_entropy(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick the k subjects of highest masked entropy, U_m."""
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    return top_k(pool, u_m, k, rng, u_m)
