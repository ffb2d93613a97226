"""What runs share: cohorts and fits by digest, made once, the least recently used dropped first."""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar
from zipfile import BadZipFile

from fairal import settings
from fairal.allowed import changes
from fairal.errors import FairalError, RunError
from fairal.files import folder_size, new_folder
from fairal.runs.locks import try_lock
from fairal.runs.removing import check_inside
from fairal.runs.store import Store
from fairal.seals import FOLDER_SEAL, Broken, check_folder, seal_files, seal_folder

T = TypeVar("T")


class Busy(Exception):
    """Another worker is making this entry right now."""


def obtain(
    store: Store,
    kind: str,
    digest: str,
    load: Callable[[Path], T],
    make: Callable[[], T],
    save: Callable[[T, Path], None],
) -> tuple[T, bool]:
    """Read an entry, or make and keep it. What is not as it was written is made again, and the worker's log says so.

    Returns:
        The entry, and whether it was there.

    Raises:
        Busy: Another worker is making it; take other work first.
    """
    folder = store.cache_dirs[kind] / digest
    if (found := _read(folder, kind, load)) is not None:
        return found, True
    _make_room(store, folder)
    lock = try_lock(folder.with_suffix(".lock"))
    if lock is None:
        raise Busy(digest)
    with lock:
        if (found := _read(folder, kind, load)) is not None:  # made while we reached for the lock
            return found, True
        made = make()
        _put(store, folder, _sealing(save, made, f"{kind}/{digest}"))
    if kind == "cohorts":  # a fit is a hundredth of a cohort: counting all entries after each would cost more
        trim(store, settings.cache_bytes(), keep=folder)
    return made, False


def find(store: Store, kind: str, digest: str, load: Callable[[Path], T]) -> T | None:
    """Read an entry; None where it is not there, or is damaged."""
    return _read(store.cache_dirs[kind] / digest, kind, load)


def place(store: Store, kind: str, digest: str, files: Mapping[str, bytes], names: Collection[str]) -> None:
    """Keep an entry that was made and sealed elsewhere, see `seal_files`; nothing is done where it is there by then.

    Args:
        store: Whose shelf.
        kind, digest: Of the entry.
        files: By name, with their seal.
        names: Of the files that such an entry has, without the seal: no other is written.

    Raises:
        RunError: They are others, or not as they were sealed, or sealed as something else.
    """
    if files.keys() != {*names, FOLDER_SEAL} or files != seal_files({n: files[n] for n in names}, f"{kind}/{digest}"):
        raise RunError(f"What a node made for {kind}/{digest} did not come whole; nothing of it is kept.")

    def fill(temporary: Path) -> None:
        for name, content in files.items():
            (temporary / name).write_bytes(content)

    _put(store, store.cache_dirs[kind] / digest, fill)


def _sealing(save: Callable[[T, Path], None], made: T, of: str) -> Callable[[Path], None]:
    """Give what writes an entry into an empty folder, and then its seal."""

    def fill(folder: Path) -> None:
        save(made, folder)
        seal_folder(folder, of)

    return fill


def _put(store: Store, folder: Path, fill: Callable[[Path], None]) -> None:
    """Put an entry onto the shelf; where that was removed meanwhile, once more onto a new one.

    What is computed needs no shelf, so one that is removed over and over costs the entry and nothing else.
    """
    for _ in range(2):
        # Should the lock's file have been removed, somebody else may have made the entry meanwhile: the same one.
        with suppress(FileExistsError, FileNotFoundError):
            _make_room(store, folder)
            with new_folder(folder) as temporary:
                fill(temporary)
        if folder.is_dir():
            return
    print(f"cache: {folder} was removed while it was written, twice; it is not kept", file=sys.stderr, flush=True)


def _make_room(store: Store, folder: Path) -> None:
    """Make the folders in which an entry lies: somebody may have removed them to have room. Not the home itself."""
    check_inside(folder.parent, store.home)
    for place in (folder.parents[1], folder.parent):
        place.mkdir(exist_ok=True)


def _read(folder: Path, kind: str, load: Callable[[Path], T]) -> T | None:
    if not folder.is_dir():
        return None
    try:
        # Fits of versions before seals are read: they are dear, and their archives have checksums. Cohorts have none.
        if kind != "fits" or (folder / FOLDER_SEAL).exists():
            check_folder(folder, f"{kind}/{folder.name}")
        found = load(folder)
        os.utime(folder)
        return found
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, FairalError) as error:
        _say(folder, kind, error)
        shutil.rmtree(folder, ignore_errors=True)  # damaged, or being trimmed: what it held can be made again
        return None


def _say(folder: Path, kind: str, error: Exception) -> None:
    if (folder.is_dir()) and not (kind == "cohorts" and not (folder / FOLDER_SEAL).exists()):
        why = error if isinstance(error, Broken | FairalError) else type(error).__name__
        print(f"cache: {kind}/{folder.name} is damaged ({why}) and is made again", file=sys.stderr, flush=True)


def entries(store: Store) -> list[tuple[float, int, Path]]:
    """List (last use, bytes, folder) of everything in the cache, least recently used first."""
    rows = []
    for parent in store.cache_dirs.values():
        with suppress(FileNotFoundError):  # somebody removed it, and nobody has needed it since
            for entry in os.scandir(parent):
                if entry.is_dir(follow_symlinks=False):
                    with suppress(OSError):
                        rows.append((entry.stat().st_mtime, folder_size(Path(entry.path)), Path(entry.path)))
    return sorted(rows)


@changes
def trim(store: Store, cap_bytes: int, keep: Path | None = None) -> int:
    """Drop the least recently used entries until the rest fits; returns the bytes freed."""
    rows = entries(store)
    size = sum(row[1] for row in rows)
    freed = 0
    for _, bytes_, folder in rows:
        if size - freed <= cap_bytes:
            break
        if folder != keep:
            shutil.rmtree(folder, ignore_errors=True)
            freed += bytes_
    return freed
