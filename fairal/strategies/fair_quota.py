"""Fair quota: ours. A quota follows the groups' errors, so no group takes the whole batch."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import picked, quotas, top_inside_groups


def fair_quota(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick k_g subjects of each group in proportion to (1 − D_g)², the highest U_m inside each."""
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    quota = quotas(pool, {group: (1 - dice) ** 2 for group, dice in pool.labelled_dice.items()}, k)
    return picked(pool, top_inside_groups(pool, u_m, quota, rng), u_m, u_m)
