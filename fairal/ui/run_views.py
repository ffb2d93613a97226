"""The two views of Runs: a page of experiments, and one experiment with its runs."""

from collections.abc import Sequence

import streamlit as st

from fairal.errors import FairalError
from fairal.runs import control
from fairal.runs.standing import overall
from fairal.runs.store import RunKey, Store
from fairal.ui.experiment_list import ExperimentRow, dice_ranges, experiment_rows
from fairal.ui.frame import page_path, saying
from fairal.ui.launching import may_change
from fairal.ui.literal import literal
from fairal.ui.live import SeenRun, progress, see_runs
from fairal.ui.run_list import (
    COLOURS,
    SIGNS,
    act,
    applicable,
    ask_to_delete,
    ask_to_retry,
    columns_of,
    runs_frame,
)

_WIDTHS = [3, 2, 2, 3, 1.8]
_LOGS = 3
_VERBS = {"cancel": "stop_circle", "resume": "play_circle", "retry": "replay"}


def draw_experiments(store: Store, experiments: Sequence[str]) -> None:
    """Draw a row for each experiment."""
    for row in experiment_rows(store, experiments):
        with st.container(border=True):
            _experiment(store, row)


def _experiment(store: Store, row: ExperimentRow) -> None:
    name, state, runs, ranges, button = st.columns(_WIDTHS, vertical_alignment="center")
    name.markdown(f"**{literal(row.name)}**  \n:small[{row.id}]")
    with state:
        _chip(row.standing.state)
    runs.markdown(f"{row.standing.runs_done} of {row.standing.runs} runs done  \n:small[{literal(row.created)}]")
    dice = dice_ranges(store, row.id)
    ranges.markdown(f"Dice {literal(dice)}" if dice else ":gray[no round yet]")
    _leading_to(row.id, button, "Open", key=f"open_{row.id}", width="stretch")


def _leading_to(experiment: str | None, where, label: str, **looks) -> None:
    """Draw a button that chooses an experiment, or all."""
    # The list is a fragment, which runs again alone: what is chosen stands above it, so the page must run as well.
    if where.button(label, on_click=_choose, args=(experiment,), **looks):
        st.rerun()


def _choose(experiment: str | None) -> None:
    st.session_state["experiment"] = experiment


def _chip(state: str) -> None:
    st.badge(f"{SIGNS[state]} {state}", color=COLOURS[state])


def draw_experiment(store: Store, experiment: str, wanted: Sequence[str], alone: bool) -> None:
    """Draw one experiment with its runs.

    Args:
        store: Where it is.
        experiment: Its id.
        wanted: Only runs in these states, if any is named.
        alone: Whether there is no other experiment to go back to.
    """
    [row] = experiment_rows(store, [experiment])
    runs = see_runs(store, experiment)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(literal(row.name), width="content")
        _chip(overall([run.shown for run in runs]))
        if not alone:
            _leading_to(None, st, "All experiments", icon=":material/arrow_back:")
    if not runs:
        st.warning("The runs of this experiment are gone: their folder was removed. It can be cloned, or deleted.")
    with saying():
        progress(store, runs)
    shown = [run for run in runs if not wanted or run.shown in wanted]
    selected = _table(shown) if shown else []
    if shown:
        st.caption(f"{len(shown)} runs, {len(selected)} selected. Select rows to act on them; all of them if none is.")
    _buttons(store, experiment, shown, selected)
    _reasons(store, selected[:_LOGS] or [run for run in shown if run.shown in ("failed", "damaged")][: _LOGS - 1])


def _table(runs: Sequence[SeenRun]) -> list[SeenRun]:
    # Keyed by its rows: if another tab deletes or launches runs, a selection by position must not point elsewhere.
    key = f"runs_{hash(tuple(run.key for run in runs))}"
    event = st.dataframe(
        runs_frame(runs),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        column_config=columns_of(runs),
        alt="One row per run: state, progress, Dice per group, the worst group's Dice by round",
    )
    return [runs[i] for i in event.selection.rows if i < len(runs)]


def _buttons(store: Store, experiment: str, shown: Sequence[SeenRun], selected: Sequence[SeenRun]) -> None:
    """What can be done: each only where it applies."""
    targets, allowed, row = selected or shown, may_change(), st.container(horizontal=True)
    for verb, icon in _VERBS.items():
        # Retrying forgets rounds: only by choice.
        able = applicable(verb, selected if verb == "retry" else targets) if allowed else []
        text = verb.capitalize() + ("" if selected or verb == "retry" else " all")
        if row.button(text, icon=f":material/{icon}:", key=f"do_{verb}", disabled=not able):
            _do(store, verb, [run.key for run in able])
    delete = f"Delete {len(selected)} …" if selected else "Delete all …"
    if row.button(f":red[:material/delete: {delete}]", key="do_delete", disabled=not allowed):
        keys = [run.key for run in (selected or see_runs(store, experiment))]
        ask_to_delete(store, experiment, keys, whole=not selected)
    if row.button("Clone", icon=":material/content_copy:", key="do_clone"):
        st.switch_page(page_path("launch"), query_params={"clone": experiment})


def _do(store: Store, verb: str, keys: Sequence[RunKey]) -> None:
    """Do it, after a question where finished rounds would be lost."""
    with saying():
        if verb == "retry" and (rounds := control.finished_rounds(store, keys)):
            ask_to_retry(store, keys, rounds)
            return
        act(store, verb, keys)
    st.rerun()


def _reasons(store: Store, runs: Sequence[SeenRun]) -> None:
    """Why a run is not done, and its log. What a person asked for is no error."""
    for run in runs:
        if run.state.reason:
            say = st.error if run.shown in ("failed", "damaged") else st.caption
            say(literal(f"{run.key.run}: {run.state.reason}", 600))
        with st.expander(f"Log of {run.key.run}"):
            try:
                st.code(store.log_tail(run.key) or "Nothing yet.", language=None)
            except (FairalError, OSError) as error:
                st.caption(literal(error))
