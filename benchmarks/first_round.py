"""From the click on **Run the demo** to the first plotted round, in a browser.

Warm: the application has been open for 10 s. Cold: the button is pressed as soon as it can be. Each on an empty home
and a server of its own. Needs Chromium and the test requirements.
``python benchmarks/first_round.py [--repeats R]`` prints seconds and writes ``benchmarks/first_round.json``.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import keep, spread
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]


def once(browser, open_seconds: float) -> dict[str, float]:
    """Start a server, open the page, click, and wait for the first chart."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
        started = time.perf_counter()
        server = subprocess.Popen(
            [*command, "--server.port", str(port)],
            cwd=ROOT,
            env={**os.environ, "FAIRAL_HOME": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        page = browser.new_page()
        try:
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.05)
            page.goto(f"http://127.0.0.1:{port}/")
            button = page.get_by_role("button", name="Run the demo")
            button.wait_for(timeout=60_000)
            usable = time.perf_counter() - started
            time.sleep(open_seconds)
            clicked = time.perf_counter()
            button.click()
            page.locator("[data-testid=stVegaLiteChart]").first.wait_for(timeout=120_000)
            return {"usable": usable, "first_round": time.perf_counter() - clicked}
        finally:
            page.close()
            server.terminate()
            server.wait()
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                if folder.encode() in (command := _read(path)) and b"worker" in command:
                    os.kill(int(path.parent.name), signal.SIGKILL)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def main() -> None:
    """Measure warm and cold in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    rows: dict[str, list[dict]] = {"open for 10 s": [], "cold": []}
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(arguments.repeats):
            for name, seconds in (("open for 10 s", 10.0), ("cold", 0.0)):
                rows[name].append(once(browser, seconds))
        browser.close()
    for name, own in rows.items():
        print(f"click to first plotted round, {name:13} {spread([row['first_round'] for row in own])}")
    print(f"server start to a usable page             {spread([r['usable'] for own in rows.values() for r in own])}")
    keep(__file__, {"rows": rows})


if __name__ == "__main__":
    main()
