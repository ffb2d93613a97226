"""The benchmarks run: the grid's on a small one, in two pieces; the others as far as a second goes."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from fairal.presets import preset
from fairal.runs.crew import Team
from fairal.runs.crews.local import LocalCrew, start_worker
from fairal.runs.launch import launch
from fairal.runs.store import Store

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path.name for path in BENCHMARKS.glob("*.py") if path.name != "measured.py")


def load(name: str, monkeypatch):
    """Import a benchmark as a module."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_benchmark_is_in_the_table():
    table = (BENCHMARKS / "README.md").read_text()
    assert SCRIPTS
    for name in SCRIPTS:
        assert f"| `{name}` |" in table, name


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_benchmark_says_how_it_is_called(name):
    said = subprocess.run([sys.executable, BENCHMARKS / name, "--help"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "usage" in said.stdout


def test_the_grid_goes_on_where_it_stopped(monkeypatch, tmp_path):
    grid = load("paper_grid", monkeypatch)
    monkeypatch.setenv("FAIRAL_WORKERS", "2")
    store = Store(tmp_path / "home")
    with monkeypatch.context() as nobody:  # the work below starts them
        nobody.setattr(LocalCrew, "ensure", lambda *_: 0)
        launch(store, preset("smoke"))
    nothing = grid.work(store, 0.0)
    assert (nothing["rounds"], nothing["minutes_for_all"], nothing["rounds_in_all"]) == (0, None, 9)
    rest = grid.work(store, 120.0)
    assert rest["rounds"] == 9
    assert rest["minutes_for_all"] == pytest.approx(rest["seconds"] / 60)
    assert rest["seconds"] < 120


def test_several_workers_share_a_gpu(monkeypatch, store):
    seen = []
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("fairal.runs.crews.local.subprocess.Popen", lambda *_, env, **__: seen.append(env))
    for slot in range(4):
        start_worker(store, slot, Team(4, 4, 2))
    assert [env["CUDA_VISIBLE_DEVICES"] for env in seen] == ["0", "1", "0", "1"]
    assert {env["OMP_NUM_THREADS"] for env in seen} == {"4"}
