"""Where the wavelengths of an image come from: wavelength tables (CDR WA, WV), plain text, or the image's own metadata."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Callable, Optional, Sequence

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import InputError
from ..files.names import PathLike, gdal_name, is_regular
from ..files.reading import beside, check_file, find_file, list_folder
from ..instrument.detectors import DETECTOR_ROWS, MISSING, sweet_spot
from ..rasters.label_pairs import labels_beside
from ..rasters.pds_label import is_label
from ..rasters.raw_image import RawImage
from ..rasters.reader import RasterReader
from ..spectra.axis import SpectralAxis
from .band_names import wavelengths_in_names
from .kinds import kind_of, refuse_other_kind
from .wavelength_text import read_wavelength_text, widths_nm
from .wavelength_units import in_nanometres

_WA_NAME = re.compile(r"CDR4\d+_(?P<kind>WA\d(?P<binning>\d)\d{3}(?P<filter>\d)\d(?P<sensor>[SL]))_(?P<version>\w+)", re.IGNORECASE)

#: The filter that has all rows of the detector.
_ALL_ROWS = "0"

#: The unit of wavelengths that are written, as ENVI spells it.
_UNIT = "Nanometers"


@dataclass(frozen=True)
class BandTable:
    """The wavelengths of an image's bands, in the order of the file.

    Attributes
    ----------
    nm
        (bands,) nm, NaN for bands that have none.
    source
        Where the wavelengths are from, in words.
    fwhm_nm
        (bands,) nm, or None.
    good
        (bands,) bool, or None.
    by_column_nm
        (columns, bands) nm, NaN where the detector sees no scene, or None.
    marked_by
        Who says which bands are good, in words.
    """

    nm: FloatArray
    source: str
    fwhm_nm: Optional[FloatArray] = None
    good: Optional[BoolArray] = None
    by_column_nm: Optional[FloatArray] = None
    marked_by: str = ""

    def ascending(self) -> tuple[SpectralAxis, IntArray]:
        """The axis, and each of its bands' number in the file; bands without a wavelength of their own are dropped."""
        order = np.argsort(self.nm, kind="stable")
        order = order[np.isfinite(self.nm[order])]
        order = order[np.diff(self.nm[order], prepend=-np.inf) > 0]
        axis = SpectralAxis(
            self.nm[order],
            None if self.fwhm_nm is None else self.fwhm_nm[order],
            None if self.good is None else self.good[order],
            None if self.by_column_nm is None else self.by_column_nm[:, order],
            self.marked_by,
        )
        return axis, order


def is_wavelength_cube(path: PathLike) -> bool:
    """Whether the file is a CDR WA table, by its name, or by its label where it has another name."""
    kind = kind_of(path)
    return kind is not None and kind.key == "WA"


def find_wavelength_cube(name: str, folders: Sequence[Path], rows: Optional[IntArray] = None) -> Optional[Path]:
    """The WA table of that name in the first folder that has it, else one of the same sensor, binning and filter, else None.

    The tables of different epochs are identical; of different versions the newest is taken. Where the image's detector rows are
    known, a table of all rows will do, whose filter is 0.
    """
    exact = find_file(name, folders)
    wanted = _WA_NAME.match(name)
    if exact is not None or wanted is None:
        return exact
    for folder in folders:
        tables = [
            (_WA_NAME.match(file.name), file) for file in list_folder(folder) if file.suffix.lower() == ".img" and is_regular(file)
        ]
        found = [
            (match["filter"] == wanted["filter"], match["version"], file)
            for match, file in tables
            if match and _serves(match, wanted, rows is not None)
        ]
        if found:
            return max(found)[-1]
    return None


def _serves(table: re.Match[str], wanted: re.Match[str], any_rows: bool) -> bool:
    """Whether a WA table has the wavelengths of another, by both names."""
    if table["kind"].upper() == wanted["kind"].upper():
        return True
    both = (table["sensor"].upper(), table["binning"]) == (wanted["sensor"].upper(), wanted["binning"])
    return both and any_rows and table["filter"] == _ALL_ROWS


def read_wavelength_file(path: PathLike, bands: int, samples: int, rows: Optional[IntArray] = None) -> BandTable:
    """Read a wavelength table of any kind for an image of that size.

    Parameters
    ----------
    path
        A CDR WA table (.IMG, .LBL or .HDR), a WV table or text in columns, see `read_wavelength_text`.
    bands, samples
        Size of the image that it is for; a WA table without label or header is taken to have the same.
    rows
        (bands,) the image's detector rows, if they are known. A WA table that knows its own is matched by them, so it may have
        more, or in another order.

    Raises
    ------
    InputError
        If it cannot be read, lists another number of bands, or lacks detector rows of the image.
    """
    if gdal_name(path) is None:
        path = check_file(path)
    refuse_other_kind(path, "a wavelength table", "give a WA or WV table, or plain text (WAVELENGTHS)", ("WA", "WV"))
    table = _read_cube(Path(path), bands, samples, rows) if is_wavelength_cube(path) else _read_text(Path(path))
    if table.nm.size != bands:
        raise InputError(
            f"{path}: lists {table.nm.size} wavelengths, but the image has {bands} bands; give the table that belongs to the image"
        )
    if np.isfinite(table.nm).sum() < 2:
        raise InputError(f"{path}: holds no wavelengths for this image; give the table that belongs to it")
    return table


def _read_cube(path: Path, bands: int, samples: int, rows: Optional[IntArray]) -> BandTable:
    """A CDR WA table: one line, a wavelength in nm for each column and band, `MISSING` where there is no scene."""
    name = path.name
    if gdal_name(path) is not None or is_label(path) or next(labels_beside(path), None) or beside(path, path.stem + ".hdr"):
        with RasterReader(path) as reader:
            cube = _matched(path, reader.read(0, 1)[:, 0].T.astype(np.float64), reader.row_table(), rows)
            name = str(reader.label.get("PRODUCT_ID", name)) if reader.label else name
    else:
        raw = _whole_table(path, samples) or RawImage(path, path, 1, samples, bands, np.dtype("<f4"), "bil")
        if path.stat().st_size < raw.line_bytes:
            raise InputError(
                f"{path}: too short for the image's {bands} bands and {samples} columns; give the table that belongs to the image"
            )
        cube = _matched(path, raw.read(0, 1)[:, 0].T.astype(np.float64), raw.row_table(), rows)
    cube[(cube >= MISSING) | ~(cube > 0)] = np.nan
    match = _WA_NAME.match(name)
    sensor = match["sensor"].upper() if match else "L"
    middle = cube[sweet_spot(sensor, cube.shape[0])]
    counts = np.isfinite(middle).sum(0)
    nm = np.where(counts > 0, np.nansum(middle, 0) / np.maximum(counts, 1), np.nan)
    if cube.shape[0] == samples:
        return BandTable(nm, f"wavelengths of each column from {path.name}", by_column_nm=cube)
    return BandTable(nm, f"wavelengths from {path.name}, made for {cube.shape[0]} columns: the same for all columns of this image")


def _whole_table(path: Path, samples: int) -> Optional[RawImage]:
    """A WA table of so many columns whose detector rows fill it to whole lines, as the archive's do; None for other files."""
    line, size = 4 * samples, path.stat().st_size
    for bands in range(1, DETECTOR_ROWS + 1):
        if (bands - (-2 * bands // line)) * line == size:
            raw = RawImage(path, path, 1, samples, bands, np.dtype("<f4"), "bil")
            return None if raw.row_table() is None else raw
    return None


def _matched(path: Path, cube: FloatArray, own: Optional[IntArray], rows: Optional[IntArray]) -> FloatArray:
    """The (columns, bands) of the image's detector rows, of a table that has them; unchanged where either's are not known."""
    if own is None or rows is None or np.array_equal(own, rows):
        return cube
    lacking = np.setdiff1d(rows, own)
    if lacking.size:
        raise InputError(
            f"{path}: lacks {lacking.size} of the image's {rows.size} detector rows (ROWNUM), such as row {lacking[0]}: it is of "
            "another wavelength filter; give the table that belongs to the image"
        )
    order = np.argsort(own)
    return cube[:, order[np.searchsorted(own[order], rows)]]


def _read_text(path: Path) -> BandTable:
    text = read_wavelength_text(path)
    nm, factor, words = in_nanometres(text.wavelengths, text.unit, path)
    steps = np.diff(nm[np.isfinite(nm)])
    order = "" if (steps > 0).all() or (steps < 0).all() else ", neither ascending nor descending: each band keeps its own"
    fwhm = None if text.widths is None else widths_nm(text.widths, factor)
    return BandTable(nm, f"wavelengths from {path.name}, {words}{order}", fwhm, text.good, marked_by=f"the flags in {path.name}")


def wavelengths_in_metadata(reader: RasterReader) -> Optional[BandTable]:
    """The wavelengths that an image carries itself: in an ENVI header, or in the metadata of a GeoTIFF or of its bands.

    Raises
    ------
    InputError
        If there is a list, but it is not one number a band.
    """
    for domain in ("ENVI", ""):
        fields = {key.lower(): value for key, value in reader.metadata(domain).items()}
        if _words(fields.get("wavelength", "")):
            return _table(reader, partial(_list, reader, fields=fields), fields.get("wavelength_units", ""))
    bands = [{key.lower(): text for key, text in reader.band_metadata(band).items()} for band in range(reader.bands)]
    if all("wavelength" in band for band in bands):
        units = sorted({band.get("wavelength_units", "").strip() for band in bands} - {""}) or [""]
        if len({unit.lower() for unit in units}) > 1:
            raise InputError(
                f"{reader.path}: its bands have wavelengths in several units ({', '.join(units)}); give a wavelength file"
            )
        return _table(reader, lambda key: _each(reader, key, bands), units[0])
    bands = [reader.band_metadata(band, "IMAGERY") for band in range(reader.bands)]
    if all("CENTRAL_WAVELENGTH_UM" in band for band in bands):
        names = {"wavelength": "CENTRAL_WAVELENGTH_UM", "fwhm": "FWHM_UM", "bbl": ""}
        return _table(reader, lambda key: _each(reader, names[key], bands), "um")
    return None


def wavelengths_in_band_names(reader: RasterReader) -> Optional[BandTable]:
    """The wavelengths that stand in the names of an image's bands; `InputError` where these are ambiguous."""
    nm = wavelengths_in_names(reader.path, [reader.band_name(band) for band in range(reader.bands)])
    return None if nm is None else BandTable(nm, f"wavelengths from the names of the bands of {reader.path.name}")


def _table(reader: RasterReader, column: Callable[[str], Optional[FloatArray]], unit: str) -> BandTable:
    values, fwhm, flags = column("wavelength"), column("fwhm"), column("bbl")
    assert values is not None  # the callers have looked
    nm, factor, words = in_nanometres(values, unit, reader.path)
    return BandTable(
        nm,
        f"wavelengths from the metadata of {reader.path.name}, {words}",
        None if fwhm is None else widths_nm(fwhm, factor),
        None if flags is None else flags != 0,
        marked_by=f"the list of bad bands (bbl) of {reader.path.name}",
    )


def _list(reader: RasterReader, key: str, fields: dict[str, str]) -> Optional[FloatArray]:
    """The numbers of ``{1, 2, 3}``, one a band; None where the list is missing or empty."""
    words = _words(fields.get(key, ""))
    if not words:
        return None
    if len(words) != reader.bands:
        raise InputError(
            f"{reader.path}: its metadata lists {len(words)} values of {key!r} for {reader.bands} bands; "
            "correct the header, or give a wavelength file (WAVELENGTHS)"
        )
    return _floats(reader, key, words)


def _words(text: str) -> list[str]:
    return re.sub(r"[{},]", " ", text).split()


def _each(reader: RasterReader, key: str, bands: list[dict[str, str]]) -> Optional[FloatArray]:
    """One number from the metadata of each band."""
    return _floats(reader, key, [band[key] for band in bands]) if all(key in band for band in bands) else None


def _floats(reader: RasterReader, key: str, words: list[str]) -> FloatArray:
    try:
        return np.array([float(word) for word in words])
    except ValueError:
        raise InputError(
            f"{reader.path}: the values of {key!r} in its metadata are not numbers; give a wavelength file (WAVELENGTHS)"
        ) from None


def wavelength_metadata(axis: SpectralAxis) -> list[dict[str, str]]:
    """Metadata for each band of an image that is written with this axis, as `wavelengths_in_metadata` reads it back."""
    items = [{"wavelength": f"{nm:.4f}", "wavelength_units": _UNIT} for nm in axis.wavelengths_nm]
    for band, item in enumerate(items):
        if axis.fwhm_nm is not None:
            item["fwhm"] = f"{axis.fwhm_nm[band]:.4f}"
        if axis.good is not None:
            item["bbl"] = str(int(axis.good[band]))
    return items


def wavelength_lists(axis: SpectralAxis) -> dict[str, str]:
    """`wavelength_metadata` as the fields of an ENVI header, for programs that look there."""
    items = wavelength_metadata(axis)
    lists = {key: "{" + ", ".join(item[key] for item in items) + "}" for key in ("wavelength", "fwhm", "bbl") if key in items[0]}
    return {**lists, "wavelength_units": _UNIT}


def band_titles(axis: SpectralAxis) -> list[str]:
    """What the bands of an image that is written with this axis are called: ``1027.55 Nanometers``."""
    return [f"{nm:.2f} {_UNIT}" for nm in axis.wavelengths_nm]
