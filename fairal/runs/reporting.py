"""What a worker says of the run that it holds, and the way in which it is stopped."""

import time
from dataclasses import replace

import torch

from fairal.errors import Cancelled
from fairal.plain import plain
from fairal.runs.claims import Claim
from fairal.runs.reserve import full_sentence, is_full
from fairal.runs.store import Store

_SAID_MAX = 500
_REFUSALS = ("can't allocate memory", "not enough memory", "out of memory", "Storage size calculation overflowed")


class Report:
    """Hears a run's progress: writes it now and then, and stops the run when asked to.

    Args:
        store: Where it is written.
        held: The run.
        every_seconds: Between two writings; a new part is said five times as soon. The first waits as long: that the
            run is taken up has just been written.
    """

    def __init__(self, store: Store, held: Claim, every_seconds: float = 1.0) -> None:
        self.store, self.held, self.last = store, held, time.monotonic()
        self.every_seconds = every_seconds
        self.cancel_file = store.cancel_file(held.key)
        self.folder = store.run_dir(held.key)

    def __call__(self, part: str, done: int, total: int) -> None:
        """See `Progress`.

        Raises:
            Cancelled: The run was asked to stop, or deleted.
            Lost: The run's lock was removed: somebody else may be at work on it.
        """
        if self.cancel_file.exists() or not self.folder.exists():
            raise Cancelled
        now = time.monotonic()
        apart = 0.2 * self.every_seconds if part != self.held.state.part else self.every_seconds
        if now - self.last >= apart:
            self.last = now
            self.held.lock.check()
            self.held.state = replace(self.held.state, part=part, done=done, total=total, updated=time.time())
            self.store.write_state(self.held.key, self.held.state)


def reason_of(error: Exception, store: Store) -> str:
    """Say in a sentence why a round failed."""
    if is_full(error):
        return full_sentence(error, store.home)
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return "The GPU's memory did not suffice; a smaller batch or field of view would need less."
    if isinstance(error, MemoryError) or _refused_by_torch(error):
        return "The memory did not suffice; a smaller batch, pool or field of view would need less."
    said = str(error).strip()
    return f"{type(error).__name__}: {plain(said.splitlines()[0], _SAID_MAX) if said else 'no message'}"


def _refused_by_torch(error: Exception) -> bool:
    """Tell whether torch asked the system for memory in vain; it raises a plain RuntimeError."""
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _REFUSALS)
