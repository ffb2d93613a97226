"""A person's own scans on Cohort and Launch: what is shown, what is carried over, what is refused."""

import gzip
import io
import json
import os
import time
from pathlib import Path
from zipfile import ZipFile

import nibabel as nib
import numpy as np
import pytest
from scans import bids, mask_path, t1_path
from ui_states import open_page, said

from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.importing import import_folder
from fairal.cohort.folder.wishes import Wishes
from fairal.config import FolderCohort
from fairal.errors import InputError
from fairal.runs.store import Store
from fairal.ui.collections import group_rows, step_lines
from fairal.ui.upload import start_upload

ODD = "Site *B* ![x](http://192.0.2.1/x.png)"
GROUPS = {f"sub-{i:02d}": ("a", ODD, "c")[i % 3] for i in range(30)}
UNLABELLED = ("sub-00", "sub-01", "sub-04")
ASSUMED = (
    "Its header gives no orientation (qform_code and sform_code are 0); its axes were taken as LAS, so left and right "
    "may be swapped."
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Store:
    """A home with a collection of three groups of ten scans: 9, 8 and 10 of them with a mask, one more left out."""
    root = tmp_path_factory.mktemp("own")
    folder = bids(root / "scans", GROUPS, UNLABELLED)
    mask_path(folder, "sub-99").parent.mkdir(parents=True)
    mask_path(folder, "sub-99").write_bytes(mask_path(folder, "sub-02").read_bytes())
    store = Store(root / "home")
    import_folder(Collections(store.home), "own", Wishes(folder, "sex"))
    return store


def button(page, text: str):
    return next(b for b in page.button if b.label == text)


def test_the_groups_are_counted(imported):
    rows = group_rows(Collections(imported.home).open("own")).set_index("group")
    assert rows.loc["a", ["usable", "labelled", "unlabelled"]].tolist() == [10, 9, 1]
    assert rows.loc[ODD, ["usable", "labelled", "unlabelled"]].tolist() == [10, 8, 2]
    assert rows.loc["c", "mean_volume_mm3"] == 5 * 6 * 5


def test_the_steps_are_said_with_the_grid(imported):
    lines = step_lines(Collections(imported.home).open("own").content.steps)
    x, y, z = Collections(imported.home).open("own").shape
    assert lines[0] == f"Grid: {x} × {y} × {z} voxels of 1 mm, RAS; resampled bilinear (masks: nearest)."
    assert "around where the structures lie" in lines[1]


def test_cohort_shows_a_collection_with_its_groups_pictures_and_what_was_left_out(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "cohort", {"collection": "own"})
    assert not page.exception
    assert not page.error
    assert page.selectbox(key="collection").value == "own"
    text = said(page)
    assert "Volume of the structure" in text
    assert "(n = 8)" in text
    groups, left_out = page.dataframe
    assert groups.value.labelled.tolist() == [8, 9, 10]
    assert left_out.value.iloc[0].tolist()[0::2] == ["sub-99", "There is a mask but no image."]
    assert len(page.image) == 18, "six scans of each group"


def test_what_a_table_calls_a_group_is_never_markup(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "cohort", {"collection": "own"})
    for kind in ("markdown", "caption"):
        for element in getattr(page, kind):
            assert "![" not in element.value
    launch = open_page(monkeypatch, imported, "launch", {"scans": "own"})
    assert all("![" not in number.label for number in launch.number_input)


def test_a_collection_that_is_not_there_is_said_and_the_synthetic_cohort_shown(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "launch", {"scans": "gone"})
    assert "not here (any more)" in said(page)
    assert page.selectbox(key="scans").value == ""
    assert page.slider(key="bias")


@pytest.mark.parametrize("name", ["../../x", "mine\n", "a" * 49, "🧠"])
def test_a_name_that_no_collection_can_have_is_a_sentence(monkeypatch, imported, name):
    page = open_page(monkeypatch, imported, "launch", {"scans": name})
    assert not page.exception
    assert page.selectbox(key="scans").value == ""


def test_launch_suggests_a_what_if_for_the_collection_in_the_address(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "launch", {"scans": "own"})
    assert not page.exception
    assert page.text_input(key="name").value == "own own"
    assert [(n.key, n.value) for n in page.number_input if n.key.startswith("own_start_")] == [
        ("own_start_0", 1), ("own_start_1", 1), ("own_start_2", 1)
    ]  # fmt: skip
    assert not {"bias", "biased_share", "fading"} & {slider.key for slider in page.slider}
    assert "split and training only" in said(page)
    assert "1 experiment, 25 runs" in said(page)


def test_what_is_chosen_for_a_collection_is_what_json_shows_and_what_is_launched(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "launch", {"scans": "own"})
    page.slider(key="test_share").set_value(0.5).run()
    page.selectbox(key="unlabelled").set_value("wait").run()
    page.number_input(key="own_start_1").set_value(2).run()
    page.number_input(key="seeds").set_value(1).run()
    page.number_input(key="per_round").set_value(2).run()
    page.toggle(key="as_json").set_value(True).run()
    [shown] = json.loads(page.text_area(key="json_text").value)["experiments"]
    assert shown["cohort"] == {"kind": "folder", "collection": "own", "test_share": 0.5, "unlabelled": "wait"}
    names = sorted(("a", ODD, "c"))
    assert shown["query"]["start"] == {names[0]: 1, names[1]: 2, names[2]: 1}
    page.toggle(key="as_json").set_value(False).run()
    assert page.number_input(key="own_start_1").value == 2
    assert page.slider(key="test_share").value == 0.5
    before = set(imported.experiments())
    button(page, "Launch").click().run()
    assert not page.error
    [experiment] = set(imported.experiments()) - before
    config = imported.config(experiment)
    assert isinstance(config.cohort, FolderCohort)
    assert config.cohort.test_counts() == {names[0]: 4, names[1]: 4, names[2]: 5}
    assert config.query.start[names[1]] == 2
    clone = open_page(monkeypatch, imported, "launch", {"clone": experiment})
    assert not clone.exception
    assert not clone.toggle(key="as_json").value
    assert clone.number_input(key="own_start_1").value == 2


def test_cohort_carries_its_collection_into_launch(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "cohort", {"collection": "own"})
    button(page, "Use in Launch").click().run()
    assert not page.exception
    assert page.title[0].value == "Launch an experiment"
    assert page.selectbox(key="scans").value == "own"
    assert page.text_input(key="name").value == "own own"


def test_turning_from_a_collection_to_the_synthetic_cohort_brings_its_fields_back(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "launch", {"scans": "own"})
    page.selectbox(key="scans").set_value("").run()
    assert not page.exception
    assert page.slider(key="bias").value == 1.0
    page.selectbox(key="scans").set_value("own").run()
    assert page.text_input(key="name").value == "own own"


def test_a_larger_test_set_lowers_a_start_that_it_leaves_too_few_for(monkeypatch, imported):
    page = open_page(monkeypatch, imported, "launch", {"scans": "own"})
    page.number_input(key="own_start_0").set_value(5).run()
    page.slider(key="test_share").set_value(0.9).run()
    assert not page.exception
    assert page.number_input(key="own_start_0").value == 1


def test_a_damaged_collection_is_a_sentence_on_both_pages(monkeypatch, tmp_path, imported):
    store = Store(tmp_path / "home")
    folder = store.home / "collections" / "own"
    folder.mkdir(parents=True)
    (folder / "collection.json").write_text("{")
    for name, parameter in (("cohort", "collection"), ("launch", "scans")):
        page = open_page(monkeypatch, store, name, {parameter: "own"})
        assert not page.exception
        assert "The collection own is damaged" in said(page)


def zipped(folder: Path) -> io.BytesIO:
    whole = io.BytesIO()
    with ZipFile(whole, "w") as opened:
        for path in sorted(folder.rglob("*")):
            opened.write(path, path.relative_to(folder.parent))
    whole.seek(0)
    return whole


def ended(upload):
    end = time.monotonic() + 120
    while upload.running:
        assert time.monotonic() < end
        time.sleep(0.05)
    return upload


def test_an_upload_becomes_a_collection_and_leaves_nothing_else_behind(tmp_path):
    store = Store(tmp_path / "home")
    folder = bids(tmp_path / "scans", {"sub-01": "a", "sub-02": "b", "sub-03": "b"})
    upload = ended(start_upload(store.home, "mine", "sex", "1", zipped(folder)))
    assert upload.reason() == ""
    assert upload.report()["groups"] == {"a": 1, "b": 2}
    assert upload.progress()[1] == 1.0
    upload.close()
    assert Collections(store.home).names() == ["mine"]
    assert not [p.name for p in store.home.iterdir() if p.name.startswith((".new-", ".unpacked"))]


def silent_about_orientation(path: Path) -> None:
    """Take what an image's header says of its orientation away."""
    image = nib.load(path)
    image.header["qform_code"] = image.header["sform_code"] = 0
    path.write_bytes(gzip.compress(nib.Nifti1Image(np.asanyarray(image.dataobj), None, image.header).to_bytes()))


def test_what_had_to_be_assumed_is_said_after_an_upload_and_beside_the_collection(monkeypatch, tmp_path):
    store = Store(tmp_path / "home")
    folder = bids(tmp_path / "scans", {"sub-01": "a", "sub-02": "b", "sub-03": "b"})
    mask_path(folder, "sub-02").unlink()
    silent_about_orientation(t1_path(folder, "sub-02"))
    upload = ended(start_upload(store.home, "mine", "sex", "1", zipped(folder)))
    page = open_page(monkeypatch, store, "cohort")
    page.session_state["upload"] = upload
    page.run()
    assert not page.exception
    assert "Something had to be assumed" in said(page)
    assert [table.value["What"].tolist() for table in page.dataframe if "What" in table.value] == [[ASSUMED]]
    upload.close()
    page = open_page(monkeypatch, store, "cohort", {"collection": "mine"})
    assert "Of 1 usable scans the files do not say all" in said(page)
    [rows] = [table.value for table in page.dataframe if "What" in table.value]
    assert rows.iloc[0].tolist() == ["sub-02", "sub-02/anat/sub-02_T1w.nii.gz", ASSUMED]


def test_an_upload_is_removed_by_the_next_when_nobody_holds_it_any_more_whatever_the_clock_says(tmp_path):
    home = tmp_path / "home"
    first = ended(start_upload(home, "mine", "sex", "", io.BytesIO(b"<html>")))
    folder = first.folder
    os.utime(folder, (0, 0))
    second = ended(start_upload(home, "mine", "sex", "", io.BytesIO(b"<html>")))
    assert folder.exists(), "its page may still read what came of it"
    del first  # the session has ended
    ended(start_upload(home, "mine", "sex", "", io.BytesIO(b"<html>"))).close()
    assert not folder.exists()
    assert second.folder.exists()
    second.close()


def test_an_upload_that_is_no_zip_or_is_stopped_says_so_and_leaves_nothing(tmp_path):
    home = tmp_path / "home"
    upload = ended(start_upload(home, "mine", "sex", "", io.BytesIO(b"<html>")))
    assert upload.reason() == "This is not a whole zip archive."
    assert upload.report() is None
    upload.close()
    stopped = start_upload(home, "mine", "sex", "", io.BytesIO(b"<html>"))
    stopped.process.kill()
    assert "ended before it was done" in ended(stopped).reason()
    stopped.close()
    assert Collections(home).names() == []
    assert not [p.name for p in home.iterdir() if p.name.startswith((".new-", ".unpacked"))]


@pytest.mark.parametrize(
    ("name", "group", "structure", "sentence"),
    [
        ("../out", "sex", "", "A collection's name"),
        ("own", "sex", "", "already"),
        ("mine", " ", "", "group column"),
        ("mine", "se\nx", "", "group column"),
        ("mine", "sex", "1,x", "label values"),
        ("mine", "sex", "²", "label values"),
        ("mine", "sex", "0", "label values"),
        ("mine", "sex", "1,,2", "label values"),
    ],
)
def test_a_wrong_field_of_an_upload_is_a_sentence_and_starts_nothing(imported, name, group, structure, sentence):
    before = sorted(imported.home.iterdir())
    with pytest.raises(InputError, match=sentence):
        start_upload(imported.home, name, group, structure, io.BytesIO(b"PK"))
    assert sorted(imported.home.iterdir()) == before
