"""The discriminator's weights on disk: arrays in an `.npz`, what they are in a JSON model card beside it.

Both are read as data: `allow_pickle=False`, and nothing in them can run.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ... import paths
from ..errors import InputError
from ..spectral import WAVELENGTHS_NM

FORMAT = "crism-gan-discriminator"

#: Stride of every convolution (paper, appendix A: down-sampling by strided convolutions; the authors' release uses 2).
STRIDE = 2


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
    card
        The model card: how it was trained, ``depth`` of the band normalisation, ``negative_slope`` of the activations,
        ``calibration`` of the score.
    """

    kernels: tuple[np.ndarray, ...]
    biases: tuple[np.ndarray, ...]
    card: dict[str, Any]
    dense: Optional[np.ndarray] = None

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray], card: dict[str, Any]) -> DiscriminatorWeights:
        """The inverse of `arrays`; KeyError if one is missing."""
        layers = range(1, 1 + sum(name.startswith("kernel") for name in arrays))
        kernels, biases = (tuple(arrays[f"{kind}{number}"] for number in layers) for kind in ("kernel", "bias"))
        return cls(kernels, biases, card, arrays.get("dense"))

    @property
    def convolved(self) -> int:
        """How many numbers the last convolution gives."""
        return WAVELENGTHS_NM.size // STRIDE ** len(self.kernels) * self.biases[-1].size

    @property
    def features(self) -> int:
        """Length of the feature vector."""
        return self.convolved if self.dense is None else len(self.dense)

    @property
    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays by their names in the file."""
        named = {f"kernel{number}": kernel for number, kernel in enumerate(self.kernels, 1)}
        named.update({f"bias{number}": bias for number, bias in enumerate(self.biases, 1)})
        return named if self.dense is None else {**named, "dense": self.dense}

    @property
    def flops(self) -> int:
        """Floating-point operations a spectrum (two a multiply-add), without those on the padding."""
        length, total = WAVELENGTHS_NM.size, 0
        for kernel in self.kernels:
            length //= STRIDE
            total += 2 * length * kernel.size
        return total + (0 if self.dense is None else 2 * self.dense.size)


def save_weights(weights: DiscriminatorWeights, path: Union[str, Path]) -> None:
    """Write ``path`` (`.npz`) and the model card beside it (`.json`)."""
    path = Path(path)
    np.savez(path, **{name: array.astype(np.float32) for name, array in weights.arrays.items()})
    card = {"format": FORMAT, "version": 1, **weights.card}
    path.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def load_weights(path: Optional[Union[str, Path]] = None) -> DiscriminatorWeights:
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
    path = paths.weights() if path is None else Path(path)
    if not path.is_file():
        raise InputError(f"{path}: the weight file does not exist; choose a .npz made by CRISM Train GAN")
    card = _read_card(path.with_suffix(".json"), path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            weights = DiscriminatorWeights.of(arrays, card)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: is damaged or not a weight file; get a fresh copy, or train anew") from error
    _check_shapes(weights.kernels, weights.biases, path)
    _check_dense(weights, path)
    return weights


def sha256(path: Union[str, Path]) -> str:
    """The checksum of a file, read in pieces."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _read_card(path: Path, weights: Path) -> dict[str, Any]:
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{weights}: its model card {path.name} is not beside it; keep the two files together") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the model card is not readable JSON; get a fresh copy") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise InputError(f"{path}: is not the model card of a CRISM GAN discriminator")
    slope, depth = card.get("negative_slope"), card.get("depth")
    if not (isinstance(slope, (int, float)) and 0 <= slope < 1 and isinstance(depth, (int, float)) and 0 < depth < 1):
        raise InputError(f"{path}: 'depth' and 'negative_slope' must be numbers between 0 and 1; get a fresh copy")
    curve = card.get("calibration")
    if not _is_calibration(curve):
        raise InputError(
            f"{path}: 'calibration' must hold two ascending lists, 'cosine' and 'score', from -1 to 1; get a fresh copy"
        )
    return card


def _is_calibration(curve: Any) -> bool:
    try:
        cosine, score = np.asarray(curve["cosine"], float), np.asarray(curve["score"], float)
    except (TypeError, KeyError, ValueError):
        return False
    if cosine.ndim != 1 or cosine.size < 2 or cosine.shape != score.shape:
        return False
    ends = [(values[0], values[-1]) for values in (cosine, score)]
    return bool((np.diff([cosine, score]) > 0).all()) and ends == [(-1, 1), (-1, 1)]


def _check_shapes(kernels: tuple[np.ndarray, ...], biases: tuple[np.ndarray, ...], path: Path) -> None:
    inputs = None
    for number, (kernel, bias) in enumerate(zip(kernels, biases), 1):
        fits = kernel.ndim == 3 and bias.shape == kernel.shape[:1] and inputs in (None, kernel.shape[2])
        if not fits or kernel.shape[1] % 2 == 0 or kernel.dtype != np.float32 or bias.dtype != np.float32:
            raise InputError(f"{path}: layer {number} has an unexpected shape {kernel.shape}; it is not a discriminator of ours")
        if not np.isfinite(kernel).all() or not np.isfinite(bias).all():
            raise InputError(f"{path}: layer {number} holds numbers that are not finite; get a fresh copy, or train anew")
        inputs = kernel.shape[0]
    if not kernels or kernels[0].shape[2] not in (1, 2) or STRIDE ** len(kernels) > WAVELENGTHS_NM.size:
        raise InputError(f"{path}: holds no convolutions that take a spectrum; it is not a discriminator of ours")


def _check_dense(weights: DiscriminatorWeights, path: Path) -> None:
    dense = weights.dense
    if dense is None:
        return
    if dense.ndim != 2 or dense.shape[1] != weights.convolved or not len(dense) or dense.dtype != np.float32:
        raise InputError(f"{path}: the dense layer has an unexpected shape {dense.shape}; it does not belong to these convolutions")
    if not np.isfinite(dense).all():
        raise InputError(f"{path}: the dense layer holds numbers that are not finite; get a fresh copy, or train anew")
