"""The 3D U-Net: MONAI's, with one logit out, on volumes of any shape."""

from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.functional import pad

from fairal.config import LearnerConfig
from fairal.learner.quick import quicken
from fairal.seeds import number


class Segmenter(nn.Module):
    """MONAI's U-Net with its input padded to the network's stride and its output cropped back.

    Maps (B, 1 + conditions, X, Y, Z), see `channels`, to (B, 1, X, Y, Z) logits of the foreground.
    """

    def __init__(self, config: LearnerConfig, conditions: int = 0) -> None:
        from monai.networks.nets import UNet  # takes seconds to import: a worker draws subjects before it needs this

        super().__init__()
        levels = len(config.channels)
        self.stride = 2 ** (levels - 1)
        self.net = UNet(
            spatial_dims=3,
            in_channels=1 + conditions,
            out_channels=1,
            channels=config.channels,
            strides=(2,) * (levels - 1),
            num_res_units=config.residual_units,
            norm="instance",
            dropout=config.dropout,
        )

    def forward(self, volumes: torch.Tensor) -> torch.Tensor:
        shape = volumes.shape[2:]
        missing = [-n % self.stride for n in shape]
        if any(missing):
            ends = [(m // 2, m - m // 2) for m in missing]
            padded = self.net(pad(volumes, [p for pair in reversed(ends) for p in pair]))
            (x, _), (y, _), (z, _) = ends
            return padded[..., x : x + shape[0], y : y + shape[1], z : z + shape[2]]
        return self.net(volumes)

    def bottleneck(self) -> nn.Module:
        """Find the deepest convolution, whose output (B, C, x, y, z) is what `core_set` compares.

        Its output comes before the instance norm, which takes each channel's mean and scale away.
        """
        block = self.net.model
        while isinstance(block, nn.Sequential) and len(block) > 1 and hasattr(block[1], "submodule"):
            block = block[1].submodule
        unit = block.conv  # of a plain block its convolution, of a residual unit its chain of plain blocks
        return unit if isinstance(unit, nn.Conv3d) else unit[-1].conv


def channels(volumes: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
    """Stack the network's input channels: the volume, and the volume times each factor of its condition.

    Args:
        volumes: (B, X, Y, Z).
        condition: (B, C); None for none.

    Returns:
        (B, 1 + C, X, Y, Z) float32.
    """
    volumes = volumes.float()[:, None]
    if condition is None:
        return volumes
    return torch.cat([volumes, volumes * condition[:, :, None, None, None]], dim=1)


@contextmanager
def seeded(seed: int, device: torch.device):
    """Run with torch's generators set to `seed`, and leave them as they were."""
    devices = [device] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


def build_network(
    config: LearnerConfig, seed: int, device: torch.device | None = None, conditions: int = 0
) -> Segmenter:
    """Build the network with the initial weights of a seed, drawn on the CPU: the same for every arm and round.

    Filters of the condition's channels start at 0: a network that is told the group starts where one starts that is
    not.

    Args:
        config: The network.
        seed: Of the run.
        device: Where it will work; on the CPU (the default) some layers take a faster, equivalent form.
        conditions: Input channels beside the volume.
    """
    device = device or torch.device("cpu")
    with seeded(number(seed, "initial weights"), torch.device("cpu")):
        network = Segmenter(config)
    if conditions:
        network = _told(network, config, conditions)
    if device.type == "cpu":
        quicken(network)
    return network.to(device)


def _told(network: Segmenter, config: LearnerConfig, conditions: int) -> Segmenter:
    told = Segmenter(config, conditions)
    own = told.state_dict()
    for name, value in network.state_dict().items():
        if own[name].shape != value.shape:  # (out, 1 + conditions, ...) of the layers that see the input
            value = torch.cat([value, value.new_zeros(own[name][:, 1:].shape)], dim=1)
        own[name].copy_(value)
    return told


def conditions_of(weights: dict[str, torch.Tensor]) -> int:
    """Count the condition's channels of stored weights; their first entry is the stem's convolution."""
    return next(iter(weights.values())).shape[1] - 1


def choose_device(name: str = "auto") -> torch.device:
    """Resolve a device name; ``auto`` takes CUDA, then MPS, then CPU.

    Raises:
        InputError: This machine has no such device.
    """
    from fairal.errors import InputError

    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if has_cuda else "mps" if has_mps else "cpu")
    device = torch.device(name)
    present = {"cpu": True, "cuda": has_cuda and (device.index or 0) < torch.cuda.device_count(), "mps": has_mps}
    if not present[device.type]:
        there = [kind for kind, here in present.items() if here and kind != device.type]
        raise InputError(f"device '{name}' is not on this machine; auto or {', '.join(there)} would work.")
    return device
