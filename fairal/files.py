"""Writing files so that a reader, and a crash, only ever meets whole ones.

What is being written lies under a temporary name, and its writer holds it: what nobody holds was left by one that was
killed, whatever the clock says, and can be removed.
"""

import json
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fairal.held import HAS_LOCKS, hold, hold_at_once, hold_in_time
from fairal.plainfiles import naming, open_plain, read_plain

_PART, _NEW = ".part", ".new-"
_UMASK = os.umask(0)
os.umask(_UMASK)


class Overtaken(Exception):
    """Somebody else has written what was about to be written."""


@contextmanager
def replacing(path: Path, durable: bool = False):
    """Open a temporary file beside `path` for writing; on success it takes the path's place."""
    handle, name = _held_file(path.parent)
    try:
        with naming(path), os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if durable:
                os.fsync(handle)
            os.chmod(name, 0o666 & ~_UMASK)  # temporary files are private; what takes their place is not
            os.replace(name, path)
        if durable:
            _sync_folder(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def new_folder(path: Path):
    """Give a temporary folder beside `path` to fill; on success it is renamed.

    Raises:
        FileExistsError: The path is there by then.
    """
    with passing_folder(path.parent) as temporary:
        with naming(path):
            yield temporary
        temporary.chmod(0o755)
        if path.exists():
            raise FileExistsError(path)
        try:
            temporary.rename(path)
        except OSError as error:
            raise FileExistsError(path) if path.exists() else error from None


@contextmanager
def passing_folder(parent: Path):
    """Give a folder that is removed in the end; if its holder dies before, `remove_abandoned` finds it."""
    temporary, handle = held_folder(parent)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def held_folder(parent: Path) -> tuple[Path, int | None]:
    """Make a folder that counts as abandoned when nobody holds it.

    Returns:
        The folder, and the handle that holds it, as long as it is open in this process or in one that it was passed to;
        None where the system has no such locks.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=parent))
        if not HAS_LOCKS:
            return folder, None
        try:
            handle = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue  # somebody took it for abandoned between our making and our holding it
        hold(handle)
        if folder.exists():
            return folder, handle
        os.close(handle)


def put_aside(path: Path) -> None:
    """Rename what stands in a file's place and is none, so that the file can be written; nothing is thrown away."""
    with suppress(FileNotFoundError):  # somebody else did
        path.rename(path.with_name(f"{path.name}-{secrets.token_hex(4)}.aside"))


def remove_abandoned(folder: Path) -> int:
    """Remove what killed writers left directly in a folder; what somebody holds stays. Returns the bytes freed."""
    freed = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_NEW) or (entry.name.startswith(".") and entry.name.endswith(_PART)):
                with suppress(OSError):
                    freed += _remove_unheld(Path(entry.path))
    return freed


def write_json(path: Path, content: Any, durable: bool = False) -> None:
    """Replace a JSON file in one step."""
    write_text(path, json.dumps(content, indent=1, allow_nan=False), durable)


def write_text(path: Path, text: str, durable: bool = False) -> None:
    """Replace a text file in one step."""
    with replacing(path, durable) as file:
        file.write(text.encode())


def append_line(path: Path, line: str, after: int | None = None) -> None:
    """Append one line and wait until the disk has it: the line is the commit. What fails leaves nothing behind.

    Args:
        path: The file; made if it is not there.
        line: Without its end.
        after: How many lines must be there, all of them whole; None for any number.

    Raises:
        Overtaken: There are more or fewer.
        Withheld: Another program keeps the file locked, see `hold_in_time`; nothing was written.
    """
    is_new = not path.exists()
    with open_plain(path, "ab+") as file:
        hold_in_time(file.fileno(), path)  # of two who write the same line, the second finds it there
        size = file.seek(0, os.SEEK_END)
        if after is not None:
            file.seek(0)
            content = file.read()
            if content.count(b"\n") != after or (content and not content.endswith(b"\n")):
                raise Overtaken(path)
        try:
            with naming(path):
                left = line.encode() + b"\n"
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), size)
            raise
    if is_new:
        _sync_folder(path.parent)


def whole_lines(path: Path) -> tuple[list[bytes], int]:
    """Read a file's complete lines, and how many bytes they take; a half-written last line is left out."""
    try:
        content = read_plain(path)
    except FileNotFoundError:
        return [], 0
    end = content.rfind(b"\n") + 1
    return content[:end].splitlines(), end


def folder_size(path: Path) -> int:
    """Sum the bytes of all files below a folder; what vanishes meanwhile counts as nothing."""
    total = 0
    for root, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(root, name)).st_size
            except OSError:
                continue
    return total


def _held_file(folder: Path) -> tuple[int, str]:
    while True:
        handle, name = tempfile.mkstemp(prefix=".", suffix=_PART, dir=folder)
        hold(handle)
        if os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)  # see `held_folder`


def _remove_unheld(path: Path) -> int:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        hold_at_once(handle)
        if path.is_dir():
            size = folder_size(path)
            shutil.rmtree(path, ignore_errors=True)
        else:
            size = os.fstat(handle).st_size
            path.unlink()
        return size
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Wait until the disk has a folder's names; where folders cannot be synced, the file system sees to it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
