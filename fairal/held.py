"""Locks on open files, which the system lets go of when their holder dies; where it has none, nobody is kept out."""

import errno
import os
import random
import time
from contextlib import suppress
from pathlib import Path

from fairal.errors import RunError

try:
    import fcntl
except ImportError:  # without it nothing can be told to be abandoned, and nothing is removed
    fcntl = None

HAS_LOCKS = fcntl is not None
LOCK_SECONDS = 30.0
"""How long a line waits for whoever keeps its file locked; writers of this program need milliseconds."""


class Withheld(RunError):
    """Somebody else keeps a file locked that is to be written to."""


def hold(handle: int) -> None:
    """Lock what nobody else knows of yet, or wait for it; on a file system without locks it stays free."""
    if HAS_LOCKS:
        with suppress(OSError):  # then nobody can take it for abandoned either
            fcntl.flock(handle, fcntl.LOCK_EX)


def hold_at_once(handle: int) -> None:
    """Lock a file, or raise.

    Raises:
        OSError: Somebody else holds it, or there are no locks.
    """
    if not HAS_LOCKS:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_held(path: Path) -> bool:
    """Tell whether somebody holds a file, without a trace: it is opened to be read alone.

    Where the system has no such locks this cannot be told, and nobody is said to.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except PermissionError:
        return True  # another user's: as `try_lock` has it
    except OSError:
        return False
    try:
        if HAS_LOCKS:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError as error:
        return isinstance(error, BlockingIOError)
    finally:
        os.close(handle)


def hold_in_time(handle: int, path: Path) -> None:
    """Lock a file that others may lock as well; on a file system without locks it stays free.

    Raises:
        Withheld: Another program has kept it locked for `LOCK_SECONDS`.
    """
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            return hold_at_once(handle)
        except BlockingIOError:
            if time.monotonic() >= end:
                raise Withheld(
                    f"{path} was kept locked by another program for {LOCK_SECONDS:.0f} s, so nothing was written to "
                    "it; end that program, then go on (resume): what is finished is kept."
                ) from None
        except OSError:
            return None
        time.sleep(random.uniform(0.01, 0.05))
