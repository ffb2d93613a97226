"""BALD: where dropout passes disagree (Houlsby et al. 2011; Gal et al. 2017)."""

import numpy as np

from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import mutual_information
from fairal.strategies.select import top_k

PASSES = 10


def bald(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick the k subjects of highest mutual information between label and weights."""
    information = pool.score(lambda p: mutual_information(p, pool.spacing_mm), passes=PASSES)
    return top_k(pool, information, k, rng, information)
