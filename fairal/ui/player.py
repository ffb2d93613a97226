"""The round player: plays and scrubs in the browser; the round in sight stands in the address."""

from pathlib import Path

import streamlit as st

from fairal.report.figure import Subject
from fairal.report.player import player_json

_ASSETS = Path(__file__).parent / "assets"
ROUND = "round"
"""The address names the round by it."""
_KEY = "player"


@st.cache_resource(max_entries=1)
def _component():
    parts = {kind: (_ASSETS / f"player.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")}
    return st.components.v2.component("fairal_round_player", **parts)


def show_player(subject: Subject, focus: str | None = None) -> None:
    """Draw the player, in the first measure that is looked at, as soon as there are two rounds."""
    film = player_json(subject, subject.view.measures[0], focus)
    if film is None or len(film["rounds"]) < 2 or len(subject.result.groups) < 2:
        return
    st.subheader("Round by round")
    asked = st.query_params.get(ROUND, "")
    if asked.isdecimal():
        film["round"] = int(asked)
    _component()(data=film, key=_KEY, on_round_change=_remember)


def _remember() -> None:
    at = st.session_state[_KEY].round
    if at is not None:
        st.query_params[ROUND] = str(int(at))
