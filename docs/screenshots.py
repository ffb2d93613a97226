"""Take the README's screenshots of Compare and Slices: ``python docs/screenshots.py [EXPERIMENT]``.

The latest experiment by default. Needs Chromium and a finished experiment in the home; starts a server of its own.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from fairal.runs.standing import find
from fairal.runs.store import Store

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PORT = 8655


def serve(home: Path) -> subprocess.Popen:
    """Start the dashboard and wait for its port."""
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app.py",
        "--server.headless",
        "true",
        "--server.port",
        str(PORT),
    ]
    environment = {**os.environ, "FAIRAL_HOME": str(home), "FAIRAL_WARM": "0"}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) == 0:
                return server
        time.sleep(0.1)
    raise SystemExit("the server did not start")


def take(page, address: str, ready: str, path: Path, height: int) -> None:
    """Open an address, wait for what must be there, and write the picture."""
    page.set_viewport_size({"width": 1440, "height": height})
    page.goto(f"http://127.0.0.1:{PORT}/{address}")
    page.locator(ready).first.wait_for(timeout=60_000)
    page.wait_for_timeout(2500)
    page.screenshot(path=path)


def main() -> None:
    """Take both."""
    store = Store()
    experiment = find(store, sys.argv[1] if len(sys.argv) > 1 else "latest")
    server = serve(store.home)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page()
            compare, slices = f"compare?experiments={experiment}", f"slices?of={experiment}"
            take(page, compare, "[data-testid=stVegaLiteChart]", ROOT / "docs" / "compare.png", 1150)
            take(page, slices, "canvas[data-column='1']", ROOT / "docs" / "slices.png", 900)
            browser.close()
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
