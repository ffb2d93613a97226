"""How far an uncertainty is the structure's size: correlations in the unlabelled pool, within each group.

``python docs/uncertainty.py HOME EXPERIMENT [SEEDS]`` takes the networks that plain entropy ended with (from the home's
cache, or trained again), scores everybody in the pool who is not labelled, and prints the table of docs/study.md.
"""

import sys

import numpy as np
import torch

from fairal.cohort.source import open_source
from fairal.config import Arm
from fairal.facts.record import Record
from fairal.learner.fit import load_fit, save_fit
from fairal.loop.job import ask
from fairal.loop.round import model_of
from fairal.loop.task import Task
from fairal.report.markdown import markdown_table
from fairal.runs.kept import KeptSource, Memory
from fairal.runs.shelf import obtain
from fairal.runs.store import Store
from fairal.strategies.scores import boundary_entropy, masked_volume_entropy, volume_entropy

SCORES = {
    "entropy, U": lambda p, spacing_mm: volume_entropy(p),
    "masked entropy, U_m": masked_volume_entropy,
    "shell entropy, U_s": boundary_entropy,
}


def last_model(store: Store, task: Task, source):
    """The network of a round, from the cache or trained again."""
    job = ask(task, source, torch.device("cpu"))
    trained, _ = obtain(store, "fits", job.key, load_fit, job.train, save_fit)
    return model_of(job, trained)


def correlations(store: Store, config, seed: int, record: Record) -> dict[tuple[str, str], float]:
    """Pearson's r of each score with the true volume, by score and group."""
    source = KeptSource(open_source(config.cohort, seed), store, Memory())
    model = last_model(store, Task(config, Arm("entropy"), seed, record.round, record.labelled, picks=0), source)
    pool, known = source.load("pool"), set(record.labelled)
    left = [i for i, subject in enumerate(pool.subjects) if subject.id not in known]
    scored: dict[str, list[float]] = {name: [] for name in SCORES}
    with torch.inference_mode():
        for part in model.batches(pool, left):
            p = model.probabilities(pool, left[part])[None]
            for name, score in SCORES.items():
                scored[name] += score(p, pool.spacing_mm).tolist()
    volumes = np.array([pool.subjects[i].volume_mm3 for i in left])
    groups = np.array([pool.subjects[i].group for i in left])
    return {
        (name, group): float(np.corrcoef(np.array(values)[groups == group], volumes[groups == group])[0, 1])
        for name, values in scored.items()
        for group in source.groups
    }


def main(home: str, experiment: str, wanted: int | None = None) -> None:
    """Print the table: mean over seeds, and the range."""
    torch.set_num_threads(1)
    store = Store(home)
    config = store.config(experiment)
    ended = {key.seed: store.rounds(key) for key in store.runs(experiment) if str(key.arm) == "entropy"}
    whole = {seed: rounds[-1] for seed, rounds in ended.items() if len(rounds) > config.query.rounds}
    rows = [correlations(store, config, seed, record) for seed, record in sorted(whole.items())[:wanted]]
    groups = config.cohort.group_names
    lines = []
    for name in SCORES:
        cells = []
        for group in groups:
            each = [row[name, group] for row in rows]
            cells.append(f"{np.mean(each):+.2f} ({min(each):+.2f} to {max(each):+.2f})")
        lines.append((name, *cells))
    print(f"Correlation with the true volume, mean over {len(rows)} seeds (range).\n")
    print(markdown_table(("score", *groups), lines))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:4]))
