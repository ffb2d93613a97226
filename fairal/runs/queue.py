"""What becomes of runs: claimed, released, cancelled, resumed, deleted. The lock is the life sign."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from filelock import FileLock

from fairal.errors import FairalError, InputError, RunError
from fairal.runs.locks import is_locked, try_lock
from fairal.runs.store import RunKey, RunState, Store

MOST_ATTEMPTS = 3
_FRESH_SECONDS = 5.0  # a state younger than this is believed without touching the lock
ENDED = ("done", "failed", "cancelled")


@dataclass
class Claim:
    """A run that this worker holds."""

    key: RunKey
    lock: FileLock
    state: RunState


def shown_state(store: Store, key: RunKey, state: RunState) -> str:
    """Give the state as a person sees it: a running run whose lock is free was interrupted."""
    if state.state != "running" or time.time() - state.updated < _FRESH_SECONDS:
        return state.state
    return "running" if is_locked(store.run_lock(key)) else "interrupted"


def waiting(store: Store) -> Iterator[tuple[RunKey, RunState]]:
    """List the runs that could be taken up, in the order in which they should be.

    The oldest experiment first; in it the lowest seed, and there the run with the fewest rounds done, so that the
    strategies of a what-if grow side by side and no core waits for the last run.
    """
    for experiment in reversed(store.experiments()):
        rows = []
        for position, key in enumerate(store.runs(experiment)):
            try:
                state = store.state(key)
            except FairalError:
                continue  # damaged: the pages say so, the others go on
            if state.state in ("queued", "running"):
                rows.append((key.seed, state.rounds_done, position, key, state))
        for _, _, _, key, state in sorted(rows, key=lambda row: row[:3]):
            yield key, state


def claim(store: Store, skip: set[RunKey]) -> Claim | None:
    """Take up the first run that nobody holds.

    Args:
        skip: Runs that wait for something another worker is making.
    """
    for key, _ in waiting(store):
        if key in skip:
            continue
        # A page may hold the lock for an instant to see whether the run lives: try a little longer than that.
        lock = try_lock(store.run_lock(key), wait_seconds=0.03)
        if lock is None:
            continue
        try:
            state = store.state(key)
        except FairalError:
            lock.release()
            continue
        if state.state not in ("queued", "running"):
            lock.release()
            continue
        if store.cancel_file(key).exists():
            _end(store, key, state, "cancelled", "Cancelled before it started again.")
            lock.release()
            continue
        if state.attempts >= MOST_ATTEMPTS:
            reason = f"Taken up {MOST_ATTEMPTS} times without finishing round {state.rounds_done}; see its log."
            _end(store, key, state, "failed", reason)
            lock.release()
            continue
        return Claim(key, lock, state)
    return None


def _end(store: Store, key: RunKey, state: RunState, how: str, reason: str) -> None:
    now = time.time()
    store.write_state(key, replace(state, state=how, reason=reason, part="", finished=now, updated=now))
    store.log(key, f"{how}: {reason}" if reason else how)


def finish(store: Store, held: Claim, how: str, reason: str = "") -> None:
    """End a run that this worker holds: done, failed or cancelled."""
    _end(store, held.key, held.state, how, reason)


def cancel(store: Store, key: RunKey) -> None:
    """Ask a run to stop: at once where nobody holds it, within a training step where somebody does."""
    if store.state(key).state in ENDED:
        return
    store.cancel_file(key).touch()
    lock = try_lock(store.run_lock(key), wait_seconds=0.03)
    if lock is not None:
        with lock:
            state = store.state(key)
            if state.state not in ENDED:
                _end(store, key, state, "cancelled", "Cancelled.")


def resume(store: Store, key: RunKey) -> bool:
    """Queue a run again that was cancelled, failed or interrupted; its finished rounds stay.

    Returns:
        Whether there was something to resume.

    Raises:
        RunError: A worker still holds it.
    """
    state = store.state(key)
    if state.state in ("queued", "done") or shown_state(store, key, state) == "running":
        return False
    with _held(store, key):
        store.cancel_file(key).unlink(missing_ok=True)
        state = store.state(key)
        now = time.time()
        store.write_state(
            key, replace(state, state="queued", reason="", attempts=0, part="", finished=None, updated=now)
        )
        store.log(key, "queued again")
    return True


def retry(store: Store, key: RunKey) -> None:
    """Queue a run again from its first round."""
    with _held(store, key):
        store.cancel_file(key).unlink(missing_ok=True)
        store.start_over(key)
        state = store.state(key)
        fresh = RunState("queued", rounds=state.rounds, created=state.created, updated=time.time())
        store.write_state(key, fresh)
        store.log(key, "queued again, from its first round")


def delete_run(store: Store, key: RunKey) -> None:
    """Cancel a run if need be, and remove it."""
    _stop(store, key)
    store.delete_run(key)


def delete_experiment(store: Store, experiment: str) -> None:
    """Cancel all runs of an experiment, and remove it."""
    store.about_folder(experiment)
    for key in store.runs(experiment):
        _stop(store, key)
    store.delete_experiment(experiment)


def _stop(store: Store, key: RunKey, wait_seconds: float = 15.0) -> None:
    store.cancel_file(key).touch()
    lock = try_lock(store.run_lock(key), wait_seconds)
    if lock is None:
        raise RunError(f"Run {key.run} did not stop within {wait_seconds:.0f} s; try again in a moment.")
    lock.release()


@contextmanager
def _held(store: Store, key: RunKey):
    lock = try_lock(store.run_lock(key), wait_seconds=5.0)
    if lock is None:
        raise RunError(f"Run {key.run} is still held by a worker; cancel it first, or try again in a moment.")
    with lock:
        yield


def progress(store: Store, experiment: str) -> dict:
    """Sum up an experiment: state, runs, runs done, rounds done, rounds, seconds left (None where unknown).

    Raises:
        InputError: There is no such experiment.
    """
    states = []
    for key in store.runs(experiment):
        try:
            states.append((key, store.state(key)))
        except FairalError:
            states.append((key, RunState("failed", reason="damaged")))
    if not states:
        store.about_folder(experiment)
    shown = [shown_state(store, key, state) for key, state in states]
    return {
        "state": overall(shown),
        "runs": len(states),
        "runs_done": shown.count("done"),
        "rounds_done": sum(state.rounds_done for _, state in states),
        "rounds": sum(state.rounds for _, state in states),
        "seconds_left": seconds_left([state for _, state in states], live_workers(store)),
    }


def overall(states: list[str]) -> str:
    """Name an experiment's state after those of its runs."""
    for name in ("running", "interrupted", "queued"):
        if name in states:
            if name == "queued" and "done" in states:
                return "running"  # between two runs
            return name
    for name in ("failed", "cancelled"):
        if name in states:
            return name
    return "done" if states else "failed"


def seconds_left(states: list[RunState], workers: int) -> float | None:
    """Estimate from the rounds measured so far; None before the first."""
    known = [s.round_seconds for s in states if s.round_seconds]
    left = sum(s.rounds - s.rounds_done for s in states if s.state in ("queued", "running"))
    if not left:
        return 0.0
    return left * sum(known) / len(known) / max(1, min(workers, left)) if known else None


def live_workers(store: Store) -> int:
    """Count the workers that hold a slot."""
    return sum(is_locked(path) for path in store.workers_dir.glob("*.lock"))


def find(store: Store, name: str) -> str:
    """Resolve an experiment's id, or its unambiguous beginning, or ``latest``.

    Raises:
        InputError: None, or more than one, matches.
    """
    there = store.experiments()
    if name == "latest" and there:
        return there[0]
    matches = [e for e in there if e == name] or [e for e in there if e.startswith(name)]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise InputError(f"'{name}' could be {len(matches)} experiments; give more of the id, e.g. {matches[0]}.")
    raise InputError(f"There is no experiment '{name[:64]}'; `fairal list` names those that are.")
