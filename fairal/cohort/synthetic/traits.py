"""How one person is built, whatever their group: head, pose, ventricles, caudates. Drawn first, then applied."""

from dataclasses import dataclass

import numpy as np
import torch

from fairal.cohort.synthetic.deform import Grid
from fairal.cohort.synthetic.growth import STRUCTURES
from fairal.seeds import stream

HEAD_SD = 0.022
"""Of the logarithm of head size, a length: volumes vary by 7 % with it. Healthy adults' brains vary by 10 % in volume
(Whitwell et al., AJNR 2001;22:1483); the rest is left out, for the field of view does not grow with the head."""
ROTATION_SD_DEG, SHIFT_SD_MM = 2.0, 1.5
"""About and along each axis: what an alignment at the anterior commissure leaves."""
VENTRICLE_SD, VENTRICLE_SIDE_SD = 0.45, 0.18
"""Of the logarithm of the lateral ventricles' volume: of both together, and of each side for itself. Means of people
in their twenties and forties lie 0.43 apart (16.2 and 24.9 cm³; Neurosci Lett 2006;395:155). Ventricles then have a CV
of 0.35 to 0.39 (120 subjects of seed 1000)."""
CAUDATE_SD, CAUDATE_SIDE_SD = 0.05, 0.03
"""The same of the caudates. With head size and the random fields the left caudate's volume has a CV of 0.13 (240
subjects of seeds 1000 to 1003; 0.12 to 0.15 per seed); the caudate heads of 53 healthy adults have 0.12 (Raz et al.,
AJNR 2003;24:1849)."""


@dataclass(frozen=True)
class Traits:
    """One person's build and pose.

    Attributes:
        log_volumes: Logarithms of the size of each of `STRUCTURES`, as a factor of the template's.
        log_head: Logarithm of the head's size, as a factor of the template's lengths.
        rotation_deg: About the x, y and z axes through the origin, the anterior commissure.
        shift_mm: Along them.
    """

    log_volumes: np.ndarray
    log_head: float
    rotation_deg: np.ndarray
    shift_mm: np.ndarray

    def pose(self, grid: Grid) -> torch.Tensor:
        """Velocity (3, X, Y, Z) in mm whose flow turns, shifts and scales the head."""
        a, b, c = np.deg2rad(self.rotation_deg)
        linear = np.array([[0, -c, b], [c, 0, -a], [-b, a, 0]]) - self.log_head * np.eye(3)
        linear, shift = (torch.as_tensor(part, dtype=torch.float32) for part in (linear, self.shift_mm))
        return torch.einsum("dc,cxyz->dxyz", linear, grid.points()) + shift[:, None, None, None]

    def about(self) -> dict[str, float]:
        """For a subject's record."""
        sizes = {f"{name}_factor": float(np.exp(log)) for name, log in zip(STRUCTURES, self.log_volumes, strict=True)}
        turned = {f"rotation_{axis}_deg": float(angle) for axis, angle in zip("xyz", self.rotation_deg, strict=True)}
        shifted = {f"shift_{axis}_mm": float(shift) for axis, shift in zip("xyz", self.shift_mm, strict=True)}
        return {"head_scale": float(np.exp(self.log_head)), **sizes, **turned, **shifted}


def draw_traits(seed: int, anatomy: str) -> Traits:
    """Draw a person's build and pose; they depend on the seed and the anatomy alone."""
    rng = stream(seed, "traits", anatomy)
    head, rotation, shift = rng.standard_normal(), rng.standard_normal(3), rng.standard_normal(3)
    (ventricles, caudates), sides = rng.standard_normal(2), rng.standard_normal((2, 2))
    logs = np.concatenate(
        [VENTRICLE_SD * ventricles + VENTRICLE_SIDE_SD * sides[0], CAUDATE_SD * caudates + CAUDATE_SIDE_SD * sides[1]]
    )
    return Traits(logs, HEAD_SD * float(head), ROTATION_SD_DEG * rotation, SHIFT_SD_MM * shift)
