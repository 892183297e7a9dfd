"""Coordinate reference systems of Mars, with PROJ's own definitions as the oracle of those that are carried along."""

from __future__ import annotations

import re

import pytest
from osgeo import osr

from crism_gan_plugin.core import mars_crs as module
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.mars_crs import EQUIRECTANGULAR, carried_wkt, default_crs, mars_crs

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
        ("IAU_2015:49911", "ellipsoid"),
        ("IAU_2015:49912", "ellipsoid"),
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
