"""What a worker says of the run that it holds, and the way in which it is stopped."""

import math
import time
from dataclasses import replace

import torch

from fairal.errors import Cancelled
from fairal.runs.claims import Claim
from fairal.runs.reserve import is_full
from fairal.runs.store import Store


class Report:
    """Hears a run's progress: writes it at most once a second, and stops the run when asked to."""

    def __init__(self, store: Store, held: Claim) -> None:
        self.store, self.held, self.last = store, held, -math.inf
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
        if now - self.last >= 1.0 or (part != self.held.state.part and now - self.last >= 0.2):
            self.last = now
            self.held.lock.check()
            self.held.state = replace(self.held.state, part=part, done=done, total=total, updated=time.time())
            self.store.write_state(self.held.key, self.held.state)


def reason_of(error: Exception, store: Store) -> str:
    """Say in a sentence why a round failed."""
    if is_full(error):
        return f"No space is left in {store.home}; free some (`fairal clean`) and resume the run."
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return "The GPU's memory did not suffice; a smaller batch or field of view would need less."
    if isinstance(error, MemoryError):
        return "The memory did not suffice; a smaller batch, pool or field of view would need less."
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
