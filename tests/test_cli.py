import json
import os
import subprocess
import sys

import nibabel as nib
import pytest
from tiny import tiny_config

from fairal.config import study_json


def fairal(*arguments, home=None, timeout=200) -> subprocess.CompletedProcess:
    environment = {**os.environ, "COLUMNS": "120"}
    if home:
        environment["FAIRAL_HOME"] = str(home)
    command = [sys.executable, "-m", "fairal", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment, check=False)


@pytest.fixture
def config_file(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(study_json([tiny_config(strategies=["entropy", "weighted_entropy"], query={"rounds": 1})]))
    return path


def test_run_show_list_cancel_resume_clean_in_turn(config_file, tmp_path):
    home = tmp_path / "home"
    ran = fairal("run", config_file, home=home)
    assert ran.returncode == 0, ran.stderr
    experiment = ran.stdout.splitlines()[0]
    assert "Weighted entropy" in ran.stdout
    assert str(home / "experiments" / experiment) in ran.stdout

    [row] = json.loads(fairal("list", "--json", home=home).stdout)
    assert {"experiment", "name", "state", "created", "runs", "runs_done"} == set(row)
    assert (row["experiment"], row["state"], row["runs"], row["runs_done"]) == (experiment, "done", 2, 2)
    shown = json.loads(fairal("show", experiment, "--json", home=home).stdout)
    assert [run["state"] for run in shown["runs"]] == ["done", "done"]
    table = fairal("show", "latest", "--csv", home=home).stdout.splitlines()
    assert len(table) == 1 + 4
    assert table[0].startswith("experiment,strategy,label,seed,role,round,labelled")
    assert "0 run(s) to stop" in fairal("cancel", experiment, home=home).stdout
    assert "0 run(s) queued again" in fairal("resume", experiment, "--detach", home=home).stdout
    assert "Freed" in fairal("clean", "--volumes", home=home).stdout
    assert "deleted" in fairal("delete", experiment, "--yes", home=home).stdout
    assert json.loads(fairal("list", "--json", home=home).stdout) == []


def test_a_failed_run_is_exit_code_1_with_its_reason(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(study_json([tiny_config(strategies=["random"], learner={"learning_rate": 1e6, "steps": 40})]))
    ran = fairal("run", path, home=tmp_path / "home")
    assert ran.returncode == 1
    assert "stopped being finite at step" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_bad_input_is_one_sentence_and_exit_code_2(config_file, tmp_path):
    newer = tmp_path / "newer.json"
    newer.write_text('{"schema": 9, "experiments": []}')
    wrong = tmp_path / "wrong.json"
    wrong.write_text(config_file.read_text().replace('"weighted_entropy"', '"wishful"'))
    (tmp_path / "file").write_text("")
    full = tmp_path / "full"
    full.mkdir()
    (full / "x").write_text("")
    for arguments, sentence in (
        (["run", newer], "schema 9, from a newer fairal"),
        (["run", wrong], "strategies.1 must be one of random"),
        (["run", tmp_path / "none.json"], "does not exist"),
        (["preset", "demmo"], "There is no preset 'demmo'"),
        (["show", "nothing"], "There is no experiment 'nothing'"),
        (["list", "--home", tmp_path / "file" / "home"], "cannot be written to"),
        (["demo", "--seed", "-1"], "--seed must lie in 0..999999, got -1"),
        (["cohort", config_file, "--out", full], "must be an empty or new folder"),
    ):
        ran = fairal(*arguments, home=None if "--home" in arguments else tmp_path / "home")
        assert ran.returncode == 2, (arguments, ran.stderr)
        assert sentence in ran.stderr
        assert ran.stderr.count("\n") == 1
        assert ran.stdout == ""
    assert list((tmp_path / "home" / "experiments").iterdir()) == []


def test_a_preset_is_a_configuration_file(tmp_path):
    printed = fairal("preset", "strong")
    content = json.loads(printed.stdout)
    assert content["schema"] == 1
    assert [e["name"] for e in content["experiments"]] == ["strong imbalanced start", "strong balanced start"]


def test_a_cohort_is_written_for_any_viewer(config_file, tmp_path):
    ran = fairal("cohort", config_file, "--seed", "3", "--out", tmp_path / "bids")
    assert ran.returncode == 0, ran.stderr
    assert "24 subjects" in ran.stdout
    image = nib.load(next((tmp_path / "bids").glob("sub-*/anat/*_T1w.nii.gz")))
    assert image.shape == (24, 28, 20)


def test_doctor_says_what_there_is(tmp_path):
    facts = json.loads(fairal("doctor", "--json", "--no-fit", home=tmp_path / "home").stdout)
    assert facts["packages"]["torch"].startswith("2.")
    assert "cpu" in facts["devices"]
    assert facts["free_disk_gb"] > 0
    assert facts["home"] == str(tmp_path / "home")


def test_an_empty_home_has_the_study_that_is_shipped(tmp_path):
    ran = fairal("study", "--only-report", home=tmp_path / "home")
    assert ran.returncode == 0, ran.stderr
    assert "### study strong" in ran.stdout
    assert fairal("study", "--part", "steps", "--only-report", home=tmp_path / "home").returncode == 2
