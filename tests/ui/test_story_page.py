"""The story on its page: whose it tells, and what stands there before there is one."""

import shutil
from pathlib import Path

import pytest
from kept import EXPERIMENT, kept_home
from ui_states import open_page, said

from fairal.runs import library
from fairal.runs.bundles.export import export
from fairal.runs.store import RunKey, Store


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> str:
    """One shipped study, and nothing else."""
    export(kept_home(tmp_path / "from"), EXPERIMENT, tmp_path / "study.fairal.zip")
    (tmp_path / "shipped").mkdir()
    shutil.copy(tmp_path / "study.fairal.zip", tmp_path / "shipped")
    monkeypatch.setattr(library, "SHIPPED_DIR", tmp_path / "shipped")
    return EXPERIMENT


def own_home(folder: Path) -> tuple[Store, str]:
    """A home with a finished experiment whose id differs from the shipped one's."""
    store, kept = Store(folder), kept_home(folder.with_name("kept"))
    own, _ = store.create(kept.config(EXPERIMENT))
    for key in store.runs(own):
        there = RunKey(EXPERIMENT, key.run)
        for record in kept.rounds(there):
            store.append_round(key, record, None)
        store.write_state(key, kept.state(there))
    return store, own


def test_before_there_is_a_story_the_page_says_what_will_stand_here_and_offers_the_demo(monkeypatch, store):
    page = open_page(monkeypatch, store, "story")
    assert "The story of an experiment will stand here" in said(page)
    assert [button.label for button in page.button] == ["Run the demo"]


def test_the_shipped_study_is_told_first_and_named_as_that(monkeypatch, tmp_path, shipped):
    store, own = own_home(tmp_path / "home")
    page = open_page(monkeypatch, store, "story")
    assert not page.exception
    assert page.selectbox(key="story_of").value == shipped
    assert page.selectbox(key="story_of").options == [f"{shipped} (shipped)", own]
    assert page.query_params["experiment"] == shipped


def test_the_address_says_whose_story_is_told(monkeypatch, tmp_path, shipped):
    store, own = own_home(tmp_path / "home")
    page = open_page(monkeypatch, store, "story", {"experiment": own})
    assert page.selectbox(key="story_of").value == own
    page.selectbox(key="story_of").set_value(shipped).run()
    assert page.query_params["experiment"] == shipped


def test_an_experiment_that_is_not_here_is_said_to_be_missing(monkeypatch, store, shipped):
    page = open_page(monkeypatch, store, "story", {"experiment": "gone"})
    assert "not here (any more); another is told" in said(page)
    assert page.selectbox(key="story_of").value == shipped


def test_what_still_runs_is_not_told_by_itself(monkeypatch, running):
    store, _ = running
    assert "will stand here" in said(open_page(monkeypatch, store, "story"))
