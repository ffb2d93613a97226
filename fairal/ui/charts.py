"""A chart on a page: with its takeaway as text, its table, and its downloads."""

from collections.abc import Callable, Sequence
from html import escape
from itertools import groupby

import altair as alt
import pandas as pd
import streamlit as st

from fairal.report.export import picture, to_bytes
from fairal.report.figure import Figure
from fairal.report.sheet import csv_text
from fairal.ui.literal import literal

PANELS_A_ROW = 3
"""Small charts side by side: with three, each still has 230 pixels on a projector's page of 1024."""


@st.cache_data(max_entries=512, show_spinner=False)
def _specification(
    key: str, stamp: str, options: tuple, _draw: Callable[[], alt.TopLevelMixin], legend: bool = True
) -> dict:
    """Draw once per content: Altair takes a tenth of a second for a chart, polling would pay it every time."""
    drawn = _draw().to_dict(validate=False)
    return drawn if legend else _without_legend(drawn)


def _without_legend(drawn):
    """Take the legends out of a specification, at any depth."""
    if isinstance(drawn, list):
        return [_without_legend(part) for part in drawn]
    if not isinstance(drawn, dict):
        return drawn
    return {name: None if name == "legend" else _without_legend(part) for name, part in drawn.items()}


def _rows(items: Sequence, wide: int) -> list[Sequence]:
    return [items[i : i + wide] for i in range(0, len(items), wide)]


def _stamp(frame: pd.DataFrame) -> str:
    return f"{pd.util.hash_pandas_object(frame.astype(str)).sum()}-{len(frame)}-{','.join(frame.columns)}"


def show_all(figures: Sequence[Figure], options: tuple = ()) -> None:
    """Show figures in their order; those of one section side by side, as far as they are single charts.

    Args:
        figures: From `report.figures`.
        options: What else their drawing depends on, besides their rows.
    """
    for _, of_section in groupby(figures, key=lambda figure: figure.section):
        together = list(of_section)
        if together[0].panels or len(together) == 1:
            for figure in together:
                show(figure, options)
            continue
        for row in _rows(together, 2):
            for column, figure in zip(st.columns(2, gap="large"), row, strict=False):
                with column:
                    show(figure, options)


def show(figure: Figure, options: tuple = ()) -> None:
    """Show one figure; small charts fill the width of the page and wrap."""
    st.markdown(f"#### {literal(figure.title)}")
    if figure.legend:
        entries = (f'<span style="color:{e.colour}">{e.mark}</span> {escape(e.label)}' for e in figure.legend)
        st.html(
            f'<div style="display:flex;flex-wrap:wrap;gap:0 .8em;font-size:14px">{"".join(map(_item, entries))}</div>'
        )
    stamp, options = _stamp(figure.frame), (*options, figure.title)
    wide = 2 if len(figure.panels) in (2, 4) else PANELS_A_ROW
    for row in _rows(figure.panels, wide):
        for column, panel in zip(st.columns(wide), row, strict=False):
            with column:
                st.markdown(f"**{literal(panel)}**")
                _draw(figure, stamp, options, panel)
    if not figure.panels:
        _draw(figure, stamp, options)
    _below(figure.key, figure.frame, figure.takeaway, figure.caption, lambda kind: picture(figure, kind))


def _item(entry: str) -> str:
    return f"<span>{entry}</span>"


def _draw(figure: Figure, stamp: str, options: tuple, panel: str | None = None) -> None:
    """Draw a figure or one of its panels; what colours mean stands above, so that the plot has the whole height."""
    drawn = _specification(figure.key, stamp, (*options, panel), lambda: figure.draw(panel), legend=False)
    said = figure.takeaway if panel is None else f"{panel}. {figure.takeaway}"
    st.vega_lite_chart(spec=drawn, key=f"chart_{figure.key}_{panel or ''}", alt=said)


def chart(
    draw: Callable[[], alt.TopLevelMixin],
    frame: pd.DataFrame,
    key: str,
    alt_text: str,
    caption: str = "",
    options: tuple = (),
) -> None:
    """Show a chart that belongs to no comparison and, on demand, its numbers.

    Args:
        draw: Makes the chart, with a function of `report.charts`.
        frame: The rows behind it.
        key: Names the chart; keeps its selection when data change, and names the files.
        alt_text: What the chart says, in a sentence.
        caption: n, and what it is an estimate of.
        options: What else the drawing depends on, besides the rows.
    """
    st.vega_lite_chart(spec=_specification(key, _stamp(frame), options, draw), key=f"chart_{key}", alt=alt_text)
    _below(key, frame, alt_text, caption, lambda kind: to_bytes(draw(), kind))


def _below(key: str, frame: pd.DataFrame, alt_text: str, caption: str, write: Callable[[str], bytes]) -> None:
    """The caption, and the numbers and pictures to take away."""
    left, right = st.columns([5, 2], vertical_alignment="center")
    if caption:
        left.caption(literal(caption, 2000))
    with right.popover(
        "Data", icon=":material/download:", key=f"data_{key}", on_change="rerun", width="stretch"
    ) as more:
        if more.open:
            st.dataframe(frame, hide_index=True, height=260, alt=alt_text)
            common = {"on_click": "ignore", "width": "stretch"}
            csv = lambda: csv_text(frame)  # noqa: E731
            st.download_button("CSV", csv, f"{key}.csv", "text/csv", key=f"csv_{key}", **common)
            for kind, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
                make = lambda kind=kind: write(kind)  # noqa: E731
                st.download_button(kind.upper(), make, f"{key}.{kind}", mime, key=f"{kind}_{key}", **common)
