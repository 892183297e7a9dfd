"""Made files of CRISM's mapping data: map tiles (MRDR), multispectral strips (TRR3) and their wavelength tables (CDR WA).

Their labels have the grammar of the archive's other labels, and the keywords that are known of these. No real label of a tile, nor
a wavelength table of a mapping filter, was at hand.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import ParameterError
from ..instrument.detectors import MISSING
from ..instrument.mapping_filters import MAPPING_FILTERS
from ..instrument.tile_names import TileName, parse_tile_name
from .labels import image_label

#: Channels of the visible detector in map tiles, nm.
_VISIBLE_NM = (
    *(410.12, 442.63, 533.74, 598.86, 650.99, 683.59, 709.68, 742.30, 774.92, 801.04, 833.68, 859.81, 892.48, 925.16, 951.31),
    *(984.01, 1023.27, 1055.99),
)

#: First row of the visible detector's tables, its wavelength in nm, and the step.
_VISIBLE_ROWS = (185, 364.6, 6.523)

_KM_PER_PIXEL, _PIXELS_PER_DEGREE = 0.2315288, 256


def tile_channels() -> tuple[FloatArray, IntArray, IntArray]:
    """Wavelengths in nm, ascending, detectors (1 visible, 0 infrared) and rows of the 72 channels of map tiles."""
    infrared = MAPPING_FILTERS[0]
    first, first_nm, step = _VISIBLE_ROWS
    visible = np.array(_VISIBLE_NM)
    nm = np.concatenate([visible, infrared.wavelengths_nm.round(2)])
    rows = np.concatenate([first + ((visible - first_nm) / step).round().astype(int), infrared.rows])
    detectors = np.repeat([1, 0], [visible.size, len(infrared.rows)])
    order = np.argsort(nm)
    return nm[order], detectors[order], rows[order]


def write_tile(
    folder: Path,
    name: str,
    spectra: FloatArray,
    north_deg: float,
    west_deg: float,
    geometry: Optional[dict[str, FloatArray]] = None,
) -> Path:
    """Write a map tile, its wavelengths and its geometry; give the label of the image.

    Parameters
    ----------
    name
        As the archive calls it, such as ``T1332_MRRAL_20S332_0256_1``.
    spectra
        (lines, samples, 72), NaN no data.
    north_deg, west_deg
        Latitude and longitude of the upper left corner.
    geometry
        (lines, samples) planes of the geometry by their names, such as ``"Target ID"``; None: no geometry is written.
    """
    tile = parse_tile_name(name)
    if tile is None:
        raise ParameterError(f"name {name!r}: a map tile is called such as T1332_MRRAL_20S332_0256_1")
    nm, detectors, rows = tile_channels()
    label = _write_planes(folder, tile, spectra.transpose(2, 0, 1), [f"{each:.2f}" for each in nm], north_deg, west_deg)
    table = "".join(f"{detector:d},{row:d},{each:.2f}\n" for detector, row, each in zip(detectors, rows, nm))
    (folder / f"{replace(tile, content='WV')}.TAB").write_text(table, encoding="ascii")
    if geometry is not None:
        planes = np.array(list(geometry.values()))
        _write_planes(folder, replace(tile, content="DE"), planes, list(geometry), north_deg, west_deg)
    return label


def _write_planes(folder: Path, name: TileName, planes: FloatArray, titles: list[str], north: float, west: float) -> Path:
    bands, lines, samples = planes.shape
    (folder / f"{name}.IMG").write_bytes(np.where(np.isfinite(planes), planes, MISSING).astype("<f4").tobytes())
    label = folder / f"{name}.LBL"
    centre = west + samples / _PIXELS_PER_DEGREE / 2
    radii = dict.fromkeys(("A_AXIS_RADIUS", "B_AXIS_RADIUS", "C_AXIS_RADIUS"), "3396.0 <KM>")
    projection = {
        "MAP_PROJECTION_TYPE": '"EQUIRECTANGULAR"',
        **radii,
        "POSITIVE_LONGITUDE_DIRECTION": '"EAST"',
        "CENTER_LATITUDE": "0.0 <DEG>",
        "CENTER_LONGITUDE": f"{centre} <DEG>",
        "MAP_RESOLUTION": f"{_PIXELS_PER_DEGREE}.0 <PIXEL/DEG>",
        "MAP_SCALE": f"{_KM_PER_PIXEL} <KM/PIXEL>",
        "MAXIMUM_LATITUDE": f"{north} <DEG>",
        "WESTERNMOST_LONGITUDE": f"{west} <DEG>",
        "LINE_PROJECTION_OFFSET": north * _PIXELS_PER_DEGREE,
        "SAMPLE_PROJECTION_OFFSET": (centre - west) * _PIXELS_PER_DEGREE,
    }
    names = ", ".join(f'"{title}"' for title in titles)
    text = image_label(
        name,
        "MAP_PROJECTED_MULTISPECTRAL_RDR",
        (bands, lines, samples),
        "BAND_SEQUENTIAL",
        bands * lines,
        {"INSTRUMENT_ID": "CRISM", "TARGET_NAME": "MARS"},
        of_image={"BAND_NAME": f"({names})"},
        objects={"IMAGE_MAP_PROJECTION": projection},
    )
    label.write_text(text, encoding="ascii")
    return label


def write_strip(folder: Path, name: str, spectra: FloatArray, rows: IntArray, table: str, wavelength_filter: str = "1") -> Path:
    """Write a multispectral strip of the infrared detector in sensor space; give its label.

    Parameters
    ----------
    name
        As the archive calls it, such as ``MSP00003E25_01_IF214L_TRR3``.
    spectra
        (lines, samples, bands) I/F, NaN no data.
    rows
        (bands,) detector rows, in the order of the bands.
    table
        Name of its wavelength table.
    """
    return _write_lines(folder, name, spectra, rows, "TARGETED_RDR", table, wavelength_filter, "I_OVER_F")


def write_wavelengths(folder: Path, name: str, by_column_nm: FloatArray, rows: IntArray, wavelength_filter: str = "1") -> Path:
    """Write a wavelength table (CDR WA), such as ``CDR450924300802_WA0300010L_3``; give its label.

    Parameters
    ----------
    by_column_nm
        (columns, bands) nm, NaN where there is no scene.
    rows
        (bands,) detector rows.
    """
    return _write_lines(folder, name, by_column_nm[np.newaxis], rows, "CDR", f"{name}.IMG", wavelength_filter, "NM")


def _write_lines(
    folder: Path, name: str, values: FloatArray, rows: IntArray, kind: str, table: str, wavelength_filter: str, unit: str
) -> Path:
    lines, samples, bands = values.shape
    record = 4 * samples
    numbers = np.where(np.isfinite(values), values, MISSING).transpose(0, 2, 1).astype("<f4").tobytes()
    numbers += np.asarray(rows, ">u2").tobytes()
    numbers += b"\0" * (-len(numbers) % record)
    (folder / f"{name}.IMG").write_bytes(numbers)
    label = folder / f"{name}.LBL"
    mode = "HYPERSPEC" if wavelength_filter == "0" else "MULTISPEC"
    text = image_label(
        name,
        kind,
        (bands, lines, samples),
        "LINE_INTERLEAVED",
        len(numbers) // record,
        {
            "INSTRUMENT_ID": "CRISM",
            "MRO:SENSOR_ID": '"L"',
            "SAMPLING_MODE_ID": f'"{mode}"',
            "MRO:WAVELENGTH_FILE_NAME": f'"{table}"',
            "MRO:WAVELENGTH_FILTER": f'"{wavelength_filter}"',
        },
        {"^ROWNUM_TABLE": f'("{name}.IMG", {lines * bands + 1})'},
        {"UNIT": f'"{unit}"'},
        {"ROWNUM_TABLE": {"INTERCHANGE_FORMAT": '"BINARY"', "ROWS": bands, "COLUMNS": 1, "ROW_BYTES": 2}},
    )
    label.write_text(text, encoding="ascii")
    return label
