"""A round that was computed, by whomever, on its way to the store."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from fairal.cohort.arrays import Cohort
from fairal.cohort.source import Source
from fairal.facts.volumes import SubjectVolumes
from fairal.loop.round import Round
from fairal.loop.task import Task
from fairal.runs.kept import SPLITS


@dataclass(frozen=True)
class Played:
    """A round that was computed, and what goes with it.

    Attributes:
        dice: Mean test Dice of each group.
        displayed: Its displayed subjects by id, those alone that nobody has kept yet.
        seconds: It took, without waiting for a free core.
    """

    done: Round
    dice: dict[str, float]
    displayed: dict[str, SubjectVolumes]
    seconds: float


def keeps_volumes(task: Task) -> bool:
    """Say whether a round's volumes are kept for display."""
    config = task.config
    return config.volumes == "all" or (config.volumes == "first_seed" and task.seed == config.seeds[0])


def displayed_subjects(done: Round, source: Source, kept: Collection[str]) -> dict[str, SubjectVolumes]:
    """Give T1, truth and context of the displayed subjects, but for those whose ids are `kept` already."""
    wanted = sorted(done.volumes.probability.keys() - kept) if done.volumes else []
    if not wanted:
        return {}
    index = {s.id: (cohort, i) for cohort in map(source.load, SPLITS) for i, s in enumerate(cohort.subjects)}
    return {name: _displayed(*index[name], source) for name in wanted}


def _displayed(cohort: Cohort, i: int, source: Source) -> SubjectVolumes:
    grey = ((cohort.t1[i].astype(np.float32) + 3.5) / 6.5 * 255).clip(0, 255).astype(np.uint8)
    return SubjectVolumes(grey, cohort.mask[i].astype(np.uint8), source.context(cohort.subjects[i]))
