"""Pictures of slices: grey values, outlines, overlays, with the sides written on them. Numbers in, images out."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

PLANES = ("axial", "coronal", "sagittal")
_AXIS = {"sagittal": 0, "coronal": 1, "axial": 2}
SIDES = {"axial": ("L", "R", "A", "P"), "coronal": ("L", "R", "S", "I"), "sagittal": ("P", "A", "S", "I")}
"""What stands left, right, above and below: neurological convention, the patient's left on the left."""

INFERNO = np.array(
    [(0, 0, 4), (40, 11, 84), (101, 21, 110), (159, 42, 99), (212, 72, 66), (245, 125, 21), (250, 193, 39),
     (252, 255, 164)]
)  # fmt: skip


def cut(volume: np.ndarray, plane: str, index: int) -> np.ndarray:
    """Cut a plane out of a volume (X, Y, Z), RAS+, and turn it as a person looks at it: first row on top."""
    return np.rot90(np.take(volume, index, axis=_AXIS[plane]))


def centre(mask: np.ndarray, plane: str) -> int:
    """The slice of a plane with most of the mask; the middle one for an empty mask."""
    others = tuple(a for a in range(3) if a != _AXIS[plane])
    counts = mask.sum(axis=others)
    return int(counts.argmax()) if counts.any() else len(counts) // 2


def to_grey(t1: np.ndarray, low: float = -3.5, high: float = 3.0) -> np.ndarray:
    """Map normalised intensities to uint8 with a fixed window, the same for every subject."""
    return ((t1.astype(np.float32) - low) / (high - low) * 255).clip(0, 255).astype(np.uint8)


def outline(mask: np.ndarray) -> np.ndarray:
    """Pixels of a 2-D mask that have a face-neighbour outside."""
    padded = np.pad(mask.astype(bool), 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    return mask.astype(bool) & ~inner


def binary_entropy_bits(probability: np.ndarray) -> np.ndarray:
    """Entropy in bits of stored probabilities (uint8, 255 is 1)."""
    p = (probability.astype(np.float32) / 255).clip(1e-6, 1 - 1e-6)
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))


def heat(values: np.ndarray) -> np.ndarray:
    """Colour values in [0, 1] from black over red to pale yellow: (..., 3) uint8."""
    where = values.clip(0, 1) * (len(INFERNO) - 1)
    low = np.minimum(where.astype(int), len(INFERNO) - 2)
    part = (where - low)[..., None]
    return (INFERNO[low] * (1 - part) + INFERNO[low + 1] * part).astype(np.uint8)


@dataclass(frozen=True)
class Overlay:
    """Values (X, Y, Z) in [0, 1], drawn as heat, faint where there is little of it."""

    values: np.ndarray
    opacity: float = 0.6


def slice_image(
    t1: np.ndarray,
    plane: str,
    index: int,
    outlines: Sequence[tuple[np.ndarray, str]] = (),
    overlay: Overlay | None = None,
    scale: int = 4,
) -> Image.Image:
    """Draw one slice.

    Args:
        t1: (X, Y, Z) uint8.
        plane: One of `PLANES`.
        index: The slice.
        outlines: Masks (X, Y, Z) with their colours.
        overlay: What lies over it.
        scale: Pixels per voxel.
    """
    grey = cut(t1, plane, index)
    rgb = np.repeat(grey[..., None], 3, axis=-1).astype(np.float32)
    if overlay is not None:
        values = cut(overlay.values, plane, index)
        share = (overlay.opacity * (4 * values).clip(0, 1))[..., None]
        rgb = rgb * (1 - share) + heat(values) * share
    size = (grey.shape[1] * scale, grey.shape[0] * scale)
    pixels = np.array(Image.fromarray(rgb.astype(np.uint8)).resize(size, Image.Resampling.BICUBIC))
    for mask, colour in outlines:
        flat = Image.fromarray((cut(mask, plane, index) > 0).astype(np.uint8) * 255)
        smooth = np.array(flat.resize(size, Image.Resampling.BICUBIC)) > 127
        thick = outline(smooth) | outline(~outline(smooth) & smooth)  # two pixels
        pixels[thick] = _rgb(colour)
    return Image.fromarray(pixels)


def picture(
    t1: np.ndarray,
    plane: str,
    index: int,
    outlines: Sequence[tuple[np.ndarray, str]] = (),
    overlay: Overlay | None = None,
    scale: int = 4,
) -> Image.Image:
    """Draw one slice as `slice_image` does, and write its sides on it: L and R, or P and A."""
    image = slice_image(t1, plane, index, outlines, overlay, scale)
    draw = ImageDraw.Draw(image)
    left, right, _, _ = SIDES[plane]
    _write(draw, (4, image.height // 2), left, "lm")
    _write(draw, (image.width - 4, image.height // 2), right, "rm")
    return image


class Paper(NamedTuple):
    """What a sheet is: the colour of its labels, and of its ground; without a ground it is transparent."""

    ink: str
    ground: str | None


WHITE = Paper("black", "white")
"""For files: a picture that is taken along is read on any ground."""


def sheet(
    rows: Sequence[Sequence[Image.Image]],
    row_labels: Sequence[str] = (),
    column_labels: Sequence[str] = (),
    paper: Paper = WHITE,
) -> Image.Image:
    """Put pictures on one sheet, with labels above the columns and before the rows.

    Args:
        rows: Pictures; rows are equally long.
        row_labels, column_labels: One each; without any there is no room for them.
        paper: What the labels and the gaps look like.

    Returns:
        RGB; RGBA where the paper has no ground.
    """
    gap, left, top = 6, _room_for(row_labels), 28 if column_labels else 6
    widths = [max(row[j].width for row in rows) for j in range(len(rows[0]))]
    heights = [max(image.height for image in row) for row in rows]
    size = (left + sum(widths) + gap * len(widths), top + sum(heights) + gap * len(heights))
    canvas = Image.new("RGB", size, paper.ground) if paper.ground else Image.new("RGBA", size)
    draw, y = ImageDraw.Draw(canvas), top
    for i, row in enumerate(rows):
        x = left
        if row_labels:
            draw.text((8, y + heights[i] // 2), row_labels[i], fill=paper.ink, font=_font(16), anchor="lm")
        for j, image in enumerate(row):
            if i == 0 and column_labels:
                draw.text((x + widths[j] // 2, 14), column_labels[j], fill=paper.ink, font=_font(16), anchor="mm")
            canvas.paste(image, (x + (widths[j] - image.width) // 2, y + (heights[i] - image.height) // 2))
            x += widths[j] + gap
        y += heights[i] + gap
    return canvas


def in_lines(label: str) -> str:
    """Break a label where the lines before a row of pictures end."""
    return textwrap.fill(label, 11, break_long_words=False, break_on_hyphens=False)


def _room_for(labels: Sequence[str]) -> int:
    """Pixels left of the pictures: as many as the longest line takes."""
    if not labels:
        return 6
    draw = ImageDraw.Draw(Image.new("L", (1, 1)))
    return max(110, *(16 + int(draw.multiline_textbbox((0, 0), label, font=_font(16))[2]) for label in labels))


def _font(size: int):
    return ImageFont.load_default(size)


def _write(draw: ImageDraw.ImageDraw, where: tuple[int, int], text: str, anchor: str) -> None:
    draw.text(where, text, fill="white", font=_font(16), anchor=anchor, stroke_width=2, stroke_fill="black")


def _rgb(colour: str) -> tuple[int, int, int]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
