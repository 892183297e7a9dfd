"""The background model on disk: an `.npz` of statistics, with its card as JSON text. Nothing that is read can run."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from ..arrays import AnyArray
from ..errors import InputError
from ..files.names import PathLike
from ..spectra.grid import WAVELENGTHS_NM
from .model import KINDS, BackgroundModel, GroundStatistics
from .residuals import Residuals

FORMAT = "crism-gan-background"

#: Largest length of a component, and of a rest, that a file may hold; ln I/F does not vary so much.
_LARGEST = 100.0


def save_background(model: BackgroundModel, path: PathLike) -> None:
    """Write ``path`` (`.npz`)."""
    arrays: dict[str, Any] = {"rest": np.float32(model.rest), "absorptions": model.absorptions.astype(np.float32)}
    for kind in KINDS:
        statistics = getattr(model, kind)
        arrays[f"{kind}_mean"] = statistics.mean.astype(np.float32)
        arrays[f"{kind}_components"] = statistics.components.astype(np.float32)
    arrays["residual_air"] = model.residuals.air.astype(np.float32)
    arrays["residual_noise"] = model.residuals.noise.astype(np.float32)
    card = json.dumps({"format": FORMAT, "version": 2, **model.card}, ensure_ascii=True)
    np.savez(path, card=np.array(card), **arrays)


def load_background(path: Optional[PathLike] = None) -> BackgroundModel:
    """Read a background model.

    Parameters
    ----------
    path
        The `.npz`; None: the one that comes with the plugin.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another kind, or holds numbers that make no sense.
    """
    path = paths.background() if path is None else Path(path)
    if not path.is_file():
        raise InputError(f"{path}: the file does not exist; choose a background model (.npz)")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        card = json.loads(str(found["card"]))
        if not isinstance(card, dict) or card.get("format") != FORMAT:
            raise ValueError("of another kind")
        statistics = {kind: GroundStatistics(found[f"{kind}_mean"], found[f"{kind}_components"]) for kind in KINDS}
        absorptions, rest = found["absorptions"], float(found["rest"])
        residuals = Residuals(found["residual_air"], found["residual_noise"])
    except (OSError, ValueError, KeyError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: is damaged or no background model; get a fresh copy") from error
    for kind, each in statistics.items():
        _check(each.mean[np.newaxis], path, f"{kind}_mean")
        _check(each.components, path, f"{kind}_components")
    _check(absorptions, path, "absorptions")
    _check(residuals.air, path, "residual_air")
    _check(residuals.noise[np.newaxis], path, "residual_noise")
    if not 0 < rest < _LARGEST:
        raise InputError(f"{path}: 'rest' is {rest:g}, which is no root mean square of absorptions; get a fresh copy")
    return BackgroundModel(**statistics, absorptions=absorptions, rest=rest, card=card, residuals=residuals)


def _check(array: AnyArray, path: Path, name: str) -> None:
    if array.ndim != 2 or array.shape[1] != WAVELENGTHS_NM.size or not len(array):
        raise InputError(f"{path}: '{name}' has the shape {array.shape}; it does not belong to {WAVELENGTHS_NM.size} channels")
    if array.dtype != np.float32 or not np.isfinite(array).all() or np.abs(array).max() > _LARGEST:
        raise InputError(f"{path}: '{name}' holds numbers that no spectra of ground give; get a fresh copy")
