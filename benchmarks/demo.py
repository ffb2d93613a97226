"""The demo preset, from an empty home to its table: seconds, seconds to the first round, peak memory of all processes.

``python benchmarks/demo.py [--repeats R]`` prints a table and writes ``benchmarks/demo.json``.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import keep, spread, tree_bytes, workers_of


def once(home: Path) -> dict[str, float]:
    """Run ``fairal demo`` in a process of its own."""
    started = time.perf_counter()
    running = subprocess.Popen(
        [sys.executable, "-m", "fairal", "demo", "--home", str(home)], stdout=subprocess.DEVNULL, text=True
    )
    first, peak, looks = None, 0, 0
    while running.poll() is None:
        time.sleep(0.1)
        looks += 1
        if first is None and any(path.stat().st_size for path in home.glob("experiments/*/runs/*/rounds.jsonl")):
            first = time.perf_counter() - started
        if looks % 20 == 0:  # looking at memory takes processor time from what is measured
            peak = max(peak, tree_bytes(running.pid) + sum(map(tree_bytes, workers_of(home))))
    seconds = time.perf_counter() - started
    if running.returncode:
        raise SystemExit(f"fairal demo ended with {running.returncode}")
    return {"seconds": seconds, "first_round": first, "peak_gb": peak / 1e9}


def main() -> None:
    """Run it several times, each on an empty home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    rows = []
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(once(Path(folder) / "home"))
    for name, unit in (("seconds", "s"), ("first_round", "s"), ("peak_gb", "GB")):
        print(f"{name:12} {spread([row[name] for row in rows], unit)}")
    keep(__file__, {"rows": rows})


if __name__ == "__main__":
    main()
