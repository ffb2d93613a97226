from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_record

from fairal.cohort.arrays import Cohort
from fairal.facts.record import Cases, Record
from fairal.facts.subject import Subject
from fairal.loop.equal_error import at_equal_error

GROUPS = ("large", "small")


def ball(radius: float) -> np.ndarray:
    return ((np.indices((28,) * 3) - 13.5) ** 2).sum(0) < radius**2


@pytest.fixture(scope="module")
def balls() -> Cohort:
    """Ten pairs of balls of 9 and 6 mm."""
    subjects = tuple(Subject(f"test{i}{group}", f"test{i}", group, "test", None) for i in range(10) for group in GROUPS)
    mask = np.stack([ball(9 if s.group == "large" else 6) for s in subjects])
    return Cohort("", 1.0, (0.0, 0.0, 0.0), subjects, np.zeros(mask.shape, np.float16), mask)


def cases(cohort: Cohort, assd_mm: dict[str, float | None]) -> Cases:
    other = dict.fromkeys(
        ("dice", "hd95_mm", "surface_dice", "volume_mm3", "predicted_mm3", "volume_error"), (0.5,) * 20
    )
    return Cases(
        id=tuple(s.id for s in cohort.subjects),
        group=tuple(s.group for s in cohort.subjects),
        assd_mm=tuple(assd_mm[s.group] for s in cohort.subjects),
        **other,
    )


def test_the_line_is_drawn_at_the_error_that_was_seen_averaged_over_the_groups(balls):
    # 0.4 and 0.8 mm: 0.6 for all. Of balls Dice is then 1 − 3d / 2R: 0.90 and 0.85.
    line = at_equal_error(balls, cases(balls, {"large": 0.4, "small": 0.8}), GROUPS, seed=0)
    assert line["dice"] == pytest.approx({"large": 0.90, "small": 0.85}, abs=0.015)
    assert line["assd_mm"] == pytest.approx({"large": 0.6, "small": 0.6}, abs=0.03)


def test_the_same_seed_draws_the_same_line(balls):
    seen = cases(balls, {"large": 0.5, "small": 0.5})
    assert at_equal_error(balls, seen, GROUPS, 3) == at_equal_error(balls, seen, GROUPS, 3)
    assert at_equal_error(balls, seen, GROUPS, 3) != at_equal_error(balls, seen, GROUPS, 4)


@pytest.mark.parametrize(("large", "small"), [(0.0, 0.0), (0.5, None), (None, None), (40.0, 40.0)])
def test_there_is_no_line_for_a_perfect_model_a_failed_group_or_an_error_as_large_as_the_structure(balls, large, small):
    assert at_equal_error(balls, cases(balls, {"large": large, "small": small}), GROUPS, 0) is None


def test_a_record_keeps_the_line_and_says_nothing_where_there_is_none():
    line = {"dice": {"reference": 0.9, "biased": 0.85}, "assd_mm": {"reference": 0.6, "biased": None}}
    assert Record.from_line(replace(tiny_record(), fair_line=line).as_line()).fair_line == line
    assert "fair_line" not in tiny_record().as_line()
