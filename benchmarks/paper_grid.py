"""The paper's grid, or a stated part of it, on this machine's GPUs: rounds an hour, GPU busy, minutes for all of it.

Several workers share a GPU (``--workers``). It can be shown in pieces: with a ``--home`` that is kept, the next call
goes on where the last one stopped. ``python benchmarks/paper_grid.py --workers 4 --minutes 9 --home grid`` prints a
table and writes ``benchmarks/paper_grid.json``. Without a GPU it runs as well, for as long as it is given.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from measured import keep

from fairal.presets import PRESETS, preset
from fairal.runs import control
from fairal.runs.crew import team
from fairal.runs.crews.local import LocalCrew
from fairal.runs.launch import launch
from fairal.runs.standing import live_workers, standing
from fairal.runs.store import Store


def gpu_busy() -> float | None:
    """Percent of the last second in which a GPU had work, averaged over GPUs; None without one."""
    if shutil.which("nvidia-smi") is None:
        return None
    query = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"]
    asked = subprocess.run(query, capture_output=True, text=True, check=False)
    values = [float(line) for line in asked.stdout.split() if line.replace(".", "").isdigit()]
    return statistics.mean(values) if values else None


def rounds_done(store: Store) -> tuple[int, int]:
    """Give finished rounds and all rounds of a home's experiments."""
    stands = [standing(store, experiment) for experiment in store.experiments()]
    return sum(stand.rounds_done for stand in stands), sum(stand.rounds for stand in stands)


def work(store: Store, seconds: float) -> dict:
    """Let the workers work for a time, or until all is done, then stop what runs; it can be resumed."""
    keys = [key for experiment in store.experiments() for key in store.runs(experiment)]
    for key in keys:
        if store.state(key).state in ("cancelled", "failed"):
            control.resume(store, key)
    first, total = rounds_done(store)
    LocalCrew().ensure(store)
    started, busy, reached = time.perf_counter(), [], first
    while time.perf_counter() - started < seconds:
        time.sleep(1.0)
        reached, _ = rounds_done(store)
        if reached > first and (value := gpu_busy()) is not None:  # imports and the first cohort are not the GPU's
            busy.append(value)
        if reached == total:
            break
    spent = time.perf_counter() - started
    for key in keys:
        control.cancel(store, key)
    done = reached - first
    return {
        "rounds": done,
        "rounds_before": first,
        "rounds_in_all": total,
        "seconds": spent,
        "rounds_an_hour": 3600 * done / spent,
        "minutes_for_all": total * spent / 60 / done if done else None,
        "gpu_busy_percent": statistics.mean(busy) if busy else None,
    }


def main() -> None:
    """Launch the grid or go on with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="paper-grid")
    parser.add_argument("--seeds", type=int, help="the first so many seeds of each experiment alone")
    parser.add_argument("--workers", type=int, help="on all GPUs together")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--home", type=Path, help="kept; a temporary one by default")
    arguments = parser.parse_args()
    if arguments.workers:
        os.environ["FAIRAL_WORKERS"] = str(arguments.workers)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(arguments.home or Path(folder) / "home")
        if not store.experiments():
            configs = [c.model_copy(update={"seeds": c.seeds[: arguments.seeds]}) for c in preset(arguments.preset)]
            launch(store, configs, linger_seconds=0.0, confirmed=True)
        result = work(store, 60 * arguments.minutes)
        while live_workers(store):  # they notice within a training step, and the home must outlive them
            time.sleep(0.2)
    size = team()
    print(f"{size.gpus} GPUs, {size.workers} workers: {result['rounds']} of {result['rounds_in_all']} rounds "
          f"in {result['seconds']:.0f} s (after {result['rounds_before']} before)")  # fmt: skip
    if result["rounds"]:
        busy = result["gpu_busy_percent"]
        print(f"{result['rounds_an_hour']:.0f} rounds an hour; all {result['rounds_in_all']} would take "
              f"{result['minutes_for_all']:.0f} min; GPU busy {'–' if busy is None else f'{busy:.0f} %'}")  # fmt: skip
    keep(__file__, {"preset": arguments.preset, "workers": size.workers, "gpus": size.gpus, **result})


if __name__ == "__main__":
    main()
