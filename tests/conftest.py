"""What many tests share: tiny settings, and homes in which they have run."""

import os
import shutil

import pytest
from tiny import tiny_config, work_off

from fairal.config import ExperimentConfig
from fairal.runs.store import Store

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


os.environ.pop("COLUMNS", None)  # of whoever runs the tests: a test that needs a width sets it


@pytest.hookimpl(tryfirst=True)  # before the tests are chosen by their marks
def pytest_collection_modifyitems(items) -> None:
    """Mark what drives the browser: `make test` runs these one after another, and all others in two processes."""
    for item in items:
        if "browser" in item.fixturenames:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def smoke() -> ExperimentConfig:
    return tiny_config()


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "home")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[Store, str]:
    """A home with one finished smoke experiment: three strategies, two seeds, both references."""
    store = Store(tmp_path_factory.mktemp("finished") / "home")
    config = tiny_config(seeds=[0, 1], references=["reference_only", "full_pool"])
    experiment, _ = store.create(config)
    work_off(store)
    return store, experiment


@pytest.fixture(scope="session")
def smoke_cohort(smoke):
    from fairal.cohort.synthetic.draw import build_cohort

    return {split: build_cohort(smoke.cohort, 0, split) for split in ("pool", "test")}


@pytest.fixture(autouse=True)
def nothing_shipped(request, monkeypatch, tmp_path_factory):
    """Empty homes are empty: what the package ships has a test of its own, marked ``shipped``."""
    if "shipped" not in request.keywords:
        monkeypatch.setattr("fairal.runs.library.SHIPPED_DIR", tmp_path_factory.getbasetemp() / "nothing-shipped")


@pytest.fixture(scope="module")
def browser():
    """Chromium; without one its tests are left out, unless FAIRAL_NEED_BROWSER asks for them."""
    if CHROMIUM is None:
        reason = "no Chromium here: install one (Debian and Ubuntu: apt install chromium) to run the browser tests"
        if os.environ.get("FAIRAL_NEED_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()
