"""The theme and the colours of charts can be read and told apart; worked out from the file, without a browser."""

import itertools
import tomllib
from pathlib import Path

import pytest
from contrast import ratio

from fairal.report.axes import GREY
from fairal.report.colours import CHART_TEXT, GROUP_COLOURS, MISSED_COLOUR, OVERDRAWN_COLOUR, TRUTH_COLOUR
from fairal.strategies.catalog import CATALOG

THEME = tomllib.loads((Path(__file__).parents[2] / ".streamlit" / "config.toml").read_text())["theme"]
SCHEMES = ("light", "dark")


def test_contrast_by_hand():
    assert ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert ratio("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert ratio("#123456", "#123456") == 1


def mixed(top: str, ground: str, share: float) -> str:
    pairs = ((int(top[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02X}" for a, b in pairs)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_texts_captions_links_and_buttons_can_be_read(scheme):
    own = THEME[scheme]
    ground, side = own["backgroundColor"], own["sidebar"]["backgroundColor"]
    for place in (ground, side, own["secondaryBackgroundColor"]):
        assert ratio(own["textColor"], place) > 7
        assert ratio(mixed(own["textColor"], place, 0.6), place) >= 4.5, "captions are drawn at 60 %"
        assert ratio(own["linkColor"], place) >= 4.5
    assert ratio("#FFFFFF", own["primaryColor"]) >= 4.5, "a button's label"
    assert ratio(own["primaryColor"], ground) >= 4.5, "a slider's number, the chosen tab"
    assert ratio(own["codeTextColor"], own["codeBackgroundColor"]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_texts_of_charts_can_be_read(scheme):
    assert ratio(CHART_TEXT[scheme], THEME[scheme]["backgroundColor"]) >= 7
    assert ratio(GREY, THEME[scheme]["backgroundColor"]) >= 4.5, "what is written on a line"


def test_groups_arms_and_accents_share_no_colour():
    accents = [THEME[scheme]["primaryColor"] for scheme in SCHEMES]
    own = [*GROUP_COLOURS, *(entry.colour for entry in CATALOG.values()), *accents]
    assert len({colour.upper() for colour in own}) == len(own)


def test_errors_are_told_from_truth_and_from_a_grey_scan():
    for one, other in itertools.combinations((MISSED_COLOUR, OVERDRAWN_COLOUR, TRUTH_COLOUR), 2):
        apart = sum(abs(int(one[i : i + 2], 16) - int(other[i : i + 2], 16)) for i in (1, 3, 5))
        assert apart > 100, (one, other)
    for colour in (MISSED_COLOUR, OVERDRAWN_COLOUR):
        assert ratio(colour, "#404040") >= 3, "the grey of a caudate"
