"""Stochastic batches: the best of random batches (Gaillochet et al. 2023)."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import picked


def stochastic_batches(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Shuffle the pool, cut it into batches of k and pick the batch of highest mean U_m.

    What is left over after the last whole batch is not considered.
    """
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    whole = len(u_m) // k
    batches = rng.permutation(len(u_m))[: whole * k].reshape(whole, k)
    return picked(pool, batches[np.argmax(u_m[batches].mean(1))], u_m, u_m)
