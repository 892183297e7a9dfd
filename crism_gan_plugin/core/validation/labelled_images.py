"""Labels of an image: a raster of the same pixels, or polygons on it."""

from __future__ import annotations

import numpy as np

from ..arrays import IntArray
from ..errors import InputError
from ..files.names import PathLike
from ..georeferencing import find_placement
from ..products.scene import Scene
from ..rasters.reader import RasterReader
from ..search.places import ImageFrame
from ..vectors import read_polygons_by
from .labels import NOT_JUDGED, Labels


def truth_of_raster(path: PathLike, scene: Scene, labels: Labels) -> IntArray:
    """(lines, samples) codes that a raster with the image's own pixels tells; -1 where it tells none.

    Raises
    ------
    InputError
        If it cannot be read, has several bands or another size, or labels that are not whole numbers.
    """
    with RasterReader(path) as raster:
        if raster.bands != 1:
            raise InputError(f"{path}: has {raster.bands} bands; give a raster of one, of labels")
        if (raster.lines, raster.samples) != (scene.lines, scene.samples):
            raise InputError(
                f"{path}: has {raster.lines} lines × {raster.samples} samples, the image {scene.lines} × {scene.samples}; give the "
                "labels of this image, pixel by pixel"
            )
        values = np.asarray(raster.read(0, raster.lines)[0], np.float64)
        nodata = raster.nodata
    known = np.isfinite(values) & (values != nodata)
    if (values[known] != np.round(values[known])).any():
        raise InputError(f"{path}: has labels that are not whole numbers; give a raster of labels")
    numbers = np.where(known, np.clip(np.nan_to_num(values), -(2**31), 2**31), 255).astype(np.int64)
    return np.where(known, labels.of_numbers(numbers, (255,)), NOT_JUDGED)


def truth_of_polygons(path: PathLike, field: str, scene: Scene, labels: Labels) -> IntArray:
    """The same of the polygons of a layer, by what a field says of them. Where classes overlap, nothing is told.

    Raises
    ------
    InputError, ParameterError
        If they cannot be read, have no such field, or lie in a CRS that does not fit the image's.
    """
    by_label, _, wkt = read_polygons_by(path, field)
    placement, _ = find_placement(scene, None, None)
    frame = ImageFrame.of(scene, placement)
    found = np.full((scene.lines, scene.samples), NOT_JUDGED, np.int64)
    taken = np.zeros(found.shape, bool)
    for said, features in by_label.items():
        line, sample = frame.pixels_in(features, wkt, str(path))
        if not line.size:
            continue
        code = labels.of_text(said, line.size)
        agrees = ~taken[line, sample] | (found[line, sample] == code)
        found[line, sample] = np.where(agrees, code, NOT_JUDGED)
        taken[line, sample] = True
    return found
