"""Overview and Compare in a real browser: nothing jumps while the demo grows, and every part answers."""

import json
import time

import pytest
from test_browser import WAIT, no_traceback, wait_for
from tiny import tiny_config

from fairal.runs import control
from fairal.runs.standing import standing
from fairal.runs.store import Store
from fairal.ui.server import Dashboard

pytestmark = pytest.mark.browser
REST = "[data-testid=stApp][data-test-script-state=notRunning]"
MOST_SHIFT = 0.1
WATCH = """
window.seen = {shift: 0, stale: 0, dimmed: 0, samples: 0};
setInterval(() => {
  const stale = [...document.querySelectorAll("[data-testid=stMain] [data-stale=true]")];
  const dim = stale.filter((e) => getComputedStyle(e).opacity < 0.9).length;
  window.seen.dimmed = Math.max(window.seen.dimmed, dim);
  window.seen.stale = Math.max(window.seen.stale, stale.length);
  window.seen.samples += 1;
}, 50);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.seen.shift += entry.value;
}).observe({type: "layout-shift", buffered: false});
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory, browser):
    """A demo of the smallest size that was watched on Overview and Compare: its id, the server, and what was seen."""
    store = Store(tmp_path_factory.mktemp("watched") / "home")
    with Dashboard(store.home, FAIRAL_WARM="0") as server:
        pages = [browser.new_context(viewport={"width": 1440, "height": 900}).new_page() for _ in range(2)]
        for page in pages:
            page.set_default_timeout(4 * WAIT)
        overview, compare = pages
        overview.goto(server.url("?demo=smoke"))
        overview.locator(REST).wait_for()
        overview.get_by_role("button", name="Run the demo").click()
        [experiment] = wait_for(store.experiments, 30, "the experiment's folder")
        overview.get_by_text("Latest experiment").wait_for()
        compare.goto(server.url(f"compare?experiments={experiment}"))
        compare.get_by_text("Measures").wait_for()
        compare.locator(REST).wait_for()
        for page in pages:
            page.evaluate(WATCH)
        wait_for(lambda: standing(store, experiment).state == "done", 240, "the finished demo")
        overview.get_by_role("button", name="See who was picked").wait_for()
        time.sleep(3)
        yield experiment, server, {"overview": overview, "compare": compare}
        for key in store.runs(experiment):
            control.cancel(store, key)


@pytest.mark.parametrize("name", ["overview", "compare"])
def test_nothing_jumps_while_the_demo_grows(demo, name):
    assert demo[2][name].evaluate("window.seen.shift") <= MOST_SHIFT


@pytest.mark.parametrize("name", ["overview", "compare"])
def test_nothing_that_stays_is_dimmed_while_the_demo_grows(demo, name):
    seen = demo[2][name].evaluate("window.seen")
    assert seen["samples"] > 100
    assert seen["stale"] > 0, "there was something that could have been dimmed"
    assert seen["dimmed"] == 0


def test_growth_is_above_the_fold_and_the_end_says_where_to_go_on(demo):
    page = demo[2]["overview"]
    box = page.locator("[data-testid=stVegaLiteChart]").first.bounding_box()
    assert box["y"] + box["height"] <= 900
    for name in ("See who was picked", "Look at the brains", "Compare"):
        assert page.get_by_role("button", name=name, exact=True).count() == 1
    no_traceback(page)


@pytest.mark.parametrize("width", [1024, 1440, 1920])
def test_compare_fits_every_width(demo, browser, width):
    experiment, server, _ = demo
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(4 * WAIT)
    page.goto(server.url(f"compare?experiments={experiment}"))
    page.get_by_text("What may be said of each arm").wait_for()
    main = page.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth - e.clientWidth") == 0
    third = page.get_by_role("button", name="Weighted entropy", exact=True).bounding_box()
    assert third["x"] + third["width"] <= width
    no_traceback(page)
    page.close()


def wait_for_address(page, part: str) -> None:
    """Wait for a part of the address as the page itself has it."""
    page.wait_for_function("part => location.search.includes(part)", arg=part)


@pytest.fixture
def compare(demo, browser):
    experiment, server, _ = demo
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(4 * WAIT)
    page.goto(server.url(f"compare?experiments={experiment}"))
    page.get_by_text("What may be said of each arm").wait_for()
    page.locator(REST).wait_for()
    yield page
    context.close()


def test_a_card_is_pressed_and_named_in_the_address(compare):
    compare.get_by_role("button", name="Weighted entropy", exact=True).click()
    wait_for_address(compare, "arm=weighted_entropy")
    no_traceback(compare)


def test_the_first_screen_holds_the_answer_the_cards_and_the_chart(compare):
    card = compare.get_by_role("button", name="Weighted entropy", exact=True)
    card.wait_for()
    compare.locator(REST).wait_for()
    chart = compare.locator("[data-testid=stVegaLiteChart]").first

    def in_sight() -> bool:
        box = chart.bounding_box()
        return card.bounding_box()["y"] < 900 and box["y"] + box["height"] <= 900

    wait_for(in_sight, 20, "the cards and the chart above the fold")  # what stands above them settles a moment later


def test_the_player_steps_through_the_rounds_by_keyboard(compare):
    player = compare.locator(".player")
    player.focus()
    compare.keyboard.press("Home")
    assert "Round 0: 3 labelled" in player.inner_text()
    compare.keyboard.press("ArrowRight")
    assert "Round 1: 5 labelled" in player.inner_text()
    wait_for_address(compare, "round=1")


def test_people_are_counted_anew_as_the_threshold_moves(compare):
    people = compare.locator(".people")
    slider = people.locator("[data-id=threshold]")
    slider.focus()
    compare.keyboard.press("Home")
    assert people.locator(".counts strong").all_inner_texts() == ["0"] * 6
    wait_for_address(compare, "poor=")
    compare.locator(REST).wait_for()
    compare.keyboard.press("End")
    assert people.locator(".counts strong").all_inner_texts() == ["4"] * 6


def test_the_link_names_everything_that_is_seen(compare):
    compare.context.grant_permissions(["clipboard-read", "clipboard-write"])
    compare.get_by_role("button", name="Copy link").click()
    compare.get_by_role("button", name="Link copied").wait_for()
    link = compare.evaluate("navigator.clipboard.readText()")
    for part in ("experiments=", "measures=Dice", "over=Signed+gap", "baseline=Entropy", "price=0.02", "round=2",
                 "poor=dice%3A0.7", "evidence=The+gap"):  # fmt: skip
        assert part in link, json.dumps(link)


HELD = {
    "The gap": ("Signed gap in Dice", "Signed gap in surface Dice", "Mean Dice against gap"),
    "Each group, and who paid": ("Test Dice per group", "Test surface Dice per group", "Who paid, in Dice"),
    "Who was picked": ("Who was picked", "Weights of the groups"),
}


def test_one_tab_is_drawn_and_the_address_names_it(demo, browser, compare):
    names = compare.locator(".st-key-evidence").get_by_role("tab")
    assert names.all_inner_texts() == [*HELD, "All numbers"]
    for name, titles in HELD.items():
        compare.get_by_role("tab", name=name, exact=True).click()
        compare.get_by_role("heading", name=titles[0], exact=True).wait_for()
        compare.locator(REST).wait_for()
        for of, held in HELD.items():
            for title in held:
                count = compare.get_by_role("heading", name=title, exact=True).count()
                assert count == (of == name), f"{title} while {name} is open"
    wait_for_address(compare, "evidence=Who+was+picked")
    other = browser.new_context().new_page()
    other.set_default_timeout(4 * WAIT)
    other.goto(compare.url)
    other.get_by_role("heading", name="Weights of the groups").wait_for()
    compare.get_by_role("tab", name="All numbers", exact=True).click()
    compare.get_by_test_id("stDataFrame").nth(1).wait_for()
    no_traceback(compare)


def test_the_list_opens_each_experiment_and_is_left_again(demo, compare):
    experiment, server, _ = demo
    store = Store(server.home)
    other, _ = store.create(tiny_config(name="another"))
    for key in store.runs(other):
        control.cancel(store, key)
    compare.goto(server.url("runs"))
    opened = compare.locator(f".st-key-open_{experiment} button")
    opened.wait_for()
    compare.locator(REST).wait_for()
    opened.click()
    wait_for_address(compare, f"experiment={experiment}")
    everything = compare.get_by_role("button", name="All experiments")
    everything.wait_for()
    compare.locator(REST).wait_for()
    everything.click()
    opened.wait_for()
    no_traceback(compare)
