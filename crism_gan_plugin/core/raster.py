"""Rasters, block by block: the one door to image files; what writes them is here by name too.

GDAL opens everything; the numbers of flat files (ENVI, PDS) are then read directly, see `raw_image`.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Optional, Sequence, Union

import numpy as np

from . import envi
from .class_table import ClassRow, read_class_table, write_class_table
from .errors import InputError
from .files import check_file
from .gdal_access import CACHE_BYTES, as_text, attempt, load_gdal, metadata_of, open_dataset
from .georeference import Georeference
from .geotiff import RasterWriter, create_raster
from .products.labels import Label, is_label
from .products.pairs import Pair, labels_beside, pair_of_image, pair_of_label
from .raw_image import RawImage

__all__ = ["ClassRow", "Georeference", "RasterReader", "RasterWriter", "create_raster", "read_class_table", "write_class_table"]

#: GDAL would shift map-projected PDS images by half a pixel; CRISM's offsets count from the outer corner of the first pixel.
_NO_PDS_SHIFT = {"PDS_SampleProjOffset_Shift": "0", "PDS_LineProjOffset_Shift": "0"}


class RasterReader:
    """An image file, read by blocks of lines. Closed by ``with`` or `close`; several threads may read at once.

    Parameters
    ----------
    path
        Any raster that GDAL reads, an ENVI header or image, or a PDS3 label. An image without header finds its label beside it.

    Attributes
    ----------
    path
        The file with the numbers: the image where a header or label was given.
    label
        The PDS label through which it was opened, else None.
    renamed
        Whether the label names another file, and was taken since both are called alike.
    notes
        What the user should know about how it is read.
    lines, samples, bands
        Size.
    dtype
        Type of the numbers.
    nodata
        The declared no-data value, or None.
    georeference
        None for an image in sensor space.

    Raises
    ------
    InputError
        If the file is missing, empty, not a raster, or shorter than its header or label says.
    """

    def __init__(self, path: Union[str, Path]) -> None:
        source = check_file(path)
        self.label: Optional[Label] = None
        self.renamed = False
        self.notes: tuple[str, ...] = ()
        self._dataset: Any = None
        self._raw: Optional[RawImage] = None
        self._lock = threading.Lock()
        self._through_cache = 0
        if envi.is_header(source):
            source = check_file(envi.image_of(source))
        self.path = source
        if is_label(source):
            self._open_pair(pair_of_label(source))
        else:
            self._open_image(source)
        if self._raw is not None:
            self._raw.check_size()
            self.path = self._raw.path
            self.lines, self.samples, self.bands = self._raw.lines, self._raw.samples, self._raw.bands
            self.dtype = self._raw.dtype
        else:
            dataset = self._dataset
            self.lines, self.samples, self.bands = dataset.RasterYSize, dataset.RasterXSize, dataset.RasterCount
            if self.bands == 0:
                raise InputError(f"{source}: has no bands of its own; give one of the images inside it")
            self.dtype = _numpy_type(dataset)
        if self._dataset is not None:
            _check_scaling(self._dataset, source)
        self.nodata = self._declared_nodata()
        self.georeference = None if self._dataset is None else Georeference.of(self._dataset)

    def _open_image(self, path: Path) -> None:
        try:
            self._dataset = open_dataset(path)
        except InputError:
            self._open_without_gdal(path)
            return
        header = envi.header_of(path)
        if self._dataset.GetDriver().ShortName == "ENVI" and header is not None:
            self._raw = envi.describe(path, header)
            if self._raw is not None and not envi.is_plain(header):
                self._dataset = envi.open_header(header)

    def _open_without_gdal(self, path: Path) -> None:
        """GDAL refused: an image with its PDS label beside it, or a truncated ENVI image; raises again if it is neither."""
        header, pair, other = envi.header_of(path), pair_of_image(path), next(labels_beside(path), None)
        if pair is not None:
            self._open_pair(pair)
        elif header is not None:
            raw = envi.describe(path, header)
            if raw is None or envi.is_plain(header):
                if raw is not None:
                    raw.check_size()
                raise
            raw.check_size()
            self._raw, self._dataset = raw, envi.open_header(header)
        elif other is not None:
            raise InputError(
                f"{path}: the label beside it, {other.name}, is that of another image; give this image with its own label"
            )
        else:
            raise

    def _open_pair(self, pair: Pair) -> None:
        raw, label = pair.image, pair.label
        raw.check_size()
        self.label, self._raw = label, raw
        self.renamed, self.notes = bool(pair.note), (pair.note,) if pair.note else ()
        if next(label.find("IMAGE_MAP_PROJECTION"), None) is None:
            return
        if envi.header_of(raw.path) is not None:  # its map info is surer than the label's offsets
            self._open_image(raw.path)
        else:
            self._dataset = _open_projected(pair.path)

    def _declared_nodata(self) -> Optional[float]:
        if self._dataset is not None:
            return self._dataset.GetRasterBand(1).GetNoDataValue()
        image = next(self.label.find("IMAGE"), None) if self.label else None
        missing = image.get("MISSING_CONSTANT") if image else None
        return float(missing) if isinstance(missing, (int, float)) else None

    def __enter__(self) -> RasterReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. What was read stays valid; reading again raises `RuntimeError`."""
        self._dataset = self._raw = None

    def metadata(self, domain: str = "") -> dict[str, str]:
        """The image's metadata in one of GDAL's domains."""
        return {} if self._dataset is None else metadata_of(self._dataset, domain)

    def band_metadata(self, band: int, domain: str = "") -> dict[str, str]:
        """Metadata of one band, counted from 0."""
        return {} if self._dataset is None else metadata_of(self._dataset.GetRasterBand(band + 1), domain)

    def band_name(self, band: int) -> str:
        """The name of one band, counted from 0; empty where it has none."""
        return "" if self._dataset is None else as_text(self._dataset.GetRasterBand(band + 1).GetDescription())

    def read(self, line0: int, lines: int, bands: Optional[Sequence[int]] = None) -> np.ndarray:
        """Numbers of some lines.

        Parameters
        ----------
        line0, lines
            First line, from 0, and number of lines.
        bands
            Band numbers from 0, in the order wanted; all when None.

        Returns
        -------
        (bands, lines, samples) in the file's own type. It may lie in memory in another order (that of the file).

        Raises
        ------
        InputError
            If the file cannot be read there.
        """
        if line0 < 0 or lines < 1 or line0 + lines > self.lines:
            raise ValueError(f"lines {line0} to {line0 + lines - 1} of an image of {self.lines} lines")
        if self._raw is not None:
            return self._raw.read(line0, lines, bands)
        if self._dataset is None:
            raise RuntimeError(f"{self.path}: is closed")
        with self._lock:
            return self._read_with_gdal(line0, lines, bands)

    def _read_with_gdal(self, line0: int, lines: int, bands: Optional[Sequence[int]]) -> np.ndarray:
        numbers = None if bands is None else [int(band) + 1 for band in bands]
        block, messages = attempt(self._dataset.ReadAsArray, 0, line0, self.samples, lines, band_list=numbers)
        if block is None or messages:
            reason = messages[0] if messages else "no reason given"
            raise InputError(f"{self.path}: cannot be read at line {line0} ({reason}); the file may be damaged, get it again")
        self._through_cache += block.nbytes
        if self._through_cache > CACHE_BYTES:
            self._dataset.FlushCache()
            self._through_cache = 0
        return block if block.ndim == 3 else block[np.newaxis]


def _check_scaling(dataset: Any, path: Path) -> None:
    """One factor for all numbers changes no ratio of them; an offset, or a factor for each band, would change every spectrum."""
    bands = [dataset.GetRasterBand(number) for number in range(1, dataset.RasterCount + 1)]
    factors = {band.GetScale() or 1.0 for band in bands}
    if len(factors) > 1 or any(band.GetOffset() for band in bands):
        raise InputError(
            f"{path}: its numbers have an offset, or a scale factor for each band, which is not applied here; "
            "write the real numbers first (gdal_translate -unscale -ot Float32)"
        )


def _numpy_type(dataset: Any) -> np.dtype:
    from osgeo import gdal_array

    code = dataset.GetRasterBand(1).DataType
    return np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(code) or np.float64)


def _open_projected(label: Path) -> Any:
    gdal = load_gdal()
    before = {key: gdal.GetConfigOption(key) for key in _NO_PDS_SHIFT}
    for key, value in _NO_PDS_SHIFT.items():
        gdal.SetConfigOption(key, value)
    try:
        return open_dataset(label)
    finally:
        for key, old in before.items():
            gdal.SetConfigOption(key, old)
