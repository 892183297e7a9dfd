"""Coordinate reference systems of Mars: the sphere of 3396.19 km (IAU 2015), by code, whatever PROJ knows of the codes.

CRISM's coordinates are planetocentric latitude and east longitude, those of a sphere. On an ellipsoid the same numbers are other
places, up to 20 km away, so a CRS with an ellipsoid is refused.
"""

from __future__ import annotations

import re
from typing import Any, Optional

from .errors import ParameterError
from .gdal_access import attempt, load_gdal

#: Degrees; equirectangular, which maps are written in unless another CRS is asked for; and the same beyond 65° of latitude.
GEOGRAPHIC, EQUIRECTANGULAR, NORTH_POLE, SOUTH_POLE = "IAU_2015:49900", "IAU_2015:49910", "IAU_2015:49930", "IAU_2015:49935"

#: Beyond this latitude maps are polar.
POLAR_LATITUDE_DEG = 65.0

_RADIUS_M, _RADIUS_TOLERANCE = 3396190.0, 0.02

_SPHERE = (
    'GEOGCS["Mars (2015) - Sphere / Ocentric",DATUM["Mars (2015) - Sphere",SPHEROID["Mars (2015) - Sphere",3396190,0]],'
    'PRIMEM["Reference Meridian",0],UNIT["degree",0.0174532925199433],AXIS["Latitude",NORTH],AXIS["Longitude",EAST],'
    'AUTHORITY["IAU","49900"]]'
)
_EQUIRECTANGULAR = 'PROJECTION["Equirectangular"],PARAMETER["standard_parallel_1",0],PARAMETER["central_meridian",{}]'
_POLAR = (
    'PROJECTION["Polar_Stereographic"],PARAMETER["latitude_of_origin",{}],PARAMETER["central_meridian",0],'
    'PARAMETER["scale_factor",1]'
)

#: Name and projection of the projected systems by code.
_CARRIED = {
    "49910": ("Equirectangular, clon = 0", _EQUIRECTANGULAR.format(0)),
    "49915": ("Equirectangular, clon = 180", _EQUIRECTANGULAR.format(180)),
    "49930": ("North Polar", _POLAR.format(90)),
    "49935": ("South Polar", _POLAR.format(-90)),
}

_CODE = re.compile(r"IAU(?:_2015)?:(?:2015:)?(\d{5})", re.IGNORECASE)

#: What a definition looks like; nothing else is handed to GDAL, which would also open files and addresses.
_DEFINITION = re.compile(r"[A-Za-z0-9_]+:[A-Za-z0-9_:]+|\+proj=.*|\+init=.*|[A-Z]+\[.*\]", re.DOTALL | re.IGNORECASE)


def mars_crs(definition: str, parameter: str = "CRS") -> str:
    """WKT of a CRS of Mars.

    Parameters
    ----------
    definition
        ``IAU_2015:49910``, WKT or a PROJ string.
    parameter
        What to call it in error messages.

    Raises
    ------
    ParameterError
        If it cannot be understood, is of another body, has an ellipsoid, or is neither geographic nor projected.
    """
    system = _system(definition.strip())
    advice = f"choose one of the sphere of Mars, such as {EQUIRECTANGULAR}, {NORTH_POLE} or {SOUTH_POLE}"
    if system is None or not (system.IsProjected() or system.IsGeographic()):
        raise ParameterError(f"{parameter}: {definition[:60]!r} is no coordinate reference system that is known here; {advice}")
    if abs(system.GetSemiMajor() / _RADIUS_M - 1) > _RADIUS_TOLERANCE:
        raise ParameterError(f"{parameter}: {system.GetName()} is not of Mars; {advice}")
    if system.GetInvFlattening() != 0:
        raise ParameterError(
            f"{parameter}: {system.GetName()} is on an ellipsoid, where CRISM's latitudes mean other places; {advice}"
        )
    return str(system.ExportToWkt())


def default_crs(latitude_deg: float) -> str:
    """The code of the CRS for maps around this latitude: equirectangular, polar stereographic beyond ±65°."""
    if abs(latitude_deg) <= POLAR_LATITUDE_DEG:
        return EQUIRECTANGULAR
    return NORTH_POLE if latitude_deg > 0 else SOUTH_POLE


def carried_wkt(code: str) -> Optional[str]:
    """WKT of ``49910`` and its like without the help of PROJ; None for codes that are not carried."""
    if code == "49900":
        return _SPHERE
    if code not in _CARRIED:
        return None
    name, projection = _CARRIED[code]
    return (
        f'PROJCS["Mars (2015) - Sphere / Ocentric / {name}",{_SPHERE},{projection},PARAMETER["false_easting",0],'
        f'PARAMETER["false_northing",0],UNIT["metre",1],AXIS["Easting",EAST],AXIS["Northing",NORTH],AUTHORITY["IAU","{code}"]]'
    )


def map_and_degrees(wkt: str) -> Optional[tuple[Any, Any]]:
    """A CRS and the geographic one that it is based on (``osr.SpatialReference``, x or longitude first); None if there is none."""
    load_gdal()
    from osgeo import osr

    system = osr.SpatialReference()
    attempt(system.ImportFromWkt, wkt)
    degrees = system.CloneGeogCS() if system.IsProjected() or system.IsGeographic() else None
    if degrees is None:
        return None
    for each in (system, degrees):
        each.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return system, degrees


def _system(definition: str) -> Any:
    """The ``osr.SpatialReference``, or None."""
    if not _DEFINITION.fullmatch(definition):
        return None
    code = _CODE.fullmatch(definition)
    # PROJ knows the codes too, but describes the axes of polar systems in other words since 9.4: files would depend on its version.
    carried = carried_wkt(code[1]) if code else None
    return _understood(carried or (f"IAU_2015:{code[1]}" if code else definition))


def _understood(definition: str) -> Any:
    load_gdal()
    from osgeo import osr

    system = osr.SpatialReference()
    return system if attempt(system.SetFromUserInput, definition)[0] == 0 else None
