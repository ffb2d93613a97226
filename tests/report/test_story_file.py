"""A story as one file: what is in it, and how it behaves in a browser without a network."""

import base64
import re
from dataclasses import replace
from hashlib import sha256

import pytest
from kept import EXPERIMENT, kept_home
from told import made_up
from typer.testing import CliRunner

from fairal.cli import app
from fairal.report.story import offline_html, tell
from fairal.report.story.twins import twins_of

SIZES = [(1024, 768), (1440, 900), (1920, 1080)]
CONTRAST = """() => {
  const ground = getComputedStyle(document.querySelector('.story')).backgroundColor;
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour) => { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3); };
  const light = (colour) => { const [r, g, b] = rgb(colour).map((v) => v / 255)
      .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const texts = [...document.querySelectorAll('.story :is(p, h2, h3, li, text, output, .place)')];
  return Math.min(...texts.filter((t) => t.textContent.trim()).map((t) => {
    const style = getComputedStyle(t);
    return ratio(light(t.tagName === 'text' ? style.fill : style.color), light(ground)); }));
}"""
OVERFLOW = """() => { const page = document.documentElement, words = document.querySelector('.words');
  return Math.max(page.scrollWidth - innerWidth, page.scrollHeight - innerHeight,
    words.scrollHeight - words.clientHeight, words.scrollWidth - words.clientWidth); }"""


class NoVolumes:
    """A reader of an experiment that kept no volumes."""

    def subject(self, *_) -> None:
        return None


@pytest.fixture(scope="module")
def story():
    result = made_up()
    return tell(result, twins_of(NoVolumes(), result))


@pytest.fixture(scope="module")
def file(story, tmp_path_factory):
    path = tmp_path_factory.mktemp("story") / "story.html"
    path.write_text(offline_html(story), encoding="utf-8")
    return path


def test_its_own_policy_allows_its_own_script_alone_and_no_request(file):
    page = file.read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    script = re.search(r'<script type="module">(.*?)</script>', page, re.DOTALL)[1]
    assert f"script-src 'sha256-{base64.b64encode(sha256(script.encode()).digest()).decode()}';" in policy
    assert policy.startswith("default-src 'none'; ")
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert re.findall(r"(?:src|href)=.{6}", markup) == ['href="data:']


def test_a_name_cannot_end_the_data_or_become_markup(story):
    page = offline_html(replace(story, title="</script><b>& co"))
    assert page.count("</script>") == 2
    assert "<title>&lt;/script&gt;&lt;b&gt;&amp; co: a story" in page


def test_the_command_line_writes_the_file(tmp_path):
    home, out = kept_home(tmp_path / "home"), tmp_path / "told.html"
    ran = CliRunner().invoke(app, ["story", EXPERIMENT, "--out", str(out), "--home", str(home.home)])
    assert ran.exit_code == 0, ran.output
    assert ran.output.endswith(f"scenes in {out}.\n")
    assert "have not learned" in out.read_text()  # three rounds of eight steps


def opened(browser, file, size=(1440, 900), **options):
    """Open the file; what it asks for and complains of is kept beside the page."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options).new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(file.as_uri())
    page.locator(".story[data-scene]").wait_for()
    return page


def scene(page) -> str:
    return page.locator(".story").get_attribute("data-scene")


@pytest.mark.browser
def test_keys_go_through_all_scenes_the_rail_follows_and_nothing_is_fetched(browser, file, story):
    page = opened(browser, file)
    seen = []
    for place, told in enumerate(story.scenes):
        seen.append(scene(page))
        assert page.locator("[data-id=sentence]").inner_text().replace("\n", " ") == told.sentence
        assert page.locator(".rail [aria-current=step]").get_attribute("aria-label").startswith(f"Scene {place + 1}:")
        assert page.locator(f'.picture [aria-label="{told.alt}"], .cards').count() == 1
        page.keyboard.press("ArrowRight" if place % 2 else "Space")
    assert seen == [told.id for told in story.scenes]
    page.keyboard.press("ArrowRight")
    assert scene(page) == "limits", "the last scene stays"
    page.keyboard.press("Home")
    assert scene(page) == "twins"
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    assert scene(page) == "fair"
    page.locator(".rail button").nth(2).click()
    assert scene(page) == "baseline"
    assert page.url.endswith("#baseline")
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []
    assert page.complaints == []
    page.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_scene_scrolls_at_any_size_and_all_text_can_be_read(browser, file, story, scheme):
    page = opened(browser, file, color_scheme=scheme, reduced_motion="reduce")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.keyboard.press("Home")
        for told in story.scenes:
            page.wait_for_timeout(30)
            assert page.evaluate(OVERFLOW) <= 0, f"{told.id} at {width}x{height}"
            assert page.evaluate(CONTRAST) >= 4.5, f"{told.id} in {scheme}"
            assert page.locator("h2").evaluate("h => parseFloat(getComputedStyle(h).fontSize)") >= 28
            page.keyboard.press("ArrowRight")
    page.context.close()


@pytest.mark.browser
def test_without_motion_the_last_round_stands_there_at_once_and_the_rounds_can_be_stepped(browser, file):
    page = opened(browser, file, reduced_motion="reduce")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    assert page.locator(".player output").inner_text() == "5 labelled"
    assert page.locator(".moving").count() == 0
    page.locator(".player input").focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator(".player output").inner_text() == "3 labelled"
    assert scene(page) == "baseline", "in the slider the keys are the slider's"
    page.context.close()


@pytest.mark.browser
def test_with_motion_the_rounds_play_by_themselves(browser, file):
    page = opened(browser, file)
    page.keyboard.press("End")
    page.locator(".rail button").nth(2).click()
    assert page.locator(".player output").inner_text() == "3 labelled"
    page.locator(".player output", has_text="5 labelled").wait_for(timeout=10_000)
    page.context.close()


@pytest.mark.browser
def test_the_switch_turns_light_into_dark(browser, file):
    page = opened(browser, file, color_scheme="light")
    ground = "() => getComputedStyle(document.querySelector('.story')).backgroundColor"
    before = page.evaluate(ground)
    page.get_by_role("button", name="Light or dark").click()
    assert page.evaluate(ground) != before
    page.context.close()
