"""A trained network as the loop uses it: on subjects of a cohort, told of each what its training needs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from fairal.cohort.arrays import Cohort
from fairal.learner.lesson import condition_of
from fairal.learner.predict import Predictor


@dataclass(frozen=True)
class Model:
    """Predicts subjects by their positions in a cohort.

    Attributes:
        predictor: The network.
        training: How it was trained, an id of `TRAININGS`.
        groups: Of the cohort, in its order.
    """

    predictor: Predictor
    training: str
    groups: tuple[str, ...]

    @property
    def device(self) -> torch.device:
        return self.predictor.device

    def batches(self, cohort: Cohort, at: Sequence[int]) -> Iterator[slice]:
        """Cut positions into slices of a bounded number of voxels."""
        return self.predictor.batches(len(at), cohort.t1.shape[1:])

    def probabilities(self, cohort: Cohort, at: Sequence[int]) -> torch.Tensor:
        """Predict foreground probabilities, (B, X, Y, Z) on the device."""
        return self.predictor.probabilities(torch.from_numpy(cohort.t1[at]), self._told(cohort, at))

    def dropout_passes(self, cohort: Cohort, i: int, passes: int, seed: int) -> torch.Tensor:
        """Predict one subject several times with dropout on, (passes, X, Y, Z)."""
        told = self._told(cohort, [i])
        volume = torch.from_numpy(cohort.t1[i])
        return self.predictor.dropout_passes(volume, passes, seed, None if told is None else told[0])

    def features(self, cohort: Cohort, at: Sequence[int]) -> np.ndarray:
        """Give the network's features of subjects, (B, C) float64."""
        parts = [
            self.predictor.embeddings(torch.from_numpy(cohort.t1[at[part]]), self._told(cohort, at[part])).cpu()
            for part in self.batches(cohort, at)
        ]
        return torch.cat(parts).double().numpy()

    def _told(self, cohort: Cohort, at: Sequence[int]) -> torch.Tensor | None:
        condition = condition_of(self.training, [cohort.subjects[i].group for i in at], self.groups)
        return None if condition is None else torch.from_numpy(condition)
