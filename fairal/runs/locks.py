"""Hard file locks: held by the operating system, and free the moment their holder dies."""

import os
from errno import ELOOP, ENOLCK, ENOSYS, EOPNOTSUPP
from pathlib import Path

from filelock import FileLock, Timeout

from fairal import settings
from fairal.errors import FairalError, InputError
from fairal.files import put_aside
from fairal.held import is_held


class Lost(FairalError):
    """The file of a lock that is held was removed or replaced: somebody else may hold the one that is there now."""


class Held:
    """A lock that is held: until `release`, or the end of a ``with`` block, or its holder's death.

    Args:
        lock: Just taken.
        path: Its file.
        inode: Of the file that is locked.
    """

    def __init__(self, lock: FileLock, path: Path, inode: int) -> None:
        self._lock, self._path, self._inode = lock, path, inode

    def release(self) -> None:
        """Let it go; a second time does nothing."""
        self._lock.release(force=True)

    def check(self) -> None:
        """Check that the lock still keeps others out.

        Raises:
            Lost: Its file is another by now, or gone.
        """
        try:
            there = os.stat(self._path).st_ino
        except OSError:
            there = None
        if there != self._inode:
            raise Lost(f"The lock {self._path} was removed under whoever held it; nothing more is written without it.")

    def __enter__(self) -> "Held":
        return self  # a FileLock would count this as a second taking, and stay locked after the block

    def __exit__(self, *_) -> None:
        self.release()


def try_lock(path: Path, wait_seconds: float = 0.0) -> Held | None:
    """Take a lock, or give None where somebody else holds it, it belongs to somebody else, or the server is read only.

    Args:
        path: The lock's file; made if it is not there.
        wait_seconds: How long to try.

    Raises:
        InputError: The file system has no locks; a soft lock would outlive its holder, so none is used instead.
    """
    if settings.read_only():
        return None  # whoever holds a lock may write, and the lock's file itself would be
    inodes: list[int] = []
    # Not a singleton and not per thread: two holders in one process must exclude each other as well.
    lock = FileLock(
        path, fallback_to_soft=False, thread_local=False, on_acquired=lambda fd: inodes.append(os.fstat(fd).st_ino)
    )
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.01)
    except Timeout:
        return None
    except (IsADirectoryError, PermissionError) as error:  # opening a folder to write fails as either, by system
        if isinstance(error, PermissionError) and path.is_file():
            return None  # another user's: whether it is held cannot be told, and it is not ours to take
        if not path.is_dir():
            raise error from None
        put_aside(path)
        return try_lock(path, wait_seconds)
    except OSError as error:
        if error.errno == ELOOP:
            path.unlink(missing_ok=True)  # a link is no lock of ours; what it points to stays
            return try_lock(path, wait_seconds)
        if error.errno in (ENOLCK, ENOSYS, EOPNOTSUPP):
            raise InputError(f"File locks do not work in {path.parent}; choose a --home on a local disk.") from None
        raise
    return Held(lock, path, inodes[-1])


def is_locked(path: Path) -> bool:
    """Tell whether somebody holds the lock. Costs a short try of our own, so do not ask more often than needed."""
    if not path.is_file() or path.is_symlink():
        return False
    if settings.read_only():
        return is_held(path)
    lock = try_lock(path)
    if lock is None:
        return True
    lock.release()
    return False
