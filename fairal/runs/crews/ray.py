"""A Ray cluster as a crew: this side starts the foreman and does not load Ray itself. See docs/cluster.md."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec

from fairal import settings
from fairal.errors import InputError, RunError
from fairal.plainfiles import open_plain, read_plain
from fairal.runs.claims import to_do
from fairal.runs.crews.ray_join import answers, gone, host_port, unreachable
from fairal.runs.life import FOREMAN
from fairal.runs.locks import is_locked
from fairal.runs.store import Store

SAID = "fairal: "
"""What the command line puts before a sentence."""
_WAIT_SECONDS = 60.0


@dataclass
class _Start:
    """The last foreman that this process started for a home."""

    process: subprocess.Popen
    ended: float | None = None

    def failed(self) -> bool:
        """Whether it ended by itself and not well; one that was killed is replaced."""
        if self.process.poll() is not None and self.ended is None:
            self.ended = time.monotonic()
        return (self.process.poll() or 0) > 0


_starts: dict[str, _Start] = {}


class RayCrew:
    """See `Crew`. One foreman per home hands the runs out to the cluster; it is all that runs for sure on this machine.

    Args:
        engine: ``ray``, for a cluster of this machine that ends with its work, or ``ray://HOST:PORT``.

    Raises:
        InputError: Ray is not installed.
    """

    def __init__(self, engine: str) -> None:
        if find_spec("ray") is None:
            raise InputError(f"'{engine}' needs Ray: pip install 'fairal[ray]'.")
        self.engine, self.here = engine, engine == "ray"

    def check_reachable(self) -> None:
        """Check that the cluster is there, before anything is queued for it.

        Raises:
            RunError: Nobody answers at its address, or somebody who is no cluster.
        """
        address = self.engine.removeprefix("ray://")
        if address != self.engine and not answers(*host_port(address)):
            raise RunError(unreachable(address))

    def ensure(self, store: Store, linger_seconds: float = 0.0, warm: bool = False) -> int:
        start = _starts.get(str(store.home))
        if settings.read_only() or self.alive(store) or (start is not None and start.process.poll() is None):
            return 0
        if start is not None and start.failed() and time.monotonic() - start.ended < _WAIT_SECONDS:
            return 0
        # Only runs that nobody holds: a foreman that finds none would be started for ever.
        if not (warm or any(not store.is_held(key) for key, _ in to_do(store))):
            return 0
        _starts[str(store.home)] = _Start(start_foreman(store, self.engine, linger_seconds))
        return 1

    def alive(self, store: Store) -> int:
        return int(is_locked(store.worker_lock(FOREMAN)))

    def trouble(self, store: Store) -> str:
        start = _starts.get(str(store.home))
        return self.why_none(store) if start is not None and start.failed() and not self.alive(store) else ""

    def why_none(self, store: Store) -> str:
        """Say why the last foreman left: in its own words, if it had some."""
        address = self.engine.removeprefix("ray://")
        if address != self.engine and not answers(*host_port(address)):
            return gone(address)  # Ray may end the foreman before it can say so itself
        log = store.worker_log(FOREMAN)
        try:
            said = [line for line in read_plain(log).decode("utf-8", "replace").splitlines() if line]
        except OSError:
            said = []
        for line in reversed(said[-5:]):  # Ray may have had the last word
            if line.startswith(SAID):
                return line.removeprefix(SAID)
        return f"No foreman could start; {log} says why."


def start_foreman(store: Store, engine: str, linger_seconds: float = 0.0) -> subprocess.Popen:
    """Start a foreman in a session of its own, so that it outlives whoever asked for it."""
    # The foreman computes nothing; what it imports would take a thread per core to do so.
    environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
    command = [sys.executable, "-m", "fairal", "foreman", "--home", str(store.home), "--on", engine]
    command += ["--linger", str(linger_seconds)]
    with open_plain(store.worker_log(FOREMAN), "ab") as log:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment
        )
