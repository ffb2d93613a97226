"""Open files of others: plain files of a bearable size only, and only such as lie where they seem to lie."""

import os
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO

from fairal import plainfiles
from fairal.errors import InputError


class Shut(InputError):
    """A file is there and may not be opened: it may well be whole.

    Args:
        why: In the system's words.
    """

    def __init__(self, why: str) -> None:
        super().__init__(f"The file cannot be opened ({why}).")
        self.why = why


def open_plain(path: Path, bytes_max: int) -> BinaryIO:
    """Open a plain file for reading; a pipe or a device is neither waited for nor read.

    Raises:
        InputError: One sentence about why not, without the file's name; `Shut` where it may not be opened.
    """
    try:
        file = plainfiles.open_plain(path, links=True)
    except plainfiles.NotPlain:
        raise InputError("This is not a plain file.") from None
    except PermissionError as error:
        raise Shut(error.strerror or str(error)) from None
    except (OSError, ValueError) as error:
        raise InputError(f"The file cannot be opened ({getattr(error, 'strerror', None) or error}).") from None
    if (size := os.fstat(file.fileno()).st_size) <= bytes_max:
        return file
    file.close()
    raise InputError(f"The file takes {size / 1e6:,.1f} MB; at most {bytes_max / 1e6:,.1f} are read.")


def read_plain(path: Path, bytes_max: int) -> bytes:
    """Read a whole plain file.

    Raises:
        InputError: As `open_plain`, or it grew meanwhile, or the disk failed.
    """
    with open_plain(path, bytes_max) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            content = file.read(size + 1)  # not bytes_max: Python sets aside what it is asked for
        except OSError as error:
            raise InputError(f"The file cannot be read ({error.strerror or error}).") from None
    if len(content) > size:
        raise InputError("The file grows while it is read.")
    return content


def file_digest(content: bytes) -> str:
    """Hash bytes to 32 hex digits."""
    return blake2b(content, digest_size=16).hexdigest()


def leads_out(path: Path, folder: Path) -> bool:
    """Tell whether a path, all its links followed, ends outside of a folder."""
    try:
        return not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return True
