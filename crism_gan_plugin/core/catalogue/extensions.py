"""What STAC's extensions say of a map: the planet, the projection, the classes, and the files.

Sources: the extensions Solar System 1.1, Projection 1.1, Classification 2.0 and File 2.1 of STAC.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..files.gdal_access import as_text, attempt, load_gdal
from ..mapping.levels import NO_DATA
from ..mars.crs import iau_2015
from ..mars.georeference import Georeference
from ..rasters.class_table import ClassRow

_SCHEMA = "https://stac-extensions.github.io/{}/schema.json"
SOLAR_SYSTEM, PROJECTION = _SCHEMA.format("ssys/v1.1.0"), _SCHEMA.format("projection/v1.1.0")
CLASSIFICATION, FILE = _SCHEMA.format("classification/v2.0.0"), _SCHEMA.format("file/v2.1.0")

#: Beginning of a checksum that says what it is (multihash): SHA2-256, of 32 bytes.
_SHA256 = "1220"

PLANET = {"ssys:targets": ["Mars"], "ssys:target_class": "planet"}


def projection_fields(place: Georeference, lines: int, samples: int) -> dict[str, Any]:
    """Fields of a raster's projection. No CRS of Mars has an EPSG code; empty where the CRS cannot be told."""
    load_gdal()
    from osgeo import osr

    system = osr.SpatialReference()
    if not place.wkt or attempt(system.ImportFromWkt, place.wkt)[0] != 0:
        return {}
    system = iau_2015(system)
    wkt, projjson = attempt(system.ExportToWkt, ["FORMAT=WKT2_2019"])[0], attempt(system.ExportToPROJJSON)[0]
    x0, a, b, y0, d, e = place.transform
    x, y = place.to_map(np.array([0.0, samples, 0, samples]), np.array([0.0, 0, lines, lines]))
    return {
        "proj:epsg": None,
        "proj:wkt2": as_text(wkt) if wkt else None,
        "proj:projjson": json.loads(as_text(projjson)) if projjson else None,
        "proj:shape": [lines, samples],
        "proj:transform": [a, b, x0, d, e, y0],
        "proj:bbox": [float(x.min()), float(y.min()), float(x.max()), float(y.max())],
    }


def class_fields(table: Iterable[ClassRow]) -> dict[str, Any]:
    """The classes of a class raster: of its table, nothing, and no data."""
    rows = [each for each in table if each.value not in (0, NO_DATA)]
    classes = [
        {"value": 0, "name": "nothing", "title": "nothing", "description": "Valid, and no mineral of the library is detected."},
        *(_class(row) for row in rows),
        {"value": NO_DATA, "name": "no_data", "title": "no data", "description": "No valid data.", "nodata": True},
    ]
    return {"classification:classes": classes}


def _class(row: ClassRow) -> dict[str, Any]:
    level = row.level if row.is_mineral else ""
    title = f"{row.name} ({level})" if level else row.name
    area = "" if row.area_km2 is None else f", {row.area_km2:.6g} km²"
    return {
        "value": row.value,
        "name": re.sub(r"[^0-9A-Za-z]+", "_", title).strip("_") or f"class_{row.value}",
        "title": title,
        "description": f"{title}: {row.pixels} pixels{area}.",
        "color_hint": "{:02X}{:02X}{:02X}".format(*row.rgb),
        "count": row.pixels,
    }


def file_fields(path: Path, sha256: Optional[str] = None) -> dict[str, Any]:
    """Size of a file, and its checksum where that is known."""
    checksum = {"file:checksum": f"{_SHA256}{sha256}"} if sha256 and re.fullmatch("[0-9a-f]{64}", sha256) else {}
    return {"file:size": path.stat().st_size, **checksum}
