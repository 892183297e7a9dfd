"""Coordinate reference systems of Mars as QGIS has them."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem

from ..core.areas import is_on_mars
from ..core.georeference import Georeference


def mars_crs(code: str) -> QgsCoordinateReferenceSystem:
    """The CRS of a code such as ``IAU_2015:49910``."""
    return QgsCoordinateReferenceSystem(code)


def is_mars(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a CRS is one of Mars."""
    return crs.isValid() and is_on_mars(Georeference(crs.toWkt(), ()))
