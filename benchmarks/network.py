"""The discriminator's forward pass against the machine's own matrix-product rate, and against torch's conv1d, in the same run.

python3 benchmarks/network.py
"""

from __future__ import annotations

from functools import partial
from typing import Callable

import numpy as np
from measure import machine, matrix_product_rate, seconds, table

from crism_gan_plugin.core.compute.cores import on_all_cores
from crism_gan_plugin.core.mapping.scales import PIXELS_AT_ONCE
from crism_gan_plugin.core.network.discriminator import load_discriminator
from crism_gan_plugin.core.network.weights import DiscriminatorWeights, load_weights
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

COUNT = 384 * 16


def conv1d_features(weights: DiscriminatorWeights, ratios: np.ndarray) -> None:
    """The same convolutions as plain conv1d calls."""
    import torch

    x = torch.from_numpy(np.stack([1 - ratios] * weights.kernels[0].shape[2], 1))
    with torch.no_grad():
        for kernel, bias in zip(weights.kernels, weights.biases):
            k = torch.from_numpy(kernel.transpose(0, 2, 1).copy())
            x = torch.nn.functional.leaky_relu(torch.conv1d(x, k, torch.from_numpy(bias), 2, kernel.shape[1] // 2), 0.2)
        if weights.dense is not None:
            torch.mm(x.transpose(1, 2).flatten(1), torch.from_numpy(weights.dense).T)


def products_alone(weights: DiscriminatorWeights, spectra: int) -> Callable[[], None]:
    """The matrix products of one batch and nothing else: what the network could reach if both cores share each product."""
    rng, work, length = np.random.default_rng(0), [], WAVELENGTHS_NM.size
    for kernel in weights.kernels:
        filters, taps, inputs = kernel.shape
        matrix = rng.random((filters, taps * inputs), np.float32)
        activations = rng.random((length, inputs, spectra), np.float32)
        length //= 2
        work.append((matrix, activations, np.empty((length, filters, spectra), np.float32), taps))

    def run() -> None:
        for matrix, activations, out, taps in work:
            positions, inputs, _ = activations.shape
            for position in range(len(out)):
                first = 2 * position - taps // 2
                start, stop = max(first, 0), min(first + taps, positions)
                window = activations[start:stop].reshape(-1, spectra)
                np.matmul(matrix[:, (start - first) * inputs : (stop - first) * inputs], window, out=out[position])
        if weights.dense is not None:
            np.matmul(weights.dense, work[-1][2].reshape(-1, spectra))

    return run


def main() -> None:
    weights = load_weights()
    ratios = (1 - 0.1 * np.random.default_rng(0).random((COUNT, WAVELENGTHS_NM.size))).astype(np.float32)
    rows = []

    def add(name: str, function: Callable[[], object]) -> None:
        """Both rates in turn, five times: a shared machine's speed drifts, the ratio of neighbours hardly does."""
        pairs = [(matrix_product_rate(), COUNT / seconds(function, 1)) for _ in range(5)]
        peak, rate = np.median(pairs, 0)
        share = np.median([own * weights.flops / 1e9 / limit for limit, own in pairs])
        rows.append([name, f"{rate:,.0f}", f"{rate * weights.flops / 1e9:.0f}", f"{peak:.0f}", f"{share:.0%}"])

    numpy = load_discriminator(engine="numpy")
    batch, channels = numpy.batch, weights.kernels[0].shape[2] + 1
    columns = np.ones((WAVELENGTHS_NM.size, channels, batch), np.float32)
    columns[:, 0] = ratios[:batch].T

    def forward_only() -> None:
        for _ in range(COUNT // batch):
            numpy._forward(columns)

    products = products_alone(weights, batch)
    add("the matrix products alone, both cores on each", lambda: [products() for _ in range(COUNT // batch)])
    add("NumPy, the network alone", forward_only)
    exemplars = numpy.features(ratios[:46])
    add("NumPy, spectra to cosines with 46 exemplars", lambda: numpy.cosines(ratios, exemplars))
    shares = np.split(ratios, COUNT // PIXELS_AT_ONCE)
    each_core = partial(on_all_cores, partial(numpy.cosines, exemplar_features=exemplars), shares)
    add("the same, each core its own spectra, as in maps", each_core)
    try:
        torch = load_discriminator(engine="torch")
        add(f"{torch.engine}, spectra to cosines", lambda: torch.cosines(ratios, exemplars))
        add("torch, plain conv1d calls", lambda: conv1d_features(weights, ratios))
    except Exception as error:
        print(f"torch is left out: {error}")
    print(machine())
    print(f"{weights.flops / 1e6:.2f} MFLOP a spectrum")
    print(table(["forward pass", "spectra/s", "GFLOP/s", "matrix product, GFLOP/s", "share"], rows))


if __name__ == "__main__":
    main()
