"""The round in two pure steps: ask for a fit, answer with a record. Whoever computes may live elsewhere."""

import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch

from fairal.cohort.arrays import Cohort
from fairal.cohort.source import Source
from fairal.config import digest
from fairal.config.arm import PLAIN
from fairal.errors import RunError
from fairal.facts.record import Cases, Pick, Record
from fairal.facts.volumes import RoundVolumes
from fairal.fairness.groups import group_means
from fairal.fairness.judgement import Judgement, judge
from fairal.learner.fit import LEARNER, Fit, fit
from fairal.learner.predict import Predictor
from fairal.loop.measure import measure, measure_test, probabilities
from fairal.loop.progress import Progress, silence
from fairal.loop.task import Task
from fairal.loop.view import Sight, pick
from fairal.strategies.catalog import CATALOG
from fairal.strategies.pool import Picks, Pool
from fairal.strategies.scores import group_weights

Strategy = Callable[[Pool, int, np.random.Generator], Picks]
DISPLAYED_OF_A_GROUP = 3
"""Test subjects of each group whose volumes are kept for display."""


@dataclass(frozen=True)
class FitJob:
    """A training to be done: equal keys give equal numbers, so it is done once however many runs ask for it."""

    key: str
    task: Task
    source: Source
    device: torch.device

    def train(self, hear: Progress = silence) -> Fit:
        """Train the network from scratch on the labelled subjects.

        Raises:
            RunError: The loss stopped being finite.
        """
        # Sorted, so that two arms with the same labelled set have the same fit, batch order included.
        rows, wanted = self.source.rows("pool"), set(self.task.labelled)
        at = [i for i, row in enumerate(rows) if row.id in wanted]
        cohort = self._labelled(at, len(rows), lambda done, total: hear("cohort", done, total))
        volumes, masks = (torch.from_numpy(array).to(self.device) for array in (cohort.t1, cohort.mask))
        on_step = lambda step, steps: hear("fit", step, steps)  # noqa: E731
        return fit(volumes, masks, self.task.config.learner, self.task.seed, on_step)

    def _labelled(self, at: Sequence[int], count: int, hear: Callable[[int, int], None]) -> Cohort:
        # The start needs a few subjects alone: another worker may draw the others meanwhile.
        if self.task.round == 0 and len(at) <= count // 4:
            return self.source.load("pool", only=at, hear=hear)
        return self.source.load("pool", hear=hear).part(at)


def ask(task: Task, source: Source, device: torch.device) -> FitJob:
    """Say what must be trained for a round."""
    return FitJob(fit_key(task, source, device), task, source, device)


def fit_key(task: Task, source: Source, device: torch.device) -> str:
    """Digest of everything that a fit's numbers depend on."""
    content = {
        "pool": source.key("pool"),
        "labelled": sorted(task.labelled),
        "seed": task.seed,
        "learner": task.config.learner.model_dump(mode="json"),
        "device": device.type,
        "threads": torch.get_num_threads() if device.type == "cpu" else 0,
        "torch": torch.__version__,
        "version": LEARNER,
    }
    if task.arm.training != PLAIN:
        content["training"] = task.arm.training
    return digest(content)


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
    trained: Fit,
    *,
    strategy: Strategy | None = None,
    cached: bool = False,
    keep_volumes: bool = False,
    hear: Progress = silence,
) -> Round:
    """Measure with the trained network, and pick.

    Args:
        job: What was asked.
        trained: What came back.
        strategy: A function of one's own; by default the arm's query of the catalog.
        cached: Whether the fit was there already; a fact of the record.
        keep_volumes: Fill `Round.volumes`.
        hear: Hears what is going on, may raise to stop.

    Raises:
        RunError: A fit that was kept holds losses that are not finite.
        InputError: A strategy of one's own broke its word.
    """
    _check_finite(job.key, trained)
    task, clock = job.task, _Clock(fit=trained.seconds)
    pool, test = (job.source.load(s, hear=lambda done, total: hear("cohort", done, total)) for s in ("pool", "test"))
    clock.note("cohort")
    predictor = Predictor(trained.weights, task.config.learner, job.device)
    on_test = measure_test(predictor, test, job.source.groups, _displayed(job.source), hear)
    at = {row.id: i for i, row in enumerate(job.source.rows("pool"))}
    served = _served(job, measure(predictor, pool, [at[i] for i in task.labelled], hear))
    clock.note("measure")
    picks = None
    if task.picks:
        labelled = sorted(at[i] for i in task.labelled)
        sight = Sight(task, predictor, pool, sorted(set(at.values()).difference(labelled)), labelled, hear)
        picks = pick(sight, strategy or CATALOG[task.arm.query].load(), served.dice, served.weights)
    clock.note("pick")
    record = replace(_record(job, trained, on_test.cases, served, picks), cached=cached, seconds=clock.seconds)
    volumes = None
    if keep_volumes:
        shown = probabilities(predictor, pool, [at[i] for i in record.picked_ids])
        volumes = RoundVolumes(on_test.probability | shown, on_test.maps)
    return Round(record, job.source.groups, volumes)


def _check_finite(key: str, trained: Fit) -> None:
    if not all(math.isfinite(loss) for loss in trained.losses):
        raise RunError(f"The cached fit {key} holds losses that are not finite; `fairal clean` frees the cache.")


@dataclass(frozen=True)
class _Served:
    """How the model does on what it was trained on: the cases, D_g and w_g."""

    cases: Cases
    dice: dict[str, float]
    weights: dict[str, float]


def _served(job: FitJob, cases: Cases) -> _Served:
    means = group_means(cases.dice, cases.group, job.source.groups)
    dice = {group: 0.0 if mean is None else mean for group, mean in means.items()}
    return _Served(cases, dice, group_weights(dice, job.task.config.query.gamma))


def _record(job: FitJob, trained: Fit, test: Cases, served: _Served, picks: Picks | None) -> Record:
    groups = {row.id: row.group for row in job.source.rows("pool")}
    counts = Counter(groups[id_] for id_ in job.task.labelled)
    return Record(
        round=job.task.round,
        labelled=job.task.labelled,
        labelled_by_group={group: counts[group] for group in job.source.groups},
        labelled_mm3=float(sum(served.cases.volume_mm3)),
        picked=_picked(picks, groups),
        weights=served.weights,
        labelled_dice=served.dice,
        losses=tuple(round(loss, 6) for loss in trained.losses),
        test=test,
        labelled_cases=served.cases,
        fit=job.key,
        cached=False,
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


def _displayed(source: Source) -> set[str]:
    """The first test subjects of each group: those of a pair are the same anatomies."""
    rows = source.rows("test")
    return {row.id for g in source.groups for row in [r for r in rows if r.group == g][:DISPLAYED_OF_A_GROUP]}


def _picked(picks: Picks | None, groups: dict[str, str]) -> tuple[Pick, ...] | None:
    if picks is None:
        return None
    blank = (None,) * len(picks.ids)
    columns = (picks.ids, picks.scores or blank, picks.uncertainty or blank)
    return tuple(Pick(i, groups[i], score, uncertainty) for i, score, uncertainty in zip(*columns, strict=True))
