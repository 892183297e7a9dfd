"""Volcano-scan records (ADR VS): the transmission of the atmosphere between the foot and the summit of Olympus Mons.

A record has three lines of bands by the detector's columns: the transmission, and what a correction with it leaves behind around
2 µm (the artifact) for each of two pairs of scaling wavelengths. Its name tells binning and wavelength filter, that is which of the
detector's rows have a band: 438 for targeted observations (filter 0), 55 to 155 for the mapping modes (1 to 3). Source: labels of
the records (version 8); Morgan et al. 2009, LPSC 40, 2453.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping, Optional, Sequence

import numpy as np

from ..arrays import BoolArray, FloatArray, Indices, IntArray
from ..errors import InputError
from ..files.names import PathLike
from ..files.reading import beside, check_file, list_folder
from ..instrument.detectors import DETECTOR_COLUMNS, DETECTOR_ROWS, MISSING, infrared_row_nm, scene_columns
from ..products.kinds import refuse_other_kind
from ..rasters.pds_label import is_label
from ..rasters.reader import RasterReader
from ..spectra.axis import SpectralAxis

_NAME = re.compile(r"ADR\d{11}_(?P<scan>[0-9A-F]{5})_VS(?P<binning>\d)(?P<filter>\d)L_(?P<version>[0-9A-Z]+)", re.IGNORECASE)

#: Columns by the digit of the binning.
_WIDTHS = {"0": 640, "1": 320, "2": 128, "3": 64}

#: The version of the records that is in use.
_VERSION = "8"

#: What fills a table of rows to whole lines, as numbers of the table: blanks in the archive's records.
_PADDING: tuple[set[int], ...] = (set(), {0}, {0x2020})

#: What the three lines of a record hold.
_LINES = ("transmission", "mcguire", "pelkey")

#: A channel of the image that lies so near to a detector row's wavelength is that row's, nm; channels are 6.6 nm apart.
_SAME_ROW_NM = 0.2

#: Rows further apart are not interpolated between, nm: 179 to 186 do not exist.
_WIDEST_STEP_NM = 10.0

#: Where a transmission must be known to be of use, nm: in the CO2 band.
_NEEDED_NM = (1980.0, 2030.0)

#: Between these, nm, a record must have a row for every channel of the image: what is mapped and denoised.
_USED_NM = (1027.0, 2650.0)


@dataclass(frozen=True)
class VolcanoScan:
    """A record as it was read; NaN where it has no value.

    Attributes
    ----------
    name
        The product's name.
    scan
        Five hexadecimal digits of the scan's observation, ``"0A93E"``.
    rows
        (bands,) the detector row of each band that sees light, ascending in wavelength (from the last row to the first).
    transmission
        (columns, bands) transmission of the atmosphere between the foot and the summit of the volcano.
    artifacts
        (columns, bands) by pair: what a correction leaves behind, as a share of the continuum, with reversed sign.
    wavelength_filter
        A digit that says which of the detector's rows the record has; empty if unknown.
    """

    name: str
    scan: str
    rows: FloatArray
    transmission: FloatArray
    artifacts: Mapping[str, FloatArray]
    wavelength_filter: str = ""


@dataclass(frozen=True)
class Transmission:
    """A volcano scan on the columns and channels of one image; made by `transmission_for`.

    Attributes
    ----------
    name
        The record's name.
    wavelengths_nm
        (columns, bands) nm, ascending: each column's own.
    by_column
        (columns, bands) transmission, about 0.2 … 1 (noise lets it exceed 1 between gas bands); NaN where it is not known.
    artifacts
        (columns, bands) by pair, 0 where the record has none: ``artifacts["mcguire"]``, ``artifacts["pelkey"]``.
    """

    name: str
    wavelengths_nm: FloatArray
    by_column: FloatArray
    artifacts: Mapping[str, FloatArray]

    def starts(self, pair: str = "mcguire") -> list[FloatArray]:
        """(columns, bands) transmissions for the denoiser to begin with: the scan's, and its artifact alone, if it has one.

        An image's gas band has not quite the scan's shape, and what differs is broad. With the artifact, 1 - A, as a
        transmission of its own, the gas residual of a real image (FRT0001458F) falls by more than half.
        """
        artifact = self.artifacts[pair]
        return [self.by_column, 1 - artifact] if artifact.any() else [self.by_column]

    def of_bands(self, bands: Indices) -> Transmission:
        """Some of the channels, in the order wanted."""
        chosen = np.asarray(bands, dtype=np.intp)
        return replace(
            self,
            wavelengths_nm=self.wavelengths_nm[:, chosen],
            by_column=self.by_column[:, chosen],
            artifacts={pair: artifact[:, chosen] for pair, artifact in self.artifacts.items()},
        )


def read_volcano_scan(path: PathLike) -> VolcanoScan:
    """Read a record (.IMG or .LBL). An image without its label is read too, since size and name tell what the label tells.

    Raises
    ------
    InputError
        If it cannot be read, is none, or is of a version that has no artifacts.
    """
    wanted = ("a volcano-scan record", "give an ADR…_VS… file of the infrared detector")
    refuse_other_kind(check_file(path), *wanted, ("VS", "ADR", "raster"))
    image, product, numbers = _read_numbers(check_file(path))
    match = _NAME.match(image.name) or _NAME.match(product)
    if match is None:
        raise InputError(f"{image}: is not a volcano-scan record; give an ADR…_VS… file of the infrared detector")
    bands, count, _ = numbers.shape
    if count == 1:
        raise InputError(
            f"{image}: is version {match['version']} of the volcano-scan record, with the transmission alone; the correction needs "
            f"the artifacts too, the two more lines of version {_VERSION}: give that "
            f"(ADR…_VS{match['binning']}{match['filter']}L_{_VERSION})"
        )
    if count != len(_LINES):
        raise InputError(f"{image}: has {count} lines, a volcano-scan record has {len(_LINES)}; get the file again")
    rows = _row_table(image, numbers.nbytes, bands)
    order = np.argsort(-rows)
    order = order[np.isfinite(infrared_row_nm(rows[order]))]
    if not _is_row_table(rows, bands) or order.size < 2:
        raise InputError(f"{image}: its table of detector rows is missing or damaged; get the file again")
    numbers = numbers[order].astype(np.float64)
    numbers[~(np.abs(numbers) < MISSING)] = np.nan
    lines = dict(zip(_LINES, numbers.transpose(1, 2, 0)))
    transmission = lines.pop("transmission")
    transmission = np.where(transmission > 0, transmission, np.nan)
    if not np.isfinite(transmission).any():
        raise InputError(f"{image}: holds no transmission; get the file again")
    artifacts = {pair: np.nan_to_num(artifact) for pair, artifact in lines.items()}
    return VolcanoScan(image.stem, match["scan"].upper(), rows[order], transmission, artifacts, match["filter"])


def _read_numbers(path: Path) -> tuple[Path, str, FloatArray]:
    """The image, the product's name in its label, and its numbers (bands, lines, columns)."""
    if is_label(path) or any(beside(path, path.stem + suffix) for suffix in (".lbl", ".hdr")):
        with RasterReader(path) as reader:
            product = "" if reader.label is None else str(reader.label.get("PRODUCT_ID", ""))
            return reader.path, product, reader.read(0, reader.lines)
    shape = _shape_by_size(path)
    if shape is None:
        raise InputError(
            f"{path}: is no whole volcano-scan record (ADR…_VS….IMG), and has no label beside it; get both files again"
        )
    bands, count, columns = shape
    return path, "", np.fromfile(path, "<f4", bands * count * columns).reshape(count, bands, columns).transpose(1, 0, 2)


def _shape_by_size(path: Path) -> Optional[tuple[int, int, int]]:
    """Bands, lines and columns of a whole record: its name tells the columns; blanks or zeros fill its table to whole lines."""
    match = _NAME.match(path.name)
    columns = _WIDTHS.get(match["binning"]) if match else None
    if columns is None:
        return None
    line, size = 4 * columns, path.stat().st_size
    for count in (len(_LINES), 1):
        for bands in range(1, DETECTOR_ROWS + 1):
            image = bands * count * line
            if image + -(-2 * bands // line) * line == size:
                rows = _row_table(path, image, (size - image) // 2)
                if _is_row_table(rows[:bands], bands) and set(rows[bands:].tolist()) in _PADDING:
                    return bands, count, columns
    return None


def _row_table(image: Path, start: int, bands: int) -> FloatArray:
    """The detector rows of the bands: big-endian numbers right after the image, where the labels' pointer does not point."""
    with image.open("rb") as file:
        file.seek(start)
        table = file.read(2 * bands)
    return np.frombuffer(table, ">u2", len(table) // 2).astype(int)


def _is_row_table(rows: FloatArray, bands: int) -> bool:
    return np.unique(rows).size == bands and int(rows.max()) < DETECTOR_ROWS


def find_volcano_scan(
    scan: str, folders: Sequence[PathLike], axis: SpectralAxis, columns: int, wavelength_filter: str = ""
) -> tuple[Optional[Path], list[str]]:
    """The record of a scan for an image: of those that fit it the one of the same binning, else the next finer one; the newest.

    Parameters
    ----------
    scan
        Five hexadecimal digits, as `recommended_scan` gives them.
    folders
        Where to look; the first folder that has one wins.
    axis, columns, wavelength_filter
        Those of the image, see `transmission_for`.

    Returns
    -------
    The record, or None; and why others of the same scan were passed over.
    """
    passed_over = []
    for folder in dict.fromkeys(map(Path, folders)):
        found = []
        for file in reversed(list_folder(folder)):
            match = _NAME.fullmatch(file.stem)
            if match and file.suffix.lower() == ".img" and match["scan"].upper() == scan.upper().zfill(5):
                width = _WIDTHS.get(match["binning"], 0)
                rank = (width < columns, width, match["filter"] != wavelength_filter, -int(match["version"], 36))
                found.append((rank, file))
        for _, file in sorted(found, key=lambda each: each[0]):
            try:
                transmission_for(read_volcano_scan(file), axis, columns, wavelength_filter)
            except InputError as error:
                passed_over.append(str(error))
            else:
                return file, passed_over
    return None, passed_over


def scans_in(folder: PathLike) -> list[str]:
    """The scans that have records in a folder, ascending."""
    return sorted({match["scan"].upper() for file in list_folder(Path(folder)) if (match := _NAME.fullmatch(file.stem))})


def transmission_for(scan: VolcanoScan, axis: SpectralAxis, columns: int, wavelength_filter: str = "") -> Transmission:
    """Bring a record on to the columns and channels of an image.

    A finer record is averaged to the image's columns, as the detector's pixels were. Channels are matched by detector row, by way
    of the rows' wavelengths at the sweet spot. So the record needs no wavelength table of its own, and the spectral smile is right
    in every column. A channel that lies between two rows is interpolated.

    Parameters
    ----------
    scan
        The record.
    axis
        The image's axis.
    columns
        Columns of the image, which must show the whole width of the detector.
    wavelength_filter
        Filter of the image, as its label says, for the error message.

    Raises
    ------
    InputError
        If the record is coarser than the image, or lacks rows of its channels, as those of another wavelength filter do; if the
        image is not of the detector's width, or its channels miss the CO2 band.
    """
    if columns < 1 or DETECTOR_COLUMNS % columns:
        raise InputError(
            f"{scan.name}: the image has {columns} columns, which is no binning of the detector's {DETECTOR_COLUMNS}; "
            "give an uncropped image in sensor space"
        )
    lower, weight = _between_rows(scan.rows, axis.wavelengths_nm)
    _check_fit(scan, axis, columns, wavelength_filter, np.isnan(weight))
    by_column = _on_channels(_averaged(scan.transmission, columns), lower, weight)
    needed = (axis.wavelengths_nm > _NEEDED_NM[0]) & (axis.wavelengths_nm < _NEEDED_NM[1])
    if not np.isfinite(by_column[:, needed]).any():
        raise InputError(f"{scan.name}: says nothing about this image's channels; give an infrared image with the CO2 band at 2 µm")
    nm = np.broadcast_to(axis.wavelengths_nm, by_column.shape) if axis.by_column_nm is None else axis.by_column_nm
    first, last = scene_columns("L", columns) or (0, columns - 1)
    by_column[:first] = by_column[last + 1 :] = np.nan
    artifacts = {
        pair: np.nan_to_num(_on_channels(_averaged(artifact, columns), lower, weight)) for pair, artifact in scan.artifacts.items()
    }
    return Transmission(scan.name, nm, by_column, artifacts)


def _check_fit(scan: VolcanoScan, axis: SpectralAxis, columns: int, wavelength_filter: str, without_row: BoolArray) -> None:
    have, rows = scan.transmission.shape
    used = (axis.wavelengths_nm > _USED_NM[0]) & (axis.wavelengths_nm < _USED_NM[1]) & (True if axis.good is None else axis.good)
    lacking = int((used & without_row).sum())
    if have % columns:
        what = f"has {have} columns, coarser than the image's {columns}" if have < columns else f"has {have} columns for {columns}"
    elif lacking:
        what = f"has no detector row for {lacking} of the image's channels"
    else:
        return
    binning = next((digit for digit, width in _WIDTHS.items() if width == columns), "…")
    record, image = scan.wavelength_filter or "unknown", wavelength_filter or "unknown"
    raise InputError(
        f"{scan.name}: {what}; the record is of wavelength filter {record}, {rows} rows and {have} columns, the image of filter "
        f"{image}, {axis.bands} rows and {columns} columns: give a record of the image's filter, of its binning or a finer one "
        f"(ADR…_VS{binning}{wavelength_filter or '…'}L_{_VERSION})"
    )


def _averaged(values: FloatArray, columns: int) -> FloatArray:
    """A record's (columns, bands) averaged to the image's columns, over the values that are there."""
    groups = values.reshape(columns, -1, values.shape[1])
    known = np.isfinite(groups)
    counts = known.sum(1)
    total = np.where(known, groups, 0.0).sum(1)
    return np.divide(total, counts, out=np.full(total.shape, np.nan), where=counts > 0)


def _between_rows(rows: FloatArray, wavelengths_nm: FloatArray) -> tuple[IntArray, FloatArray]:
    """For each channel of the image the record's band below it, and the share of the band above; NaN where there is none."""
    nm = infrared_row_nm(rows)
    nearest = np.abs(nm[:, np.newaxis] - wavelengths_nm).argmin(0)
    place = np.where(np.abs(nm[nearest] - wavelengths_nm) < _SAME_ROW_NM, nm[nearest], wavelengths_nm)
    lower = np.clip(np.searchsorted(nm, place, "right") - 1, 0, nm.size - 2)
    step = nm[lower + 1] - nm[lower]
    weight = (place - nm[lower]) / step
    outside = (weight < 0) | (weight > 1) | ((step > _WIDEST_STEP_NM) & (weight > 0) & (weight < 1))
    return lower, np.where(outside, np.nan, weight)


def _on_channels(values: FloatArray, lower: IntArray, weight: FloatArray) -> FloatArray:
    below = np.where(weight == 1, 0.0, values[:, lower] * (1 - weight))
    above = np.where(weight == 0, 0.0, values[:, lower + 1] * weight)
    return below + above
