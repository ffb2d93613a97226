"""What a launch would take of this machine: memory, disk and time; and what of it a person must be asked about."""

import shutil
from dataclasses import dataclass
from itertools import pairwise
from math import prod

from fairal import settings
from fairal.config import ExperimentConfig, LearnerConfig
from fairal.errors import NeedsYes
from fairal.runs.crew import team
from fairal.runs.memory import available_bytes, total_bytes
from fairal.runs.speed import estimate_seconds
from fairal.runs.standing import live_workers
from fairal.runs.store import Store

DAY_SECONDS = 86_400.0
MANY_RUNS = 5_000
_MEMORY_SHARE = 0.9  # of what can be had: estimates err
WORKER_BYTES = 600_000_000
"""Of a worker before it has a cohort: Python, torch and MONAI; 506 MB measured."""
_VOXEL_BYTES = 3  # of a cohort: float16 intensity and bool mask
_SEEDS_KEPT = 2  # of which a worker holds the cohorts, see `runs.kept`
_RUN_BYTES = 100_000  # folders, configuration, state, log and records of one run
_CONTEXT_BYTES = 20_000_000  # a seed's displayed subjects with their whole brains


@dataclass(frozen=True)
class Cost:
    """What experiments take together.

    Attributes:
        runs: How many.
        seconds: On this machine; measured, scaled or guessed, see `estimate_seconds`.
        workers: That work side by side.
        memory_bytes: Of all of them.
        disk_bytes: Of results, cached cohorts and cached fits.
    """

    runs: int
    seconds: float
    workers: int
    memory_bytes: int
    disk_bytes: int


def cost_of(store: Store, configs: list[ExperimentConfig]) -> Cost:
    """Estimate what experiments take; a collection must have been looked at."""
    runs = sum(len(config.runs()) for config in configs)
    workers = min(team().workers, max(1, runs))
    cached = sum(_cohort_bytes(c) * len(c.seeds) + _weight_bytes(c.learner) * c.fits() for c in configs)
    return Cost(
        runs=runs,
        seconds=sum(estimate_seconds(store, config)[0] for config in configs),
        workers=workers,
        memory_bytes=workers * max(map(worker_bytes, configs)),
        disk_bytes=min(cached, settings.cache_bytes()) + runs * _RUN_BYTES + sum(map(_volumes_bytes, configs)),
    )


def worker_bytes(config: ExperimentConfig) -> int:
    """Estimate the memory of one worker at its highest: itself, the cohorts it keeps, and a network in training.

    Of a step, what is kept for its gradients takes the most: 2.7 to 5.3 times the levels' outputs, as measured for
    networks of three and four levels with 0 to 2 residual units.
    """
    learner, voxels = config.learner, prod(config.cohort.shape)
    outputs = 4 * learner.batch_size * sum(c * voxels / 8**level for level, c in enumerate(learner.channels))
    # Weights, their gradients and the optimiser's two moments.
    training = (4 + learner.residual_units) * outputs + 4 * _weight_bytes(learner)
    return int(WORKER_BYTES + min(_SEEDS_KEPT, len(config.seeds)) * _cohort_bytes(config) + training)


def ask_first(
    store: Store, configs: list[ExperimentConfig], long_seconds: float = DAY_SECONDS, here: bool = True
) -> None:
    """Refuse what a person must be asked about before it is launched. Arguments as `cost_of` and `doubts`.

    Raises:
        NeedsYes: It would not fit, or takes long; the sentence has the figures.
    """
    if said := doubts(store, cost_of(store, configs), long_seconds, here):
        raise NeedsYes(f"This needs a yes: {'; '.join(said)}.")


def doubts(store: Store, cost: Cost, long_seconds: float = DAY_SECONDS, here: bool = True) -> list[str]:
    """Say what would not fit, or takes longer than so many seconds, each with its figure; nothing where all is well.

    Args:
        store: The home.
        cost: Of the launch.
        long_seconds: What takes longer is asked about.
        here: Whether this machine computes; of others neither memory nor speed is known.
    """
    said, free = [], shutil.disk_usage(store.home).free
    # Workers that live have part of it already: what they hold is not missing twice.
    available = min(total_bytes(), available_bytes() + live_workers(store, here=True) * WORKER_BYTES)
    if here and cost.memory_bytes > _MEMORY_SHARE * available:
        said.append(
            f"{cost.workers} workers with their cohorts and networks need about {_gb(cost.memory_bytes)} of memory; of "
            f"the {_gb(total_bytes())} of this machine {_gb(available)} can be had now"
        )
    if cost.disk_bytes > free:
        said.append(f"it needs about {_gb(cost.disk_bytes)} of disk and {_gb(free)} are free")
    if here and cost.seconds > DAY_SECONDS:
        said.append(f"it takes about {cost.seconds / DAY_SECONDS:,.1f} days ({cost.seconds / 3600:,.0f} hours)")
    elif here and cost.seconds > long_seconds:
        said.append(f"it takes about {cost.seconds / 3600:.1f} hours")
    if cost.runs > MANY_RUNS:
        said.append(f"it has {cost.runs:,} runs, more than {MANY_RUNS:,}")
    return said


def _cohort_bytes(config: ExperimentConfig) -> int:
    return _VOXEL_BYTES * prod(config.cohort.shape) * (config.cohort.pool_size + config.cohort.test_size)


def _weight_bytes(learner: LearnerConfig) -> int:
    """Down, up and up again: a kernel of 27 between each two levels; a residual unit adds one within each."""
    between = 3 * sum(a * b for a, b in pairwise(learner.channels))
    within = learner.residual_units * sum(c * c for c in learner.channels)
    return 4 * 27 * (between + within)


def _volumes_bytes(config: ExperimentConfig) -> int:
    """Estimate what is kept for display: some 3 bytes a voxel and round, compressed, and the subjects themselves."""
    seeds = {"none": 0, "first_seed": 1, "all": len(config.seeds)}[config.volumes]
    rounds = len(config.strategies) * (config.query.rounds + 1)
    return seeds * (_CONTEXT_BYTES + 3 * prod(config.cohort.shape) * rounds)


def _gb(bytes_: float) -> str:
    return f"{bytes_ / 1e9:,.1f} GB"
