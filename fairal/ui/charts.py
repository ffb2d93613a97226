"""A chart on a page: with its takeaway as text, its table, and its downloads."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from html import escape
from itertools import groupby

import altair as alt
import pandas as pd
import streamlit as st

from fairal.report.export import captioned, picture, to_bytes
from fairal.report.figure import Entry, Figure
from fairal.report.sheet import csv_text
from fairal.ui.ink import inked
from fairal.ui.literal import literal

PANELS_A_ROW = 3
"""Small charts side by side: with three, each still has 230 pixels on a projector's page of 1024."""


_GREYED = "#9AA0A680"
"""Of arms beside the one that was picked; half of it lets through what lies under it."""


@st.cache_data(max_entries=512, show_spinner=False)
def _specification(
    key: str, stamp: str, options: tuple, _draw: Callable[[], alt.TopLevelMixin], legend: bool = True
) -> dict:
    """Draw once per content: Altair takes a tenth of a second for a chart, polling would pay it every time."""
    drawn = _draw().to_dict(validate=False)
    return drawn if legend else _without_legend(drawn)


def _greyed(drawn, focus: str):
    """Leave the colour of an arm to the one that was picked, in a specification, at any depth."""
    if isinstance(drawn, list):
        return [_greyed(part, focus) for part in drawn]
    if not isinstance(drawn, dict):
        return drawn
    scale = drawn.get("scale") or {}
    if drawn.get("field") == "label" and all(str(colour).startswith("#") for colour in scale.get("range", ["none"])):
        pairs = zip(scale["domain"], scale["range"], strict=True)
        colours = [colour if label == focus else _GREYED for label, colour in pairs]
        return drawn | {"scale": scale | {"range": colours}}
    return {name: part if name == "datasets" else _greyed(part, focus) for name, part in drawn.items()}


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
    columns = [(name, frame[name].tolist()) for name in frame.columns]
    return blake2b(repr(columns).encode(), digest_size=16).hexdigest()  # pandas' own hash takes ten times as long


def show_all(figures: Sequence[Figure], options: tuple = (), focus: str | None = None) -> None:
    """Show figures in their order; those of one section side by side, as far as they are single charts.

    Args:
        figures: From `report.figures`.
        options: What else their drawing depends on, besides their rows.
        focus: The label of the arm that was picked: the others turn grey.
    """
    for _, of_section in groupby(figures, key=lambda figure: figure.section):
        together = list(of_section)
        if together[0].panels or len(together) == 1:
            for figure in together:
                show(figure, options, focus)
            continue
        for row in _rows(together, 2):
            for column, figure in zip(st.columns(2, gap="large"), row, strict=False):
                with column:
                    show(figure, options, focus)


def show(figure: Figure, options: tuple = (), focus: str | None = None) -> None:
    """Show one figure; small charts fill the width of the page and wrap. See `show_all`."""
    head = st.container(horizontal=True, vertical_alignment="center", wrap=False)
    head.markdown(f"#### {literal(figure.title)}", width="stretch")
    with head:
        _data(figure.key, figure.frame, figure.takeaway, lambda kind: picture(figure, kind))
    if figure.legend:
        entries = (f'<span style="color:{_seen(e, focus)}">{e.mark}</span> {escape(e.label)}' for e in figure.legend)
        st.html(
            f'<div style="display:flex;flex-wrap:wrap;gap:0 .8em;font-size:14px">{"".join(map(_item, entries))}</div>'
        )
    stamp, options = _stamp(figure.frame), (*options, figure.title)
    wide = 2 if len(figure.panels) in (2, 4) else PANELS_A_ROW
    for row in _rows(figure.panels, wide):
        for column, panel in zip(st.columns(wide, vertical_alignment="bottom"), row, strict=False):
            with column:
                st.markdown(f"**{literal(panel)}**")
                _draw(figure, stamp, options, panel)
    if not figure.panels:
        _draw(figure, stamp, options, focus=focus)
    if figure.caption:
        st.caption(literal(figure.caption, 2000))


def _item(entry: str) -> str:
    return f"<span>{entry}</span>"


def _seen(entry: Entry, focus: str | None) -> str:
    return _GREYED if focus and entry.of_arm and entry.label != focus else entry.colour


def _draw(figure: Figure, stamp: str, options: tuple, panel: str | None = None, focus: str | None = None) -> None:
    """Draw a figure or one of its panels; what colours mean stands above, so that the plot has the whole height."""
    drawn = _specification(figure.key, stamp, (*options, panel), lambda: figure.draw(panel), legend=False)
    drawn = _greyed(drawn, focus) if focus else drawn
    said = figure.takeaway if panel is None else f"{panel}. {figure.takeaway}"
    _plot(drawn, f"{figure.key}_{panel or ''}", said)


def _plot(drawn: dict, key: str, said: str) -> None:
    """Keep a chart's place from the first moment: it is drawn in the browser a while after what stands below it."""
    place = "plot_" + "".join(c if c.isalnum() else "_" for c in key)
    with st.container(key=place, gap=None):
        st.html(f"<style>.st-key-{place}{{min-height:{drawn.get('height', 300)}px}}</style>")
        st.vega_lite_chart(spec=inked(drawn), key=f"chart_{key}", alt=said)


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
    _plot(_specification(key, _stamp(frame), options, draw), key, alt_text)
    row = st.container(horizontal=True, vertical_alignment="center", wrap=False)
    if caption:
        row.caption(literal(caption, 2000))
    with row:
        _data(key, frame, alt_text, lambda kind: to_bytes(captioned(draw(), alt_text, caption), kind))


def _data(key: str, frame: pd.DataFrame, alt_text: str, write: Callable[[str], bytes]) -> None:
    """The numbers and pictures to take away."""
    with st.popover("Data", icon=":material/download:", key=f"data_{key}", on_change="rerun") as more:
        if more.open:
            st.dataframe(frame, hide_index=True, height=260, placeholder="–", alt=alt_text)
            common = {"on_click": "ignore", "width": "stretch"}
            csv = lambda: csv_text(frame)  # noqa: E731
            st.download_button("CSV", csv, f"{key}.csv", "text/csv", key=f"csv_{key}", **common)
            for kind, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
                make = lambda kind=kind: write(kind)  # noqa: E731
                st.download_button(kind.upper(), make, f"{key}.{kind}", mime, key=f"{kind}_{key}", **common)
