"""What runs, seen live: progress by round with time left. Polls only while something may change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import ENDED, RunState
from fairal.report.results import Judgement, judged
from fairal.runs.crews.engine import crew_of
from fairal.runs.life import stopped_workers
from fairal.runs.reader import Reader, RunFacts
from fairal.runs.standing import live_workers, overall, seconds_left, standing
from fairal.runs.store import RunKey, Store
from fairal.ui.literal import literal

POLL_SECONDS = 1.0
LINGER_SECONDS = 900.0
PARTS = {"cohort": "drawing subjects", "fit": "training", "measure": "measuring", "pick": "choosing whom to label next",
         "write": "writing"}  # fmt: skip
_FIT_SHARE = 0.8  # of a round's time


@dataclass(frozen=True)
class SeenRun:
    """A run as it was read.

    Attributes:
        state, shown: As a person sees it; what is damaged says so.
        last: What its last round came to.
        worst: Dice of the worst group in each round.
    """

    key: RunKey
    state: RunState
    shown: str
    last: Judgement | None = None
    worst: tuple[float, ...] = ()


def see_runs(store: Store, experiment: str) -> list[SeenRun]:
    """Read every run of an experiment, once; what its rounds came to is derived from the records."""
    return [_see(store, key) for key in store.runs(experiment)]


def _see(store: Store, key: RunKey) -> SeenRun:
    try:
        look, groups = store.look(key), store.config(key.experiment).cohort.group_names
        rounds = [judged(record, groups) for record in look.reading.records]
        worst = tuple(min(judgement.dice_by_group.values()) for judgement in rounds)
        return SeenRun(key, look.state, look.shown, rounds[-1] if rounds else None, worst)
    except FairalError as error:
        return SeenRun(key, RunState("failed", reason=str(error)), "damaged")


def is_active(store: Store, experiments: Sequence[str]) -> bool:
    """Tell whether any of these experiments may still change; ended runs are not read."""
    for experiment in experiments:
        try:
            if standing(store, experiment).state not in ENDED:
                return True
        except FairalError:
            continue
    return False


def while_active(active: bool, seconds: float = POLL_SECONDS):
    """A fragment that runs again every so many seconds while something is active, and not at all otherwise."""
    return st.fragment(run_every=seconds if active else None)


def live(store: Store, experiments: Sequence[str], draw: Callable[[], None], seconds: float = POLL_SECONDS) -> None:
    """Draw something now, and again and again while the experiments may change; then the page once more.

    Args:
        store: Where they are.
        experiments: Those that it shows.
        draw: Draws it.
        seconds: How often.
    """
    active = is_active(store, experiments)

    @while_active(active, seconds)
    def again() -> None:
        if active:
            try:
                store.check_there()
                crew_of().ensure(store, LINGER_SECONDS)  # those that died are replaced while somebody looks
            except (FairalError, OSError) as error:
                st.error(literal(error, 1000), icon=":material/error:")
                return  # and looked for again
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
    text = f"{state}: {_rounds_text(states)}, {shown.count('done')} of {len(runs)} runs done"
    if left := seconds_left(states, workers):
        text += f", about {duration(left)} left"
    st.progress(_share_done(states), text=text)
    for stopped in stopped_workers(store):
        st.warning(literal(stopped.sentence()))
    # One line whatever happens: a page that is being read does not move.
    if state in ("queued", "interrupted") and workers == 0:
        st.caption(f":orange[No worker is alive; they start by themselves, or see {literal(store.worker_log(0))}.]")
    else:
        st.caption(_what_is_done_now(states))
    return state


def _rounds_text(states: Sequence[RunState]) -> str:
    return f"{sum(s.rounds_done for s in states)} of {sum(s.rounds for s in states)} rounds"


def _at_work(states: Sequence[RunState]) -> list[RunState]:
    return [s for s in states if s.state == "running" and s.part]


def _share_done(states: Sequence[RunState]) -> float:
    """Finished rounds, and of those that are trained right now the part that is."""
    training = sum(_FIT_SHARE * s.done / max(1, s.total) for s in _at_work(states) if s.part == "fit")
    return min(1.0, (sum(s.rounds_done for s in states) + training) / max(1, sum(s.rounds for s in states)))


def _what_is_done_now(states: Sequence[RunState]) -> str:
    now = " · ".join(map(part_text, _at_work(states)[:2]))
    first = "" if any(s.rounds_done for s in states) else "The first round is on its way. "
    return first + now or "Between two rounds."


def say_progress(store: Store, reader: Reader, experiment: str) -> str:
    """Draw the progress of an experiment, read anew; returns its state, as failed where it cannot be read."""
    try:
        return progress(store, reader.snapshot(experiment).runs)
    except FairalError:  # whoever shows its results says why
        return "failed"


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
