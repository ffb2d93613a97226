import csv

import nibabel as nib
import numpy as np

from fairal.cohort.bids import write_bids


def test_nibabel_alone_finds_everything_in_its_place(smoke_cohort, tmp_path):
    assert write_bids(list(smoke_cohort.values()), tmp_path) == 24
    rows = list(csv.DictReader((tmp_path / "participants.tsv").open(), delimiter="\t"))
    assert list(rows[0]) == ["participant_id", "group", "split", "strength", "volume_mm3"]
    assert {row["split"] for row in rows} == {"pool", "test"}
    for row in rows[::7]:
        name = row["participant_id"]
        t1 = nib.load(tmp_path / name / "anat" / f"{name}_T1w.nii.gz")
        anat = tmp_path / "derivatives" / "fairal" / name / "anat"
        mask = nib.load(anat / f"{name}_label-leftcaudate_mask.nii.gz")
        assert nib.aff2axcodes(t1.affine) == ("R", "A", "S")
        assert np.array_equal(t1.affine, mask.affine)
        assert np.allclose(t1.affine[:3, 3], (-34.5, -40.5, -22.5))
        assert t1.header.get_zooms() == (3, 3, 3)
        assert int(t1.header["sform_code"]) == 4  # MNI 152
        voxels = np.argwhere(np.asarray(mask.dataobj) > 0)
        assert (nib.affines.apply_affine(mask.affine, voxels)[:, 0] < 0).all()
        assert len(voxels) * abs(np.linalg.det(mask.affine[:3, :3])) == float(row["volume_mm3"])
