"""Label next in a real browser: a list with pictures, its download, one scan put aside, and the next answer."""

import pytest
from own_scans import import_mine, own_folders
from test_browser import WAIT, download, no_traceback, wait_for

from fairal.cohort.folder.collection import Collections
from fairal.config.advice import ask_next
from fairal.report.answers import wanted_table
from fairal.runs.advice import Desk
from fairal.runs.advice_worker import answer, plan
from fairal.runs.store import Store
from fairal.ui.server import Dashboard

pytestmark = pytest.mark.browser


def test_the_list_its_download_a_scan_put_aside_and_the_next_answer(browser, tmp_path, smoke_cohort):
    scans, _ = own_folders(tmp_path, smoke_cohort)
    store = Store(tmp_path / "home")
    import_mine(store, scans)
    first = answer(plan(store, ask_next(collection="mine", steps=4, k=3)))
    desk = Desk(Collections(store.home).folder("mine"))
    with Dashboard(store.home, FAIRAL_WARM="0") as server:
        page = browser.new_page()
        page.set_default_timeout(WAIT)
        page.goto(server.url("next"))
        pictures = page.get_by_role("img", name="slice with the network's entropy")
        wait_for(lambda: pictures.count() == 3, 30, "the pictures")
        assert download(page, "The list (TSV)").read_text() == wanted_table(first.advice.wanted)

        page.get_by_role("button", name="Not this one").first.click()
        page.get_by_label("Why?").fill("it moved")
        page.get_by_label("Why?").press("Enter")
        page.get_by_role("button", name="Put aside").click()
        wait_for(lambda: desk.aside(), 30, "the scan put aside")
        wait_for(lambda: pictures.count() == 2, 30, "one picture less")

        page.get_by_text("Advanced").click()
        page.get_by_label("Steps of each training").fill("4")
        page.get_by_label("Steps of each training").press("Enter")
        page.get_by_role("button", name="Whom next?").click()
        wait_for(lambda: len(desk.history()[0]) == 2, 120, "the next answer")
        wait_for(lambda: pictures.count() == 10, 30, "its pictures")
        assert first.asked[0] not in desk.history()[0][1].asked
        no_traceback(page)
        page.close()
