"""The discriminator's weights on disk: the arrays are in an `.npz`, and a JSON model card beside it says what they are.

Both are read as data of a bounded size, so nothing in them can run, or fill the memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from ..arrays import AnyArray, FloatArray
from ..errors import InputError
from ..files.names import PathLike
from ..files.npz import read_npz
from ..files.reading import check_file, read_json
from ..products.kinds import refuse_other_kind
from ..spectra.grid import WAVELENGTHS_NM

FORMAT = "crism-gan-discriminator"
VERSION = 1

#: Stride of every convolution (paper, appendix A: down-sampling by strided convolutions; the authors' release uses 2).
STRIDE = 2


#: Room for arrays far wider than any discriminator of ours, or the authors' (1.5 MB and 3 MB).
_LARGEST = 64 << 20

#: The authors' widest layer has 160 filters. What a batch takes of memory grows with this.
_MOST_FILTERS, _MOST_FEATURES = 2048, 8192

_ADVICE = "get a fresh copy, or train anew (CRISM Train GAN)"


@dataclass(frozen=True)
class DiscriminatorWeights:
    """A discriminator up to its penultimate layer: convolutions, and a dense layer over all their outputs.

    Attributes
    ----------
    kernels
        One (filters, taps, inputs) float32 array per convolution.
    biases
        One (filters,) float32 array per convolution.
    dense
        (features, positions × filters) float32: from the last convolution's outputs, flattened position by position, to the
        features. None: those outputs are the features, as in the authors' release.
    whitening
        (240, 240) float32: what the absorption is multiplied by for the third input channel, in which bland ground is white. None:
        there is no such channel.
    card
        The model card: how it was trained, ``depth`` of the band normalisation, ``negative_slope`` of the activations,
        ``calibration`` of the score.
    """

    kernels: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    card: dict[str, Any]
    dense: Optional[FloatArray] = None
    whitening: Optional[FloatArray] = None

    @classmethod
    def of(cls, arrays: Mapping[str, AnyArray], card: dict[str, Any]) -> DiscriminatorWeights:
        """The inverse of `arrays`; KeyError if one is missing."""
        layers = range(1, 1 + sum(name.startswith("kernel") for name in arrays))
        kernels, biases = (tuple(arrays[f"{kind}{number}"] for number in layers) for kind in ("kernel", "bias"))
        return cls(kernels, biases, card, arrays.get("dense"), arrays.get("whitening"))

    @property
    def convolved(self) -> int:
        """How many numbers the last convolution gives."""
        return WAVELENGTHS_NM.size // STRIDE ** len(self.kernels) * self.biases[-1].size

    @property
    def features(self) -> int:
        """Length of the feature vector."""
        return self.convolved if self.dense is None else len(self.dense)

    @property
    def arrays(self) -> dict[str, AnyArray]:
        """All arrays by their names in the file."""
        named = {f"kernel{number}": kernel for number, kernel in enumerate(self.kernels, 1)}
        named.update({f"bias{number}": bias for number, bias in enumerate(self.biases, 1)})
        further = {"dense": self.dense, "whitening": self.whitening}
        return {**named, **{name: array for name, array in further.items() if array is not None}}

    @property
    def flops(self) -> int:
        """Floating-point operations a spectrum (two a multiply-add), without those on the padding.

        Each further input channel, derivative and whitened absorption, is a linear map of the absorption.
        """
        length = WAVELENGTHS_NM.size
        total = 2 * length**2 * (self.kernels[0].shape[2] - 1)
        for kernel in self.kernels:
            length //= STRIDE
            total += 2 * length * kernel.size
        return total + (0 if self.dense is None else 2 * self.dense.size)


def save_weights(weights: DiscriminatorWeights, path: PathLike) -> None:
    """Write ``path`` (`.npz`) and the model card beside it (`.json`)."""
    path = Path(path)
    np.savez(path, **{name: array.astype(np.float32) for name, array in weights.arrays.items()})
    card = {"format": FORMAT, "version": VERSION, **weights.card}
    path.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def load_weights(path: Optional[PathLike] = None) -> DiscriminatorWeights:
    """Read weights and their card.

    Parameters
    ----------
    path
        The `.npz`; the card is the `.json` of the same name. None: the weights that come with the plugin.

    Raises
    ------
    InputError
        If either file is missing, damaged, of another kind, or of shapes that do not fit together.
    """
    path = check_file(paths.weights() if path is None else path)
    refuse_other_kind(path, "a file of weights", _ADVICE, ("npz",))
    arrays = read_npz(path, _LARGEST, _ADVICE)
    if "kernel1" not in arrays:  # another file of arrays, which needs no card
        raise InputError(f"{path}: is not a weight file: it has no array 'kernel1'; {_ADVICE}")
    card = _read_card(path.with_suffix(".json"), path)
    try:
        weights = DiscriminatorWeights.of(arrays, card)
    except KeyError as error:
        raise InputError(f"{path}: is not a weight file: it has no array {error}; {_ADVICE}") from error
    for name, array in weights.arrays.items():
        _check_numbers(name, array, path)
    _check_shapes(weights.kernels, weights.biases, path)
    _check_dense(weights, path)
    _check_whitening(weights, path)
    return weights


def _read_card(path: Path, weights: Path) -> dict[str, Any]:
    if not path.exists():
        raise InputError(f"{weights}: its model card {path.name} is not beside it; keep the two files together")
    card = read_json(path, "get a fresh copy of the model card")
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise InputError(f"{path}: is not the model card of a CRISM GAN discriminator; get a fresh copy")
    if card.get("version", VERSION) != VERSION:
        raise InputError(f"{path}: is of version {card['version']!r}, this plugin reads version {VERSION}; update the plugin")
    slope: Any = card.get("negative_slope")
    depth: Any = card.get("depth")
    if not (_is_number(slope) and 0 <= slope < 1 and _is_number(depth) and 0 < depth < 1):
        raise InputError(f"{path}: 'depth' and 'negative_slope' must be numbers between 0 and 1; get a fresh copy")
    curve = card.get("calibration")
    if not _is_calibration(curve):
        raise InputError(
            f"{path}: 'calibration' must hold two ascending lists, 'cosine' and 'score', from -1 to 1; get a fresh copy"
        )
    if "ground_calibration" in card and not _are_calibrations(card["ground_calibration"]):
        raise InputError(
            f"{path}: 'ground_calibration' must hold ascending lists: 'noise' from 0, 'score' from -1 to 1, and in 'cosine' one "
            "such list for each noise; get a fresh copy"
        )
    filters = card.get("mapping_filters", {})
    if not isinstance(filters, dict) or not all(map(_are_of_filter, filters.values())):
        raise InputError(
            f"{path}: 'mapping_filters' must hold a 'calibration' and a 'ground_calibration' for each wavelength filter; get a "
            "fresh copy"
        )
    return card


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def _is_calibration(curve: Any) -> bool:
    lists: list[Any] = [curve.get("cosine"), curve.get("score")] if isinstance(curve, dict) else [None]
    if not all(isinstance(values, list) and len(values) > 1 and all(map(_is_number, values)) for values in lists):
        return False
    if len(lists[0]) != len(lists[1]) or any(values[0] != -1 or values[-1] != 1 for values in lists):
        return False
    return all(low < high for values in lists for low, high in zip(values, values[1:]))


def _are_calibrations(curves: Any) -> bool:
    noise, cosines = (curves.get("noise"), curves.get("cosine")) if isinstance(curves, dict) else (None, None)
    if not isinstance(noise, list) or not isinstance(cosines, list) or not all(_is_number(n) and 0 <= n < 1 for n in noise):
        return False
    if not noise or noise[0] != 0 or len(cosines) != len(noise) or not all(low < high for low, high in zip(noise, noise[1:])):
        return False
    return all(_is_calibration({"cosine": cosine, "score": curves.get("score")}) for cosine in cosines)


def _are_of_filter(curves: Any) -> bool:
    either = isinstance(curves, dict) and _is_calibration(curves.get("calibration"))
    return bool(either) and _are_calibrations(curves.get("ground_calibration"))


def _check_numbers(name: str, array: AnyArray, path: Path) -> None:
    if array.dtype != np.float32:
        raise InputError(f"{path}: {name} holds {array.dtype} numbers, not float32; {_ADVICE}")
    if not np.isfinite(array).all():
        raise InputError(f"{path}: {name} holds numbers that are not finite; {_ADVICE}")


def _check_shapes(kernels: tuple[FloatArray, ...], biases: tuple[FloatArray, ...], path: Path) -> None:
    inputs = None
    for number, (kernel, bias) in enumerate(zip(kernels, biases), 1):
        fits = kernel.ndim == 3 and bias.shape == kernel.shape[:1] and inputs in (None, kernel.shape[2])
        fits = fits and kernel.shape[1] % 2 == 1 and kernel.shape[1] <= WAVELENGTHS_NM.size
        if not fits or len(kernel) not in range(1, _MOST_FILTERS + 1):
            raise InputError(f"{path}: layer {number} has an unexpected shape {kernel.shape}; it is not a discriminator of ours")
        inputs = kernel.shape[0]
    if not kernels or kernels[0].shape[2] not in (1, 2, 3) or STRIDE ** len(kernels) > WAVELENGTHS_NM.size:
        raise InputError(f"{path}: holds no convolutions that take a spectrum; it is not a discriminator of ours")


def _check_dense(weights: DiscriminatorWeights, path: Path) -> None:
    dense = weights.dense
    if dense is None:
        return
    if dense.ndim != 2 or dense.shape[1] != weights.convolved or len(dense) not in range(1, _MOST_FEATURES + 1):
        raise InputError(f"{path}: the dense layer has an unexpected shape {dense.shape}; it does not belong to these convolutions")


def _check_whitening(weights: DiscriminatorWeights, path: Path) -> None:
    channels, size = weights.kernels[0].shape[2], WAVELENGTHS_NM.size
    found = None if weights.whitening is None else weights.whitening.shape
    if found != ((size, size) if channels == 3 else None):
        raise InputError(f"{path}: 'whitening' has the shape {found}, which does not fit {channels} input channels; {_ADVICE}")
