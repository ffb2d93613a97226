"""What is checked of a scan before anything is written: its header, its voxels, its mask, and both together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from nibabel.affines import apply_affine

from fairal.cohort.folder.content import Original
from fairal.cohort.folder.grid import Box, as_ras, check_resampled, regrid, resampled_shape, structure_of, view_of
from fairal.cohort.folder.layout import Pair
from fairal.cohort.folder.limits import LABEL_MAX
from fairal.cohort.folder.nifti import Header, Volume, read_header, read_volume
from fairal.cohort.folder.orientation import guess
from fairal.errors import InputError
from fairal.plain import listing

SAME_PLACE = 0.1
"""Of a voxel's edge: how far the corners of image and mask may lie apart. Tools round affines."""


class MaskError(InputError):
    """What is wrong is the mask's file, not the image's."""

    def __init__(self, error: InputError) -> None:
        text = str(error)
        super().__init__(f"The mask: {text[0].lower()}{text[1:]}")


@dataclass(frozen=True)
class Examined:
    """What a look at a scan's files gave.

    Attributes:
        view: The scan's field of view on the collection's spacing.
        structure: The box around its structure there; None without a mask.
        labels: The label values that were taken as the structure; empty without a mask.
    """

    original: Original
    view: Box
    structure: Box | None
    labels: tuple[int, ...]


def check_headers(folder: Path, pair: Pair) -> Header:
    """Check the headers of a scan and its mask, and that both lie in one place; returns the image's.

    Raises:
        InputError: One sentence about what is wrong.
    """
    header = read_header(folder / pair.image)
    if pair.mask:
        try:
            check_same_place(header, read_header(folder / pair.mask))
        except InputError as error:
            raise MaskError(error) from None
    return header


def examine(folder: Path, pair: Pair, structure: Sequence[int], spacing_mm: float) -> Examined:
    """Read a scan and its mask to the end and check every voxel.

    Args:
        structure: Label values; empty takes the only one there is.

    Raises:
        InputError: One sentence about what is wrong.
    """
    image = read_volume(folder / pair.image)
    check_resampled(image.header, spacing_mm)
    if strange := int(np.count_nonzero(~np.isfinite(image.scaled()))):
        raise InputError(f"The image has {strange:,} voxels without a finite value (NaN, infinite or beyond 32 bits).")
    view = view_of(resampled_shape(*as_ras(image.header), spacing_mm))
    if pair.mask is None:
        return Examined(_original(image, None, (), 0), view, None, ())
    try:
        mask = read_volume(folder / pair.mask)
        check_same_place(image.header, mask.header)
        there = label_values(mask)
        chosen = chosen_labels(there, structure)
        joined = joined_mask(mask, chosen)
        on_grid = regrid(joined, mask.header.affine, spacing_mm, "nearest").numpy()[0] > 0
        if not on_grid.any():
            raise InputError(f"The structure is so small that nothing of it is left at {spacing_mm:g} mm.")
    except InputError as error:
        raise MaskError(error) from None
    return Examined(_original(image, mask, there, int(joined.sum())), view, structure_of(on_grid), chosen)


def _original(image: Volume, mask: Volume | None, labels: tuple[int, ...], voxels: int) -> Original:
    return Original(
        image_digest=image.digest,
        mask_digest=mask.digest if mask else None,
        content=image.content,
        shape=image.header.shape,
        affine=image.header.affine.tolist(),
        orientation=image.header.orientation,
        mask_voxels=voxels if mask else None,
        volume_mm3=round(voxels * mask.header.voxel_mm3, 3) if mask else None,
        labels=labels,
        assumed=guess(image.header.orientation) if image.header.guessed else "",
    )


def check_same_place(image: Header, mask: Header) -> None:
    """Check that both have one grid; it may be stored in different directions.

    Raises:
        InputError: Their shapes or affines do not agree.
    """
    (shape, affine), (shape_mask, affine_mask) = as_ras(image), as_ras(mask)
    if shape != shape_mask:
        raise InputError(
            f"It has {_times(shape_mask)} voxels and the image {_times(shape)} (along R, A, S), but they must have one "
            "grid."
        )
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape])).reshape(3, -1).T
    apart = np.linalg.norm(apply_affine(affine, corners) - apply_affine(affine_mask, corners), axis=1).max()
    if apart > SAME_PLACE * min(image.edges_mm):
        raise InputError(f"It lies up to {apart:.3g} mm from where the image lies; they must have one grid.")


def label_values(mask: Volume) -> tuple[int, ...]:
    """List the values of a mask but 0.

    Raises:
        InputError: There are none, or some that are no label.
    """
    values = np.unique(mask.scaled() if mask.values.dtype.kind == "f" or _is_scaled(mask) else mask.values)
    whole = np.rint(values)
    if not np.isfinite(values).all() or np.abs(values - whole).max() > 1e-3:
        odd = [v for v in values.tolist() if not (np.isfinite(v) and abs(v - round(v)) <= 1e-3)]
        raise InputError(f"Its values must be whole label numbers, got {listing(f'{v:g}' for v in odd)}.")
    labels = tuple(int(v) for v in whole if v != 0)
    if any(not 0 < label <= LABEL_MAX for label in labels):
        raise InputError(f"Its label values must lie in 0..{LABEL_MAX}, got {listing(labels)}.")
    if not labels:
        raise InputError("No voxel is labelled.")
    return labels


def _is_scaled(mask: Volume) -> bool:
    return (mask.header.slope, mask.header.intercept) != (1.0, 0.0)


def chosen_labels(there: tuple[int, ...], structure: Sequence[int]) -> tuple[int, ...]:
    """Choose which labels of a mask are the structure; the others are other structures.

    Raises:
        InputError: None of those wished for is there, or none was wished for and there are several.
    """
    if not structure:
        if len(there) > 1:
            raise InputError(f"It holds the labels {listing(there)}; say with --structure which are the structure.")
        return there
    if chosen := tuple(label for label in there if label in structure):
        return chosen
    raise InputError(f"It holds {listing(there)} and none of the labels {listing(structure)} that were asked for.")


def joined_mask(mask: Volume, labels: Sequence[int]) -> np.ndarray:
    """Join label values into one structure: (X, Y, Z) bool, on the mask's own grid."""
    return np.isin(np.rint(mask.scaled()), labels)


def _times(shape: Sequence[int]) -> str:
    return " × ".join(map(str, shape))
