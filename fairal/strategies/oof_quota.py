"""Out-of-fold quota: a quota follows the groups' boundary errors in millimetres, on scans the network has not seen."""

from collections.abc import Mapping

import numpy as np

from fairal.strategies.held_out import HeldOut
from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import picked, quotas, top_inside_groups

PRIOR = 4
"""So many cases of average error are mixed into each group, so that one odd scan does not draw the whole batch."""
SHARPNESS = 4
"""k_g grows with this power of the error: a group of twice the error gets 16 times the quota."""


def oof_quota(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick k_g subjects of each group in proportion to its shrunk out-of-fold ASSD⁴, the highest U_m inside each."""
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    errors = shrunk_assd_mm(pool.out_of_fold())
    quota = quotas(pool, {group: error**SHARPNESS for group, error in errors.items()}, k)
    return picked(pool, top_inside_groups(pool, u_m, quota, rng), u_m, u_m)


def shrunk_assd_mm(held_out: Mapping[str, HeldOut]) -> dict[str, float]:
    """Average each group's out-of-fold ASSD and shrink it towards ē: (n_g e_g + 4 ē) / (n_g + 4).

    ē is the mean over the groups that have labelled subjects. A case where nothing was found counts as the round's
    largest distance. A group with none labelled gets ē; all get 1 where no case has a distance.
    """
    seen = [d for own in held_out.values() for d in own.assd_mm if d is not None]
    if not seen:
        return dict.fromkeys(held_out, 1.0)
    sums = {name: sum(max(seen) if d is None else d for d in own.assd_mm) for name, own in held_out.items()}
    mean = float(np.mean([sums[name] / own.n for name, own in held_out.items() if own.n]))
    return {name: (sums[name] + PRIOR * mean) / (own.n + PRIOR) for name, own in held_out.items()}
