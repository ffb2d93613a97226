"""Remove exactly one thing that is really inside of a home; a link is never followed.

Where the system can, folders are opened one after another from the home on and removed by handle: a link that takes a
folder's place between the look and the removal leads nowhere either.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fairal.errors import InputError
from fairal.plain import plain


def check_inside(path: Path, home: Path) -> None:
    """Check that a path is reached from the home through folders alone, and is below it.

    The home itself may be reached through a link: that is its owner's choice. Below it a link would lead whoever
    deletes to what somebody else put there.

    Raises:
        InputError: It leaves the home by its name, or a link stands in the way or at its end.
    """
    try:
        parts = path.relative_to(home).parts
    except ValueError:
        parts = ()
    if not parts or ".." in parts:
        raise InputError(f"{plain(path, 200)} is not inside of the home {plain(home, 200)}; nothing is removed.")
    place = home
    for part in parts:
        place = place / part
        if place.is_symlink():
            raise InputError(f"{plain(place, 200)} is a link; links are not followed.")


def remove_tree(path: Path, home: Path) -> None:
    """Remove a folder below a home with all that is in it; links in it go, what they point to stays.

    Raises:
        InputError: See `check_inside`.
    """
    check_inside(path, home)
    with _opened(path.parent, home) as parent:
        if parent is None:
            shutil.rmtree(path, ignore_errors=True)
        else:
            shutil.rmtree(path.name, ignore_errors=True, dir_fd=parent)


def remove_files(folder: Path, suffix: str, home: Path) -> int:
    """Remove the plain files of a folder that end so; returns the bytes freed.

    A folder that is not there, or that is a link, holds nothing to remove.
    """
    if not folder.is_dir() or folder.is_symlink():
        return 0
    check_inside(folder, home)
    freed = 0
    with _opened(folder, home) as opened, os.scandir(folder if opened is None else opened) as entries:
        for entry in entries:
            if entry.name.endswith(suffix) and entry.is_file(follow_symlinks=False):
                freed += entry.stat(follow_symlinks=False).st_size
                with suppress(FileNotFoundError):
                    os.unlink(entry.path, dir_fd=opened)
    return freed


@contextmanager
def _opened(folder: Path, home: Path) -> Iterator[int | None]:
    """Open a folder, or give None on a system without handles of folders.

    Raises:
        InputError: A link, or nothing, stands in the way by now.
    """
    if not shutil.rmtree.avoids_symlink_attacks:
        yield None
        return
    handles = [os.open(home, os.O_RDONLY | os.O_DIRECTORY)]
    try:
        for part in folder.relative_to(home).parts:
            handles.append(os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handles[-1]))
    except OSError as error:
        _close(handles)
        raise InputError(f"{plain(folder, 200)} changed while it was removed ({error.strerror}).") from None
    try:
        yield handles[-1]
    finally:
        _close(handles)


def _close(handles: list[int]) -> None:
    for handle in handles:
        os.close(handle)
