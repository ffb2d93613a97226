"""The list of runs: rows for the table, and what can be done to those that are selected."""

import time

import pandas as pd
import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import RunState
from fairal.runs import control
from fairal.runs.crews.engine import crew_of
from fairal.runs.store import RunKey, Store
from fairal.strategies.catalog import label
from fairal.ui.frame import LINGER_SECONDS
from fairal.ui.live import PARTS, duration

ICONS = {"queued": "○ queued", "running": "▶ running", "done": "✓ done", "failed": "✗ failed",
         "cancelled": "■ cancelled", "waiting": "◔ waiting", "interrupted": "‖ interrupted"}  # fmt: skip


def run_rows(store: Store, experiments: list[str]) -> tuple[list[RunKey], pd.DataFrame]:
    """List every run of the experiments; a damaged one counts as failed and says so."""
    keys, rows = [], []
    for experiment in experiments:
        for key in store.runs(experiment):
            try:
                state = store.state(key)
                shown = store.shown_state(key, state)
            except FairalError as error:
                state, shown = RunState("failed", reason=str(error)), "failed"
            keys.append(key)
            rows.append(_row(key, state, shown))
    return keys, pd.DataFrame(rows)


def _row(key: RunKey, state: RunState, shown: str) -> dict:
    headline = state.headline
    groups = headline.dice_by_group.items() if headline else ()
    left = None
    if shown in ("running", "queued") and state.round_seconds:
        left = duration(state.round_seconds * (state.rounds - state.rounds_done))
    now = f"{PARTS.get(state.part, state.part)} {state.done}/{state.total}" if shown == "running" and state.part else ""
    return {
        "experiment": key.experiment,
        "strategy": label(str(key.arm)),
        "seed": key.seed,
        "state": ICONS[shown],
        "progress": state.rounds_done / state.rounds if state.rounds else 0.0,
        "rounds": f"{state.rounds_done}/{state.rounds}",
        "now": now,
        "Dice per group": ", ".join(f"{g} {d:.3f}" for g, d in groups),
        "gap": headline.gap if headline else None,
        "left": left,
        "device": state.device,
        "updated": time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(state.updated)) if state.updated else "",
        "reason": state.reason,
    }


COLUMNS = {
    "progress": st.column_config.ProgressColumn("progress", format="percent", min_value=0, max_value=1),
    "gap": st.column_config.NumberColumn("gap", format="%.3f"),
    "seed": st.column_config.NumberColumn("seed", width="small"),
}


def act(store: Store, verb: str, keys: list[RunKey]) -> None:
    """Do one thing to several runs, and say what came of it."""
    done, problems = 0, []
    for key in keys:
        try:
            if verb == "cancel":
                control.cancel(store, key)
            elif verb == "resume":
                done -= not control.resume(store, key)
            elif verb == "retry":
                control.retry(store, key)
            elif verb == "delete":
                control.delete_run(store, key)
            done += 1
        except FairalError as error:
            problems.append(str(error))
    if verb in ("resume", "retry"):
        crew_of().ensure(store, LINGER_SECONDS)
    words = {"cancel": "asked to stop", "resume": "queued again", "retry": "queued again from their first round",
             "delete": "deleted"}  # fmt: skip
    st.toast(f"{done} run(s) {words[verb]}." if not problems else problems[0])


@st.dialog("Delete these runs?")
def ask_to_delete(store: Store, keys: list[RunKey]) -> None:
    """The question before anything is deleted."""
    st.write(f"{len(keys)} run(s) and their results will be gone for good:")
    st.code("\n".join(f"{key.experiment} / {key.run}" for key in keys[:12]) + ("\n…" if len(keys) > 12 else ""))
    yes, no = st.columns(2)
    if yes.button("Delete", type="primary", width="stretch"):
        act(store, "delete", keys)
        st.rerun()
    if no.button("Keep them", width="stretch"):
        st.rerun()
