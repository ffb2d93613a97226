"""Entropy: the standard uncertainty, and the baseline of the headline."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import volume_entropy
from fairal.strategies.select import top_k


def entropy(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick the k subjects of highest mean entropy over the whole volume, U."""
    u = pool.score(volume_entropy)
    return top_k(pool, u, k, rng, u)
