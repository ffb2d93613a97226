import gzip

import nibabel as nib
import numpy as np
import pytest
from hostile import big_endian, nifti2
from scans import SHAPE, brain, save
from scipy.spatial.transform import Rotation

from fairal.cohort.folder.nifti import read_header, read_volume


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
@pytest.mark.parametrize("ending", [".nii", ".nii.gz"])
def test_every_number_type_is_read_as_nibabel_reads_it(tmp_path, dtype, ending):
    path = tmp_path / f"scan{ending}"
    values = np.random.default_rng(1).integers(0, 120, SHAPE).astype(dtype)
    nib.save(nib.Nifti1Image(values, np.diag([2, 1, 1, 1]), dtype=dtype), path)
    assert np.array_equal(read_volume(path).scaled(), values.astype(np.float32))


def test_scaled_integers_are_scaled(tmp_path):
    image = nib.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), np.eye(4))
    image.header.set_slope_inter(0.5, -3)
    nib.save(image, tmp_path / "scan.nii")
    found = read_volume(tmp_path / "scan.nii")
    assert (found.header.slope, found.header.intercept) == (0.5, -3.0)
    assert np.array_equal(found.scaled(), nib.load(tmp_path / "scan.nii").get_fdata())


def test_both_byte_orders_and_nifti_2_hold_the_same(tmp_path):
    values = brain(1)
    for name, content in {"big": big_endian(values), "two": nifti2(values)}.items():
        path = tmp_path / f"{name}.nii.gz"
        path.write_bytes(gzip.compress(content))
        assert np.array_equal(read_volume(path).scaled(), values), name


def test_a_fourth_axis_of_one_volume_is_none(tmp_path):
    path = save(tmp_path / "scan.nii.gz", brain(1)[..., None])
    assert read_volume(path).values.shape == SHAPE


def test_orientation_and_edges_of_a_rotated_scan(tmp_path):
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", [10, 5, -8], degrees=True).as_matrix() @ np.diag([-1, -1.2, 3])
    header = read_header(save(tmp_path / "scan.nii.gz", brain(1), affine))
    assert header.orientation == "LPS"
    assert np.allclose(header.edges_mm, (1, 1.2, 3), atol=1e-6)
    assert header.voxel_mm3 == pytest.approx(3.6)


def test_the_content_of_one_scan_compressed_twice_is_the_same_and_the_files_are_not(tmp_path):
    content = gzip.decompress(save(tmp_path / "a.nii.gz", brain(1)).read_bytes())
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(content, 1, mtime=7))
    a, b = read_volume(tmp_path / "a.nii.gz"), read_volume(tmp_path / "b.nii.gz")
    assert a.content == b.content
    assert a.digest != b.digest
