"""Remove exactly one thing that is really inside of a home; a link is never followed."""

import os
import shutil
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
    shutil.rmtree(path, ignore_errors=True)  # refuses a link that takes the folder's place meanwhile


def remove_files(folder: Path, suffix: str, home: Path) -> int:
    """Remove the plain files of a folder that end so; returns the bytes freed.

    A folder that is not there, or that is a link, holds nothing to remove.
    """
    if not folder.is_dir() or folder.is_symlink():
        return 0
    check_inside(folder, home)
    freed = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(suffix) and entry.is_file(follow_symlinks=False):
                freed += entry.stat(follow_symlinks=False).st_size
                Path(entry.path).unlink(missing_ok=True)
    return freed
