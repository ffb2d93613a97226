"""What is measured on one case: overlap, surface distances, volumes."""

from functools import lru_cache

import numpy as np
import torch
from scipy.ndimage import binary_erosion
from scipy.spatial import KDTree

TOLERANCE_MM = 1.0
"""Of the surface Dice. At 1.5 mm voxels a tolerance of 1.5 mm would forgive a whole layer of voxels."""

COLUMNS = ("dice", "assd_mm", "hd95_mm", "surface_dice", "volume_mm3", "predicted_mm3", "volume_error")
"""The columns of `measure_cases`, in order."""


def dice(truth: torch.Tensor, guess: torch.Tensor) -> torch.Tensor:
    """Measure the overlap 2|A∩B| / (|A| + |B|).

    Args:
        truth, guess: Boolean masks (N, X, Y, Z).

    Returns:
        (N,) float64 in [0, 1]; 1 where both masks are empty, 0 where exactly one is.
    """
    # Counted on the device, divided on the CPU: not every device knows float64.
    both = (truth & guess).flatten(1).count_nonzero(1).cpu().double()
    size = (truth.flatten(1).count_nonzero(1) + guess.flatten(1).count_nonzero(1)).cpu().double()
    return torch.where(size > 0, 2 * both / size.clamp(min=1), 1.0)


def surface_measures(truth: np.ndarray, guess: np.ndarray, spacing_mm: float) -> tuple[float, float, float]:
    """Measure the distances between two surfaces.

    ASSD and HD95 use the masks' edge voxels (in the mask, a face-neighbour outside), as MONAI does; tests hold them to
    MONAI's own functions, which take three times as long. The surface Dice weighs surface elements by their sub-voxel
    area, from MONAI's tables (Nikolov et al. 2018).

    Args:
        truth, guess: Boolean masks (X, Y, Z).
        spacing_mm: Voxel edge.

    Returns:
        Average symmetric surface distance in mm (the mean of all distances of both directions), HD95 in mm (the larger
        of the two directed 95th percentiles), surface Dice at 1 mm in [0, 1]. Both masks empty: 0, 0, 1. Exactly one
        empty: nan, nan, 0.
    """
    if not truth.any() or not guess.any():
        return (0.0, 0.0, 1.0) if truth.any() == guess.any() else (np.nan, np.nan, 0.0)
    truth, guess = _crop(truth, guess)
    there, back = _surface_distances(truth, guess, spacing_mm)
    assd = np.concatenate([there, back]).mean()
    hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
    return float(assd), float(hd95), _surface_dice(truth, guess, spacing_mm)


def assd_mm(truth: np.ndarray, guess: np.ndarray, spacing_mm: float) -> float:
    """Measure the average symmetric surface distance alone, as `surface_measures` does."""
    if not truth.any() or not guess.any():
        return 0.0 if truth.any() == guess.any() else np.nan
    return float(np.concatenate(_surface_distances(*_crop(truth, guess), spacing_mm)).mean())


def _surface_distances(truth: np.ndarray, guess: np.ndarray, spacing_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Distances in mm from the truth's edge voxels to the guess's edge, and back."""
    points = [np.argwhere(mask & ~binary_erosion(mask)) * spacing_mm for mask in (truth, guess)]
    trees = [KDTree(p, leafsize=32) for p in points]
    return trees[1].query(points[0])[0], trees[0].query(points[1])[0]


def _surface_dice(truth: np.ndarray, guess: np.ndarray, spacing_mm: float) -> float:
    areas = [_element_areas(mask, spacing_mm) for mask in (truth, guess)]
    elements = [area > 0 for area in areas]
    near = [_grow(e, TOLERANCE_MM / spacing_mm) for e in elements]
    close = areas[0][near[1]].sum() + areas[1][near[0]].sum()
    return float(close / (areas[0].sum() + areas[1].sum()))


def _element_areas(mask: np.ndarray, spacing_mm: float) -> np.ndarray:
    """Area in mm² of the surface inside each cube of eight neighbouring voxels, (X − 1, Y − 1, Z − 1)."""
    table = _area_table(spacing_mm)
    code = np.zeros(tuple(n - 1 for n in mask.shape), np.uint8)
    x, y, z = code.shape
    for bit in range(8):
        i, j, k = 1 - (bit >> 2 & 1), 1 - (bit >> 1 & 1), 1 - (bit & 1)
        code |= mask[i : i + x, j : j + y, k : k + z].astype(np.uint8) << bit
    return table[code]


@lru_cache(maxsize=8)
def _area_table(spacing_mm: float) -> np.ndarray:
    from monai.metrics.utils import get_code_to_measure_table

    return get_code_to_measure_table((spacing_mm,) * 3)[0].numpy().astype(np.float64)


def _grow(elements: np.ndarray, reach: float) -> np.ndarray:
    """All positions within `reach` steps of an element."""
    grown, whole = elements.copy(), int(reach)
    steps = range(-whole, whole + 1)
    for shift in ((i, j, k) for i in steps for j in steps for k in steps):
        if 0 < sum(s * s for s in shift) <= reach**2 + 1e-9:
            to = tuple(slice(max(0, s), min(0, s) or None) for s in shift)
            come = tuple(slice(max(0, -s), min(0, -s) or None) for s in shift)
            grown[to] |= elements[come]
    return grown


def _crop(truth: np.ndarray, guess: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # One empty voxel all around: without it a structure at the border of the volume would have no edge there.
    either = truth | guess
    box = []
    for axis in range(3):
        hit = np.flatnonzero(either.any(axis=tuple(a for a in range(3) if a != axis)))
        box.append(slice(hit[0], hit[-1] + 1))
    return tuple(np.pad(mask[tuple(box)], 1) for mask in (truth, guess))


def measure_cases(
    truth: torch.Tensor | np.ndarray, guess: torch.Tensor | np.ndarray, spacing_mm: float
) -> dict[str, list[float | None]]:
    """Measure a batch of cases.

    Args:
        truth, guess: Boolean masks (N, X, Y, Z), on any device.
        spacing_mm: Voxel edge.

    Returns:
        Columns of N finite numbers or None: `COLUMNS`. ``volume_error`` is (predicted − true) / true, None for an
        empty truth; distances are None where exactly one mask is empty.
    """
    truth, guess = torch.as_tensor(truth), torch.as_tensor(guess)
    voxel = spacing_mm**3
    columns: dict[str, list] = {name: [] for name in COLUMNS}
    columns["dice"] = dice(truth, guess).tolist()
    for true, predicted in zip(truth.cpu().numpy(), guess.cpu().numpy(), strict=True):
        assd, hd95, surface = surface_measures(true, predicted, spacing_mm)
        volume, guessed = (float(np.count_nonzero(mask) * voxel) for mask in (true, predicted))
        columns["assd_mm"].append(None if np.isnan(assd) else assd)
        columns["hd95_mm"].append(None if np.isnan(hd95) else hd95)
        columns["surface_dice"].append(surface)
        columns["volume_mm3"].append(volume)
        columns["predicted_mm3"].append(guessed)
        columns["volume_error"].append((guessed - volume) / volume if volume else None)
    return columns
