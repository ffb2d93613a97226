"""How long an experiment takes on this machine: measured rounds, scaled ones, or a guess."""

import math
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from fairal.config import ExperimentConfig
from fairal.facts.record import SCHEMA
from fairal.runs.crew import team
from fairal.runs.store import Store
from fairal.runs.stored import Damaged, read_object, write_object

START_SECONDS = 6.0
"""Until workers have started and the first subjects are drawn: the first round less its fit in `benchmarks/demo.py`."""


_MOST_SCALED, _TELLING = 20.0, 0.2
"""A fit below this share of the demo's is overhead for the most part, and is scaled to no more than so many times its
size: those of the quick look would make two hours of the demo's minute."""


@dataclass(frozen=True)
class Speed:
    """A running mean of measured rounds: of the last ten or so."""

    seconds: float
    n: int
    effort: float


def speed_key(config: ExperimentConfig) -> str:
    """Name what the seconds of a fit depend on."""
    return config.learner.digest(**config.cohort.speed_facts)


def estimate_seconds(store: Store, config: ExperimentConfig) -> tuple[float, str]:
    """Estimate how long an experiment takes on this machine.

    Returns:
        Seconds, and what that rests on: ``measured`` fits of the same learner on this machine, or a ``scaled`` one of
        another size (by voxels × steps × batch × channels²), or ``guessed`` where nothing alike was ever fitted here.
    """
    workers = min(team().workers, max(1, len(config.runs())))
    # All arms of a seed wait for its first fit: with fewer seeds than workers, some of them idle meanwhile.
    alone = 1 if len(config.seeds) < workers else 0
    return estimate_fits(store, config, alone + (config.fits() - alone) / workers)


def estimate_fits(store: Store, config: ExperimentConfig, count: float) -> tuple[float, str]:
    """Estimate how long so many fits of an experiment take, one after the other. Returns as `estimate_seconds`."""
    known = _known(store)
    if row := known.get(speed_key(config)):
        per_round, basis = row.seconds, "measured"
    elif nearest := _nearest(known, _effort(config)):
        per_round, basis = nearest.seconds * _effort(config) / nearest.effort, "scaled"
    else:
        per_round, basis = 8.0 * _effort(config) / _DEMO_EFFORT, "guessed"
    return START_SECONDS + per_round * count, basis


def _nearest(known: dict[str, Speed], effort: float) -> Speed | None:
    """Find the measured fit of the most similar size; None where it is one that says nothing about this size."""
    nearest = min(known.values(), key=lambda row: abs(math.log(row.effort / effort)), default=None)
    if nearest is None or nearest.effort < min(effort / _MOST_SCALED, _TELLING * _DEMO_EFFORT):
        return None
    return nearest


def remember_speed(store: Store, config: ExperimentConfig, seconds: float) -> None:
    """Note the seconds of one trained round."""
    known = _known(store)
    row = known.get(speed_key(config), Speed(seconds, 0, _effort(config)))
    weight = max(0.1, 1 / (row.n + 1))
    known[speed_key(config)] = Speed((1 - weight) * row.seconds + weight * seconds, row.n + 1, row.effort)
    content = {"schema": SCHEMA, "fits": {key: asdict(speed) for key, speed in known.items()}}
    with suppress(OSError):  # a full disk: measured again another time
        write_object(store.speed_file, content, "speed")


def _known(store: Store) -> dict[str, Speed]:
    """What was measured here; what is damaged is measured again."""
    try:
        fits = read_object(store.speed_file, "speed", unsealed=())["fits"]
    except (Damaged, KeyError):
        fits = _unsealed(store)
    rows = fits.items() if isinstance(fits, dict) else ()
    return {key: Speed(**row) for key, row in rows if _is_speed(row)}


def _unsealed(store: Store) -> dict[str, Any]:
    """Read what an earlier version wrote: rows alone. What is sealed and damaged does not look like that."""
    try:
        content = read_object(store.speed_file)
    except Damaged:
        return {}
    return content if all(map(_is_speed, content.values())) else {}


def _is_speed(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and row.keys() == {"seconds", "n", "effort"}
        and all(isinstance(v, int | float) and math.isfinite(v) and v > 0 for v in row.values())
    )


def _effort(config: ExperimentConfig) -> float:
    x, y, z = config.cohort.shape
    learner = config.learner
    return x * y * z * learner.steps * learner.batch_size * learner.channels[0] * (1 + learner.residual_units)


_DEMO_EFFORT = 48 * 56 * 40 * 150 * 2 * 8
