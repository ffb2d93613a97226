"""Small folders of scans, made by the tests."""

from pathlib import Path

import nibabel as nib
import numpy as np

SHAPE = (16, 18, 14)


def blob(shape=SHAPE, low=(5, 6, 4), high=(10, 12, 9)) -> np.ndarray:
    """A box-shaped structure: (X, Y, Z) bool."""
    mask = np.zeros(shape, bool)
    mask[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] = True
    return mask


def brain(seed: int, shape=SHAPE) -> np.ndarray:
    """Noise with a brighter blob: (X, Y, Z) float32."""
    return (np.random.default_rng(seed).normal(100, 10, shape) + 50 * blob(shape)).astype(np.float32)


def save(path: Path, values: np.ndarray, affine=None, dtype=None, **header) -> Path:
    """Write a NIfTI file; `header` sets fields of its header after nibabel has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(values if dtype is None else values.astype(dtype), np.eye(4) if affine is None else affine)
    image.header.set_xyzt_units("mm")
    for field, value in header.items():
        image.header[field] = value
    nib.save(image, path)
    return path


def t1_path(folder: Path, subject: str) -> Path:
    return folder / subject / "anat" / f"{subject}_T1w.nii.gz"


def mask_path(folder: Path, subject: str) -> Path:
    return folder / "derivatives" / "me" / subject / "anat" / f"{subject}_mask.nii.gz"


def table(folder: Path, groups: dict[str, str], column="sex") -> Path:
    path = folder / "participants.tsv"
    rows = [f"participant_id\t{column}", *(f"{name}\t{group}" for name, group in groups.items())]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def bids(folder: Path, groups: dict[str, str], unlabelled=()) -> Path:
    """A tidy BIDS folder: one scan and one mask a participant, all different."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(groups):
        save(t1_path(folder, name), brain(i))
        if name not in unlabelled:
            save(mask_path(folder, name), blob(), dtype=np.uint8)
    table(folder, groups)
    return folder
