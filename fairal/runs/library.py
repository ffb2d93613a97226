"""All experiments that can be read here, wherever they come from: one's own, added bundles, and those shipped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from fairal.allowed import changes
from fairal.errors import InputError
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.runs.bundles import Bundle, Provenance
from fairal.runs.bundles.folder import BundleFolder
from fairal.runs.paths import RunKey
from fairal.runs.reader import Reader, Snapshot
from fairal.runs.standing import Standing, overall, standing
from fairal.runs.store import Store

Origin = Literal["own", "added", "shipped"]
SHIPPED_DIR = Path(__file__).parents[1] / "shipped"
"""Bundles that are part of the package."""


class Library:
    """A `Reader` of everything that can be read: the own experiment goes before a bundle of the same id.

    Args:
        store: One's own home, beside which added bundles lie.
        shipped: Folder of the shipped bundles.
    """

    def __init__(self, store: Store, shipped: Path) -> None:
        self.store = store
        self._added, self._shipped = BundleFolder(store.bundles_dir), BundleFolder(shipped)

    # ------------------------------------------------------------------ as a Reader

    def experiments(self) -> list[str]:
        """See `Reader.experiments`: one's own first, then the added, each newest first, then the shipped."""
        return list(dict.fromkeys([*self.store.experiments(), *self.added(), *self.shipped()]))

    def snapshot(self, experiment: str) -> Snapshot:
        """See `Reader.snapshot`."""
        return self._reader(experiment).snapshot(experiment)

    def volumes(self, key: RunKey, round_: int) -> RoundVolumes | None:
        """See `Reader.volumes`."""
        return self._reader(key.experiment).volumes(key, round_)

    def subject(self, experiment: str, seed: int, subject: str) -> SubjectVolumes | None:
        """See `Reader.subject`."""
        return self._reader(experiment).subject(experiment, seed, subject)

    # ------------------------------------------------------------------ what is whose

    def added(self) -> list[str]:
        """List the experiments of added bundles, newest first."""
        return list(self._added.files())

    def shipped(self) -> list[str]:
        """List the experiments that are shipped with the package, the oldest first.

        They are one study, launched in the order of what it asks: where nothing else is there, its first is shown.
        """
        return list(reversed(self._shipped.files()))

    def origin(self, experiment: str) -> Origin:
        """Say where an experiment comes from; one that is not there would be one's own."""
        if self._is_own(experiment):
            return "own"
        return next((origin for origin, folder in self._folders() if experiment in folder.files()), "own")

    def bundle(self, experiment: str) -> Bundle | None:
        """Open the bundle that an experiment is read from; None for one's own.

        Raises:
            Damaged: It cannot be read.
        """
        origin = self.origin(experiment)
        return None if origin == "own" else dict(self._folders())[origin].open(experiment)

    def provenance(self, experiment: str) -> Provenance | None:
        """Say where the numbers of a bundle come from; None for one's own."""
        bundle = self.bundle(experiment)
        return bundle.manifest.provenance if bundle else None

    def place(self, experiment: str) -> Path:
        """Give the folder of an own experiment, or the file of a bundle."""
        bundle = self.bundle(experiment)
        return bundle.path if bundle else self.store.experiment_dir(experiment)

    def standing(self, experiment: str) -> Standing:
        """Sum up how an experiment stands; a bundle has ended."""
        bundle = self.bundle(experiment)
        if bundle is None:
            return standing(self.store, experiment)
        runs = bundle.snapshot(experiment).runs
        states = [run.shown for run in runs]
        rounds, done = sum(run.state.rounds for run in runs), sum(len(run.records) for run in runs)
        return Standing(overall(states), len(states), states.count("done"), rounds, done, 0.0)

    def check_own(self, experiment: str) -> None:
        """Check that an experiment may be worked on.

        Raises:
            InputError: It is a bundle.
        """
        if (origin := self.origin(experiment)) != "own":
            raise InputError(f"{experiment} is {_NAMES[origin]}: it can be read, not worked on.")

    # ------------------------------------------------------------------ taking in, and out again

    @changes
    def add(self, file: Path) -> Bundle:
        """Take a bundle in, read-only beside one's own experiments; see `BundleFolder.add`.

        Raises:
            InputError: It is no sound bundle, or its experiment is here already.
        """
        return self._added.add(file, taken=self.experiments())

    @changes
    def remove(self, experiment: str) -> None:
        """Remove an added bundle by the exact id of its experiment.

        Raises:
            InputError: There is none, or it is part of the package.
        """
        if experiment not in self._added.files() and experiment in self._shipped.files():
            raise InputError(f"{experiment} is {_NAMES['shipped']}: it cannot be deleted.")
        self._added.remove(experiment)

    def _reader(self, experiment: str) -> Reader:
        return self.bundle(experiment) or self.store

    def _is_own(self, experiment: str) -> bool:
        return self.store.has(experiment)

    def _folders(self) -> Iterator[tuple[Origin, BundleFolder]]:
        yield "added", self._added
        yield "shipped", self._shipped


_NAMES = {"added": "an added bundle", "shipped": "shipped with fairal"}


def readers(store: Store) -> Library:
    """Give all that can be read beside and in a home, as one `Reader`."""
    return Library(store, SHIPPED_DIR)
