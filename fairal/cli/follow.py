"""Follow experiments in the foreground until they end."""

import math
import signal
import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from fairal.cli.app import err
from fairal.cli.tables import print_tables
from fairal.errors import RunError
from fairal.facts.state import ENDED
from fairal.runs import control
from fairal.runs.crew import Crew
from fairal.runs.library import readers
from fairal.runs.life import stopped_workers
from fairal.runs.standing import standing
from fairal.runs.store import Store

_LOOK_SECONDS = 1.0


def foreground(store: Store, ids: list[str], crew: Crew) -> None:
    """Follow experiments until they end, print their tables; Ctrl-C cancels them."""
    interrupted = []
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.append(True))
    try:
        _follow(store, ids, crew, interrupted)
    finally:
        signal.signal(signal.SIGINT, before)
    if interrupted:
        for experiment in ids:
            for key in store.runs(experiment):
                control.cancel(store, key)
        raise RunError(f"Cancelled; what is finished is kept: fairal resume {' '.join(ids)}")
    for experiment in ids:
        print_tables(readers(store), experiment)
    _raise_failures(store, ids)


def _follow(store: Store, ids: list[str], crew: Crew, interrupted: list) -> None:
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rounds"),
        TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn(elapsed_when_finished=False),
    )  # fmt: skip
    looked, said = -math.inf, set()
    with Progress(*columns, console=err, transient=True) as bar:
        tasks = {e: bar.add_task(e, total=None) for e in ids}
        while not interrupted:
            stands = {e: standing(store, e) for e in ids}
            for experiment, stand in stands.items():
                bar.update(tasks[experiment], total=stand.rounds, completed=stand.rounds_done)
            if all(stand.state in ENDED for stand in stands.values()):
                return
            if time.monotonic() - looked > _LOOK_SECONDS:
                looked = time.monotonic()
                _look_after(store, crew, said)
            time.sleep(0.2)


def _look_after(store: Store, crew: Crew, said: set[str]) -> None:
    """Replace workers that died, and say of those that were stopped that they are, once."""
    crew.ensure(store)
    if trouble := crew.trouble(store):
        raise RunError(trouble)
    for stopped in stopped_workers(store):
        if (sentence := stopped.sentence()) not in said:
            err.print(sentence, markup=False)
            said.add(sentence)


def _raise_failures(store: Store, ids: list[str]) -> None:
    for experiment in ids:
        for key in store.runs(experiment):
            state = store.state(key)
            if state.state != "done":
                raise RunError(f"Run {key.run} of {experiment} {state.state}: {state.reason}")
