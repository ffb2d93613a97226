"""One anatomy, and the subjects made of it: with the group's bias, and the twin without."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch

from fairal.cohort.synthetic.bias import SMALLEST_MM3, amplitude_mm, shrink
from fairal.cohort.synthetic.deform import Grid, sample
from fairal.cohort.synthetic.positions import STEP_MM, template_positions
from fairal.cohort.synthetic.scan import Scan, draw_scan
from fairal.cohort.synthetic.template import load_template
from fairal.cohort.synthetic.traits import Traits, draw_traits
from fairal.config import GroupConfig, SyntheticCohort
from fairal.errors import InputError
from fairal.facts.subject import Subject
from fairal.seeds import stream


@lru_cache(maxsize=4)
def _template_near(grid: Grid) -> tuple[tuple[torch.Tensor, Grid], tuple[torch.Tensor, Grid]]:
    """T1 of the template around a window, and the structure alone, each (1, X, Y, Z) on 1 mm voxels with its grid.

    Crops are read faster than the whole brain, and the structure lies in a twentieth of a window.
    """
    template = load_template()
    margin = 30  # mm, more than any displacement reaches
    low = [max(0, int(a[0] - o) - margin) for a, o in zip(grid.axes(), template.origin_mm, strict=True)]
    high = [int(a[-1] - o) + margin for a, o in zip(grid.axes(), template.origin_mm, strict=True)]
    inside = np.argwhere(template.caudate)
    boxes = ((template.t1, low, high), (template.caudate, inside.min(0), inside.max(0) + 1))

    def crop(volume: np.ndarray, first, end) -> tuple[torch.Tensor, Grid]:
        part = np.ascontiguousarray(volume[tuple(slice(f, e) for f, e in zip(first, end, strict=True))], np.float32)
        origin = tuple(float(o + f) for o, f in zip(template.origin_mm, first, strict=True))
        return torch.from_numpy(part)[None], Grid(origin, 1.0, part.shape)

    return tuple(crop(*box) for box in boxes)


def _read_template(grid: Grid, positions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Tissue and occupancy by the structure, each (...), at template positions (3, ...) in mm."""
    t1, structure = _template_near(grid)
    return sample(*t1, positions)[0], sample(*structure, positions)[0]


@dataclass(frozen=True)
class Anatomy:
    """An anatomy on a grid, with its scan: everything but the group's bias. Cheap to bias again and again."""

    name: str
    seed: int
    grid: Grid
    traits: Traits
    positions: torch.Tensor
    scan: Scan
    tissue: torch.Tensor
    inside: torch.Tensor
    mean: float
    sd: float

    @property
    def t1(self) -> torch.Tensor:
        """The scan with the bias off, (X, Y, Z), mean 0 and SD 1."""
        return (self.scan.expose(self.tissue) - self.mean) / self.sd

    def volume_mm3(self, mask: torch.Tensor) -> float:
        return float(mask.sum()) * self.grid.spacing_mm**3

    def biased(self, strength: float, fade: float = 0.0) -> tuple[torch.Tensor, torch.Tensor, float]:
        """Apply a group's bias.

        Normalised with the twin's mean and SD: outside the bias's window the twins are equal bit for bit.

        Returns:
            T1 (X, Y, Z), mask (X, Y, Z) bool, amplitude in mm.

        Raises:
            InputError: Nothing, or next to nothing, is left of the structure; names the strength.
        """
        t1, mask = self.t1, self.inside
        amplitude = amplitude_mm(strength, stream(self.seed, "bias", self.name))
        if amplitude == 0 and fade == 0:
            return t1, mask, amplitude
        moved, where = shrink(self.positions, amplitude, strength) if amplitude else (self.positions[:, mask], mask)
        tissue, occupancy = _read_template(self.grid, moved)
        if fade:
            tissue = tissue + fade * occupancy * (load_template().white - tissue)
        t1[where] = (self.scan.expose(tissue, where) - self.mean) / self.sd
        mask = mask.clone()
        mask[where] = occupancy > 0.5
        if self.volume_mm3(mask) < SMALLEST_MM3:
            raise InputError(
                f"strength {strength:g} leaves {self.volume_mm3(mask):.0f} mm³ of the structure in {self.name}, "
                f"less than {SMALLEST_MM3:.0f}; lower the group's strength."
            )
        return t1, mask, amplitude


def cohort_grid(config: SyntheticCohort) -> Grid:
    """The voxels of a cohort's volumes."""
    return Grid(config.origin_mm, config.spacing_mm, config.shape)


def draw_anatomy(seed: int, name: str, grid: Grid, step_mm: float = STEP_MM) -> Anatomy:
    """Draw one anatomy and its scan. Both depend on the seed and the name alone."""
    traits = draw_traits(seed, name)
    positions = template_positions(seed, name, traits, grid, step_mm)
    tissue, occupancy = _read_template(grid, positions)
    scan = draw_scan(seed, name, grid)
    exposed = scan.expose(tissue)
    inside, mean, sd = occupancy > 0.5, float(exposed.mean()), float(exposed.std())
    return Anatomy(name, seed, grid, traits, positions, scan, tissue, inside, mean, sd)


def make_subject(
    anatomy: Anatomy, group: GroupConfig, subject_id: str, split: str
) -> tuple[Subject, torch.Tensor, torch.Tensor]:
    """Make one group's subject of an anatomy.

    Returns:
        The record of what was done, T1 (X, Y, Z), mask (X, Y, Z) bool.
    """
    t1, mask, amplitude = anatomy.biased(group.strength, group.fade)
    about = {
        "strength": group.strength,
        "fade": group.fade,
        "amplitude_mm": amplitude,
        "gamma": anatomy.scan.gamma,
        "sigma": anatomy.scan.sigma,
        "twin_volume_mm3": anatomy.volume_mm3(anatomy.inside),
        **anatomy.traits.about(),
    }
    subject = Subject(subject_id, anatomy.name, group.name, split, anatomy.volume_mm3(mask), about)
    return subject, t1, mask
