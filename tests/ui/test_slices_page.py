"""Slices of any collection: ids of any kind, three groups, unmatched cases, no brain around, any field of view."""

import gzip
import io
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from tiny import tiny_config, tiny_record
from ui_states import open_page, said

from fairal.facts.record import Cases, Pick
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.report.results import read_experiment
from fairal.ui.mosaic import picked_gallery, strategy_mosaic
from fairal.ui.reading import ReadOnce
from fairal.ui.slices import _nifti, subjects_of
from fairal.ui.viewer import viewer_data

SHAPE = (6, 9, 7)
TABS = ("Viewer", "3D", "Picked", "Group maps", "Still picture")


@pytest.fixture
def collected(store):
    """A run over three groups of unequal size: sub-01 old; sub-02, sub-03 young; sub-04 middle. Scan-x was picked."""
    groups = [{"name": name, "share": share} for name, share in (("old", 0.5), ("young", 0.25), ("middle", 0.25))]
    config = tiny_config(
        cohort={"groups": groups}, query={"start": {"old": 1}}, strategies=["random"], baseline="random"
    )
    experiment, _ = store.create(config)
    key = store.runs(experiment)[0]
    halves = dict.fromkeys(("dice", "assd_mm", "hd95_mm", "surface_dice", "volume_error"), (0.5,) * 4)
    cases = Cases(("sub-01", "sub-02", "sub-03", "sub-04"), ("old", "young", "young", "middle"),
                  volume_mm3=(9.0,) * 4, predicted_mm3=(8.0,) * 4, **halves)  # fmt: skip
    three = dict.fromkeys(("old", "young", "middle"), 1.0)
    record = tiny_record(
        test=cases, labelled=("sub-09",), picked=(Pick("Scan-x", "young"), Pick("Scan-y", "old")),
        labelled_by_group={"old": 1, "young": 0, "middle": 0}, weights=three, labelled_dice=three,
    )  # fmt: skip
    shown = ("sub-01", "sub-03", "sub-04", "Scan-x")
    guess, maps = np.full(SHAPE, 200, np.uint8), dict.fromkeys(("entropy", "error", "truth"), np.ones(SHAPE, np.uint8))
    store.append_round(key, record, RoundVolumes(dict.fromkeys(shown, guess), dict.fromkeys(three, maps)))
    truth = np.zeros(SHAPE, np.uint8)
    truth[1:3, 2:5, 3] = 1
    for name in shown:
        store.write_subject(experiment, 0, name, SubjectVolumes(np.full(SHAPE, 90, np.uint8), truth))
    store.write_state(key, replace(store.state(key), state="done", rounds_done=1))
    return store, experiment


def test_subjects_are_named_by_what_the_records_say_of_them(collected):
    store, experiment = collected
    assert subjects_of(store, read_experiment(store, experiment).runs) == {
        "sub-01": "test 1, old",
        "sub-03": "test 2, young",
        "sub-04": "test 1, middle",
        "Scan-x": "Scan-x, young (picked in round 0)",
    }


def test_the_mosaic_has_a_row_for_each_of_three_groups(collected):
    store, experiment = collected
    result = read_experiment(store, experiment)
    sheet = strategy_mosaic(store, result, scale=3)
    planes_high = max(SHAPE[1], SHAPE[2]) * 3
    assert sheet.height == 28 + 3 * (planes_high + 6)
    hollow = replace(result, runs=[replace(result.runs[0], records=())])
    assert strategy_mosaic(store, hollow) is None


def test_the_gallery_has_every_pick_also_where_no_picture_was_kept(collected):
    store, experiment = collected
    run = read_experiment(store, experiment).runs[0]
    assert [(pick.id, image is not None) for pick, image in picked_gallery(store, run.key, run.records[0])] == [
        ("Scan-x", True),
        ("Scan-y", False),
    ]


def test_without_a_brain_around_it_the_viewer_shows_none(collected, finished):
    store, experiment = collected
    result = read_experiment(store, experiment)
    assert viewer_data(store, result.config, result.runs, "sub-03")["context"] is None
    assert viewer_data(store, result.config, result.runs, "sub-02") is None, "not kept"
    store, experiment = finished
    result = read_experiment(store, experiment)
    subject = next(iter(subjects_of(store, result.runs)))
    around = viewer_data(store, result.config, result.runs[:1], subject)["context"]
    assert around["shape"] == [52, 64, 56]
    assert around["view"] == {"origin": [-34.5, -40.5, -22.5], "spacing": 3.0}


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_a_collection_of_three_groups(monkeypatch, collected, tab):
    page = open_page(monkeypatch, collected[0], "slices", {"view_tab": tab})
    assert not page.exception
    assert not page.error
    if tab == "Group maps":
        assert any("1 old, 2 young, 1 middle" in text for image in page.image for text in image.captions)


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_shows_a_finished_experiment(monkeypatch, finished, tab):
    page = open_page(monkeypatch, finished[0], "slices", {"view_tab": tab})
    assert not page.exception
    assert not page.error
    if tab == "Picked":
        assert "Round 0, 3 labelled" in said(page)


def test_an_address_names_subject_seed_and_strategies(monkeypatch, finished):
    query = {"of": finished[1], "left": "Random", "right": "Entropy", "who": "test 1, biased", "of_seed": "0"}
    page = open_page(monkeypatch, finished[0], "slices", query)
    assert not page.exception
    shown = {box.key: box.value for box in page.selectbox}
    assert (shown["left"], shown["right"], shown["of_seed"]) == ("random", "entropy", 0)
    assert shown["who"] == "test0000biased"


@pytest.mark.parametrize(("shape", "spacing_mm"), [((5, 7, 9), 0.8), ((24, 28, 20), 3.0)])
def test_the_patients_left_stays_left_whatever_the_field_of_view(shape, spacing_mm):
    stored = nib.Nifti1Image.from_bytes(gzip.decompress(_nifti(np.zeros(shape, np.uint8), spacing_mm)))
    assert nib.aff2axcodes(stored.affine) == ("R", "A", "S")
    corners = [stored.affine @ [0, 0, 0, 1], stored.affine @ [*(n - 1 for n in shape), 1]]
    assert (corners[0] + corners[1])[:3] == pytest.approx([0, 0, 0], abs=1e-5), "around its own centre"
    assert stored.header.get_zooms() == pytest.approx((spacing_mm,) * 3)


def test_each_file_is_read_once_in_a_run_of_a_script(collected, monkeypatch):
    store, experiment = collected
    reads = io.StringIO()
    read = store.volumes
    monkeypatch.setattr(store, "volumes", lambda *args: reads.write("v") and read(*args))
    once = ReadOnce(store)
    runs = read_experiment(once, experiment).runs
    subjects_of(once, runs)
    picked_gallery(once, runs[0].key, runs[0].records[0])
    assert once.snapshot(experiment) is once.snapshot(experiment)
    assert reads.getvalue() == "v"
