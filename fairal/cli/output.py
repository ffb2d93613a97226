"""Files that a person asks for by ``--out``: written where nothing else can be lost."""

from pathlib import Path

from fairal import settings
from fairal.allowed import READ_ONLY, ReadOnly
from fairal.errors import InputError
from fairal.plain import plain
from fairal.runs.store import Store

_OURS = ("experiments", "collections", "bundles", "cache", "workers")


def check_outside(file: Path, home: Path, option: str = "--out") -> None:
    """Check, on a read-only server, that a file does not lie below its home.

    Raises:
        ReadOnly: It does.
    """
    if settings.read_only() and file.resolve().is_relative_to(home.resolve()):
        raise ReadOnly(f"{READ_ONLY} {option} {plain(file)} lies below its home; name a file elsewhere.")


def check_output(file: Path, store: Store, option: str = "--out") -> None:
    """Check that a file can be written there; better said before minutes of work than after.

    Raises:
        InputError: Its folder is not there, something that is no plain file stands in its place, or it lies among what
            the home keeps, or (`ReadOnly`) below the home of a read-only server.
    """
    check_outside(file, store.home, option)
    where = f"{option} {plain(file)}"
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise InputError(f"{where} must be a file in a folder that is there.")
    if file.exists() and not file.is_file():
        raise InputError(f"{where} is a device or a pipe; name a file.")
    if any(file.resolve().is_relative_to((store.home / name).resolve()) for name in _OURS):
        raise InputError(f"{where} lies among what the home keeps; name a file elsewhere.")
