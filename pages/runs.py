"""Runs: every run, how it stands, and what can be done to it."""

import streamlit as st

from fairal.errors import FairalError
from fairal.facts.state import ENDED
from fairal.ui.frame import begin, empty, page_path, saying, warn_if_missing
from fairal.ui.live import progress_bar, while_active
from fairal.ui.runs import COLUMNS, ICONS, act, ask_to_delete, run_rows

store = begin("Runs")
experiments = store.experiments()
if not experiments:
    empty("Every run will stand here: its state, its progress by round, its Dice per group so far.")
warn_if_missing("experiment", experiments, "all runs are shown")
chosen = st.selectbox("Experiment", experiments, index=None, placeholder="All experiments", key="experiment",
                      bind="query-params")  # fmt: skip
wanted = st.pills("State", list(ICONS), selection_mode="multi", key="states", bind="query-params")
shown = [chosen] if chosen else experiments
_, first_look = run_rows(store, shown)
active = first_look.state.isin([ICONS[s] for s in ("queued", "running", "interrupted")]).any()


@while_active(active)
def table() -> None:
    """The list, polled while something runs; a selection belongs to exactly these rows."""
    keys, frame = run_rows(store, shown)
    if frame.empty:
        st.rerun()
    if wanted:
        kept = frame.state.isin([ICONS[s] for s in wanted])
        keys, frame = [k for k, keep in zip(keys, kept, strict=True) if keep], frame[kept]
    if chosen:
        with saying():
            progress_bar(store, chosen)
    # Keyed by its rows: if another tab deletes or launches runs, a selection by position must not point elsewhere.
    identity = hash(tuple(keys))
    event = st.dataframe(frame, hide_index=True, on_select="rerun", selection_mode="multi-row", key=f"runs_{identity}",
                         column_config=COLUMNS, alt="One row per run: state, progress, Dice per group")  # fmt: skip
    selected = [keys[i] for i in event.selection.rows if i < len(keys)]
    st.caption(f"{len(frame)} runs, {len(selected)} selected. Select rows to act on them; all of them if none is.")
    targets = selected or keys
    buttons = st.columns(5)
    for button, verb, icon in zip(
        buttons, ("cancel", "resume", "retry"), ("stop_circle", "play_circle", "replay"), strict=False
    ):
        text = verb.capitalize() + ("" if selected or verb == "retry" else " all")
        blocked = not selected if verb == "retry" else not targets  # retrying forgets rounds: only by choice
        if button.button(text, icon=f":material/{icon}:", key=f"do_{verb}", width="stretch", disabled=blocked):
            with saying():
                act(store, verb, targets)
            st.rerun()
    if buttons[3].button("Delete …", icon=":material/delete:", key="do_delete", width="stretch", disabled=not selected):
        ask_to_delete(store, selected)
    if buttons[4].button(
        "Clone", icon=":material/content_copy:", key="do_clone", width="stretch", disabled=not targets
    ):
        st.switch_page(page_path("launch"), query_params={"clone": targets[0].experiment})
    for key in selected[:3] or [k for k, s in zip(keys, frame.state, strict=True) if s == ICONS["failed"]][:2]:
        reason = next((r for k, r in zip(keys, frame.reason, strict=True) if k == key), "")
        if reason:
            st.error(f"{key.run}: {reason}", icon=":material/error:")
        with st.expander(f"Log of {key.experiment} / {key.run}"):
            try:
                st.code(store.log_tail(key) or "Nothing yet.", language=None)
            except (FairalError, OSError) as error:
                st.caption(str(error))
    if active and all(any(s == ICONS[e] for e in ENDED) for s in frame.state):
        st.rerun()  # everything has ended: stop polling


table()
