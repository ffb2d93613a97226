"""Scoring a pool: the demo's trained network over 120 volumes, masked entropy, volumes a second on all cores.

One process of one thread per core, as workers do. ``python benchmarks/scoring.py [--repeats R]`` prints volumes a
second and the network's share of the time; writes ``benchmarks/scoring.json``.
"""

import argparse
import json
import subprocess
import sys
import time

from measured import about, keep, spread


def side(repeats: int) -> None:
    """Score the pool again and again; prints seconds of each sweep and of the network alone."""
    import torch

    from fairal.learner.fit import fit
    from fairal.learner.predict import Predictor
    from fairal.presets import preset
    from fairal.strategies.scores import masked_volume_entropy

    torch.set_num_threads(1)
    config = preset("demo")[0]
    learner = config.learner.model_copy(update={"steps": 20})
    volumes = torch.randn(120, *config.cohort.shape, generator=torch.Generator().manual_seed(0)).half()
    trained = fit(volumes[:6], volumes[:6] > 2.2, learner, seed=0)
    predictor = Predictor(trained.weights, learner, torch.device("cpu"))
    rows = []
    for _ in range(repeats + 1):
        network, started = 0.0, time.perf_counter()
        for part in predictor.batches(len(volumes), config.cohort.shape):
            before = time.perf_counter()
            p = predictor.probabilities(volumes[part])
            network += time.perf_counter() - before
            masked_volume_entropy(p[None], config.cohort.spacing_mm)
        rows.append((time.perf_counter() - started, network))
    print(json.dumps(rows[1:]))


def main() -> None:
    """Measure on all cores at once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--side", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        side(arguments.repeats)
        return
    command = [sys.executable, __file__, "--side", "--repeats", str(arguments.repeats)]
    team = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(about()["cores"])]
    sweeps = [json.loads(process.communicate()[0]) for process in team]
    rates = [sum(120 / own[i][0] for own in sweeps) for i in range(arguments.repeats)]
    share = sum(n for own in sweeps for _, n in own) / sum(s for own in sweeps for s, _ in own)
    print(f"pool scoring on {len(team)} cores: {spread(rates, 'volumes/s', 0)}; the network takes {share:.0%} of it")
    keep(__file__, {"volumes_per_second": rates, "share_of_network": share})


if __name__ == "__main__":
    main()
