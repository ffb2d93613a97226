"""Room kept in the home for the last words on a full disk: given back when it is full, taken again when it is not."""

import errno
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fairal.files import replacing
from fairal.plainfiles import TooLarge
from fairal.runs.paths import Paths

BYTES = 4_000_000
_FULL = (errno.ENOSPC, errno.EDQUOT)


def is_full(error: BaseException) -> bool:
    """Tell whether an error means that something could not be written for its size: see `full_sentence`."""
    if not isinstance(error, OSError) or isinstance(error, TooLarge):
        return False
    return error.errno in (*_FULL, errno.EFBIG) or _is_of_numpy(error)


def full_sentence(error: OSError, home: Path | None = None) -> str:
    """Say what `is_full` found, where, and what to do.

    Args:
        error: Names the file, as a rule.
        home: Stands for it where it does not.
    """
    place = error.filename or home or "the folder that was written to"
    if error.errno == errno.EFBIG:
        return f"{place} may not grow as large as it must (`ulimit -f`); raise that limit, then try again or resume."
    if error.errno in _FULL:
        return f"No space is left in {place}; free some (`fairal clean`), then try again or resume."
    return (
        f"{place} could not be written whole: no space is left there, or files may not grow so large (`ulimit -f`); "
        "free some or raise that limit, then try again or resume."
    )


def _is_of_numpy(error: OSError) -> bool:
    """Whether numpy wrote less than it had to: it says how much, and not why."""
    return error.errno is None and "requested and" in str(error) and "written" in str(error)


def keep_reserve(paths: Paths) -> None:
    """Take the room if it is not taken and there is plenty; a disk that is full meanwhile is no error here."""
    path = paths.reserve_file
    with suppress(OSError):
        if (path.is_file() and path.stat().st_size >= BYTES) or shutil.disk_usage(paths.home).free < 4 * BYTES:
            return
        with replacing(path, durable=True) as file:  # real zeros: a file with a hole in it takes no room
            for _ in range(BYTES // 2**16 + 1):
                file.write(bytes(2**16))


def in_reserve(paths: Paths, say: Callable[[], None]) -> None:
    """Do what must be written even on a full disk: if it fails for that, once more in the room that was kept."""
    try:
        say()
    except OSError as error:
        if error.errno not in _FULL:
            raise
        paths.reserve_file.unlink(missing_ok=True)
        say()
