"""How the time of one run grows with pool size, test size, rounds and volume.

One thread, one strategy, the demo's learner with 30 steps a fit; each axis varies alone. Prints seconds, and the
exponent b of seconds ~ size^b between the two largest sizes (1 is linear; what does not depend on the size pulls it
down), draws ``benchmarks/growth.png`` and writes ``benchmarks/growth.json``. ``python benchmarks/growth.py [--quick]``.
"""

import argparse
import time
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd
import torch
from measured import keep

from fairal.config import ExperimentConfig
from fairal.loop.run import active_learning
from fairal.presets import preset

AXES = {
    "pool size": (60, 120, 240, 480),
    "test pairs": (25, 50, 100, 200),
    "rounds": (2, 4, 8, 16),
    "voxels": (3.0, 1.5, 1.0),
}


def config_of(axis: str, value: float) -> ExperimentConfig:
    """Give the demo's configuration with one axis changed."""
    content = preset("demo")[0].model_dump(mode="json")
    content["learner"]["steps"] = 30
    content["query"]["rounds"] = 2
    if axis == "pool size":
        content["cohort"]["pool_size"] = value
    elif axis == "test pairs":
        content["cohort"]["test_pairs"] = value
    elif axis == "rounds":
        content["query"] |= {"rounds": value, "per_round": 3}
    else:
        content["cohort"]["spacing_mm"] = value
    return ExperimentConfig.model_validate(content)


def main() -> None:
    """Measure, plot, and fit the exponents."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the two smallest sizes of each axis alone")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    list(active_learning(preset("smoke")[0], "masked_entropy", seed=1001))  # imports and first kernels
    rows = []
    for axis, sizes in AXES.items():
        for value in sizes[:2] if arguments.quick else sizes:
            config = config_of(axis, value)
            started = time.perf_counter()
            records = [done.record for done in active_learning(config, "masked_entropy", seed=1001)]
            seconds = time.perf_counter() - started
            size = int(np.prod(config.cohort.shape)) if axis == "voxels" else value
            parts = {part: sum(r["seconds"][part] for r in records) for part in ("cohort", "fit", "measure", "pick")}
            rows.append({"axis": axis, "size": size, "seconds": seconds, **parts})
            print(
                f"{axis:10} {size:8} {seconds:6.1f} s", " ".join(f"{p} {s:.1f}" for p, s in parts.items()), flush=True
            )
    frame = pd.DataFrame(rows)
    exponents = {}
    for axis, own in frame.groupby("axis", sort=False):
        last = np.log(own[["size", "seconds"]].to_numpy(float)[-2:])
        exponents[axis] = float((last[1] - last[0])[1] / (last[1] - last[0])[0])
        print(f"{axis:10} seconds ~ size^{exponents[axis]:.2f}")
    if not arguments.quick:
        draw(rows)
        keep(__file__, {"rows": rows, "exponents": exponents})


def draw(rows: list[dict]) -> None:
    """Plot seconds against size, both linear, so that a straight line is linear growth."""
    panel = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(point=True)
        .encode(alt.X("size:Q", title=None, axis=alt.Axis(tickCount=4)), alt.Y("seconds:Q", title="seconds of one run"))
        .properties(width=200, height=180)
    )
    chart = panel.facet(alt.Facet("axis:N", title=None, sort=list(AXES)), columns=4)
    chart = chart.resolve_scale(x="independent", y="independent")
    chart.save(Path(__file__).with_suffix(".png"), scale_factor=2)


if __name__ == "__main__":
    main()
