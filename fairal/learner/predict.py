"""Foreground probabilities, dropout passes and embeddings of a trained network, a few volumes at a time."""

from collections.abc import Iterator

import torch

from fairal.config import LearnerConfig
from fairal.learner.network import build_network, channels, conditions_of, seeded


class Predictor:
    """A trained network on a device.

    One that was told each scan's group in training must be told it here: see `lesson.condition_of`.

    Args:
        weights: From a `Fit`.
        config: The network they belong to.
        device: Where to predict.
        batch: Volumes in memory at a time; None chooses by their size.
    """

    def __init__(
        self, weights: dict[str, torch.Tensor], config: LearnerConfig, device: torch.device, batch: int | None = None
    ) -> None:
        self.device, self._batch = device, batch
        self.conditions = conditions_of(weights)
        self.network = build_network(config, 0, device, self.conditions)
        self.network.load_state_dict(weights)
        self.network.eval()

    def batches(self, count: int, shape: tuple[int, int, int]) -> Iterator[slice]:
        """Cut 0..count into slices of a bounded number of voxels."""
        voxels = 4_000_000 if self.device.type == "cpu" else 64_000_000
        size = self._batch or max(1, voxels // (shape[0] * shape[1] * shape[2] * 8))
        return (slice(i, min(i + size, count)) for i in range(0, count, size))

    @torch.inference_mode()
    def probabilities(self, volumes: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """Predict foreground probabilities.

        Args:
            volumes: (B, X, Y, Z) intensities.
            condition: (B, C) that the network is told of each; None for a network that is told nothing.

        Returns:
            (B, X, Y, Z) in [0, 1], on the device.

        Raises:
            ValueError: The network was trained with another number of conditions.
        """
        given = 0 if condition is None else condition.shape[1]
        if given != self.conditions:
            raise ValueError(f"the network was told {self.conditions} conditions in training, got {given}")
        if condition is not None:
            condition = condition.to(self.device)
        return torch.sigmoid(self.network(channels(volumes.to(self.device), condition)))[:, 0]

    @torch.inference_mode()
    def dropout_passes(
        self, volume: torch.Tensor, passes: int, seed: int, condition: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Predict one volume several times with dropout on, its masks drawn from `seed`.

        Args:
            volume: (X, Y, Z).
            condition: (C,) that the network is told of it.

        Returns:
            (passes, X, Y, Z) in [0, 1].
        """
        for module in self.network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.train()
        told = None if condition is None else condition[None].expand(passes, -1)
        try:
            with seeded(seed, self.device):
                return self.probabilities(volume[None].expand(passes, *volume.shape), told)
        finally:
            self.network.eval()

    @torch.inference_mode()
    def embeddings(self, volumes: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
        """Average the bottleneck's features, before their norm, over space: (B, X, Y, Z) to (B, C)."""
        kept: list[torch.Tensor] = []
        hook = self.network.bottleneck().register_forward_hook(lambda _, __, out: kept.append(out.mean((2, 3, 4))))
        try:
            self.probabilities(volumes, condition)
        finally:
            hook.remove()
        return kept[0]
