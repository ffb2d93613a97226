"""A person's way through the application, in a real browser on a real server with real workers."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from tiny import tiny_config

from fairal.runs import control
from fairal.runs.crew import Team
from fairal.runs.crews.local import start_worker
from fairal.runs.standing import standing
from fairal.runs.store import Store
from fairal.ui.frame import PAGES
from fairal.ui.server import Dashboard

WAIT = 30_000
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tmp_path_factory, browser):
    store = Store(tmp_path_factory.mktemp("browser") / "home")
    with Dashboard(store.home, FAIRAL_WARM="0") as running:
        yield running
    for experiment in store.experiments():
        for key in store.runs(experiment):
            control.cancel(store, key)


@pytest.fixture(scope="module")
def home(server) -> Store:
    """The home that the server shows."""
    return Store(server.home)


@pytest.fixture
def page(browser, server):
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    opened = context.new_page()
    opened.set_default_timeout(WAIT)
    opened.outside = []
    opened.on(
        "request",
        lambda r: opened.outside.append(r.url) if "127.0.0.1" not in r.url and r.url.startswith("http") else None,
    )
    yield opened
    context.close()


def wait_for(condition, seconds: float, what: str):
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)
    return value


def download(page, button: str) -> Path:
    """Press a download button as a person does: on a page at rest, since a rerun gives its button a new file."""
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    with page.expect_download() as coming:
        page.get_by_role("button", name=button).click()
    return Path(coming.value.path())


def no_traceback(page) -> None:
    assert page.locator("[data-testid=stException]").count() == 0


def picture_of(page, selector: str = "canvas[data-id='picture']") -> list[int]:
    """How many different colours the canvas shows, and a sum that tells two pictures apart."""
    return page.locator(selector).evaluate(
        """c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        const seen = new Set(); let sum = 0;
        for (let i = 0; i < d.length; i += 4) { seen.add(d[i] * 65536 + d[i + 1] * 256 + d[i + 2]);
        sum = (sum * 31 + d[i] + 2 * d[i + 1] + 3 * d[i + 2]) % 1000000007; } return [seen.size, sum]; }"""
    )


@pytest.mark.parametrize("name", ["story", "cohort", "launch", "runs", "compare", "slices", "next", "overview"])
def test_a_cold_deep_link_has_the_full_navigation(browser, tmp_path, name):
    with Dashboard(tmp_path / "home", FAIRAL_WARM="0") as cold:
        page = browser.new_page()
        page.set_default_timeout(WAIT)
        page.goto(cold.url(name))
        page.get_by_role("heading", level=1).wait_for()
        links = page.get_by_test_id("stSidebarNav").get_by_role("link")
        wait_for(lambda: links.count() == len(PAGES), 20, "a link to every page in the navigation")
        assert "Page not found" not in page.content()
        no_traceback(page)
        page.close()


def test_click_demo_watch_it_grow_and_see_it_in_compare(server, page, home):
    page.goto(server.url("?demo=smoke"))
    button = page.get_by_role("button", name="Run the demo")
    button.wait_for()
    button.dblclick()
    wait_for(lambda: home.experiments(), 10, "the experiment's folder")
    page.get_by_text("Latest experiment: smoke").wait_for()
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for(
        timeout=90_000
    )  # the first plotted round, by polling alone
    experiment = home.experiments()[0]
    wait_for(lambda: standing(home, experiment).state == "done", 90, "the finished demo")
    assert home.experiments() == [experiment], "a double click launches once"
    go_on = page.get_by_role("button", name="Compare", exact=True)
    go_on.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    go_on.click()
    page.get_by_role("heading", name="Compare", exact=True).wait_for()
    page.get_by_role("heading", name="Mean Dice against gap").wait_for()
    wait_for(lambda: page.locator("[data-testid=stVegaLiteChart]").count() >= 5, 20, "five charts")
    assert experiment in page.url, "the address names what it shows"
    no_traceback(page)
    assert page.outside == [], "nothing is fetched from elsewhere"


def test_the_storys_keys_live_on_after_a_press_beside_its_buttons(server, page):
    def at(scene: int) -> None:
        page.locator(".story [data-id=place]", has_text=f"{scene} / ").wait_for()

    page.goto(server.url("story"))
    at(1)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()
    page.keyboard.press("ArrowRight")
    at(2)
    for scene, part in enumerate(("[data-id=sentence]", "[data-id=picture]"), 3):
        page.locator(f".story {part}").click()
        page.keyboard.press("ArrowRight")
        at(scene)
    no_traceback(page)


def test_the_slice_viewer_shows_a_brain_and_answers_in_the_browser(server, page):
    page.goto(server.url("slices"))
    page.locator("canvas[data-id='picture']").wait_for()
    wait_for(lambda: picture_of(page)[0] > 50, 20, "a canvas that is not blank")
    assert page.locator("[data-side] strong").count() == 2
    first = picture_of(page)
    sent = []
    page.on("websocket", lambda s: sent.append(s))
    page.locator("canvas[data-id='picture']").focus()
    page.keyboard.press("ArrowUp")
    moved = picture_of(page)
    assert moved[1] != first[1]
    page.keyboard.press("ArrowDown")
    assert picture_of(page) == first
    page.get_by_role("button", name="Axial").click()
    assert picture_of(page)[1] != first[1]
    page.locator("[data-id=overlay]").select_option("none")
    assert picture_of(page)[0] > 20
    page.keyboard.press("ArrowLeft")
    assert download(page, "Download picture").read_bytes().startswith(b"\x89PNG")
    for tab in ("Picked", "Group maps", "Still picture"):
        page.get_by_role("tab", name=tab).click()
        page.locator("[data-testid=stImage] img, [data-testid=stImageContainer] img").first.wait_for()
        no_traceback(page)
    assert page.outside == []


def test_a_chart_can_be_downloaded_and_the_report_opens_offline(server, page, browser, tmp_path):
    page.goto(server.url("compare"))
    page.get_by_role("heading", name="Signed gap in Dice", exact=True).wait_for()
    page.get_by_role("button", name="Data").first.click()
    assert b"<svg" in download(page, "SVG").read_bytes()[:200]
    # A new page instead of a closed popover: closing reruns the script, and a click in that instant would be lost.
    page.goto(server.url("compare"))
    page.get_by_role("button", name="Report (HTML)").wait_for()
    path = shutil.copy(download(page, "Report (HTML)"), tmp_path / "report.html")
    offline = browser.new_context(offline=True).new_page()
    offline.goto(path.as_uri())
    assert offline.locator("figure svg").count() >= 5
    assert offline.locator("figure img").count() == 1
    assert "no claim about patients" in offline.content()


def test_an_address_shows_a_colleague_the_same_thing(server, page, browser):
    page.goto(server.url("compare?over=Worst+group&baseline=Random"))
    page.get_by_role("heading", name="Worst group's Dice", exact=True).wait_for()
    page.get_by_text("Against random at").wait_for()
    other = browser.new_context().new_page()
    other.goto(page.url)
    other.get_by_role("heading", name="Worst group's Dice", exact=True).wait_for(timeout=WAIT)
    other.get_by_text("Against random at").wait_for(timeout=WAIT)
    no_traceback(other)


def test_cancel_in_the_browser_and_a_server_restart_during_a_run(server, page, home):
    store = home
    config = tiny_config(name="long", strategies=["random"], learner={"steps": 4000, "channels": [8, 16]})
    experiment, _ = store.create(config)
    key = store.runs(experiment)[0]
    worker = start_worker(store, 0, Team(1, 1, 0), linger_seconds=0)
    try:
        page.goto(server.url(f"runs?experiment={experiment}"))
        page.get_by_text("training").first.wait_for()
        before = store.state(key)
        server.stop()
        server.start()
        page.goto(server.url(f"runs?experiment={experiment}"))
        page.get_by_text("training").first.wait_for()
        wait_for(lambda: store.state(key).done > before.done, 10, "training that outlives the server")
        assert store.state(key).pid == before.pid
        page.get_by_role("button", name="Cancel all").click()
        wait_for(lambda: store.state(key).state == "cancelled", 4, "the cancelled run")
        page.get_by_text("cancelled").first.wait_for()
        no_traceback(page)
    finally:
        if worker.poll() is None:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_narrow_window_and_both_themes(browser, server, home, scheme):
    context = browser.new_context(viewport={"width": 420, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(server.url(f"compare?experiments={home.experiments()[-1]}"))
    page.get_by_role("heading", name="Compare", exact=True).wait_for()
    page.locator("[data-testid=stVegaLiteChart]").first.wait_for()
    ground = page.locator("[data-testid=stApp]").evaluate("e => getComputedStyle(e).backgroundColor")
    brightness = sum(int(v) for v in ground.strip("rgba()").split(",")[:3]) / 3
    assert (brightness > 128) == (scheme == "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    no_traceback(page)
    context.close()
