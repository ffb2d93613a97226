"""Launch experiments and keep workers alive; nothing here computes, nothing here imports torch."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache

from fairal.config import ExperimentConfig
from fairal.errors import InputError
from fairal.runs.locks import is_locked
from fairal.runs.queue import waiting
from fairal.runs.store import Store


@dataclass(frozen=True)
class Crew:
    """How many workers fit this machine, with how many threads each."""

    workers: int
    threads: int
    gpus: int


@lru_cache(maxsize=1)
def crew() -> Crew:
    """Choose the workers of this machine: one per GPU, else one per core with one thread each.

    On two cores two workers of one thread give more fits an hour than one of two (`benchmarks/workers.py`).
    FAIRAL_WORKERS and FAIRAL_THREADS override it.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpus = count_gpus()
    default = gpus or min(cores, 8, max(1, _memory_gb() // 2))
    workers = _from_environment("FAIRAL_WORKERS", default, 64)
    threads = _from_environment("FAIRAL_THREADS", max(1, cores // workers) if gpus else 1, 256)
    return Crew(workers, threads, gpus)


def _from_environment(name: str, default: int, most: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise InputError(f"{name} must be a whole number in 1..{most}, got '{text[:20]}'.")
    return int(text)


def _memory_gb() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 10**9
    except (ValueError, OSError, AttributeError):
        return 8


def count_gpus() -> int:
    """Count NVIDIA GPUs without importing torch."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") is not None:
        return len([d for d in os.environ["CUDA_VISIBLE_DEVICES"].split(",") if d.strip() not in ("", "-1")])
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())


def launch(
    store: Store, configs: list[ExperimentConfig], token: str | None = None, linger_seconds: float = 0.0
) -> list[str]:
    """Write experiments and see to it that workers live; returns at once.

    Args:
        store: Where they go.
        configs: One or more.
        token: The same token launches once, whatever is clicked.
        linger_seconds: How long workers stay afterwards.

    Returns:
        The experiments' ids.
    """
    ids = [store.create(config, f"{token}-{i}" if token else None)[0] for i, config in enumerate(configs)]
    ensure_workers(store, linger_seconds)
    return ids


def ensure_workers(store: Store, linger_seconds: float = 0.0, warm: bool = False) -> int:
    """Start the workers that are missing, if there is work for them (or to have them warm).

    Args:
        linger_seconds: How long a worker without work stays before it leaves.
        warm: Start them even without work.

    Returns:
        How many were started.
    """
    if not warm and next(waiting(store), None) is None:
        return 0
    team, started = crew(), 0
    for slot in range(team.workers):
        if not is_locked(store.worker_lock(slot)):
            start_worker(store, slot, team, linger_seconds)
            started += 1
    return started


def start_worker(store: Store, slot: int, team: Crew, linger_seconds: float = 0.0) -> subprocess.Popen:
    """Start one worker: a fresh interpreter in a session of its own, so that it outlives whoever asked for it."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(team.threads), MKL_NUM_THREADS=str(team.threads))
    if team.gpus and "CUDA_VISIBLE_DEVICES" not in os.environ:
        environment["CUDA_VISIBLE_DEVICES"] = str(slot % team.gpus)
    command = [sys.executable, "-m", "fairal", "worker", "--home", str(store.home), "--slot", str(slot)]
    command += ["--threads", str(team.threads), "--linger", str(linger_seconds)]
    with store.worker_log(slot).open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment
        )


def speed_key(config: ExperimentConfig) -> str:
    """Name what the seconds of a fit depend on."""
    return config.learner.digest(view=config.cohort.field_of_view, mm=config.cohort.spacing_mm)


START_SECONDS = 6.0
"""Until workers have started and the first subjects are drawn: the first round less its fit in `benchmarks/demo.py`."""


def estimate_seconds(store: Store, config: ExperimentConfig) -> tuple[float, str]:
    """Estimate how long an experiment takes on this machine.

    Returns:
        Seconds, and what that rests on: ``measured`` fits of the same learner on this machine, or a ``scaled`` one of
        another size (by voxels × steps × batch × channels²), or ``guessed`` where nothing was ever fitted here.
    """
    per_round, basis = None, "guessed"
    try:
        known = json.loads(store.speed_file().read_text())
    except (OSError, ValueError):
        known = {}
    if row := known.get(speed_key(config)):
        per_round, basis = row["seconds"], "measured"
    elif known:
        nearest = max(known.values(), key=lambda r: r["n"])
        per_round, basis = nearest["seconds"] * _effort(config) / nearest["effort"], "scaled"
    else:
        per_round = 8.0 * _effort(config) / _DEMO_EFFORT
    workers = min(crew().workers, max(1, len(config.runs())))
    # All strategies of a seed wait for its first fit: with fewer seeds than workers, some of them idle meanwhile.
    alone = 1 if len(config.seeds) < workers else 0
    return START_SECONDS + per_round * (alone + (config.fits() - alone) / workers), basis


def _effort(config: ExperimentConfig) -> float:
    x, y, z = config.cohort.shape
    learner = config.learner
    return x * y * z * learner.steps * learner.batch_size * learner.channels[0] * (1 + learner.residual_units)


_DEMO_EFFORT = 48 * 56 * 40 * 150 * 2 * 8


def remember_speed(store: Store, config: ExperimentConfig, seconds: float) -> None:
    """Note the seconds of one trained round; a running mean over the last ten or so."""
    from fairal.files import write_json

    try:
        known = json.loads(store.speed_file().read_text())
    except (OSError, ValueError):
        known = {}
    row = known.get(speed_key(config), {"seconds": seconds, "n": 0, "effort": _effort(config)})
    weight = max(0.1, 1 / (row["n"] + 1))
    row = {**row, "seconds": (1 - weight) * row["seconds"] + weight * seconds, "n": row["n"] + 1}
    write_json(store.speed_file(), {**known, speed_key(config): row})
