"""From tissue to T1: gamma, bias field, Rician noise, normalisation. Parameters are drawn first, then applied."""

from dataclasses import dataclass

import numpy as np
import torch

from fairal.cohort.synthetic.deform import Grid, smooth_noise
from fairal.seeds import stream

GAMMA_SD, FIELD_SD, FIELD_MM = 0.15, 0.08, 36.0
SIGMA, SIGMA_SD = 0.03, 0.2
"""Noise of one receiver channel, in units of the template's T1 in [0, 1], and the SD of its logarithm between scans."""


@dataclass(frozen=True)
class Scan:
    """One scan's effects on a grid.

    Attributes:
        gamma: Exponent of the tissue's intensity.
        sigma: SD of the noise in the real and in the imaginary channel.
        field: (X, Y, Z) factor.
        noise: (2, X, Y, Z), real and imaginary.
    """

    gamma: float
    sigma: float
    field: torch.Tensor
    noise: torch.Tensor

    def expose(self, tissue: torch.Tensor, where: torch.Tensor | None = None) -> torch.Tensor:
        """Turn tissue in [0, 1] into intensity, on all voxels or on those of `where` (X, Y, Z) bool.

        A scanner shows the magnitude of a complex signal, so the noise is Rician (Gudbjartsson and Patz, Magn Reson
        Med 1995;34:910): nearly Gaussian in tissue, and never negative in fluid and air.
        """
        field, (real, imaginary) = (self.field, self.noise) if where is None else (
            self.field[where], self.noise[:, where])  # fmt: skip
        return torch.hypot(tissue.clamp(0, 1) ** self.gamma * field + real, imaginary)


def draw_scan(seed: int, anatomy: str, grid: Grid) -> Scan:
    """Draw the scan effects of one anatomy; twins share them."""
    gamma = float(np.exp(GAMMA_SD * stream(seed, "gamma", anatomy).standard_normal()))
    sigma = float(SIGMA * np.exp(SIGMA_SD * stream(seed, "sigma", anatomy).standard_normal()))
    field = torch.exp(FIELD_SD * smooth_noise(stream(seed, "field", anatomy), FIELD_MM, grid.axes())[0])
    noise = stream(seed, "noise", anatomy).standard_normal((2, *grid.shape), dtype=np.float32)
    return Scan(gamma, sigma, field, torch.from_numpy(noise).mul_(sigma))
