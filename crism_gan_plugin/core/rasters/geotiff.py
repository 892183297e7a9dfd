"""GeoTIFFs written by blocks of lines. GDAL tells faults of writing late, and only to its error handler, which is asked here."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Mapping, Optional, Sequence

import numpy as np

from ..arrays import AnyArray
from ..errors import OutputError
from ..files.gdal_access import CACHE_BYTES, attempt, load_gdal
from ..files.names import PathLike
from ..mars.georeference import Georeference

#: Uncompressed size of one strip of a GeoTIFF: small enough for one pixel's spectrum to be read quickly, large enough to compress.
_STRIP_BYTES = 64 << 10

#: Most lines of a strip. GDAL takes a file of one strip and over 2,000 lines apart by lines, which then count as strips.
_STRIP_LINES = 1024


class RasterWriter:
    """A GeoTIFF being written, made by `create_raster`. Leave it by ``with`` or `close`: only then is it known to be whole."""

    def __init__(self, path: Path, dataset: Any) -> None:
        self.path = path
        self._dataset = dataset
        self._unflushed = 0

    def write(self, array: AnyArray, line0: int, first_band: Optional[int] = None) -> None:
        """Write (bands, lines, samples) numbers from line ``line0`` on; `OutputError` if that fails.

        The numbers are those of all bands, or of some bands from ``first_band`` on, counted from 0.
        """
        contiguous, bands = np.ascontiguousarray(array), self._dataset.RasterCount
        if contiguous.ndim != 3 or (len(contiguous) != bands if first_band is None else first_band + len(contiguous) > bands):
            raise ValueError(f"{array.shape} is not (bands, lines, samples) of {bands} bands")
        for number, plane in enumerate(contiguous, start=1 + (first_band or 0)):
            result, messages = attempt(self._dataset.GetRasterBand(number).WriteArray, plane, 0, line0)
            self.check(messages or ([] if result == 0 else ["no reason given"]))
        self._unflushed += contiguous.nbytes
        if self._unflushed > CACHE_BYTES:
            self._unflushed = 0
            self.check(attempt(self._dataset.FlushCache)[1])

    def close(self) -> None:
        """Write what is still in memory; `OutputError` if that fails."""
        if self._dataset is not None:
            messages = attempt(self._dataset.FlushCache)[1]
            self.check(messages + self._release())
            if not _is_whole(self.path):
                self.check(["the file is cut short"])

    def _release(self) -> list[str]:
        """Let GDAL close the file, and give its messages."""
        holder, self._dataset = [self._dataset], None
        return attempt(holder.clear)[1]  # the last reference to the dataset

    def check(self, messages: list[str]) -> None:
        """Raise `OutputError` if GDAL complained about anything."""
        if messages:
            self._release()  # its further complaints tell nothing new
            reason = messages[0].split("Proc:")[-1]  # "_tiffWriteProc:No space left on device"
            raise OutputError(f"{self.path}: cannot be written ({reason}); free some disk space or choose another folder")

    def __enter__(self) -> RasterWriter:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        if kind is None:
            self.close()
        else:  # the file is of no use any more, and the first error is the one to tell
            self._release()


def _is_whole(path: Path) -> bool:
    """Whether every strip lies within the file: libtiff 4.7 says nothing when its last write fails."""
    gdal = load_gdal()
    dataset, _ = attempt(gdal.Open, str(path))
    if dataset is None:
        return False
    size = path.stat().st_size
    for number in range(1, dataset.RasterCount + 1):
        band = dataset.GetRasterBand(number)
        for strip in range(-(-dataset.RasterYSize // band.GetBlockSize()[1])):
            offset = band.GetMetadataItem(f"BLOCK_OFFSET_0_{strip}", "TIFF")
            length = band.GetMetadataItem(f"BLOCK_SIZE_0_{strip}", "TIFF")
            if offset is None or length is None or int(offset) + int(length) > size:
                return False
    return True


def create_raster(
    path: PathLike,
    lines: int,
    samples: int,
    bands: int,
    dtype: Any,
    *,
    nodata: Optional[float] = None,
    georeference: Optional[Georeference] = None,
    band_names: Sequence[str] = (),
    metadata: Optional[Mapping[str, str]] = None,
    band_metadata: Optional[Sequence[Mapping[str, str]]] = None,
    envi: Optional[Mapping[str, str]] = None,
) -> RasterWriter:
    """Begin a compressed GeoTIFF.

    Parameters
    ----------
    path
        The file; an old one is replaced.
    lines, samples, bands, dtype
        Size and NumPy type of the numbers.
    nodata
        The value that means no data.
    georeference
        Where it lies on the map; None for sensor space.
    band_names, band_metadata
        Names of the bands, and metadata of each.
    metadata
        Metadata of the image.
    envi
        Fields of an ENVI header, which GDAL keeps in a domain of that name.

    Raises
    ------
    OutputError
        If the file cannot be made.
    """
    gdal = load_gdal()
    from osgeo import gdal_array

    kind = np.dtype(dtype)
    rows = min(max(1, _STRIP_BYTES // (samples * kind.itemsize)), _STRIP_LINES, lines)
    # Noisy floats shrink no further at higher levels, which take twice the time.
    squeeze = ("PREDICTOR=3", "ZLEVEL=1") if kind.kind == "f" else ("PREDICTOR=2",)
    options = [
        "COMPRESS=DEFLATE",
        *squeeze,
        "BIGTIFF=IF_SAFER",
        "INTERLEAVE=BAND",
        f"BLOCKYSIZE={rows}",
    ]
    code = gdal_array.NumericTypeCodeToGDALTypeCode(kind.type)
    dataset, messages = attempt(gdal.GetDriverByName("GTiff").Create, str(path), samples, lines, bands, code, options)
    if dataset is None:
        reason = messages[0] if messages else "no reason given"
        raise OutputError(f"{path}: cannot be made ({reason}); choose another folder")
    writer = RasterWriter(Path(path), dataset)
    writer.check(attempt(_describe, dataset, nodata, georeference, band_names, metadata or {}, band_metadata or ())[1])
    if envi:
        writer.check(attempt(dataset.SetMetadata, dict(envi), "ENVI")[1])
    return writer


def _describe(
    dataset: Any,
    nodata: Optional[float],
    georeference: Optional[Georeference],
    band_names: Sequence[str],
    metadata: Mapping[str, str],
    band_metadata: Sequence[Mapping[str, str]],
) -> None:
    if nodata is not None:
        dataset.GetRasterBand(1).SetNoDataValue(float(nodata))
    if georeference is not None:
        dataset.SetGeoTransform(georeference.transform)
        dataset.SetProjection(georeference.wkt)
    if metadata:
        dataset.SetMetadata({key: str(value) for key, value in metadata.items()})
    for number, name in enumerate(band_names, start=1):
        dataset.GetRasterBand(number).SetDescription(name)
    for number, items in enumerate(band_metadata, start=1):
        dataset.GetRasterBand(number).SetMetadata({key: str(value) for key, value in items.items()})
