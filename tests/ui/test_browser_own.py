"""Own scans in a real browser: a collection on Cohort, a what-if on it that runs to its end, a zip that comes in."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import TimeoutError
from test_browser import WAIT, no_traceback, page, wait_for  # noqa: F401

from fairal.cohort.folder.collection import Collections
from fairal.runs import control
from fairal.runs.standing import standing
from fairal.runs.store import Store
from fairal.ui.server import Dashboard

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def scans(tmp_path_factory, smoke_cohort) -> Path:
    """The smoke cohort's 24 scans as `fairal cohort` writes them."""
    from fairal.cohort.bids import write_bids

    folder = tmp_path_factory.mktemp("scans") / "smoke"
    folder.mkdir()
    write_bids(list(smoke_cohort.values()), folder)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser, scans):
    from fairal.cohort.folder.importing import import_folder
    from fairal.cohort.folder.wishes import Wishes

    store = Store(tmp_path_factory.mktemp("browser") / "home")
    import_folder(Collections(store.home), "smoke", Wishes(scans, "group"))
    with Dashboard(store.home, FAIRAL_WARM="0") as running:
        yield running
        for experiment in store.experiments():
            for key in store.runs(experiment):
                control.cancel(store, key)


def at_rest(opened) -> None:
    """Wait until the script has run and every widget has arrived: what is clicked before would be lost."""
    opened.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    wait_for(lambda: opened.locator("[data-testid=stSkeleton]").count() == 0, 20, "widgets in place of skeletons")


def opens(opened, box, option: str) -> bool:
    """Open a list at what is typed into it; an element that arrives meanwhile may close it again."""
    at_rest(opened)
    box.click()
    box.fill(option)
    try:
        opened.get_by_role("option", name=option).wait_for(timeout=3000)
    except TimeoutError:
        box.press("Escape")
        return False
    return True


def test_cohort_shows_a_collection_and_launch_runs_a_what_if_on_it(server, page):  # noqa: F811
    page.goto(server.url("cohort?collection=smoke"))
    page.get_by_role("heading", name="A few scans of each group").wait_for()
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for()
    wait_for(lambda: page.locator("[data-testid=stImage] img").count() == 12, 20, "six pictures of each group")
    page.get_by_text("Nothing: every file and every participant became a scan.").wait_for()
    at_rest(page)
    page.get_by_role("button", name="Use in Launch").click()
    page.get_by_role("heading", name="Launch an experiment").wait_for()
    page.get_by_text("split and training only").wait_for()
    assert page.get_by_text("Bias strength").count() == 0
    at_rest(page)
    page.get_by_role("spinbutton", name="Seeds").fill("1")
    page.get_by_role("spinbutton", name="Seeds").press("Enter")
    page.get_by_text("1 experiment, 5 runs").wait_for()
    at_rest(page)
    page.get_by_text("Advanced").click()
    learner = page.get_by_role("combobox", name="Network and its training")
    wait_for(lambda: opens(page, learner, "smoke"), WAIT / 1000, "the list of networks")
    learner.press("Enter")
    at_rest(page)
    page.get_by_role("button", name="Launch", exact=True).click()
    page.get_by_text("Launched in the background").wait_for()
    store = Store(server.home)
    [experiment] = store.experiments()
    wait_for(lambda: standing(store, experiment).state in ("done", "failed"), 90, "the finished what-if")
    assert standing(store, experiment).state == "done"
    config = store.config(experiment)
    assert (config.cohort.collection, config.seeds, config.learner.steps) == ("smoke", (0,), 8)
    no_traceback(page)
    assert page.outside == []


def test_an_uploaded_zip_is_checked_and_imported(server, page, scans, tmp_path):  # noqa: F811
    with ZipFile(tmp_path / "scans.zip", "w") as opened:
        for path in sorted(scans.rglob("*")):
            opened.write(path, path.relative_to(scans.parent))
    page.goto(server.url("cohort?collection=smoke"))
    page.get_by_text("Import scans of your own").click()
    at_rest(page)
    page.locator("input[type=file]").set_input_files(tmp_path / "scans.zip")
    for field, value in (("Name of the collection", "mine"), ("Group column of the table", "group")):
        at_rest(page)
        page.get_by_role("textbox", name=field).fill(value)
        page.get_by_role("textbox", name=field).press("Enter")
    at_rest(page)
    page.get_by_role("button", name="Check and import").click()
    page.get_by_text("mine is imported: 24 usable scans").wait_for(timeout=60_000)
    at_rest(page)
    page.get_by_role("button", name="Show it").click()
    page.wait_for_url("**collection=mine**")
    collections = Collections(server.home)
    assert collections.open("mine").content.groups == collections.open("smoke").content.groups
    assert not [p.name for p in server.home.iterdir() if p.name.startswith(".u")], "nothing of the upload is left"
    no_traceback(page)


def test_a_hostile_zip_is_refused_with_a_sentence(server, page, tmp_path):  # noqa: F811
    with ZipFile(tmp_path / "scans.zip", "w") as opened:
        opened.writestr("../../escaped.nii.gz", b"x")
    page.goto(server.url("cohort?collection=smoke"))
    page.get_by_text("Import scans of your own").click()
    at_rest(page)
    page.locator("input[type=file]").set_input_files(tmp_path / "scans.zip")
    for field, value in (("Name of the collection", "bad"), ("Group column of the table", "group")):
        at_rest(page)
        page.get_by_role("textbox", name=field).fill(value)
        page.get_by_role("textbox", name=field).press("Enter")
    at_rest(page)
    page.get_by_role("button", name="Check and import").click()
    page.get_by_text("escaped.nii.gz leads out of the archive").wait_for()
    assert Collections(server.home).names().count("bad") == 0
