"""Summary parameters (SR, SU) and browse products (BR) that the archive delivers with an image, read from the files beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import AnyArray, FloatArray
from ..errors import InputError
from ..files.reading import list_folder
from ..instrument.detectors import MISSING
from ..instrument.product_names import ProductName, find_companion, is_original, parse_product_name
from ..products.scene import Scene
from ..rasters.reader import RasterReader
from .stretch import NO_COLOUR

#: Endings of images, the best one first.
_IMAGES = (".img", ".tif")


@dataclass(frozen=True)
class DeliveredParameters:
    """The archive's own summary parameters of an image: the file, and the place of each parameter's band in it."""

    reader: RasterReader
    places: dict[str, int]

    @staticmethod
    def beside(scene: Scene) -> tuple[Optional[DeliveredParameters], str]:
        """The noise-remediated ones (SR), else the others (SU); None if there are none, and why if some are not taken."""
        name = scene.name
        if name is None or name.product_type not in ("TER", "MTR"):
            return None, ""
        for activity in ("SR", "SU"):
            path = find_companion(name, activity, name.product_type, [scene.path.parent], _IMAGES)
            if path is not None:
                try:
                    return DeliveredParameters(_open(path, scene), {}).named(), ""
                except InputError as error:
                    return None, f"the archive's own parameters are not used: {error}"
        return None, ""

    def named(self) -> DeliveredParameters:
        """The same with its bands found by name; `InputError` if they have none."""
        names = [self.reader.band_name(band).strip().split(" ")[0].strip("(),").upper() for band in range(self.reader.bands)]
        places = {name: band for band, name in enumerate(names) if name}
        if not places:
            raise InputError(f"{self.reader.path}: its bands have no names; keep its header (.hdr) beside it")
        return DeliveredParameters(self.reader, places)

    def read(self, line0: int, lines: int, names: Sequence[str]) -> FloatArray:
        """(names, lines, samples) float32, NaN where the archive has no data."""
        planes = np.array(self.reader.read(line0, lines, [self.places[name] for name in names]), np.float32)
        nodata = self.reader.nodata
        missing = ~(np.abs(planes) < MISSING / 2)  # smoothed fill values are a little smaller than 65535
        if nodata is not None:
            missing |= planes == np.float32(nodata)
        planes[missing] = np.nan
        return planes


def find_browse_product(scene: Scene, code: str) -> tuple[Optional[RasterReader], str]:
    """The archive's browse product of an image, by its code; None if there is none, and why if it is not taken."""
    name = scene.name
    if name is None or name.product_type not in ("TER", "MTR"):
        return None, ""
    for path in list_folder(scene.path.parent):
        other = parse_product_name(path)
        if other is None or path.suffix.lower() not in _IMAGES or not is_original(path) or not _is_browse(other, name, code):
            continue
        try:
            reader = _open(path, scene)
        except InputError as error:
            return None, f"the archive's own {code} is not used: {error}"
        if reader.bands != 3 or reader.dtype != np.uint8:
            reader.close()
            return None, f"the archive's own {code} is not used: {path} is no image of three bands of bytes"
        return reader, ""
    return None, ""


def read_colours(reader: RasterReader, line0: int, lines: int) -> AnyArray:
    """(3, lines, samples) uint8 of the archive's browse product; 255 in all bands where one has no data."""
    planes = np.array(reader.read(line0, lines), np.uint8)
    planes[:, (planes == NO_COLOUR).any(0)] = NO_COLOUR
    return planes


def _is_browse(other: ProductName, name: ProductName, code: str) -> bool:
    own = (name.segment, "BR", code, name.product_type)
    return (other.segment, other.activity, other.macro, other.product_type) == own


def _open(path: Path, scene: Scene) -> RasterReader:
    """An image of as many pixels as the scene has; else `InputError`."""
    reader = RasterReader(path)
    if (reader.lines, reader.samples) != (scene.lines, scene.samples):
        reader.close()
        raise InputError(
            f"{path}: has {reader.lines} × {reader.samples} pixels, but the image has {scene.lines} × {scene.samples}; "
            "give the whole image, or take this file away"
        )
    return reader
