import nibabel as nib
import numpy as np
import pytest
from scans import brain, save
from scipy.spatial.transform import Rotation

from fairal.cohort.folder.grid import (
    Grid,
    as_ras,
    common_grid,
    common_spacing_mm,
    image_on_grid,
    mask_on_grid,
    regrid,
    resampled_shape,
    sized_grid,
    structure_of,
    view_of,
)  # fmt: skip
from fairal.cohort.folder.nifti import read_header, read_volume
from fairal.errors import InputError


def oblique(edges=(1.0, 1.0, 1.0), flips=(1, 1, 1), degrees=(0, 0, 0)) -> np.ndarray:
    affine = np.eye(4)
    turn = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    affine[:3, :3] = turn @ np.diag(np.multiply(edges, flips))
    affine[:3, 3] = (3, -4, 5)
    return affine


def ball(shape, affine, centre_mm, radius_mm) -> np.ndarray:
    """A ball in space, on a grid."""
    voxels = np.indices(shape).reshape(3, -1).T
    away = nib.affines.apply_affine(affine, voxels) - centre_mm
    return (np.linalg.norm(away, axis=1) <= radius_mm).reshape(shape)


def test_the_spacing_is_the_median_over_scans_of_the_geometric_mean_of_their_edges(tmp_path):
    edges = [(1, 1, 1), (1, 1, 8), (0.5, 0.5, 4)]  # cubes of the same volume: 1, 2 and 1 mm
    headers = [read_header(save(tmp_path / f"{i}.nii", brain(i), np.diag([*e, 1]))) for i, e in enumerate(edges)]
    assert common_spacing_mm(headers) == 1.0
    assert common_spacing_mm(headers[:2]) == 1.5


def test_boxes_are_counted_from_the_middle_of_each_field_of_view():
    mask = np.zeros((10, 9, 8), bool)
    mask[2:5, 4:6, 7] = True
    assert view_of(mask.shape) == ((-5, 5), (-4, 5), (-4, 4))
    assert structure_of(mask) == ((-3, 0), (0, 2), (3, 4))


def test_the_common_grid_holds_all_structures_and_a_margin_but_nothing_unseen():
    structures = [((-3, 2), (0, 4), (-1, 1)), ((-5, 1), (1, 6), (-1, 2))]
    views = [((-40, 40), (-8, 8), (-30, 30)), ((-40, 41), (-9, 8), (-2, 2))]
    grid = common_grid(structures, views, 3.0)  # a margin of 15 mm is 5 voxels
    assert grid.box == ((-10, 7), (-5, 8), (-6, 7))
    assert grid.shape == (17, 13, 13)
    assert grid.origin_mm == (-30.0, -15.0, -18.0)
    assert common_grid([], views, 3.0).box == ((-40, 41), (-9, 8), (-30, 30))


def test_a_wished_size_has_the_structures_in_its_middle():
    assert sized_grid([((2, 6), (0, 5), (-1, 1))], [], 1.0, (4, 8, 6)).box == ((2, 6), (-2, 6), (-3, 3))
    assert sized_grid([], [((-10, 10), (-5, 5), (-4, 4))], 1.0, (8, 8, 4)).shape == (8, 8, 4)


def test_a_field_of_view_beyond_memory_is_refused():
    with pytest.raises(InputError, match="more than are held"):
        common_grid([], [((-500, 500),) * 3], 0.1)


@pytest.mark.parametrize("axes", ["RAS", "LPS", "ASL", "SAR", "IPR"])
def test_a_scan_stored_in_any_direction_gives_the_same_volume(tmp_path, axes):
    image = nib.Nifti1Image(brain(4), oblique())
    turn = nib.orientations.ornt_transform(nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(axes))
    image.as_reoriented(turn).to_filename(tmp_path / "scan.nii.gz")
    found = read_volume(tmp_path / "scan.nii.gz")
    assert found.header.orientation == axes
    turned = regrid(found.scaled(), found.header.affine, 1.0, "bilinear")
    assert np.array_equal(turned.numpy()[0], brain(4))
    assert np.allclose(np.asarray(turned.affine), oblique())
    shape, affine = as_ras(found.header)
    assert shape == brain(4).shape
    assert np.allclose(affine, oblique())


@pytest.mark.parametrize(
    "affine",
    [
        oblique((1, 1, 3)),
        oblique((2.4, 0.8, 1.1), (-1, -1, 1)),
        oblique((1.3, 1.2, 2), (-1, 1, 1), (12, -7, 20)),
        oblique((0.9, 0.9, 0.9), (1, 1, 1), (30, 0, 0)),
    ],
    ids=["thick slices", "LPS", "rotated", "tilted"],
)
def test_a_ball_keeps_its_place_and_volume_on_another_grid(affine):
    shape = tuple(int(60 / edge) for edge in np.linalg.norm(affine[:3, :3], axis=0))
    centre = nib.affines.apply_affine(affine, np.array(shape) / 2 - 0.3)
    there = ball(shape, affine, centre, 18)
    found = regrid(there, affine, 1.5, "nearest")
    matrix = np.asarray(found.affine)
    assert nib.aff2axcodes(matrix) == ("R", "A", "S")
    assert np.allclose(np.linalg.norm(matrix[:3, :3], axis=0), 1.5)
    voxels = np.argwhere(found.numpy()[0] > 0)
    assert np.allclose(nib.affines.apply_affine(matrix, voxels).mean(0), centre, atol=0.25)
    assert len(voxels) * 1.5**3 == pytest.approx(4 / 3 * np.pi * 18**3, rel=0.03)
    ras = nib.as_closest_canonical(nib.Nifti1Image(there.astype(np.uint8), affine))
    assert resampled_shape(ras.shape, ras.affine, 1.5) == found.shape[1:]


def test_nothing_is_interpolated_where_the_spacing_is_the_same_within_a_thousandth():
    values = brain(2)
    assert np.array_equal(regrid(values, np.diag([1.0004, 0.9996, 1, 1]), 1.0, "bilinear").numpy()[0], values)


def on_grid(tmp_path, values, box):
    return image_on_grid(read_volume(save(tmp_path / "scan.nii.gz", values)), Grid(1.0, box))


def test_an_image_has_mean_0_and_sd_1_over_its_own_voxels_and_is_padded_with_0(tmp_path):
    t1, affine = on_grid(tmp_path, brain(3), ((-10, 10), (-9, 9), (-3, 4)))
    assert t1.shape == (20, 18, 7)
    assert t1.dtype == np.float16
    assert not t1[:2].any()
    assert not t1[18:].any()
    inside = t1[2:18].astype(float)
    assert inside.mean() == pytest.approx(0, abs=1e-3)
    assert inside.std() == pytest.approx(1, abs=1e-3)
    assert affine[:3, 3].tolist() == [-2, 0, 4]  # the middles of 16, 18 and 14 voxels are 8, 9 and 7


def test_outliers_are_clipped_and_any_range_of_values_gives_the_same_volume(tmp_path):
    values = brain(3)
    values[0, 0, 0] = 1e6
    box = view_of(values.shape)
    t1, _ = on_grid(tmp_path, values, box)
    assert t1.max() < 6
    million, _ = on_grid(tmp_path, values * 1e6 - 3e7, box)
    assert np.allclose(t1, million, atol=0.01)


def test_a_structure_that_would_be_cut_is_an_error_and_a_box_beside_the_scan_as_well(tmp_path):
    mask = np.zeros((16, 18, 14), np.uint8)
    mask[4:8, 4:8, 4:8] = 1
    header = read_header(save(tmp_path / "mask.nii.gz", mask))
    whole = mask_on_grid(mask > 0, header, Grid(1.0, ((-4, 4), (-5, 3), (-3, 3))))
    assert whole.sum() == 64
    assert whole[:4, :4, :4].all()
    with pytest.raises(InputError, match="would be cut: 16 of its 64 voxels"):
        mask_on_grid(mask > 0, header, Grid(1.0, ((-3, 4), (-5, 3), (-3, 3))))
    with pytest.raises(InputError, match="outside of the box"):
        on_grid(tmp_path, brain(1), ((20, 30), (0, 5), (0, 5)))
