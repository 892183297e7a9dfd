"""How an image gets on to the map: by the geometry that was given, or that lies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..errors import InputError, ParameterError
from ..files.names import PathLike
from ..instrument.product_names import find_geometry
from ..products.scene import Scene
from .geolocation import Geolocation, read_geometry
from .grid import choose_grid
from .lookup import Lookup, make_lookup

_BEYOND_EDGE = (
    "the image crosses the edge of the map (180° from the central meridian) and goes on beyond it in one piece; it lies right "
    "beside maps in the same CRS, but what reprojects it loses that part: where that matters, choose a CRS with another central "
    "meridian, such as IAU_2015:49915"
)


@dataclass(frozen=True)
class Placement:
    """How an image gets on to the map.

    Attributes
    ----------
    lookup
        The map raster, and the place in the image of each of its pixels.
    geometry
        The file that says where the image's pixels lie.
    note
        What was used, in words.
    """

    lookup: Lookup
    geometry: Path
    note: str


def find_placement(
    scene: Scene, geometry: Optional[PathLike] = None, crs: Optional[str] = None
) -> tuple[Optional[Placement], list[str]]:
    """How an image gets on to the map, and what the user must know about it.

    Parameters
    ----------
    scene
        The image.
    geometry
        DDR of the image. If None, the one that lies beside an image in sensor space, by its name.
    crs
        CRS of the map, see `choose_grid`.

    Returns
    -------
    None for an image that has a map projection of its own, or no geometry; and warnings: of a geometry beside the image that does
    not fit, or of a CRS that cannot be used.

    Raises
    ------
    InputError, ParameterError
        If the given geometry is not that of the image, or the CRS is none of Mars.
    """
    if scene.georeference is not None and scene.georeference.wkt:
        if geometry is not None:
            raise ParameterError(f"{geometry}: is geometry for an image in sensor space, but {scene.path} is on the map already")
        return None, _unused(crs, "the image is on the map already, in its own CRS")
    path = geometry or (find_geometry(scene.name, [scene.path.parent]) if scene.name and scene.name.sensor_space else None)
    if path is None:
        return None, _unused(crs, "there is no geometry (DDR) to place the image by")
    try:
        lookup = _make_lookup(read_geometry(path, scene.lines, scene.samples, scene.name), crs)
    except InputError as error:
        if geometry is not None:
            raise
        return None, [f"the geometry beside the image is not used: {error}"]
    where = "as given" if geometry is not None else "found beside the image"
    warnings = [_BEYOND_EDGE] if lookup.grid.crosses_edge else []
    return Placement(lookup, Path(path), f"placed on the map by {Path(path).name}, {where}"), warnings


def _make_lookup(geolocation: Geolocation, crs: Optional[str]) -> Lookup:
    return make_lookup(geolocation, choose_grid(geolocation, crs))


def _unused(crs: Optional[str], reason: str) -> list[str]:
    return [f"the CRS {crs} is not used: {reason}"] if crs else []
