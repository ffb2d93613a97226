"""Train from scratch on a labelled set for a fixed number of steps. Knows nothing of groups or strategies."""

import io
import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from fairal.config import LearnerConfig
from fairal.errors import RunError
from fairal.learner.lesson import Lesson, plain_lesson
from fairal.learner.network import build_network, channels, seeded
from fairal.learner.robust import StratumWeights
from fairal.seeds import number

LEARNER = 1
"""Version of the learner's numbers; part of every fit's key."""
FIT_FILES = ("weights.npz", "fit.json")
"""Of which a stored fit consists."""
_LOOK_EVERY = 10  # steps between two looks at the loss: each makes a GPU wait until it has nothing left to do


@dataclass(frozen=True)
class Fit:
    """What training gave: the weights, the loss of every step, and the seconds it took."""

    weights: dict[str, torch.Tensor]
    losses: list[float]
    seconds: float


def fit(
    volumes: torch.Tensor,
    masks: torch.Tensor,
    config: LearnerConfig,
    seed: int,
    on_step: Callable[[int, int], None] = lambda step, steps: None,
    lesson: Lesson | None = None,
) -> Fit:
    """Train the network from scratch.

    Args:
        volumes: (N, X, Y, Z) intensities of the labelled subjects, on the device to train on.
        masks: (N, X, Y, Z) bool, on the same device.
        config: Network and training.
        seed: Sets initial weights, batch order and dropout.
        on_step: Called with (step, steps) after each step; may raise to stop.
        lesson: Who is drawn when, and what the network is told of each; None for the plain training.

    Raises:
        RunError: The loss stopped being finite; names the step.
    """
    started = time.perf_counter()
    device = volumes.device
    lesson = lesson or plain_lesson(len(volumes), config, seed)
    conditions = 0 if lesson.condition is None else lesson.condition.shape[1]
    network = build_network(config, seed, device, conditions).train()
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=device.type != "mps"
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, max_lr=config.learning_rate, total_steps=max(config.steps, 2)
    )
    loss_of = _loss(network, volumes, masks, lesson)
    losses, fresh = [], []
    with seeded(number(seed, "dropout in training"), device):
        for step, batch in enumerate(torch.from_numpy(lesson.order).to(device), start=1):
            optimiser.zero_grad(set_to_none=True)
            loss = loss_of(batch)
            loss.backward()
            optimiser.step()
            schedule.step()
            fresh.append(loss.detach())
            if len(fresh) == _LOOK_EVERY or step == config.steps:
                losses += torch.stack(fresh).tolist()
                fresh.clear()
                _check_finite(losses, config)
            on_step(step, config.steps)
    weights = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    return Fit(weights, losses, time.perf_counter() - started)


def _loss(
    network: torch.nn.Module, volumes: torch.Tensor, masks: torch.Tensor, lesson: Lesson
) -> Callable[[torch.Tensor], torch.Tensor]:
    """Make the function from a batch's positions (B,) to the loss that a step lowers."""
    from monai.losses import DiceCELoss  # takes seconds to import, see `network`

    dice_and_cross_entropy = DiceCELoss(sigmoid=True)
    condition, strata = (
        None if values is None else torch.from_numpy(values).to(volumes.device)
        for values in (lesson.condition, lesson.strata)
    )
    weights = None if strata is None else StratumWeights(strata)

    def loss_of(batch: torch.Tensor) -> torch.Tensor:
        told = None if condition is None else condition[batch]
        logits, truth = network(channels(volumes[batch], told)), masks[batch].float()[:, None]
        if weights is None:
            return dice_and_cross_entropy(logits, truth)
        each = [dice_and_cross_entropy(*pair) for pair in zip(logits.split(1), truth.split(1), strict=True)]
        return weights.weigh(torch.stack(each), strata[batch])

    return loss_of


def _check_finite(losses: list[float], config: LearnerConfig) -> None:
    for step, loss in enumerate(losses, start=1):
        if not math.isfinite(loss):
            raise RunError(
                f"The loss stopped being finite at step {step} of {config.steps}; "
                f"a learning rate below {config.learning_rate:g} may help."
            )


def fit_files(trained: Fit) -> dict[str, bytes]:
    """Write a fit as files, by name: arrays and JSON, nothing that runs code when it is read."""
    weights = io.BytesIO()
    np.savez(weights, **{name: value.numpy() for name, value in trained.weights.items()})
    text = json.dumps({"losses": trained.losses, "seconds": trained.seconds})
    return dict(zip(FIT_FILES, (weights.getvalue(), text.encode()), strict=True))


def read_fit(files: Mapping[str, bytes]) -> Fit:
    """Read what `fit_files` wrote; any error means that it is damaged."""
    weights, text = (files[name] for name in FIT_FILES)
    content = json.loads(text)
    with np.load(io.BytesIO(weights), allow_pickle=False) as stored:
        tensors = {name: torch.from_numpy(stored[name]) for name in stored.files}
    return Fit(tensors, content["losses"], content["seconds"])


def save_fit(trained: Fit, folder: Path) -> None:
    """Write a fit into an empty folder."""
    for name, content in fit_files(trained).items():
        (folder / name).write_bytes(content)


def load_files(folder: Path) -> dict[str, bytes]:
    """Read the files that `save_fit` wrote, as they are."""
    return {name: (folder / name).read_bytes() for name in FIT_FILES}


def load_fit(folder: Path) -> Fit:
    """Read a fit that `save_fit` wrote; any error means that it is damaged."""
    return read_fit(load_files(folder))
