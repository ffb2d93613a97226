"""Left and right: a header that says nothing is taken with a warning, one that says two things is left out."""

import json

import nibabel as nib
import numpy as np
import pytest
from scans import bids, brain, t1_path
from scipy.spatial.transform import Rotation
from typer.testing import CliRunner

from fairal.cli import app
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.importing import import_folder, update_collection
from fairal.cohort.folder.nifti import read_header
from fairal.cohort.folder.wishes import Wishes
from fairal.errors import InputError

FOUR = {"sub-01": "F", "sub-02": "M", "sub-03": "F", "sub-04": "M"}
GUESSED = (
    "Its header gives no orientation (qform_code and sform_code are 0); its axes were taken as LAS, so left and right "
    "may be swapped."
)


def turned(*degrees: float) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    return affine


def written(path, sform=None, qform=None):
    """Write a scan whose header has these two and no others."""
    image = nib.Nifti1Image(brain(7), None)
    image.header.set_xyzt_units("mm")
    image.header.set_sform(sform, code=0 if sform is None else 2)
    image.header.set_qform(qform, code=0 if qform is None else 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image.to_bytes())
    return path


MIRROR, HALF_TURN, QUARTER = np.diag([-1.0, 1, 1, 1]), np.diag([-1.0, -1, 1, 1]), turned(0, 0, 90)


@pytest.mark.parametrize(
    ("sform", "qform", "axes"),
    [
        (np.eye(4), MIRROR, "RAS by the one and LAS"),
        (MIRROR, np.eye(4), "LAS by the one and RAS"),
        (np.eye(4), HALF_TURN, "RAS by the one and LPS"),
        (np.eye(4), QUARTER, "RAS by the one and ALS"),
    ],
    ids=["mirrored", "mirrored back", "half a turn", "a quarter"],
)
def test_an_sform_and_a_qform_that_differ_by_more_than_a_tilt_are_refused(tmp_path, sform, qform, axes):
    with pytest.raises(InputError, match=f"contradict each other \\(axes {axes} by the other\\)"):
        read_header(written(tmp_path / "scan.nii", sform, qform))


@pytest.mark.parametrize(
    ("sform", "qform"),
    [(np.eye(4), turned(12, -8, 20)), (np.eye(4), None), (None, MIRROR), (MIRROR, MIRROR), (turned(5, 5, 5), None)],
    ids=["a tilt", "sform alone", "qform alone", "both mirrored", "a tilted sform"],
)
def test_those_that_agree_or_stand_alone_are_read_as_nibabel_reads_them_and_nothing_is_guessed(tmp_path, sform, qform):
    header = read_header(written(tmp_path / "scan.nii", sform, qform))
    assert np.allclose(header.affine, nib.load(tmp_path / "scan.nii").affine)
    assert not header.guessed


def test_a_qform_that_is_no_rotation_says_nothing_that_could_contradict(tmp_path):
    path = written(tmp_path / "scan.nii", np.eye(4), np.eye(4))
    content = bytearray(path.read_bytes())
    content[256:268] = np.array([9.0, 9.0, 9.0], "<f4").tobytes()  # quatern_b, _c, _d
    path.write_bytes(content)
    assert read_header(path).orientation == "RAS"


@pytest.fixture
def scans(tmp_path):
    """Four participants: one scan says nothing of its orientation, one contradicts itself."""
    folder = bids(tmp_path / "scans", FOUR, unlabelled=FOUR)
    for name, forms in {"sub-02": (None, None), "sub-03": (np.eye(4), MIRROR)}.items():
        t1_path(folder, name).unlink()
        written(t1_path(folder, name).with_suffix(""), *forms)
    return folder


def test_the_report_warns_of_the_guess_leaves_the_contradiction_out_and_an_update_still_warns(tmp_path, scans):
    collections = Collections(tmp_path / "home")
    report = import_folder(collections, "own", Wishes(scans, "sex"))
    [left_out], [warning] = report.left_out, report.as_json()["warnings"]
    assert (left_out.participant_id, left_out.file) == ("sub-03", "sub-03/anat/sub-03_T1w.nii")
    assert "contradict each other" in left_out.reason
    expected = {"participant_id": "sub-02", "file": "sub-02/anat/sub-02_T1w.nii", "reason": GUESSED}
    assert warning == expected
    assert [scan.participant_id for scan in report.usable] == ["sub-01", "sub-02", "sub-04"]
    again = update_collection(collections, "own", Wishes(scans, "sex"))
    assert again.as_json()["warnings"] == [expected]


def test_the_command_line_says_both_and_a_folder_without_either_has_no_warnings(tmp_path, scans):
    run = lambda *more: CliRunner().invoke(  # noqa: E731
        app, ["import", str(scans), "--group", "sex", "--home", str(tmp_path / "home"), *more]
    )
    said = run("--name", "own")
    assert said.exit_code == 0
    assert f"warning: sub-02 (sub-02/anat/sub-02_T1w.nii): {GUESSED}" in said.stdout.replace("\n", "")
    assert "left out: sub-03 (sub-03/anat/sub-03_T1w.nii): Its sform and qform contradict" in said.stdout
    for name in ("sub-02", "sub-03"):
        written(t1_path(scans, name).with_suffix(""), np.diag([1, 1, 1.0 + 0.01 * int(name[-1]), 1]))
    assert "warnings" not in json.loads(run("--name", "other", "--json").stdout)
