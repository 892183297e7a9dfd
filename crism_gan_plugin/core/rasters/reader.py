"""Rasters, block by block: the one door to image files.

GDAL opens everything; the numbers of flat files (ENVI, PDS) are then read directly, see `raw_image`.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import AnyArray, Indices, IntArray
from ..errors import InputError
from ..files.gdal_access import CACHE_BYTES, as_text, attempt, metadata_of, open_dataset, open_pds_dataset
from ..files.names import PathLike, gdal_name
from ..files.reading import check_file, read_whole, special_file_beside
from ..files.virtual import check_name
from ..instrument.detectors import MISSING
from ..mars.georeference import Georeference
from . import envi
from .label_pairs import Pair, label_of_cube, labels_beside, pair_of_image, pair_of_label
from .masks import PixelMask
from .missing import MissingNumbers, missing_of_bands, missing_of_header, missing_of_label
from .pds_label import Label, is_label
from .raw_image import RawImage
from .scaling import Scaling, scaling_of_bands, scaling_of_header, scaling_of_label
from .virtual_images import open_virtual, refuse_archive


class RasterReader:
    """An image file, read by blocks of lines. Closed by ``with`` or `close`; several threads may read at once.

    Parameters
    ----------
    path
        Any raster that GDAL reads, by path or by GDAL's own name (``/vsizip/…``, ``HDF5:…``); an ENVI header or image, or a PDS3
        label. An image without header finds its label beside it.

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
        Size; alpha bands do not count.
    dtype
        Type of the numbers that `read` gives: the file's, but floating where these are scaled or masked, or have several
        no-data values.
    nodata
        The declared no-data value, or None; NaN where numbers are scaled or masked, or have several.
    georeference
        None for an image in sensor space.

    Raises
    ------
    InputError
        If the file is missing, empty, not a raster, or shorter than its header or label says.
    """

    path: Path
    label: Optional[Label] = None
    renamed = False
    notes: tuple[str, ...] = ()
    lines: int
    samples: int
    dtype: np.dtype[Any]
    nodata: Optional[float]

    # what opening finds
    _dataset: Any = None
    _raw: Optional[RawImage] = None
    _header: Optional[Path] = None
    _mask: Optional[PixelMask] = None

    def __init__(self, path: PathLike) -> None:
        self._lock = threading.Lock()
        self._through_cache = 0
        name = gdal_name(path)
        if name is None:
            self._open_file(check_file(path))
        else:
            self._open_virtual(name)
        if self._dataset is not None:
            self._mask = PixelMask(self._dataset)
            self._numbers = np.array(self._mask.bands, dtype=int)
        else:
            assert self._raw is not None  # or opening would have failed
            self._numbers = np.arange(self._raw.bands) + 1
        self.bands = self._numbers.size
        if self._raw is not None:
            self.lines, self.samples, self.dtype = self._raw.lines, self._raw.samples, self._raw.dtype
        else:
            self.lines, self.samples = self._dataset.RasterYSize, self._dataset.RasterXSize
            if self.bands == 0:
                raise InputError(_no_bands(self.path, self._dataset))
            self.dtype = _numpy_type(self._dataset)
        fields = None if self._header is None else envi.read_header(self._header)
        label = self.label
        if label is None and fields is not None:
            label = label_of_cube(self.path, self.lines, self.samples, self.bands)
        image = None if label is None else next(label.find("IMAGE"), None)
        self._scaling = self._find_scaling(fields, image)
        self._missing = self._find_missing(fields, image)
        self.nodata = self._missing.only
        self._is_raw = self.dtype.kind not in "iuf" or not (self._scaling is not None or self._mask or self._missing.several)
        if not self._is_raw:
            self.dtype, self.nodata = np.dtype(np.float32 if _fits_single(self.dtype) else np.float64), np.nan
        self.georeference = None if self._dataset is None else Georeference.of(self._dataset)

    def _open_file(self, source: Path) -> None:
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

    def _open_virtual(self, name: str) -> None:
        """Open an image that is no file of its own. GDAL reads it, and the headers and labels beside it."""
        check_name(name)
        self.path = Path(name)
        self._dataset, label = open_virtual(name)
        if label is not None:
            self.label = label

    def _open_image(self, path: Path) -> None:
        try:
            self._dataset = open_dataset(path)
        except InputError:
            self._open_without_gdal(path)
            return
        header = envi.header_of(path)
        if self._dataset.GetDriver().ShortName == "ENVI" and header is not None:
            self._header, self._raw = header, envi.describe(path, header)
            alike = envi.is_read_alike(self._dataset, header, read_whole(header))
            if self._raw is not None and not alike:
                self._dataset = envi.open_header(header)
            elif self._raw is None:
                envi.check_compressed(path, header)
                if not alike:
                    raise InputError(
                        f"{header}: is written in a way that is not read for compressed images; decompress the image (gunzip), "
                        "and take 'file compression' out of the header"
                    )

    def _open_without_gdal(self, path: Path) -> None:
        """Open what GDAL refused: an image with its PDS label, or a truncated ENVI image; raise again if it is neither."""
        header, pair, other = envi.header_of(path), pair_of_image(path), next(labels_beside(path), None)
        if pair is not None:
            self._open_pair(pair)
        elif header is not None:
            raw = envi.describe(path, header)
            if raw is not None:
                raw.check_size()
            if raw is None or special_file_beside(path) is not None:
                raise
            self._header, self._raw, self._dataset = header, raw, envi.open_header(header)
        elif other is not None:
            raise InputError(
                f"{path}: the label beside it, {other.name}, is that of another image; give this image with its own label"
            )
        else:
            refuse_archive(path)
            raise

    def _open_pair(self, pair: Pair) -> None:
        raw, label = pair.image, pair.label
        raw.check_size()
        self.label, self._raw = label, raw
        self.renamed, self.notes = bool(pair.note), (pair.note,) if pair.note else ()
        if next(label.find("IMAGE_MAP_PROJECTION"), None) is None:
            return
        header = envi.header_of(raw.path)
        if header is not None:  # its map info is surer than the label's offsets
            self._header, self._raw = header, envi.describe(raw.path, header) or raw
            try:
                self._dataset = open_dataset(raw.path)
            except InputError:
                self._dataset = envi.open_header(header)
        elif self.renamed:
            raise InputError(
                f"{pair.path}: {pair.note}, but a map projection is read with the names of the archive alone; restore them"
            )
        else:
            self._dataset = open_pds_dataset(pair.path)

    def _find_missing(self, fields: Optional[dict[str, str]], image: Optional[Label]) -> MissingNumbers:
        """The numbers that the image's ENVI header and its label declare; else those that GDAL has read somewhere."""
        found = [] if fields is None or self._header is None else missing_of_header(self._header, fields, self.bands)
        found += [] if image is None else missing_of_label(self.path, image, self.dtype, self.bands)
        # GDAL's value for a label without one is of its own invention
        if not found and self._dataset is not None and self._dataset.GetDriver().ShortName != "PDS":
            found = missing_of_bands(self._gdal_bands())
        return MissingNumbers(found)

    def _find_scaling(self, fields: Optional[dict[str, str]], image: Optional[Label]) -> Optional[Scaling]:
        """The scaling that the ENVI header or the label declares; else that of GDAL."""
        scaling = None if fields is None or self._header is None else scaling_of_header(self._header, fields, self.bands)
        of_label = None if image is None else scaling_of_label(self.path, image, self.bands)
        if scaling is not None and of_label is not None and not scaling.same_as(of_label):
            raise InputError(
                f"{self.path}: its header and its label scale the numbers differently; which of them leads to I/F is not known: "
                "move away or correct the one that does not count"
            )
        if scaling is None and image is not None:
            return of_label
        if scaling is None and self._dataset is not None:
            return scaling_of_bands(self.path, self._gdal_bands(), self.metadata("ENVI"))
        return scaling

    def row_table(self) -> Optional[IntArray]:
        """The detector row of each band, from the table that follows the image in CRISM's files; None where there is none."""
        return None if self._raw is None else self._raw.row_table()

    def _gdal_bands(self) -> list[Any]:
        return [self._dataset.GetRasterBand(int(number)) for number in self._numbers]

    @property
    def meaning(self) -> list[Any]:
        """How the file's numbers become values, whichever of its files says so; JSON."""
        scaling = None if self._scaling is None else [self._scaling.factors.tolist(), self._scaling.offsets.tolist()]
        return [str(self.dtype), self._missing.described, scaling]

    def __enter__(self) -> RasterReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file. What was read stays valid; reading again raises `RuntimeError`."""
        self._dataset = self._raw = self._mask = None

    def metadata(self, domain: str = "") -> dict[str, str]:
        """The image's metadata in one of GDAL's domains."""
        return {} if self._dataset is None else metadata_of(self._dataset, domain)

    def band_metadata(self, band: int, domain: str = "") -> dict[str, str]:
        """Metadata of one band, counted from 0."""
        return {} if self._dataset is None else metadata_of(self._band(band), domain)

    def _band(self, band: int) -> Any:
        return self._dataset.GetRasterBand(int(self._numbers[band]))

    def band_name(self, band: int) -> str:
        """The name of one band, counted from 0; empty where it has none."""
        return "" if self._dataset is None else as_text(self._band(band).GetDescription())

    def read(self, line0: int, lines: int, bands: Optional[Indices] = None) -> AnyArray:
        """Numbers of some lines.

        Parameters
        ----------
        line0, lines
            First line, from 0, and number of lines.
        bands
            Band numbers from 0, in the order wanted; all when None.

        Returns
        -------
        (bands, lines, samples) of type `dtype`. It may lie in memory in another order (that of the file).

        Raises
        ------
        InputError
            If the file cannot be read there.
        """
        if line0 < 0 or lines < 1 or line0 + lines > self.lines:
            raise ValueError(f"lines {line0} to {line0 + lines - 1} of an image of {self.lines} lines")
        if self._raw is None and self._dataset is None:
            raise RuntimeError(f"{self.path}: is closed")
        wanted = np.arange(self.bands) if bands is None else np.asarray(bands, dtype=np.intp)
        if self._raw is not None:
            block = self._raw.read(line0, lines, self._numbers[wanted] - 1)
        else:
            with self._lock:
                block = self._read_with_gdal(line0, lines, wanted)
        return self._values(block, line0, wanted)

    def _read_with_gdal(self, line0: int, lines: int, bands: IntArray) -> AnyArray:
        numbers = [int(number) for number in self._numbers[bands]]
        block, messages = attempt(self._dataset.ReadAsArray, 0, line0, self.samples, lines, band_list=numbers)
        if block is None or messages:
            raise self._unreadable(line0, messages)
        self._through_cache += block.nbytes
        if self._through_cache > CACHE_BYTES:
            self._dataset.FlushCache()
            self._through_cache = 0
        return block if block.ndim == 3 else block[np.newaxis]

    def _values(self, block: AnyArray, line0: int, bands: IntArray) -> AnyArray:
        """What the file's numbers stand for: as they are, or scaled and masked, then with NaN for those that mean no data."""
        if self._is_raw:
            return block
        values = block.astype(self.dtype if self._scaling is None else np.float64)
        missing = self._missing(block, bands)
        if self._scaling is not None:
            missing |= block == MISSING
            values = self._scaling(values, bands).astype(self.dtype)
        if self._mask:
            with self._lock:
                masked, messages = self._mask.without_data(line0, block.shape[1], [int(number) for number in self._numbers[bands]])
            if masked is None:
                raise self._unreadable(line0, messages)
            missing |= masked
        values[missing] = np.nan
        return values

    def _unreadable(self, line0: int, messages: list[str]) -> InputError:
        reason = messages[0] if messages else "no reason given"
        return InputError(f"{self.path}: cannot be read at line {line0} ({reason}); the file may be damaged, get it again")


def _no_bands(path: Path, dataset: Any) -> str:
    """A container of several images, with the first of their names."""
    names = [name for name, _ in dataset.GetSubDatasets() or []]
    advice = f"give one of the {len(names)} images inside it: {', '.join(names[:3])}" if names else "give an image"
    return f"{path}: has no bands of its own; {advice}"


def _fits_single(dtype: np.dtype[Any]) -> bool:
    """Whether 32-bit numbers hold all of this type exactly."""
    return dtype.itemsize < 4 or dtype == np.float32


def _numpy_type(dataset: Any) -> np.dtype[Any]:
    from osgeo import gdal_array

    code = dataset.GetRasterBand(1).DataType
    return np.dtype(gdal_array.GDALTypeCodeToNumericTypeCode(code) or np.float64)
