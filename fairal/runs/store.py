"""A home: experiments made, read as a whole, and removed."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import count
from pathlib import Path

from fairal import settings
from fairal.allowed import changes
from fairal.config import ExperimentConfig
from fairal.errors import FairalError, InputError, RunError
from fairal.facts.record import SCHEMA
from fairal.facts.state import RunState
from fairal.files import folder_size, new_folder
from fairal.runs.healing import Healing, header, rounds_of
from fairal.runs.paths import RunKey, default_home
from fairal.runs.reader import RunFacts, Snapshot
from fairal.runs.removing import check_inside, remove_files, remove_tree
from fairal.runs.stored import Damaged, write_object

__all__ = ["Damaged", "RunKey", "Store"]


class Store(Healing):
    """One home. It is a `Reader`.

    Args:
        home: Its folder; made if it is not there, unless the server is read only. None for the default.

    Raises:
        InputError: It cannot be written to.
    """

    def __init__(self, home: Path | str | None = None) -> None:
        super().__init__(_absolute(home))
        if not settings.read_only():
            self._make()

    def _make(self) -> None:
        try:
            for folder in (self.experiments_dir, self.workers_dir, *self.cache_dirs.values()):
                folder.mkdir(parents=True, exist_ok=True)
                check_inside(folder, self.home)
            if not os.access(self.home, os.W_OK | os.X_OK):
                raise PermissionError("no permission to write")
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(
                f"The home {self.home} cannot be written to ({reason}); name another with --home or FAIRAL_HOME."
            ) from None

    def check_there(self) -> None:
        """Check that the home is still there, for whoever opened it long ago.

        Raises:
            RunError: It was removed, or something else stands in its place.
        """
        with suppress(PermissionError):
            if self.experiments_dir.is_dir():
                return
            if settings.read_only() and not os.path.lexists(self.experiments_dir):
                return  # nobody has made it yet
        raise RunError(
            f"The home {self.home} is not what it was when it was opened: {self.experiments_dir} is gone, is no folder "
            "or cannot be looked into. Put it back and all is as before; or start the server again, which makes an "
            "empty one."
        )

    # ------------------------------------------------------------------ making and removing

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
        self.check_disk(config)
        token = token or secrets.token_hex(16)
        now = datetime.now(UTC)
        slug = re.sub(r"[^a-z0-9]+", "-", config.name.lower()).strip("-")[:40] or "experiment"
        for attempt in count():
            tail = _tail(token, attempt)
            if there := self._launched(tail, token):
                return there, False
            with suppress(FileExistsError):  # of another token with the same digest: there is a next one
                self._write_experiment(f"{slug}-{now:%Y%m%d}-{tail}", now, token, config)
                return f"{slug}-{now:%Y%m%d}-{tail}", True
            if there := self._launched(tail, token):  # by somebody else with our token, since we looked
                return there, False
        raise AssertionError("there is always a next attempt")

    def launched(self, token: str) -> str | None:
        """Find the experiment that a token has made already; None where it has made none."""
        for attempt in count():
            tail = _tail(token, attempt)
            if there := self._launched(tail, token):
                return there
            if not any(self.experiments_dir.glob(f"*-{tail}")):
                return None
        raise AssertionError("there is always a next attempt")

    def _launched(self, tail: str, token: str) -> str | None:
        """Find the experiment that a token has made already."""
        for there in self.experiments_dir.glob(f"*-{tail}"):
            with suppress(FairalError):  # what is damaged and cannot be told anew stops no other launch
                if self.about(there.name).get("token") == token:
                    return there.name
        return None

    def _write_experiment(self, experiment: str, now: datetime, token: str, config: ExperimentConfig) -> None:
        created = now.isoformat(timespec="milliseconds")
        about = {"schema": SCHEMA, "id": experiment, "created": created, "token": token}
        about["config"] = config.model_dump(mode="json")
        if (target := self.experiment_dir(experiment)).exists():
            raise FileExistsError(target)
        self.ledger.created(experiment, created, config.name)
        with new_folder(target) as folder:
            (folder / "subjects").mkdir()
            write_object(folder / "experiment.json", about, experiment, durable=True)
            for arm, seed, role in config.runs():
                key = RunKey(experiment, f"{arm}-{seed}")
                run = folder / "runs" / key.run
                (run / "volumes").mkdir(parents=True)
                write_object(run / "config.json", header(key, about), f"{key} config")
                state = RunState("queued", rounds=rounds_of(config, role), created=now.timestamp())
                write_object(run / "state.json", state.as_json(), f"{key} state")

    def check_disk(self, config: ExperimentConfig) -> None:
        """Check that an experiment's first results have room.

        Raises:
            InputError: Not enough free disk; a yes would not help.
        """
        x, y, z = config.cohort.shape
        subjects = config.cohort.pool_size + config.cohort.test_size
        needed = 60e6 + 3 * x * y * z * subjects + 3e6 * len(config.strategies) * (config.query.rounds + 1)
        free = shutil.disk_usage(self.home).free
        if free < needed:
            raise InputError(
                f"{self.home} has {free / 1e6:.0f} MB of free disk, this experiment needs about {needed / 1e6:.0f} MB; "
                "free some (`fairal clean`) or choose another --home."
            )

    def delete_experiment(self, experiment: str) -> None:
        """Remove an experiment and all that belongs to it; the caller sees to it that nobody works on it."""
        remove_tree(self.experiment_dir(experiment), self.home)

    def delete_run(self, key: RunKey) -> None:
        """Remove one run; the experiment goes with its last one."""
        check_inside(self.run_dir(key), self.home)
        self.ledger.open(key)
        remove_tree(self.run_dir(key), self.home)
        if not any(self.runs_dir(key.experiment).iterdir()):
            self.delete_experiment(key.experiment)

    # ------------------------------------------------------------------ reading

    def snapshot(self, experiment: str) -> Snapshot:
        """See `Reader.snapshot`."""
        about, config = self.about(experiment), self.config(experiment)
        return Snapshot(experiment, about["created"], config, tuple(self._facts(experiment, config)))

    def _facts(self, experiment: str, config: ExperimentConfig) -> Iterator[RunFacts]:
        for key in self.runs(experiment):
            role = "strategy" if str(key.arm) in config.strategies else "reference"
            try:
                look = self.look(key)
                yield RunFacts(key, role, look.state, look.shown, look.state.reason, look.reading.records)
            except FairalError as error:
                yield RunFacts(key, role, RunState("failed", reason=str(error)), "damaged", str(error), ())

    # ------------------------------------------------------------------ display volumes

    def volume_sizes(self) -> dict[str, int]:
        """Bytes of display volumes by experiment."""
        return {
            name: folder_size(self.experiments_dir / name / "subjects")
            + sum(folder_size(p) for p in (self.experiments_dir / name).glob("runs/*/volumes"))
            for name in self.experiments()
        }

    @changes
    def clean_volumes(self, experiment: str) -> int:
        """Remove an experiment's display volumes; returns the bytes freed. Records stay."""
        folder = self.experiment_dir(experiment)
        places = [folder / "subjects", *(self.run_dir(key) / "volumes" for key in self.runs(experiment))]
        return sum(remove_files(place, ".npz", self.home) for place in places)


def _tail(token: str, attempt: int) -> str:
    """End the id of what a token makes; other attempts end it otherwise, where another token ends it the same."""
    return blake2b(f"{token}{attempt or ''}".encode(), digest_size=3).hexdigest()


def _absolute(home: Path | str | None) -> Path:
    try:
        return Path(home or default_home()).expanduser().absolute()
    except RuntimeError:
        raise InputError(f"--home must be a folder, got '{str(home)[:60]}': there is no such user.") from None
