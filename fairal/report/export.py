"""A figure as a picture that explains itself: its title, n and caption are inside. Needs no browser and no network."""

import textwrap

import altair as alt

from fairal.report.figure import Figure

CAPTION_CHARACTERS = 120
"""Of one line, at the size in which captions are set, in a figure 900 pixels wide."""


def titled(figure: Figure) -> alt.TopLevelMixin:
    """Draw a figure with its title and caption inside."""
    return captioned(figure.draw(), figure.title, figure.caption)


def captioned(chart: alt.TopLevelMixin, title: str, caption: str) -> alt.TopLevelMixin:
    """Set a title and a caption into a chart, wrapped as a picture needs it."""
    title_lines, lines = (textwrap.wrap(text, CAPTION_CHARACTERS) for text in (title, caption))
    heading = alt.TitleParams(text=title_lines, subtitle=lines, anchor="start", fontSize=16, subtitleFontSize=12)
    return chart.properties(title=heading)


def to_bytes(chart: alt.TopLevelMixin, kind: str) -> bytes:
    """Render a chart as ``png`` (2×) or ``svg``."""
    import vl_convert

    spec = chart.properties(background="white").configure_view(continuousWidth=760).to_dict()
    if kind == "svg":
        return vl_convert.vegalite_to_svg(spec).encode()
    return vl_convert.vegalite_to_png(spec, scale=2)


def picture(figure: Figure, kind: str) -> bytes:
    """Render a figure as ``png`` (2×) or ``svg``, with its title and caption."""
    return to_bytes(titled(figure), kind)
