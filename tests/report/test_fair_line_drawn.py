from dataclasses import replace

import pytest
from tiny import tiny_config, tiny_record

from fairal.facts.state import RunState
from fairal.report.axes import Rule, rules_drawn
from fairal.report.comparison import at_equal_error, error_at_the_end_mm
from fairal.report.figure import Subject, View
from fairal.report.figures import figures
from fairal.report.quantity import MEAN, Quantity
from fairal.report.results import read_experiment
from fairal.report.summary import experiment_json, fair_line_sentence

GROUPS = ("reference", "biased")
LINES = [
    {"dice": {"reference": 0.90, "biased": 0.86}, "surface_dice": {"reference": 0.80, "biased": 0.81},
     "assd_mm": {"reference": 0.5, "biased": 0.5}},
    {"dice": {"reference": 0.88, "biased": 0.82}, "surface_dice": {"reference": 0.78, "biased": 0.79},
     "assd_mm": {"reference": 0.7, "biased": 0.7}},
]  # fmt: skip


@pytest.fixture
def result(store):
    """Two seeds of entropy with a line each, gaps 0.04 and 0.06 in Dice; weighted entropy is not there yet."""
    experiment, _ = store.create(tiny_config(seeds=[0, 1], query={"rounds": 1}))
    for key in store.runs(experiment):
        store.append_round(key, tiny_record(0), None)
        if str(key.arm) == "entropy":
            store.append_round(key, replace(tiny_record(1), fair_line=LINES[key.seed]), None)
            store.write_state(key, RunState("done", rounds=2, rounds_done=2))
    return read_experiment(store, experiment)


def test_a_rounds_line_by_hand():
    record = replace(tiny_record(1), fair_line=LINES[0])
    assert Quantity("dice", "gap").at_equal_error(record, GROUPS) == pytest.approx(0.04)
    assert Quantity("surface_dice", "signed_gap").at_equal_error(record, GROUPS) == pytest.approx(-0.01)
    assert Quantity("dice", "error_ratio").at_equal_error(record, GROUPS) == pytest.approx(0.14 / 0.10)
    for without in (Quantity("dice", MEAN), Quantity("hd95_mm", "gap")):
        assert without.at_equal_error(record, GROUPS) is None
    assert Quantity("dice", "gap").at_equal_error(tiny_record(1), GROUPS) is None


def test_the_line_is_the_mean_over_the_finished_seeds_of_an_arm(result):
    assert at_equal_error(result, "entropy", Quantity("dice", "gap")) == pytest.approx(0.05)
    assert error_at_the_end_mm(result, "entropy") == pytest.approx(0.6)
    assert at_equal_error(result, "weighted_entropy", Quantity("dice", "gap")) is None


def test_it_is_said_in_both_measures_and_given_to_programs(result):
    said = fair_line_sentence(result, "entropy")
    assert "0.60 mm off for everyone" in said
    assert "a signed gap of +0.050 in Dice and −0.010 in surface Dice" in said
    assert fair_line_sentence(result, "weighted_entropy") == ""
    given = experiment_json(result)["fair_line"]
    assert given["gap"] == {"dice": pytest.approx(0.05), "surface_dice": pytest.approx(0.01),
                            "assd_mm": pytest.approx(0.0), "hd95_mm": None, "volume_error": None}  # fmt: skip
    assert (given["baseline"], given["error_mm"]) == ("entropy", pytest.approx(0.6))


def test_it_is_drawn_beside_the_noise_and_says_what_it_is(result):
    made = figures(Subject(result, View(("entropy",), "entropy", measures=("dice",))))
    [gap] = [figure for figure in made if figure.key == "dice_signed_gap_by_budget"]
    assert "the fair line" in gap.caption
    assert "fair line, 0.60 mm off for all: +0.050" in gap.ink(gap.frame).to_json()


def test_two_lines_are_told_apart_by_their_dashes_and_by_where_they_are_named():
    rules = [Rule(0.1, "noise", "a"), Rule(-0.1, "", "a"), Rule(0.11, "fair", "b", fair=True)]
    marks = [chart.to_dict()["mark"] for chart in rules_drawn(rules)]
    assert [mark["strokeDash"] for mark in marks if mark["type"] == "rule"] == [[5, 4], [5, 4], [12, 4]]
    assert [mark["baseline"] for mark in marks if mark["type"] == "text"] == ["top", "bottom"]


def test_the_names_of_lines_stand_right_of_the_plot_where_no_curve_runs():
    text = Rule(0.1, "noise 0.100", "noise alone: 0.100").drawn()[1].to_dict()
    assert text["encoding"]["x"] == {"value": "width"}
    assert (text["mark"]["align"], text["mark"]["dx"]) == ("left", 6)
