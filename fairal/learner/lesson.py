"""What a training is given besides scans: who is drawn when, what the network is told, whose losses are weighed.

The groups end here. `fit` sees positions, channels and strata, and need not know what they stand for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fairal.config import LearnerConfig
from fairal.learner.schedules import SCHEDULES
from fairal.learner.trainings import PLAIN, TRAININGS
from fairal.seeds import stream


@dataclass(frozen=True)
class Lesson:
    """How N labelled subjects are trained on.

    Attributes:
        order: (steps, batch_size) positions in 0..N-1.
        condition: (N, C) factors; each makes an input channel of the volume times the factor. None for none.
        strata: (N,) numbers from 0, whose losses are weighed against each other by group DRO. None for equal weights.
    """

    order: np.ndarray
    condition: np.ndarray | None = None
    strata: np.ndarray | None = None


def plan_lesson(training: str, groups: Sequence[str], names: Sequence[str], config: LearnerConfig, seed: int) -> Lesson:
    """Plan a training.

    Args:
        training: An id of `TRAININGS`.
        groups: Of the N labelled subjects, in the order of the volumes given to `fit`.
        names: All groups of the cohort, in its order, whether labelled or not.
        config: Steps and batch size.
        seed: Of the run. The order is the same for every strategy and round of a seed and labelled groups.
    """
    how = TRAININGS[training]
    return Lesson(
        order=SCHEDULES[how.schedule](groups, config, stream(seed, "batches")),
        condition=condition_of(training, groups, names),
        strata=np.array([list(names).index(group) for group in groups]) if how.robust else None,
    )


def plain_lesson(count: int, config: LearnerConfig, seed: int) -> Lesson:
    """Plan the plain training of `count` subjects, whose groups it does not look at."""
    return plan_lesson(PLAIN, [""] * count, [""], config, seed)


def condition_of(training: str, groups: Sequence[str], names: Sequence[str]) -> np.ndarray | None:
    """Say what a training's network must be told of each scan, in training and at prediction.

    Deviation coding: group i of G has +1 in channel i, the last group −1 in every one. For two groups that is one
    channel of ±1, whose filters are w₁ + w₂ and w₁ − w₂; the plain filter is in any case the mean over groups.

    Args:
        training: An id of `TRAININGS`.
        groups: Of N scans.
        names: All G groups of the cohort, in its order.

    Returns:
        (N, G − 1) float32; None where the network is told nothing.
    """
    if not TRAININGS[training].needs_group_at_prediction:
        return None
    codes = np.vstack([np.eye(len(names) - 1), -np.ones(len(names) - 1)])
    return codes[[list(names).index(group) for group in groups]].astype(np.float32)
