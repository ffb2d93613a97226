"""The slice viewer: a small component that gets its volumes once and answers in the browser."""

import base64
from pathlib import Path

import numpy as np
import streamlit as st

from fairal.config import FIELDS_OF_VIEW, ExperimentConfig
from fairal.report.arms import arm_label
from fairal.report.colours import PREDICTION_COLOUR, TRUTH_COLOUR
from fairal.report.results import RunResult
from fairal.runs.reader import Reader

_ASSETS = Path(__file__).parent / "assets"
_CONTEXT_MM = 3.0  # as `cohort.context` renders it; importing that here would bring torch into the page


@st.cache_resource(max_entries=1)
def _component():
    parts = {kind: (_ASSETS / f"viewer.{kind}").read_text(encoding="utf-8") for kind in ("html", "css", "js")}
    return st.components.v2.component("fairal_slice_viewer", **parts)


def slice_viewer(reader: Reader, config: ExperimentConfig, runs: list[RunResult], subject_id: str) -> bool:
    """Show one subject under one or two strategies.

    Returns:
        Whether there was something to show.
    """
    data = viewer_data(reader, config, runs, subject_id)
    if data is None:
        return False
    _component()(data=data, key="slice_viewer")
    return True


def viewer_data(reader: Reader, config: ExperimentConfig, runs: list[RunResult], subject_id: str) -> dict | None:
    """Collect what the component draws, volumes as text; None where neither run kept this subject.

    Where there is no whole brain around the subject, `context` is None.
    """
    subject = reader.subject(runs[0].key.experiment, runs[0].seed, subject_id)
    columns = [{"label": arm_label(run.strategy), "rounds": _rounds(reader, run, subject_id)} for run in runs]
    if subject is None or not any(column["rounds"] for column in columns):
        return None
    note = "; synthetic" if config.cohort.kind == "synthetic" else ""
    return {
        "subject": subject_id,
        "title": f"{config.name}, {subject_id}",
        "note": note,
        "shape": list(subject.t1.shape),
        "t1": _text(subject.t1),
        "truth": _text(subject.truth),
        "context": None if subject.context is None else _context(config, subject.context),
        "columns": columns,
        "colours": {"truth": TRUTH_COLOUR, "guess": PREDICTION_COLOUR},
    }


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


def _rounds(reader: Reader, run: RunResult, subject_id: str) -> list[dict]:
    rounds = []
    for record in run.records:
        volumes = reader.volumes(run.key, record.round)
        if volumes and subject_id in volumes.probability:
            case, p = record.test.position(subject_id), _text(volumes.probability[subject_id])
            dice = None if case is None else record.test.dice[case]
            rounds.append({"round": record.round, "labelled": len(record.labelled), "dice": dice, "p": p})
    return rounds


def _text(volume: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(volume, dtype=np.uint8).tobytes()).decode()
