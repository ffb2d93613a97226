"""A round's judgement: what its record says about each group. This is the one place in which a round is judged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.facts.record import Cases, Record
from fairal.fairness.disparity import equity_scaled, gap, signed_gap
from fairal.fairness.groups import group_means, served_by_group
from fairal.fairness.measures import Measure


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


@dataclass(frozen=True)
class MeasureJudgement:
    """What the cases of a test set say of each group in one measure; every number is finite or None.

    Attributes:
        by_group: Mean over the cases that have a value, of `Measure.served`: what gaps are made of, so that they add
            up. None for a group without any.
        mean_by_group: Mean of the values as recorded: differs for the volume error alone, where it is signed.
        sizes, failures: Cases with and without a value.
        gap: None where a group has no value.
        signed_gap: None likewise, and unless there are two groups.
    """

    by_group: dict[str, float | None]
    mean_by_group: dict[str, float | None]
    sizes: dict[str, int]
    failures: dict[str, int]
    gap: float | None
    signed_gap: float | None


def judge_measure(cases: Cases, groups: Sequence[str], measure: Measure) -> MeasureJudgement:
    """Judge measured cases in one measure of the table."""
    served = dict(zip(groups, served_by_group(cases, groups, measure), strict=True))
    sizes = {group: int(np.isfinite(own).sum()) for group, own in served.items()}
    by_group = {group: float(np.nanmean(own)) if sizes[group] else None for group, own in served.items()}
    means = np.array(list(by_group.values()), float)
    known = all(sizes.values())
    return MeasureJudgement(
        by_group=by_group,
        mean_by_group=group_means(cases.of(measure.id), cases.group, groups),
        sizes=sizes,
        failures={group: len(own) - sizes[group] for group, own in served.items()},
        gap=float(gap(means)) if known else None,
        signed_gap=float(signed_gap(means)) if known and len(groups) == 2 else None,
    )
