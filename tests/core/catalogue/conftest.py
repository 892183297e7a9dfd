"""Small maps in a folder, and what their catalogue has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import ogr

from tests.mosaic_support import write_map

#: Three patches of 6, 4 and 1 pixels, guessed kaolinite beside the identified one, on 8 lines × 10 samples.
CODES = np.zeros((8, 10), np.uint8)
CODES[1:3, 1:4] = 15
CODES[5:7, 2:4] = 21
CODES[4, 8] = 6
CODES[1:3, 4:6] = 115
CODES[:, 9] = 255


@pytest.fixture
def place_map(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a map of `CODES` into the folder ``maps``."""

    def write(name: str = "a", codes: np.ndarray = CODES, **place: Any) -> Path:
        similarity = np.where(codes == 255, np.nan, np.linspace(0.9, 0.99, codes.size).reshape(codes.shape)).astype(np.float32)
        return write_map(tmp_path / "maps" / f"{name}.tif", codes, similarity, **place)

    return write


def detections(folder: Path) -> list[dict[str, Any]]:
    """The rows of the layer of detections, each with its point, as a user of the file reads them."""
    dataset = ogr.Open(str(folder / "catalogue" / "detections.gpkg"))
    layer = dataset.GetLayerByName("detections")
    found = []
    for feature in layer:
        row = json.loads(feature.ExportToJson())["properties"]
        point = feature.GetGeometryRef()
        found.append({**row, "point": None if point is None else (point.GetX(), point.GetY()), "fid": feature.GetFID()})
    assert layer.GetFeatureCount() == len(found)
    return found
