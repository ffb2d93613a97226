"""Worker processes of this machine: each in a session of its own, so that it outlives whoever asked for it."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import islice

from fairal import settings
from fairal.errors import FairalError
from fairal.plainfiles import open_plain, read_plain
from fairal.runs.claims import to_do
from fairal.runs.crew import Team, team
from fairal.runs.locks import is_locked
from fairal.runs.standing import live_workers
from fairal.runs.store import Store
from fairal.runs.stored import read_object

MOST_FAILURES = 3
"""Starts in a row that came to nothing; then the next one waits."""
_WAIT_SECONDS = 60.0
_FULL_BYTES = 1_000_000


@dataclass
class _Start:
    """What this process knows of a slot in which it started a worker."""

    process: subprocess.Popen | None = None
    failures: int = 0
    failed_at: float = 0.0


_starts: dict[tuple[str, int], _Start] = {}


class LocalCrew:
    """See `Crew`. One worker lives in each slot of the home; `ensure`, asked again, replaces those that died."""

    here = True

    def ensure(self, store: Store, linger_seconds: float = 0.0, warm: bool = False) -> int:
        if settings.read_only():
            return 0
        size = team()
        slots = {slot: _look_at(store, slot) for slot in range(size.workers)}
        free = [slot for slot, what in slots.items() if what == "free"]
        if not warm:
            starting = list(slots.values()).count("starting")
            # No more than there are runs that nobody holds: a worker that finds nothing would be started for ever.
            waiting = (None for key, _ in to_do(store) if not store.is_held(key))
            free = free[: max(0, len(list(islice(waiting, len(free) + starting))) - starting)]
        for slot in free:
            start = _starts.setdefault((str(store.home), slot), _Start())
            start.process = start_worker(store, slot, size, linger_seconds)
        return len(free)

    def alive(self, store: Store) -> int:
        return live_workers(store)

    def trouble(self, store: Store) -> str:
        """Say why no worker that this process started is there; empty while one is, or may come."""
        known = {slot: start for (home, slot), start in _starts.items() if home == str(store.home)}
        failed = [slot for slot, start in known.items() if _look_at(store, slot) != "starting" and start.failures]
        if len(failed) < len(known) or not failed or live_workers(store):
            return ""
        if shutil.disk_usage(store.home).free < _FULL_BYTES:
            return f"No worker could start: no space is left in {store.home}; free some (`fairal clean`) and resume."
        if any(known[slot].failures < MOST_FAILURES for slot in failed):
            return ""
        return f"No worker could start: {_last_line(store, failed[0])} ({store.worker_log(failed[0])} says more)."


def _look_at(store: Store, slot: int) -> str:
    """Say how a slot is: ``taken``, ``starting``, ``free``, or ``failing`` where starts have come to nothing."""
    if is_locked(store.worker_lock(slot)):
        return "taken"
    start = _starts.get((str(store.home), slot))
    if start is None:
        return "free"
    if start.process is not None:
        code = start.process.poll()
        if code is None:
            return "starting"
        came_to_work = code == 0 or _worked(store, slot, start.process.pid)
        start.failures = 0 if came_to_work else start.failures + 1
        start.failed_at, start.process = time.monotonic(), None
    waits = start.failures >= MOST_FAILURES and time.monotonic() - start.failed_at < _WAIT_SECONDS
    return "failing" if waits else "free"


def _worked(store: Store, slot: int, pid: int) -> bool:
    """Whether a process that ended had its slot, and was killed at work; the run's attempts end that."""
    try:
        return read_object(store.worker_sign(slot), f"worker {slot}", ()).get("pid") == pid
    except FairalError:
        return False


def _last_line(store: Store, slot: int) -> str:
    try:
        lines = read_plain(store.worker_log(slot)).decode("utf-8", "replace").split("\n")
    except OSError:
        lines = []
    said = [line.removeprefix("fairal: ").strip() for line in lines if line.strip()]
    return said[-1][:300] if said else "it ended without a word"


def start_worker(store: Store, slot: int, size: Team, linger_seconds: float = 0.0) -> subprocess.Popen:
    """Start one worker: a fresh interpreter."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(size.threads), MKL_NUM_THREADS=str(size.threads))
    if size.gpus and settings.visible_gpus() is None:
        environment["CUDA_VISIBLE_DEVICES"] = str(slot % size.gpus)
    command = [sys.executable, "-m", "fairal", "worker", "--home", str(store.home), "--slot", str(slot)]
    command += ["--threads", str(size.threads), "--linger", str(linger_seconds)]
    with open_plain(store.worker_log(slot), "ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment
        )
