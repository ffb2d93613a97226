"""Every page as it is seen: its text can be read in both themes, and nothing is cut at any width."""

import contextlib
import shutil

import pytest
from contrast import FAINT
from test_browser import WAIT, no_traceback

from fairal.runs.store import Store
from fairal.ui.frame import PAGES
from fairal.ui.server import Dashboard

pytestmark = pytest.mark.browser
REST = "[data-testid=stApp][data-test-script-state=notRunning]"
WIDTHS, SETTLED = (1024, 1440, 1920), 5000
TABS = ("compare?evidence=Each+group%2C+and+who+paid", "compare?evidence=Who+was+picked&arm=weighted_entropy")
VIEWED = (*PAGES, *TABS, "slices?view_tab=Group+maps")
EMPTY = ("overview", "story", "launch", "runs", "compare", "next")
"""What an empty home shows differently: the shipped study, or what will stand there."""
CUT = """() => {
  const main = document.querySelector('[data-testid=stMain]');
  const shown = (e) => {
    const b = e.getBoundingClientRect(); // what fades in under the pointer is not there yet
    return b.width > 1 && b.height > 1 && e.checkVisibility({checkOpacity: true, checkVisibilityCSS: true});
  };
  const name = (e) => `${e.tagName.toLowerCase()} '${(e.innerText || e.alt || '').trim().slice(0, 40)}'`;
  const parts = [...main.querySelectorAll('button, [role=tab], label, h1, h2, h3, h5, p, img, canvas, svg.marks')];
  const inside = main.getBoundingClientRect().right + 1;
  const found = parts.filter(shown).filter((e) => e.getBoundingClientRect().right > inside).map(name);
  // A button whose label does not fit hides its end.
  const hides = (e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== 'visible';
  const labelled = parts.filter((e) => e.tagName === 'BUTTON' && e.innerText.trim() && shown(e));
  const short = labelled.filter((e) => [e, ...e.querySelectorAll('*')].some(hides)).map(name);
  const sideways = main.scrollWidth - main.clientWidth;
  return [...found, ...short, ...(sideways ? [`scrolls ${sideways} px sideways`] : [])];
}"""
"""In the page: what lies beyond its right edge, and buttons whose label is cut."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory, finished):
    """A server on a home with a finished experiment, and one on an empty home."""
    homes = tmp_path_factory.mktemp("looks")
    shutil.copytree(finished[0].home, homes / "full")
    empty = Store(homes / "empty").home
    with Dashboard(homes / "full", FAIRAL_WARM="0") as full, Dashboard(empty, FAIRAL_WARM="0") as bare:
        yield {"full": full, "empty": bare}


def seen(browser, server, names, look, scheme="light") -> dict:
    """What a look at each page finds: those pages where it finds anything."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
    page, found = context.new_page(), {}
    page.set_default_timeout(4 * WAIT)
    for name in names:
        page.goto(server.url(name))
        page.get_by_role("heading", level=1).first.wait_for()
        page.locator(REST).wait_for()
        found[name] = look(page)
        no_traceback(page)
    context.close()
    return {name: what for name, what in found.items() if what}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("home", "names"), [("full", VIEWED), ("empty", EMPTY)])
def test_all_text_of_every_page_can_be_read(servers, browser, home, names, scheme):
    assert seen(browser, servers[home], names, lambda page: page.evaluate(FAINT), scheme) == {}


def test_nothing_is_cut_at_any_width(servers, browser):
    from playwright.sync_api import TimeoutError

    def cut(page) -> dict:
        found = {}
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            with contextlib.suppress(TimeoutError):  # charts follow the width a moment later
                page.wait_for_function(f"() => ({CUT})().length === 0", timeout=SETTLED)
            found[width] = page.evaluate(CUT)
        return {width: what for width, what in found.items() if what}

    pages = ("overview", "story", "cohort", "launch", "runs", "compare", "slices")
    names = (*pages, *TABS, "slices?view_tab=Still+picture")
    assert seen(browser, servers["full"], names, cut) == {}


def test_the_third_picture_of_the_twins_and_what_lies_beside_the_viewer_are_in_sight_on_a_projector(servers, browser):
    page = browser.new_context(viewport={"width": 1024, "height": 768}).new_page()
    page.set_default_timeout(4 * WAIT)
    page.goto(servers["full"].url("cohort"))
    twins = [page.get_by_text(name, exact=True) for name in ("Bias off", "Bias on", "Difference")]
    boxes = [twin.bounding_box() for twin in twins]
    assert len({round(box["y"]) for box in boxes}) == 1, "side by side"
    assert boxes[2]["x"] + boxes[2]["width"] <= 1024
    strip = page.locator("[data-testid=stVegaLiteChart]").first.bounding_box()
    assert strip["y"] + strip["height"] <= 768, "volumes are above the fold"
    page.goto(servers["full"].url("slices"))
    legend = page.locator(".viewer [data-id=legend]")
    legend.get_by_text("missed").wait_for()
    box = legend.bounding_box()
    assert box["x"] + box["width"] <= 1024
    page.context.close()


LEGENDS = {
    "error": ("missed", "over-drawn"),
    "entropy": ("Entropy in bits", "0: the model is sure; 1: a coin toss"),
    "probability": ("Probability of the structure", "from 0.5 on it is predicted"),
    "none": ("No overlay",),
}
AT_A_VOXEL = """c => {
  const box = c.getBoundingClientRect(), x = box.left + 0.3 * box.width, y = box.top + 0.5 * box.height;
  c.dispatchEvent(new PointerEvent('pointermove', {clientX: x, clientY: y}));
}"""


def test_every_overlay_has_its_legend_words_under_the_pointer_and_a_link(servers, browser):
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    page.set_default_timeout(4 * WAIT)
    page.goto(servers["full"].url("slices"))
    viewer = page.locator(".viewer")
    viewer.get_by_text("missed", exact=True).wait_for()
    page.locator(REST).wait_for()
    for overlay, words in LEGENDS.items():
        viewer.locator("[data-id=overlay]").select_option(overlay)
        legend = viewer.locator("[data-id=legend]").inner_text()
        assert all(word in legend for word in words), overlay
    viewer.locator("canvas[data-id=picture]").evaluate(AT_A_VOXEL)
    said = viewer.locator("[data-id=readout]").inner_text()
    assert "truth" in said
    assert "bits: the model" in said
    viewer.get_by_role("button", name="Sagittal").click()
    viewer.locator("[data-id=guess]").uncheck()
    viewer.get_by_role("button", name="Copy link").click()
    viewer.get_by_role("button", name="Link copied").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    for part in ("of=", "left=Entropy", "who=test+1", "plane=sagittal", "slice=", "round=2", "overlay=none", "guess=0"):
        assert part in link, link
    page.goto(link)
    viewer.get_by_text("No overlay").wait_for()
    assert viewer.get_by_role("button", name="Sagittal").get_attribute("aria-pressed") == "true"
    assert not viewer.locator("[data-id=guess]").is_checked()
    context.close()


def test_every_page_leads_to_all_others(servers, browser):
    titles = [title for title, _ in PAGES.values()]

    def missing(page) -> list:
        link = lambda name: page.get_by_test_id("stSidebar").get_by_text(name, exact=True)  # noqa: E731
        link(titles[-1]).wait_for(state="attached")  # on Story the sidebar is folded
        return [title for title in titles if link(title).count() != 1]

    assert seen(browser, servers["full"], PAGES, missing) == {}
