"""Whom to label next: one round on all that is labelled, without a test set, whose picks nobody has labelled yet."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from fairal.cohort.source import Source
from fairal.config import ExperimentConfig
from fairal.errors import InputError
from fairal.facts.advice import Wanted
from fairal.learner.network import choose_device
from fairal.loop.job import FitJob, ask, ask_folds
from fairal.loop.measure import measure, probabilities
from fairal.loop.progress import Progress, silence
from fairal.loop.reasons import reason
from fairal.loop.round import Trained, measure_folds, model_of
from fairal.loop.served import serve
from fairal.loop.task import Task
from fairal.loop.view import Sight, pick, without_truth
from fairal.strategies.catalog import CATALOG
from fairal.strategies.held_out import out_of_fold_dice
from fairal.strategies.pool import Picks

HELD_OUT_FROM = 5
"""Labelled scans that each group must have for a cross-validated Dice."""


@dataclass(frozen=True)
class Recommended:
    """What the network that was trained on all that is labelled says.

    Attributes:
        labelled_dice, weights: D_g and w_g of each group.
        held_out_dice: Cross-validated, by group; None where too few are labelled.
        wanted: Best first; without their files.
        probability: Of the wanted, for display: (X, Y, Z) uint8 by id.
    """

    labelled_dice: dict[str, float]
    held_out_dice: dict[str, float] | None
    weights: dict[str, float]
    wanted: tuple[Wanted, ...]
    probability: dict[str, np.ndarray]


def next_job(config: ExperimentConfig, source: Source, aside: Collection[str] = ()) -> FitJob:
    """Say what must be trained before scans can be recommended.

    Args:
        config: Its first arm and seed, and its budget of a round.
        source: Its pool is everything; what has a mask is labelled.
        aside: Ids that are not to be offered.

    Raises:
        InputError: Nothing is labelled, or the device is not there.
    """
    rows, [arm, *_], [seed, *_] = source.rows("pool"), config.arms, config.seeds
    labelled = tuple(row.id for row in rows if row.has_mask)
    if not labelled:
        first = ", ".join(next(row.id for row in rows if row.group == group) for group in source.groups)
        raise InputError(f"No scan has a mask yet, there is nothing to learn from: label a few first, such as {first}.")
    left = len(_offered(source, aside))
    task = Task(config, arm, seed, 0, labelled, min(config.query.per_round, left))
    return ask(task, source, choose_device(config.device))


def fold_jobs(job: FitJob) -> tuple[FitJob, ...]:
    """Say what must be trained for cross-validated results: where there are enough, or the strategy needs them."""
    return ask_folds(job, always=enough_to_hold_out(job))


def enough_to_hold_out(job: FitJob) -> bool:
    """Tell whether every group has enough labelled scans for a cross-validated Dice."""
    groups = {row.id: row.group for row in job.source.rows("pool")}
    counts = Counter(groups[id_] for id_ in job.labelled)
    return all(counts[group] >= HELD_OUT_FROM for group in job.source.groups)


def recommend(job: FitJob, trained: Trained, aside: Collection[str] = (), hear: Progress = silence) -> Recommended:
    """Recommend whom to label next.

    Args:
        job: Of `next_job`.
        trained: What came back for it and its `fold_jobs`.
        aside: Ids that are not to be offered.
        hear: Hears what is going on, may raise to stop.

    Raises:
        RunError: A fit that was kept holds losses that are not finite.
    """
    task, source = job.task, job.source
    pool = source.load("pool", hear=lambda done, total: hear("cohort", done, total))
    at = {row.id: i for i, row in enumerate(source.rows("pool"))}
    model, labelled = model_of(job, trained.fit), [at[id_] for id_ in job.labelled]
    own = measure(model, pool, labelled, hear)
    held_out = measure_folds(job, trained.folds, pool, at, hear)
    served = serve(own, held_out, source.groups, task.config.query)
    picks = Picks(())
    if task.picks:
        left = [at[id_] for id_ in _offered(source, aside)]
        sight = Sight(task, model, without_truth(pool), left, labelled, hear)
        picks = pick(sight, CATALOG[task.arm.query].load(), served)
    groups = {row.id: row.group for row in source.rows("pool")}
    return Recommended(
        labelled_dice=served.dice,
        held_out_dice=out_of_fold_dice(served.held_out) if held_out and enough_to_hold_out(job) else None,
        weights=served.weights,
        wanted=_wanted(task.arm.query, picks, groups, served.weights),
        probability=probabilities(model, pool, [at[id_] for id_ in picks.ids]),
    )


def _offered(source: Source, aside: Collection[str]) -> list[str]:
    return [row.id for row in source.rows("pool") if not row.has_mask and row.id not in aside]


def _wanted(query: str, picks: Picks, groups: dict[str, str], weights: dict[str, float]) -> tuple[Wanted, ...]:
    blank = (None,) * len(picks.ids)
    rows = zip(picks.ids, picks.scores or blank, picks.uncertainty or blank, strict=True)
    return tuple(
        Wanted(
            rank=rank,
            participant_id=id_,
            group=groups[id_],
            score=score,
            uncertainty=uncertainty,
            weight=weights[groups[id_]],
            file="",
            reason=reason(query, score, uncertainty, weights[groups[id_]]),
        )
        for rank, (id_, score, uncertainty) in enumerate(rows, 1)
    )
