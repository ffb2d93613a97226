"""The runs of an experiment: a table of how each stands, and what can be done to it."""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import SHOWN
from fairal.report.arms import arm_label
from fairal.report.glossary import define
from fairal.runs import control
from fairal.runs.crews.engine import crew_of
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
    "strategy": st.column_config.TextColumn("Arm", pinned=True, help=define("arm")),
    "seed": st.column_config.NumberColumn("Seed", width=55, help=define("seed")),
    "state": "State",
    "progress": st.column_config.ProgressColumn("Progress", format="percent", min_value=0, max_value=1),
    "rounds": "Rounds",
    "gap": st.column_config.NumberColumn("Gap in Dice", format="%.3f", width="small", help=define("gap")),
    "now": "Now",
    "left": "Time left",
    "updated": st.column_config.DatetimeColumn("Last change", format="distance"),
    "device": "Device",
    "reason": "Why it stopped",
}
"""How a person reads those columns of `runs_frame` that are alike for all experiments."""
_SAID = {"cancel": "asked to stop", "resume": "queued again", "retry": "queued again from their first round",
         "delete": "deleted"}  # fmt: skip


def runs_frame(runs: Sequence[SeenRun]) -> pd.DataFrame:
    """One row per run, what a person looks for first; columns that tell nothing are left out."""
    frame = pd.DataFrame([_cells(run) for run in runs])
    told = [column for column in frame if not frame[column].isin([None, ""]).all()]
    if all(frame.progress == 1):
        told.remove("progress")
    return frame.loc[:, told]


def columns_of(runs: Sequence[SeenRun]) -> dict:
    """Say how the columns of these runs are drawn: one for each group, all sparklines on one axis."""
    lowest = math.floor(10 * min((dice for run in runs for dice in run.worst), default=0.0)) / 10
    line = st.column_config.LineChartColumn(
        "Worst by round", width=110, y_min=lowest, y_max=1.0,
        help=f"Dice of the worst group in each round, on an axis from {lowest:.1f} to 1.",
    )  # fmt: skip
    groups = dict.fromkeys(group for run in runs if run.last for group in run.last.dice_by_group)
    dice = {f"Dice, {group}": st.column_config.NumberColumn(format="%.3f", width="small") for group in groups}
    return COLUMNS | {"worst": line} | dice


def _cells(run: SeenRun) -> dict:
    state, last = run.state, run.last
    left = None
    if run.shown in ("running", "queued") and state.round_seconds:
        left = duration(state.round_seconds * (state.rounds - state.rounds_done))
    return {
        "strategy": arm_label(str(run.key.arm)),
        "seed": run.key.seed,
        "state": f"{SIGNS[run.shown]} {run.shown}",
        "progress": state.rounds_done / state.rounds if state.rounds else 0.0,
        "rounds": f"{state.rounds_done}/{state.rounds}",
        **{f"Dice, {group}": dice for group, dice in (last.dice_by_group.items() if last else ())},
        "gap": last.gap if last else None,
        "worst": run.worst or None,
        "now": part_text(state) if run.shown == "running" and state.part else "",
        "left": left or "",
        "updated": datetime.fromtimestamp(state.updated, UTC) if state.updated else None,
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
        crew_of().ensure(store, LINGER_SECONDS)
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
