import numpy as np
import pytest

from fairal.fairness.cases import assd_mm as assd_of
from fairal.fairness.cases import measure_cases, surface_measures
from fairal.fairness.fair_line import fair_line, signed_distance_mm


def ball(radius: float, size: int = 28, centre: float | None = None) -> np.ndarray:
    middle = (size - 1) / 2 if centre is None else centre
    return ((np.indices((size,) * 3) - middle) ** 2).sum(0) < radius**2


def matched(large: float, small: float, subjects: int) -> tuple[np.ndarray, list[str], list[int]]:
    masks = np.stack([ball(radius) for _ in range(subjects) for radius in (large, small)])
    return masks, ["large", "small"] * subjects, [i // 2 for i in range(2 * subjects)]


def test_the_boundary_lies_half_a_voxel_from_the_voxels_on_its_sides():
    mask = np.zeros((7, 1, 1), bool)
    mask[2:5] = True
    assert signed_distance_mm(mask, 2.0)[:, 0, 0].tolist() == [3.0, 1.0, -1.0, -3.0, -1.0, 1.0, 3.0]


@pytest.mark.parametrize("shift", [2.0, -2.0])
def test_a_shell_around_a_ball_has_the_dice_of_the_two_volumes(shift):
    # Radius 9 against 9 ± a: Dice 2·min³ / (9³ + (9 ± a)³), with a the ASSD that was measured.
    truth = ball(9)
    columns = measure_cases(truth[None], (signed_distance_mm(truth, 1.0) < shift)[None], 1.0)
    [assd] = columns["assd_mm"]
    other = 9 + np.sign(shift) * assd
    assert assd == pytest.approx(2.0, abs=0.3)
    assert columns["dice"] == pytest.approx([2 * min(9, other) ** 3 / (9**3 + other**3)], abs=0.02)


def test_dice_at_equal_boundary_error_falls_as_the_theory_of_balls_says():
    # 1 − 3d / 2R at d = 0.6: 0.900 for radius 9 and 0.850 for radius 6, a gap of 0.050 that no model made.
    masks, groups, twins = matched(9, 6, 10)
    line = fair_line(masks, groups, 1.0, 0.6, np.random.default_rng(0), twins)
    assert line["dice"].by_group == pytest.approx({"large": 0.90, "small": 0.85}, abs=0.01)
    assert (line["dice"].gap, line["dice"].signed_gap) == pytest.approx((0.05, 0.05), abs=0.01)
    assert np.mean(list(line["assd_mm"].by_group.values())) == pytest.approx(0.6, abs=0.01)
    assert line["assd_mm"].gap < 0.05
    assert abs(line["surface_dice"].signed_gap) < 0.03
    assert line["dice"].sizes == {"large": 10, "small": 10}


def test_voxels_of_another_size_give_the_same_line():
    masks, groups, twins = matched(9, 6, 8)
    line = fair_line(masks, groups, 1.5, 0.9, np.random.default_rng(0), twins)
    assert line["dice"].signed_gap == pytest.approx(0.05, abs=0.012)


def test_groups_of_one_size_have_no_gap_at_equal_error():
    masks, groups, twins = matched(8, 8, 3)
    line = fair_line(masks, groups, 1.0, 0.6, np.random.default_rng(0), twins)
    assert {name: judged.gap for name, judged in line.items()} == dict.fromkeys(line, 0.0)
    apart = fair_line(*matched(8, 8, 12)[:2], 1.0, 0.6, np.random.default_rng(0))
    assert 0 < apart["dice"].gap < 0.012  # not twins: the scatter of 12 errors each


def test_the_same_stream_gives_the_same_line_and_empty_masks_are_left_out():
    masks, groups, twins = matched(7, 5, 2)
    line = fair_line(masks, groups, 1.0, 0.5, np.random.default_rng(3), twins)
    more = np.concatenate([masks, np.zeros_like(masks[:1])])
    again = fair_line(more, [*groups, "small"], 1.0, 0.5, np.random.default_rng(3), [*twins, 9])
    assert again == line


def test_the_error_is_of_boundaries_even_at_the_border_of_the_volume():
    masks = np.stack([ball(6, 20, centre=4.0), ball(4, 20, centre=4.0)] * 4)
    line = fair_line(masks, ["large", "small"] * 4, 1.0, 0.5, np.random.default_rng(0), [i // 2 for i in range(8)])
    assert line["assd_mm"].failures == {"large": 0, "small": 0}
    assert line["dice"].signed_gap > 0.02


def test_what_cannot_be_asked_is_refused():
    masks = ball(3, 10)[None]
    with pytest.raises(ValueError, match="above 0 mm, got 0"):
        fair_line(masks, ["a"], 1.0, 0.0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="not all empty"):
        fair_line(np.zeros_like(masks), ["a"], 1.0, 0.5, np.random.default_rng(0))
    with pytest.raises(ValueError, match="more than the masks have room for"):
        fair_line(masks, ["a"], 1.0, 50.0, np.random.default_rng(0))


def test_the_distance_alone_is_that_of_the_whole_measurement():
    truth, guess = ball(6), ball(5, centre=14.0)
    assert assd_of(truth, guess, 1.5) == surface_measures(truth, guess, 1.5)[0]
    assert assd_of(~truth & truth, ~truth & truth, 1.5) == 0
    assert np.isnan(assd_of(truth, ~truth & truth, 1.5))
