"""Worker processes of this machine: each in a session of its own, so that it outlives whoever asked for it."""

import os
import subprocess
import sys

from fairal import settings
from fairal.runs.claims import to_do
from fairal.runs.crew import Team, team
from fairal.runs.locks import is_locked
from fairal.runs.standing import live_workers
from fairal.runs.store import Store


class LocalCrew:
    """See `Crew`. One worker lives in each slot of the home."""

    def ensure(self, store: Store, linger_seconds: float = 0.0, warm: bool = False) -> int:
        if settings.read_only():
            return 0
        if not warm and next(to_do(store), None) is None:
            return 0
        size, started = team(), 0
        for slot in range(size.workers):
            if not is_locked(store.worker_lock(slot)):
                start_worker(store, slot, size, linger_seconds)
                started += 1
        return started

    def alive(self, store: Store) -> int:
        return live_workers(store)


def start_worker(store: Store, slot: int, size: Team, linger_seconds: float = 0.0) -> subprocess.Popen:
    """Start one worker: a fresh interpreter."""
    environment = dict(os.environ, OMP_NUM_THREADS=str(size.threads), MKL_NUM_THREADS=str(size.threads))
    if size.gpus and settings.visible_gpus() is None:
        environment["CUDA_VISIBLE_DEVICES"] = str(slot % size.gpus)
    command = [sys.executable, "-m", "fairal", "worker", "--home", str(store.home), "--slot", str(slot)]
    command += ["--threads", str(size.threads), "--linger", str(linger_seconds)]
    with store.worker_log(slot).open("ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment
        )
