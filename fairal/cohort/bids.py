"""Write a cohort as NIfTI in a BIDS-like layout, so that any viewer opens it in the right place."""

import csv
import json
from pathlib import Path

import nibabel as nib
import numpy as np

from fairal import __version__
from fairal.cohort.arrays import Cohort

COLUMNS = ("participant_id", "group", "split", "strength", "volume_mm3")


def affine(cohort: Cohort) -> np.ndarray:
    """Voxel indices to MNI mm, RAS+."""
    matrix = np.diag([cohort.spacing_mm] * 3 + [1.0])
    matrix[:3, 3] = cohort.origin_mm
    return matrix


def write_bids(splits: list[Cohort], folder: Path, on_subject=lambda done, total: None) -> int:
    """Write pool and test set below a folder.

    Layout: ``sub-*/anat/sub-*_T1w.nii.gz`` (float32), the mask as a derivative
    ``derivatives/fairal/sub-*/anat/sub-*_label-leftcaudate_mask.nii.gz`` (uint8), `participants.tsv`.

    Returns:
        Subjects written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    derivatives = folder / "derivatives" / "fairal"
    total, done, rows = sum(len(c.subjects) for c in splits), 0, []
    for cohort in splits:
        where = affine(cohort)
        for subject, t1, mask in zip(cohort.subjects, cohort.t1, cohort.mask, strict=True):
            name = f"sub-{subject.id}"
            _save(t1.astype(np.float32), where, folder / name / "anat" / f"{name}_T1w.nii.gz")
            _save(mask.astype(np.uint8), where, derivatives / name / "anat" / f"{name}_label-leftcaudate_mask.nii.gz")
            rows.append((name, subject.group, subject.split, subject.about.get("strength"), subject.volume_mm3))
            done += 1
            on_subject(done, total)
    with (folder / "participants.tsv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter="\t", lineterminator="\n").writerows([COLUMNS, *rows])
    about = {"BIDSVersion": "1.10.0", "GeneratedBy": [{"Name": "fairal", "Version": __version__}]}
    _json(folder / "dataset_description.json", {"Name": "fairal synthetic cohort", "DatasetType": "raw", **about})
    _json(derivatives / "dataset_description.json", {"Name": "fairal masks", "DatasetType": "derivative", **about})
    _json(
        folder / "participants.json",
        {
            "group": {"Description": "Sensitive attribute of this synthetic subject"},
            "split": {"Description": "pool (to be labelled) or test (matched pairs)"},
            "strength": {"Description": "Strength of the bias built into the left caudate; 0 is none"},
            "volume_mm3": {"Description": "Realised volume of the left caudate", "Units": "mm^3"},
        },
    )
    return done


def _save(volume: np.ndarray, where: np.ndarray, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(volume, where)
    image.header.set_xyzt_units("mm")
    image.set_sform(where, code="mni")
    image.set_qform(where, code="mni")
    nib.save(image, path)


def _json(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=2))
