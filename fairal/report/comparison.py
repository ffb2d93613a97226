"""Arms compared at one budget: where each stands, what changed against a baseline, and what led there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from fairal.facts.record import Record
from fairal.fairness.disparity import DISPARITIES, WhoPaid, noise_floor, who_paid
from fairal.fairness.judgement import Judgement
from fairal.fairness.statistics import (
    PairedDifference,
    area_under_budget,
    bootstrap_reduction,
    fieller_reduction,
    holm,
    paired_difference,
    reduction,
)
from fairal.report.results import ExperimentResult, RunResult, case_matrix, comparable_round


@dataclass(frozen=True)
class Level:
    """Where an arm stands: means over seeds.

    Attributes:
        seeds: Those that the means are over.
        dice: Over all test cases.
        dice_by_group, worst_group_dice: Of each group; of each seed's worst one.
        signed_gap: None unless there are two groups.
        gap_by_noise: The gap that the scatter of cases alone would show at a true gap of 0; None if unknown.
    """

    seeds: tuple[int, ...]
    dice: float
    dice_by_group: dict[str, float]
    worst_group_dice: float
    gap: float
    signed_gap: float | None
    es_dice: float
    gap_by_noise: float | None


@dataclass(frozen=True)
class Reduction:
    """Disparity reduction 1 − gap / gap of the baseline.

    Attributes:
        value: A ratio of means over the shared seeds.
        interval: 95 %; None where it is unbounded or there is no spread to judge by.
        over: What the interval is over: ``seeds`` (Fieller), or ``test subjects`` of a single seed (bootstrap).
    """

    value: float
    interval: tuple[float, float] | None
    over: str


@dataclass(frozen=True)
class Against:
    """An arm against the baseline over the seeds that both have finished, and no others.

    Attributes:
        own, base: Levels over these seeds.
        reduction: None where the baseline has no gap to reduce.
        difference: Gap minus the baseline's, paired by seed.
        p_holm: Its p, adjusted for the number of arms compared.
        paid: Who paid for the change.
    """

    own: Level
    base: Level
    reduction: Reduction | None
    difference: PairedDifference
    p_holm: float | None
    paid: WhoPaid

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that both have."""
        return self.own.seeds


@dataclass(frozen=True)
class OverBudget:
    """What led to a level.

    Attributes:
        picked_share: Of each group in all picks so far; empty where nothing was picked.
        area: Under the budget curve (budget scaled to [0, 1]) of Dice, worst-group Dice, ES-Dice and gap; empty below
            two budgets.
    """

    picked_share: dict[str, float]
    area: dict[str, float]


@dataclass(frozen=True)
class ArmSummary:
    """One arm or reference at one budget.

    Attributes:
        strategy: The arm as configurations write it.
        role: ``strategy`` or ``reference``.
        labelled: Scans labelled at this budget.
        against: None for the baseline itself, and where no seed is shared with it.
    """

    strategy: str
    role: str
    labelled: int
    level: Level
    against: Against | None
    over: OverBudget


Runs = Mapping[int, RunResult]
"""Runs of one arm by seed."""


@dataclass(frozen=True)
class _Standing:
    """The runs of one arm that have reached a round."""

    runs: Runs
    at: int
    groups: tuple[str, ...]

    def level(self, seeds: Sequence[int]) -> Level:
        rounds = [self.runs[seed].rounds[self.at] for seed in seeds]
        return Level(
            seeds=tuple(seeds),
            dice=_mean(r.dice for r in rounds),
            dice_by_group={g: _mean(r.dice_by_group[g] for r in rounds) for g in self.groups},
            worst_group_dice=_mean(min(r.dice_by_group.values()) for r in rounds),
            gap=_mean(r.gap for r in rounds),
            signed_gap=_mean(r.signed_gap for r in rounds) if len(self.groups) == 2 else None,
            es_dice=_mean(r.es_dice for r in rounds),
            gap_by_noise=mean_floor([self.runs[seed].records[self.at] for seed in seeds], self.groups),
        )

    def gaps(self, seeds: Sequence[int]) -> list[float]:
        return [self.runs[seed].rounds[self.at].gap for seed in seeds]

    def matrix(self, seed: int) -> np.ndarray:
        return case_matrix(self.runs[seed].records[self.at], self.groups)


def summarise_experiment(
    result: ExperimentResult, baseline: str | None = None, at_round: int | None = None
) -> list[ArmSummary]:
    """Compare the arms at one budget, paired by seed against a baseline.

    Args:
        result: From `read_experiment`.
        baseline: An arm; the configuration's by default.
        at_round: The last comparable round by default.

    Returns:
        One summary per arm and reference that has reached the round; empty before the first round.
    """
    config, baseline = result.config, baseline or result.config.baseline
    at = comparable_round(result) if at_round is None else at_round
    if at is None:
        return []
    base = _standing(result, baseline, at)
    rows = []
    for arm in (*config.strategies, *config.references):
        is_reference = arm in config.references
        own = _standing(result, arm, 0 if is_reference else at)
        if own.runs:
            shared = [] if arm == baseline else sorted(set(own.runs) & set(base.runs))
            first = next(iter(own.runs.values()))
            rows.append(
                ArmSummary(
                    strategy=arm,
                    role="reference" if is_reference else "strategy",
                    labelled=first.rounds[own.at].labelled,
                    level=own.level(list(own.runs)),
                    against=_against(own, base, shared) if shared else None,
                    over=_over_budget(own),
                )
            )
    return _adjusted(rows)


def _standing(result: ExperimentResult, arm: str, at: int) -> _Standing:
    runs = {seed: run for seed, run in result.of(arm).items() if len(run.rounds) > at}
    return _Standing(runs, at, result.groups)


def _against(own: _Standing, base: _Standing, seeds: list[int]) -> Against:
    levels = own.level(seeds), base.level(seeds)
    return Against(
        own=levels[0],
        base=levels[1],
        reduction=_reduction(own, base, seeds),
        difference=paired_difference(own.gaps(seeds), base.gaps(seeds)),
        p_holm=None,
        paid=who_paid(levels[0].dice_by_group, levels[1].dice_by_group),
    )


def _reduction(own: _Standing, base: _Standing, seeds: list[int]) -> Reduction | None:
    value = reduction(own.gaps(seeds), base.gaps(seeds))
    if value is None:
        return None
    if len(seeds) > 1:
        return Reduction(value, fieller_reduction(own.gaps(seeds), base.gaps(seeds)), "seeds")
    return Reduction(value, bootstrap_reduction(own.matrix(seeds[0]), base.matrix(seeds[0])), "test subjects")


def _adjusted(rows: list[ArmSummary]) -> list[ArmSummary]:
    """Holm's adjustment over the arms; references are not compared with each other."""
    compared = [i for i, row in enumerate(rows) if row.role == "strategy" and row.against]
    for i, p in zip(compared, holm([rows[i].against.difference.p for i in compared]), strict=True):
        rows[i] = replace(rows[i], against=replace(rows[i].against, p_holm=p))
    return rows


def mean_floor(records: Sequence[Record], groups: tuple[str, ...], disparity: str = "gap") -> float | None:
    """Average what noise alone would show of a disparity in Dice; None where a test set is too small to say."""
    floors = [_floor(tuple(map(tuple, case_matrix(record, groups))), disparity) for record in records]
    return float(np.mean(floors)) if np.isfinite(floors).all() else None


@lru_cache(maxsize=2048)
def _floor(cases: tuple, disparity: str) -> float:
    return noise_floor(np.array(cases), DISPARITIES[disparity].of)


def by_noise_alone(result: ExperimentResult, arm: str, disparity: str) -> float | None:
    """What a disparity would show at the last comparable round if all groups were served equally; None if unknown."""
    at = comparable_round(result)
    runs = [run for run in result.of(arm).values() if at is not None and len(run.rounds) > at]
    if not runs or disparity not in DISPARITIES or (disparity == "signed_gap" and len(result.groups) != 2):
        return None
    return mean_floor([run.records[at] for run in runs], result.groups, disparity)


def _over_budget(own: _Standing) -> OverBudget:
    before = [one for run in own.runs.values() for one in run.rounds[: own.at]]
    so_far = [run.rounds[: own.at + 1] for run in own.runs.values()]
    return OverBudget(_picked_share(before, own.groups), _areas(so_far))


def _picked_share(rounds: list[Judgement], groups: tuple[str, ...]) -> dict[str, float]:
    counts = {g: sum((one.picked_by_group or {}).get(g, 0) for one in rounds) for g in groups}
    total = sum(counts.values())
    return {group: count / total for group, count in counts.items()} if total else {}


_AREAS = {
    "dice": lambda r: r.dice,
    "worst_group": lambda r: min(r.dice_by_group.values()),
    "es_dice": lambda r: r.es_dice,
    "gap": lambda r: r.gap,
}


def _areas(runs: list[list[Judgement]]) -> dict[str, float]:
    areas = {}
    for name, of in _AREAS.items():
        each = [area_under_budget([r.labelled for r in rounds], [of(r) for r in rounds]) for rounds in runs]
        if None not in each:
            areas[name] = float(np.mean(each))
    return areas


def _mean(values) -> float:
    return float(np.mean(list(values)))
