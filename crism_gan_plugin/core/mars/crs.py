"""Coordinate reference systems of Mars: the sphere of 3396.19 km (IAU 2015), by code, whatever PROJ knows of the codes.

CRISM's coordinates are planetocentric latitude and east longitude, those of a sphere. On an ellipsoid the same numbers mean places
up to 20 km away. In the "ographic" systems, which count longitudes to the west, they mean the other side of the planet. Files
differ in what they keep of such a CRS (GeoTIFF has no axes), and versions of PROJ differ in how they project on an ellipsoid. So
these systems are refused by name rather than transformed. Polar stereographic maps on an ellipsoid, on which all agree, are taken.
"""

from __future__ import annotations

import re
from math import isclose, pi
from typing import Any, Optional

import numpy as np

from ..errors import ParameterError
from ..files.gdal_access import attempt, load_gdal

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

#: What IAU's names, and those made of them by GDAL and ESRI, say of latitudes and longitudes; not "orthographic", "geocentric".
_OGRAPHIC = re.compile(r"(?<![a-z])(planet)?ographic", re.IGNORECASE)
_OCENTRIC = re.compile(r"(?<![a-z])(planet)?ocentric", re.IGNORECASE)

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
    if system is None:
        raise ParameterError(f"{parameter}: {definition[:60]!r} is no coordinate reference system that is known here; {advice}")
    fault = _fault(system) or (_ON_ELLIPSOID if system.GetInvFlattening() != 0 else "")
    if fault:
        raise ParameterError(f"{parameter}: {system.GetName()} {fault}; {advice}")
    return str(system.ExportToWkt())


def crs_name(wkt: str) -> str:
    """What a CRS is called, for messages."""
    system = _understood(wkt)
    return wkt[:60] if system is None else str(system.GetName())


def place_fault(wkt: str) -> str:
    """Why coordinates in a CRS are other places than they seem to be, "(name) counts longitudes to the west"; else empty."""
    system = _understood(wkt) if wkt else None
    return "" if system is None else _named(system, _place_fault(system))


def sphere_fault(wkt: str) -> str:
    """Why a CRS does not lead to planetocentric latitude and east longitude on Mars, in words; empty if it does.

    A CRS on a sphere does. On an ellipsoid a polar stereographic one does through `ocentric_latitude`.
    """
    system = _understood(wkt) if wkt else None
    if system is None:
        return "is not understood here"
    polar = (system.GetAttrValue("PROJECTION") or "").lower() == "polar_stereographic"
    return _named(system, _fault(system) or ("" if system.GetInvFlattening() == 0 or polar else _ON_ELLIPSOID))


def ocentric_latitude(latitude_deg: Any, ratio: float) -> Any:
    """Planetocentric of planetographic latitudes, degrees; ratio is the polar to the equatorial radius. Its inverse: reverse."""
    latitude = np.radians(latitude_deg)
    return np.degrees(np.arctan2(ratio**2 * np.sin(latitude), np.cos(latitude)))


#: What to do about a `sphere_fault` or `place_fault` of a file's CRS.
SPHERE_ADVICE = (
    f"give it in a CRS of the sphere of Mars, such as {EQUIRECTANGULAR}; if the file is mistaken about its CRS, set the right one"
)

_ON_ELLIPSOID = "is on an ellipsoid, where CRISM's latitudes mean other places"


def _named(system: Any, fault: str) -> str:
    return f"({system.GetName()}) {fault}" if fault else ""


def _fault(system: Any) -> str:
    """The fault of a CRS, but for the ellipsoid by itself."""
    fault = _place_fault(system)
    if not fault and not (system.IsProjected() or system.IsGeographic()):
        fault = "leads to no longitude and latitude"
    if not fault and abs(system.GetSemiMajor() / _RADIUS_M - 1) > _RADIUS_TOLERANCE:
        fault = "is not of Mars"
    return fault


def _place_fault(system: Any) -> str:
    if system.IsDerivedGeographic():
        return "has poles of its own"
    degrees = system.CloneGeogCS() if system.IsProjected() or system.IsGeographic() else None
    both = [system] if degrees is None else [system, degrees]
    names = " ".join(each.GetName() or "" for each in both)
    axes = [
        (each.GetAxisName(None, k) or "", each.GetAxisOrientation(None, k)) for each in both for k in range(each.GetAxesCount())
    ]
    flat = not system.IsLocal() and system.GetInvFlattening() != 0
    if any(direction == _west() or name.lower() == "westing" for name, direction in axes) or (flat and _OGRAPHIC.search(names)):
        return f"counts longitudes to the west{', and is on an ellipsoid' if flat else ''}"
    if flat and (_OCENTRIC.search(names) or any(_OCENTRIC.search(name) for name, _ in axes)):
        return "has planetocentric latitudes on an ellipsoid, which programs project in different ways"
    if any(name.lower() == "southing" for name, _ in axes):
        return "counts from north to south"
    if degrees is None:
        return ""
    if abs(float(degrees.GetAttrValue("PRIMEM", 1) or 0)) > 1e-9:
        return "counts longitudes from a meridian of its own"
    return "" if isclose(degrees.GetAngularUnits(), pi / 180, rel_tol=1e-6) else "does not count in degrees"


def _west() -> int:
    from osgeo import osr

    return int(osr.OAO_West)


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


def degrees_wkt() -> str:
    """WKT of the degrees on the sphere, without its code, for layers: readers that do not know the code would refuse it."""
    return re.sub(r",AUTHORITY\[[^]]*\]", "", mars_crs(GEOGRAPHIC))


def iau_2015(system: Any) -> Any:
    """
    A CRS (``osr.SpatialReference``) under the name that PROJ and QGIS know it by; itself where it is not one of them.

    WKT 1 calls IAU_2015:49910 just 49910 of the "IAU", and newer QGIS does not know that name.
    """
    known = _understood(f"IAU_2015:{system.GetAuthorityCode(None)}") if system.GetAuthorityName(None) == "IAU" else None
    same = known is not None and known.GetName() == system.GetName() and known.GetSemiMajor() == system.GetSemiMajor()
    return known if same else system


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
    try:
        return system if attempt(system.SetFromUserInput, definition)[0] == 0 else None
    except (TypeError, ValueError):  # what is no text for GDAL: with halves of letters, with zeros
        return None
