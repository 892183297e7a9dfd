"""Volcano-scan records (ADR VS): the transmission of the atmosphere between the foot and the summit of Olympus Mons.

A record has three lines of 438 bands by the detector's columns: the transmission, and what a correction with it leaves behind
around 2 µm (the artifact) for each of two pairs of scaling wavelengths. Source: labels of the records (version 8); Morgan et al.
2009, LPSC 40, 2453.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping, Optional, Sequence, Union

import numpy as np

from ..errors import InputError
from ..products.instrument import DETECTOR_COLUMNS, MISSING, infrared_row_nm, scene_columns
from ..raster import RasterReader
from ..spectral import SpectralAxis

_NAME = re.compile(r"ADR\d{11}_(?P<scan>[0-9A-F]{5})_VS(?P<binning>\d)\dL_(?P<version>\w+)", re.IGNORECASE)

#: What the three lines of a record hold.
_LINES = ("transmission", "mcguire", "pelkey")

#: A channel of the image that lies so near to a detector row's wavelength is that row's, nm; channels are 6.6 nm apart.
_SAME_ROW_NM = 0.2

#: Rows further apart are not interpolated between, nm: 179 to 186 do not exist.
_WIDEST_STEP_NM = 10.0

#: Where a transmission must be known to be of use, nm: in the CO2 band.
_NEEDED_NM = (1980.0, 2030.0)


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
        (columns, bands), of the atmosphere between the foot and the summit of the volcano.
    artifacts
        (columns, bands) by pair: what a correction leaves behind, as a share of the continuum, with reversed sign.
    """

    name: str
    scan: str
    rows: np.ndarray
    transmission: np.ndarray
    artifacts: Mapping[str, np.ndarray]


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
    wavelengths_nm: np.ndarray
    by_column: np.ndarray
    artifacts: Mapping[str, np.ndarray]

    def starts(self, pair: str = "mcguire") -> list[np.ndarray]:
        """(columns, bands) transmissions for the denoiser to begin with: the scan's, and its artifact alone, if it has one.

        An image's gas band is not quite of the scan's shape, and what differs is broad. With the artifact, 1 - A, as a
        transmission of its own, the gas residual of a real image (FRT0001458F) falls by more than half.
        """
        artifact = self.artifacts[pair]
        return [self.by_column, 1 - artifact] if artifact.any() else [self.by_column]

    def of_bands(self, bands: Sequence[int]) -> Transmission:
        """Some of the channels, in the order wanted."""
        chosen = np.asarray(bands, dtype=np.intp)
        return replace(
            self,
            wavelengths_nm=self.wavelengths_nm[:, chosen],
            by_column=self.by_column[:, chosen],
            artifacts={pair: artifact[:, chosen] for pair, artifact in self.artifacts.items()},
        )


def read_volcano_scan(path: Union[str, Path]) -> VolcanoScan:
    """Read a record (.IMG or .LBL).

    Raises
    ------
    InputError
        If it cannot be read or is none.
    """
    with RasterReader(path) as reader:
        match = _NAME.match(reader.path.name)
        if reader.lines != len(_LINES) or match is None:
            raise InputError(f"{reader.path}: is not a volcano-scan record; give an ADR…_VS… file of the infrared detector")
        numbers = reader.read(0, len(_LINES)).astype(np.float64)  # (bands, 3, columns)
        rows = _rows(reader)
    numbers[~(np.abs(numbers) < MISSING)] = np.nan
    order = np.argsort(-rows)
    order = order[np.isfinite(infrared_row_nm(rows[order]))]
    lines = dict(zip(_LINES, numbers[order].transpose(1, 2, 0)))
    transmission = lines.pop("transmission")
    transmission = np.where(transmission > 0, transmission, np.nan)
    artifacts = {pair: np.nan_to_num(artifact) for pair, artifact in lines.items()}
    return VolcanoScan(reader.path.stem, match["scan"].upper(), rows[order], transmission, artifacts)


def _rows(reader: RasterReader) -> np.ndarray:
    """(bands,) detector rows: the table of big-endian numbers right after the image, where the labels' pointer does not point."""
    start = reader.lines * reader.samples * reader.bands * reader.dtype.itemsize
    with reader.path.open("rb") as file:
        file.seek(start)
        table = np.frombuffer(file.read(2 * reader.bands), ">u2").astype(int)
    if table.size < reader.bands or np.unique(table).size < reader.bands:
        raise InputError(f"{reader.path}: its table of detector rows is missing or damaged; get the file again")
    return table


def find_volcano_scan(scan: str, folders: Sequence[Union[str, Path]], columns: int) -> Optional[Path]:
    """The record of a scan for an image of so many columns: the newest of the same binning, else of a finer one, else None.

    Parameters
    ----------
    scan
        Five hexadecimal digits, as `recommended_scan` gives them.
    folders
        Where to look; the first folder that has one wins.
    columns
        Of the image, across the whole detector.
    """
    widths = {"0": 640, "1": 320, "2": 128, "3": 64}
    for folder in map(Path, folders):
        found = []
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            match = _NAME.match(file.name)
            width = widths.get(match["binning"], 0) if match and file.suffix.lower() == ".img" else 0
            if width >= columns > 0 and width % columns == 0 and match["scan"].upper() == scan.upper().zfill(5):
                found.append((-width, match["version"], file))
        if found:
            return max(found)[-1]
    return None


def transmission_for(scan: VolcanoScan, axis: SpectralAxis, columns: int) -> Transmission:
    """Bring a record on to the columns and channels of an image.

    A finer record is averaged to the image's columns, as the detector's pixels were. Channels are matched by detector row, by way
    of the rows' wavelengths at the sweet spot, so the record needs no wavelength table of its own and the spectral smile is right
    in every column; a channel that lies between two rows is interpolated.

    Parameters
    ----------
    scan
        The record.
    axis
        The image's axis.
    columns
        Of the image, which must show the whole width of the detector.

    Raises
    ------
    InputError
        If the record is coarser than the image, the image is not of the detector's width, or its channels miss the CO2 band.
    """
    have = scan.transmission.shape[0]
    if columns < 1 or DETECTOR_COLUMNS % columns:
        raise InputError(
            f"{scan.name}: the image has {columns} columns, which is no binning of the detector's {DETECTOR_COLUMNS}; "
            "give an uncropped image in sensor space"
        )
    if have % columns:
        raise InputError(
            f"{scan.name}: has {have} columns, coarser than the image's {columns}; "
            "give a record of the image's binning or a finer one"
        )
    lower, weight = _between_rows(scan.rows, axis.wavelengths_nm)
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


def _averaged(values: np.ndarray, columns: int) -> np.ndarray:
    """(record's columns, bands) to (columns, bands): the mean of the values there are."""
    groups = values.reshape(columns, -1, values.shape[1])
    known = np.isfinite(groups)
    counts = known.sum(1)
    total = np.where(known, groups, 0.0).sum(1)
    return np.divide(total, counts, out=np.full(total.shape, np.nan), where=counts > 0)


def _between_rows(rows: np.ndarray, wavelengths_nm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each channel of the image the record's band below it, and the share of the band above; NaN where there is none."""
    nm = infrared_row_nm(rows)
    nearest = np.abs(nm[:, np.newaxis] - wavelengths_nm).argmin(0)
    place = np.where(np.abs(nm[nearest] - wavelengths_nm) < _SAME_ROW_NM, nm[nearest], wavelengths_nm)
    lower = np.clip(np.searchsorted(nm, place, "right") - 1, 0, nm.size - 2)
    step = nm[lower + 1] - nm[lower]
    weight = (place - nm[lower]) / step
    outside = (weight < 0) | (weight > 1) | ((step > _WIDEST_STEP_NM) & (weight > 0) & (weight < 1))
    return lower, np.where(outside, np.nan, weight)


def _on_channels(values: np.ndarray, lower: np.ndarray, weight: np.ndarray) -> np.ndarray:
    below = np.where(weight == 1, 0.0, values[:, lower] * (1 - weight))
    above = np.where(weight == 0, 0.0, values[:, lower + 1] * weight)
    return below + above
