"""Equivalent, faster forms of three layers that PyTorch's CPU kernels are slow at. On a GPU the originals stay.

Measured in `benchmarks/step.py`. Parameters and state dict are the originals'. Transposed convolution and PReLU give
the same output and gradients (tests hold them to 1e-9 in double precision), the dropout the same distribution from
other random bits. What was tried and did not pay stands in `benchmarks/README.md`.
"""

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import leaky_relu


class _Transposed(torch.autograd.Function):
    """conv_transpose3d of kernel 3, stride 2, padding 1, output padding 1.

    Forward as one matrix product per volume, which gives each input voxel's 27 contributions, and their sum into the
    output; oneDNN's own is slow where there are few output channels. Backward is oneDNN's.
    """

    @staticmethod
    def forward(ctx, volume: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(volume, weight)
        (b, inner, *size), out = volume.shape, weight.shape[1]
        taps = weight.detach().reshape(1, inner, -1).transpose(1, 2).expand(b, -1, -1)
        return _fold(torch.bmm(taps, volume.reshape(b, inner, -1)).view(b, out, 3, 3, 3, *size))

    @staticmethod
    @once_differentiable
    def backward(ctx, slope: torch.Tensor):
        volume, weight = ctx.saved_tensors
        one, two = [1, 1, 1], [2, 2, 2]
        gradients = torch.ops.aten.convolution_backward(
            slope.contiguous(), volume, weight, None, two, one, one, True, one, 1, [True, True, False]
        )
        return gradients[:2]


def _fold(parts: torch.Tensor) -> torch.Tensor:
    """Sum (B, C, 3, 3, 3, X, Y, Z) contributions of the taps into (B, C, 2X, 2Y, 2Z), one axis after another.

    Along an axis, output 2m is tap 1 of input m; output 2m + 1 is tap 2 of input m plus tap 0 of input m + 1.
    """
    b, c, *_, x, y, z = parts.shape
    output = parts.new_empty(b, c, x, 2, y, 2, z, 2)
    for i, plane in enumerate(_even_and_odd(parts)):
        for j, line in enumerate(_even_and_odd(plane)):
            for k, point in enumerate(_even_and_odd(line)):
                output[:, :, :, i, :, j, :, k] = point
    return output.view(b, c, 2 * x, 2 * y, 2 * z)


def _even_and_odd(parts: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Resolve the first axis of taps, the third of `parts`; its voxels are then on axis 4, whichever it was."""
    first, even, odd = parts.unbind(2)
    odd = odd.clone()
    inner = odd.shape[4] - 1
    odd.narrow(4, 0, inner).add_(first.narrow(4, 1, inner))
    return even, odd


class QuickConvTranspose3d(nn.ConvTranspose3d):
    """`nn.ConvTranspose3d` of kernel 3, stride 2, padding 1, output padding 1 with few output channels."""

    def forward(self, volume: torch.Tensor, output_size=None) -> torch.Tensor:
        output = _Transposed.apply(volume, self.weight)
        return output if self.bias is None else output + self.bias[:, None, None, None]


class _Rectified(torch.autograd.Function):
    """PReLU with one slope for all channels. PyTorch's backward writes out a gradient of the slope for every voxel."""

    @staticmethod
    def forward(ctx, volume: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(volume)
        ctx.slope = slope.item()
        return leaky_relu(volume, ctx.slope)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient: torch.Tensor):
        (volume,) = ctx.saved_tensors
        to_volume = torch.ops.aten.leaky_relu_backward(gradient, volume, ctx.slope, False)
        return to_volume, torch.dot(gradient.flatten(), volume.clamp(max=0).flatten())[None]


class QuickPReLU(nn.PReLU):
    """`nn.PReLU` with one slope."""

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        return _Rectified.apply(volume, self.weight)


class QuickDropout(nn.Dropout):
    """`nn.Dropout` whose decisions cost 16 random bits each instead of a double: p is kept to 1/65536."""

    def forward(self, volume: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return volume
        n = volume.numel()
        words = torch.empty(-(-n // 4), dtype=torch.int64).random_(-(2**63), None).view(torch.int16)
        kept = words[:n].view(volume.shape) >= round(self.p * 65536) - 32768
        return volume * kept.to(volume.dtype).mul_(1 / (1 - self.p))


def quicken(network: nn.Module) -> None:
    """Swap, in place, the layers that have a faster form on CPUs."""
    for module in network.modules():
        if type(module) is nn.Dropout:
            module.__class__ = QuickDropout
        elif type(module) is nn.PReLU and module.num_parameters == 1:
            module.__class__ = QuickPReLU
        elif type(module) is nn.ConvTranspose3d and module.out_channels <= 2 and _is_upsampling(module):
            module.__class__ = QuickConvTranspose3d


def _is_upsampling(module: nn.ConvTranspose3d) -> bool:
    shape = (module.kernel_size, module.stride, module.padding, module.output_padding, module.dilation, module.groups)
    return shape == ((3, 3, 3), (2, 2, 2), (1, 1, 1), (1, 1, 1), (1, 1, 1), 1)
