"""Images in sensor space, placed on the map by the coordinates of their pixels (DDR)."""

from .geolocation import Geolocation, read_geometry
from .grid import MapGrid, choose_grid
from .lookup import Lookup, make_lookup
from .placement import RESAMPLING, place_bilinear, place_nearest

__all__ = [
    "RESAMPLING",
    "Geolocation",
    "Lookup",
    "MapGrid",
    "choose_grid",
    "make_lookup",
    "place_bilinear",
    "place_nearest",
    "read_geometry",
]
