"""Collections of a home: scans that were imported once, checked, and are read with suspicion ever after.

A collection is a folder below HOME/collections: `collection.json`, and `volumes/`, one file a scan, named by the digest
of its bytes. So a volume is never changed in place, and what a reader holds is whole or is said to be damaged.
"""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from fairal.allowed import changes
from fairal.cohort.arrays import Cohort
from fairal.cohort.folder.content import Content, Scan, read_content, shut_sentence
from fairal.cohort.folder.opening import Shut, leads_out
from fairal.cohort.folder.volumes import read_stored
from fairal.errors import InputError, RunError
from fairal.facts.subject import Row, Subject
from fairal.plain import plain

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,47}")


class Collection:
    """One imported collection, read only.

    Args:
        folder: Where it lies.
        content: What its `collection.json` says.
    """

    def __init__(self, folder: Path, content: Content) -> None:
        self.folder, self.content = folder, content
        self._scans = {scan.participant_id: scan for scan in content.usable}

    @property
    def name(self) -> str:
        return self.content.name

    @property
    def digest(self) -> str:
        """Changes with whatever enters a computation (ids, groups, volumes, masks, grid), not with where it lay."""
        return self.content.digest

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups that have a usable scan, sorted; as written in the table."""
        return tuple(self.content.groups)

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.content.steps.shape

    @property
    def spacing_mm(self) -> float:
        return self.content.steps.spacing_mm

    @property
    def origin_mm(self) -> tuple[float, float, float]:
        """The first voxel's centre, from the middle of a scan's field of view; in space each scan has its `affine`."""
        return tuple(low * self.spacing_mm for low, _ in self.content.steps.box)

    @property
    def scans(self) -> tuple[Scan, ...]:
        """The usable scans, in their lasting order: group, files, volume_mm3, has_mask."""
        return tuple(self._scans.values())

    def rows(self) -> tuple[Row, ...]:
        """The usable scans as a plan lists them; nothing is paired."""
        return tuple(Row(s.participant_id, s.group, has_mask=s.has_mask) for s in self.scans)

    def scan(self, participant: str) -> Scan:
        """Find a usable scan.

        Raises:
            InputError: There is none of this id.
        """
        if participant not in self._scans:
            raise InputError(f"The collection {self.name} has no usable scan '{plain(participant, 60)}'.")
        return self._scans[participant]

    def affine(self, participant: str) -> np.ndarray:
        """(4, 4) from stored voxel indices to the scan's own mm, RAS+."""
        return np.array(self.scan(participant).stored.affine)

    def load(self, participants: Sequence[str], masks: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Read volumes, each compared with its checksum.

        Args:
            participants: N ids.
            masks: Whether to hand out masks at all.

        Returns:
            t1 (N, X, Y, Z) float16 and mask (N, X, Y, Z) bool, empty where there is none or none was asked for.

        Raises:
            InputError: An id is unknown.
            RunError: A volume is damaged or gone.
        """
        scans = [self.scan(participant) for participant in participants]
        t1 = np.zeros((len(scans), *self.shape), np.float16)
        mask = np.zeros(t1.shape, bool)
        for i, scan in enumerate(scans):
            image, structure = self._volume(scan)
            t1[i] = image
            if masks and structure is not None:
                mask[i] = structure
        return t1, mask

    def cohort(self, participants: Sequence[str], split: str, key: str) -> Cohort:
        """Read scans as one split of a cohort: what loop and learner work on. Errors as `load`."""
        t1, mask = self.load(participants)
        scans = [self.scan(participant) for participant in participants]
        subjects = tuple(Subject(s.participant_id, "", s.group, split, s.volume_mm3) for s in scans)
        return Cohort(key, self.spacing_mm, self.origin_mm, subjects, t1, mask)

    def _volume(self, scan: Scan) -> tuple[np.ndarray, np.ndarray | None]:
        try:
            return read_stored(self.folder, scan.stored, self.shape)
        except Shut as error:
            raise RunError(shut_sentence(self.folder, error.why)) from None
        except InputError as error:
            raise RunError(
                f"The volume of {plain(scan.participant_id, 60)} in the collection {self.name} is damaged ({error}); "
                "`fairal import --update` makes it again."
            ) from None


class Collections:
    """All collections of a home.

    Args:
        home: Its folder.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.root = home, home / "collections"

    def folder(self, name: str) -> Path:
        """Give a collection's folder, whether it is there or not.

        Raises:
            InputError: The name does not match the pattern, or a link stands in its place.
            RunError: It is not ours to look into.
        """
        if not NAME.fullmatch(name):
            raise InputError(
                f"A collection's name has 1 to 48 letters, digits, - and _, and starts with a letter or digit; got "
                f"'{plain(name, 60)}'."
            )
        folder = self.root / name
        try:
            is_link = any(path.is_symlink() for path in (self.root, folder, folder / "volumes"))
        except PermissionError as error:
            raise RunError(shut_sentence(folder, error.strerror)) from None
        if is_link or leads_out(folder, self.home):
            raise InputError(f"{plain(folder)} is a link; collections lie in the home itself.")
        return folder

    def names(self) -> list[str]:
        """Name the collections that are there, sorted.

        Raises:
            RunError: They are not ours to list.
        """
        if not self.root.is_dir() or self.root.is_symlink():
            return []
        try:
            entries = list(os.scandir(self.root))
        except PermissionError as error:
            raise RunError(
                f"{plain(self.root)} cannot be looked into ({error.strerror}); let this user read it."
            ) from None
        return sorted(e.name for e in entries if NAME.fullmatch(e.name) and e.is_dir(follow_symlinks=False))

    def check_there(self, name: str) -> None:
        """Check that there is a collection of exactly this name, whole or damaged.

        Raises:
            InputError: There is none.
        """
        self.folder(name)
        if name not in self.names():
            raise InputError(f"There is no collection '{name}'; there are: {', '.join(self.names()) or 'none yet'}.")

    def open(self, name: str) -> Collection:
        """Open a collection.

        Raises:
            InputError: There is none of this name.
            RunError: It is damaged.
        """
        self.check_there(name)
        return Collection(self.folder(name), read_content(self.folder(name)))

    @changes
    def forget(self, name: str) -> None:
        """Remove a collection, damaged or not; the original files are elsewhere and stay.

        Raises:
            InputError: There is none of exactly this name, or an import is at work.
        """
        folder = self.folder(name)
        with self.alone():
            self.check_there(name)
            gone = folder.with_name(f".new-forgotten-{name}")
            os.replace(folder, gone)  # from here on nobody meets half of it
            shutil.rmtree(gone)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other imports out; what a killed one left behind is removed.

        Raises:
            InputError: One is at work, or the home cannot be written to.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / ".lock", fallback_to_soft=False, thread_local=False)
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError("Another import into this home is at work; wait until it is done.") from None
        except OSError as error:
            raise InputError(f"{plain(self.root)} cannot be written to ({error.strerror or error}).") from None
        try:
            for entry in os.scandir(self.root):
                if entry.name.startswith(".new-") and entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
            yield
        finally:
            lock.release()
