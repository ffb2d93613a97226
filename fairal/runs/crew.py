"""Who computes: engines are interchangeable. One store, and one writer of each run."""

import os
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from fairal import settings
from fairal.runs.memory import total_bytes
from fairal.runs.store import Store


class Crew(Protocol):
    """Whoever works off what is queued in a store.

    Attributes:
        here: Whether it computes on this machine alone, so that its memory and speed are known.
    """

    here: bool

    def ensure(self, store: Store, linger_seconds: float = 0.0, warm: bool = False) -> int:
        """See to it that somebody works if there is work (or, `warm`, in any case); returns at once.

        Args:
            store: Where the work is.
            linger_seconds: How long whoever has no work stays before it leaves.
            warm: Start them even without work.

        Returns:
            How many were started.
        """
        ...

    def alive(self, store: Store) -> int:
        """Count who is there."""
        ...

    def trouble(self, store: Store) -> str:
        """Say in a sentence why nobody is there; empty while somebody is, or may come."""
        ...


@dataclass(frozen=True)
class Team:
    """How many workers fit this machine, with how many threads each."""

    workers: int
    threads: int
    gpus: int


def team() -> Team:
    """Choose the workers of this machine: one per GPU, else one per core with one thread each.

    On two cores two workers of one thread give more fits an hour than one of two (`benchmarks/workers.py`).
    FAIRAL_WORKERS and FAIRAL_THREADS override it.

    Raises:
        InputError: One of them is not a number that makes sense.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpus = count_gpus()
    workers = settings.workers() or gpus or min(cores, 8, max(1, total_bytes() // (2 * 10**9)))
    threads = settings.threads() or (max(1, cores // workers) if gpus else 1)
    return Team(workers, threads, gpus)


def count_gpus() -> int:
    """Count NVIDIA GPUs without importing torch."""
    visible = settings.visible_gpus()
    return _listed_gpus() if visible is None else len(visible)


@lru_cache(maxsize=1)
def _listed_gpus() -> int:
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
