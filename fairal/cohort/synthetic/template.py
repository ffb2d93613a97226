"""The ICBM 152 T1 template, and the left caudate derived from it.

What is derived lies in the package (`icbm152.npz`, written by
``python -m fairal.cohort.synthetic.template``), so that a worker
need not spend seconds on it; a test derives it again from the files that nilearn ships and compares.
Template: ICBM 152 nonlinear 2009a, Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal
Neurological Institute, McGill University; see `icbm152-LICENSE.txt`.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

import numpy as np

from fairal.config import FIELDS_OF_VIEW

_FILE = Path(__file__).with_name("icbm152.npz")


@dataclass(frozen=True)
class Template:
    """The template on 1 mm voxels in MNI space.

    Attributes:
        t1: (X, Y, Z) float32 in [0, 1], brain only.
        caudate: (X, Y, Z) bool, the left caudate.
        origin_mm: MNI position of the first voxel's centre.
        white: T1 of white matter, the median where its map exceeds 0.9.
        checksum: Digest of the arrays; part of every cohort's key.
    """

    t1: np.ndarray
    caudate: np.ndarray
    origin_mm: tuple[float, float, float]
    white: float
    checksum: str


def derive() -> dict[str, np.ndarray]:
    """Derive the left caudate from the template's T1, grey- and white-matter maps, and crop all to the brain.

    The caudate is grey matter near the lateral ventricle inside a box; behind y = 0 the thalamus and the fornix lie
    next to it, so there only its upper outer part counts. Thresholds were set by eye on the template, once.

    Returns:
        ``t1`` (X, Y, Z) uint8, ``caudate`` (X, Y, Z) bool, ``origin_mm`` (3,), ``white`` scalar in [0, 1].
    """
    from nilearn.datasets import load_mni152_gm_template, load_mni152_template, load_mni152_wm_template
    from scipy import ndimage

    image = load_mni152_template(resolution=1)
    t1 = np.asarray(image.dataobj, dtype=np.float32)
    grey = np.asarray(load_mni152_gm_template(resolution=1).dataobj, dtype=np.float32)
    white = np.asarray(load_mni152_wm_template(resolution=1).dataobj, dtype=np.float32)
    t1, grey, white = t1 / t1.max(), grey / grey.max(), white / white.max()
    offset = image.affine[:3, 3]
    x, y, z = np.meshgrid(*(np.arange(n) + o for n, o in zip(t1.shape, offset, strict=True)), indexing="ij")

    box = (abs(x) < 26) & (y > -45) & (y < 30) & (z > -6) & (z < 30)
    ventricle = (t1 < 0.45) & (grey < 0.5) & box
    near = ndimage.distance_transform_edt(~ventricle) <= 13
    caudate = (grey > 0.55) & (white < 0.5) & near
    caudate &= (x > -22) & (x < -5) & (y > -22) & (y < 26) & (z > -2) & (z < 26)
    caudate &= (y >= 0) | ((z > 14) & (x < -9))
    caudate = ndimage.binary_opening(caudate)
    parts, count = ndimage.label(caudate)
    caudate = parts == 1 + np.argmax(ndimage.sum_labels(caudate, parts, range(1, count + 1)))
    caudate = ndimage.binary_closing(caudate)

    corner, extent = FIELDS_OF_VIEW["brain"]
    first = [round(c - o) for c, o in zip(corner, offset, strict=True)]
    t1, caudate, white = (_window(volume, first, [round(e) for e in extent]) for volume in (t1, caudate, white))
    return {
        "t1": np.round(t1 * 255).astype(np.uint8),
        "caudate": caudate,
        "origin_mm": np.array(corner),
        "white": np.float64(np.median(t1[white > 0.9])),
    }


def _window(volume: np.ndarray, first: list[int], size: list[int]) -> np.ndarray:
    padded = np.pad(
        volume, [(max(0, -f), max(0, f + s - n)) for f, s, n in zip(first, size, volume.shape, strict=True)]
    )
    return padded[tuple(slice(max(0, f), max(0, f) + s) for f, s in zip(first, size, strict=True))]


@lru_cache(maxsize=1)
def load_template() -> Template:
    """Read the template that the package carries."""
    with np.load(_FILE) as stored:
        t1, caudate = stored["t1"], np.unpackbits(stored["caudate"], count=stored["t1"].size)
        caudate = caudate.reshape(t1.shape).astype(bool)
        origin, white = stored["origin_mm"], float(stored["white"])
    checksum = blake2b(t1.tobytes() + caudate.tobytes() + origin.tobytes(), digest_size=12).hexdigest()
    return Template(t1.astype(np.float32) / 255, caudate, tuple(origin.tolist()), white, checksum)


if __name__ == "__main__":
    derived = derive()
    np.savez_compressed(_FILE, **{**derived, "caudate": np.packbits(derived["caudate"])})
    print(f"{_FILE}: left caudate of {derived['caudate'].sum()} mm³, white matter at {derived['white']:.3f}")
