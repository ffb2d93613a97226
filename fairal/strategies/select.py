"""From scores to picks: the best, the best inside groups, the farthest."""

from collections.abc import Mapping, Sequence

import numpy as np

from fairal.apportion import largest_remainder
from fairal.strategies.pool import Picks, Pool


def shuffled_order(scores: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Order positions by falling score; ties are broken by the stream, never by id."""
    return np.lexsort((rng.random(len(scores)), -scores))


def top_k(
    pool: Pool, scores: np.ndarray, k: int, rng: np.random.Generator, uncertainty: np.ndarray | None = None
) -> Picks:
    """Pick the k subjects of highest score."""
    return picked(pool, shuffled_order(scores, rng)[:k], scores, uncertainty)


def picked(
    pool: Pool, chosen: Sequence[int], scores: np.ndarray | None = None, uncertainty: np.ndarray | None = None
) -> Picks:
    """Turn positions into picks with their scores."""

    def of_chosen(values):
        return None if values is None else tuple(float(values[i]) for i in chosen)

    return Picks(tuple(pool.ids[i] for i in chosen), of_chosen(scores), of_chosen(uncertainty))


def quotas(pool: Pool, weights: Mapping[str, float], k: int) -> dict[str, int]:
    """Split k over the groups in proportion to the weights; what a group cannot fill goes to the others."""
    left = [pool.groups.count(group) for group in weights]
    return dict(zip(weights, largest_remainder(list(weights.values()), k, left), strict=True))


def levelling_quotas(
    pool: Pool, k: int, rng: np.random.Generator, floors: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Split k so that the labelled counts after the pick are level: each pick goes to the group with fewest so far.

    A group with nothing left in the pool is passed over; ties between groups are broken by the stream.

    Args:
        floors: What each group gets in any case, out of the k; None for nothing.
    """
    counts = pool.counts()
    quota = dict(floors) if floors else dict.fromkeys(counts, 0)
    tie = dict(zip(counts, rng.random(len(counts)), strict=True))
    left = {group: pool.groups.count(group) for group in counts}
    for _ in range(min(k, len(pool.ids)) - sum(quota.values())):
        open_ = [group for group in counts if quota[group] < left[group]]
        quota[min(open_, key=lambda g: (counts[g] + quota[g], tie[g]))] += 1
    return quota


def top_inside_groups(pool: Pool, scores: np.ndarray, quota: Mapping[str, int], rng: np.random.Generator) -> list[int]:
    """Take each group's quota of highest scores; positions in order of falling score within each group."""
    order = shuffled_order(scores, rng)
    groups = np.array(pool.groups)
    return [int(i) for group, count in quota.items() for i in order[groups[order] == group][:count]]


def k_centre_greedy(points: np.ndarray, centres: np.ndarray, k: int, rng: np.random.Generator) -> list[int]:
    """Pick k points, each the farthest from all centres and earlier picks (Sener & Savarese 2018).

    Args:
        points: (N, C) to pick from.
        centres: (M, C) already there; may be empty.

    Returns:
        k positions in `points`.
    """
    distance = np.full(len(points), np.inf)
    for centre in centres:
        distance = np.minimum(distance, np.linalg.norm(points - centre, axis=1))
    chosen: list[int] = []
    for _ in range(k):
        best = int(shuffled_order(distance, rng)[0])
        chosen.append(best)
        distance = np.minimum(distance, np.linalg.norm(points - points[best], axis=1))
        distance[chosen] = -np.inf
    return chosen
