"""Reads what a map has under a window of the composite: the nearest pixels, found by GDAL's warper through rasterio.

However many maps there are, only some are open at a time, and GDAL's cache of their blocks is bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import ceil
from typing import Any, Optional
from xml.sax.saxutils import escape

import numpy as np
import rasterio
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..mapping.levels import NO_DATA
from .classes import UNNAMED
from .grid import Grid
from .maps import MineralMap
from .sheets import NUDGE, Sheet, lay_sheets

#: The most maps that are open at a time, each with its evidence.
_OPEN_MAPS = 32

#: Stands for pixels outside a map. It is neither a code nor a similarity.
_BESIDE = -1

#: The most that the warper's interpolated places may be off, in pixels. With 0 rasterio makes no transformer at all.
_TOLERANCE = 1e-9

#: The warper looks up this many points along each side of a piece, and inside it, to see which part of the source it needs. It
#: reads some pixels more, and the most where a sheet ends at 180° between two such points.
_SAMPLE_STEPS, _MOST_EXTRA = 64, 2048

#: What rasterio raises. The last are GDAL's errors that it has no exception of its own for.
FAULTS = (RasterioError, OSError, CPLE_BaseError)


@dataclass(frozen=True)
class Sample:
    """What a map has under a window of the composite.

    Attributes
    ----------
    window
        The window.
    codes
        Codes of the composite's legend, (h, w) uint8; 255 is no data.
    similarity
        Similarities, (h, w) float32. They mean nothing where there is no data.
    probability
        Probabilities, (h, w) float32, if they were asked for. They mean nothing where nothing is detected.
    """

    window: Window
    codes: IntArray
    similarity: FloatArray
    probability: Optional[FloatArray] = None

    def place(self, block: Window) -> tuple[slice, slice]:
        """The window within a block."""
        line, sample = self.window.row_off - block.row_off, self.window.col_off - block.col_off
        return slice(line, line + self.window.height), slice(sample, sample + self.window.width)


class Sampler:
    """Samples all maps of a composite. Use it in a ``with`` statement.

    Parameters
    ----------
    grid
        The composite's grid.
    maps
        The maps.
    translations
        For each map, the composite's code for each of its codes, (256,) uint8.
    with_probability
        Whether the maps' probabilities are sampled, too. All maps must have them then.

    Attributes
    ----------
    sheets
        The sheets of each map, in the order of the maps.
    """

    def __init__(
        self, grid: Grid, maps: Sequence[MineralMap], translations: Sequence[IntArray], with_probability: bool = False
    ) -> None:
        self._grid, self._maps, self._translations, self._with_probability = grid, maps, translations, with_probability
        self._crs = CRS.from_wkt(grid.projection.wkt)
        self._transform = Affine.from_gdal(*grid.georeference.transform)
        self.sheets = [lay_sheets(number, each, grid, self._crs) for number, each in enumerate(maps)]
        self._open: OrderedDict[Sheet, ExitStack] = OrderedDict()
        self._warped: dict[Sheet, Any] = {}

    def __enter__(self) -> Sampler:
        return self

    def __exit__(self, *_: object) -> None:
        while self._open:
            self._close_oldest()

    def sample(self, sheet: Sheet, window: Window) -> Sample:
        """Sample one sheet. Raises `InputError` if it cannot be read, or has codes without a class."""
        source = self._maps[sheet.number]
        try:
            with rasterio.Env():
                planes = self._look_up(source, window) if sheet.crs is None else self._warp(sheet).read(window=window)
        except FAULTS as error:
            raise _explained(source, error) from error
        read = np.where(planes[0] == _BESIDE, NO_DATA, planes[0]).astype(np.uint8)
        codes = self._translations[sheet.number][read]
        if (codes == UNNAMED).any():
            code = int(read[codes == UNNAMED][0])
            raise InputError(
                f"{source.path}: its class table does not name code {code}; is {source.path.name}.aux.xml, which was written with "
                "it, still beside it?"
            )
        similarity = planes[1] if source.evidence is not None else np.broadcast_to(np.float32(np.nan), codes.shape)
        return Sample(window, codes, similarity, planes[2] if self._with_probability else None)

    def _warp(self, sheet: Sheet) -> Any:
        """The map on the composite's grid."""
        if sheet in self._open:
            self._open.move_to_end(sheet)
            return self._warped[sheet]
        while len(self._open) >= _OPEN_MAPS:
            self._close_oldest()
        with ExitStack() as files:
            stacked = _stacked(self._maps[sheet.number], sheet.transform, self._with_probability)
            image = files.enter_context(rasterio.open(stacked))
            warped = files.enter_context(
                WarpedVRT(
                    image,
                    src_crs=sheet.crs,
                    src_nodata=_BESIDE,
                    crs=self._crs,
                    transform=self._transform,
                    width=self._grid.samples,
                    height=self._grid.lines,
                    nodata=_BESIDE,
                    tolerance=_TOLERANCE,
                    sample_grid="YES",
                    sample_steps=_SAMPLE_STEPS,
                    source_extra=self._extra(sheet),
                )
            )
            self._open[sheet], self._warped[sheet] = files.pop_all(), warped
        return warped

    def _extra(self, sheet: Sheet) -> int:
        """Pixels of the source that the warper reads beyond those it sees at its sample points."""
        source, grid = self._maps[sheet.number], self._grid
        per_pixel = grid.pixel * grid.projection.metres_per_unit / source.pixel_metres
        return _MOST_EXTRA if sheet.torn else min(ceil(32 * per_pixel) + 2, _MOST_EXTRA)

    def _close_oldest(self) -> None:
        sheet, files = self._open.popitem(last=False)
        del self._warped[sheet]
        files.close()

    def _look_up(self, source: MineralMap, window: Window) -> FloatArray:
        """The planes, (n, h, w), of a map on an ellipsoid. PROJ would not convert its planetographic latitudes."""
        number = len(source.planes(self._with_probability))
        planes = np.full((number, window.height, window.width), _BESIDE, np.float32)
        place = self._transform * Affine.translation(window.col_off + 0.5, window.row_off + 0.5)
        x, y = place * np.meshgrid(np.arange(window.width), np.arange(window.height))
        found = source.to_pixels(*source.projection.to_map(*self._grid.projection.to_degrees(x, y)))
        sample, line = (np.floor(np.nan_to_num(axis, nan=-1) + NUDGE).astype(np.int64) for axis in found)
        inside = (line >= 0) & (line < source.lines) & (sample >= 0) & (sample < source.samples)
        if inside.any():
            line, sample = line[inside], sample[inside]
            top, left = int(line.min()), int(sample.min())
            size = int(sample.max()) + 1 - left, int(line.max()) + 1 - top
            for plane, numbers in zip(planes, source.read(left, top, *size, self._with_probability)):
                plane[inside] = numbers[line - top, sample - left]
        return planes


def _stacked(source: MineralMap, transform: Affine, with_probability: bool) -> str:
    """A virtual raster of a map's planes, so that the warper computes places once for all."""
    place = transform * Affine.translation(-NUDGE, -NUDGE)
    bands = "".join(
        f'<VRTRasterBand dataType="Float32" band="{number}"><SimpleSource><SourceFilename relativeToVRT="0">'
        f"{escape(str(path.absolute()))}</SourceFilename><SourceBand>{band}</SourceBand></SimpleSource></VRTRasterBand>"
        for number, (path, band) in enumerate(source.planes(with_probability), 1)
    )
    return (
        f'<VRTDataset rasterXSize="{source.samples}" rasterYSize="{source.lines}">'
        f"<GeoTransform>{', '.join(repr(float(number)) for number in place.to_gdal())}</GeoTransform>{bands}</VRTDataset>"
    )


def _explained(source: MineralMap, error: Exception) -> InputError:
    """The error of the file that is at fault, because GDAL's error names only the virtual raster."""
    try:
        for line in range(source.lines):
            source.read(0, line, source.samples, 1, source.probability_band is not None)
    except InputError as found:
        return found
    return InputError(f"{source.path}: cannot be read ({error}); the file may be damaged, get it again")
