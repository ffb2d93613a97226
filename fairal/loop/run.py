"""The active-learning loop: train from scratch, measure the test set, pick; a generator of rounds.

Whoever iterates decides what becomes of a round. A round is a pure function of its task, so a run that stopped anywhere
continues with the same numbers.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from fairal.cohort.source import Remembered, Source, open_source
from fairal.config import Arm, ExperimentConfig
from fairal.errors import RunError
from fairal.facts.record import Record
from fairal.learner.fit import Fit
from fairal.learner.network import choose_device
from fairal.loop.job import ask, ask_folds
from fairal.loop.progress import Progress, silence
from fairal.loop.round import Round, Trained, answer
from fairal.loop.task import Waiting, next_task
from fairal.loop.view import Strategy


class Fits(Protocol):
    """Gives the fit of a key: trains it, or finds what an equal run trained. Says whether it was found."""

    def __call__(self, key: str, train: Callable[[], Fit]) -> tuple[Fit, bool]: ...


def train_always(key: str, train: Callable[[], Fit]) -> tuple[Fit, bool]:
    """Remember no fits."""
    return train(), False


def active_learning(
    config: ExperimentConfig,
    strategy: str | Strategy,
    seed: int = 0,
    *,
    source: Source | None = None,
    finished: Sequence[Record] = (),
    fits: Fits = train_always,
    keep_volumes: bool = False,
    progress: Progress = silence,
) -> Iterator[Round]:
    """Run active learning, round by round.

    Args:
        config: Cohort, learner and query.
        strategy: An arm such as ``entropy`` or ``entropy+balanced``, ``reference_only``, ``full_pool``, or a function
            of one's own.
        seed: Draws the cohort, the initial labelled set, the weights and the ties.
        source: Where subjects come from; by default the configuration's, drawn or read anew for every use.
        finished: Records of rounds that are done already; the loop goes on after them.
        fits: Where trainings come from; by default they are made and forgotten.
        keep_volumes: Fill `Round.volumes`.
        progress: Hears what is going on, may raise to stop.

    Yields:
        rounds + 1 rounds: round 0 is the start, the last has no picks. A reference is a single round.

    Raises:
        RunError: The loss stopped being finite, or a picked subject has no mask.
        InputError: The device is not there, or a strategy of one's own broke its word.
    """
    own = strategy if callable(strategy) else None
    arm = Arm(getattr(strategy, "__name__", "custom")) if own else Arm.parse(strategy)
    source = source or Remembered(open_source(config.cohort, seed))
    device, history = choose_device(config.device), list(finished)
    while (task := next_task(config, arm, seed, source.rows("pool"), history)) is not None:
        if isinstance(task, Waiting):
            raise RunError(f"The masks of {', '.join(task.ids[:5])} are needed to go on, and are not there.")
        job = ask(task, source, device)
        fit, cached = fits(job.key, lambda job=job: job.train(progress))
        folds = tuple(fits(fold.key, lambda fold=fold: fold.train(progress))[0] for fold in ask_folds(job))
        trained = Trained(fit, cached, folds)
        done = answer(job, trained, strategy=own, keep_volumes=keep_volumes, hear=progress)
        history.append(done.record)
        yield done
