"""Which runs have ended, and which experiments are closed: so that nobody reads finished ones to find the open ones.

A file of appended lines, each with a checksum. It is kept for speed alone: what it lacks is read from the folders and
entered by whoever reads it, so it may be deleted, cut or garbled at any time. What it says of a run holds only while
the run's state file is the one that was entered.
"""

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from fairal.facts.state import RunState
from fairal.runs.paths import RunKey


@dataclass(frozen=True)
class Ended:
    """What of an ended run is needed to sum up its experiment."""

    state: str
    rounds_done: int
    rounds: int
    round_seconds: float | None
    stamp: tuple[int, int]


@dataclass
class Page:
    """What the ledger knows of one experiment; `runs` is how many it had when all of them had ended."""

    created: str | None = None
    name: str = ""
    ended: dict[str, Ended] = field(default_factory=dict)
    runs: int | None = None

    @property
    def closed(self) -> bool:
        """Whether no run is open. A run struck out since makes it false, whichever line came first."""
        return self.runs is not None and len(self.ended) >= self.runs


class Ledger:
    """The ledger of one home; any number of processes may append to it.

    Attributes:
        version: Changes whenever something new was read.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.RLock()
        self._pages: dict[str, Page] = {}
        self._read_to, self._inode = 0, 0
        self.version = 0

    def page(self, experiment: str) -> Page | None:
        """Give what is known of an experiment; None where nothing is."""
        return self._pages.get(experiment)

    def refresh(self) -> None:
        """Read what was appended since; from the start if it is another file by now."""
        try:
            stat = os.stat(self._path)
        except OSError:
            stat = None
        with self._lock:
            if stat is None or stat.st_ino != self._inode or stat.st_size < self._read_to:
                self.version += bool(self._pages)
                self._pages, self._read_to, self._inode = {}, 0, stat.st_ino if stat else 0
            if stat is None or stat.st_size == self._read_to:
                return
            try:
                with self._path.open("rb") as file:
                    file.seek(self._read_to)
                    content = file.read()
            except OSError:
                return  # no file, or not ours to read: what it would say is read from the folders
            whole = content.rfind(b"\n") + 1
            self._read_to += whole
            for line in content[:whole].splitlines():
                self._take(line)
            self.version += 1

    def _take(self, line: bytes) -> None:
        checksum, _, text = line.partition(b" ")
        if checksum != b"%08x" % crc32(text):
            return  # cut or garbled: what it said is read from the folders again
        content = json.loads(text)
        page = self._pages.setdefault(content["experiment"], Page())
        match content["what"]:
            case "created":
                self._pages[content["experiment"]] = Page(content["created"], content["name"])
            case "ended":
                rest = (content["state"], content["rounds_done"], content["rounds"], content["round_seconds"])
                page.ended[content["run"]] = Ended(*rest, tuple(content["stamp"]))
            case "open":
                page.ended.pop(content["run"], None)
            case "closed":
                page.runs = content["runs"]

    def created(self, experiment: str, created: str, name: str) -> None:
        """Enter a new experiment; forgets what was known under its id."""
        self._append({"what": "created", "experiment": experiment, "created": created, "name": name})

    def ended(self, key: RunKey, state: RunState, path: Path) -> None:
        """Enter a run that has ended, with its state file. The caller holds the run's lock."""
        try:
            stamp = stamp_of(path)
        except OSError:
            return  # deleted meanwhile
        self._append(
            {"what": "ended", "experiment": key.experiment, "run": key.run, "state": state.state,
             "rounds_done": state.rounds_done, "rounds": state.rounds, "round_seconds": state.round_seconds,
             "stamp": stamp}
        )  # fmt: skip

    def open(self, key: RunKey) -> None:
        """Strike a run out: it may go on. Called before its state says so, by whoever holds its lock."""
        self._append({"what": "open", "experiment": key.experiment, "run": key.run})

    def close(self, experiment: str, runs: int) -> None:
        """Enter that all runs of an experiment have ended, and how many there are."""
        self._append({"what": "closed", "experiment": experiment, "runs": runs})

    def _append(self, content: dict) -> None:
        text = json.dumps(content).encode()
        # One write: lines of several processes do not mix. The first line break ends what a crash cut off.
        # What cannot be kept on a full disk is read from the folders again.
        with suppress(OSError), self._path.open("ab", buffering=0) as file:
            file.write(b"\n%08x %s\n" % (crc32(text), text))
        self.refresh()


def stamp_of(path: Path | str) -> tuple[int, int]:
    """Time and inode of a state file: every write makes a new one."""
    stat = os.stat(path)
    return stat.st_mtime_ns, stat.st_ino
