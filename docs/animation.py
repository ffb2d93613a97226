"""Make the story's rounds move: ``python docs/animation.py [EXPERIMENT] [--out FILE]`` writes docs/story.webp.

The latest finished experiment by default; shipped ones count. Needs Chromium. What moves is the story's own file, at a
clock of this script's: every picture is taken at its own moment, however long taking it takes.
"""

import argparse
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from fairal.report.story import offline_html, story_of
from fairal.runs.library import readers
from fairal.runs.standing import find
from fairal.runs.store import Store

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZE = {"width": 1200, "height": 720}
SHOWN_WIDTH = 900
SCENES = ("baseline", "lead", "people_after")
STEP_MS, HOLD_MS = 120, 2200
MOST_BYTES = 3_000_000


def take(page: Page, scenes: tuple[str, ...]) -> Iterator[tuple[Image.Image, int]]:
    """Play scenes and take a picture of every step; one that does not differ makes the one before last longer.

    Yields:
        A picture, and for how many milliseconds it is shown.
    """
    for scene in scenes:
        page.evaluate("id => { location.hash = id; }", scene)
        page.locator(f".story[data-scene={scene}]").wait_for()
        before, shown_ms = picture(page), 0
        for _ in range(int(_longest_ms(page) / STEP_MS)):
            page.clock.run_for(STEP_MS)
            page.evaluate("ms => document.getAnimations().forEach((a) => { a.pause(); a.currentTime += ms; })", STEP_MS)
            now, shown_ms = picture(page), shown_ms + STEP_MS
            if now.tobytes() != before.tobytes():
                yield before, shown_ms
                before, shown_ms = now, 0
        yield before, HOLD_MS


def picture(page: Page) -> Image.Image:
    """Take one picture, at the size at which it is shown."""
    taken = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    return taken.resize((SHOWN_WIDTH, SHOWN_WIDTH * taken.height // taken.width), Image.Resampling.LANCZOS)


def _longest_ms(page: Page) -> float:
    """How long a scene moves at most: its rounds, each of two seconds, and a little more."""
    rounds = page.locator(".player input")
    return 3000 + (2000 * int(rounds.get_attribute("max")) if rounds.count() else 0)


def main() -> None:
    """Write the animation."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", nargs="?", default="latest")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "story.webp")
    wanted = parser.parse_args()
    library = readers(Store())
    story = story_of(library, find(library, wanted.experiment))
    told = tuple(scene for scene in SCENES if story.scene(scene))
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "story.html"
        file.write_text(offline_html(story), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.clock.install()
        page.goto(file.as_uri())
        pictures, shown_ms = zip(*take(page, told), strict=True)
        browser.close()
    write(wanted.out, pictures, shown_ms)


def write(path: Path, pictures: tuple[Image.Image, ...], shown_ms: tuple[int, ...]) -> None:
    """Write the pictures as one animation, at the best quality that fits."""
    for quality in (80, 65, 50, 35):
        pictures[0].save(
            path, save_all=True, append_images=pictures[1:], duration=list(shown_ms), loop=0, quality=quality, method=4
        )
        if path.stat().st_size <= MOST_BYTES:
            break
    print(f"{path}: {len(pictures)} pictures, {sum(shown_ms) / 1000:.0f} s, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
