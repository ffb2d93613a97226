"""Power entropy: masked entropy with Gumbel noise, so that a batch is not k times the same (Kirsch et al. 2021)."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import top_k

BETA = 30.0
"""U_m varies little between volumes; at 1 the noise would decide alone."""


def power_entropy(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick the k subjects of highest β ln U_m + Gumbel noise."""
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    noisy = BETA * np.log(np.maximum(u_m, 1e-12)) + rng.gumbel(size=len(u_m))
    return top_k(pool, noisy, k, rng, u_m)
