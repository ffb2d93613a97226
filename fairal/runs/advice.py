"""What a collection keeps of "label these next": every answer, scans put aside, and who is at work on the next answer.

All of it lies in the collection's folder. An answer is there once its line is.
"""

import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError

from fairal.allowed import changes
from fairal.errors import InputError, RunError
from fairal.facts.advice import Answer
from fairal.files import append_line, replacing, whole_lines, write_text
from fairal.plainfiles import open_plain, read_plain
from fairal.runs.life import Watch
from fairal.runs.locks import is_locked, try_lock
from fairal.runs.stored import Damaged, read_object, write_object
from fairal.seals import Broken, open_archive, seal_archive

REASON_CHARACTERS_MAX = 300
_START_SECONDS = 60.0  # seen by one who looks, in which a process must have taken the lock: imports take some
_STRICT = ConfigDict(allow_inf_nan=False, extra="ignore")


@dataclass(frozen=True)
class Aside:
    """Why a scan is not offered, and since when (ISO 8601, UTC)."""

    __pydantic_config__ = _STRICT
    reason: str
    time: str


@dataclass(frozen=True)
class Work:
    """Who is at work on the next answer, or was last.

    Attributes:
        state: As stored; *interrupted* is derived from it: running, and nobody holds the lock.
        part, done, total: What is being done right now, and how far it is.
        reason: Why it failed or was stopped.
        started: Seconds since 1970.
    """

    __pydantic_config__ = _STRICT
    state: Literal["starting", "running", "done", "failed", "stopped", "interrupted"]
    part: str = ""
    done: int = 0
    total: int = 0
    reason: str = ""
    started: float = 0.0

    @property
    def active(self) -> bool:
        """Whether an answer may still come of it."""
        return self.state in ("starting", "running")


def _end_lines(file: Path) -> None:
    """See to it that the next line begins one: a sound answer gets the end that it lacks, half of one goes."""
    _, end = whole_lines(file)
    with suppress(FileNotFoundError):
        rest = read_plain(file)[end:]
        try:
            Answer.from_line(rest)
        except (ValueError, KeyError, TypeError, RecursionError):
            if rest:
                os.truncate(file, end)  # a line that a crash cut off never was an answer
        else:
            with open_plain(file, "ab") as left:
                left.write(b"\n")


_watch = Watch()
_ASIDE = TypeAdapter(dict[str, Aside])
_WORK = TypeAdapter(Work)


class Desk:
    """Where the answers about one collection are kept.

    Args:
        folder: The collection's.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.history_file, self.log_file = folder / "history.jsonl", folder / "next.log"
        self._aside_file, self._work_file = folder / "aside.json", folder / "next.json"
        self._volumes_file, self._stop_file = folder / "next.npz", folder / "next.stop"
        self._lock_file, self._aside_lock = folder / "next.lock", folder / "aside.lock"

    # ------------------------------------------------------------------ answers

    def history(self) -> tuple[list[Answer], list[str]]:
        """Read the answers so far, first to last, and a sentence for every line that is none."""
        answers, damaged = [], []
        for number, line in enumerate(whole_lines(self.history_file)[0], 1):
            try:
                answers.append(Answer.from_line(line))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                why = "a field is not what it should be" if isinstance(error, ValidationError) else error
                damaged.append(f"Line {number} of {self.history_file} is damaged and left out ({why}).")
        return answers, damaged

    def keep(self, answer: Answer, probability: Mapping[str, np.ndarray]) -> None:
        """Keep an answer, and of the last one what the network predicts on the scans that it asks for.

        Args:
            answer: Its line is written last.
            probability: (X, Y, Z) uint8 by id.
        """
        _end_lines(self.history_file)
        buffer, line = io.BytesIO(), answer.as_line()
        np.savez_compressed(buffer, **{f"p/{id_}": volume for id_, volume in probability.items()})
        with replacing(self._volumes_file, durable=True) as file:
            file.write(seal_archive(buffer.getvalue(), line))  # of another answer it would be another's prediction
        append_line(self.history_file, line)

    def probability(self, participant: str) -> np.ndarray | None:
        """Give what the network of the last answer predicts on a scan, (X, Y, Z) uint8; None where it was not kept.

        What is damaged, or of another answer than the last one, counts as not kept.
        """
        lines = whole_lines(self.history_file)[0] or [b""]
        try:
            content = open_archive(read_plain(self._volumes_file), lines[-1].decode())
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return arrays[f"p/{participant}"]
        except (Broken, OSError, ValueError, KeyError, EOFError, BadZipFile):
            return None

    # ------------------------------------------------------------------ scans put aside

    def aside(self) -> dict[str, Aside]:
        """Give the scans that are not to be offered, with the reasons.

        Raises:
            RunError: The list is damaged.
        """
        if not self._aside_file.exists():
            return {}
        try:
            return _ASIDE.validate_python(read_object(self._aside_file, "aside", ("schema", "aside")).get("aside"))
        except (Damaged, ValidationError):
            raise RunError(
                f"The list of scans put aside, {self._aside_file}, is damaged; remove it and put them aside again."
            ) from None

    @changes
    def put_aside(self, participant: str, reason: str) -> None:
        """Let a scan not be offered again.

        Raises:
            InputError: No reason is given, or a very long one.
        """
        reason = reason.strip()
        if not reason or len(reason) > REASON_CHARACTERS_MAX:
            raise InputError(
                f"Putting a scan aside needs a reason of 1 to {REASON_CHARACTERS_MAX} characters: --reason 'it moved'."
            )
        with self._changing_aside() as aside:
            aside[participant] = Aside(reason, now())

    @changes
    def put_back(self, participant: str) -> None:
        """Let a scan be offered again.

        Raises:
            InputError: It was not put aside.
        """
        with self._changing_aside() as aside:
            if participant not in aside:
                raise InputError(f"'{participant[:60]}' is not put aside; these are: {', '.join(aside) or 'none'}.")
            del aside[participant]

    @contextmanager
    def _changing_aside(self) -> Iterator[dict[str, Aside]]:
        lock = try_lock(self._aside_lock, wait_seconds=5.0)
        if lock is None:
            raise InputError("Somebody else is changing what is put aside; try again.")
        with lock:
            aside = self.aside()
            yield aside
            content = {"schema": 1, "aside": {name: asdict(row) for name, row in aside.items()}}
            write_object(self._aside_file, content, "aside", durable=True)

    # ------------------------------------------------------------------ who is at work

    def work(self) -> Work | None:
        """Say who is at work, or was last; None where nobody ever was or it cannot be read."""
        work = self._reread()
        if work is None or not work.active or is_locked(self._lock_file):
            return work
        if work.state == "starting" and _watch.still_seconds(self._work_file, work) < _START_SECONDS:
            return work
        again = self._reread()  # it may have ended between our look at the state and our look at the lock
        return Work("interrupted", started=work.started) if again in (None, work) else again

    def _reread(self) -> Work | None:
        try:
            return _WORK.validate_python(read_object(self._work_file, "next", [f.name for f in fields(Work)]))
        except (Damaged, ValidationError):
            return None

    def fail_start(self, reason: str) -> None:
        """Say why no work came of a start; where nobody is starting, nobody waits for this."""
        work = self.work()
        if work is not None and work.state == "starting":
            self.write_work(Work("failed", reason=reason, started=work.started))

    def write_work(self, work: Work) -> None:
        """Say what is being done. Only whoever works alone may, or starts somebody who will."""
        write_object(self._work_file, asdict(work), "next")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work on an answer, nobody else meanwhile.

        Raises:
            InputError: Somebody else does.
        """
        lock = try_lock(self._lock_file, wait_seconds=1.0)  # whoever only looks at the life sign holds it for a moment
        if lock is None:
            raise InputError(f"Somebody already works on an answer for {self.folder.name}; wait until it is there.")
        with lock:
            self._stop_file.unlink(missing_ok=True)
            yield

    @changes
    def ask_to_stop(self) -> None:
        """Ask whoever works on an answer to leave."""
        write_text(self._stop_file, "")

    def asked_to_stop(self) -> bool:
        """Whether whoever works on an answer should leave."""
        return self._stop_file.exists()


def now() -> str:
    """Give the time as it is written: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
