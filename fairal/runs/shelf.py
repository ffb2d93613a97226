"""What runs share: cohorts and fits by digest, made once, the least recently used dropped first."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from fairal import settings
from fairal.allowed import changes
from fairal.errors import FairalError
from fairal.files import folder_size, new_folder
from fairal.runs.locks import try_lock
from fairal.runs.store import Store

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
    """Read an entry, or make and keep it.

    Returns:
        The entry, and whether it was there.

    Raises:
        Busy: Another worker is making it; take other work first.
    """
    folder = store.cache_dirs[kind] / digest
    if (found := _read(folder, load)) is not None:
        return found, True
    lock = try_lock(folder.with_suffix(".lock"))
    if lock is None:
        raise Busy(digest)
    with lock:
        if (found := _read(folder, load)) is not None:  # made while we reached for the lock
            return found, True
        made = make()
        with new_folder(folder) as temporary:
            save(made, temporary)
    if kind == "cohorts":  # a fit is a hundredth of a cohort: counting all entries after each would cost more
        trim(store, settings.cache_bytes(), keep=folder)
    return made, False


def _read(folder: Path, load: Callable[[Path], T]) -> T | None:
    if not folder.is_dir():
        return None
    try:
        found = load(folder)
        os.utime(folder)
        return found
    except (OSError, ValueError, KeyError, TypeError, EOFError, FairalError):
        shutil.rmtree(folder, ignore_errors=True)  # damaged, or being trimmed: what it held can be made again
        return None


def entries(store: Store) -> list[tuple[float, int, Path]]:
    """List (last use, bytes, folder) of everything in the cache, least recently used first."""
    rows = []
    for parent in store.cache_dirs.values():
        for entry in os.scandir(parent):
            if entry.is_dir(follow_symlinks=False):
                try:
                    rows.append((entry.stat().st_mtime, folder_size(Path(entry.path)), Path(entry.path)))
                except OSError:
                    continue
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
