"""Two workers of one thread against one worker of two: which trains more on two cores.

``python benchmarks/workers.py [--repeats R]`` runs both in turn, each on all cores it is given, prints seconds per fit
of the demo's learner (60 steps each), and writes ``benchmarks/workers.json``.
"""

import argparse
import statistics
import subprocess
import sys
import time

from measured import about, keep, spread

STEPS, FITS = 60, 4


def side(threads: int, fits: int) -> None:
    """Train, after a first fit that counts for nothing; says when it starts and ends."""
    import torch

    from fairal.learner.fit import fit
    from fairal.presets import preset

    torch.set_num_threads(threads)
    config = preset("demo")[0]
    learner = config.learner.model_copy(update={"steps": STEPS})
    volumes = torch.randn(12, *config.cohort.shape, generator=torch.Generator().manual_seed(0))
    masks = volumes > 2.2
    fit(volumes, masks, learner.model_copy(update={"steps": 10}), seed=0)
    print("ready", flush=True)
    sys.stdin.readline()
    for i in range(fits):
        fit(volumes, masks, learner, seed=i)
    print("done", flush=True)


def measure(workers: int, threads: int) -> float:
    """Give seconds per fit, all workers together."""
    command = [sys.executable, __file__, "--side", str(threads), "--fits", str(FITS // workers)]
    team = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)]
    for one in team:
        assert one.stdout.readline().strip() == "ready"
    started = time.perf_counter()
    for one in team:
        one.stdin.write("\n")
        one.stdin.flush()
    for one in team:
        assert one.stdout.readline().strip() == "done"
    seconds = time.perf_counter() - started
    for one in team:
        one.communicate()
    return seconds / FITS


def main() -> None:
    """Measure both sides in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--side", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--fits", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        side(arguments.side, arguments.fits)
        return
    cores = about()["cores"]
    teams = {f"{cores} workers of 1 thread": (cores, 1), f"1 worker of {cores} threads": (1, cores)}
    rows: dict[str, list[float]] = {name: [] for name in teams}
    for _ in range(arguments.repeats):
        for name, team in teams.items():
            rows[name].append(measure(*team))
    for name, values in rows.items():
        print(f"{name:24} {spread(values, 's a fit', 2)}")
    many, one = (statistics.median(values) for values in rows.values())
    print(f"throughput {one / many:.2f} times that of one worker")
    keep(__file__, {"steps": STEPS, "seconds_per_fit": rows})


if __name__ == "__main__":
    main()
