"""The small picture of a map by which it is found again, in the colours of its legend."""

from __future__ import annotations

from ..mosaic.maps import ClassRaster
from ..progress import Progress
from ..rasters.reader import RasterReader
from ..reports.picture import CellPicture, Palette
from ..reports.png import paletted_png

#: Most cells along a side.
_MOST = 512

#: Pixels of a map that are read at once.
_AT_ONCE = 1 << 22


def cells_of(mineral_map: ClassRaster, progress: Progress) -> CellPicture:
    """The cells of a map's picture, in which small deposits stay visible."""
    lines, samples = mineral_map.lines, mineral_map.samples
    picture = CellPicture(lines, samples, _MOST)
    height = picture.factor * max(1, _AT_ONCE // (samples * picture.factor))
    with RasterReader(mineral_map.path) as reader:
        for first in range(0, lines, height):
            picture.add(first, mineral_map.minerals_of(reader.read(first, min(height, lines - first))[0]))
            progress.report(min(first + height, lines) / lines)
    return picture


def thumbnail_png(mineral_map: ClassRaster, picture: CellPicture) -> bytes:
    """The picture as PNG."""
    palette = Palette.of({row.value: row.rgb for row in mineral_map.table}, None)
    return paletted_png(palette.place[picture.codes], palette.colours)
