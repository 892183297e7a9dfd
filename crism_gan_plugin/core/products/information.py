"""The processing information (IN) of a map-projected image: which detector row and column each pixel was seen by."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import IntArray
from ..errors import InputError
from ..instrument.product_names import find_companion
from ..rasters.reader import RasterReader
from .kinds import refuse_other_kind
from .scene import Scene

#: Its bands; "VNIR sample" ends like the one.
_COLUMN_BAND, _LINE_BAND = "ir sample", "ir line"

#: Columns of the detector; lines that no image has as many of.
_COLUMNS, _LINES = 640, 1 << 15

#: Position of a pixel that the detector did not see.
UNKNOWN = -1


def information_beside(scene: Scene) -> Optional[Path]:
    """The IN product of an image, by the name of either, or None."""
    if scene.name is None or scene.name.product_type not in ("TER", "MTR"):
        return None
    return find_companion(scene.name, "IN", scene.name.product_type, [scene.path.parent], (".lbl", ".hdr", ".img", ".tif"))


def detector_positions(path: Path, scene: Scene) -> tuple[IntArray, IntArray]:
    """(lines, samples) int16 each: lines and columns of the infrared detector, `UNKNOWN` where they are.

    Raises
    ------
    InputError
        If the file is not that of the image.
    """
    refuse_other_kind(path, "the processing information", "give the IN product of this image", ("IN", "raster"))
    with RasterReader(path) as reader:
        if (reader.lines, reader.samples) != (scene.lines, scene.samples):
            raise InputError(
                f"{path}: has {reader.lines} lines × {reader.samples} samples, the image {scene.lines} × {scene.samples}; "
                "give the IN product of this image"
            )
        lines, columns = (reader.read(0, reader.lines, [_band(reader, name)])[0] for name in (_LINE_BAND, _COLUMN_BAND))
    known = (columns >= 0) & (columns <= _COLUMNS) & (lines >= 0) & (lines < _LINES)  # false for NaN
    if not known.any():
        raise InputError(f"{path}: holds no detector columns; give the IN product of this image")
    lines, columns = (np.where(known, plane, UNKNOWN).astype(np.int16) for plane in (lines, columns))
    return lines, columns


def _band(reader: RasterReader, name: str) -> int:
    """The band with this name. The name may begin with a number or a sensor, but "VNIR sample" is not "IR sample"."""
    for band in range(reader.bands):
        words = reader.band_name(band).lower().replace("_", " ").replace(":", " ").split()
        if words[-2:] == name.split() or " ".join(words[:2]) == name:
            return band
    raise InputError(f"{reader.path}: has no band '{name}'; give the IN product (processing information) of the image")
