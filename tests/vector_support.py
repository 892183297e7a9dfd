"""What reads layers of polygons and points."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from osgeo import ogr


def features(path: Path) -> list[dict[str, Any]]:
    """The fields of each feature of a file's layer, with its shape as ``geometry``."""
    dataset = ogr.Open(str(path))
    layer = dataset.GetLayer()
    found = []
    for feature in layer:
        row = json.loads(feature.ExportToJson())["properties"]
        row["spectrum"] = feature["spectrum"]
        found.append({**row, "geometry": feature.GetGeometryRef().Clone()})
    return found
