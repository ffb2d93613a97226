"""The demo preset, from an empty home to its table: seconds, seconds to the first round, peak memory of all processes.

``python benchmarks/demo.py [--repeats R] [--arms A,B]`` prints a table and writes ``benchmarks/demo.json``. Other arms
than the demo's serve to compare versions of the program that have another demo: until 2026-11 its arms were
``random,entropy,weighted_entropy``.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import keep, spread, tree_bytes, workers_of

from fairal.config import study_json
from fairal.presets import DEMO_STRATEGIES, preset


def once(home: Path, arms: tuple[str, ...]) -> dict[str, float]:
    """Run the demo with some arms in a process of its own."""
    [demo] = preset("demo")
    file = home.with_name("demo-of-these-arms.json")
    file.write_text(study_json([demo.model_copy(update={"strategies": arms})]))
    command = [sys.executable, "-m", "fairal", "run", str(file), "--home", str(home)]
    started = time.perf_counter()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, text=True)
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
        raise SystemExit(f"fairal run ended with {running.returncode}")
    return {"seconds": seconds, "first_round": first, "peak_gb": peak / 1e9}


def main() -> None:
    """Run it several times, each on an empty home."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--arms", default=",".join(DEMO_STRATEGIES))
    arguments = parser.parse_args()
    arms, rows = tuple(arguments.arms.split(",")), []
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(once(Path(folder) / "home", arms))
    for name, unit in (("seconds", "s"), ("first_round", "s"), ("peak_gb", "GB")):
        print(f"{name:12} {spread([row[name] for row in rows], unit)}")
    keep(__file__, {"arms": arms, "rows": rows})


if __name__ == "__main__":
    main()
