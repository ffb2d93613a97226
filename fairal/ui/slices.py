"""The tabs of Slices beside the viewer: 3D, what was picked, the groups' mean maps, still pictures."""

import gzip
import io
from collections import Counter
from collections.abc import Mapping

import numpy as np
import streamlit as st
from PIL import Image

from fairal.facts.record import Record
from fairal.report.arms import arm_label
from fairal.report.results import ExperimentResult, RunResult
from fairal.report.slices import PLANES, Overlay, centre, heat, picture, sheet
from fairal.runs.reader import Reader
from fairal.ui.literal import literal
from fairal.ui.mosaic import picked_gallery, subject_row


def subjects_of(reader: Reader, runs: list[RunResult]) -> dict[str, str]:
    """The subjects whose volumes these runs kept: test subjects first, then the picked; with what a person reads."""
    test: dict[str, str] = {}
    picked: dict[str, str] = {}
    for run in runs:
        for record in run.records:
            volumes = reader.volumes(run.key, record.round)
            if volumes is None:
                continue
            test |= {case: text for case, text in _test_words(record).items() if case in volumes.probability}
            for pick in record.picked or ():
                if pick.id in volumes.probability:
                    picked.setdefault(pick.id, f"{pick.id}, {pick.group} (picked in round {record.round})")
    return test | dict(sorted(picked.items()))


def _test_words(record: Record) -> dict[str, str]:
    """Name the test cases as a person counts them: each group's from 1, in the order of the record."""
    seen: Counter[str] = Counter()
    words = {}
    for case, group in zip(record.test.id, record.test.group, strict=True):
        seen[group] += 1
        words[case] = f"test {seen[group]}, {group}"
    return words


def volume_tab(reader: Reader, result: ExperimentResult, runs: list[RunResult], subject_id: str) -> None:
    """NiiVue: the subject in 3D, with truth and the first strategy's last prediction over it."""
    from niivue_component import niivue_viewer

    subject = reader.subject(result.id, runs[0].seed, subject_id)
    kept = [(r, _probability(reader, runs[0], r, subject_id)) for r in runs[0].records]
    kept = [(record, probability) for record, probability in kept if probability is not None]
    if subject is None or not kept:
        st.info("This strategy kept no volume of this subject.")
        return
    record, probability = kept[-1]
    niftis = [
        _nifti(v, result.config.cohort.spacing_mm)
        for v in (subject.t1, subject.truth * 255, (probability > 127).astype(np.uint8) * 255)
    ]
    niivue_viewer(
        nifti_data=niftis[0],
        filename=f"{subject_id}.nii.gz",
        styled=False,
        update_interval_ms=None,
        height=520,
        overlays=[
            {"data": niftis[1], "name": "truth.nii.gz", "colormap": "green", "opacity": 0.4},
            {"data": niftis[2], "name": "prediction.nii.gz", "colormap": "red", "opacity": 0.4},
        ],
        key=f"niivue-{runs[0].key.run}-{subject_id}-{record.round}",
    )
    st.caption(f"Green: truth. Red: prediction of {arm_label(runs[0].strategy).lower()}, round {record.round}.")


def _probability(reader: Reader, run: RunResult, record: Record, subject_id: str) -> np.ndarray | None:
    volumes = reader.volumes(run.key, record.round)
    return volumes.probability.get(subject_id) if volumes else None


@st.cache_data(max_entries=24, show_spinner=False)
def _nifti(volume: np.ndarray, spacing_mm: float) -> bytes:
    """A gzipped NIfTI file around its own centre, RAS+; equal input gives equal bytes: nothing is shipped twice."""
    import nibabel as nib

    affine = np.diag([spacing_mm] * 3 + [1.0])
    affine[:3, 3] = [-spacing_mm * (n - 1) / 2 for n in volume.shape]
    return gzip.compress(nib.Nifti1Image(volume.astype(np.uint8), affine).to_bytes(), mtime=0)


def gallery_tab(reader: Reader, runs: list[RunResult]) -> None:
    """What each round picked, with the entropy of the model that picked it."""
    for run in runs:
        st.subheader(arm_label(run.strategy))
        for record in run.records:
            shown = picked_gallery(reader, run.key, record)
            if not shown:
                continue
            st.markdown(f"Round {record.round}, {len(record.labelled)} labelled")
            for start in range(0, len(shown), 6):
                for column, (pick, image) in zip(st.columns(6), shown[start : start + 6], strict=False):
                    score = f", score {pick.score:.3f}" if pick.score is not None else ""
                    text = f"{pick.group}{score}"
                    if image is None:
                        column.caption(literal(f"{pick.id}: {text}"))
                    else:
                        column.image(image, caption=text, alt=f"{pick.id}, {text}", width="stretch")


def maps_tab(reader: Reader, result: ExperimentResult, runs: list[RunResult]) -> None:
    """Mean entropy and error of each group over all test subjects, at the same place."""
    kind = st.segmented_control("Map", ["entropy", "error", "truth"], default="entropy", key="map", required=True)
    plane = st.segmented_control("Plane", list(PLANES), default="coronal", key="map_plane", required=True)
    kept = [reader.volumes(run.key, run.records[-1].round) for run in runs]
    mapped = [(run, volumes.maps) for run, volumes in zip(runs, kept, strict=True) if volumes and volumes.maps]
    groups = [group for group in result.groups if all(group in maps for _, maps in mapped)]
    if not mapped or not groups:
        st.info("No maps were kept.")
        return
    top = max(float(maps[group][kind].max()) / 255 for _, maps in mapped for group in groups)
    rows = [_map_row(maps, groups, kind, plane, top) for _, maps in mapped]
    drawn = sheet(rows, [arm_label(run.strategy).replace(" ", "\n") for run, _ in mapped], groups)
    st.image(drawn, alt=f"Mean {kind} of each group over all test subjects, one row per strategy")
    bar = np.tile(heat(np.linspace(0, 1, 240))[None], (12, 1, 1))
    counted = Counter(mapped[0][0].records[-1].test.group)
    cases = ", ".join(f"{counted[group]} {group}" for group in groups)
    unit = {"entropy": "bits", "error": "share of subjects", "truth": "share of subjects"}[kind]
    st.image(
        bar,
        caption=f"0 to {top:.2f} {unit}; mean over the test subjects ({cases}), last round.",
        alt="Colour bar",
    )
    _download(drawn, f"maps-{kind}-{plane}")


def _map_row(maps: Mapping, groups: list[str], kind: str, plane: str, top: float) -> list[Image.Image]:
    """One map of each group, all at the slice with most of the first group's structure; `top` is the palest."""
    at = centre(maps[groups[0]]["truth"], plane)
    shares = [maps[group][kind].astype(np.float32) / 255 / max(top, 1e-6) for group in groups]
    ground = np.zeros(shares[0].shape, np.uint8)
    return [picture(ground, plane, at, overlay=Overlay(share, 1.0), scale=6) for share in shares]


def still_tab(reader: Reader, result: ExperimentResult, runs: list[RunResult], subject_id: str) -> None:
    """The subject as a still picture under each strategy: for slides, and where the viewer does not work."""
    rows, labels = [], []
    subject = reader.subject(result.id, runs[0].seed, subject_id)
    for run in runs:
        for record in run.records[::-1]:
            probability = _probability(reader, run, record, subject_id)
            if probability is not None and subject is not None:
                rows.append(subject_row(subject, probability, scale=5))
                labels.append(f"{arm_label(run.strategy)}\nround {record.round}".replace(" ", "\n", 1))
                break
    if not rows:
        st.info("Neither strategy kept this subject.")
        return
    drawn = sheet(rows, labels, PLANES)
    st.image(drawn, alt=f"{subject_id} under each strategy: truth green, prediction pink, entropy over it")
    st.caption("Green: truth. Pink: prediction. Colour: entropy from 0 (clear) to 1 bit (pale).")
    _download(drawn, f"{subject_id}")


def _download(image, name: str) -> None:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    st.download_button(
        "Download picture", buffer.getvalue(), f"{name}.png", "image/png", on_click="ignore", key=f"get_{name}"
    )
