"""From stored facts to judgements: what a round, a run and an experiment came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from fairal.config import ExperimentConfig
from fairal.facts.record import Record
from fairal.facts.state import ENDED
from fairal.fairness.judgement import Judgement, judge
from fairal.runs.paths import RunKey
from fairal.runs.reader import Reader


@dataclass(frozen=True)
class RunResult:
    """One run: who it is, how it stands, its rounds and the records behind them."""

    key: RunKey
    strategy: str
    seed: int
    role: str
    state: str
    reason: str
    rounds: list[Judgement]
    records: Sequence[Record]


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

    @property
    def matched(self) -> bool:
        """Whether test subject i exists once per group, so that cases may be paired over groups."""
        return self.config.cohort.matched

    @property
    def synthetic(self) -> bool:
        """Whether the brains were drawn by a generator; a person's own scans otherwise."""
        return self.config.cohort.kind == "synthetic"

    @property
    def growing(self) -> bool:
        """Whether any of its runs may still bring a round."""
        return any(run.state not in ENDED for run in self.runs)

    def of(self, strategy: str) -> dict[int, RunResult]:
        """The runs of one strategy, by seed."""
        return {run.seed: run for run in self.runs if run.strategy == strategy}


def read_experiment(reader: Reader, experiment: str) -> ExperimentResult:
    """Read an experiment with everything that is there of it by now.

    A run whose files are damaged counts as failed, with the reason; the others stay usable.
    """
    snapshot = reader.snapshot(experiment)
    groups = snapshot.config.cohort.group_names
    runs = [
        RunResult(
            run.key, str(run.key.arm), run.key.seed, run.role, run.shown, run.reason,
            [judged(record, groups) for record in run.records], run.records,
        )
        for run in snapshot.runs
    ]  # fmt: skip
    return ExperimentResult(snapshot.id, snapshot.created, snapshot.config, runs)


_judgements: WeakKeyDictionary[Record, dict[tuple[str, ...], Judgement]] = WeakKeyDictionary()


def judged(record: Record, groups: tuple[str, ...]) -> Judgement:
    """Judge a record, once: what is shown of a round is derived from its record wherever it is shown."""
    # Judging a record takes a tenth of a millisecond: fine once, not on every refresh of a page of hundreds of runs.
    kept = _judgements.setdefault(record, {})
    if groups not in kept:
        kept[groups] = judge(record, groups)
    return kept[groups]


def comparable_round(result: ExperimentResult) -> int | None:
    """The last round that every strategy has reached with at least one seed; None before the first."""
    reached = _reached(result)
    return min(reached.values()) - 1 if reached and min(reached.values()) > 0 else None


def common_round(result: ExperimentResult) -> int | None:
    """The same of those strategies alone that have a finished round: they cannot be compared with the others."""
    reached = [count for count in _reached(result).values() if count]
    return min(reached) - 1 if reached else None


def without_round(result: ExperimentResult) -> list[str]:
    """Name the strategies of which no finished round can be read."""
    return [strategy for strategy, count in _reached(result).items() if not count]


def _reached(result: ExperimentResult) -> dict[str, int]:
    """Count the rounds of each strategy's seed that has the most."""
    return {
        strategy: max((len(run.rounds) for run in result.of(strategy).values()), default=0)
        for strategy in result.config.strategies
    }


def sample(result: ExperimentResult) -> str:
    """Say over how many seeds and test subjects the numbers are."""
    seeds = len({run.seed for run in result.runs if run.rounds})
    return f"n = {seeds} seed{'s' if seeds != 1 else ''}, {result.config.cohort.test_text} each"


def mixture(result: ExperimentResult) -> str:
    """Say where rounds were computed in unlike ways; nothing where all were computed alike.

    A round's numbers depend on the device, on a processor on the number of threads as well, and on torch's version.
    """
    records = [record for run in result.runs for record in run.records]
    ways = {(r.device, r.threads if r.device == "cpu" else 0, r.torch) for r in records}
    if len(ways) < 2:
        return ""
    devices, threads, versions = (sorted({way[i] for way in ways}) for i in range(3))
    unlike = [f"on {' and '.join(devices)}"] if len(devices) > 1 else []
    if len(counts := [count for count in threads if count]) > 1:
        unlike.append(f"on {' and '.join(map(str, counts))} threads")
    if len(versions) > 1:
        unlike.append(f"by torch {' and '.join(versions)}")
    return f"Rounds computed {', '.join(unlike)} are compared: small differences may come from that."
