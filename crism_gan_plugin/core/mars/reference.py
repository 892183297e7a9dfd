"""A GeoPackage by which a reader finds a place on Mars without a network: lines of latitude and longitude, and landing sites.

Coordinates are planetocentric latitude and east longitude in degrees, on the sphere of 3396.19 km.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import OutputError, ParameterError
from ..files.gdal_access import attempt, load_gdal
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs
from .crs import degrees_wkt

#: Steps of the lines in degrees, the coarsest first. The last one is drawn around the maps alone.
STEPS = (30.0, 10.0, 1.0, 0.1)

#: Around maps that are spread wider than this, degrees, lines of the finest step would be a fabric rather than a grid.
WIDEST_REGION = 10

#: Where meridians end: at the pole itself many projections have no finite place.
_MERIDIAN_END = 89.9


@dataclass(frozen=True)
class LandingSite:
    """A place on Mars: planetocentric latitude and east longitude, degrees."""

    name: str
    latitude: float
    longitude: float


#: The sites of section 4 of Saranathan and Parente (2021).
LANDING_SITES = (
    LandingSite("Jezero landing site", 18.4463, 77.4565),
    LandingSite("NE Syrtis candidate site", 17.8899, 77.1599),
)


@dataclass(frozen=True)
class Region:
    """A part of Mars between whole degrees."""

    west: int
    south: int
    east: int
    north: int

    @staticmethod
    def around(boxes: Sequence[tuple[float, float, float, float]]) -> Optional[Region]:
        """The whole degrees around boxes (west, south, east, north); None if there are none, or they are spread too wide.

        A box that is too wide by itself, such as that of a map of the whole planet, is left out.
        """
        narrow = [box for box in boxes if max(box[2] - box[0], box[3] - box[1]) <= WIDEST_REGION]
        if not narrow:
            return None
        corners = np.array(narrow)
        west, south = np.floor(corners[:, :2].min(0)).astype(int)
        east, north = np.ceil(corners[:, 2:].max(0)).astype(int)
        if east - west > WIDEST_REGION or north - south > WIDEST_REGION:
            return None
        return Region(int(west), int(south), int(east), int(north))

    def __str__(self) -> str:
        return f"{self.west}_{self.south}_{self.east}_{self.north}"


@dataclass(frozen=True)
class GridLine:
    """A meridian or parallel: the coarsest step that it belongs to, its label, and its vertices (n, 2), longitude and latitude."""

    step: float
    label: str
    vertices: FloatArray


def grid_lines(region: Optional[Region] = None) -> Iterator[GridLine]:
    """The lines of every whole degree of the planet and, within a region, of every tenth.

    Vertices are 1° apart over the planet and 0.1° in the region, so that lines bend as they should in any projection.
    """
    yield from _meridians(range(-1800, 1800, 10), -_MERIDIAN_END, _MERIDIAN_END, 1.0)
    yield from _parallels(range(-890, 900, 10), -180, 180, 1.0)
    if region is not None:
        fine = [tenths for tenths in range(10 * region.west, 10 * region.east + 1) if tenths % 10]
        yield from _meridians(fine, max(region.south, -_MERIDIAN_END), min(region.north, _MERIDIAN_END), 0.1)
        fine = [tenths for tenths in range(10 * region.south, 10 * region.north + 1) if tenths % 10]
        yield from _parallels(fine, region.west, region.east, 0.1)


def _meridians(tenths: Sequence[int], south: float, north: float, spacing: float) -> Iterator[GridLine]:
    latitudes = _positions(south, north, spacing)
    for tenth in tenths:
        vertices = np.column_stack([np.full(latitudes.size, tenth / 10), latitudes])
        yield GridLine(_step(tenth), _label(tenth, "E", "W"), vertices)


def _parallels(tenths: Sequence[int], west: float, east: float, spacing: float) -> Iterator[GridLine]:
    longitudes = _positions(west, east, spacing)
    for tenth in tenths:
        vertices = np.column_stack([longitudes, np.full(longitudes.size, tenth / 10)])
        yield GridLine(_step(tenth), _label(tenth, "N", "S"), vertices)


def _positions(start: float, stop: float, spacing: float) -> FloatArray:
    return np.linspace(start, stop, int(np.ceil((stop - start) / spacing)) + 1)


def _step(tenths: int) -> float:
    """The coarsest step that a line belongs to, so that each is there once."""
    return next(step for step in STEPS if tenths % round(10 * step) == 0)


def _label(tenths: int, positive: str, negative: str) -> str:
    degrees = f"{abs(tenths) / 10:g}°"
    return degrees if tenths == 0 or abs(tenths) == 1800 else f"{degrees} {positive if tenths > 0 else negative}"


def write_reference(path: PathLike, region: Optional[Region] = None) -> Path:
    """Write the layers ``graticule`` (fields step, label) and ``landing_sites`` (name, latitude, longitude).

    Raises
    ------
    ParameterError
        If the file is not called ``.gpkg``.
    OutputError
        If it cannot be written; nothing is left of it then.
    """
    target = Path(path)
    if target.suffix != ".gpkg":
        raise ParameterError(f"{target}: is not the name of a GeoPackage; let it end in .gpkg")
    with AtomicOutputs(target.parent) as outputs:
        messages = _write(outputs.path(target.name), region)
        if messages:
            raise OutputError(f"{target}: cannot be written ({messages[0]}); free some disk space, or choose another place")
    return target


def is_reference(path: Path) -> bool:
    """Whether a file is one that `write_reference` has written."""
    if not path.is_file():
        return False
    gdal = load_gdal()
    dataset = attempt(gdal.OpenEx, str(path), gdal.OF_VECTOR | gdal.OF_READONLY)[0]
    return dataset is not None and all(dataset.GetLayerByName(name) is not None for name in ("graticule", "landing_sites"))


def _write(path: Path, region: Optional[Region]) -> list[str]:
    """Write both layers, and give GDAL's messages."""
    gdal = load_gdal()
    dataset, messages = attempt(gdal.GetDriverByName("GPKG").Create, str(path), 0, 0, 0, gdal.GDT_Unknown)
    if dataset is None:
        return messages or ["unknown reason"]
    from osgeo import ogr

    text, number = ogr.OFTString, ogr.OFTReal
    lines = [({"step": line.step, "label": line.label}, line.vertices) for line in grid_lines(region)]
    sites = [(vars(site), np.array([[site.longitude, site.latitude]])) for site in LANDING_SITES]
    messages += attempt(_add_layer, dataset, "graticule", {"step": number, "label": text}, lines)[1]
    messages += attempt(_add_layer, dataset, "landing_sites", {"name": text, "latitude": number, "longitude": number}, sites)[1]
    closing = [dataset]
    del dataset
    return messages + attempt(closing.clear)[1]


def _add_layer(dataset: Any, name: str, fields: dict[str, int], rows: list[tuple[dict[str, Any], IntArray]]) -> None:
    """One layer of points (one vertex) or lines; in a single transaction, which is a hundred times as fast as one a feature."""
    from osgeo import ogr, osr

    system = osr.SpatialReference()
    system.ImportFromWkt(degrees_wkt())
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    kind = ogr.wkbPoint if len(rows[0][1]) == 1 else ogr.wkbLineString
    layer = dataset.CreateLayer(name, system, kind)
    for field, field_type in fields.items():
        layer.CreateField(ogr.FieldDefn(field, field_type))
    layer.StartTransaction()
    for values, vertices in rows:
        feature = ogr.Feature(layer.GetLayerDefn())
        for field, value in values.items():
            feature.SetField(field, value)
        geometry = ogr.Geometry(kind)
        for longitude, latitude in vertices.tolist():
            geometry.AddPoint_2D(longitude, latitude)
        feature.SetGeometry(geometry)
        layer.CreateFeature(feature)
    layer.CommitTransaction()
