"""Slices of any collection: ids of any kind, three groups, unmatched cases, no brain around, any field of view."""

import io
from dataclasses import replace

import numpy as np
import pytest
from tiny import tiny_config, tiny_record
from ui_states import open_page, said

from fairal.facts.record import Cases, Pick
from fairal.facts.volumes import RoundVolumes, SubjectVolumes
from fairal.report.colours import group_colours
from fairal.report.results import read_experiment
from fairal.ui.mosaic import picked_gallery, strategy_mosaic
from fairal.ui.reading import ReadOnce
from fairal.ui.slices import picked_words
from fairal.ui.viewer import Side, asked_view, viewer_data
from fairal.ui.whose import ARMS, FOLLOWED, PICKED, ROUNDS, TWINS, choices_of, sides_of, subjects_of, twin_of

SHAPE = (6, 9, 7)
TABS = ("Viewer", "Picked", "Group maps", "Still picture")


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
    assert [
        (pick.id, image is not None)
        for pick, image in picked_gallery(store, run.key, run.records[0], group_colours(("old", "young", "middle")))
    ] == [
        ("Scan-x", True),
        ("Scan-y", False),
    ]


def test_a_groups_weight_is_named_where_it_counted():
    record = tiny_record(0, weights={"old": 1.0, "young": 3.0})
    weighted = Pick("Scan-x", "young", score=0.6, uncertainty=0.2)
    assert picked_words(weighted, record) == "young: uncertainty 0.2, group weight 3.00"
    assert picked_words(replace(weighted, score=0.2), record) == "young: uncertainty 0.2"
    assert picked_words(replace(weighted, score=0.7), record) == "young: uncertainty 0.2"
    assert picked_words(Pick("Scan-y", "old"), record) == "old"


def test_without_a_brain_around_it_the_viewer_shows_none(collected, finished):
    store, experiment = collected
    result = read_experiment(store, experiment)
    assert viewer_data(store, result.config, [Side(result.runs[0], "sub-03", "a", "b")])["context"] is None
    assert viewer_data(store, result.config, [Side(result.runs[0], "sub-02", "a", "b")]) is None, "not kept"
    store, experiment = finished
    result = read_experiment(store, experiment)
    subject = next(iter(subjects_of(store, result.runs)))
    around = viewer_data(store, result.config, [Side(result.runs[0], subject, "a", "b")])["context"]
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


def test_an_address_names_the_map_and_its_plane(monkeypatch, finished):
    query = {"view_tab": "Group maps", "map": "error", "map_plane": "axial"}
    page = open_page(monkeypatch, finished[0], "slices", query)
    assert not page.exception
    assert [page.button_group(key=key).value for key in ("map", "map_plane")] == ["error", "axial"]


def test_each_file_is_read_once_in_a_run_of_a_script(collected, monkeypatch):
    store, experiment = collected
    reads = io.StringIO()
    read = store.volumes
    monkeypatch.setattr(store, "volumes", lambda *args: reads.write("v") and read(*args))
    once = ReadOnce(store)
    runs = read_experiment(once, experiment).runs
    subjects_of(once, runs)
    picked_gallery(once, runs[0].key, runs[0].records[0], group_colours(("old", "young", "middle")))
    assert once.snapshot(experiment) is once.snapshot(experiment)
    assert reads.getvalue() == "v"


def test_the_handle_wipes_between_arms_twins_and_rounds(finished):
    store, experiment = finished
    result = read_experiment(store, experiment)
    runs = [run for run in result.runs if run.seed == 0 and run.role == "strategy"][:2]
    words, subject = subjects_of(store, runs), "test0000biased"
    assert twin_of(runs[0].records[-1], subject) == "test0000reference"
    assert twin_of(runs[0].records[-1], "pool0001") is None
    arms, twins, rounds = (sides_of(kind, runs, subject, words) for kind in (ARMS, TWINS, ROUNDS))
    assert [side.run.strategy for side in arms] == [run.strategy for run in runs]
    assert [side.subject for side in twins] == [subject, "test0000reference"]
    data = viewer_data(store, result.config, rounds)
    assert [[r["round"] for r in side["rounds"]] for side in data["sides"]] == [[0], [0, 1, 2]]
    data = viewer_data(store, result.config, twins)
    assert [side["subject"] for side in data["sides"]] == [0, 1]
    assert data["subjects"][0]["truth"] != data["subjects"][1]["truth"]


def test_subjects_are_sorted_by_what_makes_them_worth_opening(collected):
    store, experiment = collected
    choices = choices_of(store, read_experiment(store, experiment).runs)
    assert list(choices[FOLLOWED]) == ["sub-01", "sub-03", "sub-04"]
    assert list(choices[PICKED]) == ["Scan-x"]


def test_a_link_pins_the_view_and_nonsense_in_it_is_left_out():
    pinned = {"plane": "axial", "slice": "12", "round": "3", "overlay": "entropy", "wipe": "25", "smooth": "0",
              "opacity": "40", "truth": "1", "guess": "0"}  # fmt: skip
    assert asked_view(pinned) == {"plane": "axial", "slice": {"axial": 11}, "round": 3, "overlay": "entropy",
                                  "wipe": 0.25, "smooth": False, "opacity": 0.4, "truth": True,
                                  "guess": False}  # fmt: skip
    nonsense = {"plane": "oblique", "slice": "-1", "round": "x", "overlay": "<b>", "wipe": "9e9", "truth": "yes"}
    assert asked_view(nonsense) == {}
