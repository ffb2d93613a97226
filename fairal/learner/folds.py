"""Two folds of a labelled set, for out-of-fold results."""

from collections.abc import Sequence

import numpy as np

from fairal.seeds import stream


def two_folds(groups: Sequence[str], seed: int) -> np.ndarray:
    """Deal labelled subjects into two folds, each group as evenly as it can be.

    Args:
        groups: Of the N labelled subjects, in the order of their sorted ids.
        seed: Of the run.

    Returns:
        (N,) of 0 and 1; both occur where N > 1. Sizes differ by at most one, inside each group and in all.
    """
    rng, of_each = stream(seed, "folds"), np.asarray(groups)
    dealt = [i for group in dict.fromkeys(groups) for i in rng.permutation(np.flatnonzero(of_each == group))]
    fold = np.zeros(len(groups), dtype=np.int64)
    fold[dealt[1::2]] = 1
    return fold
