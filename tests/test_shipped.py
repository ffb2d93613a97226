"""What the package ships: sound, small, and the study that docs/study.md asks for."""

from pathlib import Path

import pytest
from ui_states import open_page, said

from fairal.report.results import read_experiment
from fairal.report.study import answers, short_table
from fairal.runs.bundles import Bundle
from fairal.runs.bundles.check import check
from fairal.runs.library import SHIPPED_DIR, readers
from fairal.study import study

pytestmark = pytest.mark.shipped
ROOT = Path(__file__).parents[1]


@pytest.fixture
def library(store):
    return readers(store)


def test_what_is_shipped_is_sound_and_small():
    files = sorted(SHIPPED_DIR.glob("*.fairal.zip"))
    assert files
    assert sum(file.stat().st_size for file in files) <= 10e6
    for file in files:
        with Bundle(file) as bundle:
            check(bundle)


def test_it_is_the_study_and_says_where_it_comes_from(library):
    asked = study()
    for experiment in library.shipped():
        bundle = library.bundle(experiment)
        assert bundle.config() in asked
        made = bundle.manifest.provenance
        assert len(made.commit) == 40  # of files that differ from no commit
        assert made.seeds == len(bundle.config().seeds)


def test_an_empty_home_opens_with_the_strong_bias_and_with_scans_to_look_at(library):
    first = library.experiments()[0]
    snapshot = library.snapshot(first)
    assert snapshot.config.name == "study strong"
    assert any(library.volumes(run.key, 2) for run in snapshot.runs)


@pytest.mark.parametrize("name", ["study strong", "study weak"])
def test_the_readme_shows_the_shipped_numbers(library, name):
    [found] = [e for e in library.shipped() if library.bundle(e).config().name == name]
    assert short_table(read_experiment(library, found)) in (ROOT / "README.md").read_text()


def test_the_arm_that_the_readme_names_is_the_one_that_meets_the_question(library):
    [strong] = [e for e in library.shipped() if library.bundle(e).config().name == "study strong"]
    met = [one.arm for one in answers(read_experiment(library, strong)) if one.meets]
    assert met == ["parity+balanced_conditional"]


def test_overview_says_what_the_papers_method_does_and_the_arm_to_choose(monkeypatch, store):
    shown = said(open_page(monkeypatch, store, "overview"))
    assert "Weighted entropy against entropy" in shown
    assert "Choose Parity, balanced, told the group" in shown
