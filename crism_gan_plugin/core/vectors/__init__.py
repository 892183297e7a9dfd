"""Layers of points and polygons: read as coordinates, written as GeoPackages.

Who lives here: `geopackage` (writing), `polygons` (reading), `longitudes` (cut at 180°), `symbols` (how categories look).
Who may come in: catalogue, deposits, endmembers, fetching, own_minerals, search, validation.
"""

from .geopackage import FieldKind, VectorLayer, check_geopackage
from .polygons import Polygons, Ring, read_polygons, read_polygons_by

__all__ = ["FieldKind", "Polygons", "Ring", "VectorLayer", "check_geopackage", "read_polygons", "read_polygons_by"]
