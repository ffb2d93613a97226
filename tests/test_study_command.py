"""The study's command goes on with what lies in a home, and starts only what is missing."""

import pytest
from tiny import tiny_config, work_off
from typer.testing import CliRunner

from fairal.cli import app
from fairal.cli import study as command
from fairal.runs import control, library
from fairal.runs.bundles.export import Wanted, export
from fairal.runs.launch import launch
from fairal.runs.store import Store


class Nobody:
    """A crew that never computes."""

    here = True

    def ensure(self, store, linger_seconds=0.0):
        pass


@pytest.fixture
def small(monkeypatch):
    """Two experiments instead of seven, of one arm and no query."""
    configs = [tiny_config(name=name, strategies=["entropy"], query={"rounds": 0}) for name in ("first", "second")]
    monkeypatch.setitem(command.PARTS, "study", lambda: configs)
    monkeypatch.setattr(command, "crew_of", lambda on: Nobody())
    monkeypatch.setattr(command, "launch_asking", lambda store, wanted, yes, crew: launch(store, wanted, crew=crew))
    return configs


def ask(store, *options):
    return CliRunner().invoke(app, ["study", *options, "--home", str(store.home)])


def test_what_is_there_is_resumed_and_what_is_missing_is_started(store, small):
    launch(store, [small[1], tiny_config(name="another")], crew=Nobody())
    [second] = [e for e in store.experiments() if e.startswith("second")]
    [run] = store.runs(second)
    control.cancel(store, run)
    assert ask(store, "--detach").exit_code == 0
    assert sorted(e.split("-")[0] for e in store.experiments()) == ["another", "first", "second"]
    assert store.state(run).state == "queued"
    assert ask(store, "--detach").exit_code == 0
    assert len(store.experiments()) == 3


def test_what_is_shipped_is_finished_and_shown_beside_ones_own(store, small, tmp_path, monkeypatch):
    elsewhere, shipped = Store(tmp_path / "elsewhere"), tmp_path / "shipped"
    shipped.mkdir()
    [first] = launch(elsewhere, [small[0]], crew=Nobody())
    work_off(elsewhere)
    export(elsewhere, first, shipped / f"{first}.fairal.zip", Wanted("none"))
    monkeypatch.setattr(library, "SHIPPED_DIR", shipped)
    assert ask(store, "--detach").exit_code == 0
    assert [e.split("-")[0] for e in store.experiments()] == ["second"]
    shown = ask(store, "--only-report").stdout
    assert "### first" in shown
    assert "### second" in shown


def test_the_report_is_of_what_is_finished_and_lies_where_one_wants_it(store, small, tmp_path):
    launch(store, [small[0]], crew=Nobody())
    work_off(store)
    path = tmp_path / "tables.md"
    assert ask(store, "--only-report", "--report", str(path)).exit_code == 0
    text = path.read_text()
    assert "### first" in text
    assert "Runs done: 1 of 1." in text
    assert "### second" not in text


def test_an_unknown_part_is_refused(store):
    assert "study, steps, longer" in str(ask(store, "--part", "all").exception)
