"""Launch and Runs in a real browser: they hold in any width, a preset is chosen by keyboard, an hour is asked about."""

from dataclasses import replace

import pytest
from test_browser import WAIT, no_traceback
from tiny import tiny_config, tiny_record

from fairal.runs.store import Store
from fairal.ui.server import Dashboard

pytestmark = pytest.mark.browser
REST = "[data-testid=stApp][data-test-script-state=notRunning]"
CUT = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const wide = [document.documentElement, main].some((e) => e.scrollWidth > e.clientWidth);
  const cut = [...main.querySelectorAll('button *, label *, h1, h2, h3, p, [data-tag-index] *')].filter((e) => {
    const style = getComputedStyle(e), box = e.getBoundingClientRect();
    return box.width > 2 && e.innerText && style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1;
  }).map((e) => e.innerText.slice(0, 40));
  return [wide, cut];
}"""
"""In the page: whether it scrolls sideways, and the texts that are cut."""


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    """A server over two finished experiments, for which no worker has anything to do."""
    store = Store(tmp_path_factory.mktemp("wide") / "home")
    for name in ("the first what-if", "strong bias, imbalanced start"):
        experiment, _ = store.create(tiny_config(name=name))
        for key in store.runs(experiment):
            for round_ in range(3):
                store.append_round(key, tiny_record(round_), None)
            store.write_state(key, replace(store.state(key), state="done", rounds_done=3, updated=1.8e9))
    with Dashboard(store.home, FAIRAL_WARM="0") as running:
        yield running


@pytest.fixture
def opened(browser, server):
    """Opens a page at a width and waits until it is at rest."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(2 * WAIT)

    def open_at(address: str, width: int = 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(server.url(address))
        page.get_by_role("heading", level=1).wait_for()
        page.locator(REST).wait_for()
        no_traceback(page)
        return page

    yield open_at
    context.close()


@pytest.mark.parametrize("width", [1024, 1440, 1920])
def test_no_page_scrolls_sideways_and_no_text_is_cut(opened, server, width):
    one = Store(server.home).experiments()[0]
    for address, there in (("launch", "Launch"), ("runs", "Open"), (f"runs?experiment={one}", "Clone")):
        page = opened(address, width)
        page.get_by_role("button", name=there, exact=True).first.wait_for()
        assert page.evaluate(CUT) == [False, []], address


def test_a_preset_is_chosen_by_keyboard_and_fills_the_form(opened):
    page = opened("launch")
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    page.get_by_text("7 scans are labelled at the end").wait_for()
    page.locator(REST).wait_for()
    page.keyboard.press("ArrowRight")
    page.get_by_text("30 scans are labelled at the end").wait_for()
    assert page.get_by_label("Name of the experiment").input_value() == "demo"


def test_what_takes_hours_asks_and_can_be_changed(opened, server):
    before = Store(server.home).experiments()
    page = opened("launch?rounds=6&seeds=100")
    page.get_by_role("button", name="Launch", exact=True).click()
    question = page.get_by_role("dialog")
    question.get_by_text("This needs a yes: it takes about").wait_for()
    question.get_by_role("button", name="Change it").click()
    question.wait_for(state="detached")
    assert Store(server.home).experiments() == before
