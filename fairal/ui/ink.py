"""The text of charts and of sheets of pictures, in the page's theme.

Streamlit's own grey on white is too faint for charts (3.7 : 1).
"""

from typing import Any

import streamlit as st

from fairal.report.colours import CHART_TEXT
from fairal.report.slices import Paper


def inked(specification: dict[str, Any]) -> dict[str, Any]:
    """Give a chart's specification the colours in which the theme's axes, legends and titles can be read."""
    colour = _text()
    parts = {
        "axis": {"labelColor": colour, "titleColor": colour},
        "header": {"labelColor": colour, "titleColor": colour},
        "legend": {"labelColor": colour, "titleColor": colour},
        "text": {"color": colour},
        "title": {"color": colour, "subtitleColor": colour},
    }
    config = specification.get("config", {})
    return specification | {"config": config | {name: part | config.get(name, {}) for name, part in parts.items()}}


def page_paper() -> Paper:
    """Give the paper of a sheet of pictures that lies on the page as if it were part of it."""
    return Paper(_text(), None)


def _text() -> str:
    return CHART_TEXT["dark" if st.context.theme.type == "dark" else "light"]
