"""Composites against the naive way, and against everything that must not matter."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.mosaic import laying, rasters, sampling
from crism_gan_plugin.core.mosaic.composite import CompositeOutputs
from crism_gan_plugin.core.rasters.class_table import read_class_table
from tests.core.mosaic import oracle
from tests.mosaic_support import CLASSES, RADIUS, RADIUS_15, RADIUS_30, equirectangular, polar, random_map


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def contents(outputs: CompositeOutputs) -> dict[str, np.ndarray]:
    files = {"codes": outputs.composite, "similarity": outputs.similarity, "source": outputs.source, "count": outputs.count}
    return {name: read(path) for name, path in files.items()}


def degrees_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Longitude and latitude, radians, of the pixels' centres on the sphere's equirectangular map."""
    dataset = gdal.Open(str(path))
    left, pixel, _, top, _, down = dataset.GetGeoTransform()
    x = left + (np.arange(dataset.RasterXSize) + 0.5) * pixel
    y = top + (np.arange(dataset.RasterYSize) + 0.5) * down
    return tuple(np.meshgrid(x / RADIUS, y / RADIUS))


#: name, standard parallel, radius, pixel, size; all near 77.5° E, 18.4° N.
SCENES = (
    ("a", 15, RADIUS_15, 18.0, (70, 60)),
    ("b", 30, RADIUS_30, 18.0, (55, 90)),
    ("c", 0, RADIUS, 36.0, (30, 40)),
    ("d", 15, RADIUS_15, 18.0, (64, 64)),
)


@pytest.fixture
def scenes(tmp_path: Path, make_map: Callable[..., Path]) -> SimpleNamespace:
    """Four overlapping maps with spheres and pixel sizes of their own, as files and in memory."""
    rng = np.random.default_rng(3)
    paths, naive = [], []
    for name, parallel, radius, pixel, size in SCENES:
        codes, similarity = random_map(rng, *size)
        forward = oracle.equirectangular_forward(parallel, radius)
        x, y = forward(np.radians(77.5 + rng.uniform(0, 0.006)), np.radians(18.4 + rng.uniform(0, 0.006)))
        paths.append(
            make_map(
                tmp_path / f"{name}.tif",
                codes,
                similarity,
                left=float(x),
                top=float(y),
                pixel=pixel,
                crs=equirectangular(parallel, radius),
            )
        )
        naive.append(oracle.NaiveMap(f"{name}.tif", codes, similarity, float(x), float(y), pixel, forward))
    return SimpleNamespace(paths=paths, naive=naive)


def assert_equal(found: dict[str, np.ndarray], wanted: dict[str, np.ndarray]) -> None:
    for name in ("codes", "source", "count", "similarity"):
        np.testing.assert_array_equal(found[name], wanted[name].astype(found[name].dtype), err_msg=name)


# ---------------------------------------------------------------- right answers


def test_equal_to_the_naive_way(tmp_path: Path, scenes: SimpleNamespace) -> None:
    outputs = make_composite(scenes.paths, tmp_path / "out" / "y.tif")
    lon, lat = degrees_of(outputs.composite)
    wanted = oracle.best_evidence(scenes.naive, lon, lat)
    assert wanted["count"].max() == 4
    assert_equal(contents(outputs), wanted)
    step = 18 / RADIUS  # nothing of a map is beyond the composite's edges
    for beside in ((lon[:, :1] - step, lat[:, :1]), (lon[:, -1:] + step, lat[:, -1:])):
        assert all((oracle.look_up(each, *beside)[0] == 255).all() for each in scenes.naive)
    for beside in ((lon[:1], lat[:1] + step), (lon[-1:], lat[-1:] - step)):
        assert all((oracle.look_up(each, *beside)[0] == 255).all() for each in scenes.naive)


def test_agreement_is_that_of_every_pair(tmp_path: Path, scenes: SimpleNamespace) -> None:
    outputs = make_composite(scenes.paths, tmp_path / "y.tif")
    lon, lat = degrees_of(outputs.composite)
    wanted = oracle.pairs(scenes.naive, lon, lat)
    rows = list(csv.reader(outputs.agreement.open(encoding="utf-8")))
    codes = {"nothing": 0, **{name: code for code, name in CLASSES.items()}}
    matrix = 1 + len(codes)
    assert rows[0][: matrix + 1] == ["pairs of maps", "nothing", *CLASSES.values(), "agreement"]
    for row in rows[1:]:
        code = codes[row[0]]
        assert [int(cell) for cell in row[1:matrix]] == [wanted[code, codes[name]] for name in rows[0][1:matrix]]
        assert float(row[matrix]) == pytest.approx(wanted[code, code] / wanted[code].sum(), abs=1e-4)


@pytest.mark.parametrize("strategy", ["best evidence", "first", "last", "finest", "most detections"])
def test_strategies(tmp_path: Path, scenes: SimpleNamespace, strategy: str) -> None:
    paths = [scenes.paths[k] for k in (2, 0, 3, 1)]
    outputs = make_composite(paths, tmp_path / "y.tif", strategy=strategy)
    lon, lat = degrees_of(outputs.composite)
    ground = {each.name: ((each.codes > 0) & (each.codes < 255)).sum() * each.pixel**2 for each in scenes.naive}
    wanted_order = {
        "first": ["c.tif", "a.tif", "d.tif", "b.tif"],
        "last": ["b.tif", "d.tif", "a.tif", "c.tif"],
        "finest": ["a.tif", "b.tif", "d.tif", "c.tif"],
        "most detections": sorted(ground, key=lambda name: -ground[name]),
    }
    if strategy == "best evidence":
        assert_equal(contents(outputs), oracle.best_evidence(scenes.naive, lon, lat))
        return
    by_name = {each.name: each for each in scenes.naive}
    codes, source = np.full(lon.shape, 255), np.zeros(lon.shape, int)
    for name in reversed(wanted_order[strategy]):
        shown = oracle.look_up(by_name[name], lon, lat)[0]
        codes, source = np.where(shown != 255, shown, codes), np.where(shown != 255, "abcd".index(name[0]) + 1, source)
    found = contents(outputs)
    np.testing.assert_array_equal(found["codes"], codes)
    np.testing.assert_array_equal(found["source"], source)


#: What two maps say of six pixels: an identification against a guess and against nothing, both of higher similarity; equal levels.
ONE = [21, 21, 121, 21, 0, 255], [0.96, 0.96, 0.86, 0.96, 0.80, np.nan]
OTHER = [115, 0, 0, 15, 0, 115], [0.99, 1.00, 0.99, 0.98, 0.84, 0.90]


@pytest.mark.parametrize(
    ("strategy", "codes", "source"),
    [
        ("best evidence", [21, 21, 121, 15, 0, 115], [1, 1, 1, 2, 2, 2]),
        ("first", [21, 21, 121, 21, 0, 115], [1, 1, 1, 1, 1, 2]),
        ("last", [115, 0, 0, 15, 0, 115], [2, 2, 2, 2, 2, 2]),
        ("finest", [21, 21, 121, 21, 0, 115], [1, 1, 1, 1, 1, 2]),
        ("most detections", [21, 21, 121, 21, 0, 115], [1, 1, 1, 1, 1, 2]),
    ],
)
def test_a_higher_similarity_is_no_better_level(
    tmp_path: Path, make_map: Callable[..., Path], strategy: str, codes: list[int], source: list[int]
) -> None:
    """Classes of low confidence need more for an identification, so that similarities do not follow from levels."""
    maps = [make_map(tmp_path / f"{k}.tif", *(np.array(row)[None] for row in each)) for k, each in enumerate((ONE, OTHER), 1)]
    outputs = make_composite(maps, tmp_path / "y.tif", strategy=strategy, extent=(4.58e6, 1.09e6 - 18, 4.58e6 + 6 * 18, 1.09e6))
    assert read(outputs.composite).ravel().tolist() == codes
    assert read(outputs.source).ravel().tolist() == source
    wanted = [(ONE, OTHER)[number - 1][1][pixel] for pixel, number in enumerate(source)]
    np.testing.assert_allclose(read(outputs.similarity).ravel(), wanted, rtol=1e-6)
    rows = {row[0]: row[1:5] for row in csv.reader(outputs.agreement.open(encoding="utf-8"))}
    assert rows == {  # whichever shows, and however alike: nothing, kaolinite, talc
        "pairs of maps": ["nothing", "kaolinite", "talc", "agreement"],
        "nothing": ["1", "0", "2", "0.3333"],
        "kaolinite": ["0", "0", "2", "0.0000"],
        "talc": ["2", "2", "0", "0.0000"],
    }
    shown = {row["source"]: (row["pixels_covered"], row["pixels_shown"]) for row in csv.DictReader(outputs.sources.open())}
    assert shown == {"1": ("5", str(source.count(1))), "2": ("6", str(source.count(2)))}
    record = json.loads(outputs.provenance.read_text(encoding="utf-8"))
    assert record["pixels"] == {"valid": 6, "with two maps or more": 5}


def test_the_more_probable_detection_shows(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    """Whatever its level and similarity; any detection before nothing, and one whose probability is not known after others."""
    probabilities = [0.4, 0.9, 0.7, 0.6, np.nan, np.nan], [0.8, np.nan, np.nan, 0.5, np.nan, 0.2]
    maps = [
        make_map(tmp_path / f"{k}.tif", *(np.array(row)[None] for row in each), probability=np.array(told)[None])
        for k, (each, told) in enumerate(zip((ONE, OTHER), probabilities), 1)
    ]
    settings = {"strategy": "most probable", "extent": (4.58e6, 1.09e6 - 18, 4.58e6 + 6 * 18, 1.09e6)}
    outputs = make_composite(maps, tmp_path / "y.tif", **settings)
    assert read(outputs.source).ravel().tolist() == [2, 1, 1, 1, 2, 2]
    assert read(outputs.composite).ravel().tolist() == [115, 21, 121, 21, 0, 115]
    unknown = np.full((1, 6), np.nan)
    maps[0] = make_map(maps[0], *(np.array(row)[None] for row in ONE), probability=unknown)
    outputs = make_composite(maps, tmp_path / "z.tif", **settings)
    assert read(outputs.source).ravel().tolist() == [2, 1, 1, 2, 2, 2]


@pytest.mark.parametrize(
    "place", [{}, {"crs": "+proj=stere +lat_0=-90 +a=3396190 +b=3376200 +units=m", "left": 2e5, "top": -1e5, "pixel": 100.0}]
)
def test_probabilities_are_sampled_on_every_body(tmp_path: Path, make_map: Callable[..., Path], place: dict[str, Any]) -> None:
    """Pixels of an ellipsoid are looked up, others are warped."""
    maps, drawn = [], np.random.default_rng(3)
    codes, similarity = random_map(drawn, 12, 12)
    for name, told in (("a", 0.3), ("b", 0.6), ("c", 0.5)):
        maps.append(make_map(tmp_path / f"{name}.tif", codes, similarity, probability=np.full((12, 12), told), **place))
    outputs = make_composite(maps, tmp_path / "y.tif", strategy="most probable")
    found, source = read(outputs.composite), read(outputs.source)
    assert set(np.unique(source[(found > 0) & (found < 255)])) == {2}


def test_a_map_without_probabilities_is_refused_by_name(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    codes = np.array([[21, 0]])
    maps = [
        make_map(tmp_path / "a.tif", codes, np.ones((1, 2)), probability=np.full((1, 2), 0.5)),
        make_map(tmp_path / "b.tif", codes, np.ones((1, 2))),
    ]
    with pytest.raises(
        InputError, match=r"b\.tif: its evidence has no band 'probability', .* map the image again with PROBABILITY"
    ):
        make_composite(maps, tmp_path / "y.tif", strategy="most probable")
    make_map(tmp_path / "c.tif", codes)
    with pytest.raises(InputError, match=r"c\.tif: has no evidence .* 'most probable' needs it"):
        make_composite([maps[0], tmp_path / "c.tif"], tmp_path / "y.tif", strategy="most probable")
    assert not (tmp_path / "y.tif").exists()


def test_most_detections_counts_guesses_too(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    sure, many = np.array([[21, 21, 0, 0]]), np.array([[0, 115, 115, 115]])
    maps = [make_map(tmp_path / f"{k}.tif", each, np.ones((1, 4))) for k, each in enumerate((sure, many), 1)]
    outputs = make_composite(maps, tmp_path / "y.tif", strategy="most detections")
    assert set(np.unique(read(outputs.source))) - {0} == {2}


def test_a_strip_across_180_degrees_stays_in_one_piece(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    rng = np.random.default_rng(0)
    forward, half = oracle.equirectangular_forward(0, RADIUS), np.pi * RADIUS
    one, other = random_map(rng, 40, 50), random_map(rng, 40, 50)
    # one map goes on beyond its own edge, the other begins at the other edge
    paths = [
        make_map(tmp_path / "a.tif", *one, left=half - 30 * 18, top=0),
        make_map(tmp_path / "b.tif", *other, left=-half + 5 * 18, top=90),
    ]
    naive = [
        oracle.NaiveMap("a.tif", *one, half - 30 * 18, 0, 18, forward),
        oracle.NaiveMap("b.tif", *other, half + 5 * 18, 90, 18, forward),
    ]
    outputs = make_composite(paths, tmp_path / "y.tif")
    lon, lat = degrees_of(outputs.composite)
    lon = np.where(lon < 0, lon + 2 * np.pi, lon)
    assert lon.shape == (45, 86)
    assert_equal(contents(outputs), oracle.best_evidence(naive, lon, lat))
    # with a CRS whose middle is there, and with a whole planet around them, the same pixels are found
    other_middle = make_composite(paths, tmp_path / "180.tif", crs=equirectangular(meridian=180))
    wide = make_composite(paths, tmp_path / "wide.tif", extent=(-half, -1000, half, 1000), pixel_size=18)
    for again in (other_middle, wide):
        assert (read(again.composite) != 255).sum() == pytest.approx((read(outputs.composite) != 255).sum(), rel=0.05)
    both_ends = read(wide.composite)
    assert (both_ends[:, :20] != 255).any()
    assert (both_ends[:, -20:] != 255).any()


@pytest.mark.parametrize("spacing", [200.0, 5000.0])
def test_polar_maps_on_a_polar_composite(tmp_path: Path, make_map: Callable[..., Path], spacing: float) -> None:
    """One map around the pole itself in polar coordinates of another sphere, one in equirectangular ones across 180°."""
    rng = np.random.default_rng(1)
    radius = 3376200.0
    codes, similarity = random_map(rng, 80, 80)
    strip, strip_similarity = random_map(rng, 40, 60)
    cylinder = oracle.equirectangular_forward(65, RADIUS_30)
    left, top = cylinder(np.radians(179.0), np.radians(89.0 - spacing / 1e4))
    paths = [
        make_map(tmp_path / "p.tif", codes, similarity, left=-40 * spacing, top=42 * spacing, pixel=spacing, crs=polar(90, radius)),
        make_map(
            tmp_path / "q.tif",
            strip,
            strip_similarity,
            left=float(left),
            top=float(top),
            pixel=spacing,
            crs=equirectangular(65, RADIUS_30),
        ),
    ]
    outputs = make_composite(paths, tmp_path / "y.tif")
    dataset = gdal.Open(str(outputs.composite))
    assert "Polar" in dataset.GetProjection() or "polar" in dataset.GetProjection().lower()
    x0, pixel, _, y0, _, _ = dataset.GetGeoTransform()
    x, y = np.meshgrid(x0 + (np.arange(dataset.RasterXSize) + 0.5) * pixel, y0 - (np.arange(dataset.RasterYSize) + 0.5) * pixel)
    lat, lon = np.pi / 2 - 2 * np.arctan(np.hypot(x, y) / (2 * RADIUS)), np.arctan2(x, -y)
    naive = [
        oracle.NaiveMap("p.tif", codes, similarity, -40 * spacing, 42 * spacing, spacing, oracle.north_polar_forward(radius)),
        oracle.NaiveMap("q.tif", strip, strip_similarity, float(left), float(top), spacing, around(cylinder)),
    ]
    wanted = oracle.best_evidence(naive, lon, lat)
    found = contents(outputs)
    assert (wanted["source"] == 1).sum() > 3000
    assert (wanted["source"] == 2).sum() > 50
    # interpolated places may be off by a hundredth of a pixel
    assert (found["codes"] == wanted["codes"]).mean() > 0.98
    assert (found["count"] == wanted["count"]).mean() > 0.98


def around(forward: oracle.Forward) -> oracle.Forward:
    """A cylindrical map that goes on beyond 180° to the east."""
    return lambda lon, lat: forward(np.where(lon < 0, lon + 2 * np.pi, lon), lat)


def test_polar_map_on_an_equirectangular_composite(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    codes, similarity = random_map(np.random.default_rng(2), 60, 60)
    path = make_map(tmp_path / "p.tif", codes, similarity, left=-3e4, top=3e4, pixel=1000, crs=polar())
    outputs = make_composite([path], tmp_path / "y.tif", crs="IAU_2015:49910", pixel_size=2000)
    lon, lat = degrees_of(outputs.composite)
    assert lon.min() == pytest.approx(-np.pi, abs=1e-3)
    assert lon.max() == pytest.approx(np.pi, abs=1e-3)
    assert lat.max() == pytest.approx(np.pi / 2, abs=1e-3)
    naive = oracle.NaiveMap("p.tif", codes, similarity, -3e4, 3e4, 1000, oracle.north_polar_forward(RADIUS))
    wanted = np.where(lat <= np.pi / 2, oracle.look_up(naive, lon, lat)[0], 255)
    found = read(outputs.composite)
    assert (found != 255).sum() > 1000
    assert (found == wanted).mean() > 0.99


def test_rotated_and_geographic_maps(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    rng = np.random.default_rng(4)
    codes, similarity = random_map(rng, 60, 60)
    degree = np.radians(1) * RADIUS
    straight = make_map(
        tmp_path / "g.tif",
        codes,
        similarity,
        left=77,
        top=18,
        pixel=100 / degree,
        crs=f"+proj=longlat +R={RADIUS} +no_defs",
    )
    outputs = make_composite([straight], tmp_path / "y.tif", pixel_size=100)
    lon, lat = degrees_of(outputs.composite)
    scale = 100 / degree
    line, sample = np.floor((18 - np.degrees(lat)) / scale + 1e-6), np.floor((np.degrees(lon) - 77) / scale + 1e-6)
    inside = (line >= 0) & (line < 60) & (sample >= 0) & (sample < 60)
    wanted = np.where(inside, codes[np.clip(line, 0, 59).astype(int), np.clip(sample, 0, 59).astype(int)], 255)
    np.testing.assert_array_equal(read(outputs.composite), wanted)
    turn = (4.58e6, 15.0, 7.0, 1.09e6, 6.0, -16.0)
    turned = make_map(tmp_path / "t.tif", codes, similarity, transform=turn)
    outputs = make_composite([turned], tmp_path / "z.tif")
    lon, lat = degrees_of(outputs.composite)
    inverse = np.linalg.inv([[15.0, 7.0], [6.0, -16.0]])
    sample, line = np.floor(np.tensordot(inverse, [lon * RADIUS - 4.58e6, lat * RADIUS - 1.09e6], 1) + 1e-6)
    inside = (line >= 0) & (line < 60) & (sample >= 0) & (sample < 60)
    wanted = np.where(inside, codes[np.clip(line, 0, 59).astype(int), np.clip(sample, 0, 59).astype(int)], 255)
    found = read(outputs.composite)
    assert (found == wanted).mean() > 0.999


def test_downsampling_a_large_map_by_pieces(tmp_path: Path, make_map: Callable[..., Path], monkeypatch: Any) -> None:
    for module in (rasters, laying):
        monkeypatch.setattr(module, "TILE", 16)
    codes, similarity = random_map(np.random.default_rng(5), 150, 170)
    path = make_map(tmp_path / "a.tif", codes, similarity, left=0, top=0)
    outputs = make_composite([path], tmp_path / "y.tif", pixel_size=54)
    found = read(outputs.composite)
    np.testing.assert_array_equal(found, np.pad(codes, ((0, 0), (0, 1)), constant_values=255)[1::3, 1::3])


# ---------------------------------------------------------------- what must not matter


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(4)), tile=st.sampled_from([16, 64, 128]), blocks=st.sampled_from([1, 2, 4]))
def test_order_and_tiles_do_not_matter(
    tmp_path_factory: pytest.TempPathFactory, scenes: SimpleNamespace, order: list[int], tile: int, blocks: int
) -> None:
    folder = tmp_path_factory.mktemp("order")
    plain = make_composite(scenes.paths, folder / "plain.tif")
    with pytest.MonkeyPatch.context() as patch:
        for module in (rasters, laying):
            patch.setattr(module, "TILE", tile)
        patch.setattr(laying, "_BLOCK_TILES", blocks)
        other = make_composite([scenes.paths[k] for k in order], folder / "other.tif")
    assert_equal(contents(other), contents(plain))
    for one, same in zip(csv.DictReader(other.sources.open()), csv.DictReader(plain.sources.open())):
        assert float(one.pop("km2_shown")) == pytest.approx(float(same.pop("km2_shown")), rel=1e-5)
        assert one == same
    assert other.agreement.read_text() == plain.agreement.read_text()
    assert other.style.read_text() == plain.style.read_text()
    for one, same in zip(read_class_table(other.composite), read_class_table(plain.composite)):
        assert one == replace(same, area_km2=pytest.approx(same.area_km2, rel=1e-5))


@pytest.mark.parametrize("tile", [16, 48, 128])
def test_tiles_do_not_matter_for_interpolated_places(
    tmp_path: Path, make_map: Callable[..., Path], tile: int, monkeypatch: Any
) -> None:
    codes, similarity = random_map(np.random.default_rng(8), 75, 65)
    path = make_map(tmp_path / "p.tif", codes, similarity, left=6e5, top=-8e5, pixel=500, crs=polar(-90))
    plain = contents(make_composite([path], tmp_path / "plain.tif", crs="IAU_2015:49910"))
    for module in (rasters, laying):
        monkeypatch.setattr(module, "TILE", tile)
    assert_equal(contents(make_composite([path], tmp_path / "other.tif", crs="IAU_2015:49910")), plain)


def test_equal_similarities_go_to_the_finer_pixel_then_the_name(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    codes, similarity = np.full((20, 20), 15), np.full((20, 20), 0.97, np.float32)
    coarse = make_map(tmp_path / "a.tif", codes[:10, :10], similarity[:10, :10], pixel=36)
    fine = [make_map(tmp_path / f"{name}.tif", codes, similarity) for name in ("c", "b")]
    for paths in itertools.permutations([coarse, *fine]):
        outputs = make_composite(paths, tmp_path / "out" / "y.tif")
        assert (read(outputs.source)[1:-1, 1:-1] == 2).all()
        assert (read(outputs.count)[1:-1, 1:-1] == 3).all()


def test_a_composite_is_a_map_too(tmp_path: Path, scenes: SimpleNamespace) -> None:
    whole = make_composite(scenes.paths, tmp_path / "y.tif")
    part = make_composite(scenes.paths[:2], tmp_path / "ab.tif")  # by name before d, as a and b are
    left, pixel, _, top, _, _ = gdal.Open(str(whole.composite)).GetGeoTransform()
    lines, samples = read(whole.composite).shape
    extent = (left, top - lines * pixel, left + samples * pixel, top)
    again = make_composite([part.composite, *scenes.paths[2:]], tmp_path / "again.tif", extent=extent)
    for name in ("composite", "similarity"):
        np.testing.assert_array_equal(read(getattr(again, name)), read(getattr(whole, name)))


# ---------------------------------------------------------------- what is written


def test_tables_and_records(tmp_path: Path, scenes: SimpleNamespace, recorder: Callable) -> None:
    progress = recorder()
    outputs = make_composite(scenes.paths, tmp_path / "out" / "y.tif", progress=progress)
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        *("y.tif", "y.tif.aux.xml", "y.qml", "y_similarity.tif", "y_similarity.qml", "y_source.tif", "y_source.qml"),
        *("y_count.tif", "y_count.qml", "y_sources.csv", "y_agreement.csv", "y_provenance.json"),
    }
    found = contents(outputs)
    table = {row.value: row for row in read_class_table(outputs.composite)}
    assert set(table) == set(np.unique(found["codes"])) - {0, 255}
    for value, row in table.items():
        assert row.name == CLASSES[value % 100]
        assert row.pixels == (found["codes"] == value).sum()
        assert row.area_km2 == pytest.approx(row.pixels * 0.018**2 * np.cos(np.radians(18.4)), rel=2e-4)
    rows = list(csv.DictReader(outputs.sources.open(encoding="utf-8")))
    assert [row["file"] for row in rows] == ["a.tif", "b.tif", "c.tif", "d.tif"]
    for row in rows:
        assert int(row["pixels_shown"]) == (found["source"] == int(row["source"])).sum()
        assert row["product_id"] == row["file"][0].upper()
    record = json.loads(outputs.provenance.read_text(encoding="utf-8"))
    assert [each["file"] for each in record["maps"]] == ["a.tif", "b.tif", "c.tif", "d.tif"]
    assert all(len(each["sha256"]) == 64 for each in record["maps"])
    assert record["strategy"].startswith("best evidence")
    assert any("pairs of pixels agree" in note for note in progress.notes)
    assert progress.fractions == sorted(progress.fractions)
    dataset = gdal.Open(str(outputs.composite))
    assert dataset.GetMetadataItem("CRISM_EVIDENCE") == "y_similarity.tif"
    assert dataset.GetRasterBand(1).GetDescription() == "mineral class"
    assert "Mars" in dataset.GetProjection()


# ---------------------------------------------------------------- areas


@pytest.mark.parametrize("crs", ["IAU_2015:49910", "IAU_2015:49900", "IAU_2015:49930", equirectangular(60, 3396190.0)])
@pytest.mark.parametrize("south", [5.0, 70.0])
def test_area_is_that_of_the_sphere(tmp_path: Path, make_map: Callable[..., Path], crs: str, south: float) -> None:
    """A box of 4° × 3°, all of it kaolinite: R² Δλ (sin φ₂ − sin φ₁)."""
    scale = 1 / 200
    codes, similarity = np.full((600, 800), 15), np.full((600, 800), 0.99, np.float32)
    degrees = f"+proj=longlat +R={RADIUS} +no_defs"
    path = make_map(tmp_path / "box.tif", codes, similarity, left=30, top=south + 3, pixel=scale, crs=degrees)
    outputs = make_composite([path], tmp_path / "y.tif", crs=crs)
    (row,) = read_class_table(outputs.composite)
    north, low = np.radians(south + 3), np.radians(south)
    wanted = 3396.19**2 * np.radians(4) * (np.sin(north) - np.sin(low))
    assert row.area_km2 == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize(("crs", "latitude"), [("IAU_2015:49930", 90), ("IAU_2015:49935", -90)])
def test_area_around_a_pole(tmp_path: Path, make_map: Callable[..., Path], crs: str, latitude: float) -> None:
    """A cap of 3°, on the map a disc: 2 π R² (1 − cos 3°)."""
    rho = 2 * RADIUS * np.tan(np.radians(3) / 2)
    pixel = 2 * rho / 900
    line, sample = np.ogrid[:900, :900]
    codes = np.where(np.hypot(line - 449.5, sample - 449.5) < 450, 21, 255)
    path = make_map(tmp_path / "cap.tif", codes, np.ones((900, 900)), left=-rho, top=rho, pixel=pixel, crs=polar(latitude))
    outputs = make_composite([path], tmp_path / "y.tif", crs=crs)
    (row,) = read_class_table(outputs.composite)
    assert row.area_km2 == pytest.approx(2 * np.pi * 3396.19**2 * (1 - np.cos(np.radians(3))), rel=1e-3)


def test_memory_does_not_grow_with_the_maps(tmp_path: Path, make_map: Callable[..., Path], monkeypatch: Any) -> None:
    """However many maps lie on one place, only so many are open, and GDAL keeps only so many of their numbers."""
    monkeypatch.setattr(sampling, "_OPEN_MAPS", 3)
    rng = np.random.default_rng(0)
    maps = [make_map(tmp_path / f"{k}.tif", *random_map(rng, 60, 60)) for k in range(7)]
    most, cache = [], []

    def open_one(sampler: sampling.Sampler, sheet: Any) -> Any:
        warped = warp(sampler, sheet)
        most.append(len(sampler._open))
        cache.append(gdal.GetCacheMax())
        return warped

    warp = sampling.Sampler._warp
    monkeypatch.setattr(sampling.Sampler, "_warp", open_one)
    before = gdal.GetCacheMax()
    outputs = make_composite(maps, tmp_path / "y.tif")
    assert read(outputs.count).max() == 7
    assert max(most) == 3
    assert set(cache) == {128 << 20}
    assert gdal.GetCacheMax() == before
