"""What a node of a cluster computes for the foreman: a fit, or a round's answer, from configurations alone.

Cohorts are drawn where they are used, and kept on the node's disk, on a shelf as a home has one, and in the process. A
collection is fetched once per node, see `ray_parcel`.
"""

import os
import platform
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib.metadata import version
from pathlib import Path

import torch

from fairal import __version__, settings
from fairal.cohort.source import open_source
from fairal.errors import RunError
from fairal.learner.fit import fit_files, read_fit
from fairal.loop.job import FitJob, fit_key
from fairal.loop.progress import Progress, silence
from fairal.loop.round import Trained, answer
from fairal.loop.task import Task
from fairal.runs.crews.ray_parcel import Parcel, unpacked
from fairal.runs.kept import SPLITS, KeptSource, Memory
from fairal.runs.played import Played, displayed_subjects, keeps_volumes
from fairal.runs.store import Store
from fairal.runs.worker import warm_up
from fairal.seals import seal_files

Files = Mapping[str, bytes]
"""A fit as files, by name."""
Pair = tuple[dict[str, bytes], Played]
"""A fit with the answer of the round that it was trained for."""
_memory = Memory()  # of this process; Ray gives it one task after the other


@cache
def versions() -> tuple[str, ...]:
    """Name what numbers depend on beside the key, each with its version; torch is part of the key."""
    return (f"fairal {__version__}", *(f"{name} {version(name)}" for name in ("numpy", "monai")))


@dataclass(frozen=True)
class Order:
    """A fit job without its source: a node opens the source itself.

    Attributes:
        key, task, labelled, device: See `FitJob`.
        threads: Of torch; part of the key.
        home: The foreman's home if the node shares its disk, else None.
        parcel: The collection that is needed, unless the home is shared.
        versions: Of whoever wrote the order, see `versions`.
    """

    key: str
    task: Task
    labelled: tuple[str, ...]
    device: torch.device
    threads: int
    home: Path | None = None
    parcel: Parcel | None = None
    versions: tuple[str, ...] = field(default_factory=versions)


def _naming_the_node(compute: Callable) -> Callable:
    """Have an error of this node's disk name node and folder: the head would take it for one of its own."""

    @wraps(compute)
    def computed(order: Order | None = None, *arguments, **hear):
        try:
            return compute(order, *arguments, **hear)
        except OSError as error:
            if order is not None and order.home is not None:  # the folder is the head's
                raise
            folder, reason = settings.node_folder(), error.strerror or type(error).__name__
            raise RunError(f"{reason} on the node {platform.node()}; its folder is {folder}.") from error

    return computed


@_naming_the_node
def train(order: Order, hear: Progress = silence) -> dict[str, bytes]:
    """Train on this node; gives the fit as the files that the home's shelf will have, seal and all.

    Raises:
        RunError: As `open_job` or `FitJob.train`.
    """
    return seal_files(fit_files(open_job(order).train(hear)), f"fits/{order.key}")


def files_of(made: Files | Pair) -> Files:
    """Give the fit alone, whether or not an answer came with it."""
    return made[0] if isinstance(made, tuple) else made


@_naming_the_node
def train_and_play(order: Order, kept: Collection[str], hear: Progress = silence) -> Pair:
    """Do both in one go, for a round whose fit is wanted by nobody else so far. Arguments and errors as of the two."""
    started, job = time.perf_counter(), open_job(order)
    fit = job.train(hear)
    played = _play(job, Trained(fit), kept, started, hear)
    return seal_files(fit_files(fit), f"fits/{order.key}"), played


@_naming_the_node
def prepare(order: Order | None = None, hear: Progress = silence) -> None:
    """Load on this node, while another one trains, what an order's answer will need; without one, warm up."""
    if order is None:
        warm_up()
        return
    job = open_job(order)
    for split in SPLITS:
        job.source.load(split, hear=lambda done, total: hear("cohort", done, total))


@_naming_the_node
def play(
    order: Order, cached: bool, kept: Collection[str], main: Files | Pair, *folds: Files, hear: Progress = silence
) -> Played:
    """Answer on this node.

    Args:
        order: What was trained.
        cached: Whether an equal run had trained it.
        kept: Ids of displayed subjects that the home has already.
        main, folds: The order's fit, if it was trained so together with a round's answer, and those of its folds.
        hear: Hears what is going on.
    """
    started, job = time.perf_counter(), open_job(order)
    trained = Trained(read_fit(files_of(main)), cached, tuple(map(read_fit, folds)))
    elsewhere = (() if cached else (trained.fit,)) + trained.folds
    return _play(job, trained, kept, started - sum(fit.seconds for fit in elsewhere), hear)


def _play(job: FitJob, trained: Trained, kept: Collection[str], started: float, hear: Progress) -> Played:
    done = answer(job, trained, keep_volumes=keeps_volumes(job.task), hear=hear)
    displayed = displayed_subjects(done, job.source, kept)
    return Played(done, done.dice_by_group, displayed, time.perf_counter() - started)


def open_job(order: Order) -> FitJob:
    """Make this process what the order's key says, and open its source.

    Raises:
        RunError: This node has other versions than the head, or would give other numbers than the key stands for.
    """
    if order.versions != versions():
        raise RunError(
            f"The node {platform.node()} has {', '.join(versions())}, the head has {', '.join(order.versions)}: "
            "install the same versions on every node."
        )
    # Not left to the environment that the process was born with: threads are part of a fit's key.
    torch.set_num_threads(order.threads)
    torch.backends.cudnn.deterministic = True
    warnings.filterwarnings("ignore", category=FutureWarning, module="monai")
    store = node_store(order)
    home = store.home if order.parcel is None else unpacked(store, order.parcel)
    source = KeptSource(open_source(order.task.config.cohort, order.task.seed, home), store, _memory)
    key = fit_key(order.task, order.labelled, source, order.device)
    if key != order.key:
        raise RunError(
            f"The node {platform.node()} would give other numbers than the head (it has torch {torch.__version__}): "
            "install the same versions of fairal and torch on every node."
        )
    return FitJob(key, order.task, order.labelled, source, order.device)


def node_store(order: Order) -> Store:
    """Give the shelf that this node works with: the home's where it is shared, else one of its own.

    Raises:
        RunError: The node's folder belongs to somebody else.
    """
    if order.home is not None:
        return Store(order.home)
    folder = settings.node_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise RunError(f"{folder} on {platform.node()} belongs to somebody else; name another with FAIRAL_NODE_DIR.")
    return Store(folder)
