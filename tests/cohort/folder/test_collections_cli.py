import json
import os
import signal
import subprocess
import sys
import time

import pytest
from scans import SHAPE, bids, brain, save, t1_path, table
from typer.testing import CliRunner

from fairal.cli import app, main
from fairal.cohort.folder.collection import Collections
from fairal.errors import RunError

FOUR = {"sub-01": "F", "sub-02": "M", "sub-03": "F", "sub-04": "M"}


@pytest.fixture
def scans(tmp_path):
    return bids(tmp_path / "scans", FOUR, unlabelled=["sub-04"])


@pytest.fixture
def fairal(tmp_path):
    def run(*arguments, **more):
        return CliRunner().invoke(app, [*map(str, arguments), "--home", str(tmp_path / "home")], **more)

    return run


def test_import_list_update_and_forget_in_turn(scans, fairal):
    ran = fairal("import", scans, "--name", "own", "--group", "sex", "--json")
    assert ran.exit_code == 0
    report = json.loads(ran.stdout)
    keys = ("collection", "usable", "labelled", "unlabelled", "left_out", "groups", "shape", "spacing_mm")
    assert tuple(report) == keys
    assert (report["usable"], report["labelled"], report["unlabelled"]) == (4, 3, 1)
    assert (report["groups"], report["shape"], report["spacing_mm"]) == ({"F": 2, "M": 2}, list(SHAPE), 1.0)

    [row] = json.loads(fairal("collections", "--json").stdout)
    assert {name: row[name] for name in keys} == report
    assert "own" in fairal("collections").stdout
    update = json.loads(fairal("import", scans, "--name", "own", "--group", "sex", "--update", "--json").stdout)
    assert [update[name] for name in ("new", "changed", "new_masks", "gone")] == [[], [], [], []]
    assert "removed" not in fairal("forget", "own", input="n\n").stdout
    assert "own: removed." in fairal("forget", "own", "--yes").stdout
    assert json.loads(fairal("collections", "--json").stdout) == []


def test_the_report_for_people_says_what_was_left_out_and_why(scans, fairal):
    save(t1_path(scans, "sub-03"), brain(3)[:, :, 0])
    ran = fairal("import", scans, "--name", "own", "--group", "sex")
    assert "3 usable scans (BIDS), 2 of them labelled, 1 left out" in ran.stdout
    assert "left out: sub-03 (sub-03/anat/sub-03_T1w.nii.gz): It holds a single slice" in ran.stdout


def refuse(monkeypatch, shut, *functions: str) -> None:
    """Have the system refuse to open, or to look at, what lies in a folder: as that of another user."""
    for name in functions:
        real = getattr(os, name)

        def refusing(path, *rest, real=real, **more):
            if str(path).startswith(f"{shut}{os.sep}"):
                raise PermissionError(13, "Permission denied", str(path))
            return real(path, *rest, **more)

        monkeypatch.setattr(os, name, refusing)


@pytest.mark.parametrize("functions", [("open",), ("open", "lstat", "stat")], ids=["its files", "its folder"])
def test_a_collection_of_another_user_is_a_row_with_a_sentence_and_the_others_are_listed(
    scans, fairal, tmp_path, monkeypatch, functions
):
    for name in ("mine", "theirs"):
        assert fairal("import", scans, "--name", name, "--group", "sex").exit_code == 0
    folder = tmp_path / "home" / "collections" / "theirs"
    refuse(monkeypatch, folder, *functions)
    mine, theirs = json.loads(fairal("collections", "--json").stdout)
    assert (mine["collection"], mine["usable"]) == ("mine", 4)
    sentence = (
        f"The collection theirs cannot be read (Permission denied): {folder} is not open to whoever runs fairal; let "
        "that user read it, or leave it alone."
    )
    assert theirs == {"collection": "theirs", "damaged": sentence}
    assert "forget" not in fairal("collections").stdout


def test_volumes_of_a_collection_that_may_not_be_read_are_not_called_damaged(scans, fairal, tmp_path, monkeypatch):
    fairal("import", scans, "--name", "own", "--group", "sex")
    own = Collections(tmp_path / "home").open("own")
    refuse(monkeypatch, own.folder / "volumes", "open")
    with pytest.raises(RunError, match=r"The collection own cannot be read \(Permission denied\)"):
        own.load(["sub-01"])


def test_a_folder_of_collections_that_may_not_be_listed_is_a_sentence(scans, fairal, tmp_path, monkeypatch):
    fairal("import", scans, "--name", "own", "--group", "sex")
    refuse(monkeypatch, tmp_path / "home", "scandir")
    with pytest.raises(RunError, match=r"collections cannot be looked into \(Permission denied\)"):
        Collections(tmp_path / "home").names()


def test_text_of_others_is_shown_as_text(scans, fairal):
    table(scans, FOUR | {"sub-01": "[/b]\x1b[31m", "sub-x[red]\x07": "F"})
    ran = fairal("import", scans, "--name", "own", "--group", "sex")
    assert ran.exit_code == 0
    assert "[/b]\\x1b[31m" in ran.stdout
    assert "sub-x[red]\\x07" in ran.stdout
    assert "\x1b[31m" not in ran.stdout
    assert "\x1b[31m" not in fairal("collections").stdout
    assert json.loads(fairal("collections", "--json").stdout)[0]["groups"]["[/b]\x1b[31m"] == 1


def test_one_group_is_exit_code_2_and_the_report_is_printed_all_the_same(scans, tmp_path, monkeypatch, capsys):
    table(scans, dict.fromkeys(FOUR, "F"))
    command = ["fairal", "import", scans, "--name", "own", "--group", "sex", "--json", "--home", tmp_path / "home"]
    monkeypatch.setattr(sys, "argv", list(map(str, command)))
    with pytest.raises(SystemExit, match="2"):
        main()
    printed = capsys.readouterr()
    assert json.loads(printed.out)["usable"] == 4
    assert printed.err.startswith("fairal: Nothing was imported: only one group has usable scans")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--structure", "1;2"], "--structure must be whole numbers with commas between, got '1;2'"),
        (["--size", "²,2,2"], "--size must be whole numbers"),
        (["--spacing", "nan"], "--spacing must lie in"),
        (["--participants", "no.tsv"], "cannot be opened (No such file or directory)"),
    ],
)
def test_a_wrong_option_is_a_sentence(scans, fairal, arguments, reason):
    ran = fairal("import", scans, "--name", "own", "--group", "sex", *arguments)
    assert reason in str(ran.exception)


def test_a_damaged_collection_is_listed_as_that(scans, fairal, tmp_path):
    fairal("import", scans, "--name", "own", "--group", "sex")
    (tmp_path / "home" / "collections" / "own" / "collection.json").write_text("{")
    [row] = json.loads(fairal("collections", "--json").stdout)
    assert row["collection"] == "own"
    assert "damaged" in row["damaged"]
    assert "damaged" in fairal("collections").stdout


def test_an_interrupted_import_leaves_no_collection_and_no_traceback(tmp_path):
    folder = bids(tmp_path / "scans", {f"sub-{i:03d}": "FM"[i % 2] for i in range(60)})
    root = tmp_path / "home" / "collections"
    command = [
        sys.executable,
        "-m",
        "fairal",
        "import",
        folder,
        "--name",
        "own",
        "--group",
        "sex",
        "--home",
        root.parent,
    ]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline and not list(root.glob(".new-*/volumes/*.npz")):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "Traceback" not in errors
    assert [path.name for path in root.iterdir()] == [".lock"]
