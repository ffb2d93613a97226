"""Signs of life that need no clock: a lock that is held, a process that runs, a count that goes on.

A worker is there while it holds its slot's lock. It counts in a file while it lives, so that one that was stopped
(``kill -STOP``), and holds its lock as before, can be told from one that works: by the state of its process where it is
on this machine, else by a count that stands still as long as whoever looks has looked.
"""

import os
import socket
import threading
import time
from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fairal.errors import FairalError
from fairal.runs.locks import is_locked
from fairal.runs.paths import Paths
from fairal.runs.stored import read_object, write_object

BEAT_SECONDS = 2.0
FOREMAN = "foreman"
"""The place, among the workers of a home, of whoever hands its runs out to a cluster."""
STILL_SECONDS = 20.0
"""A count that stood still for so long, seen by one who looked, is that of a process that was stopped."""
_STOPPED = ("T", "t")


class Watch:
    """Tells how long something has stayed the same, by the time that passes for whoever looks."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, tuple[Hashable, float]] = {}

    def still_seconds(self, name: Hashable, value: Hashable) -> float:
        """Say how long a name has had this value in all looks so far; 0 at the first."""
        now = time.monotonic()
        if self._seen.get(name, (None,))[0] != value:
            self._seen[name] = (value, now)
        return now - self._seen[name][1]


_watch = Watch()


@dataclass(frozen=True)
class Stopped:
    """A worker that holds its slot and does not go on.

    Attributes:
        pid: Its process; 0 where it is on another machine.
        run: What it holds; empty where nothing.
    """

    slot: int | str
    pid: int
    run: str

    def sentence(self) -> str:
        """Say what is the matter, and what to do."""
        who = "The foreman" if self.slot == FOREMAN else f"Worker {self.slot}"
        waits = f", and {self.run} waits for it" if self.run else ""
        if not self.pid:
            return f"{who} has shown no sign of life for {STILL_SECONDS:.0f} s{waits}; look at its machine."
        return (
            f"{who} (process {self.pid}) is stopped, not dead{waits}: let it go on (kill -CONT {self.pid})"
            f" or end it (kill -KILL {self.pid}); nothing that is finished is lost."
        )


class Heart:
    """Counts in a worker's file for as long as the worker lives.

    Args:
        paths: The home.
        slot: The worker's, or `FOREMAN`.

    Attributes:
        run: What the worker holds.
    """

    def __init__(self, paths: Paths, slot: int | str) -> None:
        self._path, self._slot, self.run = paths.worker_sign(slot), slot, ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Heart":
        self._thread.start()
        return self

    def __exit__(self, *_) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        beats, me = 0, {"host": host(), "pid": os.getpid(), "born": _born(os.getpid())}
        while True:
            with suppress(OSError):  # a full disk, or a home that was removed: no reason to die
                write_object(self._path, {**me, "beats": beats, "run": self.run}, f"worker {self._slot}")
            beats += 1
            if self._ended.wait(BEAT_SECONDS):
                return


def stopped_workers(paths: Paths) -> list[Stopped]:
    """List the workers that hold their slot and do not go on."""
    found = []
    for lock in sorted(paths.workers_dir.glob("*.lock")):
        slot = int(lock.stem) if lock.stem.isdecimal() else lock.stem
        beats = isinstance(slot, int) or slot == FOREMAN
        if beats and is_locked(lock) and (stopped := _stopped(paths, slot)):
            found.append(stopped)
    return found


def _stopped(paths: Paths, slot: int | str) -> Stopped | None:
    try:
        sign = read_object(paths.worker_sign(slot), f"worker {slot}", ())
        pid, here = int(sign["pid"]), sign["host"] == host()
        value = (sign["host"], pid, sign["born"], sign["beats"])
    except (FairalError, KeyError, TypeError, ValueError):
        return None  # it has not written yet, or the file is damaged: the next beat replaces it
    if here and sign["born"] is not None:
        is_it = _born(pid) == sign["born"]  # a number is given again: another process may have it by now
        return Stopped(slot, pid, str(sign["run"])) if is_it and _process_state(pid) in _STOPPED else None
    if _watch.still_seconds((paths.home, slot), value) < STILL_SECONDS:
        return None
    return Stopped(slot, pid if here else 0, str(sign["run"]))


def host() -> str:
    """Name what process ids belong to: this machine since it was started, and this container."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    return socket.gethostname()


def _process_fields(pid: int) -> list[str]:
    # proc(5): the second field, the program's name in parentheses, may itself hold spaces and parentheses.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _born(pid: int) -> str | None:
    """When a process started, in ticks since the machine did; None where that cannot be known."""
    try:
        return _process_fields(pid)[19]
    except (OSError, IndexError):
        return None


def _process_state(pid: int) -> str:
    try:
        return _process_fields(pid)[0]
    except (OSError, IndexError):
        return ""
