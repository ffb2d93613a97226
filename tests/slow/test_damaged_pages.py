"""Every page over a home that was damaged in many ways: it says so, and the other experiment is what it was."""

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from series import size, tell
from streamlit.testing.v1 import AppTest
from tiny import tiny_config, work_off
from ui_states import ROOT, said

from fairal.runs.store import Store

PAGES = ("overview", "story", "launch", "runs", "compare", "slices", "next", "cohort")
ASKED = {"runs": "experiment", "compare": "experiments", "slices": "of", "launch": "clone", "story": "experiment"}
Harm = Callable[[Path], None]


def empty(path: Path) -> None:
    path.write_bytes(b"")


def half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def noise(path: Path) -> None:
    path.write_bytes(random.Random(path.name).randbytes(300))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def gone(path: Path) -> None:
    path.unlink()


def checksum(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[content.rfind(b'"checksum": "') + 14] ^= 1
    path.write_bytes(content)


def swapped(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Store:
    """A home with two finished experiments, whose volumes were kept."""
    store = Store(tmp_path_factory.mktemp("whole") / "home")
    for name in ("First", "Second"):
        store.create(tiny_config(name=name))
    work_off(store)
    return store


def harms(store: Store, experiment: str, other: str) -> dict[str, list[tuple[Callable[..., None], tuple[Path, ...]]]]:
    """Name what is done to a home: each a list of (what, to which files)."""
    keys, base = store.runs(experiment), store.experiment_dir(experiment)
    kinds = {
        "experiment": [store.experiment_file(experiment)],
        "headers": [store.header_file(key) for key in keys],
        "states": [store.state_file(key) for key in keys],
        "records": [store.records_file(key) for key in keys],
        "volumes": sorted(base.glob("runs/*/volumes/*.npz")),
        "subjects": sorted(base.glob("subjects/*.npz")),
        "speed": [store.speed_file],
        "ledger": [store.ledger_file],
    }
    made = {f"{how.__name__} {kind}": [(how, (path,)) for path in paths] for kind, paths in kinds.items()
            for how in (empty, half, noise, folder, pipe, gone)}  # fmt: skip
    for kind in ("experiment", "headers", "states", "records"):
        made[f"checksum {kind}"] = [(checksum, (path,)) for path in kinds[kind]]
    made["experiment and headers noise"] = made["noise experiment"] + made["noise headers"]
    for kind in ("states", "records", "volumes"):
        made[f"swapped {kind}"] = [(swapped, tuple(kinds[kind][:2]))]
    made["swapped experiments"] = [(swapped, (store.experiment_file(experiment), store.experiment_file(other)))]
    return made


def seen(home: Path, page: str, experiment: str) -> AppTest:
    os.environ["FAIRAL_HOME"] = str(home)
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if page in ASKED:
        test.query_params[ASKED[page]] = experiment
    if page != "overview":
        test.switch_page(f"pages/{page}.py")
    return test.run()


@pytest.mark.slow
@pytest.mark.timeout(14_400)
def test_no_page_breaks_and_no_other_experiment_changes(whole, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("FAIRAL_WARM", "0")
    monkeypatch.setenv("FAIRAL_HOME", str(whole.home))
    monkeypatch.setattr("fairal.runs.crews.local.start_worker", lambda *_, **__: None)
    other, experiment = whole.experiments()[:2]
    cases = harms(whole, experiment, other)
    chosen = random.Random(5).sample(sorted(cases), min(len(cases), size("PAGE_HARMS", len(cases))))
    before = {page: said(seen(whole.home, page, other)) for page in ASKED}
    pages, failures = 0, []
    for name in chosen:
        home = tmp_path / "harmed"
        shutil.copytree(whole.home, home)
        for how, paths in cases[name]:
            how(*(home / path.relative_to(whole.home) for path in paths))
        for page in PAGES:
            test = seen(home, page, experiment)
            failures += [f"{name}, {page}: {error.value}" for error in test.exception]
            pages += 1
        for page in () if name == "swapped experiments" else ("compare", "slices", "launch"):
            test = seen(home, page, other)
            failures += [f"{name}, {page} of the other: {error.value}" for error in test.exception]
            if said(test).replace(str(home), str(whole.home)) != before[page] and page != "launch":
                failures.append(f"{name}: {page} of the other experiment is not what it was")
            pages += 1
        shutil.rmtree(home)
    tell("pages under damage", harms=len(chosen), pages=pages, failures=len(failures))
    assert failures == []
