"""From tissue to T1: gamma, bias field, noise, normalisation. Parameters are drawn first, then applied."""

from dataclasses import dataclass

import numpy as np
import torch

from fairal.cohort.synthetic.deform import Grid, smooth_noise
from fairal.seeds import stream

GAMMA_SD, FIELD_SD, FIELD_MM, NOISE_SD = 0.15, 0.08, 36.0, 0.03


@dataclass(frozen=True)
class Scan:
    """One scan's effects on a grid.

    Attributes:
        gamma: Exponent of the tissue's intensity.
        field: (X, Y, Z) factor.
        noise: (X, Y, Z) addend, in units of the template's T1 in [0, 1].
    """

    gamma: float
    field: torch.Tensor
    noise: torch.Tensor

    def expose(self, tissue: torch.Tensor, where: torch.Tensor | None = None) -> torch.Tensor:
        """Turn tissue in [0, 1] into intensity, on all voxels or on those of `where` (X, Y, Z) bool."""
        field, noise = (self.field, self.noise) if where is None else (self.field[where], self.noise[where])
        return tissue.clamp(0, 1) ** self.gamma * field + noise


def draw_scan(seed: int, anatomy: str, grid: Grid) -> Scan:
    """Draw the scan effects of one anatomy; twins share them."""
    gamma = float(np.exp(GAMMA_SD * stream(seed, "gamma", anatomy).standard_normal()))
    field = torch.exp(FIELD_SD * smooth_noise(stream(seed, "field", anatomy), FIELD_MM, grid.axes())[0])
    noise = stream(seed, "noise", anatomy).standard_normal(grid.shape, dtype=np.float32)
    return Scan(gamma, field, NOISE_SD * torch.from_numpy(noise))
