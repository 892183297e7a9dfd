"""Graticule and landing sites: where their lines and points are, and that a GeoPackage of them is whole or not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from osgeo import ogr

from crism_gan_plugin.core.errors import OutputError, ParameterError
from crism_gan_plugin.core.mars.reference import Region, grid_lines, is_reference, write_reference

JEZERO = Region(77, 17, 78, 19)


def test_lines_of_the_planet() -> None:
    lines = list(grid_lines())
    assert len(lines) == 360 + 179
    assert len({line.label for line in lines}) == len(lines) - 1  # the equator and the prime meridian are both 0°
    steps = {step: sum(line.step == step for line in lines) for step in (30, 10, 1, 0.1)}
    assert steps == {30: 12 + 5, 10: (36 - 12) + (17 - 5), 1: (360 - 36) + (179 - 17), 0.1: 0}


def test_lines_of_a_region_are_those_in_between() -> None:
    fine = [line for line in grid_lines(JEZERO) if line.step == 0.1]
    assert len(fine) == 9 + 18
    assert {line.label for line in fine} >= {"77.1° E", "77.9° E", "17.1° N", "18.9° N"}
    for line in fine:
        assert line.vertices[:, 0].min() >= 77 and line.vertices[:, 0].max() <= 78
        assert line.vertices[:, 1].min() >= 17 and line.vertices[:, 1].max() <= 19
        assert np.abs(np.diff(line.vertices, axis=0)).max() <= 0.1 + 1e-9


def test_every_line_is_at_the_degrees_of_its_label() -> None:
    for line in grid_lines(Region(-1, -1, 1, 1)):
        letter = line.label.split("° ")[1] if " " in line.label else None
        degrees = float(line.label.split("°")[0]) * (-1 if letter in ("W", "S") else 1)
        sides = {"E": [0], "W": [0], "N": [1], "S": [1], None: [0, 1]}[letter]
        found = [side for side in sides if np.ptp(line.vertices[:, side]) == 0]
        assert found and abs(abs(line.vertices[0, found[0]]) - abs(degrees)) < 1e-12
        if letter:
            assert line.vertices[0, found[0]] == degrees


boxes = st.tuples(st.floats(-180, 170), st.floats(-90, 80), st.floats(0, 30), st.floats(0, 30)).map(
    lambda box: (box[0], box[1], box[0] + box[2], box[1] + box[3])
)


@given(st.lists(boxes, max_size=4))
def test_a_region_holds_every_narrow_box_and_is_never_wide(found: list[tuple[float, float, float, float]]) -> None:
    region = Region.around(found)
    narrow = [box for box in found if box[2] - box[0] <= 10 and box[3] - box[1] <= 10]
    if region is None:
        spread = np.array(narrow) if narrow else None
        assert spread is None or (spread[:, 2:].max(0) - spread[:, :2].min(0) > 8).any()
        return
    assert max(region.east - region.west, region.north - region.south) <= 10
    for west, south, east, north in narrow:
        assert region.west <= west and region.south <= south and region.east >= east and region.north >= north


def test_the_geopackage_says_that_it_is_on_mars(tmp_path: Path) -> None:
    path = write_reference(tmp_path / "new" / "mars.gpkg", JEZERO)
    assert is_reference(path)
    dataset = ogr.Open(str(path))
    sites = dataset.GetLayerByName("landing_sites")
    found = {site["name"]: (site.GetGeometryRef().GetX(), site.GetGeometryRef().GetY()) for site in sites}
    assert found == {"Jezero landing site": (77.4565, 18.4463), "NE Syrtis candidate site": (77.1599, 17.8899)}
    lines = dataset.GetLayerByName("graticule")
    assert lines.GetFeatureCount() == 360 + 179 + 27
    for layer in (sites, lines):
        assert layer.GetSpatialRef().IsGeographic()
        assert layer.GetSpatialRef().GetSemiMajor() == 3_396_190
        assert layer.GetSpatialRef().GetInvFlattening() == 0


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"mars\.shp.*\.gpkg"):
        write_reference(tmp_path / "mars.shp")
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    import signal

    resource = pytest.importorskip("resource", reason="limits of POSIX")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OutputError, match=r"mars\.gpkg"):
            write_reference(tmp_path / "mars.gpkg")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [None, b"", b"not a database"])
def test_other_files_are_not_taken_for_one(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "mars.gpkg").write_bytes(content)
    assert not is_reference(tmp_path / "mars.gpkg")
