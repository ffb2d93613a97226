"""A chart on a page: with its takeaway as text, its table, and its downloads."""

from collections.abc import Callable

import altair as alt
import pandas as pd
import streamlit as st

from fairal.report.charts import to_bytes


@st.cache_data(max_entries=256, show_spinner=False)
def _specification(key: str, stamp: str, options: tuple, _draw: Callable[[], alt.TopLevelMixin]) -> dict:
    """Draw once per content: Altair takes a tenth of a second for a chart, polling would pay it every time."""
    return _draw().to_dict(validate=False)


def chart(
    draw: Callable[[], alt.TopLevelMixin],
    frame: pd.DataFrame,
    key: str,
    alt_text: str,
    caption: str = "",
    options: tuple = (),
) -> None:
    """Show a chart and, on demand, its numbers.

    Args:
        draw: Makes the chart, with a function of `report.charts`.
        frame: The rows behind it.
        key: Names the chart; keeps its selection when data change, and names the files.
        alt_text: What the chart says, in a sentence.
        caption: n, and what it is an estimate of.
        options: What else the drawing depends on, besides the rows.
    """
    stamp = f"{pd.util.hash_pandas_object(frame.astype(str)).sum()}-{len(frame)}-{','.join(frame.columns)}"
    st.vega_lite_chart(spec=_specification(key, stamp, options, draw), key=f"chart_{key}", alt=alt_text)
    left, right = st.columns([5, 2], vertical_alignment="center")
    if caption:
        left.caption(caption)
    with right.popover(
        "Data", icon=":material/download:", key=f"data_{key}", on_change="rerun", width="stretch"
    ) as more:
        if more.open:
            st.dataframe(frame, hide_index=True, height=260, alt=alt_text)
            common = {"on_click": "ignore", "width": "stretch"}
            st.download_button(
                "CSV", lambda: frame.to_csv(index=False), f"{key}.csv", "text/csv", key=f"csv_{key}", **common
            )
            st.download_button(
                "PNG", lambda: to_bytes(draw(), "png"), f"{key}.png", "image/png", key=f"png_{key}", **common
            )
            st.download_button(
                "SVG", lambda: to_bytes(draw(), "svg"), f"{key}.svg", "image/svg+xml", key=f"svg_{key}", **common
            )
