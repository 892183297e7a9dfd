"""The generator and the discriminator in torch, for training (paper, appendix A; DCGAN, Radford et al. 2015, in one dimension).

Activations are (position, channel, spectrum), as in `discriminator`. Importing this module imports torch; only training does.
"""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..arrays import FloatArray
from ..network.discriminator import WHITENED_LENGTH, derivative_matrix
from ..network.weights import STRIDE, DiscriminatorWeights
from ..spectra.grid import WAVELENGTHS_NM

#: Taps of every convolution: the authors' release.
TAPS = 11
NEGATIVE_SLOPE = 0.2
LATENT = 50


class Convolution(nn.Module):
    """A convolution along positions, zero beyond the ends; (positions, inputs, n) → (positions / stride, filters, n)."""

    def __init__(self, inputs: int, filters: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.kernel = nn.Parameter(torch.empty(filters, TAPS, inputs))
        self.bias = nn.Parameter(torch.zeros(filters))
        nn.init.normal_(self.kernel, std=(2 / ((1 + NEGATIVE_SLOPE**2) * TAPS * inputs)) ** 0.5)  # He et al. 2015

    def forward(self, x: Tensor) -> Tensor:
        if x.is_cuda:
            kernel = self.kernel.transpose(1, 2)
            return functional.conv1d(x.permute(2, 1, 0), kernel, self.bias, self.stride, TAPS // 2).permute(2, 1, 0)
        return _Windows.apply(x.contiguous(), self.kernel, self.bias, self.stride)


class _Windows(torch.autograd.Function):
    """The convolution as one matrix product per output position: on a CPU several times the speed of ``conv1d``."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: Tensor, bias: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(x, kernel)
        ctx.stride = stride
        out = x.new_empty(x.shape[0] // stride, kernel.shape[0], x.shape[2])
        for position, (window, taps) in enumerate(_windows(x, kernel, stride)):
            torch.mm(taps, window, out=out[position])
        return out.add_(bias[:, None])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        x, kernel = ctx.saved_tensors
        gradient = gradient.contiguous()
        for_x, for_kernel = torch.zeros_like(x), torch.zeros_like(kernel)
        windows = zip(_windows(x, kernel, ctx.stride), _windows(for_x, for_kernel, ctx.stride), gradient)
        for (window, taps), (into_x, into_kernel), arriving in windows:
            into_kernel.addmm_(arriving, window.T)
            if ctx.needs_input_grad[0]:
                into_x.addmm_(taps.T, arriving)
        return for_x, for_kernel, gradient.sum((0, 2)), None


def _windows(x: Tensor, kernel: Tensor, stride: int) -> Any:
    """For every output position: its window of ``x``, (taps × inputs, n), and the kernel's part that falls on it."""
    positions, inputs, n = x.shape
    flat = kernel.view(kernel.shape[0], -1)
    for position in range(0, positions, stride):
        first = position - TAPS // 2
        start, stop = max(first, 0), min(first + TAPS, positions)
        yield x[start:stop].view(-1, n), flat[:, (start - first) * inputs : (stop - first) * inputs]


def mixed_precision(x: Tensor) -> Any:
    """Products in bfloat16 on graphics cards that are built for it (NVIDIA since Ampere); elsewhere nothing changes.

    bfloat16 has float32's range, so that losses need no scaling. Weights, derivative, norms' statistics and losses stay float32.
    """
    fast = x.is_cuda and torch.cuda.get_device_capability(x.device) >= (8, 0)
    return torch.autocast(x.device.type, torch.bfloat16, enabled=fast)


def normalised(ratio: Tensor) -> Tensor:
    """(n, 240) continuum-removed → absorption with the deepest channel 1: `discriminator.normalise_bands`."""
    absorption = (1 - ratio).clamp_min(0)
    return absorption / absorption.amax(1, keepdim=True).clamp_min(1e-6)


class DiscriminatorNet(nn.Module):
    """Four convolutions of stride 2 over absorption, its derivative and the whitened absorption, and a dense layer: the features.

    Parameters
    ----------
    filters
        Number of filters of each convolution.
    features
        Outputs of the dense layer. 0: there is none, and the flattened output of the convolutions is the features (the authors'
        release).
    whitening
        (240, 240) of the third channel; None: there are two.
    """

    def __init__(self, filters: tuple[int, ...], features: int, whitening: Optional[FloatArray] = None) -> None:
        super().__init__()
        channels = 2 if whitening is None else 3
        self.convolutions = nn.ModuleList(Convolution(i, f, STRIDE) for i, f in zip((channels, *filters[:-1]), filters))
        convolved = filters[-1] * WAVELENGTHS_NM.size // STRIDE ** len(filters)
        self.dense = nn.Linear(convolved, features, bias=False) if features else None
        self.head = nn.Linear(features or convolved, 1)
        self.register_buffer("derivative", torch.from_numpy(derivative_matrix()), persistent=False)
        self.register_buffer("whitening", None if whitening is None else torch.from_numpy(whitening), persistent=False)

    def features(self, absorption: Tensor) -> Tensor:
        """(n, 240) absorption, deepest channel 1 → (n, d), ordered like `Discriminator.features`."""
        channels = [absorption, absorption @ self.derivative]
        if self.whitening is not None:
            channels.append(WHITENED_LENGTH * functional.normalize(absorption @ self.whitening, dim=1, eps=1e-9))
        x = torch.stack([channel.T for channel in channels], 1)
        with mixed_precision(x):
            for convolution in self.convolutions:
                x = functional.leaky_relu(convolution(x), NEGATIVE_SLOPE)
        x = x.float().flatten(0, 1).T
        return x if self.dense is None else self.dense(x)

    def forward(self, absorption: Tensor) -> Tensor:
        """(n, 240) → (n,) logit of being a real spectrum."""
        return self.head(self.features(absorption))[:, 0]

    def weights(self, card: dict[str, Any]) -> DiscriminatorWeights:
        """The part that is kept after training."""
        kernels = tuple(c.kernel.detach().cpu().numpy().copy() for c in self.convolutions)
        biases = tuple(c.bias.detach().cpu().numpy().copy() for c in self.convolutions)
        dense = None if self.dense is None else self.dense.weight.detach().cpu().numpy().copy()
        whitening = None if self.whitening is None else self.whitening.cpu().numpy()
        return DiscriminatorWeights(kernels, biases, {"negative_slope": NEGATIVE_SLOPE, **card}, dense, whitening)


class GeneratorNet(nn.Module):
    """50 numbers → dense → four times (up-sampling by 2, convolution, batch norm, ReLU) → absorption, deepest channel 1.

    The dense layer has a batch norm and a ReLU too (Radford et al. 2015). Without them what all spectra have in common hides what
    the 50 numbers say, and every generated spectrum is the same.
    """

    def __init__(self, filters: tuple[int, ...]) -> None:
        super().__init__()
        self.dense = nn.Linear(LATENT, WAVELENGTHS_NM.size // 2 ** len(filters) * filters[0])
        self.norm = nn.BatchNorm1d(self.dense.out_features)
        outputs = (*filters[1:], filters[-1])
        self.convolutions = nn.ModuleList(Convolution(i, f, 1) for i, f in zip(filters, outputs))
        self.norms = nn.ModuleList(nn.BatchNorm1d(f) for f in outputs)
        self.last = Convolution(filters[-1], 1, 1)

    def forward(self, latent: Tensor) -> Tensor:
        """(n, 50) in -1 … 1 → (n, 240)."""
        x = functional.relu(self.norm(self.dense(latent))).T.reshape(-1, self.convolutions[0].kernel.shape[2], len(latent))
        with mixed_precision(x):
            for convolution, norm in zip(self.convolutions, self.norms):
                x = convolution(x.repeat_interleave(2, 0))
                x = functional.relu(norm(x.permute(2, 1, 0)).permute(2, 1, 0))
            x = self.last(x)
        absorption = torch.sigmoid(x.float())[:, 0].T
        absorption = absorption - absorption.amin(1, keepdim=True)
        return absorption / absorption.amax(1, keepdim=True).clamp_min(1e-6)
