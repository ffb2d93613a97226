"""Two Ray nodes of one core each against two local workers, on the same experiment, in turn.

Both sides start cold: an empty home and an empty node folder. Counted is what comes after the start: the crew is
there (the foreman has joined and holds its places; both workers hold theirs), and had 20 s to load and warm what each
warms without work; then the experiment is queued, and the clock runs to its last record.
``python benchmarks/ray_nodes.py [--repeats R] [--preset demo]`` prints the ratio, says whether the records are equal,
and writes ``benchmarks/ray_nodes.json``.
"""

import argparse
import os
import secrets
import statistics
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from measured import keep, spread, tree_bytes

from fairal.presets import preset
from fairal.runs.crew import Team
from fairal.runs.crews.local import start_worker
from fairal.runs.crews.ray import FOREMAN, start_foreman
from fairal.runs.locks import is_locked
from fairal.runs.store import Store

LINGER_SECONDS, WARM_SECONDS = 120.0, 20.0


@contextmanager
def two_nodes():
    """Run two nodes of one core; gives the engine's name, and their processes."""
    from ray.cluster_utils import Cluster

    cluster, here = Cluster(), {"num_cpus": 1, "node_ip_address": "127.0.0.1"}
    try:
        cluster.add_node(**here, include_dashboard=False)
        cluster.add_node(**here)
        nodes = (cluster.head_node, *cluster.worker_nodes)
        yield f"ray://{cluster.address}", [p[0].process.pid for node in nodes for p in node.all_processes.values()]
    finally:
        cluster.shutdown()


def work(store: Store, crew: list[subprocess.Popen], places: list[str], others: list[int], config) -> dict:
    """Have a crew that is there work off an experiment; gives its seconds, peak memory and records."""
    try:
        while not all(is_locked(store.worker_lock(place)) for place in places):
            assert all(one.poll() is None for one in crew), f"see {store.workers_dir}"
            time.sleep(0.1)
        time.sleep(WARM_SECONDS)
        started, peak = time.perf_counter(), 0
        experiment, _ = store.create(config)
        keys = store.runs(experiment)
        while not all(store.state(key).ended for key in keys):
            peak = max(peak, sum(tree_bytes(pid) for pid in [*others, *(one.pid for one in crew)]))
            time.sleep(0.2)
        seconds = time.perf_counter() - started
    finally:
        for one in crew:
            one.kill()
            one.wait()
    lines = [replace(r, seconds={}, cached=False).as_line() for key in keys for r in store.rounds(key)]
    assert {store.state(key).state for key in keys} == {"done"}
    return {"seconds": seconds, "peak_mb": peak / 1e6, "records": lines}


def on_ray(folder: Path, config) -> dict:
    """Measure the cluster, which is started anew."""
    os.environ["FAIRAL_NODE_DIR"] = str(folder / "node")
    store = Store(folder / "ray")
    with two_nodes() as (engine, nodes):
        foreman = start_foreman(store, engine, LINGER_SECONDS)
        return work(store, [foreman], [f"{FOREMAN}-1"], nodes, config)


def on_workers(folder: Path, config) -> dict:
    """Measure two local workers of one thread."""
    store = Store(folder / "local")
    crew = [start_worker(store, slot, Team(2, 1, 0), LINGER_SECONDS) for slot in range(2)]
    return work(store, crew, ["0", "1"], [], config)


def main() -> None:
    """Measure both sides in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--preset", default="demo")
    arguments = parser.parse_args()
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_USAGE_STATS_ENABLED": "0",
                   "OMP_NUM_THREADS": "1"}  # fmt: skip
    [config] = preset(arguments.preset)
    sides = {"two Ray nodes of one core": on_ray, "two local workers": on_workers}
    rows: dict[str, list[dict]] = {name: [] for name in sides}
    for _ in range(arguments.repeats):
        for name, side in sides.items():
            with tempfile.TemporaryDirectory() as folder:
                rows[name].append(side(Path(folder), config))
    records = [row.pop("records") for own in rows.values() for row in own]
    assert all(lines == records[0] for lines in records), "the records differ"
    for name, own in rows.items():
        seconds, peak = ([row[what] for row in own] for what in ("seconds", "peak_mb"))
        print(f"{name:26} {spread(seconds)}; peak memory {spread(peak, 'MB', 0)}")
    ray, local = (statistics.median(row["seconds"] for row in own) for own in rows.values())
    print(f"{ray / local:.2f} times the time of two workers; all {len(records[0])} records equal")
    keep(__file__, {"preset": arguments.preset, "sides": rows})


if __name__ == "__main__":
    main()
