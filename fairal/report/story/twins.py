"""The same brain twice, as two pictures of one slice: of an experiment's own subjects, or the package's pair."""

import base64
import io
from importlib.resources import files

import numpy as np
from PIL import Image
from scipy import ndimage

from fairal.errors import FairalError
from fairal.facts.volumes import SubjectVolumes
from fairal.fairness.groups import by_group
from fairal.presets import STRENGTHS
from fairal.report.colours import group_colours
from fairal.report.results import ExperimentResult, RunResult
from fairal.report.slices import centre, cut
from fairal.report.story.scene import Twin, Twins
from fairal.runs.reader import Reader

_PLANE = "coronal"
_PIXELS_PER_VOXEL = 16
_LINE_PIXELS = 5.0
_SHEET_MARGIN = 6  # of `fairal.report.slices.sheet`: around and between its pictures


def twins_of(reader: Reader, result: ExperimentResult) -> Twins | None:
    """Find a matched pair of test subjects, the first group's and that of the smallest structure.

    Returns:
        The first pair whose volumes were kept; the package's own pair where none was and the bias is as strong as in
        it; None otherwise, and where the groups hold other people.
    """
    if not (result.matched and result.synthetic):
        return None
    for run in result.runs:
        if run.records and run.role == "strategy" and (pair := _kept_pair(reader, result, run)):
            return pair
    return _packaged(result)


def _kept_pair(reader: Reader, result: ExperimentResult, run: RunResult) -> Twins | None:
    test = run.records[0].test
    ids = by_group(test.id, test.group, result.groups)
    volumes = dict(zip(test.id, test.volume_mm3, strict=True))
    for matched in zip(*ids.values(), strict=True):
        other = min(matched[1:], key=lambda subject: volumes[subject] or np.inf)
        try:
            pair = [reader.subject(result.id, run.seed, subject) for subject in (matched[0], other)]
        except FairalError:  # a damaged file: the next pair will do
            continue
        if all(pair):
            names = result.groups[0], result.groups[matched.index(other)]
            cm3 = [volumes[subject] / 1000 if volumes[subject] else None for subject in (matched[0], other)]
            return _drawn(result, pair, names, cm3, f"the first test subject of seed {run.seed} and its twin")
    return None


def _drawn(result: ExperimentResult, pair: list[SubjectVolumes], names: tuple, cm3: list, source: str) -> Twins:
    colours, at = group_colours(result.groups), centre(pair[0].truth > 0, _PLANE)
    twins = [
        Twin(name, _address(outlined(cut(own.t1, _PLANE, at), cut(own.truth, _PLANE, at) > 0, colours[name])), volume)
        for own, name, volume in zip(pair, names, cm3, strict=True)
    ]
    return Twins((twins[0], twins[1]), source)


def outlined(grey: np.ndarray, mask: np.ndarray, colour: str) -> Image.Image:
    """Draw a slice large, with a smooth outline.

    Args:
        grey: (H, W) uint8.
        mask: (H, W); where it is smoothed by 0.8 voxels before its edge is drawn.
        colour: Of the outline.
    """
    size = (grey.shape[1] * _PIXELS_PER_VOXEL, grey.shape[0] * _PIXELS_PER_VOXEL)
    ground = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC), np.float32)
    soft = Image.fromarray(ndimage.gaussian_filter(mask.astype(np.float32), 0.8))
    inside = np.asarray(soft.resize(size, Image.Resampling.BICUBIC))
    slope = np.hypot(*np.gradient(inside)) + 1e-6
    line = np.clip(_LINE_PIXELS / 2 + 0.5 - np.abs(inside - 0.5) / slope, 0, 1)[..., None]
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
    return Image.fromarray((ground[..., None] * (1 - line) + rgb * line).astype(np.uint8))


def _packaged(result: ExperimentResult) -> Twins | None:
    """The pair that the package ships, cut out of its sheet; it shows the strong bias."""
    first, *others = result.config.cohort.groups
    if first.strength or max(group.strength for group in others) != STRENGTHS["strong"]:
        return None
    file = files("fairal").joinpath("ui", "assets", "pair.png")
    with Image.open(io.BytesIO(file.read_bytes())) as opened:
        sheet = opened.convert("RGB")
    width, bottom = (sheet.width - 3 * _SHEET_MARGIN) // 2, sheet.height - _SHEET_MARGIN
    lefts = _SHEET_MARGIN, 2 * _SHEET_MARGIN + width
    images = [_address(sheet.crop((left, _SHEET_MARGIN, left + width, bottom))) for left in lefts]
    name = next(group.name for group in others if group.strength == STRENGTHS["strong"])
    twins = Twin(first.name, images[0], None), Twin(name, images[1], None)
    return Twins(twins, "a pair of the same generator that comes with fairal, since this experiment kept no volumes")


def _address(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=88, method=6)
    return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
