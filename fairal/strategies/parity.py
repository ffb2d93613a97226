"""Parity: the groups' labelled counts level out, whatever the model says of them."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import levelling_quotas, picked, top_inside_groups


def parity(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick so that the labelled counts of the groups are as even as they can be, the highest U_m inside each."""
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    quota = levelling_quotas(pool, k, rng)
    return picked(pool, top_inside_groups(pool, u_m, quota, rng), u_m, u_m)
