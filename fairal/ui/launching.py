"""Launching from a page: what is doubtful is asked about in a dialog, with its figure."""

import secrets

import streamlit as st

from fairal.allowed import READ_ONLY
from fairal.config import ExperimentConfig
from fairal.errors import NeedsYes
from fairal.runs.costs import ask_first
from fairal.runs.crews.engine import crew_of
from fairal.runs.launch import launch
from fairal.runs.store import Store
from fairal.settings import read_only
from fairal.ui.frame import LINGER_SECONDS, saying
from fairal.ui.literal import literal

ASK_ABOVE_SECONDS = 3600.0
"""A click is made faster than a command is typed: on a page an hour is asked about already."""


def may_change() -> bool:
    """Say once on a page that the server is read only, if it is; returns whether its buttons work."""
    if read_only():
        st.info(READ_ONLY, icon=":material/lock:")
        return False
    return True


def launch_asking(store: Store, configs: list[ExperimentConfig], form: str, confirmed: bool = False) -> None:
    """Launch once for each drawing of a form; ask first where the launch has doubts.

    Args:
        store: Where they go.
        configs: What is launched; a collection must have been looked at.
        form: Its token is in the session as ``FORM_token``; the ids that came of it are kept as ``FORM_ids``.
        confirmed: See `launch`.
    """
    with saying():
        try:
            if not confirmed:
                for config in configs:
                    store.check_disk(config)
                ask_first(store, configs, ASK_ABOVE_SECONDS, here=crew_of().here)
            ids = launch(store, configs, st.session_state[f"{form}_token"], LINGER_SECONDS, confirmed=True)
        except NeedsYes as doubt:
            _ask(store, configs, form, str(doubt))
            return
        st.session_state[f"{form}_token"] = secrets.token_hex(8)
        st.session_state[f"{form}_ids"] = ids
        if confirmed:
            st.rerun()  # out of the dialog


@st.dialog("Launch it all the same?", icon=":material/warning:")
def _ask(store: Store, configs: list[ExperimentConfig], form: str, doubt: str) -> None:
    st.markdown(literal(doubt, 600))
    yes, no = st.columns(2)
    if yes.button("Yes, launch it", width="stretch"):
        launch_asking(store, configs, form, confirmed=True)
    if no.button("Change it", type="primary", width="stretch"):
        st.rerun()
