"""From the click on **Run the demo** to the first plotted round, in a browser.

Warm: the application has been open for 10 s. Cold: the button is pressed as soon as it can be. Each on an empty home
and a server of its own. Needs Chromium and the test requirements.
``python benchmarks/first_round.py [--repeats R]`` prints seconds and writes ``benchmarks/first_round.json``.
"""

import argparse
import os
import signal
import tempfile
import time
from pathlib import Path

from measured import chromium, keep, spread, workers_of

from fairal.ui.server import Dashboard


def once(browser, open_seconds: float) -> dict[str, float]:
    """Start a server, open the page, click, and wait for the first chart."""
    with tempfile.TemporaryDirectory() as folder:
        page, started = browser.new_page(), time.perf_counter()
        try:
            with Dashboard(Path(folder)) as server:
                page.goto(server.url())
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
            for worker in workers_of(Path(folder)):
                os.kill(worker, signal.SIGKILL)


def main() -> None:
    """Measure warm and cold in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    rows: dict[str, list[dict]] = {"open for 10 s": [], "cold": []}
    with chromium() as browser:
        for _ in range(arguments.repeats):
            for name, seconds in (("open for 10 s", 10.0), ("cold", 0.0)):
                rows[name].append(once(browser, seconds))
    for name, own in rows.items():
        print(f"click to first plotted round, {name:13} {spread([row['first_round'] for row in own])}")
    print(f"server start to a usable page             {spread([r['usable'] for own in rows.values() for r in own])}")
    keep(__file__, {"rows": rows})


if __name__ == "__main__":
    main()
