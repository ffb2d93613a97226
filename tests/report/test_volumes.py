"""Volumes by group, drawn and said."""

import pandas as pd
import pytest

from fairal.report.colours import GROUP_COLOURS
from fairal.report.export import to_bytes
from fairal.report.volumes import say_twins, volume_strip

TWINS = pd.DataFrame(
    {
        "group": ["reference", "biased"] * 2,
        "volume_mm3": [4000.0, 2000.0, 5000.0, 3000.0],
        "subject": [1, 1, 2, 2],
    }
)


@pytest.mark.parametrize(
    ("shrunk_mm3", "said"),
    [
        (4604, "4,600 mm³ on average, as large as its twin's 4,600 mm³"),
        (3101, "3,100 mm³ on average, about a third smaller than its twin's 4,600 mm³"),
        (2300, "2,300 mm³ on average, about half of its twin's 4,600 mm³"),
        (1500, "1,500 mm³ on average, about a third of its twin's 4,600 mm³"),
        (0, "0 mm³ on average, next to nothing of its twin's 4,600 mm³"),
    ],
)
def test_the_difference_between_twins_is_said_in_words(shrunk_mm3, said):
    wanted = f"The biased group's left caudate has {said}.".replace(" mm³", "\u00a0mm³")
    assert say_twins(4600, shrunk_mm3, "left caudate", "biased") == wanted


def test_the_axis_stays_where_it_is_however_strong_the_bias_is():
    weak, strong = (
        volume_strip(TWINS.assign(volume_mm3=TWINS.volume_mm3 * share), ("reference", "biased"), "caudate", 5500)
        for share in (1, 0.1)
    )
    for drawn in (weak, strong):
        assert drawn.to_dict()["layer"][1]["encoding"]["x"]["scale"]["domain"] == [0, 5500]


def test_groups_lie_in_rows_of_their_own_and_never_over_each_other():
    drawn = volume_strip(TWINS, ("reference", "biased"), "caudate", 5500).to_dict()
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["line", "tick", "tick", "text"]
    assert {layer["encoding"]["y"]["field"] for layer in drawn["layer"]} == {"group"}
    assert drawn["layer"][1]["encoding"]["color"]["scale"]["range"] == list(GROUP_COLOURS[:2])
    assert drawn["height"] == 56 + 2 * 60


def test_without_twins_nobody_is_joined():
    drawn = volume_strip(TWINS.drop(columns="subject"), ("reference", "biased"), "structure")
    assert [layer["mark"]["type"] for layer in drawn.to_dict()["layer"]] == ["tick", "tick", "text"]
    svg = to_bytes(drawn, "svg").decode()
    assert "4,500" in svg, "the mean of the reference group"
    assert "2,500" in svg, "the mean of the biased group"
