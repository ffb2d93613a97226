"""What history costs: homes of 100, 1,000 and 10,000 finished runs, and one open experiment beside them.

The finished runs are copies of one real smoke experiment's. Measured: claiming a run, the processor time of an idle
worker, ``fairal list`` as a process, building the ledger anew when it is missing, what a thousand polls of a page and a
worker add to a process's memory, and the script of each page.
``python benchmarks/history.py [--runs 100,1000,10000]`` prints a table and writes ``benchmarks/history.json``.
"""

import argparse
import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import ROOT, keep

from fairal.presets import preset
from fairal.runs.claims import claim, settle, to_do
from fairal.runs.store import Store
from pages import PAGES, fill, script_seconds

IDLE_SECONDS = 10.0


def claim_seconds(store: Store, times: int = 50) -> list[float]:
    """Claim the run that is open, and put it back; the first time of a process is left out."""
    seconds = []
    for _ in range(times + 1):
        started = time.perf_counter()
        held = claim(store, set())
        seconds.append(time.perf_counter() - started)
        held.lock.release()
    return seconds[1:]


def idle_share(home: Path) -> float:
    """Percent of a core that a worker without work takes, once warm."""
    code = (
        "import sys, time, threading, resource\n"
        "from fairal.runs.store import Store\nfrom fairal.runs.worker import Worker\n"
        "worker = Worker(Store(sys.argv[1]))\n"
        "worker.warm = True\n"
        "usage = lambda: sum(resource.getrusage(resource.RUSAGE_SELF)[:2])\n"
        "def watch():\n"
        f"    time.sleep(3); before = usage(); time.sleep({IDLE_SECONDS}); print(usage() - before, flush=True)\n"
        "threading.Thread(target=watch).start()\n"
        f"worker.work(0, linger_seconds={IDLE_SECONDS + 4})\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True, cwd=ROOT)
    return 100 * float(ran.stdout) / IDLE_SECONDS


def poll_growth_mb(home: Path, polls: int = 1000) -> float:
    """Megabytes that a process takes more after so many polls, each what a worker and the page of all runs look at."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from fairal.runs.claims import to_do\nfrom fairal.runs.standing import closed, standing\n"
        "from fairal.runs.store import Store\n"
        "def resident():\n"
        "    lines = Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith('VmRSS'))\n"
        "store = Store(sys.argv[1])\n"
        "def poll():\n"
        "    list(to_do(store)); there = store.experiments()\n"
        "    [closed(store, name) or standing(store, name) for name in there[:25]]\n"
        "[poll() for _ in range(50)]\n"
        "before = resident()\n"
        f"[poll() for _ in range({polls})]\n"
        "print(resident() - before)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(ran.stdout)


def list_seconds(home: Path, times: int = 5) -> list[float]:
    """Run ``fairal list`` as a process."""
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        command = [sys.executable, "-m", "fairal", "list", "--home", str(home)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
        seconds.append(time.perf_counter() - started)
    return seconds


def measure(runs: int, folder: Path) -> dict:
    """Fill a home with finished runs, and measure."""
    home = folder / str(runs)
    there = fill(home, runs // 3)
    started = time.perf_counter()
    settle(Store(home))
    again = time.perf_counter() - started
    idle = idle_share(home)
    pages = {page: script_seconds(home, page) for page in PAGES}
    listed, growth = list_seconds(home), poll_growth_mb(home)
    store = Store(home)
    store.create(preset("smoke")[0])
    assert next(to_do(store), None) is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"runs": there, "ledger_anew_seconds": again, "claim_seconds": claim_seconds(store), "idle_percent": idle,
            "list_seconds": listed, "poll_growth_mb": growth, "page_seconds": pages, "peak_mb": peak}  # fmt: skip


def main() -> None:
    """Measure every size in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", default="100,1000,10000")
    arguments = parser.parse_args()
    os.chdir(ROOT)
    logging.disable(logging.WARNING)  # Streamlit remarks on every run outside of a server
    with tempfile.TemporaryDirectory() as folder:
        rows = [measure(int(runs), Path(folder)) for runs in arguments.runs.split(",")]
    middle = statistics.median
    for row in rows:
        slowest = max(row["page_seconds"], key=lambda page: middle(row["page_seconds"][page]))
        print(f"{row['runs']:6} finished runs: claim {1000 * middle(row['claim_seconds']):.2f} ms, "
              f"idle worker {row['idle_percent']:.2f} % of a core, list {middle(row['list_seconds']):.2f} s, "
              f"ledger anew {row['ledger_anew_seconds']:.2f} s, {row['poll_growth_mb']:+.1f} MB in 1,000 polls, "
              f"slowest page {slowest} {middle(row['page_seconds'][slowest]):.2f} s")  # fmt: skip
        for page, seconds in row["page_seconds"].items():
            print(f"         {page:10} {middle(seconds):.3f} s (to {max(seconds):.3f})")
    keep(__file__, {"rows": rows})


if __name__ == "__main__":
    main()
