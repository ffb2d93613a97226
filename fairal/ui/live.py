"""What runs, seen live: progress by round with time left. Polls only while something may change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import ENDED, RunState
from fairal.runs.reader import RunFacts
from fairal.runs.standing import live_workers, overall, seconds_left, standing
from fairal.runs.store import RunKey, Store
from fairal.ui.literal import literal

POLL_SECONDS = 1.0
PARTS = {"cohort": "drawing subjects", "fit": "training", "measure": "measuring", "pick": "scoring the pool",
         "write": "writing"}  # fmt: skip
_FIT_SHARE = 0.8  # of a round's time


@dataclass(frozen=True)
class SeenRun:
    """A run's state as it was read, and as a person sees it: damaged counts as failed, and says so."""

    key: RunKey
    state: RunState
    shown: str


def see_runs(store: Store, experiment: str) -> list[SeenRun]:
    """Read the state of every run of an experiment, once."""
    return [_see(store, key) for key in store.runs(experiment)]


def _see(store: Store, key: RunKey) -> SeenRun:
    try:
        state = store.state(key)
        return SeenRun(key, state, store.shown_state(key, state))
    except FairalError as error:
        return SeenRun(key, RunState("failed", reason=str(error)), "failed")


def is_active(store: Store, experiments: Sequence[str]) -> bool:
    """Tell whether any of these experiments may still change; ended runs are not read."""
    for experiment in experiments:
        try:
            if standing(store, experiment).state not in ENDED:
                return True
        except FairalError:
            continue
    return False


def while_active(active: bool):
    """A fragment that runs again every second while something is active, and not at all otherwise."""
    return st.fragment(run_every=POLL_SECONDS if active else None)


def live(store: Store, experiments: Sequence[str], draw: Callable[[], None]) -> None:
    """Draw something now, and again every second while the experiments may change; then the page once more.

    Args:
        store: Where they are.
        experiments: Those that it shows.
        draw: Draws it.
    """
    active = is_active(store, experiments)

    @while_active(active)
    def again() -> None:
        draw()
        if active and not is_active(store, experiments):
            st.rerun()  # everything has ended: without this, polling would go on

    again()


def progress(store: Store, runs: Sequence[SeenRun | RunFacts]) -> str:
    """Draw the progress of an experiment whose runs were read; returns its state."""
    shown, states = [run.shown for run in runs], [run.state for run in runs]
    state = overall(shown)
    if state in ENDED:
        return state
    workers = live_workers(store)
    done, total = sum(s.rounds_done for s in states), sum(s.rounds for s in states)
    text = f"{state}: {done} of {total} rounds, {shown.count('done')} of {len(runs)} runs done"
    if left := seconds_left(states, workers):
        text += f", about {duration(left)} left"
    at_work = [s for s in states if s.state == "running" and s.part]
    training = sum(_FIT_SHARE * s.done / max(1, s.total) for s in at_work if s.part == "fit")
    st.progress(min(1.0, (done + training) / max(1, total)), text=" · ".join([text, *map(part_text, at_work[:2])]))
    if state in ("queued", "interrupted") and workers == 0:
        st.warning(f"No worker is alive; they start by themselves, or see {literal(store.worker_log(0))}.")
    return state


def part_text(state: RunState) -> str:
    """Say what a running run does right now."""
    return f"{PARTS.get(state.part, state.part)} {state.done}/{state.total}"


def duration(seconds: float) -> str:
    """Say a time span as a person would."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.0f} days"
