"""The text of charts, in the page's theme: Streamlit's own grey on white is too faint (3.7 : 1)."""

from typing import Any

import streamlit as st

from fairal.report.colours import CHART_TEXT


def inked(specification: dict[str, Any]) -> dict[str, Any]:
    """Give a chart's specification the colours in which the theme's axes, legends and titles can be read."""
    colour = CHART_TEXT["dark" if st.context.theme.type == "dark" else "light"]
    parts = {
        "axis": {"labelColor": colour, "titleColor": colour},
        "header": {"labelColor": colour, "titleColor": colour},
        "legend": {"labelColor": colour, "titleColor": colour},
        "title": {"color": colour, "subtitleColor": colour},
    }
    config = specification.get("config", {})
    return specification | {"config": config | {name: part | config.get(name, {}) for name, part in parts.items()}}
