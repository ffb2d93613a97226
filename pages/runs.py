"""Runs: every experiment and how it stands; of one of them every run, and what can be done to it."""

import math

import streamlit as st

from fairal.ui.experiment_list import experiment_rows
from fairal.ui.frame import begin, empty, warn_if_missing
from fairal.ui.live import live
from fairal.ui.run_list import SHOWN_STATES
from fairal.ui.run_views import draw_experiment, draw_experiments

PAGE_SIZE = 25

store = begin("Runs")
experiments = store.experiments()
if not experiments:
    empty("Every run will stand here: its state, its progress by round, its Dice per group so far.")
warn_if_missing("experiment", experiments, "all experiments are shown")
left, right = st.columns([3, 2])
chosen = left.selectbox("Experiment", experiments, index=None, placeholder="All experiments, the newest first",
                        key="experiment", bind="query-params")  # fmt: skip
wanted = right.multiselect("State", SHOWN_STATES, key="states", bind="query-params", placeholder="Any state")

if chosen or len(experiments) == 1:
    one = chosen or experiments[0]
    live(store, [one], lambda: draw_experiment(store, one, wanted, alone=len(experiments) == 1))
    st.stop()

if wanted:
    experiments = [row.id for row in experiment_rows(store, experiments) if row.standing.state in wanted]
    if not experiments:
        st.info(f"No experiment is {' or '.join(wanted)}.")
        st.stop()
number = math.ceil(len(experiments) / PAGE_SIZE)
at = st.pagination(number, key="runs_page", bind="query-params") if number > 1 else 1
shown = experiments[(at - 1) * PAGE_SIZE : at * PAGE_SIZE]
st.caption(f"{len(experiments):,} experiments" + (f", {PAGE_SIZE} on a page." if number > 1 else "."))
live(store, shown, lambda: draw_experiments(store, shown))
