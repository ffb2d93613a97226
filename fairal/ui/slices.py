"""The tabs of Slices beside the viewer: 3D, what was picked, the groups' mean maps, still pictures."""

import gzip
import io

import numpy as np
import streamlit as st

from fairal.facts.record import Record
from fairal.report.results import ExperimentResult, RunResult
from fairal.report.slices import PLANES, centre, heat, picture, sheet
from fairal.runs.store import Store
from fairal.strategies.catalog import label
from fairal.ui.mosaic import picked_gallery, subject_row


def subjects_of(store: Store, runs: list[RunResult]) -> dict[str, str]:
    """The subjects whose volumes these runs kept: test subjects first, then the picked; with what a person reads."""
    test, picked = {}, {}
    for run in runs:
        for record in run.records:
            volumes = store.volumes(run.key, record.round)
            for name in volumes.probability if volumes else ():
                if name.startswith("test"):
                    test[name] = f"test {int(name[4:8]) + 1}, {name[8:]}"
            for pick in record.picked or ():
                picked[pick.id] = f"pool {int(pick.id[4:]) + 1}, {pick.group} (picked)"
    return dict(sorted(test.items())) | dict(sorted(picked.items())) if test else {}


def volume_tab(store: Store, result: ExperimentResult, runs: list[RunResult], subject_id: str) -> None:
    """NiiVue: the subject in 3D, with truth and the first strategy's last prediction over it."""
    from niivue_component import niivue_viewer

    subject = store.subject(result.id, runs[0].seed, subject_id)
    kept = [(r, _probability(store, runs[0], r, subject_id)) for r in runs[0].records]
    kept = [(record, probability) for record, probability in kept if probability is not None]
    if subject is None or not kept:
        st.info("This strategy kept no volume of this subject.")
        return
    record, probability = kept[-1]
    cohort = result.config.cohort
    niftis = [
        _nifti(v, cohort.origin_mm, cohort.spacing_mm)
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
    st.caption(f"Green: truth. Red: prediction of {label(runs[0].strategy).lower()}, round {record.round}.")


def _probability(store: Store, run: RunResult, record: Record, subject_id: str) -> np.ndarray | None:
    volumes = store.volumes(run.key, record.round)
    return volumes.probability.get(subject_id) if volumes else None


@st.cache_data(max_entries=24, show_spinner=False)
def _nifti(volume: np.ndarray, origin_mm: tuple, spacing_mm: float) -> bytes:
    """A gzipped NIfTI file in MNI space; equal input gives equal bytes, so nothing is shipped twice."""
    import nibabel as nib

    affine = np.diag([spacing_mm] * 3 + [1.0])
    affine[:3, 3] = origin_mm
    return gzip.compress(nib.Nifti1Image(volume.astype(np.uint8), affine).to_bytes(), mtime=0)


def gallery_tab(store: Store, runs: list[RunResult]) -> None:
    """What each round picked, with the entropy of the model that picked it."""
    for run in runs:
        st.subheader(label(run.strategy))
        for record in run.records:
            shown = picked_gallery(store, run.key, record)
            if not shown:
                continue
            st.markdown(f"Round {record['round']}, {len(record['labelled'])} labelled")
            for start in range(0, len(shown), 6):
                for column, (pick, image) in zip(st.columns(6), shown[start : start + 6], strict=False):
                    score = f", score {pick['score']:.3f}" if pick.score is not None else ""
                    text = f"{pick.group}{score}"
                    if image is None:
                        column.caption(f"{pick.id}: {text}")
                    else:
                        column.image(image, caption=text, alt=f"{pick.id}, {text}", width="stretch")


def maps_tab(store: Store, result: ExperimentResult, runs: list[RunResult]) -> None:
    """Mean entropy and error of each group over all test subjects, at the same place."""
    kind = st.segmented_control("Map", ["entropy", "error", "truth"], default="entropy", key="map", required=True)
    plane = st.segmented_control("Plane", list(PLANES), default="coronal", key="map_plane", required=True)
    kept = [store.volumes(run.key, len(run.records) - 1) for run in runs]
    latest = [volumes.maps if volumes else {} for volumes in kept]
    top = max((float(m[kind].max()) / 255 for maps in latest for m in maps.values()), default=0)
    rows, labels = [], []
    for run, maps in zip(runs, latest, strict=True):
        images = []
        for group in result.groups:
            if group in maps:
                values = maps[group][kind].astype(np.float32) / 255
                at = centre(maps[result.groups[0]]["truth"], plane)
                ground = np.zeros(values.shape, np.uint8)
                images.append(picture(ground, plane, at, overlay=values / max(top, 1e-6), opacity=1.0, scale=6))
        if images:
            rows.append(images)
            labels.append(label(run.strategy).replace(" ", "\n"))
    if not rows:
        st.info("No maps were kept.")
        return
    drawn = sheet(rows, labels, result.groups)
    st.image(drawn, alt=f"Mean {kind} of each group over all test subjects, one row per strategy")
    bar = np.tile(heat(np.linspace(0, 1, 240))[None], (12, 1, 1))
    unit = {"entropy": "bits", "error": "share of subjects", "truth": "share of subjects"}[kind]
    st.image(
        bar,
        caption=f"0 to {top:.2f} {unit}; mean over {result.config.cohort.test_pairs} test subjects each, last round.",
        alt="Colour bar",
    )
    _download(drawn, f"maps-{kind}-{plane}")


def still_tab(store: Store, result: ExperimentResult, runs: list[RunResult], subject_id: str) -> None:
    """The subject as a still picture under each strategy: for slides, and where the viewer does not work."""
    rows, labels = [], []
    subject = store.subject(result.id, runs[0].seed, subject_id)
    for run in runs:
        for record in run.records[::-1]:
            probability = _probability(store, run, record, subject_id)
            if probability is not None and subject is not None:
                rows.append(subject_row(subject, probability, scale=5))
                labels.append(f"{label(run.strategy)}\nround {record['round']}".replace(" ", "\n", 1))
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
