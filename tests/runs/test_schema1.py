"""A home that an earlier version wrote, kept as it was: what it holds must stay readable and say the same."""

import json
import shutil
from pathlib import Path

import pytest

from fairal.report.results import read_experiment
from fairal.report.summary import experiment_json
from fairal.runs.claims import claim
from fairal.runs.standing import standing
from fairal.runs.store import RunKey, Store

KEPT = Path(__file__).parents[1] / "data" / "schema1"
EXPERIMENT = "smoke-20261124-1fc33e"


@pytest.fixture
def old(tmp_path) -> Store:
    shutil.copytree(KEPT / "home", tmp_path / "home")
    return Store(tmp_path / "home")


def holds(now, then) -> bool:
    """Whether everything that was said then is said now; more may be said."""
    if isinstance(then, dict):
        return all(name in now and holds(now[name], value) for name, value in then.items())
    if isinstance(then, list):
        return len(now) == len(then) and all(map(holds, now, then))
    return now == pytest.approx(then, rel=1e-12) if isinstance(then, float) else now == then


def test_what_it_came_to_is_what_it_said_then(old):
    now = json.loads(json.dumps(experiment_json(read_experiment(old, EXPERIMENT))))
    then = json.loads((KEPT / "shown.json").read_text())
    for part in ("experiment", "config", "runs", "summary"):
        assert holds(now[part], then[part]), part


def test_a_record_is_written_as_it_was_read(old):
    key = RunKey(EXPERIMENT, "entropy-0")
    lines = old.records_file(key).read_text().splitlines()
    assert [json.loads(record.as_line()) for record in old.rounds(key)] == [json.loads(line) for line in lines]


def test_its_states_volumes_and_subjects_are_read(old):
    stand = standing(old, EXPERIMENT)
    assert (stand.state, stand.runs_done, stand.rounds_done) == ("done", 3, 9)
    key = RunKey(EXPERIMENT, "weighted_entropy-0")
    assert len(old.last_round(key).labelled) == 7
    volumes, subject = old.volumes(key, 1), old.subject(EXPERIMENT, 0, "test0000biased")
    assert volumes.probability["test0000biased"].shape == subject.t1.shape == (24, 28, 20)
    assert set(volumes.maps) == {"reference", "biased"}
    assert subject.context.shape == (52, 64, 56)
    assert claim(old, set()) is None
