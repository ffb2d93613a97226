"""What a person does to runs: cancel, resume, retry, delete."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from fairal.allowed import changes
from fairal.errors import FairalError, InputError, RunError
from fairal.facts.state import RunState
from fairal.files import write_text
from fairal.runs.claims import end
from fairal.runs.locks import try_lock
from fairal.runs.quota import within_quota
from fairal.runs.removing import check_inside
from fairal.runs.store import RunKey, Store


@changes
def cancel(store: Store, key: RunKey) -> None:
    """Ask a run to stop: at once where nobody holds it, within a training step where somebody does."""
    check_inside(store.run_dir(key), store.home)
    if store.state(key).ended:
        return
    write_text(store.cancel_file(key), "")
    lock = try_lock(store.run_lock(key), wait_seconds=0.03)
    if lock is not None:
        with lock:
            state = store.state(key)
            if not state.ended:
                end(store, key, state, "cancelled", "Cancelled.")


@changes
def resume(store: Store, key: RunKey) -> bool:
    """Queue a run again that was cancelled, failed, interrupted or damaged; its finished rounds stay.

    What is lost of it is made again from what is there. Of a run that is queued or computed the wish that it should
    stop, which nobody has heard yet, is taken back.

    Returns:
        Whether there was something to resume.

    Raises:
        RunError: A worker still holds it.
        InputError: The server takes no more, see `within_quota`.
    """
    check_inside(store.run_dir(key), store.home)
    if store.look(key).shown in ("queued", "running"):
        return _take_back(store, key)
    with _held(store, key):
        done = store.look(key).shown == "done"
        store.heal(key)
        if done:
            return False
        state = store.state(key)
        queued = replace(state, state="queued", reason="", attempts=0, part="", finished=None, updated=time.time())
        with within_quota(store, lambda: int(state.ended)):
            store.cancel_file(key).unlink(missing_ok=True)
            _queue(store, key, queued, "queued again")
    return True


def _take_back(store: Store, key: RunKey) -> bool:
    """Take back that a run should stop; says whether it should have."""
    asked = store.cancel_file(key).exists()
    store.cancel_file(key).unlink(missing_ok=True)
    if asked:
        store.log(key, "it need not stop after all")
    return asked


@changes
def wake(store: Store, collection: str) -> int:
    """Let the runs go on that wait for masks of a collection: they look again whether these are there.

    Returns:
        How many were queued.
    """
    woken = 0
    for experiment in store.open_experiments():
        try:
            cohort = store.config(experiment).cohort
        except FairalError:
            continue  # damaged: the pages say so, the others go on
        if cohort.kind == "folder" and cohort.collection == collection:
            waiting = [key for key in store.open_runs(experiment) if store.state(key).state == "waiting"]
            woken += sum(resume(store, key) for key in waiting)
    return woken


def finished_rounds(store: Store, keys: Iterable[RunKey]) -> int:
    """Count the finished rounds that `retry` would forget, with sound ones that stand behind a damaged one."""
    return sum(len(store.sound_rounds(key)) for key in keys)


@changes
def retry(store: Store, key: RunKey, forget: bool = False) -> None:
    """Queue a run again from its first round.

    Args:
        store: Where it is.
        key: The run.
        forget: Whether its finished rounds may be thrown away.

    Raises:
        InputError: It has some, and nobody said that they may; or the server takes no more, see `within_quota`.
        RunError: A worker still holds it.
    """
    with _held(store, key):
        if not forget and (there := finished_rounds(store, [key])):
            raise InputError(f"{key.run} has {there} finished rounds, which Retry forgets; Resume goes on after them.")
        state = store.state(key)
        with within_quota(store, lambda: int(state.ended)):
            store.cancel_file(key).unlink(missing_ok=True)
            store.start_over(key)
            fresh = RunState("queued", rounds=state.rounds, created=state.created, updated=time.time())
            _queue(store, key, fresh, "queued again, from its first round")


def _queue(store: Store, key: RunKey, state: RunState, said: str) -> None:
    # Struck out of the ledger first: a run that is open and counts as ended would never be found.
    store.ledger.open(key)
    store.write_state(key, state, durable=True)
    store.log(key, said)


@changes
def delete_run(store: Store, key: RunKey) -> None:
    """Cancel a run if need be, and remove it."""
    stop(store, key)
    store.delete_run(key)


@changes
def delete_experiment(store: Store, experiment: str) -> None:
    """Cancel all runs of an experiment, and remove it; where one does not stop nothing is removed. Errors as `stop`."""
    store.about_folder(experiment)
    for key in store.runs(experiment):
        stop(store, key)
    store.delete_experiment(experiment)


def stop(store: Store, key: RunKey, wait_seconds: float = 15.0) -> None:
    """Ask a run to stop, and wait until nobody holds it, so that it can be deleted.

    Raises:
        RunError: A worker still holds it; it stays asked to stop.
    """
    check_inside(store.run_dir(key), store.home)
    write_text(store.cancel_file(key), "")
    lock = try_lock(store.run_lock(key), wait_seconds)
    if lock is None:
        raise RunError(
            f"Run {key.run} did not stop within {wait_seconds:.0f} s, so nothing was deleted. It stays asked to: when "
            "its worker goes on it is cancelled, and can be deleted then; to keep it, resume it."
        )
    lock.release()


@contextmanager
def _held(store: Store, key: RunKey) -> Iterator[None]:
    check_inside(store.run_dir(key), store.home)
    lock = try_lock(store.run_lock(key), wait_seconds=5.0)
    if lock is None:
        raise RunError(f"Run {key.run} is still held by a worker; cancel it first, or try again in a moment.")
    with lock:
        yield
