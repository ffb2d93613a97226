"""Homes in every state a page may meet, and pages run in process."""

import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from tiny import tiny_config

from fairal.runs.locks import try_lock
from fairal.runs.store import Store
from fairal.seals import seal_text

ROOT = Path(__file__).parents[2]
PAGES = ("overview", "story", "cohort", "launch", "runs", "compare", "slices", "next")


@pytest.fixture(autouse=True)
def started_workers(monkeypatch):
    """Pages must not start real workers in these tests: what they would start is counted instead."""
    monkeypatch.setenv("FAIRAL_WARM", "0")
    started = []
    monkeypatch.setattr("fairal.runs.crews.local.start_worker", lambda store, slot, *_: started.append(slot))
    return started


def open_page(monkeypatch, store: Store, name: str, query: dict | None = None) -> AppTest:
    """Run the application with the given page on top of a home."""
    monkeypatch.setenv("FAIRAL_HOME", str(store.home))
    monkeypatch.chdir(ROOT)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for key, value in (query or {}).items():
        test.query_params[key] = value
    if name != "overview":  # the default page
        test.switch_page(f"pages/{name}.py")
    return test.run()


def written(test: AppTest) -> str:
    """Everything that a page writes, as Markdown, with the strokes that keep signs from being markup."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in getattr(test, kind))


def said(test: AppTest) -> str:
    """Everything that a page says, as a person reads it."""
    return written(test).replace("\\", "")


@pytest.fixture
def running(store):
    """One run with a finished round, in training, held by a worker."""
    experiment, _ = store.create(tiny_config())
    keys = store.runs(experiment)
    lock = try_lock(store.run_lock(keys[0]))
    state = replace(store.state(keys[0]), state="running", part="fit", done=3, total=8, updated=time.time())
    store.write_state(keys[0], state)
    yield store, experiment
    lock.release()


@pytest.fixture
def failed(store):
    """One failed run with its reason and log."""
    experiment, _ = store.create(tiny_config(strategies=["random"]))
    key = store.runs(experiment)[0]
    store.write_state(key, replace(store.state(key), state="failed", reason="The loss stopped being finite at step 3."))
    store.log(key, "failed: The loss stopped being finite at step 3.")
    return store, experiment


@pytest.fixture(scope="session")
def crowded(tmp_path_factory, finished):
    """A home of 300 finished runs: a hundred experiments of three, with the records of real ones."""
    source, experiment = finished
    store = Store(tmp_path_factory.mktemp("crowded") / "home")
    lines = {}
    for key in source.runs(experiment):
        lines[key.run] = [record.as_line() for record in source.rounds(key)]
    for i in range(100):
        copy, _ = store.create(tiny_config(name=f"copy {i}"))
        for key in store.runs(copy):
            (store.run_dir(key) / "rounds.jsonl").write_text(
                "".join(seal_text(line, str(key)) + "\n" for line in lines[key.run])
            )
            state = replace(store.state(key), state="done", rounds_done=3, updated=time.time())
            store.write_state(key, state)
    assert json.loads((store.experiment_dir(copy) / "experiment.json").read_text())["config"]["name"] == "copy 99"
    return store
