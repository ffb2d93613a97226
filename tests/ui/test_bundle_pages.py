"""Bundles on the pages: shipped ones open with an empty home, and say what they are."""

import json

import pytest
from kept import EXPERIMENT, kept_home, members_of, sealed, write
from tiny import tiny_config
from ui_states import open_page, said, written

from fairal.runs import library
from fairal.runs.bundles.export import export

NAME = "![x](http://elsewhere.example/x.png)"


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """One shipped bundle, whose name would fetch a picture if it were taken for markup."""
    export(kept_home(tmp_path / "own"), EXPERIMENT, tmp_path / "x.fairal.zip")
    members = members_of(tmp_path / "x.fairal.zip")
    about = json.loads(members["experiment.json"])
    about["config"]["name"] = NAME
    folder = tmp_path / "shipped"
    folder.mkdir()
    files = members | {"experiment.json": json.dumps(about).encode()}
    write(folder / "study.fairal.zip", sealed(files, name=NAME))
    monkeypatch.setattr(library, "SHIPPED_DIR", folder)


@pytest.mark.parametrize("name", ["overview", "compare", "slices"])
def test_a_shipped_experiment_opens_in_an_empty_home(monkeypatch, store, shipped, name):
    page = open_page(monkeypatch, store, name)
    assert not page.exception
    assert not page.error
    assert "Shipped with fairal, read only. Written by fairal" in said(page)
    assert NAME not in written(page)


def test_beside_an_experiment_of_ones_own_the_study_is_a_press_away(monkeypatch, store, shipped):
    def names(page) -> list[str]:
        return [button.label for button in page.button]

    assert "Open the shipped study" not in names(open_page(monkeypatch, store, "overview"))
    store.create(tiny_config())
    assert "Open the shipped study" in names(open_page(monkeypatch, store, "overview"))


def test_runs_shows_ones_own_alone(monkeypatch, store, shipped):
    assert "Every run will stand here" in said(open_page(monkeypatch, store, "runs"))
