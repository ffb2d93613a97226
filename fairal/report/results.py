"""From stored facts to judgements: what a round, a run and an experiment came to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.config import ExperimentConfig
from fairal.errors import FairalError
from fairal.fairness.disparity import DISPARITIES, equity_scaled, gap, signed_gap
from fairal.fairness.groups import group_means
from fairal.runs.queue import shown_state
from fairal.runs.store import RunKey, RunState, Store

CASE_MEASURES = ("dice", "surface_dice", "assd_mm", "hd95_mm", "volume_error")


@dataclass(frozen=True)
class RoundResult:
    """One round's judgements; every number is finite or None."""

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


@dataclass(frozen=True)
class RunResult:
    """One run: who it is, how it stands, its rounds and the records behind them."""

    key: RunKey
    strategy: str
    seed: int
    role: str
    state: str
    reason: str
    stored: RunState
    rounds: list[RoundResult]
    records: list[dict]


@dataclass(frozen=True)
class ExperimentResult:
    """All runs of an experiment."""

    id: str
    created: str
    config: ExperimentConfig
    runs: list[RunResult]

    @property
    def groups(self) -> tuple[str, ...]:
        return self.config.cohort.group_names

    def of(self, strategy: str) -> dict[int, RunResult]:
        """The runs of one strategy, by seed."""
        return {run.seed: run for run in self.runs if run.strategy == strategy}


def judge_round(record: dict, groups: Sequence[str]) -> RoundResult:
    """Derive a round's numbers from its record."""
    cases = record["test"]
    by_group = group_means(cases["dice"], cases["group"], groups)
    means, overall = np.array(list(by_group.values())), float(np.mean(cases["dice"]))
    picked = record["picked"]
    return RoundResult(
        round=record["round"],
        labelled=len(record["labelled"]),
        labelled_mm3=record["labelled_mm3"],
        labelled_by_group=record["labelled_by_group"],
        picked_by_group=None if picked is None else {g: sum(p["group"] == g for p in picked) for g in groups},
        weights=record["weights"],
        labelled_dice_by_group=record["labelled_dice"],
        dice=overall,
        dice_by_group=by_group,
        gap=float(gap(means)),
        signed_gap=float(signed_gap(means)) if len(means) == 2 else None,
        es_dice=float(equity_scaled(overall, means)),
        cached=record["cached"],
        seconds=record["seconds"],
    )


def read_experiment(store: Store, experiment: str) -> ExperimentResult:
    """Read an experiment with everything that is there of it by now.

    A run whose files are damaged counts as failed, with the reason; the others stay usable.
    """
    about, config = store.about(experiment), store.config(experiment)
    runs = []
    for key in store.runs(experiment):
        role = "strategy" if key.strategy in config.strategies else "reference"
        try:
            state = store.state(key)
            shown, reason = shown_state(store, key, state), state.reason
            records = store.rounds(key)
        except FairalError as error:
            state, shown, reason, records = RunState("failed", reason=str(error)), "failed", str(error), []
        rounds = _judged(store, key, records, config.cohort.group_names)
        runs.append(RunResult(key, key.strategy, key.seed, role, shown, reason, state, rounds, records))
    return ExperimentResult(experiment, about["created"], config, runs)


_judged_rounds: dict[tuple, list[RoundResult]] = {}


def _judged(store: Store, key: RunKey, records: list[dict], groups: tuple[str, ...]) -> list[RoundResult]:
    # Judging a record takes a tenth of a millisecond: fine once, not on every refresh of a page of hundreds of runs.
    last = records[-1] if records else {"fit": None, "seconds": {}}
    name = (store.home, key, len(records), last["fit"], *last["seconds"].values())
    if name not in _judged_rounds:
        if len(_judged_rounds) > 4000:
            _judged_rounds.clear()
        _judged_rounds[name] = [judge_round(record, groups) for record in records]
    return _judged_rounds[name]


def comparable_round(result: ExperimentResult) -> int | None:
    """The last round that every strategy has reached with at least one seed; None before the first."""
    reached = [
        max((len(run.rounds) for run in result.of(strategy).values()), default=0)
        for strategy in result.config.strategies
    ]
    return min(reached) - 1 if reached and min(reached) > 0 else None


def case_matrix(record: dict, groups: Sequence[str], measure: str = "dice") -> np.ndarray:
    """Arrange a record's matched test cases as (subjects, groups)."""
    cases = record["test"]
    columns = [[v for v, g in zip(cases[measure], cases["group"], strict=True) if g == group] for group in groups]
    return np.array(columns, dtype=float).T


def disparity_values(rounds: Sequence[RoundResult], measure: str) -> list[float]:
    """Any disparity of the table, for each of several rounds."""
    return [float(DISPARITIES[measure].of(np.array(list(r.dice_by_group.values())))) for r in rounds]
