"""What a run leaves behind: its state, records, volumes and log; written whole, read with suspicion."""

import json
import os
import threading
import time
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from fairal.errors import FairalError
from fairal.facts.record import SCHEMA, Record
from fairal.facts.state import RunState
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.files import append_line, replacing, whole_lines, write_json
from fairal.runs.locks import is_locked
from fairal.runs.paths import Paths, RunKey

_FRESH_SECONDS = 5.0  # a state younger than this is believed without touching the lock
_KEPT_RUNS = 400  # records of so many runs stay parsed in memory: about 20 kB a round
_records: OrderedDict[Path, tuple[tuple[int, int], tuple[Record, ...]]] = OrderedDict()
_records_lock = threading.Lock()


class Damaged(FairalError):
    """A stored file is not what it should be; the rest of the home stays usable."""


def read_object(path: Path) -> dict[str, Any]:
    """Read a JSON object that this program wrote.

    Raises:
        Damaged: The file is missing, broken or from a newer version.
    """
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Damaged(f"{path} is missing; the experiment or run was deleted or is damaged.") from None
    except (OSError, ValueError, RecursionError):
        raise Damaged(f"{path} is damaged: it is not readable JSON.") from None
    if not isinstance(content, dict):
        raise Damaged(f"{path} is damaged: it should hold an object.")
    if isinstance(content.get("schema"), int) and content["schema"] > SCHEMA:
        raise Damaged(f"{path} is of schema {content['schema']}, from a newer fairal; this one reads up to {SCHEMA}.")
    return content


class Journal(Paths):
    """The runs of a home, one file at a time."""

    # ------------------------------------------------------------------ state

    def state(self, key: RunKey) -> RunState:
        """Read a run's state.

        Raises:
            Damaged: The file is missing, broken or from a newer version.
        """
        try:
            return RunState.from_json(read_object(self.state_file(key)))
        except ValueError:
            raise Damaged(
                f"The state of run {key.run} in {key.experiment} is damaged; delete the run or start it again."
            ) from None

    def write_state(self, key: RunKey, state: RunState) -> None:
        """Replace a run's state. Only the holder of the run's lock may."""
        write_json(self.state_file(key), state.as_json())

    def shown_state(self, key: RunKey, state: RunState) -> str:
        """Give the state as a person sees it: a running run whose lock is free was interrupted."""
        if state.state != "running" or time.time() - state.updated < _FRESH_SECONDS:
            return state.state
        return "running" if is_locked(self.run_lock(key)) else "interrupted"

    # ------------------------------------------------------------------ records

    def rounds(self, key: RunKey) -> tuple[Record, ...]:
        """Read a run's complete records; remembered until the file changes.

        Raises:
            Damaged: A complete line is no record.
        """
        path = self.records_file(key)
        try:
            stat = path.stat()
        except FileNotFoundError:
            return ()
        stamp = (stat.st_size, stat.st_mtime_ns)
        with _records_lock:
            kept = _records.get(path)
            if kept and kept[0] == stamp:
                _records.move_to_end(path)
                return kept[1]
        try:
            records = parse_records(whole_lines(path)[0])
        except ValueError as error:
            raise Damaged(f"The records of run {key.run} in {key.experiment} are {error}.") from None
        with _records_lock:
            _records[path] = (stamp, records)
            while len(_records) > _KEPT_RUNS:
                _records.popitem(last=False)
        return records

    def append_round(self, key: RunKey, record: Record, volumes: RoundVolumes | None) -> None:
        """Commit a round: first its volumes, then its line."""
        if volumes is not None:
            with replacing(self.volumes_file(key, record.round), durable=True) as file:
                np.savez_compressed(file, **volumes.to_arrays())
        append_line(self.records_file(key), record.as_line())

    def drop_half_written(self, key: RunKey) -> None:
        """Cut the records back to their last complete line."""
        path = self.records_file(key)
        _, end = whole_lines(path)
        if path.exists() and path.stat().st_size > end:
            os.truncate(path, end)

    def start_over(self, key: RunKey) -> None:
        """Forget a run's rounds and volumes."""
        self.records_file(key).unlink(missing_ok=True)
        for file in (self.run_dir(key) / "volumes").glob("*.npz"):
            file.unlink()

    # ------------------------------------------------------------------ volumes and log

    def volumes(self, key: RunKey, round_: int) -> RoundVolumes | None:
        """Read a round's volumes; None where they were not kept."""
        arrays = _load_arrays(self.volumes_file(key, round_))
        return None if arrays is None else RoundVolumes.from_arrays(arrays)

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        """Read a displayed subject; None where it was not kept."""
        path = self.subject_file(experiment, seed, subject)
        arrays = _load_arrays(path)
        try:
            return None if arrays is None else SubjectVolumes.from_arrays(arrays)
        except KeyError as error:
            raise Damaged(f"{path} is damaged: it lacks {error}.") from None

    def write_subject(self, experiment: str, seed: int, subject: str, volumes: SubjectVolumes) -> None:
        """Keep a displayed subject, once per experiment and seed."""
        with replacing(self.subject_file(experiment, seed, subject)) as file:
            np.savez_compressed(file, **volumes.to_arrays())

    def log(self, key: RunKey, text: str) -> None:
        """Add a line, with the time, to a run's log."""
        with self.log_file(key).open("a", encoding="utf-8") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}\n")

    def log_tail(self, key: RunKey, lines: int = 40) -> str:
        """Read the end of a run's log."""
        try:
            return "\n".join(self.log_file(key).read_text("utf-8", "replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""


def parse_records(lines: list[bytes]) -> tuple[Record, ...]:
    """Read a run's records, one a line, in the order of their rounds.

    Raises:
        ValueError: Some are from a newer version, or are none; the text says which.
    """
    if any(_schema(line) > SCHEMA for line in lines):
        raise ValueError("from a newer fairal")
    try:
        records = tuple(Record.from_line(line) for line in lines)
    except ValueError:
        records = None
    if records is None or any(record.round != i for i, record in enumerate(records)):
        raise ValueError("damaged")
    return records


def _schema(line: bytes) -> int:
    # Every line begins with it; parsing all of a newer line to find it would be asking for trouble.
    head = line[:20].removeprefix(b'{"schema": ').partition(b",")[0]
    return int(head) if head.isdigit() else SCHEMA


def _load_arrays(path: Path) -> dict[str, np.ndarray] | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except FileNotFoundError:
        return None
    except Exception as error:  # numpy and zipfile raise many kinds for a damaged archive
        raise Damaged(f"{path} is damaged ({type(error).__name__}).") from None
