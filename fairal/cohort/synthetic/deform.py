"""Smooth random diffeomorphisms: a stationary velocity field, exponentiated by scaling and squaring.

The random lattices lie in MNI space over the whole brain, so a field of view is a window onto the same brain.
Displacements are in mm, channels first: (3, X, Y, Z).
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.functional import grid_sample

SQUARINGS = 3
_LATTICE = ((-108.0, 108.0), (-144.0, 108.0), (-108.0, 126.0))  # the brain, its margin and the splines' support
_SPLINE_SD = 0.332  # of a cubic B-spline of unit white noise in three dimensions, averaged over positions


@dataclass(frozen=True)
class Grid:
    """Voxels in MNI space: position of the first centre, edge length, count along X, Y, Z."""

    origin_mm: tuple[float, float, float]
    spacing_mm: float
    shape: tuple[int, int, int]

    def axes(self) -> list[np.ndarray]:
        """Positions in mm along X, Y and Z."""
        return [o + self.spacing_mm * np.arange(n) for o, n in zip(self.origin_mm, self.shape, strict=True)]

    def points(self) -> torch.Tensor:
        """Positions of all centres, (3, X, Y, Z) float32 in mm."""
        axes = [torch.as_tensor(axis, dtype=torch.float32) for axis in self.axes()]
        return torch.stack(torch.meshgrid(*axes, indexing="ij"))


def sample(volume: torch.Tensor, grid: Grid, points: torch.Tensor, padding: str = "zeros") -> torch.Tensor:
    """Read a volume at positions in mm by trilinear interpolation.

    Args:
        volume: (C, X, Y, Z) on `grid`.
        points: (3, ...) in mm.
        padding: What lies outside: ``zeros`` or the nearest ``border`` voxel.

    Returns:
        (C, ...).
    """
    origin = torch.tensor(grid.origin_mm, dtype=points.dtype)
    scale = torch.tensor([2 / (grid.spacing_mm * max(n - 1, 1)) for n in grid.shape], dtype=points.dtype)
    flat = points.reshape(3, -1)
    # Half of the cohort's time is this reading, and a small volume leaves most points outside.
    near = _near(flat, grid) if padding == "zeros" else None
    where = flat.T if near is None else flat[:, near].T  # (P, 3)
    where = ((where - origin) * scale - 1).flip(1)  # grid_sample wants Z, Y, X in [-1, 1]
    read = grid_sample(volume[None], where[None, :, None, None], padding_mode=padding, align_corners=True)
    read = read.reshape(volume.shape[0], -1)
    if near is not None:
        everywhere = read.new_zeros(volume.shape[0], flat.shape[1])
        everywhere[:, near] = read
        read = everywhere
    return read.reshape(volume.shape[0], *points.shape[1:])


def _near(points: torch.Tensor, grid: Grid) -> torch.Tensor | None:
    """Which of (3, P) points lie less than a voxel outside of the grid or in it; None where all do."""
    near = torch.ones(points.shape[1], dtype=torch.bool)
    for along, first, n in zip(points, grid.origin_mm, grid.shape, strict=True):
        near &= (along > first - grid.spacing_mm) & (along < first + n * grid.spacing_mm)
    return None if near.all() else near.nonzero()[:, 0]


def _spline(positions: np.ndarray, first: float, step: float, count: int) -> np.ndarray:
    """Weights of a uniform cubic B-spline: (positions, nodes)."""
    nodes = first + step * np.arange(count)
    t = np.abs(positions[:, None] - nodes) / step
    inner, outer = 2 / 3 - t**2 + t**3 / 2, (2 - t).clip(0) ** 3 / 6
    return np.where(t < 1, inner, outer)


def linear_weights(positions: np.ndarray, first: float, step: float, count: int) -> np.ndarray:
    """Weights of linear interpolation along one axis: (positions, nodes)."""
    nodes = first + step * np.arange(count)
    return (1 - np.abs(positions[:, None] - nodes) / step).clip(0)


def read_nodes(weights: list[np.ndarray], nodes: torch.Tensor) -> torch.Tensor:
    """Read nodes (C, I, J, K) on a grid by the weights of each axis, (C, X, Y, Z): one small matrix product each."""
    wx, wy, wz = (torch.as_tensor(w, dtype=torch.float32) for w in weights)
    out = torch.einsum("cijk,zk->cijz", nodes, wz)
    out = torch.einsum("cijz,yj->ciyz", out, wy)
    return torch.einsum("ciyz,xi->cxyz", out, wx)


def smooth_noise(rng: np.random.Generator, step_mm: float, axes: list[np.ndarray], channels: int = 1) -> torch.Tensor:
    """Draw white noise on a lattice over the whole brain and read its cubic B-spline, SD 1, on the given axes.

    Returns:
        (channels, X, Y, Z) float32.
    """
    counts = [round((high - low) / step_mm) + 1 for low, high in _LATTICE]
    nodes = torch.from_numpy(rng.standard_normal((channels, *counts), dtype=np.float32))
    weights = [_spline(a, low, step_mm, n) for a, (low, _), n in zip(axes, _LATTICE, counts, strict=True)]
    return read_nodes(weights, nodes) / _SPLINE_SD


def exponentiate(velocity: torch.Tensor, grid: Grid, margin: int = 0) -> torch.Tensor:
    """Flow along a stationary velocity field for unit time.

    Args:
        velocity: (3, X, Y, Z) in mm. Where it is zero nothing moves.
        grid: Its voxels.
        margin: Voxels along each face that the result leaves out.

    Returns:
        Displacement (3, X, Y, Z) in mm, less the margin.
    """
    inner = (slice(None), *(slice(margin, n - margin) for n in grid.shape))
    displacement, moving = velocity / 2**SQUARINGS, (velocity != 0).any(0)
    points = grid.points()
    if moving.all():
        for _ in range(SQUARINGS - 1):
            displacement = displacement + sample(displacement, grid, points + displacement, padding="border")
        last = displacement[inner]
        return last + sample(displacement, grid, points[inner] + last, padding="border")
    points = points[:, moving]
    for _ in range(SQUARINGS):
        there = displacement[:, moving]
        displacement[:, moving] = there + sample(displacement, grid, points + there, padding="border")
    return displacement[inner]


def smallest_jacobian(displacement: torch.Tensor, spacing_mm: float) -> float:
    """Smallest determinant of the deformation's Jacobian; 0 or less means that it folds.

    Args:
        displacement: (3, X, Y, Z) in mm.
    """
    dx, dy, dz = torch.gradient(displacement, spacing=spacing_mm, dim=(1, 2, 3))  # each (3, X, Y, Z)
    (a, d, g), (b, e, h), (c, f, i) = dx, dy, dz
    a, e, i = a + 1, e + 1, i + 1
    # Written out: for 3 × 3 matrices torch.linalg.det takes five times as long.
    return float((a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)).min())
