"""Images in sensor space, placed on the map by the coordinates of their pixels (DDR).

Who lives here: `geolocation` (DDR), `grid` (CRS, pixel size, extent), `lookup`, `resampling`, `placement`.
Who may come in: band_positions, endmembers, importing, inspection, mapping, methods, own_minerals, search, summary_parameters,
validation.
"""

from .geolocation import Geolocation, read_geometry
from .grid import MapGrid, choose_grid
from .lookup import Lookup, make_lookup
from .placement import Placement, find_placement
from .resampling import RESAMPLING, nearest_pixels, place_bilinear, place_nearest

__all__ = [
    "RESAMPLING",
    "Geolocation",
    "Lookup",
    "MapGrid",
    "Placement",
    "choose_grid",
    "find_placement",
    "make_lookup",
    "nearest_pixels",
    "place_bilinear",
    "place_nearest",
    "read_geometry",
]
