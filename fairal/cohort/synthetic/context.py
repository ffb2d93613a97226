"""The whole brain around a field of view, coarse: so that a person sees where the field of view lies."""

import numpy as np

from fairal.cohort.synthetic.anatomy import draw_anatomy
from fairal.cohort.synthetic.deform import Grid
from fairal.config import FIELDS_OF_VIEW
from fairal.facts.subject import Subject

CONTEXT_MM = 3.0


def context_grid() -> Grid:
    """The voxels of a context: the whole brain at 3 mm."""
    corner, extent = FIELDS_OF_VIEW["brain"]
    return Grid(tuple(c + CONTEXT_MM / 2 for c in corner), CONTEXT_MM, tuple(round(e / CONTEXT_MM) for e in extent))


def render_context(subject: Subject, seed: int) -> np.ndarray:
    """Render a subject's whole brain, (X, Y, Z) uint8; the group's bias is left out, it is smaller than a voxel."""
    t1 = draw_anatomy(seed, subject.anatomy, context_grid(), step_mm=6.0).t1.numpy()
    return ((t1 + 1.5) / 4.5 * 255).clip(0, 255).astype(np.uint8)
