"""Coordinate reference systems of Mars as QGIS has them."""

from __future__ import annotations

from qgis.core import QgsCoordinateReferenceSystem

from ..core.errors import ParameterError
from ..core.mars import crs as core


def qgis_crs(code: str) -> QgsCoordinateReferenceSystem:
    """The CRS of a code such as ``IAU_2015:49910``, even if QGIS's PROJ does not know it."""
    crs = QgsCoordinateReferenceSystem(code)
    return crs if crs.isValid() else QgsCoordinateReferenceSystem.fromWkt(core.mars_crs(code))


def to_wkt(crs: QgsCoordinateReferenceSystem) -> str:
    """The WKT of a CRS in the newer form. The older form, QGIS's default, lacks planetocentric latitudes and sometimes axes."""
    return crs.toWkt(QgsCoordinateReferenceSystem.WktVariant.WKT_PREFERRED)


def check_mars(crs: QgsCoordinateReferenceSystem, parameter: str) -> None:
    """Raise `ParameterError`, which begins with ``parameter``, unless a CRS is on the sphere of Mars."""
    core.mars_crs(to_wkt(crs), parameter)


def is_mars(crs: QgsCoordinateReferenceSystem) -> bool:
    """Whether a CRS is on the sphere of Mars."""
    try:
        check_mars(crs, "")
    except ParameterError:
        return False
    return True
