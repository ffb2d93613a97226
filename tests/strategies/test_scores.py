"""Scores and weights, worked out by hand."""

import pytest
import torch

from fairal.strategies.scores import (
    binary_entropy,
    boundary_entropy,
    dilate,
    group_weights,
    masked_volume_entropy,
    mutual_information,
    volume_entropy,
)


def test_entropy_is_one_bit_at_a_half_and_nothing_when_certain():
    h = binary_entropy(torch.tensor([0.0, 0.5, 1.0, 0.25]))
    assert torch.allclose(h, torch.tensor([0.0, 1.0, 0.0, 0.8113]), atol=1e-4)


def test_volume_entropy_averages_over_all_voxels():
    p = torch.zeros(1, 1, 2, 2, 2)
    p[0, 0, 0, 0] = 0.5  # 2 of 8 voxels
    assert volume_entropy(p).tolist() == [0.25]


def test_masked_entropy_looks_at_the_structure_and_its_neighbours_alone():
    p = torch.zeros(1, 2, 5, 5, 5)
    p[0, :, 2, 2, 2] = 0.75
    p[0, 1, 0, 0, 0] = 0.5  # far away: must not count
    expected = 0.8113 / 7  # the voxel and its six neighbours at 1.5 mm
    assert torch.allclose(masked_volume_entropy(p, 1.5), torch.tensor([expected] * 2), atol=1e-4)


def test_a_model_that_found_nothing_is_most_uncertain():
    assert masked_volume_entropy(torch.full((1, 2, 3, 3, 3), 0.5), 1.5).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("spacing", "count"), [(1.5, 7), (1.0, 19), (3.0, 1), (0.75, 33)])
def test_dilation_is_a_ball_of_one_and_a_half_mm(spacing, count):
    mask = torch.zeros(1, 9, 9, 9, dtype=torch.bool)
    mask[0, 4, 4, 4] = True
    assert int(dilate(mask, spacing).sum()) == count
    corner = torch.zeros(1, 9, 9, 9, dtype=torch.bool)
    corner[0, 0, 0, 0] = True
    assert not dilate(corner, spacing)[0, -1].any()  # nothing wraps around


def test_mutual_information_is_zero_in_agreement_and_one_bit_in_full_disagreement():
    agree = torch.full((2, 1, 3, 3, 3), 0.9)
    assert torch.allclose(mutual_information(agree, 3.0), torch.zeros(1), atol=1e-6)
    disagree = torch.stack([torch.ones(1, 3, 3, 3), torch.zeros(1, 3, 3, 3)])
    assert torch.allclose(mutual_information(disagree, 3.0), torch.ones(1))


def test_group_weights_by_hand():
    weights = group_weights({"reference": 0.9, "biased": 0.7})
    assert weights == pytest.approx({"reference": 0.5, "biased": 1.5})
    assert group_weights({"a": 1.0, "b": 1.0}) == {"a": 1.0, "b": 1.0}
    assert group_weights({"a": 0.5, "b": 0.0}) == pytest.approx({"a": 2 / 3, "b": 4 / 3})
    assert group_weights({"a": 0.9, "b": 0.7}, gamma=0) == {"a": 1.0, "b": 1.0}
    assert group_weights({"a": 0.9, "b": 0.7}, gamma=2) == pytest.approx({"a": 0.25, "b": 2.25})


def test_the_shell_holds_one_layer_to_either_side_of_the_boundary():
    # A cube of 3 voxels: 26 outer voxels inside the boundary, 6 faces of 9 voxels outside, the centre in neither.
    p = torch.zeros(1, 1, 7, 7, 7)
    p[0, 0, 2:5, 2:5, 2:5] = 0.75
    p[0, 0, 3, 3, 3] = 1.0
    assert torch.allclose(boundary_entropy(p, 1.5), torch.tensor([26 * 0.8113 / (26 + 54)]), atol=1e-4)
    p[0, 0, 3, 3, 3] = 0.6  # doubt deep inside does not count
    assert torch.allclose(boundary_entropy(p, 1.5), torch.tensor([26 * 0.8113 / (26 + 54)]), atol=1e-4)


def test_the_shell_has_a_layer_on_voxels_wider_than_its_margin():
    p = torch.zeros(1, 1, 5, 5, 5)
    p[0, 0, 2, 2, 2] = 0.75
    assert torch.allclose(boundary_entropy(p, 3.0), torch.tensor([0.8113 / 7]), atol=1e-4)


def test_doubt_at_the_boundary_alone_scores_the_same_in_small_and_large_structures():
    def cube(width):
        p = torch.zeros(1, 1, 20, 20, 20)
        p[0, 0, 4 : 4 + width, 4 : 4 + width, 4 : 4 + width] = 0.75
        p[0, 0, 5 : 3 + width, 5 : 3 + width, 5 : 3 + width] = 1.0
        return p

    small, large = cube(8), cube(14)
    shell, masked = ([float(f(p, 1.5)) for p in (small, large)] for f in (boundary_entropy, masked_volume_entropy))
    assert shell[0] == pytest.approx(shell[1], rel=0.1)
    assert masked[0] > 1.25 * masked[1]


def test_a_structure_that_fills_the_view_has_no_boundary():
    assert boundary_entropy(torch.full((1, 1, 4, 4, 4), 0.75), 1.5).tolist() == [0.0]


@pytest.mark.parametrize("score", [masked_volume_entropy, boundary_entropy, mutual_information])
@pytest.mark.parametrize("spacing_mm", [0.7, 1.0, 1.5, 3.0])
def test_every_score_ranks_an_empty_prediction_first_at_the_top_of_its_range(score, spacing_mm):
    p = torch.rand(4, 3, 5, 7, 4, generator=torch.Generator().manual_seed(0))
    p[:, 1] = 0.3
    scores = score(p, spacing_mm)
    assert scores.shape == (3,)
    assert scores[1] == 1
    assert (scores[[0, 2]] < 1).all()
