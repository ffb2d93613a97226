"""Learning-curve quota: aim at the smallest gap that the better group can afford (after Tae & Whang 2021).

Slice Tuner fits a power law to each slice's loss and buys data where that lowers loss and unfairness. Here the curves
are the groups' out-of-fold errors over the rounds of the run; each is taken to depend on the group's own labels alone.
"""

from collections.abc import Mapping

import numpy as np

from fairal.strategies.learning_curves import PowerLaw, learning_curves
from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import masked_volume_entropy
from fairal.strategies.select import levelling_quotas, picked, top_inside_groups

AFFORDABLE_DICE = 0.01
"""What the better group may lose, against picks in proportion to the pool since the start."""

WORTH_A_MOVE = 1e-6
"""Of the predicted errors' SD: a fitted exponent of 0 comes out as some 1e-9."""


def learning_curve_quota(pool: Pool, k: int, rng: np.random.Generator) -> Picks:
    """Pick quotas of smallest predicted surface-Dice gap at a bearable Dice loss, the highest U_m inside each group.

    Until every group has been seen at two sizes there are no curves, and the labelled counts are levelled instead, as
    `parity` does; that makes the sizes differ. Curves that are flat leave it at that, too.
    """
    u_m = pool.score(lambda p: masked_volume_entropy(p, pool.spacing_mm))
    pool.out_of_fold()
    rounds, groups = pool.standings(), list(pool.labelled_dice)
    gap_curves, price_curves = (learning_curves(rounds, groups, measure) for measure in ("surface_dice", "dice"))
    if gap_curves is None or price_curves is None:
        quota = levelling_quotas(pool, k, rng)
    else:
        better, least = affordable_floor(pool, k, price_curves)
        floors = {group: least * (group == better) for group in groups}
        quota = fairest_quotas(pool, levelling_quotas(pool, k, rng, floors), gap_curves, floors)
    return picked(pool, top_inside_groups(pool, u_m, quota, rng), u_m, u_m)


def affordable_floor(pool: Pool, k: int, curves: Mapping[str, PowerLaw]) -> tuple[str, int]:
    """Find the better group, and the fewest picks with which its predicted Dice loss stays within bounds.

    Args:
        curves: Of 1 − Dice by group.

    Returns:
        The group of lowest predicted error, and its picks; all that it can get where no number suffices.
    """
    counts, start = pool.counts(), pool.standings()[0].labelled_counts
    better = min(counts, key=lambda group: curves[group].at(counts[group]))
    left = pool.groups.count(better)
    picked_so_far = sum(counts.values()) - sum(start.values())
    share = (left + counts[better] - start[better]) / (len(pool.ids) + picked_so_far)
    error_in_proportion = curves[better].at(start[better] + share * (picked_so_far + k))
    most = min(k, left)
    for floor in range(most):
        if curves[better].at(counts[better] + floor) - error_in_proportion <= AFFORDABLE_DICE:
            return better, floor
    return better, most


def fairest_quotas(
    pool: Pool, start: Mapping[str, int], curves: Mapping[str, PowerLaw], floors: Mapping[str, int]
) -> dict[str, int]:
    """Search the quotas whose predicted errors are nearest to each other, by moving one pick at a time.

    The distance is the SD over groups. For two groups that is half of the signed gap's size, which has one minimum
    over the quotas, so that the search is exact.

    Args:
        start: Quotas to begin with; they stay where the curves promise nothing.
        curves: Of the error by group.
        floors: The least that each group gets.
    """
    counts, quota = pool.counts(), dict(start)
    left = {group: pool.groups.count(group) for group in counts}

    def spread(quota: Mapping[str, int]) -> float:
        return float(np.std([curves[group].at(counts[group] + quota[group]) for group in counts]))

    while True:
        moves = [
            quota | {give: quota[give] - 1, take: quota[take] + 1}
            for give in counts
            for take in counts
            if give != take and quota[give] > floors[give] and quota[take] < left[take]
        ]
        best = min(moves, key=spread, default=quota)
        if spread(best) > spread(quota) - WORTH_A_MOVE:
            return quota
        quota = best
