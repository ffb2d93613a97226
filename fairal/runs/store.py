"""Every file of a home: experiments, runs, states, records, volumes; written whole, read with suspicion."""

import json
import os
import re
import secrets
import shutil
import threading
from collections import OrderedDict
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from fairal.config import ExperimentConfig, parse_experiment
from fairal.errors import FairalError, InputError
from fairal.facts.record import SCHEMA
from fairal.files import append_line, folder_size, new_folder, replacing, whole_lines, write_json
from fairal.runs.paths import EXPERIMENT_ID, RUN_ID, Paths, RunKey, default_home

STATES = ("queued", "running", "done", "failed", "cancelled")
"""What is stored. *interrupted* is derived: running, and nobody holds the run's lock."""


class Damaged(FairalError):
    """A stored file is not what it should be; the rest of the home stays usable."""


@dataclass(frozen=True)
class RunState:
    """A run's life at a glance: all that the list of runs reads."""

    state: str
    reason: str = ""
    attempts: int = 0
    rounds_done: int = 0
    rounds: int = 0
    part: str = ""
    done: int = 0
    total: int = 0
    headline: dict = field(default_factory=dict)
    round_seconds: float | None = None
    device: str = ""
    threads: int = 0
    pid: int = 0
    created: float = 0.0
    started: float | None = None
    finished: float | None = None
    updated: float = 0.0


class Store(Paths):
    """One home.

    Args:
        home: Its folder; made if it is not there. None for the default.

    Raises:
        InputError: It cannot be written to.
    """

    def __init__(self, home: Path | str | None = None) -> None:
        super().__init__(Path(home or default_home()).expanduser().absolute())
        try:
            for folder in (self.experiments_dir, self.workers_dir, *self.cache_dirs.values()):
                folder.mkdir(parents=True, exist_ok=True)
            if not os.access(self.home, os.W_OK | os.X_OK):
                raise PermissionError("no permission to write")
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(
                f"The home {self.home} cannot be written to ({reason}); name another with --home or FAIRAL_HOME."
            ) from None

    # ------------------------------------------------------------------ experiments

    def create(self, config: ExperimentConfig, token: str | None = None) -> tuple[str, bool]:
        """Write an experiment with all its runs, queued.

        Args:
            config: The experiment.
            token: Made when a form was drawn; the same token gives the same experiment, once.

        Returns:
            The experiment's id, and whether it is new.

        Raises:
            InputError: Not enough free disk.
        """
        self._check_disk(config)
        token = token or secrets.token_hex(16)
        tail = blake2b(token.encode(), digest_size=3).hexdigest()
        for there in self.experiments_dir.glob(f"*-{tail}"):
            if self._read(there / "experiment.json").get("token") == token:
                return there.name, False
        now = datetime.now(UTC)
        slug = re.sub(r"[^a-z0-9]+", "-", config.name.lower()).strip("-")[:40] or "experiment"
        experiment = f"{slug}-{now:%Y%m%d}-{tail}"
        content = {
            "schema": SCHEMA,
            "id": experiment,
            "created": now.isoformat(timespec="milliseconds"),
            "token": token,
            "config": config.model_dump(mode="json"),
        }
        with new_folder(self.experiment_dir(experiment)) as folder:
            (folder / "subjects").mkdir()
            for strategy, seed, role in config.runs():
                run = folder / "runs" / f"{strategy}-{seed}"
                (run / "volumes").mkdir(parents=True)
                about = {"schema": SCHEMA, "experiment": experiment, "run": run.name}
                write_json(run / "config.json", {**about, "strategy": strategy, "seed": seed, "role": role})
                state = RunState(
                    "queued", rounds=config.query.rounds + 1 if role == "strategy" else 1, created=now.timestamp()
                )
                write_json(run / "state.json", {"schema": SCHEMA, **asdict(state)})
            write_json(folder / "experiment.json", content)
        return experiment, True

    def _check_disk(self, config: ExperimentConfig) -> None:
        x, y, z = config.cohort.shape
        subjects = config.cohort.pool_size + config.cohort.test_pairs * len(config.cohort.groups)
        needed = 60e6 + 3 * x * y * z * subjects + 3e6 * len(config.strategies) * (config.query.rounds + 1)
        free = shutil.disk_usage(self.home).free
        if free < needed:
            raise InputError(
                f"{self.home} has {free / 1e6:.0f} MB of free disk, this experiment needs about {needed / 1e6:.0f} MB; "
                "free some (`fairal clean`) or choose another --home."
            )

    def experiments(self) -> list[str]:
        """List the ids of all experiments, newest first."""
        names = [e.name for e in os.scandir(self.experiments_dir) if EXPERIMENT_ID.fullmatch(e.name)]
        made = {name: self._created(name) for name in names}
        return sorted((n for n in names if made[n] is not None), key=lambda n: (made[n], n), reverse=True)

    def _created(self, experiment: str) -> str | None:
        try:
            return self.about(experiment)["created"]
        except FairalError:
            return ""

    def about(self, experiment: str) -> dict:
        """Read an experiment's id, time of creation and configuration (as JSON).

        Raises:
            InputError: There is none of that id.
            Damaged: Its file cannot be understood, or is of a newer version.
        """
        path = self.about_folder(experiment) / "experiment.json"
        content = self._read(path)
        if "config" not in content or "created" not in content:
            raise Damaged(f"{path} is damaged: it lacks its configuration. Delete the experiment and launch it again.")
        return content

    def about_folder(self, experiment: str) -> Path:
        """Give an experiment's folder, damaged or not.

        Raises:
            InputError: There is none of that id.
        """
        folder = self.experiment_dir(experiment)
        if not folder.is_dir():
            raise InputError(f"There is no experiment '{experiment}'; `fairal list` names those that are.")
        return folder

    def config(self, experiment: str) -> ExperimentConfig:
        """Read an experiment's configuration."""
        content = self.about(experiment)["config"]
        try:
            return parse_experiment(content)
        except InputError as error:
            raise Damaged(f"The configuration of {experiment} is damaged: {error}") from None

    def runs(self, experiment: str) -> list[RunKey]:
        """List an experiment's runs in the order of its configuration."""
        folder = self.experiment_dir(experiment) / "runs"
        try:
            there = {e.name for e in os.scandir(folder) if RUN_ID.fullmatch(e.name)}
        except FileNotFoundError:
            return []
        try:
            wanted = [f"{strategy}-{seed}" for strategy, seed, _ in self.config(experiment).runs()]
        except FairalError:
            wanted = sorted(there)
        return [RunKey(experiment, name) for name in wanted if name in there]

    def delete_experiment(self, experiment: str) -> None:
        """Remove an experiment and all that belongs to it; the caller sees to it that nobody works on it."""
        shutil.rmtree(self.experiment_dir(experiment), ignore_errors=True)

    def delete_run(self, key: RunKey) -> None:
        """Remove one run; the experiment goes with its last one."""
        shutil.rmtree(self.run_dir(key), ignore_errors=True)
        if not any((self.experiment_dir(key.experiment) / "runs").iterdir()):
            self.delete_experiment(key.experiment)

    # ------------------------------------------------------------------ runs

    def role(self, key: RunKey) -> str:
        """``strategy`` or ``reference``."""
        return self._read(self.run_dir(key) / "config.json").get("role", "strategy")

    def state(self, key: RunKey) -> RunState:
        """Read a run's state.

        Raises:
            Damaged: The file is missing, broken or from a newer version.
        """
        content = self._read(self.run_dir(key) / "state.json")
        known = {f.name for f in fields(RunState)}
        if content.get("state") not in STATES:
            raise Damaged(
                f"The state of run {key.run} in {key.experiment} is damaged; delete the run or start it again."
            )
        return RunState(**{name: value for name, value in content.items() if name in known})

    def write_state(self, key: RunKey, state: RunState) -> None:
        """Replace a run's state. Only the holder of the run's lock may."""
        write_json(self.run_dir(key) / "state.json", {"schema": SCHEMA, **asdict(state)})

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

    def rounds(self, key: RunKey) -> list[dict]:
        """Read a run's complete records; remembered until the file changes.

        Raises:
            Damaged: A complete line is no record.
        """
        path = self.run_dir(key) / "rounds.jsonl"
        try:
            stat = path.stat()
        except FileNotFoundError:
            return []
        stamp = (stat.st_size, stat.st_mtime_ns)
        with _records_lock:
            kept = _records.get(path)
            if kept and kept[0] == stamp:
                _records.move_to_end(path)
                return kept[1]
        lines, _ = whole_lines(path)
        try:
            records = [json.loads(line) for line in lines]
            ordered = all(record["round"] == i for i, record in enumerate(records))
        except (ValueError, KeyError, TypeError):
            ordered = False
        if not ordered:
            raise Damaged(f"The records of run {key.run} in {key.experiment} are damaged; delete the run.")
        if any(record.get("schema", 0) > SCHEMA for record in records):
            raise Damaged(f"The records of run {key.run} in {key.experiment} are from a newer fairal.")
        with _records_lock:
            _records[path] = (stamp, records)
            while len(_records) > _KEPT_RUNS:
                _records.popitem(last=False)
        return records

    def append_round(self, key: RunKey, record: dict, volumes: dict[str, np.ndarray] | None) -> None:
        """Commit a round: first its volumes, then its line."""
        if volumes is not None:
            with replacing(self.volumes_file(key, record["round"]), durable=True) as file:
                np.savez_compressed(file, **volumes)
        append_line(self.run_dir(key) / "rounds.jsonl", json.dumps(record, allow_nan=False))

    def drop_half_written(self, key: RunKey) -> None:
        """Cut `rounds.jsonl` back to its last complete line."""
        path = self.run_dir(key) / "rounds.jsonl"
        _, end = whole_lines(path)
        if path.exists() and path.stat().st_size > end:
            os.truncate(path, end)

    def start_over(self, key: RunKey) -> None:
        """Forget a run's rounds and volumes."""
        (self.run_dir(key) / "rounds.jsonl").unlink(missing_ok=True)
        for file in (self.run_dir(key) / "volumes").glob("*.npz"):
            file.unlink()

    # ------------------------------------------------------------------ volumes

    def write_subject(self, experiment: str, seed: int, subject: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep a displayed subject's T1, truth and whole-brain context, once per experiment."""
        with replacing(self.subject_file(experiment, seed, subject)) as file:
            np.savez_compressed(file, **arrays)

    def subject(self, experiment: str, seed: int, subject: str) -> dict[str, np.ndarray] | None:
        """Read a displayed subject; None where it was not kept."""
        return _load_arrays(self.subject_file(experiment, seed, subject))

    def volumes(self, key: RunKey, round_: int) -> dict[str, np.ndarray] | None:
        """Read a round's volumes; None where they were not kept."""
        return _load_arrays(self.volumes_file(key, round_))

    def volume_sizes(self) -> dict[str, int]:
        """Bytes of display volumes by experiment."""
        return {
            name: folder_size(self.experiments_dir / name / "subjects")
            + sum(folder_size(p) for p in (self.experiments_dir / name).glob("runs/*/volumes"))
            for name in self.experiments()
        }

    def clean_volumes(self, experiment: str) -> int:
        """Remove an experiment's display volumes; returns the bytes freed. Records stay."""
        folder = self.experiment_dir(experiment)
        freed = 0
        for file in [*folder.glob("subjects/*.npz"), *folder.glob("runs/*/volumes/*.npz")]:
            freed += file.stat().st_size
            file.unlink(missing_ok=True)
        return freed

    # ------------------------------------------------------------------ reading

    def _read(self, path: Path) -> dict[str, Any]:
        try:
            content = json.loads(path.read_bytes())
        except FileNotFoundError:
            raise Damaged(f"{path} is missing; the experiment or run was deleted or is damaged.") from None
        except (OSError, ValueError):
            raise Damaged(f"{path} is damaged: it is not readable JSON.") from None
        if not isinstance(content, dict):
            raise Damaged(f"{path} is damaged: it should hold an object.")
        if isinstance(content.get("schema"), int) and content["schema"] > SCHEMA:
            raise Damaged(
                f"{path} is of schema {content['schema']}, from a newer fairal; this one reads up to {SCHEMA}."
            )
        return content


_KEPT_RUNS = 400  # records of so many runs stay parsed in memory: about 20 kB a round
_records: OrderedDict[Path, tuple[tuple[int, int], list[dict]]] = OrderedDict()
_records_lock = threading.Lock()


def _load_arrays(path: Path) -> dict[str, np.ndarray] | None:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return dict(stored)
    except FileNotFoundError:
        return None
    except Exception as error:  # numpy and zipfile raise many kinds for a damaged archive
        raise Damaged(f"{path} is damaged ({type(error).__name__}).") from None
