"""Work out an answer to "label these next": train, score, keep it."""

import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import torch

from fairal import settings
from fairal.cohort.folder.collection import Collection, Collections
from fairal.cohort.folder.source import facts_of
from fairal.cohort.folder.whole import WholeCollection
from fairal.cohort.source import Remembered
from fairal.config import ExperimentConfig
from fairal.config.advice import Question
from fairal.errors import Cancelled, FairalError, RunError
from fairal.facts.advice import Advice, Answer
from fairal.learner.fit import Fit, load_fit, save_fit
from fairal.loop.advice import Recommended, enough_to_hold_out, fold_jobs, next_job, recommend
from fairal.loop.job import FitJob
from fairal.loop.progress import Progress, silence
from fairal.loop.round import Trained
from fairal.runs.advice import Aside, Desk, Work, now
from fairal.runs.kept import POLL_SECONDS
from fairal.runs.reporting import reason_of
from fairal.runs.shelf import Busy, obtain
from fairal.runs.speed import estimate_fits, remember_speed
from fairal.runs.store import Store
from fairal.strategies.catalog import FOLDS


@dataclass(frozen=True)
class Plan:
    """What must be done for an answer, known before anything is trained.

    Attributes:
        collection: As it was when the plan was made.
        job, folds: The trainings.
        aside: Scans that are not offered.
    """

    store: Store
    question: Question
    collection: Collection
    config: ExperimentConfig
    job: FitJob
    folds: tuple[FitJob, ...]
    aside: dict[str, Aside]

    @cached_property
    def desk(self) -> Desk:
        return Desk(self.collection.folder)

    def to_train(self) -> int:
        """Count the trainings that are not on the shelf."""
        shelf = self.store.cache_dirs["fits"]
        return sum(not (shelf / job.key).is_dir() for job in (self.job, *self.folds))

    def cost(self) -> str:
        """Say what the answer costs on this machine."""
        trainings = self.to_train()
        left = len(self.collection.scans) - len(self.job.labelled)
        said = f"{len(self.job.labelled)} labelled scans to train on, {left} without a mask to score"
        if not trainings:
            return f"{said}; the networks are trained already."
        seconds, basis = estimate_fits(self.store, self.config, trainings)
        plural = "s" if trainings > 1 else ""
        return f"{said}; {trainings} training{plural} of {self.question.steps} steps, about {seconds:.0f} s ({basis})."


def plan(store: Store, question: Question) -> Plan:
    """Plan an answer.

    Raises:
        InputError: There is no such collection, or nothing in it is labelled.
        RunError: It is damaged.
    """
    torch.backends.cudnn.deterministic = True  # the same question about the same scans has the same answer
    warnings.filterwarnings("ignore", category=FutureWarning, module="monai")
    if threads := settings.threads():
        torch.set_num_threads(threads)
    collections = Collections(store.home)
    desk = Desk(collections.folder(question.collection))
    try:
        collection, config = collections.open(question.collection), question.experiment()
        known = config.cohort.model_copy(update={"facts": facts_of(config.cohort, store.home)})
        config = config.model_copy(update={"cohort": known})
        aside = desk.aside()
        job = next_job(config, Remembered(WholeCollection(collection)), aside)
    except FairalError as error:
        desk.fail_start(str(error))
        raise
    return Plan(store, question, collection, config, job, fold_jobs(job), aside)


def answer(made: Plan, hear: Progress = silence) -> Answer:
    """Work an answer out, and keep it: whole, or not at all. Trainings that were finished are kept in any case.

    Args:
        made: See `plan`.
        hear: Hears what is going on, may raise to stop.

    Raises:
        InputError: Somebody already works on an answer.
        RunError: It could not be worked out, or somebody asked to stop.
    """
    with made.desk.alone():
        report = _Report(made.desk, hear)
        try:
            given = _work_out(made, report)
        except (Cancelled, KeyboardInterrupt) as stop:
            report.end("stopped", "Stopped; trainings that were finished are kept.")
            if isinstance(stop, KeyboardInterrupt):
                raise
            raise RunError("Stopped; trainings that were finished are kept.") from None
        except Exception as error:
            report.end("failed", str(error) if isinstance(error, FairalError) else reason_of(error, made.store))
            raise
        report.end("done")
        return given


def _work_out(made: Plan, hear: Progress) -> Answer:
    jobs = (made.job, *made.folds)
    fits = [_fit(made, job, _numbered(hear, number, len(jobs))) for number, job in enumerate(jobs, 1)]
    fit, cached = fits[0]
    recommended = recommend(made.job, Trained(fit, cached, tuple(fold for fold, _ in fits[1:])), made.aside, hear)
    given = _answer(made, recommended)
    hear("write", 0, 1)
    made.desk.keep(given, recommended.probability)
    return given


def _numbered(hear: Progress, number: int, count: int) -> Progress:
    """Say of several trainings which one it is."""
    return lambda part, done, total: hear(f"fit {number} of {count}" if part == "fit" else part, done, total)


def _fit(made: Plan, job: FitJob, hear: Progress) -> tuple[Fit, bool]:
    pace = _Pace(hear)
    train: Callable[[], Fit] = lambda: job.train(pace)  # noqa: E731
    while True:
        try:
            fit, cached = obtain(made.store, "fits", job.key, load_fit, train, save_fit)
        except Busy:
            hear("fit", 0, 1)
            time.sleep(POLL_SECONDS)
            continue
        if not cached and pace.seconds:
            remember_speed(made.store, made.config, pace.seconds)
        return fit, cached


class _Pace:
    """Times a training by its steps after the first, which waits for imports that no later training waits for."""

    def __init__(self, hear: Progress) -> None:
        self._hear, self._began, self.seconds = hear, 0.0, 0.0

    def __call__(self, part: str, done: int, total: int) -> None:
        if part == "fit" and done == 1:
            self._began = time.perf_counter()
        elif part == "fit" and done == total:
            self.seconds = (time.perf_counter() - self._began) * total / (total - 1)
        self._hear(part, done, total)


def _answer(made: Plan, recommended: Recommended) -> Answer:
    collection, question, labelled = made.collection, made.question, made.job.labelled
    counts = Counter(collection.scan(id_).group for id_ in labelled)
    files = {scan.participant_id: f"{collection.content.folder}/{scan.image}" for scan in collection.scans}
    advice = Advice(
        collection=collection.name,
        strategy=question.strategy,
        labelled=len(labelled),
        unlabelled=len(collection.scans) - len(labelled),
        labelled_dice=recommended.labelled_dice,
        held_out_dice=recommended.held_out_dice,
        weights=recommended.weights,
        wanted=tuple(replace(wanted, file=files[wanted.participant_id]) for wanted in recommended.wanted),
    )
    return Answer(
        time=now(),
        digest=collection.digest,
        training=question.training,
        seed=question.seed,
        steps=question.steps,
        folds=FOLDS if enough_to_hold_out(made.job) else 0,
        labelled_by_group={group: counts[group] for group in collection.groups},
        labelled_ids=labelled,
        advice=advice,
    )


class _Report:
    """Tells two listeners of the progress: whoever waits here, and, once a second, whoever reads the state."""

    def __init__(self, desk: Desk, hear: Progress) -> None:
        self._desk, self._hear, self._last = desk, hear, 0.0
        self._work = Work("running", started=time.time())
        desk.write_work(self._work)

    def __call__(self, part: str, done: int, total: int) -> None:
        if self._desk.asked_to_stop():
            raise Cancelled
        self._hear(part, done, total)
        if time.monotonic() - self._last >= 1.0:
            self._last = time.monotonic()
            self._work = replace(self._work, part=part, done=done, total=total)
            self._desk.write_work(self._work)

    def end(self, state: str, reason: str = "") -> None:
        self._desk.write_work(Work(state, reason=reason, started=self._work.started))
