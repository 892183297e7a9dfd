"""Writes the rasters of a composite. Tiles go to a temporary GeoTIFF, of which GDAL's COG driver makes a cloud-optimised one.

Tiles without data take no room in either file. The driver would make overviews of the whole composite, empty ground included, which
takes longer than the rest of its work. So the temporary file has overviews already: every second pixel of the level before, in
files that GDAL knows by their names (``.ovr``, ``.ovr.ovr``, …). rasterio's `copy` takes half a minute for a large composite, and
can neither be stopped nor asked how far it is. So the driver is called through GDAL's own module.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Optional

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.windows import Window

from ..arrays import AnyArray
from ..errors import OutputError
from ..files.gdal_access import attempt, load_gdal
from ..progress import Progress
from .grid import Grid
from .sampling import FAULTS

#: Side of a tile, in pixels.
TILE = 512

#: Seconds between two looks at whether the user asked to stop.
_LOOK = 0.2


class CompositeRaster:
    """A raster of one band. It is written block by block, then made final by `finish_rasters`. Use it in a ``with`` statement.

    Parameters
    ----------
    path
        The final file.
    scratch
        A folder for the temporary file.
    grid
        Its grid of pixels.
    dtype
        Type of the numbers.
    nodata
        The value of pixels that are not written.
    band_name, metadata
        What the file says of itself.

    Raises
    ------
    OutputError
        If it cannot be written. Every method may raise this.
    """

    def __init__(
        self, path: Path, scratch: Path, grid: Grid, dtype: Any, *, nodata: float, band_name: str, metadata: Mapping[str, str]
    ) -> None:
        self.path, self._temporary = path, scratch / path.name
        self._nodata, self._is_float = nodata, np.dtype(dtype).kind == "f"
        self._tiles: list[tuple[int, int]] = []
        self._levels: list[Any] = []
        self.fraction, self.stopped = 0.0, False
        try:
            self._add_level(grid, grid.lines, grid.samples, dtype)
            while max(self._levels[-1].shape) > TILE:
                lines, samples = (-(-size // 2) for size in self._levels[-1].shape)
                self._add_level(grid, lines, samples, dtype)
            self._levels[0].update_tags(**metadata)
            self._levels[0].set_band_description(1, band_name)
        except FAULTS as error:
            raise self._fault(error) from error

    def write(self, numbers: AnyArray, window: Window) -> None:
        """Write the numbers of a window that begins where a tile does. Tiles without data are left out."""
        for line in range(0, window.height, TILE):
            for sample in range(0, window.width, TILE):
                tile = numbers[line : line + TILE, sample : sample + TILE]
                if not (np.isnan(tile) if self._is_float else tile == self._nodata).all():
                    self._write(0, tile, window.row_off + line, window.col_off + sample)
                    self._tiles.append(((window.row_off + line) // TILE, (window.col_off + sample) // TILE))
        for level in range(1, len(self._levels)):
            step = 1 << level
            line, sample = -window.row_off % step, -window.col_off % step
            self._write(
                level, numbers[line::step, sample::step], (window.row_off + line) // step, (window.col_off + sample) // step
            )

    def finish(self) -> None:
        """Make the final file, unless ``stopped`` is set. ``fraction`` tells how far the work is."""
        self._close()
        self._check_whole(self._temporary)
        gdal = load_gdal()
        # Noisy floats shrink no further at higher levels, which take longer.
        squeeze = ("LEVEL=1", "PREDICTOR=YES") if self._is_float else ("LEVEL=6", "PREDICTOR=NO")
        options = ["COMPRESS=DEFLATE", *squeeze, f"BLOCKSIZE={TILE}", "SPARSE_OK=YES", "BIGTIFF=YES"]
        source, messages = attempt(gdal.Open, str(self._temporary))
        holder = []
        if source is not None:
            copy = gdal.GetDriverByName("COG").CreateCopy
            made, messages = attempt(copy, str(self.path), source, options=options, callback=self._step)
            holder = [made]
            del made
        messages += attempt(holder.clear)[1]  # the last reference: GDAL closes the file
        if self.stopped:
            return
        if messages:
            raise self._fault(messages[0])
        self._check_whole(self.path)

    def __enter__(self) -> CompositeRaster:
        return self

    def __exit__(self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]) -> None:
        try:
            self._close()
        except OutputError:  # the files are of no use any more, and the first error is the one to tell
            if kind is None:
                raise

    def _add_level(self, grid: Grid, lines: int, samples: int, dtype: Any) -> None:
        path = f"{self._temporary}{'.ovr' * len(self._levels)}"
        transform = Affine.from_gdal(*grid.georeference.transform) * Affine.scale(1 << len(self._levels))
        place = {"crs": CRS.from_wkt(grid.projection.wkt), "transform": transform}
        layout = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "sparse_ok": True, "bigtiff": "YES"}
        size = {"height": lines, "width": samples, "count": 1, "dtype": dtype, "nodata": self._nodata}
        self._levels.append(rasterio.open(path, "w", driver="GTiff", **place, **size, **layout))

    def _write(self, level: int, numbers: AnyArray, line: int, sample: int) -> None:
        if not numbers.size:
            return
        try:
            self._levels[level].write(numbers, 1, window=Window(sample, line, numbers.shape[1], numbers.shape[0]))
        except FAULTS as error:
            raise self._fault(error) from error

    def _close(self) -> None:
        try:
            while self._levels:
                self._levels.pop().close()
        except FAULTS as error:
            raise self._fault(error) from error

    def _step(self, fraction: float, *_: object) -> int:
        self.fraction = fraction
        return not self.stopped

    def _check_whole(self, path: Path) -> None:
        """Check that every written tile is in a file, because GDAL and rasterio do not report every failure of delayed writing."""
        dataset, _ = attempt(load_gdal().Open, str(path))
        band, size = dataset and dataset.GetRasterBand(1), path.stat().st_size
        for row, column in self._tiles:
            place = [band and band.GetMetadataItem(f"BLOCK_{what}_{column}_{row}", "TIFF") for what in ("OFFSET", "SIZE")]
            if None in place or sum(map(int, place)) > size:
                raise self._fault("the file is cut short")

    def _fault(self, error: object) -> OutputError:
        reason = " ".join(str(error).split()).split("Proc:")[-1]  # "_tiffWriteProc:No space left on device"
        return OutputError(f"{self.path}: cannot be written ({reason}); free some disk space or choose another folder")


def finish_rasters(rasters: Sequence[CompositeRaster], progress: Progress) -> None:
    """Make the final files, several at a time. Raises `OutputError` if one cannot be written, `Cancelled` if the user stops."""
    with ThreadPoolExecutor(min(len(rasters), os.cpu_count() or 1)) as pool:
        try:
            running = [pool.submit(raster.finish) for raster in rasters]
            waiting = set(running)
            while waiting:
                done, waiting = wait(running, _LOOK, FIRST_EXCEPTION)
                for each in done:
                    each.result()
                progress.report(sum(raster.fraction for raster in rasters) / len(rasters), "writing the rasters")
        finally:
            for raster in rasters:
                raster.stopped = True
