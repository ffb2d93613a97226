"""Launch: choose, see what it means, start it in the background."""

import secrets

import streamlit as st

from fairal.errors import InputError
from fairal.runs.crew import team
from fairal.runs.launch import launch
from fairal.runs.speed import estimate_seconds
from fairal.runs.store import Damaged
from fairal.ui.forms import fill, launch_form
from fairal.ui.frame import LINGER_SECONDS, begin, page_path, saying
from fairal.ui.live import duration

store = begin("Launch an experiment")
st.session_state.setdefault("launch_token", secrets.token_hex(8))
if clone := st.query_params.get("clone"):
    with saying():
        try:
            fill([store.config(clone)])
        except (InputError, Damaged) as error:
            st.warning(f"{error} The form shows its defaults.")
    del st.query_params["clone"]

configs = None
try:
    configs = launch_form()
except InputError as error:
    st.error(str(error), icon=":material/error:")

summary, action = st.columns([3, 1], vertical_alignment="center")
if configs:
    estimates = [estimate_seconds(store, config) for config in configs]
    runs, fits = sum(len(c.runs()) for c in configs), sum(c.fits() for c in configs)
    basis = {
        "measured": "from fits of this learner measured on this machine",
        "scaled": "scaled from fits of another size measured on this machine",
        "guessed": "a guess: nothing was fitted on this machine yet",
    }[estimates[0][1]]
    size = team()
    summary.markdown(
        f"**{len(configs)} experiment{'s' if len(configs) > 1 else ''}, {runs} runs, {fits} trainings, about "
        f"{duration(sum(s for s, _ in estimates))}** on {size.workers} worker{'s' if size.workers > 1 else ''} "
        f"({basis}). Round 0 of a seed is trained once for all strategies."
    )
if action.button("Launch", type="primary", icon=":material/rocket_launch:", disabled=not configs, width="stretch"):
    with saying():
        ids = launch(store, configs, token=st.session_state["launch_token"], linger_seconds=LINGER_SECONDS)
        st.session_state["launch_token"] = secrets.token_hex(8)
        st.session_state["launched"] = ids
if ids := st.session_state.get("launched"):
    st.success(f"Launched in the background: {', '.join(ids)}. You may close the browser.", icon=":material/check:")
    left, right = st.columns(2)
    if left.button("Follow on Runs", icon=":material/list:", width="stretch"):
        st.switch_page(page_path("runs"), query_params={"experiment": ids[0]})
    if right.button("Watch in Compare", icon=":material/compare_arrows:", width="stretch"):
        st.switch_page(page_path("compare"), query_params={"experiments": ids})
