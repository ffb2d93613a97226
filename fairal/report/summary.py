"""From rounds to a comparison: every strategy at one budget, against a baseline, with its statistics and who paid."""

from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from fairal.facts.record import Record
from fairal.fairness.disparity import DISPARITIES, noise_floor, who_paid
from fairal.fairness.judgement import Judgement
from fairal.fairness.statistics import (
    area_under_budget,
    bootstrap_reduction,
    fieller_reduction,
    holm,
    paired_difference,
    reduction,
)
from fairal.report.results import ExperimentResult, RunResult, case_matrix, comparable_round


@dataclass(frozen=True)
class StrategySummary:
    """One strategy at one budget, over seeds. `interval` is the reduction's, by Fieller; bootstrapped for one seed.

    Attributes:
        seeds: How many seeds the means are over.
        paired: Seeds shared with the baseline, which the comparison rests on.
        gap_difference, gap_interval, p, p_holm: Gap minus the baseline's, its paired t interval, and tests.
        gap_by_noise: The gap that the scatter of cases alone would show at a true gap of 0.
        area: Area under the budget curve (budget scaled to [0, 1]) of Dice, worst-group Dice, ES-Dice and gap; empty
            below two budgets.
        interval_kind: ``seeds`` (Fieller), ``test subjects`` (bootstrap, one seed), or None.
    """

    strategy: str
    role: str
    seeds: int
    paired: int
    labelled: int
    dice: float
    dice_by_group: dict[str, float]
    worst_group_dice: float
    gap: float
    signed_gap: float | None
    es_dice: float
    gap_by_noise: float | None
    disparity_reduction: float | None
    interval: tuple[float, float] | None
    interval_kind: str | None
    gap_difference: float | None
    gap_interval: tuple[float, float] | None
    p: float | None
    p_holm: float | None
    worst_group: str | None
    best_group: str | None
    worst_group_gain: float | None
    best_group_loss: float | None
    picked_share: dict[str, float]
    area: dict[str, float]


def summarise_experiment(
    result: ExperimentResult, baseline: str | None = None, at_round: int | None = None
) -> list[StrategySummary]:
    """Compare the strategies at one budget, paired by seed against a baseline.

    Args:
        result: From `read_experiment`.
        baseline: A strategy id; the configuration's by default.
        at_round: The last comparable round by default.

    Returns:
        One summary per strategy and reference that has reached the round; empty before the first round.
    """
    baseline = baseline or result.config.baseline
    at = comparable_round(result) if at_round is None else at_round
    if at is None:
        return []
    base = {seed: run for seed, run in result.of(baseline).items() if len(run.rounds) > at}
    rows = []
    for strategy in (*result.config.strategies, *result.config.references):
        last = 0 if strategy in result.config.references else at
        runs = {seed: run for seed, run in result.of(strategy).items() if len(run.rounds) > last}
        if runs:
            rows.append(_summarise(result, strategy, runs, last, base, at, is_baseline=strategy == baseline))
    tested = [row for row in rows if row["role"] == "strategy"]
    for row, adjusted in zip(tested, holm([row["p"] for row in tested]), strict=True):
        row["p_holm"] = adjusted
    return [StrategySummary(**row) for row in rows]


def _summarise(
    result: ExperimentResult,
    strategy: str,
    runs: dict[int, RunResult],
    at: int,
    base: dict[int, RunResult],
    base_at: int,
    is_baseline: bool,
) -> dict:
    rounds = [run.rounds[at] for run in runs.values()]
    groups = result.groups
    means = {g: float(np.mean([r.dice_by_group[g] for r in rounds])) for g in groups}
    shared = [] if is_baseline else sorted(set(runs) & set(base))
    own = [runs[s].rounds[at] for s in shared]
    other = [base[s].rounds[base_at] for s in shared]
    row = {
        "strategy": strategy,
        "role": "reference" if strategy in result.config.references else "strategy",
        "seeds": len(rounds),
        "paired": len(shared),
        "labelled": rounds[0].labelled,
        "dice": float(np.mean([r.dice for r in rounds])),
        "dice_by_group": means,
        "worst_group_dice": float(np.mean([min(r.dice_by_group.values()) for r in rounds])),
        "gap": float(np.mean([r.gap for r in rounds])),
        "signed_gap": float(np.mean([r.signed_gap for r in rounds])) if len(groups) == 2 else None,
        "es_dice": float(np.mean([r.es_dice for r in rounds])),
        "gap_by_noise": _mean_floor([run.records[at] for run in runs.values()], groups),
        "disparity_reduction": None, "interval": None, "interval_kind": None, "gap_difference": None,
        "gap_interval": None, "p": None, "p_holm": None, "worst_group": None, "best_group": None,
        "worst_group_gain": None, "best_group_loss": None,
        "picked_share": _picked_share([run.rounds[:at] for run in runs.values()], groups),
        "area": _areas([run.rounds[: at + 1] for run in runs.values()]),
    }  # fmt: skip
    if not shared:
        return row
    gaps, base_gaps = [r.gap for r in own], [r.gap for r in other]
    row["disparity_reduction"] = reduction(gaps, base_gaps)
    if row["disparity_reduction"] is not None:
        if len(shared) > 1:
            row["interval"], row["interval_kind"] = fieller_reduction(gaps, base_gaps), "seeds"
        else:
            seed = shared[0]
            matrices = [case_matrix(r, groups) for r in (runs[seed].records[at], base[seed].records[base_at])]
            row["interval"], row["interval_kind"] = bootstrap_reduction(*matrices), "test subjects"
    difference = paired_difference(gaps, base_gaps)
    row |= {"gap_difference": difference.mean, "gap_interval": difference.interval, "p": difference.p}
    mean_of = lambda many: {g: float(np.mean([r.dice_by_group[g] for r in many])) for g in groups}  # noqa: E731
    paid = who_paid(mean_of(own), mean_of(other))
    return row | {
        "worst_group": paid.worst, "best_group": paid.best,
        "worst_group_gain": paid.worst_gain, "best_group_loss": paid.best_loss,
    }  # fmt: skip


def _mean_floor(records: list[Record], groups: tuple[str, ...], measure: str = "gap") -> float | None:
    floors = [_floor(tuple(map(tuple, case_matrix(record, groups))), measure) for record in records]
    return float(np.mean(floors)) if np.isfinite(floors).all() else None


@lru_cache(maxsize=2048)
def _floor(cases: tuple, measure: str) -> float:
    return noise_floor(np.array(cases), DISPARITIES[measure].of)


def by_noise_alone(result: ExperimentResult, strategy: str, measure: str) -> float | None:
    """What a disparity would show at the last comparable round if all groups were served equally; None if unknown."""
    at = comparable_round(result)
    runs = [run for run in result.of(strategy).values() if at is not None and len(run.rounds) > at]
    if not runs or measure not in DISPARITIES or (measure == "signed_gap" and len(result.groups) != 2):
        return None
    return _mean_floor([run.records[at] for run in runs], result.groups, measure)


def _picked_share(rounds: list[list[Judgement]], groups: tuple[str, ...]) -> dict[str, float]:
    counts = dict.fromkeys(groups, 0)
    for run in rounds:
        for one in run:
            for group, count in (one.picked_by_group or {}).items():
                counts[group] += count
    total = sum(counts.values())
    return {group: count / total for group, count in counts.items()} if total else {}


def _areas(runs: list[list[Judgement]]) -> dict[str, float]:
    values = {
        "dice": lambda r: r.dice,
        "worst_group": lambda r: min(r.dice_by_group.values()),
        "es_dice": lambda r: r.es_dice,
        "gap": lambda r: r.gap,
    }
    areas = {}
    for name, of in values.items():
        each = [area_under_budget([r.labelled for r in rounds], [of(r) for r in rounds]) for rounds in runs]
        if None not in each:
            areas[name] = float(np.mean(each))
    return areas


def experiment_json(result: ExperimentResult) -> dict:
    """Give an experiment in the shape that other programs rely on (``fairal show --json``)."""
    kept = (
        "strategy", "seeds", "dice", "dice_by_group", "gap", "signed_gap", "es_dice", "disparity_reduction",
        "interval", "worst_group_gain", "best_group_loss",
    )  # fmt: skip
    return {
        "experiment": result.id,
        "config": result.config.model_dump(mode="json"),
        "runs": [
            {
                "run": run.key.run,
                "strategy": run.strategy,
                "seed": run.seed,
                "state": run.state,
                "role": run.role,
                "rounds": [asdict(round_) for round_ in run.rounds],
            }
            for run in result.runs
        ],
        "summary": [{name: getattr(row, name) for name in kept} for row in summarise_experiment(result)],
    }


def headline(result: ExperimentResult, summary: list[StrategySummary], baseline: str) -> str:
    """Say in a sentence or two what the comparison came to, against the paper's claim, and who paid.

    Returns:
        Nothing where there is nothing to say: without the paper's strategy or the baseline, or at the common start.
    """
    by_id = {row.strategy: row for row in summary}
    row, base = by_id.get("weighted_entropy"), by_id.get(baseline)
    if row is None or base is None or row is base or row.disparity_reduction is None or is_start(result, summary):
        return ""
    n = "one seed" if row.paired == 1 else f"{row.paired} seeds"
    share, versus = row.disparity_reduction, baseline.replace("_", " ")
    final = row.labelled >= result.config.query.budget
    so_far = "" if final else f"So far, at {row.labelled} of {result.config.query.budget} labelled scans: "
    if share > 0:
        text = f"Weighted entropy cut the gap by {share:.0%} against {versus} ({n}): "
    else:
        against = "Against the paper's claim, weighted" if final else "Weighted"
        text = f"{against} entropy did not cut the gap: {base.gap:.3f} became {row.gap:.3f} ({n}): "
    return so_far + text + paid_sentence(row)


def is_start(result: ExperimentResult, summary: list[StrategySummary]) -> bool:
    """Tell whether this is the common start, where all strategies share one model and nothing can differ."""
    started = sum(result.config.query.start.values())
    return bool(summary) and result.config.query.rounds > 0 and summary[0].labelled <= started


def paid_sentence(row: StrategySummary) -> str:
    """Say who paid for a change of gap."""
    if row.worst_group_gain is None:
        return ""
    gain, loss = row.worst_group_gain, row.best_group_loss
    first = f"the {row.worst_group} group {'gained' if gain >= 0 else 'lost'} {abs(gain):.3f} Dice"
    second = f"the {row.best_group} group {'lost' if loss > 0 else 'gained'} {abs(loss):.3f}."
    return f"{first}, {second}"
