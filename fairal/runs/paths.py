"""Every path of a home. Nobody else joins one, and only ids that match their pattern become part of one."""

import re
from dataclasses import dataclass
from pathlib import Path

from fairal import settings
from fairal.config import Arm
from fairal.errors import InputError

EXPERIMENT_ID = re.compile(r"^[a-z0-9-]{8,64}$")
RUN_ID = re.compile(r"^[a-z0-9_+]{1,60}-[0-9]{1,6}$")
SUBJECT_ID = re.compile(r"^[A-Za-z0-9_-]{1,128}$")


@dataclass(frozen=True)
class RunKey:
    """Names a run: its experiment's id and its own, ``arm-seed``."""

    experiment: str
    run: str

    def __str__(self) -> str:
        return f"{self.experiment}/{self.run}"

    @property
    def arm(self) -> Arm:
        return Arm.parse(self.run.rsplit("-", 1)[0])

    @property
    def seed(self) -> int:
        return int(self.run.rsplit("-", 1)[1])


def default_home() -> Path:
    """Where everything lies unless told otherwise: FAIRAL_HOME, else the checkout, else the user's data folder."""
    if (named := settings.home()) is not None:
        return named
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").exists() and (checkout / "app.py").exists():
        return checkout / "fairal-home"
    from platformdirs import user_data_path

    return user_data_path("fairal")


class Paths:
    """Where everything of one home lies.

    Args:
        home: Its absolute folder.
    """

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def experiments_dir(self) -> Path:
        return self.home / "experiments"

    @property
    def bundles_dir(self) -> Path:
        """Added bundles: read only, made on the first."""
        return self.home / "bundles"

    @property
    def workers_dir(self) -> Path:
        return self.home / "workers"

    @property
    def cache_dirs(self) -> dict[str, Path]:
        return {kind: self.home / "cache" / kind for kind in ("cohorts", "fits")}

    @property
    def ledger_file(self) -> Path:
        """Which runs have ended: kept for speed alone, made anew from the folders where it is missing or wrong."""
        return self.home / "ended.jsonl"

    @property
    def reserve_file(self) -> Path:
        """Room that is given back to a full disk, so that what happened can still be said."""
        return self.home / "reserve"

    @property
    def speed_file(self) -> Path:
        """Seconds per fit measured on this machine, by learner and field of view."""
        return self.home / "speed.json"

    def worker_lock(self, slot: int | str) -> Path:
        return self.workers_dir / f"{slot}.lock"

    def worker_sign(self, slot: int | str) -> Path:
        """A worker's sign of life."""
        return self.workers_dir / f"{slot}.json"

    def worker_log(self, slot: int | str) -> Path:
        return self.workers_dir / f"{slot}.log"

    def experiment_file(self, experiment: str) -> Path:
        return self.experiment_dir(experiment) / "experiment.json"

    def experiment_dir(self, experiment: str) -> Path:
        # Ids come from addresses and command lines: only what the pattern allows becomes a path.
        if not EXPERIMENT_ID.fullmatch(experiment):
            raise InputError(f"There is no experiment '{experiment[:64]}'; `fairal list` names those that are.")
        return self.experiments_dir / experiment

    def runs_dir(self, experiment: str) -> Path:
        return self.experiment_dir(experiment) / "runs"

    def run_dir(self, key: RunKey) -> Path:
        if not RUN_ID.fullmatch(key.run):
            raise InputError(f"There is no run '{key.run[:64]}' in {key.experiment}.")
        return self.runs_dir(key.experiment) / key.run

    def state_file(self, key: RunKey) -> Path:
        return self.run_dir(key) / "state.json"

    def records_file(self, key: RunKey) -> Path:
        return self.run_dir(key) / "rounds.jsonl"

    def aside_file(self, key: RunKey) -> Path:
        """What stood in the records and was not sound, or not in its place: kept, and looked through when mending."""
        return self.run_dir(key) / "rounds.aside"

    def header_file(self, key: RunKey) -> Path:
        """What the run is, and its experiment: enough to make the experiment's file and the run's state anew."""
        return self.run_dir(key) / "config.json"

    def run_lock(self, key: RunKey) -> Path:
        return self.run_dir(key) / "lock"

    def cancel_file(self, key: RunKey) -> Path:
        return self.run_dir(key) / "cancel"

    def log_file(self, key: RunKey) -> Path:
        return self.run_dir(key) / "log.txt"

    def volumes_file(self, key: RunKey, round_: int) -> Path:
        return self.run_dir(key) / "volumes" / f"round-{round_:02d}.npz"

    def subjects_dir(self, experiment: str) -> Path:
        return self.experiment_dir(experiment) / "subjects"

    def subject_file(self, experiment: str, seed: int, subject: str) -> Path:
        if not SUBJECT_ID.fullmatch(subject):
            raise InputError(f"There is no subject '{subject[:64]}'.")
        return self.subjects_dir(experiment) / f"{seed}-{subject}.npz"
