"""The fitted probabilities on disk: JSON that can be read by eye. Nothing that is read can run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from ..arrays import FloatArray
from ..errors import InputError
from ..files.names import PathLike
from ..files.reading import read_json
from ..libraries.families import FAMILIES, OTHER
from .probability import KINDS, SIGNS, Curve, ProbabilityModel

FORMAT = "crism-gan-probability"
VERSION = 1

_ADVICE = "get a fresh copy, or fit it anew (tools/fit_probability.py)"


def save_probability(model: ProbabilityModel, path: PathLike) -> None:
    """Write ``path`` (`.json`)."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        **model.card,
        "fitted_with": dict(model.fitted_with),
        "weights": dict(zip(SIGNS, model.weights.tolist())),
        "kinds": dict(zip(KINDS, model.kinds.tolist())),
        "curves": {
            family: {"index": curve.index.tolist(), "probability": curve.probability.tolist()}
            for family, curve in model.curves.items()
        },
    }
    Path(path).write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def load_probability(path: Optional[PathLike] = None) -> ProbabilityModel:
    """Read fitted probabilities.

    Parameters
    ----------
    path
        The `.json`; None: the one that comes with the plugin.

    Raises
    ------
    InputError
        If the file is missing, damaged, of another kind, or holds numbers that make no rising probabilities.
    """
    path = paths.probability() if path is None else Path(path)
    content = read_json(path, _ADVICE)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InputError(f"{path}: holds no fitted probabilities; {_ADVICE}")
    if content.get("version") != VERSION:
        raise InputError(
            f"{path}: is of version {content.get('version')!r}, this plugin reads version {VERSION}; update the plugin"
        )
    try:
        weights, kinds = (
            _numbers([content[part][name] for name in names]) for part, names in (("weights", SIGNS), ("kinds", KINDS))
        )
        pairs = {family: (_numbers(each["index"]), _numbers(each["probability"])) for family, each in content["curves"].items()}
        curves = {family: Curve(*pair) for family, pair in pairs.items()}
        fitted_with = dict(content["fitted_with"])
    except (KeyError, TypeError, AttributeError, ValueError):
        raise InputError(f"{path}: 'weights', 'kinds', 'curves' or 'fitted_with' is not as it should be; {_ADVICE}") from None
    if set(curves) != {*FAMILIES, OTHER} or not all(map(_rises, curves.values())) or (weights < 0).any():
        raise InputError(f"{path}: must hold weights of at least 0 and a rising curve for each family of minerals; {_ADVICE}")
    parts = {"format", "version", "weights", "kinds", "curves", "fitted_with"}
    return ProbabilityModel(
        weights, kinds, curves, fitted_with, {name: said for name, said in content.items() if name not in parts}
    )


def _numbers(values: Any) -> FloatArray:
    found = np.array([float(each) for each in values if type(each) in (int, float)])
    if len(found) != len(values) or not np.isfinite(found).all():
        raise ValueError("no numbers")
    return found


def _rises(curve: Curve) -> bool:
    index, probability = curve.index, curve.probability
    if index.shape != probability.shape or index.size < 1:
        return False
    return bool((np.diff(index) > 0).all() and (np.diff(probability) >= 0).all() and probability[0] >= 0 and probability[-1] <= 1)
