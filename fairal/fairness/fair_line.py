"""The fair line: the gap that equal boundary error alone gives in a measure, because groups differ in size."""

from collections.abc import Hashable, Sequence

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter
from scipy.optimize import brentq

from fairal.facts.record import Cases
from fairal.fairness.cases import assd_mm, measure_cases
from fairal.fairness.judgement import MeasureJudgement, judge_measure
from fairal.fairness.measures import MEASURES

CORRELATION_MM = 3.0
"""SD of the Gaussian that smooths the error. Some voxels wide, as a network's errors are, and far below the size of a
deep-grey structure: a wider one would grow or shrink it as a whole, a narrower one be noise of single voxels."""
REACH_SD = 4.0
"""How many SDs of the error stay inside the box; a Gaussian is beyond them once in 16,000 voxels."""
MATCHED_MM = 0.002
"""How far the error's SD may be from the one that gives the wanted ASSD."""


def fair_line(
    masks: np.ndarray,
    groups: Sequence[str],
    spacing_mm: float,
    target_assd_mm: float,
    rng: np.random.Generator,
    twins: Sequence[Hashable] | None = None,
) -> dict[str, MeasureJudgement]:
    """Measure a model that is equally wrong about everyone: true masks with the same random boundary error.

    Each boundary is moved along its normal by a smooth Gaussian random field of mean 0 and one SD for all, in mm; the
    SD is chosen so that the ASSD, averaged over each group and then over groups, is the target's. What gap the moved
    masks then show in Dice is the measure's, not a model's: at equal boundary error Dice falls with the structure's
    surface over its volume (Häntze et al., arXiv 2509.19778; for a ball of radius R and an ASSD of d it is about
    1 − 3d / 2R). The ASSD's own gap, near 0, shows how equal the error is.

    It cannot tell how much boundary error *is* fair: a small structure may be harder to see, thin parts matter more
    than thick ones, and a real model's error is not of mean 0. A gap at the line is no proof of fairness either: a
    model may serve one group worse in mm and hide it in the measure. It is one draw of errors: its own scatter is that
    of the test set, small where twins share the error.

    Args:
        masks: True masks of a test set, boolean (N, X, Y, Z); empty ones have no boundary and are left out.
        groups: Of each case (N,).
        spacing_mm: Voxel edge.
        target_assd_mm: The ASSD that was observed, averaged over groups; above 0.
        rng: Of the errors.
        twins: Cases of the same value get the same error (N,): the subject in a matched test set; by default each case
            its own.

    Returns:
        By measure: the groups' means, gap and signed gap; groups in order of their first case.

    Raises:
        ValueError: The target is not above 0, no mask has a boundary, or the target is out of reach.
    """
    if not target_assd_mm > 0:
        raise ValueError(f"the target ASSD must be above 0 mm, got {target_assd_mm}")
    there = masks.any(axis=(1, 2, 3))
    if not there.any():
        raise ValueError("the fair line needs masks that are not all empty")
    of, same = np.asarray(groups)[there], np.asarray(range(len(masks)) if twins is None else twins)[there]
    masks = _crop(masks[there], REACH_SD * np.sqrt(np.pi / 2) * target_assd_mm / spacing_mm)
    distances = np.stack([signed_distance_mm(mask, spacing_mm) for mask in masks])
    fields = _fields(same, masks.shape[1:], spacing_mm, rng)

    def excess_mm(sd_mm: float) -> float:
        moved = distances < sd_mm * fields
        errors = np.array([assd_mm(*pair, spacing_mm) for pair in zip(masks, moved, strict=True)])
        # A structure that vanished has no distance: it counts as far off, so that the search turns back.
        errors = np.nan_to_num(errors, nan=highest)
        return float(np.mean([errors[of == group].mean() for group in np.unique(of)])) - target_assd_mm

    highest = 4 * target_assd_mm + spacing_mm
    if excess_mm(highest) < 0:
        raise ValueError(f"an ASSD of {target_assd_mm} mm is more than the masks have room for")
    sd_mm = brentq(excess_mm, 0.0, highest, xtol=MATCHED_MM)
    return _judge(masks, distances < sd_mm * fields, of, spacing_mm)


def signed_distance_mm(mask: np.ndarray, spacing_mm: float) -> np.ndarray:
    """Measure each voxel's distance from the boundary of a mask that is not empty, below 0 inside; (X, Y, Z) float32.

    The boundary lies between voxels: the voxels on its two sides are half a voxel away.
    """
    outside, inside = distance_transform_edt(~mask), distance_transform_edt(mask)
    return ((outside - inside - np.where(mask, -0.5, 0.5)) * spacing_mm).astype(np.float32)


def _fields(same: np.ndarray, shape: tuple[int, ...], spacing_mm: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth Gaussian random fields of SD 1 (N, X, Y, Z) float32; cases of the same value share one."""
    _, first, which = np.unique(same, return_index=True, return_inverse=True)
    sd = CORRELATION_MM / spacing_mm
    # "wrap" keeps the variance the same up to the box's faces.
    smooth = [gaussian_filter(rng.standard_normal(shape, np.float32), sd, mode="wrap") for _ in first]
    response = gaussian_filter(np.pad(np.ones((1, 1, 1)), [(0, n - 1) for n in shape]), sd, mode="wrap")
    return np.stack(smooth)[which] / np.float32(np.sqrt((response**2).sum()))


def _crop(masks: np.ndarray, margin: float) -> np.ndarray:
    """The box (N, x, y, z) around all structures, with a margin in voxels where the volume has room for it."""
    box = [slice(None)]
    for axis in (1, 2, 3):
        hit = np.flatnonzero(masks.any(axis=tuple(a for a in range(4) if a != axis)))
        box.append(slice(max(0, hit[0] - int(np.ceil(margin))), hit[-1] + int(np.ceil(margin)) + 1))
    return masks[tuple(box)]


def _judge(truth: np.ndarray, moved: np.ndarray, groups: np.ndarray, spacing_mm: float) -> dict[str, MeasureJudgement]:
    columns = {name: tuple(values) for name, values in measure_cases(truth, moved, spacing_mm).items()}
    cases = Cases(id=tuple(map(str, range(len(truth)))), group=tuple(groups.tolist()), **columns)
    names = tuple(dict.fromkeys(cases.group))
    return {name: judge_measure(cases, names, measure) for name, measure in MEASURES.items()}
