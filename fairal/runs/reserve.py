"""Room kept in the home for the last words on a full disk: given back when it is full, taken again when it is not."""

import errno
import shutil
from collections.abc import Callable
from contextlib import suppress

from fairal.files import replacing
from fairal.runs.paths import Paths

BYTES = 4_000_000
_FULL = (errno.ENOSPC, errno.EDQUOT)


def is_full(error: BaseException) -> bool:
    """Tell whether an error means that the disk, or one's share of it, is full."""
    return isinstance(error, OSError) and error.errno in _FULL


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
        if not is_full(error):
            raise
        paths.reserve_file.unlink(missing_ok=True)
        say()
