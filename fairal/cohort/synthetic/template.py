"""The ICBM 152 T1 template, and the left caudate and lateral ventricle derived from it.

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
from scipy import ndimage

from fairal.config import FIELDS_OF_VIEW

_FILE = Path(__file__).with_name("icbm152.npz")
_MASKS = ("caudate", "ventricle")


@dataclass(frozen=True)
class Template:
    """The template on 1 mm voxels in MNI space.

    Attributes:
        t1: (X, Y, Z) float32 in [0, 1], brain only.
        caudate: (X, Y, Z) bool, the left caudate. The template is symmetric: its mirror image is the right one.
        ventricle: (X, Y, Z) bool, the left lateral ventricle without its temporal horn.
        origin_mm: MNI position of the first voxel's centre.
        white: T1 of white matter, the median where its map exceeds 0.9.
        checksum: Digest of the arrays; part of every cohort's key.
    """

    t1: np.ndarray
    caudate: np.ndarray
    ventricle: np.ndarray
    origin_mm: tuple[float, float, float]
    white: float
    checksum: str


def derive() -> dict[str, np.ndarray]:
    """Derive the structures from the template's T1, grey- and white-matter maps, and crop all to the brain.

    Returns:
        ``t1`` (X, Y, Z) uint8, ``caudate`` and ``ventricle`` (X, Y, Z) bool, ``origin_mm`` (3,), ``white`` scalar in
        [0, 1].
    """
    from nilearn.datasets import load_mni152_gm_template, load_mni152_template, load_mni152_wm_template

    image = load_mni152_template(resolution=1)
    loaded = (image, load_mni152_gm_template(resolution=1), load_mni152_wm_template(resolution=1))
    t1, grey, white = (np.asarray(each.dataobj, dtype=np.float32) for each in loaded)
    t1, grey, white = t1 / t1.max(), grey / grey.max(), white / white.max()
    offset = image.affine[:3, 3]
    x, y, z = np.meshgrid(*(np.arange(n) + o for n, o in zip(t1.shape, offset, strict=True)), indexing="ij")
    ventricle = _ventricle(t1, grey, (x, y, z))
    caudate = _largest(_caudate(t1, grey, white, (x, y, z)) & ~ventricle)

    corner, extent = FIELDS_OF_VIEW["brain"]
    first, size = [round(c - o) for c, o in zip(corner, offset, strict=True)], [round(e) for e in extent]
    t1, caudate, ventricle, white = (_window(volume, first, size) for volume in (t1, caudate, ventricle, white))
    return {
        "t1": np.round(t1 * 255).astype(np.uint8),
        "caudate": caudate,
        "ventricle": ventricle,
        "origin_mm": np.array(corner),
        "white": np.float64(np.median(t1[white > 0.9])),
    }


def _caudate(t1: np.ndarray, grey: np.ndarray, white: np.ndarray, at: tuple) -> np.ndarray:
    """Grey matter near the lateral ventricle inside a box, its cut ends rounded. Thresholds were set by eye, once.

    Behind y = 7 mm the thalamus and the fornix come close, so the box narrows to its upper outer part until y = 0.
    Grey matter goes on where the nucleus ends: into the accumbens below and along the stria behind. There a wider
    blur rounds the lower end, and a rising threshold tapers the tail.
    """
    x, y, z = at
    box = (abs(x) < 26) & (y > -45) & (y < 30) & (z > -6) & (z < 30)
    near = ndimage.distance_transform_edt(~((t1 < 0.45) & (grey < 0.5) & box)) <= 13
    behind = np.clip(1 - y / 7, 0, 1)
    found = (grey > 0.55) & (white < 0.5) & near
    found &= (x > -22) & (x < -5 - 4 * behind) & (y > -26) & (y < 26) & (z > -4 + 18 * behind) & (z < 26)
    found = ndimage.binary_closing(_largest(ndimage.binary_opening(found))).astype(np.float32)
    low, tail = np.clip((8 - z) / 6, 0, 1), np.clip((-10 - y) / 14, 0, 1)
    smooth = (1 - low) * ndimage.gaussian_filter(found, 1.0) + low * ndimage.gaussian_filter(found, 2.5)
    return smooth > 0.45 + 0.4 * tail


def _ventricle(t1: np.ndarray, grey: np.ndarray, at: tuple) -> np.ndarray:
    """Fluid left of the septum from the frontal horn to the atrium; between the thalami lies the third ventricle."""
    x, y, z = at
    box = (x > -40) & (x < 0) & (y > -60) & (y < 35) & (z > -8) & (z < 32)
    fluid = (t1 > 0.05) & (t1 < 0.5) & (grey < 0.5) & box & ~((x > -3.5) & (y < 2) & (z < 16))
    return _largest(ndimage.binary_opening(fluid))


def _largest(mask: np.ndarray) -> np.ndarray:
    parts, count = ndimage.label(mask)
    return parts == 1 + np.argmax(ndimage.sum_labels(mask, parts, range(1, count + 1)))


def _window(volume: np.ndarray, first: list[int], size: list[int]) -> np.ndarray:
    padded = np.pad(
        volume, [(max(0, -f), max(0, f + s - n)) for f, s, n in zip(first, size, volume.shape, strict=True)]
    )
    return padded[tuple(slice(max(0, f), max(0, f) + s) for f, s in zip(first, size, strict=True))]


@lru_cache(maxsize=1)
def load_template() -> Template:
    """Read the template that the package carries."""
    with np.load(_FILE) as stored:
        t1, origin, white = stored["t1"], stored["origin_mm"], float(stored["white"])
        caudate, ventricle = (
            np.unpackbits(stored[name], count=t1.size).reshape(t1.shape).astype(bool) for name in _MASKS
        )
    content = b"".join(part.tobytes() for part in (t1, caudate, ventricle, origin))
    checksum = blake2b(content, digest_size=12).hexdigest()
    return Template(t1.astype(np.float32) / 255, caudate, ventricle, tuple(origin.tolist()), white, checksum)


if __name__ == "__main__":
    derived = derive()
    np.savez_compressed(_FILE, **{**derived, **{name: np.packbits(derived[name]) for name in _MASKS}})
    sizes = ", ".join(f"left {name} of {derived[name].sum()} mm³" for name in _MASKS)
    print(f"{_FILE}: {sizes}, white matter at {derived['white']:.3f}")
