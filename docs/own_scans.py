"""Make the pictures of docs/own-scans.md: ``python docs/own_scans.py HOME NAME`` reads a collection's answers.

The document's own commands, on synthetic scans, leave behind the home that this was run on.
"""

import sys
from pathlib import Path

from PIL import Image

from fairal.cohort.folder.collection import Collection, Collections
from fairal.facts.advice import Answer
from fairal.report.answers import dice_by_labelled, dice_frame
from fairal.report.colours import PREDICTION_COLOUR
from fairal.report.export import to_bytes
from fairal.report.slices import Overlay, binary_entropy_bits, centre, picture, sheet, to_grey
from fairal.runs.advice import Desk

DOCS = Path(__file__).parent


def wanted_sheet(collection: Collection, desk: Desk, answer: Answer) -> Image.Image:
    """The scans that are asked for, coronal, with the network's entropy over them and its prediction outlined."""
    images, labels = [], []
    for wanted in answer.advice.wanted:
        t1, _ = collection.load([wanted.participant_id], masks=False)
        probability = desk.probability(wanted.participant_id)
        found = probability > 127
        entropy = Overlay(binary_entropy_bits(probability), 0.5)
        at = centre(found, "coronal")
        images.append(picture(to_grey(t1[0]), "coronal", at, [(found, PREDICTION_COLOUR)], entropy, scale=5))
        labels.append(f"{wanted.rank}: {wanted.group}, {wanted.uncertainty:.2f}")
    return sheet([images], column_labels=labels)


if __name__ == "__main__":
    collection = Collections(Path(sys.argv[1])).open(sys.argv[2])
    desk = Desk(collection.folder)
    answers, _ = desk.history()
    wanted_sheet(collection, desk, answers[-1]).save(DOCS / "own-scans-wanted.png", optimize=True)
    chart = dice_by_labelled(dice_frame(answers), collection.groups).properties(width=520)
    (DOCS / "own-scans-dice.png").write_bytes(to_bytes(chart, "png"))
