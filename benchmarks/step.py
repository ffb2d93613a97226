"""A training step with the quick layers against the same step with PyTorch's own, in turn in one process.

Below it an account of the quick side, layer by layer: forward and backward of each kind of layer alone, on the inputs
that it sees, and what the convolutions reach of a large matrix product.
``python benchmarks/step.py [--threads N] [--repeats R]`` prints both tables and writes ``benchmarks/step.json``; with
``--tried`` it measures instead, in turn, what might have helped and does not, on 40 labelled subjects.
"""

import argparse
import statistics
import time
from pathlib import Path

import torch
from measured import keep

from fairal.config import LearnerConfig
from fairal.learner import fit as fit_module
from fairal.learner import network as network_module
from fairal.learner.fit import fit
from fairal.learner.quick import quicken
from fairal.presets import preset

STEPS = 25


SUBJECTS, MANY_SUBJECTS = 12, 40


class Half(torch.nn.Module):
    """A network whose layers compute in bfloat16 where PyTorch deems that safe."""

    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = self.network(volume)
        return logits.float()


def data(shape: tuple, subjects: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Give noise of a cohort's shape, (N, X, Y, Z), and masks of a hundredth of it."""
    generator = torch.Generator().manual_seed(0)
    volumes = torch.randn(subjects, *shape, generator=generator)
    return volumes, torch.randn(subjects, *shape, generator=generator) > 2.2


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
    parser.add_argument("--tried", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = preset("demo")[0]
    learner = config.learner.model_copy(update={"steps": STEPS})
    if arguments.tried:
        tried(learner, config.cohort.shape, arguments.repeats)
        return
    volumes, masks = data(config.cohort.shape, SUBJECTS)
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
    account = layers(learner, config.cohort.shape)
    print(f"{'layer alone':34} forward  backward  GFLOP/s of it")
    for row in account:
        rate = f"{row['gflops']:8.0f}" if row["gflops"] else ""
        print(f"{row['layer']:34} {row['forward_ms']:5.2f} ms {row['backward_ms']:6.2f} ms {rate}")
    alone = sum(row["forward_ms"] + row["backward_ms"] for row in account)
    print(f"{'all layers alone':34} {alone:5.1f} ms; the rest of a step: loss, optimiser, concatenation, cold caches")
    result = {"threads": arguments.threads, "gflops_of_product": peak, "rows": rows, "layers": account}
    keep(__file__, result)


def tried(learner: LearnerConfig, shape: tuple, repeats: int) -> None:
    """Measure in turn: more subjects, compiled layers, and bfloat16, which the quick layers do not take."""
    few, many = data(shape, SUBJECTS), data(shape, MANY_SUBJECTS)
    built = fit_module.build_network

    def own(*about):
        network_module.quicken = lambda net: None
        try:
            return built(*about)
        finally:
            network_module.quicken = quicken

    sides = {
        f"quick layers, {SUBJECTS} subjects": (few, built),
        f"quick layers, {MANY_SUBJECTS} subjects": (many, built),
        "quick layers, compiled": (many, lambda *about: torch.compile(built(*about))),
        "PyTorch's layers": (many, own),
        "PyTorch's layers, compiled": (many, lambda *about: torch.compile(own(*about))),
        "PyTorch's layers, bfloat16": (many, lambda *about: Half(own(*about))),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(repeats + 1):
        for name, (known, build) in sides.items():
            fit_module.build_network = build
            started = time.perf_counter()
            fit(*known, learner, seed=0)
            if turn:  # the first compiles
                times[name].append((time.perf_counter() - started) / STEPS * 1000)
    for name, own_times in times.items():
        print(f"{name:28} {statistics.median(own_times):5.1f} ms a step ({min(own_times):.1f} to {max(own_times):.1f})")
    keep(str(Path(__file__).with_name("step_tried.py")), {"milliseconds": times})


def layers(learner: LearnerConfig, shape: tuple) -> list[dict]:
    """Time forward and backward of each leaf of the quickened network; those that are no convolutions by kind."""
    net, seen = network_module.build_network(learner, 0).train(), []
    for name, module in net.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda m, i, o, name=name: seen.append((name, m, i[0].detach())))
    net(torch.randn(learner.batch_size, 1, *shape))
    rows: dict[str, dict] = {}
    for position, (_, module, volume) in enumerate(seen):
        module._forward_hooks.clear()
        volume = volume.clone().requires_grad_(position > 0)  # nobody asks for the gradient of the input
        forward, output = _best(lambda m=module, v=volume: m(v))
        slope, wanted = torch.randn_like(output), [p for p in (volume, *module.parameters()) if p.requires_grad]
        backward, _ = _best(lambda m=module, v=volume, g=slope, w=wanted: torch.autograd.grad(m(v), w, g))
        kind, flops = type(module).__name__, 0
        if isinstance(module, torch.nn.Conv3d | torch.nn.ConvTranspose3d):
            where = output if isinstance(module, torch.nn.Conv3d) else volume
            flops = 2 * module.weight.numel() * where.numel() // where.shape[1] * (3 if position else 2)
            kind += f" {module.in_channels}→{module.out_channels} at {'×'.join(map(str, where.shape[2:]))}"
        row = rows.setdefault(kind, {"layer": kind, "forward_ms": 0.0, "backward_ms": 0.0, "gflops": 0.0})
        row["forward_ms"] += forward
        row["backward_ms"] += max(0.0, backward - forward)
        row["gflops"] = flops / max(backward, 1e-9) / 1e6
    return list(rows.values())


def _best(call) -> tuple[float, torch.Tensor]:
    """Milliseconds of the fastest of five rounds of ten calls, and what the call gives."""
    best = float("inf")
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(10):
            result = call()
        best = min(best, (time.perf_counter() - started) * 100)
    return best, result


if __name__ == "__main__":
    main()
