"""A deposit, asked by the mean spectrum that its layer keeps; neither map nor image is needed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..mapping.options import mapper_for
from ..mapping.scales import ScaleMapper
from ..options.mapping import MapOptions
from ..rasters.class_table import NOT_MINERAL
from ..spectra.axis import SpectralAxis
from ..spectra.ratio import remove_grid_continuum
from ..spectra.resampling import resampler_to_grid
from .evidence import PixelEvidence, Place, Spectrum
from .judging import Measured, judge_mean

#: Fields by which a layer of deposits is known.
FIELDS = ("class", "code", "level", "pixels", "scene", "spectrum")


def are_deposits(fields: Collection[str]) -> bool:
    """Whether a layer with these fields is one of `core.deposits`."""
    return set(FIELDS) <= set(fields)


@dataclass(frozen=True)
class DepositInspector:
    """Made by `open_deposits`.

    Attributes
    ----------
    mapper
        What judges the mean spectra.
    """

    mapper: ScaleMapper

    def evidence(self, fields: Mapping[str, Any]) -> PixelEvidence:
        """A deposit by its fields.

        Raises
        ------
        InputError
            If it has no spectrum, or one that does not cover 1050-2600 nm.
        """
        name = f"deposit of {fields['class']}"
        nm, mean, spread, pixels = _spectrum(fields, name)
        axis = SpectralAxis(nm)
        known = SpectralAxis(nm, good=np.isfinite(mean))
        resample = resampler_to_grid(known, name)
        on_grid = resample(mean[None, None, resample.bands].astype(np.float32))
        ratio = remove_grid_continuum(on_grid.copy())
        place = Place(str(fields["scene"] or ""), None, None, pixels, _degrees(fields, "lon"), _degrees(fields, "lat"))
        iof = Spectrum(nm, np.where(axis.usable, mean, np.nan))
        measured = Measured(place, iof, spread, None, (on_grid / ratio.spectra)[0, 0], None)
        found = judge_mean(self.mapper, ratio).evidence(measured, self.mapper)
        return replace(found, map_code=int(fields["code"]), is_besides=fields.get("level") == NOT_MINERAL)


def open_deposits() -> DepositInspector:
    """What asks deposits: their mean spectra are judged by the plugin's own library and the usual thresholds."""
    return DepositInspector(mapper_for(MapOptions(engine="numpy")))


def _spectrum(fields: Mapping[str, Any], name: str) -> tuple[FloatArray, FloatArray, FloatArray, int]:
    """Wavelengths, mean, standard deviation and pixels."""
    try:
        told = json.loads(fields["spectrum"] or "null")
        if told is None:
            raise InputError(f"{name}: has no spectrum, since its image was not at hand; make the deposits again with the image")
        nm, mean, spread = (np.array(told[key], np.float64) for key in ("wavelengths_nm", "mean", "std"))
        if not (nm.ndim == 1 and nm.shape == mean.shape == spread.shape and (np.diff(nm) > 0).all()):
            raise ValueError
        return nm, mean, spread, int(told["pixels"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InputError(f"{name}: its field 'spectrum' is not as CRISM Deposits writes it; make the deposits again") from error


def _degrees(fields: Mapping[str, Any], key: str) -> Optional[float]:
    value = fields.get(key)
    return float(value) if isinstance(value, (int, float)) else None
