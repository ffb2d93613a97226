"""The demo preset, from an empty home to its table: seconds, seconds to the first round, peak memory of all processes.

``python benchmarks/demo.py [--repeats R] [--arms A,B] [--picks 6x4]`` prints a table and writes
``benchmarks/demo.json``. Other arms and picks than the demo's serve to compare versions of the program that have
another demo: it was ``random,entropy,weighted_entropy`` with ``6x4``, then four arms with ``6x4``.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measured import keep, spread, tree_bytes, workers_of

from fairal.config import ExperimentConfig, study_json
from fairal.presets import preset


def asked(arms: str | None, picks: str | None) -> ExperimentConfig:
    """Give the demo with other arms (``a,b``) or other picks (``per round x rounds``)."""
    [demo] = preset("demo")
    changes = {} if arms is None else {"strategies": tuple(arms.split(","))}
    if picks is not None:
        per_round, rounds = map(int, picks.split("x"))
        changes["query"] = demo.query.model_copy(update={"per_round": per_round, "rounds": rounds})
    return demo.model_copy(update=changes)


def once(home: Path, config: ExperimentConfig) -> dict[str, float]:
    """Run it in a process of its own."""
    file = home.with_name("demo-as-asked.json")
    file.write_text(study_json([config]))
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
    parser.add_argument("--arms")
    parser.add_argument("--picks")
    arguments = parser.parse_args()
    config, rows = asked(arguments.arms, arguments.picks), []
    for _ in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(once(Path(folder) / "home", config))
    for name, unit in (("seconds", "s"), ("first_round", "s"), ("peak_gb", "GB")):
        print(f"{name:12} {spread([row[name] for row in rows], unit)}")
    keep(__file__, {"arms": config.strategies, "picks": [config.query.per_round, config.query.rounds], "rows": rows})


if __name__ == "__main__":
    main()
