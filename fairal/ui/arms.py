"""The strategies in the launch form: a box for each arm of the catalog, and what they are measured against."""

import streamlit as st

from fairal.strategies.catalog import label
from fairal.ui.draft import Draft, selectable, source

_BLANK = Draft()


def tick(arm: str) -> str:
    """The key of an arm's box."""
    return f"arm_{arm}"


def choose_arms() -> None:
    """A box for each arm, with what it picks by; the order in which they are ticked is that of tables and colours."""
    offered = selectable()
    if not any(tick(arm) in st.session_state for arm in offered):  # newly opened, or come back to
        st.session_state["strategies"] = _asked(offered) or list(_BLANK.strategies)
        for arm in offered:
            st.session_state[tick(arm)] = arm in st.session_state["strategies"]
    st.subheader("Strategies")
    st.caption("What each picks by:")
    with st.grid(3, min_column_width=260):
        for arm, picks_by in offered.items():
            st.checkbox(f"**{label(arm)}**: {picks_by}", key=tick(arm), help=source(arm), wrap=True)
    in_order = dict.fromkeys((*st.session_state["strategies"], *offered))
    st.session_state["strategies"] = [arm for arm in in_order if st.session_state.get(tick(arm))]
    if st.session_state["strategies"] != list(_BLANK.strategies):
        st.query_params["strategies"] = [label(arm) for arm in st.session_state["strategies"]]
    elif "strategies" in st.query_params:
        del st.query_params["strategies"]


def _asked(offered: dict[str, str]) -> list[str]:
    """The arms that the address names, by id or label, in its order."""
    by_name = {name: arm for arm in offered for name in (arm, label(arm))}
    return list(dict.fromkeys(by_name[n] for n in st.query_params.get_all("strategies") if n in by_name))


def choose_baseline() -> None:
    """One of the arms that are ticked."""
    there = st.session_state["strategies"]
    if there and st.session_state.get("against") not in there:
        st.session_state["against"] = _BLANK.against if _BLANK.against in there else there[0]
    if there:
        st.selectbox("Measured against", there, key="against", format_func=label,
                     help="The strategy whose gap the others are to reduce.")  # fmt: skip
