"""The slice viewer: a small component that gets its volumes once and answers in the browser."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from fairal.config import FIELDS_OF_VIEW, ExperimentConfig
from fairal.facts.record import Record
from fairal.report.colours import MISSED_COLOUR, OVERDRAWN_COLOUR, PREDICTION_COLOUR, TRUTH_COLOUR
from fairal.report.results import RunResult
from fairal.report.slices import PLANES
from fairal.runs.reader import Reader

OVERLAYS = ("error", "entropy", "probability", "none")
_ASSETS = Path(__file__).parent / "assets"
_CONTEXT_MM = 3.0  # as `cohort.context` renders it; importing that here would bring torch into the page
_IDLE = "Point at the picture: what is there stands here in words."


@dataclass(frozen=True)
class Side:
    """What one side of the picture shows.

    Attributes:
        run: Whose predictions.
        subject: Of whom, an id.
        label, name: Which side it is, and who it is, as a person reads it.
        only: This round alone; None for all that were kept.
    """

    run: RunResult
    subject: str
    label: str
    name: str
    only: int | None = None


@st.cache_resource(max_entries=1)
def _component():
    read = {name: (_ASSETS / name).read_text(encoding="utf-8") for name in (
        "viewer.html", "viewer.css", "planes.js", "viewer.js")}  # fmt: skip
    return st.components.v2.component(
        "fairal_slice_viewer",
        html=read["viewer.html"],
        css=read["viewer.css"],
        js=f"{read['planes.js']}\n{read['viewer.js']}",
    )


def slice_viewer(reader: Reader, config: ExperimentConfig, sides: Sequence[Side], link: Mapping[str, str]) -> bool:
    """Show one picture with up to two sides.

    Args:
        reader: Of the volumes.
        config: Of the experiment.
        sides: Left and right of the handle.
        link: The parameters of the page's address that lead here; the viewer adds its own.

    Returns:
        Whether there was something to show.
    """
    data = viewer_data(reader, config, sides)
    if data is None:
        return False
    _component()(data=data | {"link": dict(link), "view": asked_view(st.query_params)}, key="slice_viewer")
    return True


def viewer_data(reader: Reader, config: ExperimentConfig, sides: Sequence[Side]) -> dict[str, Any] | None:
    """Collect what the component draws, volumes as text; None where no side kept its subject.

    Where there is no whole brain around the subject, `context` is None.
    """
    ids = list(dict.fromkeys(side.subject for side in sides))
    subjects = [reader.subject(sides[0].run.key.experiment, sides[0].run.seed, id_) for id_ in ids]
    rounds = [_rounds(reader, side) for side in sides]
    if any(subject is None for subject in subjects) or not any(rounds):
        return None
    context = subjects[0].context
    return {
        "key": ids[0],
        "title": f"{config.name}, {sides[0].name}",
        "note": "; synthetic" if config.cohort.kind == "synthetic" else "",
        "idle": _IDLE,
        "shape": list(subjects[0].t1.shape),
        "subjects": [{"t1": _text(subject.t1), "truth": _text(subject.truth)} for subject in subjects],
        "context": None if context is None else _context(config, context),
        "sides": [
            {"label": side.label, "name": side.name, "subject": ids.index(side.subject), "rounds": kept}
            for side, kept in zip(sides, rounds, strict=True)
        ],
        "colours": {
            "truth": TRUTH_COLOUR,
            "guess": PREDICTION_COLOUR,
            "missed": MISSED_COLOUR,
            "over": OVERDRAWN_COLOUR,
        },
    }


def asked_view(query: Mapping[str, str]) -> dict[str, Any]:
    """Read what a link pins: plane, slice (from 1), round, overlay, handle and opacity (%), what is ticked.

    What is not sayable is left out; a slice beyond the volume is the last one.
    """
    plane = query.get("plane", "coronal")
    view: dict[str, Any] = {}
    if plane in PLANES:
        view["plane"] = plane
        if slice_ := _whole(query.get("slice")):
            view["slice"] = {plane: slice_ - 1}
    if query.get("overlay") in OVERLAYS:
        view["overlay"] = query["overlay"]
    if (round_ := _whole(query.get("round"))) is not None:
        view["round"] = round_
    shares = {name: _whole(query.get(name)) for name in ("wipe", "opacity")}
    ticked = {name: query.get(name) for name in ("truth", "guess", "smooth")}
    view |= {name: min(percent, 100) / 100 for name, percent in shares.items() if percent is not None}
    return view | {name: text == "1" for name, text in ticked.items() if text in ("0", "1")}


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else None


def _context(config: ExperimentConfig, volume: np.ndarray) -> dict:
    """The whole brain, and where in it the field of view lies, in mm of MNI space."""
    corner, _ = FIELDS_OF_VIEW["brain"]
    return {
        "volume": _text(volume),
        "shape": list(volume.shape),
        "origin": [c + _CONTEXT_MM / 2 for c in corner],
        "spacing": _CONTEXT_MM,
        "view": {"origin": list(config.cohort.origin_mm), "spacing": config.cohort.spacing_mm},
    }


def _rounds(reader: Reader, side: Side) -> list[dict]:
    rounds = []
    for record in side.run.records:
        if side.only not in (None, record.round):
            continue
        volumes = reader.volumes(side.run.key, record.round)
        if volumes and side.subject in volumes.probability:
            text = _text(volumes.probability[side.subject])
            rounds.append({"round": record.round, "said": round_words(record, side.subject), "p": text})
    return rounds


def round_words(record: Record, subject: str) -> str:
    """Say how a subject is served in a round; of one that was picked, only how many were labelled."""
    labelled = f"{len(record.labelled)} labelled"
    case = record.test.position(subject)
    if case is None:
        return labelled
    dice, seen, true = (record.test.of(name)[case] for name in ("dice", "predicted_mm3", "volume_mm3"))
    said = "" if dice is None else f", Dice {dice:.3f}"
    return f"{labelled}{said}" + ("" if None in (seen, true) else f", sees {seen:,.0f} mm³ where {true:,.0f} are")


def _text(volume: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(volume, dtype=np.uint8).tobytes()).decode()
