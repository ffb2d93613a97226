"""What must be trained for a round: fit jobs, with keys that say what their numbers depend on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from fairal.cohort.arrays import Cohort
from fairal.cohort.source import Source
from fairal.config import digest
from fairal.learner.fit import LEARNER, Fit, fit
from fairal.learner.folds import two_folds
from fairal.learner.lesson import plan_lesson
from fairal.learner.trainings import PLAIN
from fairal.loop.progress import Progress, silence
from fairal.loop.task import Task
from fairal.strategies.catalog import FOLDS


@dataclass(frozen=True)
class FitJob:
    """A training to be done: equal keys give equal numbers, so it is done once however many runs ask for it.

    Attributes:
        labelled: Ids of the subjects to train on.
    """

    key: str
    task: Task
    labelled: tuple[str, ...]
    source: Source
    device: torch.device

    def train(self, hear: Progress = silence) -> Fit:
        """Train the network from scratch.

        Raises:
            RunError: The loss stopped being finite.
        """
        # In the pool's order, so that two arms with the same labelled set have the same fit, batch order included.
        rows, wanted = self.source.rows("pool"), set(self.labelled)
        at = [i for i, row in enumerate(rows) if row.id in wanted]
        cohort = self._labelled(at, len(rows), lambda done, total: hear("cohort", done, total))
        volumes, masks = (torch.from_numpy(array).to(self.device) for array in (cohort.t1, cohort.mask))
        learner, seed = self.task.config.learner, self.task.seed
        groups = [rows[i].group for i in at]
        lesson = plan_lesson(self.task.arm.training, groups, self.source.groups, learner, seed)
        return fit(volumes, masks, learner, seed, lambda step, steps: hear("fit", step, steps), lesson)

    def _labelled(self, at: Sequence[int], count: int, hear: Callable[[int, int], None]) -> Cohort:
        # The start needs a few subjects alone: another worker may draw the others meanwhile.
        if self.task.round == 0 and len(at) <= count // 4:
            return self.source.load("pool", only=at, hear=hear)
        return self.source.load("pool", hear=hear).part(at)


def ask(task: Task, source: Source, device: torch.device) -> FitJob:
    """Say what must be trained for a round."""
    return _job(task, task.labelled, source, device)


def ask_folds(job: FitJob, always: bool = False) -> tuple[FitJob, ...]:
    """Say what must be trained for a round's out-of-fold results; nothing where none are asked for or possible.

    The job at place f trains on what is not in fold f.

    Args:
        job: Of the round.
        always: Whether the task asks for them or not.
    """
    if not (always or job.task.needs_folds) or len(job.labelled) < FOLDS:
        return ()
    kept = [tuple(id_ for id_, f in folds_of(job).items() if f != fold) for fold in range(FOLDS)]
    return tuple(_job(job.task, labelled, job.source, job.device) for labelled in kept)


def _job(task: Task, labelled: Sequence[str], source: Source, device: torch.device) -> FitJob:
    return FitJob(fit_key(task, labelled, source, device), task, tuple(labelled), source, device)


def folds_of(job: FitJob) -> dict[str, int]:
    """Deal the labelled subjects into folds, by id."""
    groups = {row.id: row.group for row in job.source.rows("pool")}
    ids = sorted(job.labelled)
    return dict(zip(ids, two_folds([groups[id_] for id_ in ids], job.task.seed).tolist(), strict=True))


def fit_key(task: Task, labelled: Sequence[str], source: Source, device: torch.device) -> str:
    """Digest of everything that a fit's numbers depend on."""
    content = {
        "pool": source.key("pool"),
        "labelled": sorted(labelled),
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
