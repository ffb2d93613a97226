"""What a run leaves behind: its state, records, volumes and log; written whole, read with suspicion."""

import io
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from fairal.facts.record import Record
from fairal.facts.state import RunState
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.files import replacing
from fairal.plainfiles import open_plain, read_plain
from fairal.runs.locks import is_locked
from fairal.runs.paths import Paths, RunKey
from fairal.runs.records import (
    RECORDS_BYTES_MAX,
    NewerLine,
    Reading,
    append_record,
    mend,
    parse_records,
    read_last,
    read_records,
    sound_rounds,
)
from fairal.runs.remembered import Remembered
from fairal.runs.removing import check_inside, remove_files
from fairal.runs.shut import opening_records
from fairal.runs.stored import Damaged, Newer, read_object, write_object
from fairal.seals import Broken, open_archive, seal_archive

__all__ = ["Damaged", "Journal", "Newer", "parse_records", "read_object"]

_STATE_MEMBERS = {field.name for field in fields(RunState)} | {"schema", "headline"}
_LOG_TAIL_BYTES = 2**18
_states: Remembered[RunState] = Remembered(20_000, settled_seconds=2.0)
_readings: Remembered[Reading] = Remembered(400)  # parsed, about 20 kB a round


class Journal(Paths):
    """The runs of a home, one file at a time."""

    # ------------------------------------------------------------------ state

    def stored_state(self, key: RunKey) -> RunState:
        """Read a run's state as it is stored.

        Raises:
            Damaged: The file is missing, broken, that of another run or from a newer version.
        """
        path, of = self.state_file(key), f"{key} state"
        try:
            return _states.read(path, lambda: RunState.from_json(read_object(path, of, _STATE_MEMBERS)))
        except ValueError:
            raise Damaged(f"The state of run {key.run} in {key.experiment} is damaged.") from None

    def write_state(self, key: RunKey, state: RunState, durable: bool = False) -> None:
        """Replace a run's state. Only the holder of the run's lock may."""
        write_object(self.state_file(key), state.as_json(), f"{key} state", durable)

    # ------------------------------------------------------------------ records

    def reading(self, key: RunKey) -> Reading:
        """Read a run's records, and what is wrong with them; remembered until the file changes.

        Raises:
            Newer: They are from a newer version.
        """
        path = self.records_file(key)
        try:
            return _readings.read(path, lambda: read_records(read_plain(path, RECORDS_BYTES_MAX), str(key)))
        except FileNotFoundError:
            return Reading()
        except OSError as error:
            why = error.strerror or str(error)
            return Reading(damage=f"not readable ({why})", shut=why if isinstance(error, PermissionError) else "")
        except NewerLine as error:
            raise Newer(f"The records of run {key.run} in {key.experiment} are {error}.") from None

    def rounds(self, key: RunKey) -> tuple[Record, ...]:
        """Read a run's complete records.

        Raises:
            Damaged: Some of them are.
        """
        reading = self.reading(key)
        if reading.damage:
            raise Damaged(f"The records of run {key.run} in {key.experiment} are {reading.damage}.")
        return reading.records

    def sound_rounds(self, key: RunKey) -> set[int]:
        """Give the rounds of which a sound record is left, also behind a gap.

        Raises:
            Damaged: They cannot be read, or (`Newer`) are from a newer version.
        """
        with opening_records(self, key):
            return sound_rounds(self.records_file(key), self.aside_file(key), str(key))

    def last_round(self, key: RunKey) -> Record | None:
        """Read a run's last sound record, and as a rule nothing else; None before the first."""
        last = read_last(self.records_file(key), str(key))
        return last or next(reversed(self.reading(key).records), None)

    def append_round(
        self, key: RunKey, record: Record, volumes: RoundVolumes | None, fence: Callable[[], None] = lambda: None
    ) -> None:
        """Commit a round: first its volumes, then its line.

        Args:
            key: The run.
            record: Of the round; the rounds before it must be there, and no others.
            volumes: For display.
            fence: Asked last of all before the commit; raises where it must not be.

        Raises:
            Overtaken: Somebody else has committed a round meanwhile.
            Withheld: Another program keeps the records locked.
        """
        if volumes is not None:
            self._write_arrays(self.volumes_file(key, record.round), volumes.to_arrays(), f"{key} {record.round}")
        fence()
        append_record(self.records_file(key), record, str(key))

    def mend_records(self, key: RunKey) -> None:
        """Bring a run's records in order after a crash or damage; what is not sound is put aside. See `mend`.

        Raises:
            Damaged: They cannot be read or written, or (`Newer`) are from a newer version.
        """
        with opening_records(self, key):
            done = mend(self.records_file(key), self.aside_file(key), str(key))
        if done:
            self.log(key, done)

    def start_over(self, key: RunKey) -> None:
        """Forget a run's rounds and volumes."""
        self.records_file(key).unlink(missing_ok=True)
        self.aside_file(key).unlink(missing_ok=True)
        remove_files(self.run_dir(key) / "volumes", ".npz", self.home)

    # ------------------------------------------------------------------ volumes and log

    def volumes(self, key: RunKey, round_: int) -> RoundVolumes | None:
        """Read a round's volumes; None where they were not kept.

        Raises:
            Damaged: The file is not what it should be.
        """
        arrays = _arrays(self.volumes_file(key, round_), self.volumes_archive(key, round_))
        return None if arrays is None else RoundVolumes.from_arrays(arrays)

    def volumes_archive(self, key: RunKey, round_: int) -> bytes | None:
        """Give the file of a round's volumes, checked, without its seal. As `volumes`."""
        return _archive(self.volumes_file(key, round_), f"{key} {round_}")

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        """Read a displayed subject; None where it was not kept.

        Raises:
            Damaged: The file is not what it should be.
        """
        path = self.subject_file(experiment, seed, subject)
        arrays = _arrays(path, self.subject_archive(experiment, seed, subject))
        try:
            return None if arrays is None else SubjectVolumes.from_arrays(arrays)
        except KeyError as error:
            raise Damaged(f"{path} is damaged: it lacks {error}.") from None

    def subject_archive(self, experiment: str, seed: int, subject: str) -> bytes | None:
        """Give the file of a displayed subject, checked, without its seal. As `subject`."""
        path = self.subject_file(experiment, seed, subject)
        return _archive(path, f"{experiment} {path.stem}")

    def kept_subjects(self, experiment: str, seed: int) -> set[str]:
        """Name the displayed subjects of a seed that were kept."""
        ids = (file.stem.partition("-") for file in self.subjects_dir(experiment).glob(f"{seed}-*.npz"))
        return {id_ for _, _, id_ in ids}

    def write_subject(self, experiment: str, seed: int, subject: str, volumes: SubjectVolumes) -> None:
        """Keep a displayed subject, once per experiment and seed."""
        path = self.subject_file(experiment, seed, subject)
        self._write_arrays(path, volumes.to_arrays(), f"{experiment} {path.stem}")

    def _write_arrays(self, path: Path, arrays: dict[str, np.ndarray], of: str) -> None:
        check_inside(path.parent, self.home)
        path.parent.mkdir(exist_ok=True)  # somebody may have removed it to have room
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        with replacing(path, durable=True) as file:
            file.write(seal_archive(buffer.getvalue(), of))

    def log(self, key: RunKey, text: str) -> None:
        """Add a line, with the time, to a run's log; a full disk costs the line, not the run."""
        with suppress(OSError), open_plain(self.log_file(key), "ab") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {text}\n".encode(errors="replace"))

    def log_tail(self, key: RunKey, lines: int = 40) -> str:
        """Read the end of a run's log."""
        try:
            with open_plain(self.log_file(key)) as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _LOG_TAIL_BYTES))
                return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def is_held(self, key: RunKey) -> bool:
        """Tell whether somebody holds a run."""
        return is_locked(self.run_lock(key))


def _archive(path: Path, of: str) -> bytes | None:
    try:
        return open_archive(read_plain(path), of)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Damaged(f"{path} cannot be read ({error.strerror or error}).") from None
    except Broken as broken:
        raise Damaged(f"{path} is damaged: {broken}.") from None


def _arrays(path: Path, archive: bytes | None) -> dict[str, np.ndarray] | None:
    if archive is None:
        return None
    try:
        with np.load(io.BytesIO(archive), allow_pickle=False) as stored:
            return dict(stored)
    except Exception as error:  # numpy and zipfile raise many kinds for a damaged archive
        raise Damaged(f"{path} is damaged ({type(error).__name__}).") from None
