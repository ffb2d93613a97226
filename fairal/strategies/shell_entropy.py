"""Shell entropy: doubt about where the boundary runs, with less of the structure's size in it than U_m has."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import boundary_entropy
from fairal.strategies.select import top_k


def shell_entropy(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick the k subjects of highest mean entropy within 1.5 mm of the predicted boundary, U_s."""
    u_s = pool.score(lambda p: boundary_entropy(p, pool.spacing_mm))
    return top_k(pool, u_s, k, rng, u_s)
