"""How many runs a server takes at a time, whoever queues them: FAIRAL_MAX_QUEUED."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from fairal import settings
from fairal.errors import InputError
from fairal.runs.claims import to_do
from fairal.runs.locks import try_lock
from fairal.runs.store import Store

_TURN_SECONDS = 60.0  # that one who queues waits for the others


@contextmanager
def within_quota(store: Store, runs: Callable[[], int]) -> Iterator[None]:
    """Hold FAIRAL_MAX_QUEUED while runs are queued: one after another, so that no two count the same room.

    Args:
        store: The home.
        runs: Says how many more they are; asked when it is our turn, for others may have queued them meanwhile.

    Raises:
        InputError: There is no room for them, or others are at it for a minute.
    """
    most = settings.max_queued()
    if most is None:
        yield
        return
    turn = try_lock(store.workers_dir / "launching", _TURN_SECONDS)
    if turn is None:
        raise InputError("Others are launching; try again in a moment.")
    with turn:
        more = runs()
        waiting = sum(1 for _ in to_do(store)) if more else 0
        if more and waiting + more > most:
            raise InputError(
                f"This server takes at most {most} runs at a time (FAIRAL_MAX_QUEUED); {waiting} are open and this "
                f"would add {more}. Wait for some to end, or ask for fewer."
            )
        yield
