"""Every page over a home of 1,000 finished runs: script time, and the server's memory over 400 reloads.

The runs are copies of one real smoke experiment's, 334 experiments of three. Script time is that of Streamlit's own
test runner, the first run of a page left out; reloads are a browser's, on a real server. Streamlit keeps a session for
two minutes after its browser has gone, so memory may rise for as long before it must be flat. Needs Chromium.
``python benchmarks/pages.py [--experiments N] [--reloads N]`` prints a table and writes ``benchmarks/pages.json``.
"""

import argparse
import logging
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from measured import ROOT, chromium, keep, spread

from fairal.ui.server import Dashboard

PAGES = ("overview", "cohort", "launch", "runs", "compare", "slices")


def fill(home: Path, experiments: int) -> int:
    """Run the smoke preset once and copy its records; gives the number of runs."""
    from fairal.presets import preset
    from fairal.runs.store import Store
    from fairal.runs.worker import Worker
    from fairal.seals import seal_text

    store = Store(home)
    config = preset("smoke")[0]
    source, _ = store.create(config)
    Worker(store).work(0)
    records = {key.run: (store.state(key), [record.as_line() for record in store.rounds(key)])
               for key in store.runs(source)}  # fmt: skip
    for i in range(experiments - 1):
        copy, _ = store.create(config.model_copy(update={"name": f"copy {i}"}))
        for key in store.runs(copy):
            state, lines = records[key.run]
            sealed = "".join(seal_text(line, str(key)) + "\n" for line in lines)  # a seal says whose it is
            (store.run_dir(key) / "rounds.jsonl").write_text(sealed)
            store.write_state(key, replace(state, updated=time.time()))
    assert {store.look(key).shown for key in store.runs(copy)} == {"done"}, "the copies are sound"
    return sum(len(store.runs(e)) for e in store.experiments())


def script_seconds(home: Path, page: str) -> list[float]:
    """Run a page's script six times, and give the times of the last five."""
    from streamlit.testing.v1 import AppTest

    os.environ.update(FAIRAL_HOME=str(home), FAIRAL_WARM="0")
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if page != "overview":
        test.switch_page(f"pages/{page}.py")
    seconds = []
    for _ in range(6):
        started = time.perf_counter()
        test.run()
        seconds.append(time.perf_counter() - started)
        wrong = [element.value for element in (*test.exception, *test.error)]
        assert wrong == []
    return seconds[1:]


def memory_over_reloads(home: Path, reloads: int) -> list[tuple[float, float]]:
    """Reload Runs and Compare in turn in a browser; gives (seconds, the server's resident megabytes) after each 20."""
    sizes = []
    with Dashboard(home, FAIRAL_WARM="0") as server, chromium() as browser:
        page, started = browser.new_page(), time.perf_counter()
        for i in range(reloads):
            page.goto(server.url(("runs", "compare")[i % 2]))
            page.get_by_role("heading", level=1).wait_for(timeout=60_000)
            page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=60_000)
            if (i + 1) % 20 == 0:
                status = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
                resident = next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))
                sizes.append((time.perf_counter() - started, resident))
    return sizes


def main() -> None:
    """Measure script times, then memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experiments", type=int, default=334)
    parser.add_argument("--reloads", type=int, default=400)
    arguments = parser.parse_args()
    os.chdir(ROOT)
    logging.disable(logging.WARNING)  # Streamlit remarks on every run outside of a server
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        runs = fill(home, arguments.experiments)
        rows = {page: script_seconds(home, page) for page in PAGES}
        print(f"{runs} finished runs, script time:")
        for page, values in rows.items():
            print(f"  {page:10} {spread(values, 's', 2)}")
        sizes = memory_over_reloads(home, arguments.reloads)
        print(f"server's memory over {arguments.reloads} reloads, after each 20 (at second):")
        print("  " + ", ".join(f"{size:.0f} MB ({second:.0f} s)" for second, size in sizes))
        last = sizes[-6:]
        if len(last) == 6:
            print(f"  over the last 100: {last[-1][1] - last[0][1]:+.1f} MB")
    keep(__file__, {"runs": runs, "script_seconds": rows, "memory": sizes})


if __name__ == "__main__":
    main()
