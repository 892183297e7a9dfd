"""Where an image lies on the map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from .gdal_access import as_text

_IDENTITY = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Georeference:
    """A coordinate reference system and the way from pixels to its coordinates.

    Attributes
    ----------
    wkt
        The coordinate reference system; empty when only the transform is known.
    transform
        GDAL's six numbers: x of the outer corner, pixel width, row rotation, y of the corner, column rotation, minus pixel height.
    """

    wkt: str
    transform: tuple[float, ...]

    @property
    def pixel_size(self) -> tuple[float, float]:
        """Width and height of a pixel in units of the map."""
        _, a, b, _, d, e = self.transform
        return float(np.hypot(a, d)), float(np.hypot(b, e))

    @classmethod
    def of(cls, dataset: Any) -> Optional[Georeference]:
        """That of a GDAL dataset; None in sensor space, which has neither."""
        wkt, transform = as_text(dataset.GetProjection()), tuple(dataset.GetGeoTransform())
        system = None if wkt else dataset.GetSpatialRef()
        if system is not None:  # one that only the newer kind of WKT can tell, such as IAU_2015:49902
            wkt = as_text(system.ExportToWkt(["FORMAT=WKT2_2019"]))
        return cls(wkt, transform) if wkt or transform != _IDENTITY else None
