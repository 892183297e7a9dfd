"""Coordinate reference systems of Mars as QGIS has them."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem

from ..core.errors import ParameterError
from ..core.mars import crs as core


def qgis_crs(code: str) -> QgsCoordinateReferenceSystem:
    """The CRS of a code such as ``IAU_2015:49910``, also where QGIS's PROJ does not know it."""
    crs = QgsCoordinateReferenceSystem(code)
    return crs if crs.isValid() else QgsCoordinateReferenceSystem.fromWkt(core.mars_crs(code))


def to_wkt(crs: QgsCoordinateReferenceSystem) -> str:
    """In the newer form: the older one, QGIS's default, knows no planetocentric latitudes, and not always the axes."""
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED)


def check_mars(crs: QgsCoordinateReferenceSystem, parameter: str) -> None:
    """`ParameterError` that begins with ``parameter``, unless a CRS is one of the sphere of Mars."""
    core.mars_crs(to_wkt(crs), parameter)


def is_mars(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a CRS is one of the sphere of Mars."""
    try:
        check_mars(crs, "")
    except ParameterError:
        return False
    return True
