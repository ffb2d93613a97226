"""Train from scratch on a labelled set for a fixed number of steps. Knows nothing of groups or strategies."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from fairal.config import LearnerConfig
from fairal.errors import RunError
from fairal.learner.network import build_network, seeded
from fairal.seeds import number, stream

LEARNER = 1
"""Version of the learner's numbers; part of every fit's key."""
_LOOK_EVERY = 10  # steps between two looks at the loss: each makes a GPU wait until it has nothing left to do


@dataclass(frozen=True)
class Fit:
    """What training gave: the weights, the loss of every step, and the seconds it took."""

    weights: dict[str, torch.Tensor]
    losses: list[float]
    seconds: float


def batch_order(seed: int, count: int, batch_size: int, steps: int) -> np.ndarray:
    """Draw which subjects each step sees: whole shuffles of the labelled set, one after another.

    Returns:
        (steps, batch_size) positions in 0..count-1. The same for every strategy and round of a seed and count.
    """
    rng = stream(seed, "batches")
    needed = steps * batch_size
    shuffles = [rng.permutation(count) for _ in range(-(-needed // count))]
    return np.concatenate(shuffles)[:needed].reshape(steps, batch_size)


def fit(
    volumes: torch.Tensor,
    masks: torch.Tensor,
    config: LearnerConfig,
    seed: int,
    on_step: Callable[[int, int], None] = lambda step, steps: None,
) -> Fit:
    """Train the network from scratch.

    Args:
        volumes: (N, X, Y, Z) intensities of the labelled subjects, on the device to train on.
        masks: (N, X, Y, Z) bool, on the same device.
        config: Network and training.
        seed: Sets initial weights, batch order and dropout.
        on_step: Called with (step, steps) after each step; may raise to stop.

    Raises:
        RunError: The loss stopped being finite; names the step.
    """
    from monai.losses import DiceCELoss

    started = time.perf_counter()
    device = volumes.device
    network = build_network(config, seed, device).train()
    loss_of = DiceCELoss(sigmoid=True)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=device.type != "mps"
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=config.learning_rate, total_steps=max(config.steps, 2)
    )
    order = torch.from_numpy(batch_order(seed, len(volumes), config.batch_size, config.steps)).to(device)
    losses, fresh = [], []
    with seeded(number(seed, "dropout in training"), device):
        for step in range(config.steps):
            batch = order[step]
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(network(volumes[batch].float()[:, None]), masks[batch].float()[:, None])
            loss.backward()
            optimiser.step()
            schedule.step()
            fresh.append(loss.detach())
            if len(fresh) == _LOOK_EVERY or step + 1 == config.steps:
                losses += torch.stack(fresh).tolist()
                fresh.clear()
                _check_finite(losses, config)
            on_step(step + 1, config.steps)
    weights = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    return Fit(weights, losses, time.perf_counter() - started)


def _check_finite(losses: list[float], config: LearnerConfig) -> None:
    for step, loss in enumerate(losses, start=1):
        if not math.isfinite(loss):
            raise RunError(
                f"The loss stopped being finite at step {step} of {config.steps}; "
                f"a learning rate below {config.learning_rate:g} may help."
            )


def save_fit(trained: Fit, folder: Path) -> None:
    """Write a fit into an empty folder: arrays and JSON, nothing that runs code when it is read."""
    np.savez(folder / "weights.npz", **{name: value.numpy() for name, value in trained.weights.items()})
    (folder / "fit.json").write_text(json.dumps({"losses": trained.losses, "seconds": trained.seconds}))


def load_fit(folder: Path) -> Fit:
    """Read a fit that `save_fit` wrote; any error means that it is damaged."""
    content = json.loads((folder / "fit.json").read_text())
    with np.load(folder / "weights.npz", allow_pickle=False) as stored:
        weights = {name: torch.from_numpy(stored[name]) for name in stored.files}
    return Fit(weights, content["losses"], content["seconds"])
