"""The tabs of Slices beside the viewer: what was picked, the groups' mean maps, still pictures."""

import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st
from PIL import Image

from fairal.facts.record import Pick, Record
from fairal.report.arms import arm_label
from fairal.report.colours import TRUTH_COLOUR, group_colours
from fairal.report.results import ExperimentResult, RunResult
from fairal.report.slices import PLANES, Overlay, centre, heat, in_lines, picture, sheet
from fairal.runs.reader import Reader
from fairal.ui.ink import page_paper
from fairal.ui.literal import literal
from fairal.ui.mosaic import picked_gallery, subject_row


def _probability(reader: Reader, run: RunResult, record: Record, subject_id: str) -> np.ndarray | None:
    volumes = reader.volumes(run.key, record.round)
    return volumes.probability.get(subject_id) if volumes else None


def open_where_asked(choices: Mapping[str, Mapping[str, str]]) -> None:
    """Let an address that names a subject alone open the choice in which it is."""
    who, state = st.query_params.get("who"), st.session_state
    if who and "whose" not in state and "whose" not in st.query_params:
        found = next((choice for choice, words in choices.items() if who in words.values()), None)
        if found:
            state["whose"] = found


def gallery_tab(reader: Reader, runs: list[RunResult], groups: Sequence[str]) -> None:
    """What each round picked, framed in the colour of its group, with the entropy of the model that picked it."""
    colours, kept = group_colours(groups), False
    for run in runs:
        st.subheader(arm_label(run.strategy))
        for record in run.records:
            shown = picked_gallery(reader, run.key, record, colours)
            if not shown:
                continue
            kept = kept or any(image is not None for _, image in shown)
            st.markdown(f"Round {record.round}, {len(record.labelled)} labelled")
            with st.grid(6, min_column_width=110):
                for pick, image in shown:
                    text = picked_words(pick, record)
                    if image is None:
                        st.caption(literal(f"{pick.id}: {text}"))
                    else:
                        st.image(image, caption=literal(text), alt=f"{pick.id}, {text}", width="stretch")
    if kept:
        st.caption("The frame is the group's colour; green: truth, white: prediction, colour: entropy.")
    else:
        st.caption("Of the picked no pictures were kept here: whom each round picked, in words.")


def picked_words(pick: Pick, record: Record) -> str:
    """Say whom a round picked, and why: how unsure the model was, and how much the group counted."""
    if pick.uncertainty is None:
        return pick.group
    said, weight = f"{pick.group}: uncertainty {pick.uncertainty:.3g}", record.weights.get(pick.group, 1.0)
    # Every round records its weights; they counted where the score is their product.
    counted = pick.score is not None and pick.score != pick.uncertainty
    weighted = counted and math.isclose(pick.score, weight * pick.uncertainty, rel_tol=1e-6)
    return f"{said}, group weight {weight:.2f}" if weighted else said


def maps_tab(reader: Reader, result: ExperimentResult, runs: list[RunResult]) -> None:
    """Mean entropy and error of each group over all test subjects, at the same place."""
    common = {"required": True, "bind": "query-params"}
    with st.container(horizontal=True, gap="large"):
        kind = st.segmented_control("Map", ["entropy", "error", "truth"], default="entropy", key="map", **common)
        plane = st.segmented_control("Plane", list(PLANES), default="coronal", key="map_plane", **common)
    kept = [reader.volumes(run.key, run.records[-1].round) for run in runs]
    mapped = [(run, volumes.maps) for run, volumes in zip(runs, kept, strict=True) if volumes and volumes.maps]
    groups = [group for group in result.groups if all(group in maps for _, maps in mapped)]
    if not mapped or not groups:
        st.info("No maps were kept.")
        return
    top = max(float(maps[group][kind].max()) / 255 for _, maps in mapped for group in groups)
    anatomy = {group: _anatomy(reader, mapped[0][0], group) for group in groups}
    rows = [_map_row(maps, anatomy, kind, plane, top) for _, maps in mapped]
    names = [in_lines(arm_label(run.strategy)) for run, _ in mapped]
    st.image(
        sheet(rows, names, groups, page_paper()),
        alt=f"Mean {kind} of each group over all test subjects, one row per strategy",
    )
    counted = Counter(mapped[0][0].records[-1].test.group)
    _colour_bar(kind, top, ", ".join(f"{counted[group]} {group}" for group in groups))
    _download(sheet(rows, names, groups), f"maps-{kind}-{plane}")


def _colour_bar(kind: str, top: float, cases: str) -> None:
    """What the colours of the maps mean, and over whom they are."""
    bar = np.tile(heat(np.linspace(0, 1, 240))[None], (12, 1, 1))
    unit = {"entropy": "bits", "error": "share of subjects", "truth": "share of subjects"}[kind]
    st.image(
        bar,
        caption=f"0 to {top:.2f} {unit}; mean over the test subjects ({cases}), last round, "
        "over the T1 of one of them. Green: where half of them have the structure.",
        alt="Colour bar",
    )


def _anatomy(reader: Reader, run: RunResult, group: str) -> np.ndarray | None:
    """The T1 of the first test subject of a group that was kept: what lies under its mean map."""
    for case, of in zip(run.records[-1].test.id, run.records[-1].test.group, strict=True):
        if of == group and (subject := reader.subject(run.key.experiment, run.seed, case)) is not None:
            return subject.t1
    return None


def _map_row(maps: Mapping, anatomy: Mapping, kind: str, plane: str, top: float) -> list[Image.Image]:
    """One map of each group, all at the slice with most of the first group's structure; `top` is the palest."""
    at, pictures = centre(maps[next(iter(anatomy))]["truth"], plane), []
    for group, t1 in anatomy.items():
        share = maps[group][kind].astype(np.float32) / 255 / max(top, 1e-6)
        ground = np.zeros(share.shape, np.uint8) if t1 is None else t1
        half = [(maps[group]["truth"] > 127, TRUTH_COLOUR)]
        pictures.append(picture(ground, plane, at, half, Overlay(share, 0.85), scale=6))
    return pictures


def still_tab(reader: Reader, result: ExperimentResult, runs: list[RunResult], subject_id: str) -> None:
    """The subject as a still picture under each strategy: for slides, and where the viewer does not work."""
    rows, labels = [], []
    subject = reader.subject(result.id, runs[0].seed, subject_id)
    for run in runs:
        for record in run.records[::-1]:
            probability = _probability(reader, run, record, subject_id)
            if probability is not None and subject is not None:
                rows.append(subject_row(subject, probability, scale=5))
                labels.append(f"{in_lines(arm_label(run.strategy))}\nround {record.round}")
                break
    if not rows:
        st.info("Neither strategy kept this subject.")
        return
    st.image(
        sheet(rows, labels, PLANES, page_paper()),
        alt=f"{subject_id} under each strategy: truth green, prediction white, entropy over it",
    )
    st.caption("Green: truth. White: prediction. Colour: entropy from 0 (clear) to 1 bit (pale).")
    _download(sheet(rows, labels, PLANES), f"{subject_id}")


def _download(image, name: str) -> None:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    st.download_button(
        "Download picture", buffer.getvalue(), f"{name}.png", "image/png", on_click="ignore", key=f"get_{name}"
    )
