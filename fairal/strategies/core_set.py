"""Core-set: cover the pool in feature space (Sener & Savarese 2018)."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.select import k_centre_greedy, picked


def core_set(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick k subjects, each the farthest in the bottleneck's features from all that is labelled or picked."""
    points, centres = pool.embeddings()
    return picked(pool, k_centre_greedy(points, centres, k, rng))
