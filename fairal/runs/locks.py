"""Hard file locks: held by the operating system, and free the moment their holder dies."""

from errno import ENOLCK, ENOSYS, EOPNOTSUPP
from pathlib import Path

from filelock import FileLock, Timeout

from fairal.errors import InputError


def try_lock(path: Path, wait_seconds: float = 0.0) -> FileLock | None:
    """Take a lock, or give None where somebody else holds it.

    Args:
        path: The lock's file; made if it is not there.
        wait_seconds: How long to try.

    Raises:
        InputError: The file system has no locks; a soft lock would outlive its holder, so none is used instead.
    """
    # Not a singleton and not per thread: two holders in one process must exclude each other as well.
    lock = FileLock(path, fallback_to_soft=False, thread_local=False)
    try:
        lock.acquire(timeout=wait_seconds, poll_interval=0.01)
    except Timeout:
        return None
    except OSError as error:
        if error.errno in (ENOLCK, ENOSYS, EOPNOTSUPP):
            raise InputError(f"File locks do not work in {path.parent}; choose a --home on a local disk.") from None
        raise
    return lock


def is_locked(path: Path) -> bool:
    """Tell whether somebody holds the lock. Costs a short try of our own, so do not ask more often than needed."""
    if not path.exists():
        return False
    lock = try_lock(path)
    if lock is None:
        return True
    lock.release()
    return False
