"""FAIRAL_READ_ONLY=1: the functions refuse, whoever calls them; the command line says so, files stay as they are."""

import ast
from pathlib import Path

import pytest
from tiny import tiny_config

from fairal.allowed import READ_ONLY, ReadOnly
from fairal.cohort.folder import importing
from fairal.cohort.folder.collection import Collections
from fairal.runs import advice, advice_start, control
from fairal.runs.crews.local import LocalCrew
from fairal.runs.launch import launch
from fairal.runs.library import readers
from fairal.runs.shelf import trim
from fairal.runs.store import Store
from fairal.ui import upload

ROOT = Path(__file__).parents[1]
GUARDED = [
    launch, control.cancel, control.resume, control.retry, control.wake, control.delete_run, control.delete_experiment,
    importing.import_folder, importing.update_collection, Collections.forget, upload.start_upload, trim,
    Store.clean_volumes, advice_start.start, advice.Desk.put_aside, advice.Desk.put_back, advice.Desk.ask_to_stop,
]  # fmt: skip


@pytest.fixture
def store(monkeypatch, tmp_path) -> Store:
    store = Store(tmp_path / "home")
    store.create(tiny_config())
    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    return store


def content(store: Store) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in store.home.rglob("*") if path.is_file()}


@pytest.mark.parametrize("function", GUARDED, ids=lambda f: f.__qualname__)
def test_every_function_that_changes_something_refuses_before_it_looks_at_anything(monkeypatch, function):
    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    with pytest.raises(ReadOnly, match="read only"):
        function(*[None] * (function.__wrapped__.__code__.co_argcount))


def test_nothing_changes_and_nobody_starts_to_work(store, tmp_path):
    before, [experiment] = content(store), store.experiments()
    key = store.runs(experiment)[0]
    for attempt in (
        lambda: launch(store, [tiny_config()], confirmed=True),
        lambda: control.cancel(store, key),
        lambda: control.delete_experiment(store, experiment),
        lambda: readers(store).add(tmp_path / "x.fairal"),
        lambda: readers(store).remove(experiment),
        lambda: trim(store, 0),
    ):
        with pytest.raises(ReadOnly):
            attempt()
    assert LocalCrew().ensure(store, warm=True) == 0
    assert content(store) == before


@pytest.mark.parametrize(
    "command",
    [
        ["demo", "--smoke"], ["cancel", "latest"], ["resume", "latest"], ["delete", "latest", "--yes"], ["clean"],
        ["clean", "--volumes"], ["worker"], ["add", "x.fairal"], ["study"], ["forget", "x", "--yes"],
        ["import", ".", "--name", "x", "--group", "y"], ["next", "x", "--aside", "y"], ["next", "x"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_that_changes_something_says_so(monkeypatch, capsys, store, command):
    from fairal.cli import main

    before = content(store)
    monkeypatch.setattr("sys.argv", ["fairal", *command, "--home", str(store.home)])
    with pytest.raises(SystemExit) as left:
        main()
    assert (left.value.code, capsys.readouterr().err) == (2, f"fairal: {READ_ONLY}\n")
    assert content(store) == before


def test_commands_that_show_still_show(monkeypatch, capsys, store):
    from fairal.cli import main

    for command in (["list"], ["show", "latest"], ["collections"]):
        monkeypatch.setattr("sys.argv", ["fairal", *command, "--home", str(store.home)])
        with pytest.raises(SystemExit) as left:
            main()
        assert (left.value.code, capsys.readouterr().err) == (0, "")


def test_pages_and_commands_remove_nothing_but_through_guarded_functions():
    """Whoever writes `unlink`, `rmtree` or `replace` above `runs` goes past the guard."""
    past = []
    for path in [*ROOT.glob("pages/*.py"), *ROOT.glob("fairal/ui/*.py"), *ROOT.glob("fairal/cli/*.py")]:
        if path.name == "upload.py":  # it unpacks, and removes what it unpacked; `start_upload` is guarded
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in {"unlink", "rmtree"}:
                past.append(f"{path.name}:{node.lineno}")
    assert past == []
