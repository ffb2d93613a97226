"""Experiments and their runs: how each stands, and what can be done to it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import SHOWN
from fairal.report.arms import arm_label
from fairal.report.results import judged
from fairal.runs import control
from fairal.runs.crews.local import LocalCrew
from fairal.runs.standing import Standing, closed, standing
from fairal.runs.store import RunKey, Store
from fairal.ui.frame import LINGER_SECONDS
from fairal.ui.literal import literal
from fairal.ui.live import SeenRun, duration, part_text

SHOWN_STATES = SHOWN
SIGNS = {"queued": "○", "running": "▶", "waiting": "◔", "done": "✓", "failed": "✗", "cancelled": "■",
         "interrupted": "‖", "damaged": "!"}  # fmt: skip
COLOURS = {"queued": "gray", "running": "blue", "waiting": "orange", "done": "green", "failed": "red",
           "cancelled": "gray", "interrupted": "orange", "damaged": "red"}  # fmt: skip
APPLIES = {
    "cancel": {"queued", "running", "waiting", "interrupted"},
    "resume": {"failed", "cancelled", "interrupted", "damaged"},
    "retry": {"queued", "waiting", "done", "failed", "cancelled", "interrupted", "damaged"},
    "delete": set(SHOWN_STATES),
}
"""In which states a run can be told what."""
COLUMNS = {
    "strategy": st.column_config.TextColumn("Arm", pinned=True),
    "seed": st.column_config.NumberColumn("Seed", width="small"),
    "state": "State",
    "progress": st.column_config.ProgressColumn("Progress", format="percent", min_value=0, max_value=1),
    "rounds": "Rounds",
    "Dice per group": "Dice per group",
    "gap": st.column_config.NumberColumn("Gap in Dice", format="%.3f"),
    "now": "Now",
    "left": "Time left",
    "updated": "Last change",
    "device": "Device",
    "reason": "Why it stopped",
}
"""How a person reads the columns of `runs_frame`."""
_SAID = {"cancel": "asked to stop", "resume": "queued again", "retry": "queued again from their first round",
         "delete": "deleted"}  # fmt: skip


# ---------------------------------------------------------------------- experiments


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


# ---------------------------------------------------------------------- runs


def runs_frame(runs: Sequence[SeenRun]) -> pd.DataFrame:
    """One row per run, what a person looks for first; columns in which nothing stands are left out."""
    frame = pd.DataFrame([_cells(run) for run in runs])
    return frame.loc[:, [column for column in frame if not frame[column].isin([None, ""]).all()]]


def _cells(run: SeenRun) -> dict:
    state, last = run.state, run.last
    left = None
    if run.shown in ("running", "queued") and state.round_seconds:
        left = duration(state.round_seconds * (state.rounds - state.rounds_done))
    groups = last.dice_by_group.items() if last else ()
    return {
        "strategy": arm_label(str(run.key.arm)),
        "seed": run.key.seed,
        "state": f"{SIGNS[run.shown]} {run.shown}",
        "progress": state.rounds_done / state.rounds if state.rounds else 0.0,
        "rounds": f"{state.rounds_done}/{state.rounds}",
        "Dice per group": ", ".join(f"{g} {d:.3f}" for g, d in groups),
        "gap": last.gap if last else None,
        "now": part_text(state) if run.shown == "running" and state.part else "",
        "left": left or "",
        "updated": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(state.updated)) if state.updated else "",
        "device": state.device,
        "reason": state.reason,
    }


def applicable(verb: str, runs: Iterable[SeenRun]) -> list[SeenRun]:
    """Those runs that can be told this as they stand."""
    return [run for run in runs if run.shown in APPLIES[verb]]


def act(store: Store, verb: str, keys: Sequence[RunKey]) -> None:
    """Do one thing to several runs, and say what came of it."""
    done, problems = 0, []
    for key in keys:
        try:
            if verb == "cancel":
                control.cancel(store, key)
            elif verb == "resume":
                done -= not control.resume(store, key)
            elif verb == "retry":
                control.retry(store, key, forget=True)
            elif verb == "delete":
                control.delete_run(store, key)
            done += 1
        except FairalError as error:
            problems.append(str(error))
    if verb in ("resume", "retry"):
        LocalCrew().ensure(store, LINGER_SECONDS)
    st.toast(f"{done} run{'s' if done != 1 else ''} {_SAID[verb]}." if not problems else literal(problems[0], 600))


@st.dialog("Forget finished rounds?", icon=":material/replay:")
def ask_to_retry(store: Store, keys: Sequence[RunKey], rounds: int) -> None:
    """The question before finished rounds are forgotten.

    Args:
        store: Where they are.
        keys: The runs that are to start over.
        rounds: How many they have finished.
    """
    st.markdown(
        f"**{rounds} finished round{'s' if rounds != 1 else ''}** of {len(keys)} run{'s' if len(keys) != 1 else ''} "
        "will be thrown away, with their volumes. Resume keeps them, and goes on after them; also after damage."
    )
    yes, no = st.columns(2)
    if yes.button(":red[Forget them and start over]", key="retry_yes", width="stretch"):
        act(store, "retry", keys)
        st.rerun()
    if no.button("Keep them", key="retry_no", type="primary", width="stretch"):
        st.rerun()


@st.dialog("Delete for good?", icon=":material/delete:")
def ask_to_delete(store: Store, experiment: str, keys: Sequence[RunKey], whole: bool) -> None:
    """The question before anything is deleted.

    Args:
        store: Where it lies.
        experiment: Whose runs.
        keys: The runs.
        whole: Whether the experiment itself goes, also where it has no runs.
    """
    what = f"the experiment {experiment}" if whole else f"{len(keys)} run{'s' if len(keys) > 1 else ''}"
    st.markdown(f"Results, volumes and logs of **{what}** will be gone:")
    st.markdown("\n".join(f"- {arm_label(str(key.arm))}, seed {key.seed}" for key in keys[:12]))
    if len(keys) > 12:
        st.caption(f"and {len(keys) - 12} more")
    yes, no = st.columns(2)
    if yes.button(f":red[Delete {what if not whole else 'the experiment'}]", width="stretch"):
        if whole:
            control.delete_experiment(store, experiment)
            st.toast(f"{experiment} is deleted.")
        else:
            act(store, "delete", keys)
        st.rerun()
    if no.button("Keep them" if keys else "Keep it", type="primary", width="stretch"):
        st.rerun()
