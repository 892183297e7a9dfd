"""Evidence as a table of spectra, for spreadsheets and scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from ..arrays import FloatArray
from ..files.tables import table_text
from ..spectra.grid import WAVELENGTHS_NM
from .evidence import PixelEvidence

#: Digits that single precision has.
_DIGITS = ".7g"

HEADER = (
    *("spectrum", "scene", "line", "sample", "longitude", "latitude"),
    *("class", "level", "score", "curve", "wavelength_nm", "value"),
)


def evidence_table(spectra: Iterable[tuple[str, PixelEvidence]]) -> str:
    """CSV with a line for each value of each curve, by the names that the spectra are given; missing values are left empty."""
    rows: list[Sequence[object]] = [HEADER]
    for name, found in spectra:
        place = found.place
        degrees = ["" if each is None else f"{each:.6f}" for each in (place.longitude, place.latitude)]
        mineral = found.deciding.mineral if found.exemplar is not None else ""
        pixel = ["" if each is None else each for each in (place.line, place.sample)]
        about = [name, place.scene, *pixel, *degrees, mineral or "", found.level, _number(found.score)]
        for curve, wavelengths, values in curves(found):
            rows += [[*about, curve, f"{nm:.3f}", _number(value)] for nm, value in zip(wavelengths, values)]
    return table_text(rows)


def curves(found: PixelEvidence) -> Sequence[tuple[str, FloatArray, FloatArray]]:
    """Name, wavelengths and values of each curve."""
    made = [("I/F", found.iof.wavelengths_nm, found.iof.values)]
    if found.spread is not None:
        made.append(("I/F standard deviation", found.iof.wavelengths_nm, found.spread))
    if found.model is not None:
        made.append(("model", found.model.wavelengths_nm, found.model.values))
    made.append(("continuum", WAVELENGTHS_NM, found.continuum))
    if found.ground is not None:
        made += [("denominator", WAVELENGTHS_NM, found.ground.denominator), ("ratio", WAVELENGTHS_NM, found.ground.ratio)]
    for scale in found.scales:
        made.append((scale_name(scale.size, found.place.pixels), WAVELENGTHS_NM, scale.spectrum))
    if found.exemplar is not None:
        made.append(("exemplar", WAVELENGTHS_NM, found.exemplar))
    return made


def scale_name(size: int, pixels: int) -> str:
    """What a continuum-removed spectrum is of."""
    if size == 0:
        return f"mean of {pixels} pixels"
    return "pixel" if size == 1 else f"{size} × {size} mean"


def _number(value: float) -> str:
    return format(value, _DIGITS) if np.isfinite(value) else ""
