"""What is known of each arm against its baseline, arranged for its verdict; whoever says something asks here."""

from collections.abc import Sequence

import numpy as np

from fairal.fairness.compared import Compared
from fairal.fairness.measures import MEASURES
from fairal.report.comparison import Reached
from fairal.report.quantity import Quantity
from fairal.report.results import ExperimentResult, comparable_round
from fairal.report.verdict import Evidence, Verdict, decide

DECIDING = ("dice", "surface_dice")
"""The measures that decide, the first before the second: Dice alone counts a smaller structure as an error."""


def verdicts(
    result: ExperimentResult,
    baseline: str | None = None,
    at_round: int | None = None,
    measures: Sequence[str] = DECIDING,
) -> dict[str, Verdict]:
    """Decide what may be said of every arm that shares a seed with the baseline at one budget.

    Args:
        result: From `read_experiment`.
        baseline: An arm; the configuration's by default.
        at_round: The last comparable round by default.
        measures: What the verdicts are on, the deciding one first; whether a model has learned, Dice says.

    Returns:
        By arm, the baseline's included; empty before the first comparable round, and where the baseline did not run.
    """
    baseline = baseline or result.config.baseline
    at = comparable_round(result) if at_round is None else at_round
    if at is None:
        return {}
    names = dict.fromkeys([*measures, "dice"])
    base = {name: Reached.by(result, baseline, name, at) for name in names}
    said = {}
    for arm in result.config.strategies:
        own = {name: Reached.by(result, arm, name, at) for name in names}
        seeds = sorted(set.intersection(*(set(each.runs) for each in (*own.values(), *base.values()))))
        if seeds:
            compared = () if arm == baseline else tuple(_compared(own[name], base[name], seeds) for name in measures)
            worst = [each["dice"].mean("worst_group", seeds) for each in (own, base)]
            said[arm] = decide(Evidence(*worst, compared, is_baseline=arm == baseline))
    return said


def _compared(own: Reached, base: Reached, seeds: list[int]) -> Compared:
    floors = [one.by_noise(Quantity(one.measure, "gap"), seeds) for one in (own, base)]
    floor = None if None in floors else float(np.max(floors))
    measure, groups = MEASURES[own.measure], own.result.groups
    return Compared.of(measure, groups, own.means(seeds), base.means(seeds), floor)
