"""How runs and experiments stand, summed up for a person."""

from dataclasses import dataclass
from typing import Protocol

from fairal.errors import FairalError, InputError
from fairal.facts.state import RunState
from fairal.runs.locks import is_locked
from fairal.runs.reader import Reader
from fairal.runs.store import RunKey, Store


class Stand(Protocol):
    """What of a run's state an experiment is summed up from: a `RunState`, or what the ledger knows of its end."""

    state: str
    rounds_done: int
    rounds: int
    round_seconds: float | None


@dataclass(frozen=True)
class Standing:
    """An experiment summed up.

    Attributes:
        state: One of `SHOWN`, see `overall`: *damaged* where the files of a run that has ended are not whole.
        seconds_left: None where unknown.
    """

    state: str
    runs: int
    runs_done: int
    rounds: int
    rounds_done: int
    seconds_left: float | None


def standing(store: Store, experiment: str) -> Standing:
    """Sum up an experiment; runs that are known to have ended are not read.

    Raises:
        InputError: There is no such experiment.
    """
    store.ledger.refresh()
    stands: list[Stand] = []
    shown: list[str] = []
    for key in store.runs(experiment):
        stand = store.known_end(key)
        if stand is None:
            stand, how = _read(store, key)
        else:
            how = store.shown_end(key, stand)
        stands.append(stand)
        shown.append(how)
    if not stands:
        store.about_folder(experiment)
    return Standing(
        state=overall(shown),
        runs=len(stands),
        runs_done=shown.count("done"),
        rounds=sum(stand.rounds for stand in stands),
        rounds_done=sum(stand.rounds_done for stand in stands),
        seconds_left=seconds_left(stands, live_workers(store)),
    )


def closed(store: Store, experiment: str) -> Standing | None:
    """Sum up a closed experiment from the ledger; None where it may be open or is not known.

    Of its files only the records' times are looked at, and only those that were changed are read.
    """
    page = store.ledger.page(experiment)
    if page is None or not page.closed:
        return None
    ends = list(page.ended.values())
    states = [store.shown_end(RunKey(experiment, run), end) for run, end in page.ended.items()]
    rounds, done = (sum(getattr(end, name) for end in ends) for name in ("rounds", "rounds_done"))
    return Standing(overall(states), len(ends), states.count("done"), rounds, done, 0.0)


def _read(store: Store, key: RunKey) -> tuple[RunState, str]:
    try:
        look = store.look(key)
    except FairalError as error:
        return RunState("failed", reason=str(error)), "damaged"
    return look.state, look.shown


def overall(states: list[str]) -> str:
    """Name an experiment's state after those of its runs."""
    for name in ("running", "interrupted", "queued"):
        if name in states:
            if name == "queued" and "done" in states:
                return "running"  # between two runs
            return name
    for name in ("damaged", "waiting", "failed", "cancelled"):
        if name in states:
            return name
    return "done" if states else "failed"


def seconds_left(stands: list[Stand], workers: int) -> float | None:
    """Estimate from the rounds measured so far; None before the first."""
    known = [s.round_seconds for s in stands if s.round_seconds]
    left = sum(s.rounds - s.rounds_done for s in stands if s.state in ("queued", "running"))
    if not left:
        return 0.0
    return left * sum(known) / len(known) / max(1, min(workers, left)) if known else None


def live_workers(store: Store, here: bool = False) -> int:
    """Count the workers that hold a slot; `here` without the places of a cluster, whose memory is elsewhere."""
    return sum(is_locked(path) for path in store.workers_dir.glob("*.lock") if not here or path.stem.isdecimal())


def find(reader: Reader, name: str) -> str:
    """Resolve an experiment's id, or its unambiguous beginning, or ``latest``.

    A whole name goes before longer ones that begin with it: *study-weak* is not *study-weak-other-arms*.

    Raises:
        InputError: None, or more than one, matches.
    """
    there = reader.experiments()
    if name == "latest" and there:
        return there[0]
    # The whole id, the whole name before date and digest, the beginning: the first of these that says something.
    ways = (name.__eq__, lambda e: e.rsplit("-", 2)[0] == name, lambda e: bool(name) and e.startswith(name))
    matches = next(filter(None, (list(filter(way, there)) for way in ways)), [])
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise InputError(f"'{name}' could be {len(matches)} experiments; give more of the id, e.g. {matches[0]}.")
    raise InputError(f"There is no experiment '{name[:64]}'; `fairal list` names those that are.")
