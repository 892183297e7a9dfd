"""Coordinate reference systems of Mars, with PROJ's own definitions as the oracle of those that are carried along."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal, osr

from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.mars import crs as module
from crism_gan_plugin.core.mars.areas import pixel_areas
from crism_gan_plugin.core.mars.crs import (
    EQUIRECTANGULAR,
    carried_wkt,
    default_crs,
    mars_crs,
    ocentric_latitude,
    place_fault,
    sphere_fault,
)
from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.mars.projection import projection_of

CODES = ("49900", "49910", "49915", "49930", "49935")


def system(definition: str) -> osr.SpatialReference:
    found = osr.SpatialReference()
    assert found.SetFromUserInput(definition) == 0
    return found


@pytest.mark.parametrize("code", CODES)
def test_carried_systems_are_those_of_proj(code: str) -> None:
    """All but the axes' names, which depend on PROJ's version. A scale of 1 at the pole, and true scale there, are one thing."""
    proj, ours = system(f"IAU_2015:{code}"), system(carried_wkt(code))
    assert re.sub(r" \+lat_ts=-?90", "", ours.ExportToProj4()) == proj.ExportToProj4().replace(" +k=1 ", " ")
    assert (ours.GetName(), ours.GetAuthorityCode(None)) == (proj.GetName(), proj.GetAuthorityCode(None))


@pytest.mark.parametrize("code", CODES)
def test_codes_need_no_proj_that_knows_them(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    understood = module._understood
    monkeypatch.setattr(module, "_understood", lambda text: None if text.startswith("IAU") else understood(text))
    assert system(mars_crs(f"IAU_2015:{code}")).IsSame(system(carried_wkt(code)))


@pytest.mark.parametrize("code", CODES[1:])
def test_carried_systems_put_places_where_proj_does(code: str) -> None:
    degrees = system("IAU_2015:49900")
    degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    places = [(77.4565, 18.4463), (-170.0, -71.0), (12.0, 88.0)]
    ours, theirs = (
        osr.CoordinateTransformation(degrees, system(definition)).TransformPoints(places)
        for definition in (carried_wkt(code), f"IAU_2015:{code}")
    )
    assert ours == [pytest.approx(place, abs=1e-6) for place in theirs]


def test_wkt_and_proj_strings_are_taken() -> None:
    proj = "+proj=eqc +lat_ts=15 +lat_0=0 +lon_0=0 +x_0=0 +y_0=0 +R=3394839.8133 +units=m +no_defs"
    wkt = mars_crs(proj)
    assert system(wkt).IsSame(system(proj))
    assert system(mars_crs(wkt)).IsSame(system(proj))
    assert mars_crs(" iau_2015:49910 ") == mars_crs(EQUIRECTANGULAR)


@pytest.mark.parametrize(
    ("definition", "complaint"),
    [
        ("EPSG:4326", "not of Mars"),
        ("IAU_2015:30100", "not of Mars"),
        ("IAU_2015:49901", "counts longitudes to the west, and is on an ellipsoid"),
        ("IAU_2015:49902", "planetocentric latitudes on an ellipsoid"),
        ("IAU_2015:49911", "counts longitudes to the west, and is on an ellipsoid"),
        ("IAU_2015:49912", "planetocentric latitudes on an ellipsoid"),
        ("IAU_2015:49921", "counts longitudes to the west"),
        ("IAU_2015:49931", "counts longitudes to the west"),
        ("IAU_2015:49966", "counts longitudes to the west"),
        ("ESRI:104905", "GCS_Mars_2000 is on an ellipsoid"),
        ("+proj=longlat +R=3396190 +axis=wnu", "counts longitudes to the west;"),
        ("+proj=eqc +R=3396190 +axis=wnu", "counts longitudes to the west;"),
        ("+proj=eqc +R=3396190 +pm=180", "from a meridian of its own"),
        ("+proj=ob_tran +o_proj=longlat +o_lat_p=40 +o_lon_p=0 +lon_0=10 +R=3396190", "poles of its own"),
        ("IAU_2015:99999", "no coordinate reference system"),
        ("Mars", "no coordinate reference system"),
        ("", "no coordinate reference system"),
        ("/etc/passwd", "no coordinate reference system"),
        ("http://example.org/crs", "no coordinate reference system"),
        ('LOCAL_CS["x",UNIT["metre",1]]', "no coordinate reference system"),
    ],
)
def test_others_are_refused_in_one_line(definition: str, complaint: str) -> None:
    with pytest.raises(ParameterError, match=complaint) as refused:
        mars_crs(definition, "TARGET_CRS")
    assert str(refused.value).startswith("TARGET_CRS: ")
    assert "\n" not in str(refused.value)
    assert EQUIRECTANGULAR in str(refused.value)


def test_poles_have_their_own_systems() -> None:
    assert default_crs(18.4) == default_crs(-65.0) == EQUIRECTANGULAR
    assert default_crs(65.1) == "IAU_2015:49930"
    assert default_crs(-80) == "IAU_2015:49935"


WEST = ("49901", "49911", "49916", "49921", "49926", "49931", "49936", "49941", "49961", "49966", "49981")
ELLIPSOID = ("49902", "49912", "49922", "49932", "49937", "49942", "49977")


@pytest.mark.parametrize(
    "code", [*(f"IAU_2015:{code}" for code in (*CODES, "49920", "49965")), "ESRI:104971", "ESRI:103885", "ESRI:103883"]
)
def test_systems_of_the_sphere_have_no_fault(code: str) -> None:
    wkt = exported(code)
    assert place_fault(wkt) == sphere_fault(wkt) == ""
    mars_crs(code)


@pytest.mark.parametrize("kind", ["WKT1_GDAL", "WKT1_ESRI", "WKT2_2019", "GTiff", "ENVI"])
@pytest.mark.parametrize("code", [*WEST, *ELLIPSOID])
def test_places_of_the_ellipsoids_systems_are_refused_whatever_a_file_keeps_of_them(tmp_path: Path, code: str, kind: str) -> None:
    """GeoTIFF and ENVI lose the axes and the kind of latitude; IAU_2015:49902 they cannot hold at all."""
    if kind.startswith("WKT"):
        wkt = exported(f"IAU_2015:{code}", kind)
    else:
        path = str(tmp_path / "x")
        dataset = gdal.GetDriverByName(kind).Create(path, 2, 2, 1)
        dataset.SetSpatialRef(system(f"IAU_2015:{code}"))
        dataset.SetGeoTransform((1, 2, 0, 3, 0, -2))
        del dataset
        wkt = gdal.Open(path).GetProjection()
    assert sphere_fault(wkt)
    if code != "49902":
        says = "to the west" if code in WEST else "planetocentric latitudes on an ellipsoid"
        assert says in place_fault(wkt) and says in sphere_fault(wkt)
        assert "graphic" in sphere_fault(wkt) or "centric" in sphere_fault(wkt)


@pytest.mark.parametrize("crs", ["ESRI:104905", "+proj=eqc +a=3396190 +b=3376200", "+proj=sinu +a=3396190 +b=3376200"])
def test_other_systems_on_an_ellipsoid_keep_their_places_but_lead_to_none_on_the_sphere(crs: str) -> None:
    assert place_fault(exported(crs)) == ""
    assert "is on an ellipsoid" in sphere_fault(exported(crs))


def test_orthographic_and_geocentric_are_other_words() -> None:
    assert (
        place_fault(exported("+proj=ortho +lat_0=10 +a=3396190 +b=3376200 +title=x").replace("unknown", "Mars Orthographic")) == ""
    )


@pytest.mark.parametrize("wkt", ["", "nonsense", 'LOCAL_CS["x",UNIT["metre",1]]'])
def test_what_is_no_system_of_places(wkt: str) -> None:
    assert place_fault(wkt) == "" and sphere_fault(wkt)


def test_planetographic_latitudes_become_planetocentric() -> None:
    ratio = 3376.2 / 3396.19
    ographic = np.array([-90.0, -45.0, 0.0, 18.5954, 60.0, 90.0])
    found = ocentric_latitude(ographic, ratio)
    np.testing.assert_allclose(np.tan(np.radians(found[1:-1])), ratio**2 * np.tan(np.radians(ographic[1:-1])), atol=1e-15)
    np.testing.assert_allclose(ocentric_latitude(found, 1 / ratio), ographic, atol=1e-12)
    assert found[3] == pytest.approx(18.39, abs=0.01)  # 0.2° or 12 km at Jezero


@pytest.mark.parametrize("pole", [90, -90])
def test_a_polar_map_on_the_ellipsoid_leads_to_planetocentric_latitudes(pole: int) -> None:
    """Against the formulae of Snyder (1987), 15-9, 21-30 and 21-33."""
    a, b = 3396190.0, 3376200.0
    e = np.sqrt(1 - (b / a) ** 2)
    longitude, latitude = np.array([-120.0, 0.0, 77.0]), np.sign(pole) * np.array([70.0, 80.0, 88.0])
    phi = np.arctan((a / b) ** 2 * np.tan(np.radians(np.abs(latitude))))
    t = np.tan(np.pi / 4 - phi / 2) / ((1 - e * np.sin(phi)) / (1 + e * np.sin(phi))) ** (e / 2)
    rho = 2 * a * t / np.sqrt((1 + e) ** (1 + e) * (1 - e) ** (1 - e))
    wanted = rho * np.sin(np.radians(longitude)), -np.sign(pole) * rho * np.cos(np.radians(longitude))
    projection = projection_of(exported(f"+proj=stere +lat_0={pole} +lon_0=0 +k=1 +a={a} +b={b} +units=m"))
    np.testing.assert_allclose(projection.to_map(longitude, latitude), wanted, atol=1e-3)
    np.testing.assert_allclose(projection.to_degrees(*wanted), (longitude, latitude), atol=1e-8)


@pytest.mark.parametrize("crs", ["IAU_2015:49911", "IAU_2015:49902", "ESRI:104905", "EPSG:4326"])
def test_no_projection_and_no_areas_come_of_a_fault(crs: str) -> None:
    wkt = exported(crs, "WKT2_2019")
    assert projection_of(wkt) is None
    assert pixel_areas(Georeference(wkt, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)), 10, 10) is None


def exported(crs: str, kind: str = "WKT2_2019") -> str:
    return system(crs).ExportToWkt([f"FORMAT={kind}"])


@pytest.mark.parametrize(
    "definition", ["\ud800", "\udcff", "EPSG:\0", "x" * 100_000, "(" * 100_000], ids=["half", "byte", "zero", "long", "open"]
)
def test_what_is_no_text_is_no_crs(definition: str) -> None:
    with pytest.raises(ParameterError, match="is no coordinate reference system that is known here"):
        mars_crs(definition)
