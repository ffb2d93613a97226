"""FAIRAL_READ_ONLY=1: the functions refuse, whoever calls them; the command line says so, files stay as they are."""

import ast
import json
import shutil
from pathlib import Path

import pytest
import streamlit as st
from scans import bids
from tiny import tiny_config
from ui_states import PAGES, open_page

from fairal.allowed import READ_ONLY, ReadOnly
from fairal.cohort.folder import importing
from fairal.cohort.folder.collection import Collections
from fairal.cohort.folder.wishes import Wishes
from fairal.doctor import examine
from fairal.runs import advice, advice_start, control
from fairal.runs.crews.local import LocalCrew
from fairal.runs.launch import launch
from fairal.runs.library import readers
from fairal.runs.locks import try_lock
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


# ------------------------------------------------------------------ nothing below the home is written


def trace(home: Path) -> dict[str, tuple]:
    """Everything below a home: kind, time of the last change, bytes."""
    found = {}
    for path in (home, *home.rglob("*")):
        stat = path.lstat()
        found[str(path)] = (stat.st_mode, stat.st_mtime_ns, stat.st_ino, path.read_bytes() if path.is_file() else b"")
    return found


@pytest.fixture(scope="module")
def shown(tmp_path_factory, finished) -> tuple[Store, str]:
    """A home without a ledger: a finished experiment, one that runs, one whose run lost its state, a collection."""
    root = tmp_path_factory.mktemp("shown")
    shutil.copytree(finished[0].home, root / "home")
    store, experiment = Store(root / "home"), finished[1]
    lost, _ = store.create(tiny_config(name="lost"))
    store.state_file(store.runs(lost)[0]).unlink()
    (store.run_dir(store.runs(lost)[1]) / "lock").touch()
    scans = bids(root / "scans", {f"sub-{i}": "ab"[i % 2] for i in range(20)})
    importing.import_folder(Collections(store.home), "own", Wishes(scans, "sex"))
    store.ledger_file.unlink()
    return store, experiment


@pytest.mark.parametrize(
    "command",
    [
        ["list"], ["list", "--json"], ["show", "{id}"], ["show", "{id}", "--json"], ["show", "{id}", "--csv"],
        ["story", "{id}", "--out", "{out}/story.html"], ["export", "{id}", "--out", "{out}/x.fairal.zip"],
        ["collections"], ["preset", "own", "--collection", "own"], ["doctor"], ["doctor", "--json"],
        ["study", "--only-report"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_command_that_shows_leaves_no_trace_below_the_home(monkeypatch, tmp_path, shown, command):
    from fairal.cli import main

    store, experiment = shown
    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    monkeypatch.setattr("fairal.learner.fit.fit", lambda *_, **__: pytest.fail("something was trained"))
    store.ledger_file.unlink(missing_ok=True)
    before = trace(store.home)
    words = [word.format(id=experiment, out=tmp_path) for word in command]
    monkeypatch.setattr("sys.argv", ["fairal", *words, "--home", str(store.home)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == (2 if command[0] == "study" else 0)
    assert trace(store.home) == before


@pytest.mark.parametrize("name", PAGES)
def test_a_page_leaves_no_trace_below_the_home(monkeypatch, shown, name):
    store, _ = shown
    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    monkeypatch.setenv("FAIRAL_WARM", "0")
    st.cache_resource.clear()
    store.ledger_file.unlink(missing_ok=True)
    before = trace(store.home)
    page = open_page(monkeypatch, store, name, {"collection": "own"} if name == "cohort" else None)
    assert not page.exception
    assert trace(store.home) == before


def test_who_holds_a_run_is_seen_without_a_trace(monkeypatch, shown):
    store, _ = shown
    [lost] = [e for e in store.experiments() if e.startswith("lost")]
    key = store.runs(lost)[1]
    with try_lock(store.run_lock(key)):
        monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
        before = trace(store.home)
        assert store.is_held(key)
        assert try_lock(store.run_lock(key)) is None
        assert trace(store.home) == before
    assert not store.is_held(key)


def test_a_home_that_is_not_there_is_empty_and_is_not_made(monkeypatch, capsys, tmp_path):
    from fairal.cli import main

    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    for command in (["list"], ["doctor"], ["collections"]):
        monkeypatch.setattr("sys.argv", ["fairal", *command, "--home", str(tmp_path / "none")])
        with pytest.raises(SystemExit) as left:
            main()
        assert (left.value.code, capsys.readouterr().err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_possible_without_writing_says_so(monkeypatch, capsys, tmp_path, shown):
    from fairal.cli import main

    store, experiment = shown
    monkeypatch.setenv("FAIRAL_READ_ONLY", "1")
    for command in (["story", experiment, "--out"], ["export", experiment, "--out"]):
        file = store.home / "mine.html"
        monkeypatch.setattr("sys.argv", ["fairal", *command, str(file), "--home", str(store.home)])
        with pytest.raises(SystemExit) as left:
            main()
        said = f"fairal: {READ_ONLY} --out {file} lies below its home; name a file elsewhere.\n"
        assert (left.value.code, capsys.readouterr().err) == (2, said)
    facts = examine(store)
    assert (facts["locks"], facts["fit"]) == (f"not tried. {READ_ONLY}", f"not measured. {READ_ONLY}")
    assert "seconds_per_fit" not in facts


def test_a_list_says_without_a_trace_what_it_says_elsewhere(monkeypatch, capsys, tmp_path, shown):
    from fairal.cli import main

    said = []
    shutil.copytree(shown[0].home, tmp_path / "home")
    for read_only in ("1", "0"):
        monkeypatch.setenv("FAIRAL_READ_ONLY", read_only)
        monkeypatch.setattr("sys.argv", ["fairal", "list", "--json", "--home", str(tmp_path / "home")])
        with pytest.raises(SystemExit):
            main()
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1]
    assert {row["state"] for row in said[0]} == {"done", "queued"}
