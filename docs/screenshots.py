"""Take the README's screenshots of Story, Compare and Slices: ``python docs/screenshots.py [EXPERIMENT]``.

The study that is shipped by default; any other by its id. Needs Chromium; starts a server of its own.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from fairal.runs.library import readers
from fairal.runs.standing import find
from fairal.runs.store import Store
from fairal.ui.server import Dashboard

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


def take(page, address: str, ready: str, path: Path, height: int) -> None:
    """Open an address, wait for what must be there, and write the picture."""
    page.set_viewport_size({"width": 1440, "height": height})
    page.goto(address)
    page.locator(ready).first.wait_for(timeout=60_000)
    page.wait_for_timeout(2500)
    page.screenshot(path=path)


def main() -> None:
    """Take them all."""
    store = Store()
    experiment = find(readers(store), sys.argv[1] if len(sys.argv) > 1 else "study-strong")
    with Dashboard(store.home, FAIRAL_WARM="0") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page()
        compare, slices = server.url(f"compare?experiments={experiment}"), server.url(f"slices?of={experiment}")
        take(page, server.url(f"story?experiment={experiment}"), ".story[data-scene]", ROOT / "docs" / "story.png", 810)
        take(page, compare, "[data-testid=stVegaLiteChart]", ROOT / "docs" / "compare.png", 1150)
        take(page, slices, "canvas[data-id='picture']", ROOT / "docs" / "slices.png", 900)
        browser.close()


if __name__ == "__main__":
    main()
