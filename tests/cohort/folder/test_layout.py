import os

import numpy as np
import pytest
from scans import bids, blob, brain, mask_path, save, t1_path

from fairal.cohort.folder.layout import Pair, find_scans
from fairal.errors import InputError


def touch(folder, *files):
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return folder


def test_bids_pairs_each_image_with_its_mask(tmp_path):
    folder = bids(tmp_path, {"sub-01": "a", "sub-a_b-2": "b"}, unlabelled=["sub-a_b-2"])
    found = find_scans(folder)
    assert found.layout == "BIDS"
    assert found.pairs == [
        Pair("sub-01", "sub-01/anat/sub-01_T1w.nii.gz", "derivatives/me/sub-01/anat/sub-01_mask.nii.gz"),
        Pair("sub-a_b-2", "sub-a_b-2/anat/sub-a_b-2_T1w.nii.gz", None),
    ]


def test_bids_takes_segmentations_sessions_and_unpacked_files_but_no_brain_mask(tmp_path):
    touch(
        tmp_path,
        "sub-1/ses-2/anat/sub-1_ses-2_T1w.nii",
        "sub-1/ses-2/func/sub-1_bold.nii.gz",
        "sub-1/ses-2/anat/sub-1_T2w.nii.gz",
        "derivatives/deep/er/sub-1/ses-2/anat/sub-1_dseg.nii.gz",
        "derivatives/fmriprep/sub-1/anat/sub-1_desc-brain_mask.nii.gz",
    )
    [pair] = find_scans(tmp_path).pairs
    assert pair.image == "sub-1/ses-2/anat/sub-1_ses-2_T1w.nii"
    assert pair.mask == "derivatives/deep/er/sub-1/ses-2/anat/sub-1_dseg.nii.gz"


def test_decathlon_ids_stay_as_they_are_and_a_mac_s_hidden_files_are_no_scans(tmp_path):
    touch(tmp_path, "imagesTr/hippocampus_001.nii.gz", "imagesTr/._hippocampus_001.nii.gz",
          "labelsTr/hippocampus_001.nii.gz", "imagesTs/hippocampus_002.nii.gz")  # fmt: skip
    found = find_scans(tmp_path)
    assert found.layout == "Decathlon / nnU-Net"
    assert found.pairs == [
        Pair("hippocampus_001", "imagesTr/hippocampus_001.nii.gz", "labelsTr/hippocampus_001.nii.gz"),
        Pair("hippocampus_002", "imagesTs/hippocampus_002.nii.gz", None),
    ]


def test_nnunet_s_first_channel_is_the_image_and_the_others_are_said(tmp_path):
    touch(tmp_path, "imagesTr/case-7_0000.nii.gz", "imagesTr/case-7_0001.nii.gz", "labelsTr/case-7.nii.gz",
          "imagesTs/new_1_0000.nii.gz")  # fmt: skip
    found = find_scans(tmp_path)
    assert [(p.participant_id, p.mask) for p in found.pairs] == [("case-7", "labelsTr/case-7.nii.gz"), ("new_1", None)]
    [row] = found.left_out
    assert (row.participant_id, row.file) == ("case-7", "imagesTr/case-7_0001.nii.gz")
    assert "channel 1" in row.reason


def test_an_id_that_ends_like_a_channel_is_kept_where_its_mask_ends_so_too(tmp_path):
    touch(tmp_path, "imagesTr/scan_0000.nii.gz", "labelsTr/scan_0000.nii.gz", "imagesTr/scan_0001.nii.gz",
          "labelsTr/scan_0001.nii.gz")  # fmt: skip
    assert [p.participant_id for p in find_scans(tmp_path).pairs] == ["scan_0000", "scan_0001"]


@pytest.mark.parametrize(
    ("more", "file", "reason"),
    [
        ("imagesTs/a.nii.gz", "imagesTs/a.nii.gz", "2 images under one id"),
        ("imagesTr/a.nii", "imagesTr/a.nii.gz", "2 images under one id"),
        ("labelsTr/a.nii", "imagesTr/a.nii.gz", "2 masks under one id"),
        ("labelsTr/b.nii.gz", "labelsTr/b.nii.gz", "a mask but no image"),
    ],
)
def test_what_is_there_twice_or_by_half_is_left_out(tmp_path, more, file, reason):
    touch(tmp_path, "imagesTr/a.nii.gz", "labelsTr/a.nii.gz", more)
    [row] = find_scans(tmp_path).left_out
    assert row.file == file
    assert reason in row.reason


def test_a_link_within_the_folder_is_followed_and_one_that_leads_out_is_not(tmp_path):
    folder = bids(tmp_path / "scans", {"sub-1": "a", "sub-2": "b"})
    elsewhere = save(tmp_path / "other.nii.gz", brain(9))
    for name, target in {"sub-in": t1_path(folder, "sub-1"), "sub-out": elsewhere}.items():
        t1_path(folder, name).parent.mkdir(parents=True)
        t1_path(folder, name).symlink_to(target)
    (folder / "sub-whole").symlink_to(tmp_path)
    found = find_scans(folder)
    assert [p.participant_id for p in found.pairs] == ["sub-1", "sub-2", "sub-in"]
    assert {row.participant_id for row in found.left_out} == {"sub-out", "sub-whole"}
    assert all("link that leads out" in row.reason for row in found.left_out)


def test_derivatives_that_lead_out_are_not_entered(tmp_path):
    folder = bids(tmp_path / "scans", {"sub-1": "a"}, unlabelled=["sub-1"])
    save(mask_path(tmp_path / "other", "sub-1"), blob().astype(np.uint8))
    (folder / "derivatives").symlink_to(tmp_path / "other" / "derivatives")
    found = find_scans(folder)
    assert found.pairs[0].mask is None
    assert found.left_out[0].file == "derivatives"


def test_names_that_are_no_text_are_left_out_and_can_be_printed(tmp_path):
    folder = bids(tmp_path, {"sub-1": "a"})
    name = os.fsdecode(b"sub-\xff")
    t1_path(folder, name).parent.mkdir(parents=True)
    t1_path(folder, name).touch()
    [row] = find_scans(folder).left_out
    assert "not UTF-8" in row.reason
    row.file.encode()


@pytest.mark.parametrize("make", [lambda folder: folder / "no", lambda folder: touch(folder, "x.nii.gz")])
def test_a_folder_of_no_layout_is_a_sentence(tmp_path, make):
    with pytest.raises(InputError, match=r"not a folder|in no layout"):
        find_scans(make(tmp_path))
