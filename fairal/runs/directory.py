"""Which experiments there are, and what they ask; finished ones are known from the ledger and not read."""

import os
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path

from fairal import settings
from fairal.config import ExperimentConfig, parse_experiment
from fairal.errors import FairalError, InputError
from fairal.runs.journal import Journal
from fairal.runs.ledger import Ended, Ledger, stamp_of, stamp_or_none
from fairal.runs.paths import EXPERIMENT_ID, RUN_ID, RunKey
from fairal.runs.stored import Damaged, Newer, read_object

_RACY_NS = 100_000_000  # file systems stamp folders in ticks: what changed within one is looked at again
_KEPT_CONFIGS = 512
_MEMBERS = ("schema", "id", "created", "token", "config")
_HEADER_MEMBERS = ("schema", "experiment", "run", "strategy", "seed", "role")


class Directory(Journal):
    """The experiments of a home.

    Args:
        home: Its absolute folder.
    """

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.ledger = Ledger(self.ledger_file)
        self._names: tuple[int, frozenset[str]] = (0, frozenset())
        self._open: tuple[tuple, tuple[str, ...]] = ((), ())
        self._described: OrderedDict[str, tuple[tuple[int, int], dict, ExperimentConfig | FairalError]] = OrderedDict()
        self._lock = threading.Lock()

    def experiments(self) -> list[str]:
        """List the ids of all experiments, newest first."""
        self.ledger.refresh()
        made = {name: self._created(name) for name in self._there()}
        return sorted(made, key=lambda name: (made[name], name), reverse=True)

    def has(self, experiment: str) -> bool:
        """Tell whether there is a folder of this id; a link in its place is none."""
        return experiment in self._there()

    def open_experiments(self) -> tuple[str, ...]:
        """List the experiments that may have work, oldest first; those that are known to be closed are not read."""
        self.ledger.refresh()
        there = self._there()
        stamp = (there, self.ledger.version)
        if self._open[0] != stamp:
            pages = {name: self.ledger.page(name) for name in there}
            names = [name for name, page in pages.items() if page is None or not page.closed]
            self._open = (stamp, tuple(sorted(names, key=lambda name: (self._created(name), name))))
        return self._open[1]

    def open_runs(self, experiment: str) -> list[RunKey]:
        """List the runs that may have work; those that are known to have ended are not read."""
        page = self.ledger.page(experiment)
        return [key for key in self.runs(experiment) if page is None or key.run not in page.ended]

    def known_end(self, key: RunKey) -> Ended | None:
        """Give how a run ended, if the ledger knows."""
        page = self.ledger.page(key.experiment)
        return page.ended.get(key.run) if page else None

    def audit(self) -> None:
        """Hold the ledger to the folders: strike out every run whose state or records were changed behind its back."""
        self.ledger.refresh()
        for experiment in self._there():
            page = self.ledger.page(experiment)
            runs = f"{self.runs_dir(experiment)}{os.sep}"  # of ten thousand paths, pathlib takes half of the time
            for run, ended in list(page.ended.items()) if page else ():
                stamps = [stamp_or_none(f"{runs}{run}{os.sep}{name}") for name in ("state.json", "rounds.jsonl")]
                if stamps != [ended.stamp, ended.records]:
                    self.ledger.open(RunKey(experiment, run))

    def _there(self) -> frozenset[str]:
        try:
            changed = os.stat(self.experiments_dir).st_mtime_ns
        except FileNotFoundError:
            if not settings.read_only():
                raise
            return frozenset()  # nobody has made it, and this server does not
        seen, names = self._names
        if changed != seen:
            names = frozenset(_folders(self.experiments_dir, EXPERIMENT_ID))
            self._names = (changed if time.time_ns() - changed > _RACY_NS else 0, names)
        return names

    def _created(self, experiment: str) -> str:
        page = self.ledger.page(experiment)
        if page is not None and page.created is not None:
            return page.created
        try:
            about = self.about(experiment)
        except FairalError:
            return ""
        self.ledger.created(experiment, about["created"], about["config"].get("name", ""))
        return about["created"]

    def about(self, experiment: str) -> dict:
        """Read an experiment's id, time of creation and configuration (as JSON).

        Raises:
            InputError: There is none of that id.
            Damaged: Its file cannot be understood, or is of a newer version.
        """
        return self._read(experiment)[0]

    def config(self, experiment: str) -> ExperimentConfig:
        """Read an experiment's configuration."""
        config = self._read(experiment)[1]
        if isinstance(config, FairalError):
            raise config
        return config

    def _read(self, experiment: str) -> tuple[dict, ExperimentConfig | FairalError]:
        """Read and validate once, as long as the file is the same."""
        self.about_folder(experiment)
        path = self.experiment_file(experiment)
        try:
            stamp = stamp_of(path)
        except OSError:
            stamp = (0, 0)
        with self._lock:
            kept = self._described.get(experiment)
            if kept and kept[0] == stamp:
                return kept[1:]
        about = self._described_somewhere(experiment)
        try:
            config = parse_experiment(about["config"])
        except InputError as error:
            config = Damaged(f"The configuration of {experiment} is damaged: {error}")
        with self._lock:
            self._described[experiment] = (stamp, about, config)
            while len(self._described) > _KEPT_CONFIGS:
                self._described.popitem(last=False)
        return about, config

    def stored_about(self, experiment: str) -> dict:
        """Read an experiment's own file. Errors as `about`."""
        path = self.experiment_file(experiment)
        about = read_object(path, experiment, _MEMBERS)
        if about.get("id") != experiment or not isinstance(about.get("config"), dict) or "created" not in about:
            raise Damaged(f"{path} is damaged: it lacks its configuration, or is that of another experiment.")
        return about

    def _described_somewhere(self, experiment: str) -> dict:
        """Read an experiment's file; where it is lost, what each of its runs knows of it."""
        try:
            return self.stored_about(experiment)
        except Newer:
            raise
        except Damaged as damage:
            for run in self._run_names(experiment):
                try:
                    return self.stored_header(RunKey(experiment, run))["about"]
                except (Damaged, KeyError):
                    continue
            raise Damaged(f"{damage} Its runs and their records are still there.") from None

    def stored_header(self, key: RunKey) -> dict:
        """Read what a run says that it is. Those of earlier versions lack ``about``, what their experiment is.

        Raises:
            Damaged: The file is missing, broken, or that of another run.
        """
        header = read_object(self.header_file(key), f"{key} config", _HEADER_MEMBERS)
        if (header.get("experiment"), header.get("run")) != (key.experiment, key.run):
            raise Damaged(f"{self.header_file(key)} is damaged: it is that of another run.")
        return header

    def about_folder(self, experiment: str) -> Path:
        """Give an experiment's folder, damaged or not.

        Raises:
            InputError: There is none of that id.
        """
        folder = self.experiment_dir(experiment)
        if not folder.is_dir() or folder.is_symlink():
            raise InputError(f"There is no experiment '{experiment}'; `fairal list` names those that are.")
        return folder

    def runs(self, experiment: str) -> list[RunKey]:
        """List an experiment's runs in the order of its configuration."""
        there = self._run_names(experiment)
        if not there:
            return []
        try:
            wanted = [f"{arm}-{seed}" for arm, seed, _ in self.config(experiment).runs()]
        except FairalError:
            wanted = sorted(there)
        return [RunKey(experiment, name) for name in wanted if name in there]

    def _run_names(self, experiment: str) -> set[str]:
        try:
            return set(_folders(self.runs_dir(experiment), RUN_ID))
        except (FileNotFoundError, NotADirectoryError, PermissionError):  # the last: another user's
            return set()


def _folders(parent: Path, pattern: re.Pattern) -> Iterator[str]:
    """Name the folders in a folder; a link is none, and what it points to is nobody's here."""
    if parent.is_symlink():
        return
    with os.scandir(parent) as entries:
        yield from (e.name for e in entries if pattern.fullmatch(e.name) and e.is_dir(follow_symlinks=False))
