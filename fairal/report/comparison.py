"""Arms compared at one budget in one measure, paired by seed against a baseline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairal.facts.record import Record
from fairal.fairness.disparity import gaps_by_seed, who_paid
from fairal.fairness.judgement import Judgement, MeasureJudgement
from fairal.fairness.measures import MEASURES
from fairal.fairness.statistics import (
    area_under_budget,
    bootstrap_reduction,
    fieller_reduction,
    holm,
    paired_difference,
    reduction,
    signed_reduction,
)
from fairal.report.levels import Against, ArmSummary, Level, OverBudget, Reduction
from fairal.report.quantity import EQUITY_SCALED, MEAN, Quantity, judged_in, served_cases
from fairal.report.results import ExperimentResult, RunResult, comparable_round


@dataclass(frozen=True)
class Reached:
    """The runs of one arm that have reached a round and have a value for every group in it, by seed."""

    result: ExperimentResult
    measure: str
    runs: Mapping[int, RunResult]
    at: int

    @classmethod
    def by(cls, result: ExperimentResult, arm: str, measure: str, at: int) -> "Reached":
        there = {seed: run for seed, run in result.of(arm).items() if len(run.rounds) > at}
        gap = Quantity(measure, "gap")
        known = {seed: run for seed, run in there.items() if gap.of(run.records[at], result.groups) is not None}
        return cls(result, measure, known, at)

    def record(self, seed: int) -> Record:
        return self.runs[seed].records[self.at]

    def judged(self, seed: int) -> MeasureJudgement:
        return judged_in(self.record(seed), self.result.groups, self.measure)

    def cases(self, seed: int):
        return served_cases(self.record(seed), self.result.groups, self.measure, self.result.matched)

    def mean(self, over: str, seeds: Sequence[int]) -> float | None:
        quantity = Quantity(self.measure, over)
        return _mean(quantity.of(self.record(seed), self.result.groups) for seed in seeds)

    def gaps(self, seeds: Sequence[int]) -> list[float]:
        return [self.judged(seed).gap for seed in seeds]

    def means(self, seeds: Sequence[int]) -> np.ndarray:
        """Group means (S, G) of the seeds."""
        return np.array([[self.judged(seed).by_group[group] for group in self.result.groups] for seed in seeds])

    def by_noise(self, quantity: Quantity, seeds: Sequence[int]) -> float | None:
        """What noise alone would show of a disparity, averaged over the seeds; None if unknown."""
        groups, matched = self.result.groups, self.result.matched
        return _mean(quantity.by_noise(self.record(seed), groups, matched) for seed in seeds)

    def level(self, seeds: Sequence[int]) -> Level:
        judged, groups = [self.judged(seed) for seed in seeds], self.result.groups
        return Level(
            measure=self.measure,
            seeds=tuple(seeds),
            overall=self.mean(MEAN, seeds),
            by_group={group: _mean(one.by_group[group] for one in judged) for group in groups},
            worst_group=self.mean("worst_group", seeds),
            gap=self.mean("gap", seeds),
            signed_gap=self.mean("signed_gap", seeds),
            equity_scaled=self.mean(EQUITY_SCALED, seeds),
            gap_by_noise=self.by_noise(Quantity(self.measure, "gap"), seeds),
            failures={group: sum(one.failures[group] for one in judged) for group in groups},
        )


def summarise_experiment(
    result: ExperimentResult, baseline: str | None = None, at_round: int | None = None, measure: str = "dice"
) -> list[ArmSummary]:
    """Compare the arms at one budget, paired by seed against a baseline.

    Args:
        result: From `read_experiment`.
        baseline: An arm; the configuration's by default.
        at_round: The last comparable round by default.
        measure: Of the table of measures.

    Returns:
        One summary per arm and reference that has reached the round; empty before the first round. Without those in
        which, in every seed, some group has no case with a value.
    """
    config, baseline = result.config, baseline or result.config.baseline
    at = comparable_round(result) if at_round is None else at_round
    if at is None:
        return []
    base = Reached.by(result, baseline, measure, at)
    rows = []
    for arm in (*config.strategies, *config.references):
        role = "reference" if arm in config.references else "strategy"
        own = Reached.by(result, arm, measure, 0 if role == "reference" else at)
        if own.runs:
            shared = [] if arm == baseline else sorted(set(own.runs) & set(base.runs))
            labelled = len(own.record(next(iter(own.runs))).labelled)
            against = _against(own, base, shared, baseline) if shared else None
            rows.append(ArmSummary(arm, role, labelled, own.level(list(own.runs)), against, _over_budget(own)))
    return _adjusted(rows)


def _against(own: Reached, base: Reached, seeds: list[int], baseline: str) -> Against:
    levels = own.level(seeds), base.level(seeds)
    paid = who_paid(levels[0].by_group, levels[1].by_group, MEASURES[own.measure])
    signed = [each.tolist() for each in gaps_by_seed(own.means(seeds), base.means(seeds), MEASURES[own.measure])]
    return Against(
        baseline=baseline,
        own=levels[0],
        base=levels[1],
        reduction=_reduction(own, base, seeds, signed),
        difference=paired_difference(*signed),
        p_holm=None,
        paid=paid,
    )


def _reduction(own: Reached, base: Reached, seeds: list[int], signed: list[list[float]]) -> Reduction | None:
    value = reduction(own.gaps(seeds), base.gaps(seeds))
    if value is None:
        return None
    if len(seeds) > 1:
        return Reduction(value, signed_reduction(*signed), fieller_reduction(*signed), "seeds")
    cases = (one.cases(seeds[0]) for one in (own, base))
    return Reduction(value, signed_reduction(*signed), bootstrap_reduction(*cases), "test subjects")


def _adjusted(rows: list[ArmSummary]) -> list[ArmSummary]:
    """Holm's adjustment over the arms; references are not compared with each other."""
    compared = [i for i, row in enumerate(rows) if row.role == "strategy" and row.against]
    for i, p in zip(compared, holm([rows[i].against.difference.p for i in compared]), strict=True):
        rows[i] = replace(rows[i], against=replace(rows[i].against, p_holm=p))
    return rows


def by_noise_alone(result: ExperimentResult, arm: str, quantity: Quantity) -> float | None:
    """What a disparity would show at the last comparable round if all groups were served equally; None if unknown."""
    at = comparable_round(result)
    runs = [run for run in result.of(arm).values() if at is not None and len(run.rounds) > at]
    return _mean(quantity.by_noise(run.records[at], result.groups, result.matched) for run in runs)


def at_equal_error(result: ExperimentResult, arm: str, quantity: Quantity) -> float | None:
    """What a disparity would show at the end if an arm's error were the same for everyone, over its finished seeds."""
    ends = [run.records[-1] for run in result.of(arm).values() if run.records and run.records[-1].fair_line]
    return _mean(quantity.at_equal_error(record, result.groups) for record in ends)


def error_at_the_end_mm(result: ExperimentResult, arm: str) -> float | None:
    """The ASSD, averaged over groups and seeds, at which `at_equal_error` puts everyone."""
    lines = [run.records[-1].fair_line for run in result.of(arm).values() if run.records]
    means = [line["assd_mm"].values() for line in lines if line]
    return _mean(one for each in means for one in each)


def _over_budget(own: Reached) -> OverBudget:
    before = [one for run in own.runs.values() for one in run.rounds[: own.at]]
    areas = {over: _area(own, Quantity(own.measure, over)) for over in (MEAN, "worst_group", EQUITY_SCALED, "gap")}
    share = _picked_share(before, own.result.groups)
    return OverBudget(share, {over: area for over, area in areas.items() if area is not None})


def _area(own: Reached, quantity: Quantity) -> float | None:
    each = []
    for run in own.runs.values():
        records = run.records[: own.at + 1]
        values = [quantity.of(record, own.result.groups) for record in records]
        if None in values:
            return None
        each.append(area_under_budget([len(record.labelled) for record in records], values))
    return _mean(each)


def _picked_share(rounds: list[Judgement], groups: tuple[str, ...]) -> dict[str, float]:
    counts = {g: sum((one.picked_by_group or {}).get(g, 0) for one in rounds) for g in groups}
    total = sum(counts.values())
    return {group: count / total for group, count in counts.items()} if total else {}


def _mean(values: Iterable[float | None]) -> float | None:
    """The mean; None where there is nothing to average, or where one is unknown."""
    known = list(values)
    return float(np.mean(known)) if known and None not in known else None
