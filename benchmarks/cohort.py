"""A cohort of 200 subjects, cold: 120 in the pool and 40 matched test pairs, drawn as two workers draw them.

Two fresh processes of one thread each, one per split; starting Python and importing torch is included.
``python benchmarks/cohort.py [--repeats R]`` prints seconds and writes ``benchmarks/cohort.json``.
"""

import argparse
import subprocess
import sys
import time

from measured import keep, spread


def side(split: str) -> None:
    """Draw one split and say how long the drawing alone took."""
    import torch

    from fairal.cohort.synthetic.draw import build_cohort
    from fairal.presets import preset

    torch.set_num_threads(1)
    config = preset("demo")[0].cohort.model_copy(update={"test_pairs": 40})
    started = time.perf_counter()
    build_cohort(config, 1001, split)
    print(time.perf_counter() - started)


def main() -> None:
    """Measure both splits side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--side", choices=["pool", "test"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        side(arguments.side)
        return
    rows = []
    for _ in range(arguments.repeats):
        started = time.perf_counter()
        team = {
            split: subprocess.Popen([sys.executable, __file__, "--side", split], stdout=subprocess.PIPE, text=True)
            for split in ("pool", "test")
        }
        drawing = {split: float(process.communicate()[0]) for split, process in team.items()}
        rows.append({"seconds": time.perf_counter() - started, **drawing})
    print(f"200 subjects, cold      {spread([r['seconds'] for r in rows])}")
    print(f"drawing the pool of 120 {spread([r['pool'] for r in rows])}")
    print(f"drawing 40 test pairs   {spread([r['test'] for r in rows])}")
    keep(__file__, {"rows": rows})


if __name__ == "__main__":
    main()
