"""Where in the template each voxel of a person's brain comes from: random anatomy and pose in one flow, then growth."""

import numpy as np
import torch

from fairal.cohort.synthetic.deform import Grid, exponentiate, linear_weights, read_nodes, smooth_noise
from fairal.cohort.synthetic.growth import grow
from fairal.cohort.synthetic.traits import Traits
from fairal.seeds import stream

COARSE_MM, COARSE_SD_MM = 18.0, 1.06
"""Lattice step and standard deviation of the velocity's coarse part: a trilinear field of 1.95 mm per node has 1.06."""
FINE_MM, FINE_SD_MM = 9.0, 0.41
"""Those of its fine part (0.75 mm per node)."""
STEP_MM = 3.0  # against 1.5 mm, positions are off by 0.05 mm on average and by 0.2 mm at most
_MARGIN_MM = 12.0  # around a window, further than any displacement within it reaches


def template_positions(seed: int, anatomy: str, traits: Traits, grid: Grid, step_mm: float = STEP_MM) -> torch.Tensor:
    """Draw a person's random anatomy, and apply it together with their traits.

    The same seed and anatomy give the same brain on every grid, up to float32 rounding.

    Args:
        seed, anatomy: Name the brain.
        traits: From `draw_traits` of the same names.
        grid: Where to read it.
        step_mm: Voxels to deform on; a picture can do with coarser ones.

    Returns:
        Template positions (3, X, Y, Z) in mm.
    """
    margin = int(np.ceil(_MARGIN_MM / step_mm))
    low = [step_mm * np.floor(axis[0] / step_mm) for axis in grid.axes()]
    counts = [int(np.ceil((axis[-1] - l) / step_mm)) + 1 for axis, l in zip(grid.axes(), low, strict=True)]
    nodes = Grid(tuple(low), step_mm, tuple(counts))
    wide = Grid(tuple(l - margin * step_mm for l in low), step_mm, tuple(n + 2 * margin for n in counts))
    velocity = traits.pose(wide)
    velocity += COARSE_SD_MM * smooth_noise(stream(seed, "coarse", anatomy), COARSE_MM, wide.axes(), 3)
    velocity += FINE_SD_MM * smooth_noise(stream(seed, "fine", anatomy), FINE_MM, wide.axes(), 3)
    positions = grow(nodes.points() + exponentiate(velocity, wide, margin), traits.log_volumes)
    weights = [linear_weights(a, l, step_mm, n) for a, l, n in zip(grid.axes(), low, counts, strict=True)]
    return read_nodes(weights, positions)
