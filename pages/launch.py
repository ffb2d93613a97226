"""Launch: choose, see what it means, start it in the background."""

import secrets

import streamlit as st

from fairal.cohort.folder.source import look_at
from fairal.config import ExperimentConfig
from fairal.errors import FairalError, InputError
from fairal.runs.store import Damaged
from fairal.ui.form import fill, launch_form
from fairal.ui.frame import begin, page_path
from fairal.ui.launching import launch_asking, may_change
from fairal.ui.literal import literal
from fairal.ui.live import duration
from fairal.ui.total import say_total, seconds_of

store = begin("Launch an experiment")
st.session_state.setdefault("launch_token", secrets.token_hex(8))
if clone := st.query_params.get("clone"):
    try:
        fill([store.config(clone)])
    except (InputError, Damaged) as error:
        st.warning(literal(f"{error} The form shows its defaults."))
    del st.query_params["clone"]

configs: list[ExperimentConfig] = []
try:
    wanted = launch_form(store.home, lambda some: duration(seconds_of(store, some)))
    configs = [look_at(config, store.home) for config in wanted]
except FairalError as error:
    st.error(literal(error), icon=":material/error:")

summary, action = st.columns([3, 1], vertical_alignment="center")
sure = may_change() and bool(configs)
if configs:
    with summary:
        say_total(store, configs)
if action.button("Launch", type="primary", icon=":material/rocket_launch:", disabled=not sure, width="stretch"):
    launch_asking(store, configs, "launch")
if ids := st.session_state.get("launch_ids"):
    names = literal(", ".join(ids), 1000)
    st.success(f"Launched in the background: {names}. You may close the browser.", icon=":material/check:")
    left, right = st.columns(2)
    if left.button("Follow on Runs", icon=":material/list:", width="stretch"):
        st.switch_page(page_path("runs"), query_params={"experiment": ids[0]})
    if right.button("Watch in Compare", icon=":material/compare_arrows:", width="stretch"):
        st.switch_page(page_path("compare"), query_params={"experiments": ids})
