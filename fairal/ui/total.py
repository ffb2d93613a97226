"""What a launch comes to: how long, on what that rests, and of how many trainings."""

from collections.abc import Sequence

import streamlit as st

from fairal.config import ExperimentConfig
from fairal.runs.crew import team
from fairal.runs.speed import estimate_seconds
from fairal.runs.store import Store
from fairal.ui.live import duration

BASIS = {
    "measured": "The time is that of trainings of this kind, as measured on this machine.",
    "scaled": "The time is scaled from trainings of another size, measured on this machine.",
    "guessed": "The time is a guess: nothing was trained on this machine yet.",
}


def seconds_of(store: Store, configs: Sequence[ExperimentConfig]) -> float:
    """Estimate how long experiments take together on this machine."""
    return sum(estimate_seconds(store, config)[0] for config in configs)


def say_total(store: Store, configs: Sequence[ExperimentConfig]) -> None:
    """Say what these experiments come to together; there is at least one."""
    first, workers = configs[0], team().workers
    arms, seeds = len(first.strategies), len(first.seeds)
    st.markdown(
        f"**About {duration(seconds_of(store, configs))} on this machine** for {_count(arms, 'arm')} with "
        f"{_count(seeds, 'seed')}" + (f", from {len(configs)} starts." if len(configs) > 1 else ".")
    )
    runs, fits = sum(len(c.runs()) for c in configs), sum(c.fits() for c in configs)
    st.caption(
        f"{_count(len(configs), 'experiment')}, {_count(runs, 'run')}, {_count(fits, 'training')} by "
        f"{_count(workers, 'worker')}; arms of one training share their start. "
        f"{BASIS[estimate_seconds(store, first)[1]]}"
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
