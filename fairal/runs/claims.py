"""Who takes up which run: claimed by its lock, ended by its holder. The lock is the life sign."""

import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter, itemgetter

from fairal.errors import FairalError
from fairal.facts.state import RunState
from fairal.runs.locks import Held, try_lock
from fairal.runs.memory import killed_for_memory
from fairal.runs.store import RunKey, Store

MOST_ATTEMPTS = 3


@dataclass
class Claim:
    """A run that this worker holds."""

    key: RunKey
    lock: Held
    state: RunState


def to_do(store: Store, skip: Collection[RunKey] = ()) -> Iterator[tuple[RunKey, RunState]]:
    """List the runs that could be taken up, in the order in which they should be.

    The oldest experiment first; in it the lowest seed, and there the run with the fewest rounds done, so that the arms
    of a what-if grow side by side and no core waits for the last run. Runs that are known to have ended are not read;
    what is found to have ended is entered in the ledger, so that this is so the next time.

    Args:
        store: The home.
        skip: Runs that the caller knows to be open, and does not want: they are not read either.
    """
    for experiment in store.open_experiments():
        still_open = False
        for _, keys in groupby(sorted(store.open_runs(experiment), key=_seed), key=_seed):
            rows = []
            for position, key in enumerate(keys):
                if key in skip:
                    still_open = True
                    continue
                try:
                    state = store.state(key)
                except FairalError:
                    still_open = True  # damaged: the pages say so, the others go on
                    continue
                if state.ended:
                    note_end(store, key)
                else:
                    rows.append((state.rounds_done, position, key, state))
            still_open |= bool(rows)
            for _, _, key, state in sorted(rows, key=itemgetter(0, 1)):
                if state.state != "waiting":
                    yield key, state
        if not still_open:
            store.ledger.close(experiment, len(store.runs(experiment)))


_seed = attrgetter("seed")


def settle(store: Store) -> None:
    """Hold the ledger to the folders, both ways: what it says too much is struck out, what it lacks is entered."""
    store.audit()
    for _ in to_do(store):
        pass


def claim(store: Store, skip: Collection[RunKey]) -> Claim | None:
    """Take up the first run that nobody holds.

    Args:
        skip: Runs that wait for something another worker is making.
    """
    return next(claims(store, skip), None)


def claims(store: Store, skip: Collection[RunKey]) -> Iterator[Claim]:
    """Take up one after another, in one pass over the open runs. What was given belongs to the caller."""
    for key, _ in to_do(store, skip):
        # A page may hold the lock for an instant to see whether the run lives: try a little longer than that.
        lock = try_lock(store.run_lock(key), wait_seconds=0.03)
        if lock is None:
            continue
        held = _look_again(store, key, lock)
        if held is not None:
            yield held
        else:
            lock.release()


def something_waits(store: Store) -> bool:
    """Tell whether there is a run that could be taken up."""
    held = claim(store, skip=())
    if held is None:
        return False
    held.lock.release()
    return True


def _look_again(store: Store, key: RunKey, lock: Held) -> Claim | None:
    """Read the state once more under the lock; None where there is nothing to take up after all."""
    try:
        state = store.state(key)
    except FairalError:
        return None
    if state.state not in ("queued", "running"):
        return None
    if store.cancel_file(key).exists():
        end(store, key, state, "cancelled", "Cancelled before it started again.")
        return None
    if state.attempts >= MOST_ATTEMPTS:
        reason = (
            f"Taken up {MOST_ATTEMPTS} times without finishing round {state.rounds_done}; see its log." + _memory_says()
        )
        end(store, key, state, "failed", reason)
        return None
    return Claim(key, lock, state)


def _memory_says() -> str:
    """A process that is killed for memory cannot say so itself; the system counts them."""
    if not (killed := killed_for_memory()):
        return ""
    return (
        f" The system has killed {killed} process{'es' if killed > 1 else ''} here for lack of memory: fewer workers "
        "(FAIRAL_WORKERS), a smaller batch, pool or field of view would need less."
    )


def note_end(store: Store, key: RunKey) -> None:
    """Enter a run in the ledger that is there no longer, or never was: read once more under its lock."""
    lock = try_lock(store.run_lock(key))
    if lock is None:
        return
    with lock, suppress(FairalError, OSError):
        store.heal_state(key)
        state = store.state(key)
        if state.ended:
            _enter(store, key, state)


def _enter(store: Store, key: RunKey, state: RunState, whole: bool = False) -> None:
    files = store.state_file(key), store.records_file(key)
    store.ledger.ended(key, state, files, damaged=not whole and bool(store.damage(key, state)))


def end(store: Store, key: RunKey, state: RunState, how: str, reason: str = "", whole: bool = False) -> None:
    """End a run whose lock the caller holds: done, failed or cancelled.

    Args:
        store: The home.
        key: The run.
        state: As it was until now.
        how: It ended.
        reason: In a sentence.
        whole: Whether the caller knows that its records are sound; else they are read.
    """
    now = time.time()
    ended = replace(state, state=how, reason=reason, part="", finished=now, updated=now)
    store.write_state(key, ended, durable=True)
    with suppress(FairalError):  # records of a newer version: those are looked at each time
        _enter(store, key, ended, whole)
    store.log(key, f"{how}: {reason}" if reason else how)
