"""What a round comes to: measure with the network that came back, and pick. Whoever trained it may live elsewhere."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch

from fairal.cohort.arrays import Cohort
from fairal.errors import RunError
from fairal.facts.record import Cases, Pick, Record
from fairal.facts.volumes import RoundVolumes
from fairal.fairness.judgement import Judgement, judge
from fairal.learner.fit import Fit
from fairal.learner.predict import Predictor
from fairal.loop.display import fixed, for_display
from fairal.loop.equal_error import at_equal_error
from fairal.loop.job import FitJob, folds_of
from fairal.loop.measure import measure, measure_test
from fairal.loop.model import Model
from fairal.loop.progress import Progress, silence
from fairal.loop.served import Served, serve
from fairal.loop.view import Sight, Strategy, pick, without_truth
from fairal.strategies.catalog import CATALOG, REFERENCES
from fairal.strategies.pool import Picks


@dataclass(frozen=True)
class Trained:
    """What came back for a round.

    Attributes:
        fit: Of `ask`.
        cached: Whether an equal run had trained it.
        folds: Those of `ask_folds`.
    """

    fit: Fit
    cached: bool = False
    folds: tuple[Fit, ...] = ()


@dataclass(frozen=True)
class Round:
    """One finished round.

    Attributes:
        record: Its facts, as they are stored.
        groups: Of the cohort, in its order.
        volumes: For display; None unless asked for.
    """

    record: Record
    groups: tuple[str, ...]
    volumes: RoundVolumes | None = field(default=None, repr=False)

    @cached_property
    def judgement(self) -> Judgement:
        """What the record says about each group."""
        return judge(self.record, self.groups)

    @property
    def labelled(self) -> int:
        """Subjects labelled in this round."""
        return len(self.record.labelled)

    @property
    def dice_by_group(self) -> dict[str, float]:
        """Mean test Dice of each group."""
        return self.judgement.dice_by_group

    @property
    def gap(self) -> float:
        """Best group's mean Dice minus the worst group's."""
        return self.judgement.gap


def answer(
    job: FitJob,
    trained: Trained,
    *,
    strategy: Strategy | None = None,
    keep_volumes: bool = False,
    hear: Progress = silence,
) -> Round:
    """Measure with the trained network, and pick.

    Args:
        job: What was asked.
        trained: What came back.
        strategy: A function of one's own; by default the arm's query of the catalog.
        keep_volumes: Fill `Round.volumes`.
        hear: Hears what is going on, may raise to stop.

    Raises:
        RunError: A fit that was kept holds losses that are not finite.
        InputError: A strategy of one's own broke its word.
    """
    task, clock = job.task, _Clock(fit=trained.fit.seconds + sum(fold.seconds for fold in trained.folds))
    pool, test = (job.source.load(s, hear=lambda done, total: hear("cohort", done, total)) for s in ("pool", "test"))
    clock.note("cohort")
    model = model_of(job, trained.fit)
    on_test = measure_test(model, test, job.source.groups, fixed(job.source), hear)
    at = {row.id: i for i, row in enumerate(job.source.rows("pool"))}
    own = measure(model, pool, [at[i] for i in task.labelled], hear)
    held_out = measure_folds(job, trained.folds, pool, at, hear)
    served = serve(own, held_out, job.source.groups, task.config.query)
    clock.note("measure")
    picks = None
    if task.picks:
        labelled = sorted(at[i] for i in task.labelled)
        sight = Sight(task, model, without_truth(pool), sorted(set(at.values()).difference(labelled)), labelled, hear)
        picks = pick(sight, strategy or CATALOG[task.arm.query].load(), served)
    clock.note("pick")
    line = None
    if not task.picks and task.arm.query not in REFERENCES:
        line = at_equal_error(test, on_test.cases, job.source.groups, task.seed)
        clock.note("fair line")
    record = _record(job, trained, on_test.cases, served, picks)
    record = replace(record, seconds=clock.seconds, held_out=held_out, fair_line=line)
    volumes = for_display(model, pool, test, on_test, record) if keep_volumes else None
    return Round(record, job.source.groups, volumes)


def model_of(job: FitJob, trained: Fit) -> Model:
    """Make the model that predicts with what came back.

    Raises:
        RunError: A fit that was kept holds losses that are not finite.
    """
    if not all(math.isfinite(loss) for loss in trained.losses):
        raise RunError(f"The cached fit {job.key} holds losses that are not finite; `fairal clean` frees the cache.")
    predictor = Predictor(trained.weights, job.task.config.learner, job.device)
    return Model(predictor, job.task.arm.training, job.source.groups)


def measure_folds(
    job: FitJob, fits: Sequence[Fit], pool: Cohort, at: Mapping[str, int], hear: Progress
) -> Cases | None:
    """Measure each fold's subjects with the network that was not trained on them."""
    folds = folds_of(job) if fits else {}
    parts = [
        measure(model_of(job, trained), pool, [at[id_] for id_, own in folds.items() if own == fold], hear)
        for fold, trained in enumerate(fits)
    ]
    return Cases.joined(parts) if parts else None


def _record(job: FitJob, trained: Trained, test: Cases, served: Served, picks: Picks | None) -> Record:
    groups = {row.id: row.group for row in job.source.rows("pool")}
    return Record(
        round=job.task.round,
        labelled=job.task.labelled,
        labelled_by_group=served.counts,
        labelled_mm3=float(sum(served.cases.volume_mm3)),
        picked=_picked(picks, groups),
        weights=served.weights,
        labelled_dice=served.dice,
        losses=tuple(round(loss, 6) for loss in trained.fit.losses),
        test=test,
        labelled_cases=served.cases,
        fit=job.key,
        cached=trained.cached,
        seconds={},
        device=str(job.device),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
    )


class _Clock:
    """Seconds of a round's parts."""

    def __init__(self, **known: float) -> None:
        self.seconds = {name: round(value, 4) for name, value in known.items()}
        self._last = time.perf_counter()

    def note(self, part: str) -> None:
        """Book what went by since the last note."""
        now = time.perf_counter()
        self.seconds[part] = round(now - self._last, 4)
        self._last = now


def _picked(picks: Picks | None, groups: dict[str, str]) -> tuple[Pick, ...] | None:
    if picks is None:
        return None
    blank = (None,) * len(picks.ids)
    columns = (picks.ids, picks.scores or blank, picks.uncertainty or blank)
    return tuple(Pick(i, groups[i], score, uncertainty) for i, score, uncertainty in zip(*columns, strict=True))
