"""A link that shows a colleague the same thing tomorrow: it names also what stands at its default today."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

_ASSETS = Path(__file__).parent / "assets"


@st.cache_resource(max_entries=1)
def _component():
    parts = {kind: (_ASSETS / f"link.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")}
    return st.components.v2.component("fairal_copy_link", **parts)


def copy_link(pinned: Mapping[str, str | Sequence[str]]) -> None:
    """Offer the address of this page with a query.

    Args:
        pinned: The query by parameter; several values are repeated.
    """
    _component()(data={"query": urlencode(pinned, doseq=True)}, key="copy_link", height=36)


def in_address(name: str, values: Sequence[str], default: Sequence[str]) -> None:
    """Let the address of this page say a list that no widget writes into it; what equals the default is left out."""
    if list(values) != list(default):
        st.query_params[name] = list(values)
    elif name in st.query_params:
        del st.query_params[name]
