"""A scene: one image, its wavelengths in ascending order, and which of its numbers can be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional, Sequence, Union

import numpy as np

from ..arrays import BoolArray, FloatArray, Indices, IntArray
from ..errors import InputError, one_line
from ..files.names import PathLike, gdal_name, is_regular
from ..instrument.detectors import MISSING, has_signal, scene_columns
from ..instrument.mapping_filters import of_one_detector
from ..instrument.product_names import ProductName, find_companion, is_original, parse_product_name
from ..instrument.tile_names import TileName, find_of_tile, parse_tile_name
from ..mars.crs import SPHERE_ADVICE, place_fault
from ..mars.georeference import Georeference, as_set_by_user
from ..rasters.label_pairs import label_of_cube
from ..rasters.metadata_keys import ATMOSPHERE_KEY, DOUBTFUL_KEY, GROUND_KEY, PRODUCT_ID_KEY, PROVENANCE_KEY
from ..rasters.pds_label import Label
from ..rasters.reader import RasterReader
from ..spectra.axis import CRISM, SpectralAxis
from .kinds import refuse_as_image
from .wavelengths import BandTable, find_wavelength_cube, read_wavelength_file, wavelengths_in_band_names, wavelengths_in_metadata

#: No ground is brighter or darker than its continuum by a factor of so much.
_MOST_GROUND = 20.0

#: Where the infrared detector of a map tile takes over from the visible one.
_INFRARED_FROM_NM = 1010.0

#: Letters of a sensor's name in messages.
_LONGEST_SENSOR = 40

#: So few lines at once stay within the processor's cache while they are turned and masked, which makes reading 1.4 times as fast.
_LINES_AT_ONCE = 4


@dataclass(frozen=True)
class Scene:
    """An image that was opened by `open_scene`. Its numbers are read when they are asked for.

    Attributes
    ----------
    path
        The file with the numbers.
    product_id
        The archive's name of the product, or the file's name without suffix.
    name
        The fields of the archive's name, or None.
    axis
        Wavelengths, ascending; for a TRR3 with those of each column.
    lines, samples
        Size.
    georeference
        Where it lies on the map; None in sensor space.
    atmosphere_corrected
        True or False where it is known, else None.
    wavelength_filter
        The digit of the detector's wavelength filter, as the label says; empty where it is not known.
    notes
        What was used, for the log.
    tile
        The fields of a map tile's name, or None.
    """

    path: Path
    product_id: str
    name: Optional[ProductName]
    axis: SpectralAxis
    lines: int
    samples: int
    georeference: Optional[Georeference]
    atmosphere_corrected: Optional[bool]
    wavelength_filter: str
    notes: tuple[str, ...]
    _reader: RasterReader
    _file_bands: IntArray
    _columns: Optional[tuple[int, int]]
    tile: Optional[TileName] = None

    def read(self, line0: int, lines: int, bands: Optional[Indices] = None, samples: slice = slice(None)) -> FloatArray:
        """Spectra of some lines.

        Parameters
        ----------
        line0, lines
            First line, from 0, and number of lines.
        bands
            Which bands of `axis`, in the order wanted; all when None.
        samples
            Which columns, without a step; all by default.

        Returns
        -------
        (lines, samples, bands) float32, C-contiguous; NaN where the file holds no valid I/F: 65535 or its own no-data value,
        not finite, zero or less, or a column that sees no scene.

        Raises
        ------
        InputError
            If the file cannot be read there.
        """
        wanted = self._file_bands if bands is None else self._file_bands[np.asarray(bands, dtype=np.intp)]
        start, stop, _ = samples.indices(self.samples)
        spectra = np.empty((lines, stop - start, wanted.size), np.float32)
        for first in range(0, lines, _LINES_AT_ONCE):
            piece = spectra[first : first + _LINES_AT_ONCE]
            block = self._reader.read(line0 + first, len(piece), wanted)
            for k, line in enumerate(piece):
                line[...] = block[:, k, start:stop].T
                self._mask(line, start)
        return spectra

    def read_planes(self, line0: int, lines: int, bands: Indices) -> FloatArray:
        """As `read`, but band by band: (bands, lines, samples), for what computes with few bands of all pixels."""
        planes = np.array(
            self._reader.read(line0, lines, self._file_bands[np.asarray(bands, dtype=np.intp)]), np.float32, order="C"
        )
        for plane in planes:  # one fits the processor's cache
            self._mask(plane.T, 0)
        return planes

    def _mask(self, line: FloatArray, start: int) -> None:
        """NaN for what is no I/F, in place; the first axis is that of the columns, from ``start`` on."""
        nodata = self._reader.nodata
        valid = line > 0
        valid &= line < MISSING
        if nodata is not None and 0 < nodata < MISSING:
            valid &= line != np.float32(nodata)
        np.copyto(line, np.nan, where=~valid)
        if self._columns is not None:
            line[: max(self._columns[0] - start, 0)] = np.nan
            line[max(self._columns[1] + 1 - start, 0) :] = np.nan

    def ground(self) -> Optional[FloatArray]:
        """What bland ground has beyond a concave curve, a factor of I/F for each band of `axis`; None where the file tells none.

        Raises
        ------
        InputError
            If some band has no such number, or one that makes no sense.
        """
        told = [self._reader.band_metadata(int(band)).get(GROUND_KEY) for band in self._file_bands]
        if not any(told):
            return None
        try:
            values = np.array([float(text or "nan") for text in told])
        except ValueError:
            values = np.full(len(told), np.nan)
        if not ((values > 1 / _MOST_GROUND) & (values < _MOST_GROUND)).all():
            raise InputError(f"{self.path}: the metadata {GROUND_KEY} of its bands are damaged; denoise the image again")
        return values

    def doubtful_nm(self) -> Optional[tuple[float, float]]:
        """Shortest and longest wavelength of channels that depend on the volcano scan, as the file says; None if it names none.

        Raises
        ------
        InputError
            If it says something else than two ascending numbers.
        """
        said = self._reader.metadata().get(DOUBTFUL_KEY)
        if said is None:
            return None
        try:
            low, high = (float(word) for word in said.split())
        except ValueError:
            low = high = 0.0
        if not 0 < low < high < MISSING:
            raise InputError(f"{self.path}: its metadata {DOUBTFUL_KEY} is damaged; denoise the image again")
        return low, high

    @property
    def meaning(self) -> list[Any]:
        """How the file's numbers become I/F at places and wavelengths, whichever of its files says so; JSON."""
        place = None if self.georeference is None else [self.georeference.wkt, *self.georeference.transform]
        good = None if self.axis.good is None else self.axis.good.tolist()
        return [self._reader.meaning, self._file_bands.tolist(), self._columns, good, place, self.atmosphere_corrected]

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()

    def __enter__(self) -> Scene:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_scene(
    source: PathLike,
    *,
    wavelengths: Optional[PathLike] = None,
    extra_folders: Sequence[PathLike] = (),
) -> Scene:
    """Open an image and find its wavelengths.

    Parameters
    ----------
    source
        An MTRDR or TER cube (.img, .hdr, .tif), a TRR3 (.lbl or .img), or any ENVI cube or GeoTIFF that tells its wavelengths;
        as `FileWithCrs` where its user set a CRS for it.
    wavelengths
        A wavelength table (CDR WA, WV, plain text), or a folder that holds the one that the label names. A file wins over what
        the image says itself.
    extra_folders
        More folders to look in for tables, after the image's own.

    Raises
    ------
    InputError
        If the image or its wavelengths cannot be read, or do not fit one another.
    """
    if is_regular(Path(source)) or gdal_name(source) is not None:
        refuse_as_image(source)
    reader = RasterReader(source)
    if reader.dtype.kind not in "iuf":
        raise InputError(f"{reader.path}: holds {reader.dtype} numbers; give an image of real numbers (I/F)")
    georeference, of_crs = as_set_by_user(source, reader.georeference)
    fault = place_fault(georeference.wkt) if georeference else ""
    if fault:
        raise InputError(f"{reader.path}: its coordinate reference system {fault}; {SPHERE_ADVICE}")
    if georeference and not georeference.has_area:
        raise InputError(
            f"{reader.path}: its place on the map makes no sense (its pixels have no area, or are nowhere); correct its map info"
        )
    label = _label_of(reader)
    refuse_as_image(reader.path, label)
    _refuse_result(reader)
    name, original = _name_of(reader, label)
    if name is not None and name.activity == "RA":
        raise InputError(
            f"{reader.path}: holds radiance; give the I/F product of this observation ({replace(name, activity='IF')})"
        )
    tile = _tile_of(reader, label)
    table = _find_wavelengths(reader, name or tile, label, wavelengths, [Path(folder) for folder in extra_folders])
    axis, file_bands = table.ascending()
    if axis.bands < 2:
        raise InputError(f"{reader.path}: has fewer than two bands with a wavelength; give a CRISM image or a cube of spectra")
    notes = [*reader.notes, *([of_crs] if of_crs else []), table.source]
    if axis.bands < reader.bands:
        notes.append(f"bands left out because they have no wavelength of their own: {reader.bands - axis.bands}")
    wavelength_filter = _wavelength_filter(label) if label else ""
    signal = _has_signal(name, tile, axis.wavelengths_nm)
    if signal is not None:
        axis = replace(axis, good=signal if axis.good is None else signal & axis.good)
    axis = replace(axis, sensor=_sensor(reader, name, tile, wavelength_filter))
    columns = scene_columns(name.sensor, reader.samples) if original and name is not None and name.sensor_space else None
    return Scene(
        path=reader.path,
        product_id=str(name or tile or reader.path.stem),
        name=name,
        axis=axis,
        lines=reader.lines,
        samples=reader.samples,
        georeference=georeference,
        atmosphere_corrected=_atmosphere(reader, name, tile, original),
        wavelength_filter=wavelength_filter,
        notes=tuple(notes),
        _reader=reader,
        _file_bands=file_bands,
        _columns=columns,
        tile=tile,
    )


def _refuse_result(reader: RasterReader) -> None:
    """A map of ours, its evidence, or another raster that was made of an image, is no image."""
    if reader.bands == 1 and PROVENANCE_KEY in reader.metadata():
        what = "is a mineral map" if reader.dtype == np.uint8 else "holds one number for each pixel, such as a similarity"
        raise InputError(f"{reader.path}: {what}, no I/F image; give the image that it was made of")
    if reader.bands > 1 and reader.band_name(0) == "best similarity":
        raise InputError(f"{reader.path}: is the evidence of a mineral map, no I/F image; give the image that it was made of")


def _label_of(reader: RasterReader) -> Optional[Label]:
    """The label through which the image was opened, or the one beside it."""
    if reader.label is not None:
        return reader.label
    return label_of_cube(reader.path, reader.lines, reader.samples, reader.bands)


def _name_of(reader: RasterReader, label: Optional[Label]) -> tuple[Optional[ProductName], bool]:
    """The product's name, from its label, file or metadata, and whether this is the archive's file, not something made of it."""
    own = parse_product_name(reader.path)
    name = parse_product_name(str(label.get("PRODUCT_ID", ""))) if label else None
    if name is not None and (own in (None, name) or not reader.renamed):
        return name, True
    said = reader.metadata().get(PRODUCT_ID_KEY, "")
    return own or parse_product_name(said), is_original(reader.path)


def _tile_of(reader: RasterReader, label: Optional[Label]) -> Optional[TileName]:
    """The map tile's name, from its label, file or metadata."""
    said = str(label.get("PRODUCT_ID", "")) if label else reader.metadata().get(PRODUCT_ID_KEY, "")
    return parse_tile_name(reader.path) or parse_tile_name(said)


def _has_signal(name: Optional[ProductName], tile: Optional[TileName], wavelengths_nm: FloatArray) -> Optional[BoolArray]:
    """(bands,) bool: False in bands without signal; None where it is not known."""
    of_one = of_one_detector(wavelengths_nm)
    if name is not None:
        return has_signal(name.sensor, wavelengths_nm) & of_one
    if tile is not None:
        visible = wavelengths_nm < _INFRARED_FROM_NM
        return np.where(visible, has_signal("S", wavelengths_nm), has_signal("L", wavelengths_nm)) & of_one
    return None if of_one.all() else of_one


def _sensor(reader: RasterReader, name: Optional[ProductName], tile: Optional[TileName], wavelength_filter: str) -> str:
    """Whose bands an image has, as it says; empty where it says nothing."""
    if name is not None or tile is not None:
        return CRISM if wavelength_filter in ("", "0") else f"{CRISM}, wavelength filter {wavelength_filter}"
    said = {key.lower().replace(" ", "_"): value.strip() for key, value in reader.metadata("ENVI").items()}.get("sensor_type", "")
    return "" if said.lower() in ("unknown", "none") else one_line(said, _LONGEST_SENSOR)


def _wavelength_filter(label: Label) -> str:
    """A digit that the label tells itself, or in the name of the wavelength table: ``…_WA0300030L_3`` is for filter 3."""
    named = re.search(r"_WA\d{5}(\d)\d[SL]_", str(label.get("MRO:WAVELENGTH_FILE_NAME", "")), re.IGNORECASE)
    return str(label.get("MRO:WAVELENGTH_FILTER", named[1] if named else ""))


def _atmosphere(reader: RasterReader, name: Optional[ProductName], tile: Optional[TileName], original: bool) -> Optional[bool]:
    said = reader.metadata().get(ATMOSPHERE_KEY, "").lower()
    if said in ("yes", "no"):
        return said == "yes"
    if tile is not None:
        return tile.atmosphere_corrected
    if name is None or (not original and name.product_type == "TRR"):  # what was done to a copy is not known
        return None
    return name.atmosphere_corrected


def _find_wavelengths(
    reader: RasterReader,
    name: Union[ProductName, TileName, None],
    label: Optional[Label],
    given: Optional[PathLike],
    extra_folders: Sequence[Path],
) -> BandTable:
    """The wavelengths of a given file; else of the WA table that a TRR3's label names, the image's metadata, or its WV table."""
    folders = [reader.path.parent, *extra_folders]
    rows = reader.row_table() if isinstance(name, ProductName) and name.product_type == "TRR" else None
    if given is not None and Path(given).is_dir():
        folders.insert(0, Path(given))
    elif given is not None:
        return read_wavelength_file(given, reader.bands, reader.samples, rows)
    wanted = label.get("MRO:WAVELENGTH_FILE_NAME") if label else None
    found = find_wavelength_cube(str(wanted), folders, rows) if wanted else None
    if found is None:
        table = wavelengths_in_metadata(reader)
        if table is not None:
            return table
        if isinstance(name, TileName):
            found = next((each for folder in folders if (each := find_of_tile(name, "WV", folder, (".tab",)))), None)
        elif name is not None and name.product_type in ("TER", "MTR"):
            found = find_companion(name, "WV", name.product_type, folders, (".tab",))
    if found is None:
        table = wavelengths_in_band_names(reader)
        if table is not None:
            return table
    if found is None and wanted:
        raise InputError(
            f"{reader.path}: its wavelength table {wanted} is not beside it nor in a given folder; give it as WAVELENGTHS"
        )
    if found is None and isinstance(name, TileName):
        raise InputError(
            f"{reader.path}: the wavelength table of its tile, {replace(name, content='WV')}.TAB, is not beside it nor in a given "
            "folder; give it as WAVELENGTHS"
        )
    if found is None:
        raise InputError(
            f"{reader.path}: has no wavelengths, neither in its metadata nor in a table beside it; "
            "give a wavelength file as WAVELENGTHS"
        )
    table = read_wavelength_file(found, reader.bands, reader.samples, rows)
    where = "beside the image" if found.parent == reader.path.parent else f"in {found.parent}"
    return replace(table, source=f"{table.source}, found {where}")
