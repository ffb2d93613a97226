"""What charts share: axes, and scales that keep a group's and an arm's colour."""

from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd

from fairal.report.arms import arm_colour, arm_dash, arm_label, arm_shape
from fairal.report.colours import group_colours

GREY = "#767676"
"""4.5 : 1 on white and on the dark theme's ground."""
_LEGEND = alt.Legend(symbolOpacity=1, orient="top", labelLimit=260, offset=24, columns=4)


@dataclass(frozen=True)
class Axis:
    """What an axis says and spans.

    Attributes:
        title: With the unit.
        domain: Fixed ends; None to follow the numbers.
        ticks, number: Formats of the axis and of single numbers, as d3 writes them.
        zero: Whether 0 is in sight where the domain follows the numbers.
        reverse: Whether less is drawn further up and right: of errors, so that better is where it always is.
    """

    title: str
    domain: tuple[float, float] | None = None
    ticks: str = "f"
    number: str = ".3f"
    zero: bool = False
    reverse: bool = False

    def scale(self) -> alt.Scale:
        """Give the scale of the axis."""
        turned = {"reverse": True} if self.reverse else {}
        if self.domain is None:
            return alt.Scale(zero=self.zero, nice=False, padding=8, **turned)
        return alt.Scale(domain=list(self.domain), nice=False, zero=False, padding=6, **turned)

    def on_x(self, field: str = "x") -> alt.X:
        """Encode a field horizontally."""
        axis = alt.Axis(format=self.ticks, labelFlush=False, tickCount=5)
        return alt.X(f"{field}:Q", title=self.title, scale=self.scale(), axis=axis)

    def on_y(self, field: str = "value") -> alt.Y:
        """Encode a field vertically."""
        # Above the axis and level, a title takes no width and is not cut off in a low chart.
        axis = alt.Axis(format=self.ticks, tickCount=5, titleAngle=0, titleAlign="left", titleX=-25, titleY=-12)
        return alt.Y(f"{field}:Q", title=self.title, scale=self.scale(), axis=axis)

    def tip(self, field: str) -> alt.Tooltip:
        """Show a field of this axis in a tooltip."""
        return alt.Tooltip(f"{field}:Q", title=self.title, format=self.number)


SEEDS = alt.Tooltip("n:Q", title="Seeds")


def by_group(groups: Sequence[str], legend: alt.Legend | None = _LEGEND) -> alt.Color:
    scale = alt.Scale(domain=list(groups), range=list(group_colours(groups).values()))
    return alt.Color("group:N", scale=scale, title="Group", legend=legend)


def labels(arms: Sequence[str]) -> list[str]:
    return [arm_label(arm) for arm in arms]


def by_arm(arms: Sequence[str], legend: alt.Legend | None = _LEGEND) -> alt.Color:
    scale = alt.Scale(domain=labels(arms), range=[arm_colour(arm) for arm in arms])
    return alt.Color("label:N", scale=scale, title="Arm", legend=legend)


def dash(arms: Sequence[str]) -> alt.StrokeDash:
    scale = alt.Scale(domain=labels(arms), range=[arm_dash(arm) for arm in arms])
    return alt.StrokeDash("label:N", scale=scale, title="Arm", legend=_LEGEND)


def shape(arms: Sequence[str]) -> alt.Shape:
    scale = alt.Scale(domain=labels(arms), range=[arm_shape(arm) for arm in arms])
    return alt.Shape("label:N", scale=scale, title="Arm", legend=_LEGEND)


@dataclass(frozen=True)
class Rule:
    """A level line across a chart.

    Attributes:
        at: Its height.
        name: In a word or two with its number, written where it ends, right of the plot: no curve runs there.
        said: What it means, for whoever points at it.
        fair: Whether it is the fair line: drawn in longer dashes than noise.
    """

    at: float
    name: str
    said: str
    fair: bool = False

    def drawn(self, side: str = "middle") -> list[alt.Chart]:
        """Give its layers: the line, and its name with its ``bottom``, ``middle`` or ``top`` at the line's height."""
        base = alt.Chart(pd.DataFrame({"at": [self.at], "name": [self.name], "said": [self.said]}))
        base = base.encode(y=alt.Y("at:Q"), tooltip=alt.Tooltip("said:N", title="Line"))
        line = base.mark_rule(strokeDash=[12, 4] if self.fair else [5, 4], color=GREY)
        text = base.mark_text(align="left", baseline=side, dx=6, fontSize=11, color=GREY)
        return [line, *([text.encode(x=alt.value("width"), text="name:N")] if self.name else [])]


def rules_drawn(rules: Sequence[Rule]) -> list[alt.Chart]:
    """Give the layers of level lines; names of two that are close keep apart, the upper one above, the lower below."""
    named = sorted((rule for rule in rules if rule.name), key=lambda rule: rule.at)
    sides = {named[0]: "top", named[-1]: "bottom"} if len(named) > 1 else {}
    # Side by side with the curves, not layers in a layer, each level of which Altair copies once more.
    return [layer for rule in rules for layer in rule.drawn(sides.get(rule, "middle"))]
