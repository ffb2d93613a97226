"""The command line, whatever it is given: one sentence of text, never a traceback, never a sign that steers."""

import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tiny import tiny_config

from fairal.cli import main
from fairal.cli.terminal import Terminal
from fairal.config import study_json
from fairal.runs.store import Store

ROOT = Path(__file__).parents[1]

STEERS = "\x1b[2J\x1b]0;title\x07[/b][red]\u202e\x9b31m\r"
SPELLED = r"\x1b[2J\x1b]0;title\x07[/b][red]\u202e\x9b31m\r"


@pytest.fixture
def fairal(monkeypatch, capsys, tmp_path):
    """Run a command in this process; gives (exit code, what it printed, what it complained of)."""
    monkeypatch.setenv("FAIRAL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["fairal", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return left.value.code, said.out, said.err

    return run


def steers(text: str) -> bool:
    return any(not c.isprintable() and c != "\n" for c in text)


def test_a_terminal_shows_text_alone():
    buffer = io.StringIO()
    terminal = Terminal(file=buffer, force_terminal=True, width=200)
    terminal.print(STEERS + "\nnext")
    # Rich takes away by itself what rings or returns.
    assert buffer.getvalue() == SPELLED.replace(r"\r", "").replace(r"\x07", "") + "\nnext\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", STEERS],
        ["cancel", STEERS],
        ["resume", STEERS, "--detach"],
        ["delete", STEERS, "--yes"],
        ["more", STEERS],
        ["export", STEERS, "--out", "x"],
        ["add", STEERS],
        ["run", STEERS],
        ["preset", STEERS],
        ["forget", STEERS, "--yes"],
        ["next", STEERS],
        ["next", "x", "--strategy", STEERS],
        ["import", STEERS, "--name", "x", "--group", "y"],
        ["import", ".", "--name", STEERS, "--group", "y"],
        ["list", "--" + STEERS],
        [STEERS],
        ["list", "--home", "~no/" + STEERS],
        ["cohort", STEERS, "--out", "x"],
        ["worker", "--slot", STEERS],
        ["clean", "--cap-gb", STEERS],
        ["demo", "--seed", STEERS],
        ["clean", "--experiment", STEERS, "--volumes"],
        ["more", "x", "--gap", STEERS],
        ["preset", "own", "--collection", STEERS],
        ["app", "--port", STEERS],
        ["show", "\udcff\udcfe"],
        ["run", "\udcff"],
        ["list", "--home", "\udcff/x" * 2000],
    ],
)
def test_what_is_not_there_is_said_as_text(fairal, arguments):
    code, said, complained = fairal(*arguments)
    assert code in (1, 2)
    assert complained.count("\n") == 1, complained
    assert complained.startswith("fairal: ")
    assert not steers(said + complained)
    assert "fault of fairal" not in complained


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["clean", "--cap-gb", "nan"], "--cap-gb must lie in 0..1000000, got nan."),
        (["clean", "--cap-gb", "inf"], "--cap-gb must lie in 0..1000000, got inf."),
        (["clean", "--cap-gb", "1e999"], "--cap-gb must lie in 0..1000000, got inf."),
        (["clean", "--cap-gb", "-1"], "--cap-gb must lie in 0..1000000, got -1."),
        (["worker", "--threads", "-5"], "--threads must lie in 0..256, got -5."),
        (["worker", "--slot", "-1"], "--slot must lie in 0..63, got -1."),
        (["worker", "--linger", "nan"], "--linger must lie in 0..1000000, got nan."),
        (["worker", "--threads", "9" * 5000], "Invalid value for '--threads'"),
        (["demo", "--seed", "²"], "Invalid value for '--seed'"),
        (["app", "--port", "0"], "--port must lie in 1..65535, got 0."),
    ],
)
def test_a_wrong_number_is_a_sentence_that_names_its_option(fairal, arguments, sentence):
    code, said, complained = fairal(*arguments)
    assert (code, said) == (2, "")
    assert complained.startswith(f"fairal: {sentence}")
    assert complained.count("\n") == 1
    assert len(complained) < 2100


NO_WHOLE_ID = ["", " ", ".", "..", "*", "/", "~", "-", "latest", "../x", "%2e%2e", "smoke-*", "²", "\0", "a" * 300]


@pytest.mark.parametrize("name", [*NO_WHOLE_ID, "absolute", "beginning", "longer", "capitals", "relative", "run"])
def test_what_is_not_exactly_named_is_not_deleted(fairal, tmp_path, name):
    store = Store(tmp_path / "home")
    experiment, _ = store.create(tiny_config())
    near = {"absolute": str(store.experiment_dir(experiment)), "beginning": experiment[:-1], "longer": f"{experiment}-",
            "capitals": experiment.upper(), "relative": f"experiments/{experiment}",
            "run": str(store.runs(experiment)[0])}  # fmt: skip
    code, said, complained = fairal("delete", "--yes", "--", near.get(name, name))
    assert (code, said, complained.count("\n")) == (2, "", 1)
    assert "nothing is deleted" in complained
    assert store.experiments() == [experiment]
    assert len(store.runs(experiment)) == 3


def test_one_wrong_id_among_right_ones_deletes_nothing(fairal, tmp_path):
    store = Store(tmp_path / "home")
    experiment, _ = store.create(tiny_config())
    assert fairal("delete", "--yes", experiment, "")[0] == 2
    assert store.experiments() == [experiment]
    assert fairal("delete", "--yes", experiment) == (0, f"{experiment}: deleted.\n", "")
    assert store.experiments() == []


@pytest.mark.parametrize("name", ["[/b]", "[red]x[/red]", STEERS, ":smile:", "=cmd|' /C calc'!A0", "x" * 80])
def test_the_name_of_an_experiment_is_text_in_every_list(fairal, tmp_path, name):
    store = Store(tmp_path / "home")
    experiment, _ = store.create(tiny_config(name=name))
    key = store.runs(experiment)[0]
    store.write_state(key, replace(store.state(key), state="failed", reason=f"It failed: {name}"))
    for arguments in (["list"], ["list", "--json"], ["show", experiment], ["show", experiment, "--csv"]):
        code, said, complained = fairal(*arguments)
        assert (code, complained) == (0, "")
        assert not steers(said)
    assert json.loads(fairal("list", "--json")[1])[0]["name"] == name
    listed = fairal("list")[1]
    assert name in listed or r"\x1b[2J" in listed


def test_a_name_stays_what_it_was_in_a_configuration(fairal, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(study_json([tiny_config(name=STEERS)]))
    assert json.loads(path.read_text())["experiments"][0]["name"] == STEERS


def test_a_fault_is_a_sentence_too_and_its_place_is_shown_when_asked_for(fairal, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("\x1b[2Jdivision")

    monkeypatch.setattr("fairal.cli.experiments.find", broken)
    code, _, complained = fairal("show", "x")
    assert (code, complained.count("\n")) == (1, 1)
    assert r"fault of fairal itself (ZeroDivisionError: \x1b[2Jdivision)" in complained
    monkeypatch.setenv("FAIRAL_TRACEBACK", "1")
    monkeypatch.setattr("sys.argv", ["fairal", "show", "x"])
    with pytest.raises(ZeroDivisionError):
        main()


@pytest.mark.parametrize("name", ["", "latest", "smoke", ".."])
def test_volumes_are_cleaned_of_a_whole_id_alone(finished, fairal, tmp_path, name):
    home = shutil.copytree(finished[0].home, tmp_path / "home")
    before = sorted(home.rglob("*.npz"))
    code, _, complained = fairal("clean", "--volumes", "--experiment", name, "--home", str(home))
    assert code == 2
    assert "must be a whole id" in complained
    assert sorted(home.rglob("*.npz")) == before


def test_nothing_is_written_over_a_device_or_into_the_home(finished, fairal, tmp_path):
    home = shutil.copytree(finished[0].home, tmp_path / "home")
    records = next(home.rglob("rounds.jsonl"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    before = records.read_bytes()
    for file, said in ((pipe, "is a device or a pipe"), (records, "lies among what the home keeps")):
        code, _, complained = fairal("story", finished[1], "--out", str(file), "--home", str(home))
        assert code == 2
        assert said in " ".join(complained.split())
    assert pipe.is_fifo()
    assert records.read_bytes() == before


def test_a_closed_output_is_no_traceback(tmp_path):
    command = f"{sys.executable} -m fairal list --home {tmp_path} >&-"
    ran = subprocess.run(["bash", "-c", command], stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert "Traceback" not in ran.stderr
