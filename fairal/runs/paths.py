"""Every path of a home. Nobody else joins one, and only ids that match their pattern become part of one."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from fairal.errors import InputError

EXPERIMENT_ID = re.compile(r"^[a-z0-9-]{8,64}$")
RUN_ID = re.compile(r"^[a-z0-9_]{1,40}-\d{1,6}$")


@dataclass(frozen=True)
class RunKey:
    """Names a run: its experiment's id and its own."""

    experiment: str
    run: str

    @property
    def strategy(self) -> str:
        return self.run.rsplit("-", 1)[0]

    @property
    def seed(self) -> int:
        return int(self.run.rsplit("-", 1)[1])


def default_home() -> Path:
    """Where everything lies unless told otherwise: FAIRAL_HOME, else the checkout, else the user's data folder."""
    if os.environ.get("FAIRAL_HOME"):
        return Path(os.environ["FAIRAL_HOME"])
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
    def workers_dir(self) -> Path:
        return self.home / "workers"

    @property
    def cache_dirs(self) -> dict[str, Path]:
        return {kind: self.home / "cache" / kind for kind in ("cohorts", "fits")}

    def worker_lock(self, slot: int) -> Path:
        return self.workers_dir / f"{slot}.lock"

    def worker_log(self, slot: int) -> Path:
        return self.workers_dir / f"{slot}.log"

    def speed_file(self) -> Path:
        """Seconds per fit measured on this machine, by learner and field of view."""
        return self.home / "speed.json"

    def experiment_dir(self, experiment: str) -> Path:
        # Ids come from addresses and command lines: only what the pattern allows becomes a path.
        if not EXPERIMENT_ID.fullmatch(experiment):
            raise InputError(f"There is no experiment '{experiment[:64]}'; `fairal list` names those that are.")
        return self.experiments_dir / experiment

    def run_dir(self, key: RunKey) -> Path:
        if not RUN_ID.fullmatch(key.run):
            raise InputError(f"There is no run '{key.run[:64]}' in {key.experiment}.")
        return self.experiment_dir(key.experiment) / "runs" / key.run

    def run_lock(self, key: RunKey) -> Path:
        return self.run_dir(key) / "lock"

    def cancel_file(self, key: RunKey) -> Path:
        return self.run_dir(key) / "cancel"

    def log_file(self, key: RunKey) -> Path:
        return self.run_dir(key) / "log.txt"

    def volumes_file(self, key: RunKey, round_: int) -> Path:
        return self.run_dir(key) / "volumes" / f"round-{round_:02d}.npz"

    def subject_file(self, experiment: str, seed: int, subject: str) -> Path:
        if not re.fullmatch(r"[a-z0-9]{1,64}", subject):
            raise InputError(f"There is no subject '{subject[:64]}'.")
        return self.experiment_dir(experiment) / "subjects" / f"{seed}-{subject}.npz"
