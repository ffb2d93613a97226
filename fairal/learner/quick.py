"""Equivalent, faster forms of two layers that PyTorch's CPU kernels are slow at. On a GPU the originals stay.

Measured in `benchmarks/step.py`. Parameters and state dict are the originals'. The transposed convolution gives the
same output and gradients (tests hold them to 1e-9 in double precision), the dropout the same distribution from other
random bits. Tried and slower on the same machine: the one-channel stem over a space-to-depth volume, strided layers as
one matrix product over shifted halves, a PReLU of elementwise operations.
"""

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn.functional import conv3d, pad


class _Transposed(torch.autograd.Function):
    """conv_transpose3d of kernel 3, stride 2, padding 1, output padding 1.

    Forward as a convolution at the lower resolution, whose 8 channels are the 8 parities of the output: along an axis,
    output 2m takes w[1] from input m, output 2m + 1 takes w[2] from input m and w[0] from input m + 1. Backward as what
    it is, a strided convolution, which oneDNN does well.
    """

    @staticmethod
    def forward(ctx, volume: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(volume, weight)
        (b, _, x, y, z), (inner, out) = volume.shape, weight.shape[:2]
        kernel = pad(weight.transpose(0, 1), (0, 1, 0, 1, 0, 1))  # index 3 is zero
        pick = torch.tensor([1, 3, 2, 0])  # (even, m), (even, m + 1), (odd, m), (odd, m + 1)
        for axis in (2, 3, 4):
            kernel = kernel.index_select(axis, pick)
        kernel = kernel.reshape(out, inner, 2, 2, 2, 2, 2, 2).permute(0, 2, 4, 6, 1, 3, 5, 7)
        halves = conv3d(pad(volume, (0, 1, 0, 1, 0, 1)), kernel.reshape(8 * out, inner, 2, 2, 2))
        parts = halves.reshape(b, out, 2, 2, 2, x, y, z).permute(0, 1, 5, 2, 6, 3, 7, 4)
        return parts.reshape(b, out, 2 * x, 2 * y, 2 * z)

    @staticmethod
    @once_differentiable
    def backward(ctx, slope: torch.Tensor):
        volume, weight = ctx.saved_tensors
        slope, one = slope.contiguous(), [1, 1, 1]
        to_weight = torch.ops.aten.convolution_backward(
            volume, slope, weight, None, [2, 2, 2], one, one, False, [0, 0, 0], 1, [False, True, False]
        )[1]
        return conv3d(slope, weight, stride=2, padding=1), to_weight


class QuickConvTranspose3d(nn.ConvTranspose3d):
    """`nn.ConvTranspose3d` of kernel 3, stride 2, padding 1, output padding 1 with few output channels."""

    def forward(self, volume: torch.Tensor, output_size=None) -> torch.Tensor:
        output = _Transposed.apply(volume, self.weight)
        return output if self.bias is None else output + self.bias[:, None, None, None]


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
        elif type(module) is nn.ConvTranspose3d and module.out_channels <= 2 and _is_upsampling(module):
            module.__class__ = QuickConvTranspose3d


def _is_upsampling(module: nn.ConvTranspose3d) -> bool:
    shape = (module.kernel_size, module.stride, module.padding, module.output_padding, module.dilation, module.groups)
    return shape == ((3, 3, 3), (2, 2, 2), (1, 1, 1), (1, 1, 1), (1, 1, 1), 1)
