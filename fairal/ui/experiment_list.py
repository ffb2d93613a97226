"""The list of experiments: how each stands, its Dice at a glance, and whether what is stored of it is unharmed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from fairal.errors import FairalError
from fairal.report.results import judged
from fairal.runs.ledger import Ended, stamp_of
from fairal.runs.standing import Standing, closed, standing
from fairal.runs.store import RunKey, Store


@dataclass(frozen=True)
class ExperimentRow:
    """One experiment in the list; `created` is empty where its file is damaged."""

    id: str
    name: str
    created: str
    standing: Standing


@dataclass(frozen=True)
class Glance:
    """What the records of an experiment say.

    Attributes:
        dice: Of each group at the last round, from the lowest to the highest of the runs; empty before the first.
        damage: What of it is damaged, in two or three words; empty where nothing is known to be.
    """

    dice: str = ""
    damage: str = ""


def experiment_rows(store: Store, experiments: Iterable[str]) -> list[ExperimentRow]:
    """Sum up experiments; what the ledger knows is not read."""
    return [_experiment_row(store, experiment) for experiment in experiments]


def _experiment_row(store: Store, experiment: str) -> ExperimentRow:
    page = store.ledger.page(experiment)
    try:
        stand = closed(store, experiment) or standing(store, experiment)
    except FairalError:  # deleted between two looks
        stand = Standing("failed", 0, 0, 0, 0, None)
    name, created = (page.name, page.created) if page else ("", "")
    return ExperimentRow(experiment, name or experiment, (created or "")[:16].replace("T", " "), stand)


def glance(store: Store, experiment: str) -> Glance:
    """Look at an experiment's records; those of a closed one once, until one of its files is another."""
    page = store.ledger.page(experiment)
    if page is None or not page.closed:
        return _glance(store, experiment)
    keys = ((RunKey(experiment, run), end) for run, end in page.ended.items())
    stamp = hash(frozenset((key.run, end.stamp, _stamp(store, key)) for key, end in keys))
    return _kept_glance(store, str(store.home), experiment, stamp)


@st.cache_data(max_entries=4096, show_spinner=False)
def _kept_glance(_store: Store, home: str, experiment: str, stamp: int) -> Glance:
    return _glance(_store, experiment)


def _glance(store: Store, experiment: str) -> Glance:
    by_group: dict[str, list[float]] = {}
    try:
        groups = store.config(experiment).cohort.group_names
        keys = store.runs(experiment)
        lasts = [store.last_round(key) for key in keys]
    except FairalError:
        return Glance(damage="damaged")
    for last in filter(None, lasts):
        for group, dice in judged(last, groups).dice_by_group.items():
            by_group.setdefault(group, []).append(dice)
    harmed = sum(_is_harmed(store, key, end) for key in keys if (end := store.known_end(key)))
    return Glance(
        ", ".join(f"{group} {_range(values)}" for group, values in by_group.items()),
        f"{harmed} run{'s' if harmed > 1 else ''} damaged" if harmed else "",
    )


def _range(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"


def _is_harmed(store: Store, key: RunKey, end: Ended) -> bool:
    path, stamp = str(store.records_file(key)), _stamp(store, key)
    return _kept_is_harmed(store, key, path, stamp, end.rounds_done)


@st.cache_data(max_entries=65_536, show_spinner=False)
def _kept_is_harmed(_store: Store, _key: RunKey, path: str, stamp: tuple[int, int], rounds: int) -> bool:
    """Whether rounds that were finished are lost: told from the seals, and where those are broken by reading."""
    if _store.seems_whole(_key, rounds):
        return False
    try:
        reading = _store.reading(_key)
    except FairalError:  # of a newer version: not harmed, and the experiment's own page says so
        return False
    return bool(reading.damage) or len(reading.records) < rounds


def _stamp(store: Store, key: RunKey) -> tuple[int, int]:
    """Time and inode of a run's records; nothing where they are gone."""
    try:
        return stamp_of(store.records_file(key))
    except OSError:
        return (0, 0)
