"""What runs, seen live: progress by round with time left. Polls only while something runs."""

import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import ENDED
from fairal.runs.standing import live_workers, standing
from fairal.runs.store import Store

POLL_SECONDS = 1.0


def is_active(store: Store, experiments: list[str]) -> bool:
    """Tell whether any of these experiments may still change."""
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


def progress_bar(store: Store, experiment: str) -> str:
    """Draw an experiment's progress; returns its state."""
    stand = standing(store, experiment)
    done, total, left = stand.rounds_done, stand.rounds, stand.seconds_left
    if stand.state in ENDED:
        return stand.state
    text = f"{stand.state}: {done} of {total} rounds, {stand.runs_done} of {stand.runs} runs done"
    if left:
        text += f", about {duration(left)} left"
    part = _current_part(store, experiment)
    st.progress(min(1.0, (done + part[1]) / max(1, total)), text=f"{text} · {part[0]}" if part[0] else text)
    if stand.state in ("queued", "interrupted") and live_workers(store) == 0:
        st.warning(f"No worker is alive; they start by themselves, or see {store.worker_log(0)}.")
    return stand.state


PARTS = {"cohort": "drawing subjects", "fit": "training", "measure": "measuring", "pick": "scoring the pool",
         "write": "writing"}  # fmt: skip


def _current_part(store: Store, experiment: str) -> tuple[str, float]:
    """What is being done right now, and the part of a round that training has done."""
    said, rounds = [], 0.0
    for key in store.runs(experiment):
        try:
            state = store.state(key)
        except FairalError:
            continue
        if state.state == "running" and state.part:
            said.append(f"{PARTS.get(state.part, state.part)} {state.done}/{state.total}")
            rounds += 0.8 * state.done / max(1, state.total) if state.part == "fit" else 0.0
    return ", ".join(said[:2]), rounds


def duration(seconds: float) -> str:
    """Say a time span as a person would."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    if seconds < 172_800:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86_400:.0f} days"
