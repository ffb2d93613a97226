"""Who is drawn for each step of a training."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from fairal.config import LearnerConfig

Schedule = Callable[[Sequence[str], LearnerConfig, np.random.Generator], np.ndarray]
"""Groups of the N labelled subjects, steps and batch size, and a stream to (steps, batch_size) positions in 0..N-1."""


def plain(groups: Sequence[str], config: LearnerConfig, rng: np.random.Generator) -> np.ndarray:
    """Draw whole shuffles of the labelled set, one after another; the groups do not matter."""
    return _first(_shuffles(np.arange(len(groups)), rng), config)


def balanced(groups: Sequence[str], config: LearnerConfig, rng: np.random.Generator) -> np.ndarray:
    """Draw every labelled group equally often, whole shuffles inside each.

    The draws go through the groups in turns, each turn in an order of its own: at any time no group is ahead of another
    by more than one draw. A group with none labelled has no part in it.
    """
    of_each = np.asarray(groups)
    members = [_shuffles(np.flatnonzero(of_each == group), rng) for group in dict.fromkeys(groups)]
    turns = _shuffles(np.arange(len(members)), rng)
    return _first((next(members[group]) for group in turns), config)


SCHEDULES: dict[str, Schedule] = {"plain": plain, "balanced": balanced}


def _shuffles(positions: np.ndarray, rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from positions[rng.permutation(len(positions))]


def _first(draws: Iterator[int], config: LearnerConfig) -> np.ndarray:
    needed = config.steps * config.batch_size
    return np.fromiter(draws, dtype=np.int64, count=needed).reshape(config.steps, config.batch_size)
