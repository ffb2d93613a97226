"""Uncertainty of a volume from its foreground probabilities, and the weights of the groups.

One rule for empty predictions: a model that found nothing in a subject is most uncertain about it. Every score that
looks at the predicted structure is then 1, the largest value it can take. The whole-volume entropy U looks at no
structure, and has no such case.
"""

from collections.abc import Mapping

import numpy as np
import torch

LN2 = float(np.log(2))
MARGIN_MM = 1.5
"""How far around the predicted structure, or its boundary, a score looks."""
NOTHING_FOUND = 1.0
"""Score of an empty prediction: the top of every score's range."""


def binary_entropy(p: torch.Tensor) -> torch.Tensor:
    """Entropy of each voxel in bits, in [0, 1]; 0 at p = 0 and p = 1."""
    return (torch.special.entr(p) + torch.special.entr(1 - p)) / LN2


def volume_entropy(p: torch.Tensor) -> torch.Tensor:
    """Average the entropy over the whole volume, U.

    Args:
        p: (passes, B, X, Y, Z); the passes are averaged first.

    Returns:
        (B,) in [0, 1].
    """
    return binary_entropy(p.mean(0)).mean((1, 2, 3))


def masked_volume_entropy(p: torch.Tensor, spacing_mm: float) -> torch.Tensor:
    """Average the entropy over the predicted structure and 1.5 mm around it, U_m.

    Args:
        p: (passes, B, X, Y, Z); the passes are averaged first.

    Returns:
        (B,) in [0, 1]; 1 where no voxel exceeds 0.5: the model found nothing.
    """
    p = p.mean(0)
    return _mean_entropy(p, dilate(p > 0.5, spacing_mm))


def boundary_entropy(p: torch.Tensor, spacing_mm: float) -> torch.Tensor:
    """Average the entropy over a shell of 1.5 mm to either side of the predicted boundary, U_s.

    U_m is a mean over the whole structure, and so falls with its volume: the inside is certain. The shell leaves the
    inside out. On voxels wider than 1.5 mm it is one voxel thick to either side. The edge of the field of view is no
    boundary.

    Args:
        p: (passes, B, X, Y, Z); the passes are averaged first.

    Returns:
        (B,) in [0, 1]; 1 where no voxel exceeds 0.5: the model found nothing. 0 where every voxel does.
    """
    p, margin_mm = p.mean(0), max(MARGIN_MM, spacing_mm)
    found = p > 0.5
    shell = dilate(found, spacing_mm, margin_mm) & dilate(~found, spacing_mm, margin_mm)
    return torch.where(found.flatten(1).any(1), _mean_entropy(p, shell, empty=0.0), NOTHING_FOUND)


def _mean_entropy(p: torch.Tensor, mask: torch.Tensor, empty: float = NOTHING_FOUND) -> torch.Tensor:
    # The mask is a hundredth of the volume, and the logarithms are what takes the time.
    total = torch.stack([binary_entropy(one[near]).sum() for one, near in zip(p, mask, strict=True)])
    size = mask.sum((1, 2, 3))
    return torch.where(size > 0, total / size.clamp(min=1), empty)


def dilate(mask: torch.Tensor, spacing_mm: float, margin_mm: float = MARGIN_MM) -> torch.Tensor:
    """Grow a mask (B, X, Y, Z) by a ball; on voxels wider than the margin it stays as it is."""
    reach = int(margin_mm / spacing_mm + 1e-6)
    steps = range(-reach, reach + 1)
    grown = mask.clone()
    for dx in steps:
        for dy in steps:
            for dz in steps:
                if 0 < (dx * dx + dy * dy + dz * dz) * spacing_mm**2 <= margin_mm**2 + 1e-6:
                    to, come = zip(*(_overlap(d) for d in (dx, dy, dz)), strict=True)
                    grown[:, *to] |= mask[:, *come]
    return grown


def _overlap(shift: int) -> tuple[slice, slice]:
    if shift == 0:
        return slice(None), slice(None)
    return (slice(shift, None), slice(None, -shift)) if shift > 0 else (slice(None, shift), slice(-shift, None))


def mutual_information(p: torch.Tensor, spacing_mm: float) -> torch.Tensor:
    """BALD in and around the predicted structure: mean over M of H(mean p) − mean H(p), in bits.

    M is the structure predicted by the passes' mean and 1.5 mm around it.

    Args:
        p: (passes, B, X, Y, Z).

    Returns:
        (B,) in [0, 1], 0 where all passes agree; 1 where no voxel of their mean exceeds 0.5: the model found nothing.
    """
    mean = p.mean(0)
    information = binary_entropy(mean) - binary_entropy(p).mean(0)
    mask = dilate(mean > 0.5, spacing_mm)
    size = mask.sum((1, 2, 3))
    return torch.where(size > 0, torch.where(mask, information, 0.0).sum((1, 2, 3)) / size.clamp(min=1), NOTHING_FOUND)


def group_weights(labelled_dice: Mapping[str, float], gamma: float = 1.0) -> dict[str, float]:
    """Weigh the groups by how badly the model does on them.

    w_g = ((1 − D_g) / mean_k(1 − D_k))^γ; 1 for all where every D_g = 1. The exponent is ours.

    Args:
        labelled_dice: D_g in [0, 1].
        gamma: 0 ignores the groups, 1 is the paper's weight.
    """
    errors = {group: 1 - dice for group, dice in labelled_dice.items()}
    mean = sum(errors.values()) / len(errors)
    if mean <= 0:
        return dict.fromkeys(errors, 1.0)
    return {group: (error / mean) ** gamma for group, error in errors.items()}
