"""The trained discriminator as a describer of spectra: its penultimate layer, in NumPy or torch.

Here a convolution of stride 2 is one matrix product per output position. Activations are stored as (position, channel, spectrum),
so the window of an output position, 11 positions × all channels, is one contiguous matrix. Its product with the kernel, (filters,
11 × channels) @ (11 × channels, spectra), runs at the machine's full rate, and nothing is copied. The products of many positions
are asked for by one call. `matrix.matmul` and `torch.matmul` share their signature, so that NumPy, torch on the CPU and torch on
CUDA run the same few lines.
"""

from __future__ import annotations

from typing import Any, Optional

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..arrays import FloatArray
from ..compute.graphics import has_driver
from ..compute.matrix import matmul
from ..compute.memory import keep_freed_memory
from ..errors import ParameterError
from ..files.names import PathLike
from ..options.mapping import MapOptions
from ..options.shared import ENGINES
from ..packages import load, loaded
from ..spectra.grid import WAVELENGTHS_NM
from .weights import STRIDE, DiscriminatorWeights, load_weights

#: Spectra computed together, always exactly so many (the last ones padded): products of other shapes would round differently. On a
#: CPU so few that the activations of two layers stay in the cache of a core.
BATCH = {"cpu": 128, "cuda": 8192}

#: Gaussian, in channels, under the derivative channel.
_DERIVATIVE_SIGMA = 1.5

#: Brings the derivative channel to the same spread as the absorption channel.
_DERIVATIVE_GAIN = 8.0

#: Length that the whitened channel is brought to, for the same reason.
WHITENED_LENGTH = 6.0


def normalise_bands(continuum_removed: FloatArray, depth: float) -> FloatArray:
    """Absorption (1 − ratio, clipped to ≥ 0) scaled so that the deepest channel of every spectrum has the same depth.

    Minerals are told by the shape and position of bands. Depth depends on grain size and geometry (paper, section 3.3.1).

    Parameters
    ----------
    continuum_removed
        (n, 240), 1 on the continuum; values above 1 count as 1. NaN anywhere makes the spectrum flat.
    depth
        The deepest channel's depth afterwards.

    Returns
    -------
    (n, 240) float32 absorption, 0 … ``depth``; a flat spectrum is all 0.
    """
    absorption = 1 - np.asarray(continuum_removed, np.float32)
    np.maximum(absorption, 0, out=absorption)
    deepest = absorption.max(1, keepdims=True)
    flat = ~(deepest > 1e-6)  # also catches NaN
    absorption *= np.where(flat, 0, depth / np.where(flat, 1, deepest)).astype(np.float32)
    absorption[flat[:, 0]] = 0
    return absorption


def derivative_matrix() -> FloatArray:
    """(240, 240) float32 ``D``: ``absorption @ D`` is the first derivative, per channel, of the Gaussian-smoothed absorption."""
    channel = np.arange(WAVELENGTHS_NM.size)
    smooth = np.exp(-0.5 * ((channel[:, None] - channel) / _DERIVATIVE_SIGMA) ** 2)
    smooth /= smooth.sum(0)
    return (_DERIVATIVE_GAIN * np.gradient(smooth, axis=1)).astype(np.float32)


def whitened(absorption: FloatArray, whitening: FloatArray) -> FloatArray:
    """(n, 240) → (n, 240) the absorption where bland ground is white, all of one length but those that are 0."""
    white = matmul(absorption, whitening)
    white *= WHITENED_LENGTH / np.maximum(np.linalg.norm(white, axis=1, keepdims=True), 1e-9)
    return white


class Discriminator:
    """Features of continuum-removed spectra. Made by `load_discriminator`.

    Attributes
    ----------
    card
        The model card.
    engine
        "numpy", "torch (CPU)" or "torch (CUDA)": what computes.
    batch
        How many spectra are computed together: of fewer, the rest is computed for nothing.
    """

    def __init__(self, weights: DiscriminatorWeights, engine: str = MapOptions.engine) -> None:
        keep_freed_memory()
        self._weights = weights
        self.card = weights.card
        self._xp, self._device = _backend(engine)
        self.engine = "numpy" if self._xp is np else f"torch ({self._device.upper()})"
        self._matmul = matmul if self._xp is np else self._xp.matmul
        self.batch = BATCH[self._device]
        self._derivative = derivative_matrix() if weights.kernels[0].shape[2] > 1 else None
        self._kernels = [self._to_engine(_with_bias(k, b)) for k, b in zip(weights.kernels, weights.biases)]
        self._dense = None if weights.dense is None else self._to_engine(weights.dense)

    def features(self, continuum_removed: FloatArray) -> FloatArray:
        """Describe spectra.

        Parameters
        ----------
        continuum_removed
            (n, 240) on `WAVELENGTHS_NM`; band normalisation is done here.

        Returns
        -------
        (n, d) float32. A flat spectrum, or one with NaN, has features 0. What else is in ``continuum_removed`` makes no difference
        above the rounding of single precision: some matrix libraries (OpenBLAS on AVX2) round differently in different columns.

        Examples
        --------
        >>> import numpy as np
        >>> discriminator = load_discriminator(engine="numpy")
        >>> flat = np.ones((3, 240))
        >>> discriminator.features(flat).shape, float(abs(discriminator.features(flat)).max())
        ((3, 128), 0.0)
        """
        spectra = self._checked(continuum_removed)
        out = np.empty((len(spectra), self._weights.features), np.float32)
        for start in range(0, len(spectra), self.batch):
            part = spectra[start : start + self.batch]
            columns = self._to_numpy(self._columns(part))
            out[start : start + len(part)] = columns[:, : len(part)].T
        return out

    def cosines(self, continuum_removed: FloatArray, exemplar_features: FloatArray) -> FloatArray:
        """Cosine of the features of each spectrum with each exemplar's.

        Parameters
        ----------
        continuum_removed
            (n, 240).
        exemplar_features
            (m, d), from `features`.

        Returns
        -------
        (n, m) float32, 0 for flat spectra.
        """
        spectra = self._checked(continuum_removed)
        length = np.linalg.norm(exemplar_features, axis=1, keepdims=True)
        directions = self._to_engine(exemplar_features / np.where(length > 0, length, 1))
        out = np.empty((len(spectra), len(exemplar_features)), np.float32)
        for start in range(0, len(spectra), self.batch):
            part = spectra[start : start + self.batch]
            columns = self._columns(part)
            products = self._to_numpy(self._matmul(directions, columns))[:, : len(part)]
            lengths = np.sqrt(self._to_numpy((columns * columns).sum(0))[: len(part)])
            out[start : start + len(part)] = (products / np.where(lengths > 0, lengths, 1)).T
        return np.clip(out, -1, 1)

    def _checked(self, continuum_removed: FloatArray) -> FloatArray:
        spectra = np.asarray(continuum_removed)
        if spectra.ndim != 2 or spectra.shape[1] != WAVELENGTHS_NM.size:
            raise ParameterError(f"spectra of shape {spectra.shape}: must be (n, {WAVELENGTHS_NM.size}) on the network's grid")
        return spectra

    def _columns(self, continuum_removed: FloatArray) -> Any:
        """(n ≤ batch, 240) → (d, batch) in the engine's arrays."""
        depth = self.card["depth"]
        absorption = normalise_bands(continuum_removed, depth) / np.float32(depth)
        is_flat = np.zeros(self.batch, bool)
        is_flat[: len(absorption)] = ~absorption.any(1)
        columns = np.zeros((absorption.shape[1], self._inputs + 1, self.batch), np.float32)
        columns[:, 0, : len(absorption)] = absorption.T
        if self._derivative is not None:
            matmul(self._derivative.T, columns[:, 0], out=columns[:, 1])
        if self._weights.whitening is not None:
            columns[:, 2] = whitened(columns[:, 0].T, self._weights.whitening).T
        columns[:, -1] = 1
        out = self._forward(self._to_engine(columns))
        if is_flat.any():
            out[:, self._to_engine(is_flat)] = 0
        return out

    def _forward(self, activations: Any) -> Any:
        """(240, inputs + 1, n) → (d, n): the strided convolutions, each followed by a leaky rectifier, and the dense layer.

        The last channel of all activations but the last layer's is 1: it carries the bias through the product.
        """
        for layer, kernel in enumerate(self._kernels):
            is_last = layer == len(self._kernels) - 1
            activations = self._convolve(activations, kernel, self._weights.kernels[layer].shape[1], 0 if is_last else 1)
        convolved = activations.reshape(-1, activations.shape[2])
        return convolved if self._dense is None else self._matmul(self._dense, convolved)

    def _convolve(self, activations: Any, kernel: Any, taps: int, ones: int) -> Any:
        """(positions, inputs, n) → (positions / 2, filters + ones, n), rectified; zero beyond the ends."""
        positions, inputs, spectra = activations.shape
        filters = kernel.shape[0]
        out = self._xp.empty((positions // STRIDE, filters + ones, spectra), **self._like())
        out[:, filters:] = 1
        rows = activations.reshape(positions * inputs, spectra)
        inside = _whole_windows(positions, taps)
        for position in (*range(inside.start), *range(inside.stop, len(out))):
            first = position * STRIDE - taps // 2
            start, stop = max(first, 0), min(first + taps, positions)
            part = kernel[:, (start - first) * inputs : (stop - first) * inputs]
            self._matmul(part, rows[start * inputs : stop * inputs], out=out[position, :filters])
        windows = self._windows(rows[(inside.start * STRIDE - taps // 2) * inputs :], len(inside), taps * inputs, STRIDE * inputs)
        kernels = self._xp.broadcast_to(kernel, (len(inside), *kernel.shape))
        self._matmul(kernels, windows, out=out[inside.start : inside.stop, :filters])
        return self._xp.maximum(out, out * float(self.card["negative_slope"]), out=out)

    def _windows(self, rows: Any, count: int, length: int, step: int) -> Any:
        """(rows, n) → (count, length, n): views of so many rows each, ``step`` apart."""
        if self._xp is not np:
            return rows.unfold(0, length, step)[:count].swapaxes(1, 2)
        row, column = rows.strides
        return as_strided(rows, (count, length, rows.shape[1]), (step * row, row, column), writeable=False)

    @property
    def _inputs(self) -> int:
        return self._weights.kernels[0].shape[2]

    def _like(self) -> dict[str, Any]:
        return {"dtype": np.float32} if self._xp is np else {"dtype": self._xp.float32, "device": self._device}

    def _to_engine(self, array: FloatArray) -> Any:
        array = np.ascontiguousarray(array, array.dtype if array.dtype == bool else np.float32)
        return array if self._xp is np else self._xp.from_numpy(array).to(self._device)

    def _to_numpy(self, array: Any) -> FloatArray:
        return array if self._xp is np else array.cpu().numpy()


def load_discriminator(path: Optional[PathLike] = None, engine: str = MapOptions.engine) -> Discriminator:
    """The discriminator of a weight file.

    Parameters
    ----------
    path
        `.npz` with its model card beside it; None: the one that comes with the plugin.
    engine
        "numpy"; "torch" (CUDA where there is one); "auto": torch on CUDA, else NumPy, whose matrix products are as fast.

    Raises
    ------
    InputError
        If the files are missing, damaged or of another shape.
    MissingDependencyError
        If torch is asked for and not installed.
    ParameterError
        If there is no such engine.

    Examples
    --------
    >>> discriminator = load_discriminator(engine="numpy")
    >>> discriminator.engine, discriminator.card["depth"]
    ('numpy', 0.1)
    """
    return Discriminator(load_weights(path), engine)


def _with_bias(kernel: FloatArray, bias: FloatArray) -> FloatArray:
    """(filters, taps, inputs), (filters,) → (filters, taps × (inputs + 1)): the bias meets the middle tap's channel of ones."""
    filters, taps, inputs = kernel.shape
    whole = np.zeros((filters, taps, inputs + 1), np.float32)
    whole[..., :inputs] = kernel
    whole[:, taps // 2, inputs] = bias
    return whole.reshape(filters, -1)


def _whole_windows(positions: int, taps: int) -> range:
    """The output positions whose windows lie within ``positions`` inputs."""
    return range(-(-(taps // 2) // STRIDE), (positions - taps + taps // 2) // STRIDE + 1)


def _backend(engine: str) -> tuple[Any, str]:
    if engine not in ENGINES:
        raise ParameterError(f"engine {engine!r}: must be one of {', '.join(ENGINES)}")
    if engine == "numpy" or (engine == "auto" and not has_driver()):
        return np, "cpu"
    torch = loaded("torch") if engine == "auto" else load("torch", "engine 'torch' needs PyTorch", instead="or use 'numpy'")
    if torch is not None and torch.cuda.is_available():
        return torch, "cuda"
    return (np, "cpu") if engine == "auto" else (torch, "cpu")
