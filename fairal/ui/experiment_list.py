"""The list of experiments: how each stands, and its Dice at a glance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st

from fairal.errors import FairalError
from fairal.report.results import judged
from fairal.runs.standing import Standing, closed, standing
from fairal.runs.store import Store


@dataclass(frozen=True)
class ExperimentRow:
    """One experiment in the list; `created` is empty where its file is damaged."""

    id: str
    name: str
    created: str
    standing: Standing


def experiment_rows(store: Store, experiments: Iterable[str]) -> list[ExperimentRow]:
    """Sum up experiments; what the ledger knows is not read."""
    return [_experiment_row(store, experiment) for experiment in experiments]


def _experiment_row(store: Store, experiment: str) -> ExperimentRow:
    page = store.ledger.page(experiment)
    try:
        stand = closed(store, experiment) or standing(store, experiment)
    except FairalError:  # deleted between two looks
        stand = Standing("damaged", 0, 0, 0, 0, None)
    name, created = (page.name, page.created) if page else ("", "")
    return ExperimentRow(experiment, name or experiment, (created or "")[:16].replace("T", " "), stand)


def dice_ranges(store: Store, experiment: str) -> str:
    """Say the Dice of each group at the last round: from the lowest to the highest of the strategies' runs."""
    page = store.ledger.page(experiment)
    if page is None or not page.closed:
        return _dice_ranges(store, experiment)
    stamp = hash(frozenset((run, end.stamp) for run, end in page.ended.items()))
    return _kept_dice_ranges(store, str(store.home), experiment, stamp)


@st.cache_data(max_entries=4096, show_spinner=False)
def _kept_dice_ranges(_store: Store, home: str, experiment: str, stamp: int) -> str:
    """What is closed is read once, until one of its runs ends anew."""
    return _dice_ranges(_store, experiment)


def _dice_ranges(store: Store, experiment: str) -> str:
    by_group: dict[str, list[float]] = {}
    try:
        groups = store.config(experiment).cohort.group_names
        lasts = [store.last_round(key) for key in store.runs(experiment)]
    except FairalError:
        return ""  # damaged: the experiment's own page says so
    for last in filter(None, lasts):
        for group, dice in judged(last, groups).dice_by_group.items():
            by_group.setdefault(group, []).append(dice)
    return ", ".join(f"{group} {_range(values)}" for group, values in by_group.items())


def _range(values: Sequence[float]) -> str:
    low, high = f"{min(values):.2f}", f"{max(values):.2f}"
    return low if low == high else f"{low} to {high}"
