"""Which runs have ended, and which experiments are closed: so that nobody reads finished ones to find the open ones.

A file of appended lines, each with a checksum. It is kept for speed alone: what it lacks is read from the folders and
entered by whoever reads it, so it may be deleted, cut or garbled at any time. What it says of a run holds only while
the run's state file is the one that was entered. On a read-only server what is found stays in memory.
"""

import json
import os
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from fairal import settings
from fairal.facts.state import RunState
from fairal.plainfiles import open_plain
from fairal.runs.paths import RunKey

_LINE_BYTES_MAX = 2**16


@dataclass(frozen=True)
class Ended:
    """What of an ended run is needed to sum up its experiment.

    Attributes:
        stamp: Of its state file, see `stamp_of`.
        records: Of its records; zeros where there were none.
        damaged: Whether rounds were missing when it was entered.
    """

    state: str
    rounds_done: int
    rounds: int
    round_seconds: float | None
    stamp: tuple[int, int]
    records: tuple[int, int]
    damaged: bool


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
            with suppress(OSError):  # no file, or not ours to read: what it would say is read from the folders
                self._read_on()
                self.version += 1

    def _read_on(self) -> None:
        with open_plain(self._path) as file:
            file.seek(self._read_to)
            while line := file.readline(_LINE_BYTES_MAX):
                if not line.endswith(b"\n") and len(line) < _LINE_BYTES_MAX:
                    return  # it is being written
                self._read_to += len(line)
                self._take(line.rstrip(b"\n"))

    def _take(self, line: bytes) -> None:
        checksum, _, text = line.partition(b" ")
        if checksum != b"%08x" % crc32(text):
            return  # cut or garbled: what it said is read from the folders again
        with suppress(KeyError, TypeError, ValueError, AttributeError, RecursionError):  # a sound line of somebody else
            self._enter(json.loads(text))

    def _enter(self, content: dict) -> None:
        page = self._pages.setdefault(content["experiment"], Page())
        match content["what"]:
            case "created":
                self._pages[content["experiment"]] = Page(content["created"], content["name"])
            case "ended":
                if "records" in content:  # not so in versions that did not look at them
                    rest = (content["state"], content["rounds_done"], content["rounds"], content["round_seconds"])
                    stamps = tuple(content["stamp"]), tuple(content["records"])
                    page.ended[content["run"]] = Ended(*rest, *stamps, content["damaged"])
            case "open":
                page.ended.pop(content["run"], None)
            case "closed":
                page.runs = content["runs"]

    def created(self, experiment: str, created: str, name: str) -> None:
        """Enter a new experiment; forgets what was known under its id."""
        self._append({"what": "created", "experiment": experiment, "created": created, "name": name})

    def ended(self, key: RunKey, state: RunState, files: tuple[Path, Path], damaged: bool) -> None:
        """Enter a run that has ended. The caller holds the run's lock.

        Args:
            key: The run.
            state: How it ended.
            files: That of its state, and that of its records.
            damaged: Whether rounds that were finished are missing.
        """
        try:
            stamp, records = stamp_of(files[0]), stamp_or_none(files[1])
        except OSError:
            return  # deleted meanwhile
        self._append(
            {"what": "ended", "experiment": key.experiment, "run": key.run, "state": state.state,
             "rounds_done": state.rounds_done, "rounds": state.rounds, "round_seconds": state.round_seconds,
             "stamp": stamp, "records": records, "damaged": damaged}
        )  # fmt: skip

    def open(self, key: RunKey) -> None:
        """Strike a run out: it may go on. Called before its state says so, by whoever holds its lock."""
        self._append({"what": "open", "experiment": key.experiment, "run": key.run})

    def close(self, experiment: str, runs: int) -> None:
        """Enter that all runs of an experiment have ended, and how many there are."""
        self._append({"what": "closed", "experiment": experiment, "runs": runs})

    def _append(self, content: dict) -> None:
        if settings.read_only():
            with self._lock:
                self._enter(content)
                self.version += 1
            return
        text = json.dumps(content).encode()
        # One write: lines of several processes do not mix. The first line break ends what a crash cut off.
        # What cannot be kept on a full disk is read from the folders again.
        with suppress(OSError), open_plain(self._path, "ab") as file:
            file.write(b"\n%08x %s\n" % (crc32(text), text))
        self.refresh()


def stamp_of(path: Path | str) -> tuple[int, int]:
    """Time and inode of a file: every write makes a new time or a new file."""
    stat = os.stat(path)
    return stat.st_mtime_ns, stat.st_ino


def stamp_or_none(path: Path | str) -> tuple[int, int]:
    """Give the same, or zeros where there is no file."""
    try:
        return stamp_of(path)
    except OSError:
        return 0, 0
