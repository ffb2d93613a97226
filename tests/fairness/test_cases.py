import numpy as np
import pytest
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance
from scipy.ndimage import binary_erosion
from scipy.spatial.distance import cdist
from surface_distance import compute_surface_dice_at_tolerance, compute_surface_distances

from fairal.fairness.cases import dice, measure_cases, surface_measures


def mask_of(*voxels, shape=(8, 8, 8)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for voxel in voxels:
        mask[voxel] = True
    return mask


def batch(*masks) -> torch.Tensor:
    return torch.from_numpy(np.stack(masks))


EMPTY = mask_of()
ONE = mask_of((2, 2, 2))


def test_dice_by_hand():
    truth = mask_of((1, 1, 1), (1, 1, 2), (1, 1, 3))
    guess = mask_of((1, 1, 2), (1, 1, 3), (1, 1, 4), (5, 5, 5))
    assert dice(batch(truth, ONE, ONE), batch(guess, ONE, mask_of((7, 7, 7)))).tolist() == [4 / 7, 1.0, 0.0]


def test_empty_masks_follow_their_definitions():
    columns = measure_cases(batch(EMPTY, ONE, EMPTY), batch(EMPTY, EMPTY, ONE), 1.5)
    assert columns["dice"] == [1.0, 0.0, 0.0]
    assert columns["assd_mm"] == [0.0, None, None]
    assert columns["hd95_mm"] == [0.0, None, None]
    assert columns["surface_dice"] == [1.0, 0.0, 0.0]
    assert columns["volume_mm3"] == [0.0, 3.375, 0.0]
    assert columns["volume_error"] == [None, -1.0, None]


def test_two_voxels_two_apart():
    other = mask_of((4, 2, 2))
    assd, hd95, surface = surface_measures(ONE, other, 1.5)
    assert (assd, hd95, surface) == (3.0, 3.0, 0.0)


def test_distances_are_in_mm():
    other = mask_of((4, 2, 2))
    assert surface_measures(ONE, other, 3.0)[1] == 2 * surface_measures(ONE, other, 1.5)[1]


def test_hd95_is_the_larger_of_the_two_directions():
    # From the one voxel the line is 0 away; from the line's far end the voxel is 5 voxels away.
    line = mask_of(*[(2 + i, 2, 2) for i in range(6)])
    _, hd95, _ = surface_measures(ONE, line, 1.0)
    assert hd95 == np.percentile([0, 1, 2, 3, 4, 5], 95)
    assert surface_measures(line, ONE, 1.0)[1] == hd95


def test_equal_masks_at_the_border_of_the_volume():
    block = np.zeros((6, 6, 6), bool)
    block[:3, :3, :3] = True
    assert surface_measures(block, block, 1.5) == (0.0, 0.0, 1.0)


def test_volumes_and_their_error_by_hand():
    truth, guess = mask_of((1, 1, 1), (1, 1, 2)), mask_of((1, 1, 1), (1, 1, 2), (1, 1, 3))
    columns = measure_cases(batch(truth), batch(guess), 2.0)
    assert (columns["volume_mm3"], columns["predicted_mm3"], columns["volume_error"]) == ([16.0], [24.0], [0.5])


@pytest.mark.parametrize("pair", [(0, 1), (0, 2), (3, 5), (4, 7)])
@pytest.mark.parametrize("spacing", [1.0, 1.5])
def test_independent_implementations_agree(smoke_cohort, pair, spacing):
    truth, guess = (smoke_cohort["test"].mask[i] for i in pair)
    assd, hd95, surface = surface_measures(truth, guess, spacing)
    edges = [np.argwhere(m & ~binary_erosion(m)) * spacing for m in (truth, guess)]
    distances = cdist(*edges)
    directed = [distances.min(1), distances.min(0)]
    assert hd95 == pytest.approx(max(np.percentile(d, 95) for d in directed), abs=1e-6)
    assert assd == pytest.approx(np.concatenate(directed).mean(), abs=1e-6)
    independent = compute_surface_distances(truth, guess, (spacing,) * 3)
    assert surface == pytest.approx(compute_surface_dice_at_tolerance(independent, 1.0), abs=1e-6)
    as_batch = [torch.from_numpy(m)[None, None].float() for m in (guess, truth)]
    options = {"include_background": True, "spacing": spacing}
    assert hd95 == pytest.approx(compute_hausdorff_distance(*as_batch, percentile=95, **options).item(), abs=1e-5)
    assert assd == pytest.approx(
        compute_average_surface_distance(*as_batch, symmetric=True, **options).item(), abs=1e-5
    )
    both = 2 * (truth & guess).sum() / (truth.sum() + guess.sum())
    assert dice(batch(truth), batch(guess)).item() == both
