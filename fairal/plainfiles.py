"""Open plain files and nothing else: where a pipe, a device or a link stands in a file's place, nobody waits for it."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

BYTES_MAX = 2**31
"""Of a file that is read as a whole: what is larger was not written by this program."""
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class NotPlain(OSError):
    """What lies there is no plain file: a folder, a pipe, a device."""


class TooLarge(OSError):
    """A file takes more bytes than are read at once."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Name a file in what the system says of writing it: of a write that fails it says no name."""
    try:
        yield
    except OSError as error:
        if error.errno is not None and error.filename is None:
            error.filename = str(path)
        raise


def open_plain(path: Path, mode: str = "rb", links: bool = False) -> IO[bytes]:
    """Open a plain file, unbuffered where it is written: a pipe or a device is neither waited for nor read.

    Args:
        path: The file.
        mode: As of `open`; binary.
        links: Whether a link may stand there; in a home none of ours does.

    Raises:
        NotPlain: It is none.
        OSError: It cannot be opened.
    """

    def opener(name: str, flags: int) -> int:
        handle = os.open(name, flags | _NO_WAITING | (0 if links else _NO_LINK), 0o666)
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return handle
        os.close(handle)
        raise NotPlain(errno.EINVAL, "this is not a plain file", name)

    return open(path, mode, buffering=-1 if mode == "rb" else 0, opener=opener)


def read_plain(path: Path, bytes_max: int = BYTES_MAX) -> bytes:
    """Read a whole plain file.

    Raises:
        TooLarge: It takes more bytes than it may.
        OSError: As `open_plain`.
    """
    with open_plain(path) as file:
        if (size := os.fstat(file.fileno()).st_size) > bytes_max:
            raise TooLarge(errno.EFBIG, f"it takes {size:,} bytes, at most {bytes_max:,} are read", str(path))
        return file.read()
