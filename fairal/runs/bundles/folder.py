"""A folder of bundles: those that were added to a home, or those that are shipped with the package."""

import os
from collections.abc import Container
from functools import lru_cache, partial
from hashlib import blake2b, file_digest
from pathlib import Path

from fairal.errors import InputError
from fairal.files import replacing
from fairal.runs.bundles.archive import Unsound
from fairal.runs.bundles.bundle import Bundle
from fairal.runs.bundles.check import check
from fairal.runs.bundles.manifest import SUFFIX
from fairal.runs.journal import Damaged
from fairal.runs.paths import EXPERIMENT_ID

MOST_FILE_BYTES = 2_000_000_000
_KEPT_OPEN = 64
_PIECE_BYTES = 1 << 20


class BundleFolder:
    """The bundles of a folder, by the id of the experiment in each.

    Args:
        folder: It need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def files(self) -> dict[str, Path]:
        """Find the bundles, newest experiment first. One that cannot be read goes by its file's name."""
        found: dict[str, tuple[str, Path]] = {}
        for path in self._paths():
            try:
                manifest = _opened(path).manifest
                found[manifest.experiment] = (manifest.created, path)
            except Unsound:
                found.setdefault(path.name.removesuffix(SUFFIX), ("", path))
        by_age = sorted(found.items(), key=lambda item: (item[1][0], item[0]), reverse=True)
        return {experiment: path for experiment, (_, path) in by_age if EXPERIMENT_ID.fullmatch(experiment)}

    def _paths(self) -> list[Path]:
        if self.folder.is_symlink() or not self.folder.is_dir():
            return []
        try:
            there = [e for e in os.scandir(self.folder) if e.name.endswith(SUFFIX) and e.is_file(follow_symlinks=False)]
        except PermissionError:  # another user's: for us there is nothing
            return []
        return sorted(Path(e.path) for e in there)

    def open(self, experiment: str) -> Bundle:
        """Open a bundle; those opened last stay open.

        Raises:
            InputError: There is none of that experiment.
            Damaged: It cannot be read.
        """
        path = self.files().get(experiment)
        if path is None:
            raise InputError(f"There is no bundle of '{experiment[:64]}'; `fairal list` names those that are.")
        try:
            return _opened(path)
        except Unsound as error:
            raise Damaged(f"The bundle {path.name} is damaged: {error}.") from None

    def add(self, file: Path, taken: Container[str] = ()) -> Bundle:
        """Take a bundle in: all of it is checked first, then the file is copied, whole or not at all.

        Args:
            file: Of the bundle; it is only read.
            taken: Ids of experiments that are elsewhere.

        Raises:
            InputError: It is no sound bundle, or its experiment is here already.
        """
        try:
            before = _digest(file)
            with Bundle(file) as bundle:
                check(bundle)
                experiment = bundle.id
        except Unsound as error:
            raise InputError(f"{file} is not added: {error}.") from None
        if experiment in taken or experiment in self.files():
            raise InputError(f"{file} is not added: {experiment} is here already.")
        if self.folder.is_symlink():
            raise InputError(f"{self.folder} is a link; bundles lie in the home itself.")
        self.folder.mkdir(exist_ok=True)
        path = self.folder / f"{experiment}{SUFFIX}"
        with file.open("rb") as source, replacing(path, durable=True) as copy:
            digest = blake2b()
            for piece in iter(partial(source.read, _PIECE_BYTES), b""):
                digest.update(piece)
                copy.write(piece)
            if digest.hexdigest() != before:
                raise InputError(f"{file} changed while it was read; nothing is added.")
        path.chmod(0o444)
        return self.open(experiment)

    def remove(self, experiment: str) -> None:
        """Remove a bundle, damaged or not.

        Raises:
            InputError: There is none of exactly that experiment.
        """
        path = self.files().get(experiment)
        if path is None:
            raise InputError(f"There is no bundle of '{experiment[:64]}'; `fairal list` names those that are.")
        path.unlink()


def _digest(file: Path) -> str:
    try:
        if not file.is_file():  # a pipe or a device would never end
            raise Unsound("there is no such file")
        if (size := file.stat().st_size) > MOST_FILE_BYTES:
            raise Unsound(f"it has {size} bytes, at most {MOST_FILE_BYTES} are allowed")
        with file.open("rb") as source:
            return file_digest(source, blake2b).hexdigest()
    except OSError as error:
        raise Unsound(f"it cannot be read ({error.strerror or error})") from None


def _opened(path: Path) -> Bundle:
    try:
        stat = path.stat()
    except OSError as error:
        raise Unsound(f"it cannot be read ({error.strerror or error})") from None
    return _open(path, stat.st_ino, stat.st_size, stat.st_mtime_ns)


@lru_cache(_KEPT_OPEN)
def _open(path: Path, *stamp: int) -> Bundle:
    return Bundle(path)
