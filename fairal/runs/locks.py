"""Hard file locks: held by the operating system, and free the moment their holder dies."""

from errno import ENOLCK, ENOSYS, EOPNOTSUPP
from pathlib import Path

from filelock import FileLock, Timeout

from fairal.errors import InputError


class Held:
    """A lock that is held: until `release`, or the end of a ``with`` block, or its holder's death."""

    def __init__(self, lock: FileLock) -> None:
        self._lock = lock

    def release(self) -> None:
        """Let it go; a second time does nothing."""
        self._lock.release(force=True)

    def __enter__(self) -> "Held":
        return self  # a FileLock would count this as a second taking, and stay locked after the block

    def __exit__(self, *_) -> None:
        self.release()


def try_lock(path: Path, wait_seconds: float = 0.0) -> Held | None:
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
    return Held(lock)


def is_locked(path: Path) -> bool:
    """Tell whether somebody holds the lock. Costs a short try of our own, so do not ask more often than needed."""
    if not path.exists():
        return False
    lock = try_lock(path)
    if lock is None:
        return True
    lock.release()
    return False
