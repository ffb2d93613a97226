"""Slices as still pictures: the fallback of the viewers, and what goes into reports."""

from collections.abc import Iterator, Mapping

import numpy as np
from PIL import Image, ImageOps

from fairal.errors import FairalError
from fairal.facts.record import Pick, Record
from fairal.facts.volumes import SubjectVolumes
from fairal.report.arms import arm_label
from fairal.report.colours import PREDICTION_COLOUR, TRUTH_COLOUR
from fairal.report.results import ExperimentResult, RunResult
from fairal.report.slices import PLANES, Overlay, binary_entropy_bits, centre, in_lines, picture, sheet
from fairal.runs.reader import Reader
from fairal.runs.store import RunKey


def subject_row(subject: SubjectVolumes, probability: np.ndarray, scale: int = 4) -> list[Image.Image]:
    """Three planes of one subject: truth and prediction outlined, entropy over it."""
    entropy, guess, truth = binary_entropy_bits(probability), probability > 127, subject.truth > 0
    outlines = [(truth, TRUTH_COLOUR), (guess, PREDICTION_COLOUR)]
    return [picture(subject.t1, p, centre(truth, p), outlines, Overlay(entropy, 0.5), scale) for p in PLANES]


def strategy_mosaic(reader: Reader, result: ExperimentResult, scale: int = 3) -> Image.Image | None:
    """One test subject of each group under every strategy, at the last round; None where volumes were not kept."""
    rows, labels = [], []
    for run in result.runs:
        if run.role != "strategy" or run.seed != result.config.seeds[0] or not run.records:
            continue
        try:
            for group, row in _one_of_each_group(reader, result, run, scale):
                rows.append(row)
                labels.append(f"{in_lines(arm_label(run.strategy))}\n{in_lines(group)}")
        except FairalError:
            continue
    return sheet(rows, labels, PLANES) if rows else None


def _one_of_each_group(
    reader: Reader, result: ExperimentResult, run: RunResult, scale: int
) -> Iterator[tuple[str, list[Image.Image]]]:
    """Draw the first test case of each group of which volumes were kept."""
    record = run.records[-1]
    volumes = reader.volumes(run.key, record.round)
    if volumes is None:
        return
    for group in result.groups:
        for case, of in zip(record.test.id, record.test.group, strict=True):
            if of == group and case in volumes.probability:
                subject = reader.subject(result.id, run.seed, case)
                if subject is not None:
                    yield group, subject_row(subject, volumes.probability[case], scale)
                    break


def picked_gallery(
    reader: Reader, key: RunKey, record: Record, frames: Mapping[str, str], scale: int = 4
) -> list[tuple[Pick, Image.Image | None]]:
    """The subjects that a round picked, coronal, with the picking model's entropy, framed in `frames` by group.

    The picture is None where nothing was kept.
    """
    volumes = reader.volumes(key, record.round)
    probabilities = volumes.probability if volumes else {}
    shown = []
    for pick in record.picked or ():
        subject, probability = reader.subject(key.experiment, key.seed, pick.id), probabilities.get(pick.id)
        image = None
        if subject is not None and probability is not None:
            truth = subject.truth > 0
            outlines = [(truth, TRUTH_COLOUR), (probability > 127, PREDICTION_COLOUR)]
            entropy = binary_entropy_bits(probability)
            image = picture(subject.t1, "coronal", centre(truth, "coronal"), outlines, Overlay(entropy, 0.5), scale)
            image = ImageOps.expand(image, border=6, fill=frames[pick.group])
        shown.append((pick, image))
    return shown
