"""What a strategy sees of the pool, and the picks it makes: no mask of an unlabelled subject comes this way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from fairal.cohort.arrays import Cohort
from fairal.facts.record import Record
from fairal.loop.model import Model
from fairal.loop.progress import Progress
from fairal.loop.served import Served, by_group
from fairal.loop.task import Task
from fairal.seeds import number, stream
from fairal.strategies.pool import Picks, Pool, ScoreFunction, Standing, check_picks

Strategy = Callable[[Pool, int, np.random.Generator], Picks]


def without_truth(cohort: Cohort) -> Cohort:
    """Give a cohort with its intensities and groups, and with no mask or true volume of anybody.

    A strategy can follow the functions of its `Pool` to the cohort behind them; it must find nothing there.
    """
    subjects = tuple(replace(s, volume_mm3=None, about={}) for s in cohort.subjects)
    return replace(cohort, subjects=subjects, mask=np.broadcast_to(False, cohort.mask.shape))


@dataclass(frozen=True)
class Sight:
    """Looks at volumes for a strategy, through the trained network alone.

    Attributes:
        cohort: The pool, see `without_truth`.
        left, labelled: Positions of the unlabelled and of the labelled subjects.
    """

    task: Task
    model: Model
    cohort: Cohort
    left: Sequence[int]
    labelled: Sequence[int]
    hear: Progress

    def sweep(self, score: ScoreFunction, passes: int) -> np.ndarray:
        """Predict the unlabelled a few at a time and score them, (N,)."""
        scores = []
        for part in self.model.batches(self.cohort, self.left):
            self.hear("pick", part.start, len(self.left))
            p = self._predict(self.left[part], passes)
            with torch.inference_mode():
                scores.append(score(p).cpu().double())
        return torch.cat(scores).numpy()

    def embed(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the network's features of the unlabelled (N, C) and of the labelled (M, C)."""
        return self.model.features(self.cohort, self.left), self.model.features(self.cohort, self.labelled)

    def _predict(self, at: Sequence[int], passes: int) -> torch.Tensor:
        if passes == 1:
            return self.model.probabilities(self.cohort, at)[None]
        # Dropout is drawn per subject: what a subject shows must not depend on who is predicted beside it.
        name = ("dropout", self.task.arm.query, self.task.round)
        seeds = [number(self.task.seed, *name, self.cohort.subjects[i].id) for i in at]
        each = [self.model.dropout_passes(self.cohort, i, passes, s) for i, s in zip(at, seeds, strict=True)]
        return torch.stack(each, dim=1)


def pick(sight: Sight, strategy: Strategy, served: Served) -> Picks:
    """Let a strategy pick, and hold it to its word.

    Raises:
        InputError: It did not keep it.
    """
    task, subjects = sight.task, sight.cohort.subjects
    pool = Pool(
        ids=tuple(subjects[i].id for i in sight.left),
        groups=tuple(subjects[i].group for i in sight.left),
        labelled_dice=served.dice,
        weights=served.weights,
        spacing_mm=sight.cohort.spacing_mm,
        sweep=sight.sweep,
        embed=sight.embed,
        labelled_counts=served.counts,
        held_out=served.held_out,
        history=tuple(_standing(record, sight.model.groups) for record in task.history),
    )
    picks = strategy(pool, task.picks, stream(task.seed, "picks", task.arm.query, task.round))
    check_picks(picks, pool, task.picks)
    return picks


def _standing(record: Record, groups: Sequence[str]) -> Standing:
    held_out = by_group(record.held_out, groups) if record.held_out else {}
    return Standing(record.labelled_by_group, held_out)
