"""What training again does to a gap: one labelled set, other weights, by number of steps.

``python benchmarks/retraining.py [--steps 150,300,600] [--seeds 6]`` trains two labelled sets of the *strong* cohort of
calibration seed 1000, 30 scans each (20 + 10 and 5 + 25), once for every seed from 100 on, and prints the SD of the two
groups' difference in every measure: root mean square over the two sets. Writes ``benchmarks/retraining.json``, from
which `fairal.report.quantity.RETRAINING_SD` was copied. What is finished is kept: it goes on where it was stopped.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from measured import keep

from fairal.cohort.source import Remembered, open_source
from fairal.config import Arm, ExperimentConfig, LearnerConfig
from fairal.fairness.judgement import judge_measure
from fairal.fairness.measures import MEASURES
from fairal.loop.job import ask
from fairal.loop.round import Trained, answer
from fairal.loop.task import Task
from fairal.study import CALIBRATION_SEEDS, steps

SETS = {"20 + 10": (20, 10), "5 + 25": (5, 25)}
FIRST_SEED = 100
KEPT = Path(__file__).with_suffix(".json")


def labelled(config: ExperimentConfig, rows, counts: tuple[int, int]) -> tuple[str, ...]:
    """Take the first subjects of each group of the pool: subjects are drawn independently, so these are a sample."""
    return tuple(
        id_
        for group, count in zip(config.cohort.group_names, counts, strict=True)
        for id_ in [row.id for row in rows if row.group == group][:count]
    )


def differences(config: ExperimentConfig, source, ids: tuple[str, ...], seed: int) -> dict[str, float]:
    """Train once, and give the signed gap in every measure."""
    job = ask(Task(config, Arm("entropy"), seed, 0, ids, picks=0), source, torch.device("cpu"))
    record = answer(job, Trained(job.train())).record
    return {name: judge_measure(record.test, source.groups, of).signed_gap for name, of in MEASURES.items()}


def spread(rows: list[list[dict[str, float]]]) -> dict[str, float]:
    """Root mean square over the sets of the SD over the seeds, by measure."""
    return {
        name: float(np.sqrt(np.mean([np.var([one[name] for one in own], ddof=1) for own in rows]))) for name in MEASURES
    }


def main() -> None:
    """Train, and write after every training."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", default="150,300,600")
    parser.add_argument("--seeds", type=int, default=6)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    done = json.loads(KEPT.read_text())["trainings"] if KEPT.exists() else {}
    base = steps()[0]
    source = Remembered(open_source(base.cohort, CALIBRATION_SEEDS[0]))
    wanted = [int(count) for count in arguments.steps.split(",")]
    for count in wanted:
        config = base.model_copy(update={"learner": LearnerConfig(steps=count)})
        for name, counts in SETS.items():
            ids = labelled(config, source.rows("pool"), counts)
            own = done.setdefault(str(count), {}).setdefault(name, [])
            for seed in range(FIRST_SEED + len(own), FIRST_SEED + arguments.seeds):
                own.append(differences(config, source, ids, seed))
                keep(__file__, {"trainings": done})
    sd = {count: spread(list(done[str(count)].values())) for count in wanted}
    for count, row in sd.items():
        print(f"{count:5} steps  " + "  ".join(f"{name} {value:.3f}" for name, value in row.items()))
    keep(__file__, {"sd": sd, "trainings": done})


if __name__ == "__main__":
    main()
