"""What a foreman handles a second: rounds of which the nodes compute nothing, everything else as in earnest.

A Ray cluster of this machine; the tasks give back a fit of the demo's size and a record of 100 test cases at once.
The foreman claims, keys, sends, shelves the fits, commits with fsync, writes states and log as always. Measured:
rounds a second; the foreman's own processor time a round, which says what it would manage if it had one core's worth
to itself, and that of all other processes of the cluster, which share this machine's cores with it; what the disk
alone would commit a second; and how many tasks a second Ray alone brings home here, that do nothing and give back as
many bytes, with about as many on their way: what is left of these cores for a foreman. Once with the home on the disk
of temporary files, once in memory (``/dev/shm``, where there is one): the difference is the file system's. ``python
benchmarks/foreman.py [--runs R] [--places P] [--repeats N]`` prints both, in turn, and writes
``benchmarks/foreman.json``.
"""

import argparse
import os
import random
import resource
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from measured import keep

PER_ROUND, ROUNDS, CASES = 6, 6, 100
made: dict = {}  # by a process of a node


def no_train(order, hear):
    """Give a fit of the demo's size, made once per process."""
    from fairal.learner.fit import Fit, fit_files
    from fairal.learner.network import build_network
    from fairal.seals import seal_files

    if "fit" not in made:
        network = build_network(order.task.config.learner, order.task.seed, order.device)
        weights = {name: value.detach() for name, value in network.state_dict().items()}
        made["fit"] = fit_files(Fit(weights, [0.5] * order.task.config.learner.steps, 0.001))
    return seal_files(made["fit"], f"fits/{order.key}")


def no_play(order, cached, kept, main, *folds, hear):
    """Give a record with its picks, of the size of a real one."""
    import torch

    from fairal.cohort.source import open_source
    from fairal.facts.record import Cases, Pick, Record
    from fairal.loop.round import Round
    from fairal.runs.worker import Played

    def cases(ids, groups):
        values = tuple(0.123456789 + i for i in range(len(ids)))
        columns = ("dice", "assd_mm", "hd95_mm", "surface_dice", "volume_error", "volume_mm3", "predicted_mm3")
        return Cases(tuple(ids), tuple(groups), **dict.fromkeys(columns, values))

    task, source = order.task, open_source(order.task.config.cohort, order.task.seed)
    pool, test = source.rows("pool"), source.rows("test")[:CASES]
    group = {row.id: row.group for row in pool}
    left = sorted({row.id for row in pool}.difference(task.labelled))
    random.Random(f"{task.arm} {task.seed} {task.round}").shuffle(left)  # arms part ways: each fit is a new one
    by_group = dict.fromkeys(source.groups, 1.0)
    record = Record(
        round=task.round, labelled=task.labelled, labelled_by_group=dict.fromkeys(source.groups, 3), labelled_mm3=1.0,
        picked=tuple(Pick(i, group[i], 0.5, 0.5) for i in left[: task.picks]) or None, weights=by_group,
        labelled_dice=by_group, losses=(0.5,) * task.config.learner.steps,
        test=cases([r.id for r in test], [r.group for r in test]),
        labelled_cases=cases(task.labelled, [group[i] for i in task.labelled]), fit=order.key, cached=cached,
        seconds={"cohort": 0.0}, device=str(order.device), threads=torch.get_num_threads(), torch=torch.__version__,
    )  # fmt: skip
    return Played(Round(record, source.groups), by_group, {}, 0.001)


def no_train_and_play(order, kept, hear):
    """Give both."""
    return no_train(order, hear), no_play(order, False, kept, None, hear=hear)


def no_prepare(*order, hear):
    """Make nothing ready."""


def fill(home: Path, runs: int):
    """Queue so many runs of a setting's size."""
    from fairal.config import parse_experiment
    from fairal.presets import preset
    from fairal.runs.store import Store

    content = preset("strong")[0].model_dump(mode="json") | {"references": [], "volumes": "none"}
    content["query"] |= {"per_round": PER_ROUND, "rounds": ROUNDS}
    store, arms = Store(home), len(content["strategies"])
    for i in range(max(1, runs // (5 * arms))):
        store.create(parse_experiment(content | {"name": f"part {i}", "seeds": list(range(5 * i, 5 * i + 5))}))
    return store


def processor_seconds(pid: int | str = "self") -> tuple[float, float]:
    """Processor time of the foreman alone, and of all processes that it has started, with those that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task").glob("*/children")
        below = [processor_seconds(child) for path in children for child in path.read_text().split()]
    except OSError:
        return 0.0, 0.0  # it has ended meanwhile
    own, ended = ((int(fields[i]) + int(fields[i + 1])) / os.sysconf("SC_CLK_TCK") for i in (11, 13))
    return own, ended + sum(map(sum, below))


def commits_a_second(folder: Path, side_by_side: int) -> float:
    """Measure how many rounds a second the disk alone would take: lines of 20 kB, each with fsync, of several runs."""
    from fairal.files import append_line

    def run(name: int) -> None:
        for round_ in range(ROUNDS + 1):
            append_line(folder / str(name), "x" * 20_000, after=round_)

    started, runs = time.perf_counter(), 40
    with ThreadPoolExecutor(side_by_side) as threads:
        list(threads.map(run, range(runs)))
    return runs * (ROUNDS + 1) / (time.perf_counter() - started)


def bare_a_second(side_by_side: int) -> float:
    """Measure how many tasks a second come home without a foreman: nothing is claimed, computed, kept or committed."""
    import ray

    @ray.remote
    def bare(order: bytes) -> tuple:
        return {"weights": b"w" * 493_000, "fit": b"f" * 3_000}, b"r" * 20_000  # the demo's fit, a round's answer

    def run(_) -> None:
        for _ in range(ROUNDS + 1):
            bare.remote(b"o" * 5_000).future().result()

    with ThreadPoolExecutor(side_by_side) as threads:
        list(threads.map(run, range(40)))  # processes are warm
        started, runs = time.perf_counter(), 200
        list(threads.map(run, range(runs)))
    return runs * (ROUNDS + 1) / (time.perf_counter() - started)


def measure(cluster, parent: str | None, runs: int, places: int) -> dict:
    """Have a foreman work off so many runs, in a home in that folder."""
    from fairal.runs.crews.ray_foreman import Foreman

    with tempfile.TemporaryDirectory(dir=parent) as folder:
        store = fill(Path(folder) / "home", runs)
        started, before = time.perf_counter(), processor_seconds()
        Foreman(store, cluster).work()
        seconds = time.perf_counter() - started
        own, nodes = (after - was for after, was in zip(processor_seconds(), before, strict=True))
        keys = [key for name in store.experiments() for key in store.runs(name)]
        states, rounds = {store.state(key).state for key in keys}, sum(len(store.rounds(key)) for key in keys)
        assert states == {"done"}, states
        sides = [Path(folder) / name for name in ("together", "alone")]
        for side in sides:
            side.mkdir()
        commits, alone = commits_a_second(sides[0], 2 * places), commits_a_second(sides[1], 1)
    print(f"  {rounds} rounds in {seconds:.1f} s: {rounds / seconds:.0f} a second on this machine; the foreman itself "
          f"takes {1000 * own / rounds:.2f} ms of a core a round, at most {rounds / own:.0f} a second; Ray's processes "
          f"and the no-op nodes take {1000 * nodes / rounds:.2f} ms; the disk would commit {commits:.0f} a second, one "
          f"after another {alone:.0f}")  # fmt: skip
    return {"rounds": rounds, "seconds": seconds, "own_seconds": own, "nodes_seconds": nodes,
            "commits_a_second": commits, "commits_a_second_one_by_one": alone}  # fmt: skip


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=600)
    parser.add_argument("--places", type=int, default=4, help="Tasks at the same time.")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    os.environ["FAIRAL_WORKERS"] = str(arguments.places)
    from fairal.runs.crews.ray_cluster import Cluster
    from fairal.runs.crews.ray_foreman import Foreman

    homes = {"disk": None} | ({"memory": "/dev/shm"} if Path("/dev/shm").is_dir() else {})
    load, rows, bare = os.getloadavg()[0], {name: [] for name in homes}, []
    cluster = Cluster("ray", no_train, no_play, no_train_and_play, no_prepare)
    try:
        with tempfile.TemporaryDirectory() as folder:
            Foreman(fill(Path(folder), 1), cluster).work()  # processes start, modules are loaded
        for _ in range(arguments.repeats):
            bare.append(bare_a_second(2 * arguments.places + 4))
            print(f"Ray alone: {bare[-1]:.0f} tasks a second")
            for name, parent in homes.items():
                print(f"home in {name}")
                rows[name].append(measure(cluster, parent, arguments.runs, arguments.places))
    finally:
        cluster.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    about = {"places": arguments.places, "load_before": load, "peak_mb": peak}
    keep(__file__, {"homes": rows, "bare_a_second": bare} | about)


if __name__ == "__main__":
    main()
