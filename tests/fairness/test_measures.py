import math
from dataclasses import fields

import numpy as np
import pytest

from fairal.facts.record import Cases
from fairal.fairness.judgement import judge_measure
from fairal.fairness.measures import DICE, MEASURES

GROUPS = ("reference", "biased")


def made_up_cases(**columns) -> Cases:
    """Two cases of either group, twins side by side; the columns that are not given are perfect."""
    filled = {"dice": 1.0, "surface_dice": 1.0, "assd_mm": 0.0, "hd95_mm": 0.0, "volume_mm3": 8.0, "predicted_mm3": 8.0}
    values = {name: (perfect,) * 4 for name, perfect in {**filled, "volume_error": 0.0}.items()} | columns
    return Cases(id=("a0", "b0", "a1", "b1"), group=GROUPS * 2, **values)


def test_the_table_holds_the_measures_of_the_record():
    recorded = {f.name for f in fields(Cases)}
    assert list(MEASURES) == ["dice", "surface_dice", "assd_mm", "hd95_mm", "volume_error"]
    for measure in MEASURES.values():
        assert measure.id in recorded
        assert measure.range[0] <= measure.ideal <= measure.range[1]
        assert measure.served(np.array([measure.ideal])) == measure.ideal


def test_directions_by_name():
    assert [measure.sign for measure in MEASURES.values()] == [1, 1, -1, -1, -1]
    assert [measure.bounded for measure in MEASURES.values()] == [True, True, False, False, False]
    assert [math.isinf(measure.range[1]) for measure in MEASURES.values()] == [False, False, True, True, True]


def test_numbers_are_said_with_their_unit():
    assert [measure.say(0.25) for measure in MEASURES.values()] == ["0.250", "0.250", "0.25 mm", "0.25 mm", "25.0%"]


def test_volume_errors_that_cancel_are_no_fairness():
    # The biased group: +20 % and −20 %; the reference group: +5 % twice.
    judged = judge_measure(made_up_cases(volume_error=(0.05, 0.2, 0.05, -0.2)), GROUPS, MEASURES["volume_error"])
    assert judged.mean_by_group == pytest.approx({"reference": 0.05, "biased": 0.0})
    assert judged.by_group == pytest.approx({"reference": 0.05, "biased": 0.2})
    assert (judged.gap, judged.signed_gap) == pytest.approx((0.15, -0.15))


def test_a_measure_is_judged_by_hand():
    judged = judge_measure(made_up_cases(dice=(0.9, 0.6, 0.8, 0.8)), GROUPS, DICE)
    assert judged.by_group == judged.mean_by_group == pytest.approx({"reference": 0.85, "biased": 0.7})
    assert (judged.gap, judged.signed_gap) == pytest.approx((0.15, 0.15))


def test_failures_are_left_out_of_distances_and_counted():
    judged = judge_measure(made_up_cases(assd_mm=(0.4, None, 0.6, 0.9)), GROUPS, MEASURES["assd_mm"])
    assert judged.by_group == pytest.approx({"reference": 0.5, "biased": 0.9})
    assert (judged.sizes, judged.failures) == ({"reference": 2, "biased": 1}, {"reference": 0, "biased": 1})
    assert (judged.gap, judged.signed_gap) == pytest.approx((0.4, -0.4))


def test_a_group_in_which_nothing_was_found_has_no_gap_in_mm():
    judged = judge_measure(made_up_cases(hd95_mm=(1.0, None, 2.0, None)), GROUPS, MEASURES["hd95_mm"])
    assert judged.by_group == {"reference": 1.5, "biased": None}
    assert (judged.gap, judged.signed_gap, judged.failures["biased"]) == (None, None, 2)
