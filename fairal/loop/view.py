"""What a strategy sees of the pool, and the picks it makes: no mask of an unlabelled subject comes this way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fairal.cohort.arrays import Cohort
from fairal.learner.predict import Predictor
from fairal.loop.progress import Progress
from fairal.loop.task import Task
from fairal.seeds import number, stream
from fairal.strategies.pool import Picks, Pool, ScoreFunction, check_picks


@dataclass(frozen=True)
class Sight:
    """Looks at volumes for a strategy, through the trained network alone.

    Attributes:
        cohort: The pool; of it only intensities are read.
        left, labelled: Positions of the unlabelled and of the labelled subjects.
    """

    task: Task
    predictor: Predictor
    cohort: Cohort
    left: Sequence[int]
    labelled: Sequence[int]
    hear: Progress

    def sweep(self, score: ScoreFunction, passes: int) -> np.ndarray:
        """Predict the unlabelled a few at a time and score them, (N,)."""
        scores = []
        for part in self.predictor.batches(len(self.left), self.cohort.t1.shape[1:]):
            self.hear("pick", part.start, len(self.left))
            p = self._predict(self.left[part], passes)
            with torch.inference_mode():
                scores.append(score(p).cpu().double())
        return torch.cat(scores).numpy()

    def embed(self) -> tuple[np.ndarray, np.ndarray]:
        """Give the network's features of the unlabelled (N, C) and of the labelled (M, C)."""
        return self._features(self.left), self._features(self.labelled)

    def _predict(self, at: Sequence[int], passes: int) -> torch.Tensor:
        volumes = torch.from_numpy(self.cohort.t1[at])
        if passes == 1:
            return self.predictor.probabilities(volumes)[None]
        # Dropout is drawn per subject: what a subject shows must not depend on who is predicted beside it.
        name = ("dropout", self.task.arm.query, self.task.round)
        seeds = [number(self.task.seed, *name, self.cohort.subjects[i].id) for i in at]
        each = [self.predictor.dropout_passes(v, passes, s) for v, s in zip(volumes, seeds, strict=True)]
        return torch.stack(each, dim=1)

    def _features(self, at: Sequence[int]) -> np.ndarray:
        parts = [
            self.predictor.embeddings(torch.from_numpy(self.cohort.t1[at[part]])).cpu()
            for part in self.predictor.batches(len(at), self.cohort.t1.shape[1:])
        ]
        return torch.cat(parts).double().numpy()


def pick(sight: Sight, strategy, labelled_dice: dict[str, float], weights: dict[str, float]) -> Picks:
    """Let a strategy pick, and hold it to its word.

    Raises:
        InputError: It did not keep it.
    """
    task, subjects = sight.task, sight.cohort.subjects
    pool = Pool(
        ids=tuple(subjects[i].id for i in sight.left),
        groups=tuple(subjects[i].group for i in sight.left),
        labelled_dice=labelled_dice,
        weights=weights,
        spacing_mm=sight.cohort.spacing_mm,
        sweep=sight.sweep,
        embed=sight.embed,
    )
    picks = strategy(pool, task.picks, stream(task.seed, "picks", task.arm.query, task.round))
    check_picks(picks, pool, task.picks)
    return picks
