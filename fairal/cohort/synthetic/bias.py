"""What a group does to the structure: it shrinks, and may fade towards white matter.

The field acts in template space, before the subject's own anatomy, and is exactly zero beyond 12 mm of the structure.
"""

from functools import lru_cache

import numpy as np
import torch
from scipy import ndimage

from fairal.cohort.synthetic.deform import Grid, exponentiate, sample, smallest_jacobian
from fairal.cohort.synthetic.template import load_template
from fairal.errors import InputError

MM_PER_STRENGTH = 1.8
SPREAD = 0.25
"""Amplitudes vary between subjects: strength × 1.8 mm × (1 + 0.25·N(0, 1)), not below 0."""
SIGMA_MM, REACH_MM = 3.75, 12.0
SMALLEST_MM3 = 150.0
_STEP_MM = 1.5


def amplitude_mm(strength: float, rng: np.random.Generator) -> float:
    """Draw how far one subject's structure shrinks, in mm of velocity; 0 at strength 0."""
    return max(0.0, strength * MM_PER_STRENGTH * (1 + SPREAD * float(rng.standard_normal())))


@lru_cache(maxsize=1)
def unit_velocity() -> tuple[torch.Tensor, Grid]:
    """Velocity of amplitude 1 mm along the gradient of the structure's signed distance, windowed to its neighbourhood.

    Sampling further out makes the structure smaller, so the field points outwards.

    Returns:
        (3, X, Y, Z) in mm, and its grid around the structure.
    """
    template = load_template()
    inside = np.argwhere(template.caudate)
    pad = round(REACH_MM) + 2
    first, last = inside.min(0) - pad, inside.max(0) + pad + 1
    mask = template.caudate[tuple(slice(f, e) for f, e in zip(first, last, strict=True))]
    distance = ndimage.distance_transform_edt(~mask) - ndimage.distance_transform_edt(mask)
    slope = np.stack(np.gradient(ndimage.gaussian_filter(distance, 1.0)))
    slope /= np.maximum(np.linalg.norm(slope, axis=0), 1.0)  # where the distance has a ridge the slope stays short
    floor = np.exp(-(REACH_MM**2) / (2 * SIGMA_MM**2))
    window = ((np.exp(-(distance**2) / (2 * SIGMA_MM**2)) - floor) / (1 - floor)).clip(0)
    fine = Grid(tuple(f + o for f, o in zip(first, template.origin_mm, strict=True)), 1.0, mask.shape)
    shape = tuple(int((n - 1) // _STEP_MM) + 1 for n in mask.shape)
    grid = Grid(fine.origin_mm, _STEP_MM, shape)
    velocity = torch.from_numpy((slope * window).astype(np.float32))
    return sample(velocity, fine, grid.points(), padding="border"), grid


def shrink(positions: torch.Tensor, amplitude: float, strength: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Compose the group's displacement with the subject's own positions.

    Args:
        positions: Template positions (3, X, Y, Z) in mm.
        amplitude: From `amplitude_mm`.
        strength: For the error's sentence.

    Returns:
        The new positions at the voxels that move, (3, M), and where those are, (X, Y, Z) bool.

    Raises:
        InputError: The deformation folds.
    """
    velocity, grid = unit_velocity()
    displacement = exponentiate(amplitude * velocity, grid)
    if smallest_jacobian(displacement, grid.spacing_mm) <= 0:
        raise InputError(f"strength {strength:g} folds the structure in one subject; lower the group's strength.")
    moved = sample(displacement, grid, positions)
    inside = (moved != 0).any(0)
    return positions[:, inside] + moved[:, inside], inside
