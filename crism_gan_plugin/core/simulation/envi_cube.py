"""ENVI cubes written line by line, as CRISM's map-projected products are: float32, lines interleaved by band, header beside."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..mars.georeference import Georeference
from .spectra import NODATA, fwhm


class EnviCube:
    """A cube being written, block after block from the top; its header is written at once.

    Parameters
    ----------
    path
        The image, ``.img``; the header goes beside it.
    lines, samples
        Size.
    wavelengths_nm
        (bands,) nm.
    georeference
        Equirectangular, north-up; None for sensor space.
    """

    def __init__(
        self, path: Path, lines: int, samples: int, wavelengths_nm: FloatArray, georeference: Optional[Georeference] = None
    ) -> None:
        self._path = path
        header = _header(lines, samples, wavelengths_nm, georeference)
        path.with_suffix(".hdr").write_text(header, encoding="ascii")

    def __enter__(self) -> EnviCube:
        self._file = self._path.open("wb")
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        self._file.close()

    def write(self, spectra: FloatArray) -> None:
        """(lines, samples, bands) I/F of the next lines."""
        self._file.write(np.ascontiguousarray(spectra.transpose(0, 2, 1), "<f4").data)


def _header(lines: int, samples: int, wavelengths_nm: FloatArray, georeference: Optional[Georeference]) -> str:
    fields = [
        "ENVI",
        "description = {simulated by CRISM GAN: no measurement}",
        f"samples = {samples}",
        f"lines = {lines}",
        f"bands = {wavelengths_nm.size}",
        "header offset = 0",
        "file type = ENVI Standard",
        "data type = 4",
        "interleave = bil",
        "byte order = 0",
        f"data ignore value = {NODATA:g}",
    ]
    if georeference is not None:
        left, width, _, top, _, height = georeference.transform
        where = f"1, 1, {left:.4f}, {top:.4f}, {width:g}, {-height:g}"
        fields.append(f"map info = {{Equirectangular, {where}, D_Mars_2000_IAU_IAG_custom_sphere_lat15, units=Meters}}")
        fields.append(f"coordinate system string = {{{georeference.wkt}}}")
    fields += [
        "wavelength units = Nanometers",
        _list("wavelength", wavelengths_nm),
        _list("fwhm", fwhm(wavelengths_nm)),
        _list("bbl", np.ones(wavelengths_nm.size)),
    ]
    return "\n".join(fields) + "\n"


def _list(name: str, values: FloatArray) -> str:
    numbers = [f"{value:g}" if value == int(value) else f"{value:.2f}" for value in values]
    rows = [", ".join(numbers[start : start + 12]) for start in range(0, len(numbers), 12)]
    return f"{name} = {{\n " + ",\n ".join(rows) + "}"
