import json
import os
import subprocess
import sys

import pytest
from kept import EXPERIMENT, kept_home, sealed, write

from fairal.cli import app
from fairal.errors import InputError
from fairal.runs import library


@pytest.fixture
def fairal(capsys):
    """Run a command in this process; gives what it printed."""

    def run(*arguments, home) -> str:
        app([*map(str, arguments), "--home", str(home)], standalone_mode=False)
        return capsys.readouterr().out

    return run


def test_hand_over_from_one_home_to_another(fairal, tmp_path):
    mine, theirs, file = tmp_path / "mine", tmp_path / "theirs", tmp_path / "x.fairal.zip"
    kept_home(mine)
    exported = fairal("export", "latest", "--out", file, home=mine)
    assert f"{EXPERIMENT}: 3 run(s) in" in exported
    assert "with the volumes of 1 displayed subject(s)" in exported.replace("\n", " ")
    assert "Added bundle, read only. Written by fairal 0.1.0" in fairal("add", file, home=theirs)
    [row] = json.loads(fairal("list", "--json", home=theirs))
    assert (row["experiment"], row["origin"], row["state"]) == (EXPERIMENT, "added", "done")
    assert (row["runs"], row["runs_done"], row["provenance"]["rounds"]) == (3, 3, 9)
    shown, own = (json.loads(fairal("show", EXPERIMENT, "--json", home=home)) for home in (theirs, mine))
    assert shown == own | {"origin": "added", "provenance": row["provenance"]}
    for verb in ("resume", "cancel", "export --out y.fairal.zip"):
        with pytest.raises(InputError, match=f"{EXPERIMENT} is an added bundle: it can be read, not worked on"):
            fairal(*verb.split(), EXPERIMENT, home=theirs)
    with pytest.raises(InputError, match="is the whole id of no experiment, so nothing is deleted"):
        fairal("delete", "--yes", EXPERIMENT[:-2], home=theirs)
    assert fairal("delete", "--yes", EXPERIMENT, home=theirs) == f"{EXPERIMENT}: deleted.\n"
    assert json.loads(fairal("list", "--json", home=theirs)) == []


def test_shipped_experiments_are_listed_and_shown_in_an_empty_home(fairal, members, tmp_path, monkeypatch):
    monkeypatch.setattr(library, "SHIPPED_DIR", tmp_path)
    about = json.loads(members["experiment.json"])
    about["config"]["name"] = "[/b] study"  # as markup it would be an error
    files = members | {"experiment.json": json.dumps(about).encode()}
    write(tmp_path / "study.fairal.zip", sealed(files, name="[/b] study"))
    home = tmp_path / "home"
    assert "No experiments yet" in fairal("list", home=home)
    [row] = json.loads(fairal("list", "--shipped", "--json", home=home))
    assert (row["experiment"], row["origin"], row["name"], row["runs_done"]) == (EXPERIMENT, "shipped", "[/b] study", 3)
    assert "[/b] study" in fairal("list", "--shipped", home=home)
    shown = fairal("show", EXPERIMENT, home=home)
    assert "Shipped with fairal, read only. Written by fairal" in shown
    assert "Weighted entropy" in shown
    assert json.loads(fairal("show", "latest", "--json", home=home))["origin"] == "shipped"
    with pytest.raises(InputError, match="is shipped with fairal and cannot be deleted, so nothing is deleted"):
        fairal("delete", EXPERIMENT, home=home)  # without a question before it
    assert fairal("show", EXPERIMENT[:8], "--csv", home=home).count("\n") == 10


def test_a_hostile_file_is_one_sentence_and_exit_code_2(tmp_path):
    (tmp_path / "x.fairal.zip").write_bytes(b"PK\x03\x04 nonsense")
    command = [sys.executable, "-m", "fairal", "add", str(tmp_path / "x.fairal.zip")]
    environment = {**os.environ, "FAIRAL_HOME": str(tmp_path / "home")}
    ran = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.count("\n") == 1
    assert "is not added: it is no zip file, or it was cut short" in ran.stderr
