"""The grid that all scans of a collection share, and the transforms that bring a scan onto it.

Every scan is turned to RAS and resampled along its own axes, so that nothing is rotated. Boxes are counted in voxels
from the middle of each scan's own field of view, for scans with and without a mask alike: a crop that was centred on
the structure would tell a network, and a strategy, where the structure of a scan lies whose mask they must not see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod
from statistics import median

import numpy as np
from nibabel.orientations import axcodes2ornt, inv_ornt_aff, io_orientation, ornt_transform

from fairal.cohort.folder.limits import VOXELS_MAX
from fairal.cohort.folder.nifti import Header, Volume
from fairal.errors import InputError

MARGIN_MM = 15.0
"""Around the masks' common box: context for the network, and room for the masks that are still to come."""
PERCENTILES = (0.5, 99.5)
SAME_SPACING = 1e-3
"""Edges that differ by less than this share stay as they are: interpolation would blur and gain nothing."""
LABELS = (("L", "R"), ("P", "A"), ("I", "S"))

Box = tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
"""(first, one past the last) voxel along X, Y, Z, counted from the middle of a field of view."""


@dataclass(frozen=True)
class Grid:
    """What all scans of a collection are brought to.

    Attributes:
        spacing_mm: Voxel edge along X, Y and Z.
        box: Of voxels, from the middle of each scan's field of view.
    """

    spacing_mm: float
    box: Box

    @property
    def shape(self) -> tuple[int, int, int]:
        return tuple(high - low for low, high in self.box)

    @property
    def origin_mm(self) -> tuple[float, float, float]:
        """Where the first voxel's centre lies from the middle voxel of a scan's field of view."""
        return tuple(low * self.spacing_mm for low, _ in self.box)


def common_spacing_mm(headers: Sequence[Header]) -> float:
    """Choose the spacing of a collection: the median over its scans.

    A scan with unequal edges counts with their geometric mean, the edge of the cube of the same volume: resampling to
    it neither multiplies the voxels nor drops most of them.
    """
    return round(median(prod(header.edges_mm) ** (1 / 3) for header in headers), 4)


def common_grid(structures: Sequence[Box], views: Sequence[Box], spacing_mm: float) -> Grid:
    """Choose the grid of a collection: where the structures lie and a margin, but nothing that no scan has seen.

    Args:
        structures: The masks' boxes; none gives the whole field of view.
        views: The fields of view.

    Raises:
        InputError: It has more than `VOXELS_MAX` voxels.
    """
    view, margin = _union(views), ceil(MARGIN_MM / spacing_mm)
    around = [(low - margin, high + margin) for low, high in _union(structures)] if structures else view
    box = tuple((max(low, v), min(high, w)) for (low, high), (v, w) in zip(around, view, strict=True))
    grid = Grid(spacing_mm, box)
    if prod(grid.shape) > VOXELS_MAX:
        raise InputError(
            f"The common field of view has {' × '.join(map(str, grid.shape))} voxels of {spacing_mm:g} mm, more than "
            "are held; give a --size or a larger --spacing."
        )
    return grid


def sized_grid(structures: Sequence[Box], views: Sequence[Box], spacing_mm: float, size: Sequence[int]) -> Grid:
    """Give a grid of the wished size with the structures in its middle, or without masks the field of view's middle."""
    around = _union(structures or views)
    starts = [(low + high - n) // 2 for (low, high), n in zip(around, size, strict=True)]
    return Grid(spacing_mm, tuple((start, start + n) for start, n in zip(starts, size, strict=True)))


def _union(boxes: Sequence[Box]) -> Box:
    return tuple((min(low for low, _ in axis), max(high for _, high in axis)) for axis in zip(*boxes, strict=True))


def view_of(shape: Sequence[int]) -> Box:
    """Give the box of a whole field of view."""
    return tuple((-(n // 2), n - n // 2) for n in shape)


def structure_of(mask: np.ndarray) -> Box:
    """Give the box around a mask (X, Y, Z) that is not empty."""
    box = []
    for axis, n in enumerate(mask.shape):
        there = np.flatnonzero(mask.any(tuple(a for a in range(3) if a != axis)))
        box.append((int(there[0]) - n // 2, int(there[-1]) + 1 - n // 2))
    return tuple(box)


def check_resampled(header: Header, spacing_mm: float) -> None:
    """Refuse a scan that would not fit into memory at this spacing.

    Raises:
        InputError: It would have more than `VOXELS_MAX` voxels.
    """
    voxels = prod(n * edge / spacing_mm for n, edge in zip(header.shape, header.edges_mm, strict=True))
    if voxels > VOXELS_MAX:
        raise InputError(f"At {spacing_mm:g} mm it would have {voxels:,.0f} voxels; at most {VOXELS_MAX:,} are held.")


def as_ras(header: Header) -> tuple[tuple[int, ...], np.ndarray]:
    """Give shape and (4, 4) affine of a grid after its axes were turned to RAS."""
    turn = ornt_transform(io_orientation(header.affine), axcodes2ornt("RAS"))
    shape = [0, 0, 0]
    for axis, (target, _) in enumerate(turn):
        shape[int(target)] = header.shape[axis]
    return tuple(shape), header.affine @ inv_ornt_aff(turn, header.shape)


def _keeps(affine: np.ndarray, spacing_mm: float) -> bool:
    return np.allclose(np.linalg.norm(affine[:3, :3], axis=0), spacing_mm, rtol=SAME_SPACING, atol=0)


def resampled_shape(shape: Sequence[int], affine: np.ndarray, spacing_mm: float) -> tuple[int, int, int]:
    """Give the shape of what `regrid` makes of a grid in RAS."""
    from monai.data.utils import compute_shape_offset, zoom_affine

    if _keeps(affine, spacing_mm):
        return tuple(shape)
    finer = zoom_affine(affine, (spacing_mm,) * 3, diagonal=False)
    return tuple(int(n) for n in compute_shape_offset(shape, affine, finer)[0])


def regrid(values: np.ndarray, affine: np.ndarray, spacing_mm: float, mode: str):
    """Turn a volume (X, Y, Z) to RAS and resample it along its own axes.

    Args:
        mode: ``bilinear`` for an image, ``nearest`` for a mask.

    Returns:
        (1, X, Y, Z) float32, a `monai.data.MetaTensor` that knows its affine.
    """
    import torch
    from monai.data import MetaTensor
    from monai.transforms import Orientation, Spacing

    tensor = torch.from_numpy(np.ascontiguousarray(values, np.float32))[None]
    turned = Orientation(axcodes="RAS", labels=LABELS)(MetaTensor(tensor, affine=torch.from_numpy(affine)))
    if _keeps(np.asarray(turned.affine), spacing_mm):
        return turned
    return Spacing(pixdim=(spacing_mm,) * 3, mode=mode, padding_mode="border", dtype=np.float32)(turned)


def image_on_grid(image: Volume, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Bring an image onto the grid: RAS, resampled, cropped, clipped at percentiles, z-scored, padded with the mean.

    Percentiles, mean and SD are those of the scan's own voxels within the box.

    Returns:
        (X, Y, Z) float16, and its (4, 4) affine.

    Raises:
        InputError: Nothing of the scan lies in the box, or it has the same value everywhere there.
    """
    from monai.transforms import Compose, NormalizeIntensity, ScaleIntensityRangePercentiles

    scan = regrid(image.scaled(), image.header.affine, grid.spacing_mm, "bilinear")
    scan, border = _cropped(scan, grid)
    lower, upper = PERCENTILES
    if not float(scan.max()) > float(scan.min()):
        raise InputError("The image has the same value everywhere in the box that is kept.")
    scan = Compose([ScaleIntensityRangePercentiles(lower, upper, 0.0, 1.0, clip=True), NormalizeIntensity()])(scan)
    if not (bool(scan.isfinite().all()) and float(scan.std()) > 0):
        raise InputError(
            f"Between its {lower} and {upper} percentiles the image has a single value, or too wide a range."
        )
    padded = _padded(scan, border)
    return padded.numpy()[0].astype(np.float16), np.asarray(padded.affine, float)


def mask_on_grid(structure: np.ndarray, header: Header, grid: Grid) -> np.ndarray:
    """Bring a mask (X, Y, Z) onto the grid by nearest neighbour: (X, Y, Z) bool.

    Raises:
        InputError: The box cuts the structure.
    """
    mask = regrid(structure, header.affine, grid.spacing_mm, "nearest")
    whole = int((mask > 0).sum())
    mask, border = _cropped(mask, grid)
    if kept := whole - int((mask > 0).sum()):
        raise InputError(
            f"The structure would be cut: {kept:,} of its {whole:,} voxels lie outside of the "
            f"{' × '.join(map(str, grid.shape))} voxels that are kept; a larger --size would hold it."
        )
    return _padded(mask, border).numpy()[0] > 0


def _cropped(scan, grid: Grid):
    """Crop to what of the box the scan has; returns it and the voxels missing at (before, after) of X, Y, Z."""
    from monai.transforms import SpatialCrop

    middles = [n // 2 for n in scan.shape[1:]]
    starts = [m + low for m, (low, _) in zip(middles, grid.box, strict=True)]
    ends = [m + high for m, (_, high) in zip(middles, grid.box, strict=True)]
    if any(end <= 0 or start >= n for start, end, n in zip(starts, ends, scan.shape[1:], strict=True)):
        raise InputError("Its field of view lies outside of the box that is kept.")
    missing = [(max(0, -start), max(0, end - n)) for start, end, n in zip(starts, ends, scan.shape[1:], strict=True)]
    return SpatialCrop(roi_start=starts, roi_end=ends)(scan), [n for axis in missing for n in axis]


def _padded(scan, border: list[int]):
    from monai.transforms import BorderPad

    return BorderPad(border, mode="constant", value=0.0)(scan)
