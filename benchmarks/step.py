"""A training step with the quick layers against the same step with PyTorch's own, in turn in one process.

``python benchmarks/step.py [--threads N] [--repeats R]`` prints a table and writes ``benchmarks/step.json``.
"""

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import torch

from fairal.config import LearnerConfig
from fairal.learner import network as network_module
from fairal.learner.fit import fit
from fairal.learner.quick import quicken
from fairal.presets import preset

STEPS = 25


def attainable_gflops() -> float:
    """FLOP/s of a large matrix product in this process, best of five."""
    a = torch.randn(1536, 1536)
    best = 0.0
    for _ in range(5):
        started = time.perf_counter()
        a @ a
        best = max(best, 2 * 1536**3 / (time.perf_counter() - started) / 1e9)
    return best


def step_flops(learner: LearnerConfig, shape: tuple) -> float:
    """FLOPs of the convolutions of one step: forward, and twice that for the backward pass."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        taps = module.weight.numel()
        where = output if isinstance(module, torch.nn.Conv3d) else inputs[0]
        total += 2 * taps * where.numel() // where.shape[1]

    net = network_module.build_network(learner, 0)
    for module in net.modules():
        if isinstance(module, torch.nn.Conv3d | torch.nn.ConvTranspose3d):
            module.register_forward_hook(count)
    net(torch.zeros(learner.batch_size, 1, *shape))
    return 3.0 * total


def main() -> None:
    """Measure both sides in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = preset("demo")[0]
    learner = config.learner.model_copy(update={"steps": STEPS})
    generator = torch.Generator().manual_seed(0)
    volumes = torch.randn(12, *config.cohort.shape, generator=generator)
    masks = torch.randn(12, *config.cohort.shape, generator=generator) > 2.2
    sides: dict[str, list[float]] = {"PyTorch's layers": [], "quick layers": []}
    for _ in range(arguments.repeats):
        for name, swap in zip(sides, (lambda net: None, quicken), strict=True):
            network_module.quicken = swap
            started = time.perf_counter()
            fit(volumes, masks, learner, seed=0)
            sides[name].append((time.perf_counter() - started) / STEPS * 1000)
    network_module.quicken = quicken
    flops, peak = step_flops(learner, config.cohort.shape), attainable_gflops()
    rows = {}
    for name, milliseconds in sides.items():
        middle = statistics.median(milliseconds)
        share = flops / (middle / 1000) / 1e9 / peak
        rows[name] = {"ms": middle, "min": min(milliseconds), "max": max(milliseconds), "share_of_attainable": share}
        print(f"{name:18} {middle:6.1f} ms a step ({min(milliseconds):.1f} to {max(milliseconds):.1f}), "
              f"{share:.0%} of a matrix product's {peak:.0f} GFLOP/s")  # fmt: skip
    about = {"machine": platform.processor() or platform.machine(), "torch": torch.__version__}
    result = {**about, "threads": arguments.threads, "n": arguments.repeats, "gflops_of_product": peak, "rows": rows}
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
