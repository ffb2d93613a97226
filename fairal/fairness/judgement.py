"""A round's judgement: what its record says about each group. This is the one place in which a round is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.facts.record import Record
from fairal.fairness.disparity import equity_scaled, gap, signed_gap
from fairal.fairness.groups import group_means


@dataclass(frozen=True)
class Judgement:
    """One round's numbers; every one is finite or None."""

    round: int
    labelled: int
    labelled_mm3: float
    labelled_by_group: dict[str, int]
    picked_by_group: dict[str, int] | None
    weights: dict[str, float]
    labelled_dice_by_group: dict[str, float]
    dice: float
    dice_by_group: dict[str, float]
    gap: float
    signed_gap: float | None
    es_dice: float
    cached: bool
    seconds: dict[str, float]


def judge(record: Record, groups: Sequence[str]) -> Judgement:
    """Derive a round's numbers from its record.

    Args:
        record: Of the round.
        groups: Of the cohort, in its order.
    """
    by_group = group_means(record.test.dice, record.test.group, groups)
    means, overall = np.array(list(by_group.values())), float(np.mean(record.test.dice))
    picked = None if record.picked is None else [pick.group for pick in record.picked]
    return Judgement(
        round=record.round,
        labelled=len(record.labelled),
        labelled_mm3=record.labelled_mm3,
        labelled_by_group=record.labelled_by_group,
        picked_by_group=None if picked is None else {group: picked.count(group) for group in groups},
        weights=record.weights,
        labelled_dice_by_group=record.labelled_dice,
        dice=overall,
        dice_by_group=by_group,
        gap=float(gap(means)),
        signed_gap=float(signed_gap(means)) if len(means) == 2 else None,
        es_dice=float(equity_scaled(overall, means)),
        cached=record.cached,
        seconds=record.seconds,
    )
