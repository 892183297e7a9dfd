"""Similarity maps of small images, file to file: known answers, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_similarity_map, map_scene
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.georeferencing import choose_grid, make_lookup, place_nearest, read_geometry
from crism_gan_plugin.core.options.similarity import METRICS
from crism_gan_plugin.core.simulation import Track
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.vectors import VectorLayer
from tests.vector_support import features

LINES, SAMPLES = 20, 26
LEFT, TOP, PIXEL = 4.58e6, 1.09e6, 18.0
KAOLINITE = "kaolinite (numerator)"


@pytest.fixture(scope="session")
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    """One pixel of kaolinite and a patch of talc on bland ground, with noise, and a pixel without data."""
    rng = np.random.default_rng(2)
    made = pixel_of("bland") * rng.uniform(0.8, 1.2, (LINES, SAMPLES, 1))
    made[9, 7] = pixel_of("kaolinite", 0.2)
    made[12:16, 15:19] = pixel_of("talc")
    made *= 1 + 0.001 * rng.standard_normal(made.shape)
    made[0, 0] = 0
    return made.astype(np.float32)


@pytest.fixture
def scene(tmp_path: Path, make_tif: Callable[..., Path], cube: np.ndarray) -> Path:
    return make_tif(tmp_path / "scene.tif", cube)


@pytest.fixture
def search(scene: Path, random_weights: Path, tmp_path: Path) -> Callable[..., Any]:
    def run(source: Path = scene, name: str = "x.tif", **options: Any) -> Any:
        if options.get("metric", "network") == "network":
            options = {"weights": random_weights, "engine": "numpy", **options}
        return make_similarity_map(source, tmp_path / "out" / name, **options)

    return run


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def best(made: Any) -> list[dict[str, Any]]:
    return sorted(features(made.best), key=lambda row: row["rank"])


@pytest.mark.parametrize("metric", METRICS)
def test_a_planted_pixel_ranks_first(search: Callable, metric: str) -> None:
    made = search(spectrum=KAOLINITE, metric=metric)
    rows = best(made)
    assert [row["rank"] for row in rows] == list(range(1, 11))
    assert (rows[0]["line"], rows[0]["sample"]) == (9, 7)
    assert rows[0]["score_1"] > rows[1]["score_1"]
    scores = read(made.similarity)
    assert scores.shape == (3, LINES, SAMPLES)
    assert np.isnan(scores[:, 0, 0]).all() and np.isfinite(scores).sum() == 3 * (LINES * SAMPLES - 1)
    assert np.unravel_index(np.nanargmax(scores[0]), scores[0].shape) == (9, 7)


@pytest.mark.parametrize("metric", METRICS)
def test_a_pixel_resembles_itself_perfectly(search: Callable, metric: str) -> None:
    x, y = LEFT + 17.5 * PIXEL, TOP - 13.5 * PIXEL
    scores = read(search(at=(x, y), metric=metric).similarity)
    assert scores[0, 13, 17] == pytest.approx(1, abs=2e-3)
    assert np.nanmax(scores[0]) == scores[0, 13, 17]


def test_scores_are_those_of_a_map_of_that_spectrum(search: Callable, scene: Path, random_weights: Path, tmp_path: Path) -> None:
    """A map with this one class, at one scale, tells the same as its evidence."""
    scores = read(search(spectrum="talc", scales=[3]).similarity)
    outputs = map_scene(
        scene, tmp_path / "maps", classes=["talc"], scales=[3], weights=random_weights, engine="numpy", support="paper"
    )
    np.testing.assert_allclose(scores, read(outputs.evidence)[0], atol=1e-5)


@pytest.mark.parametrize("factor", [np.float32(2), (1 + 0.1 * WAVELENGTHS_NM / 1000).astype(np.float32)], ids=["twice", "slope"])
@pytest.mark.parametrize("metric", ["network", "absorption"])
def test_brightness_and_slope_do_not_matter(
    search: Callable, make_tif: Callable, cube: np.ndarray, tmp_path: Path, metric: str, factor: np.ndarray
) -> None:
    changed = make_tif(tmp_path / "changed.tif", cube * factor)
    options = {"spectrum": KAOLINITE, "metric": metric, "weights": None}
    one, other = search(**options), search(source=changed, name="y.tif", **options)
    assert np.nanmax(np.abs(read(one.similarity) - read(other.similarity))) < 0.01


def test_best_pixels_have_their_spectra_and_places(search: Callable, cube: np.ndarray) -> None:
    first = best(search(spectrum=KAOLINITE, metric="derivative"))[0]
    spectrum = json.loads(first["spectrum"])
    np.testing.assert_allclose(spectrum["i_f"], cube[9, 7], rtol=1e-5)
    assert len(spectrum["grid_nm"]) == len(spectrum["ratio"]) == len(spectrum["looked_for"]) == 240
    x, y = first["geometry"].GetX(), first["geometry"].GetY()
    assert (x, y) == (LEFT + 7.5 * PIXEL, TOP - 9.5 * PIXEL)
    radius = 3394839.8133
    assert first["lat"] == pytest.approx(np.degrees(y / radius))
    assert first["lon"] == pytest.approx(np.degrees(x / radius / np.cos(np.radians(15))))


def test_the_histogram_counts_all_pixels_and_names_the_thresholds(search: Callable) -> None:
    made = search(spectrum=KAOLINITE)
    with made.histogram.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, name in enumerate(("pixels_1x1", "pixels_3x3", "pixels_5x5")):
        assert sum(int(row[name]) for row in rows) == np.isfinite(read(made.similarity)[number]).sum()
    record = json.loads(made.provenance.read_text())
    above = {name: int((read(made.similarity)[0] > np.float32(value)).sum()) for name, value in record["thresholds"].items()}
    assert {name: counts["1x1"] for name, counts in record["pixels above"].items()} == above
    assert set(above) == {"best guess", "guess", "identification"}
    plain = json.loads(search(spectrum=KAOLINITE, metric="angle").provenance.read_text())
    assert plain["thresholds"] == {}


def test_polygons_tell_the_mean_of_the_pixels_whose_centres_they_hold(search: Callable, scene: Path, tmp_path: Path) -> None:
    """Of two polygons with a hole; in pixels a mean over 3 × 3 is what the second scale sees at its middle."""
    corners = np.array([[15.4, 12.4], [18.4, 12.4], [18.4, 15.4], [15.4, 15.4], [15.4, 12.4]])
    wkt = gdal.Open(str(scene)).GetProjection()
    with VectorLayer(tmp_path / "p.gpkg", "p", wkt, (LEFT, PIXEL, 0, TOP, 0, -PIXEL), {}, "a test") as layer:
        layer.write_polygons([[corners]], {})
    made = search(polygons=tmp_path / "p.gpkg", metric="absorption")
    assert "9 pixels" in json.loads(made.provenance.read_text())["spectrum"]["name"]
    assert read(made.similarity)[1, 13, 16] == pytest.approx(1, abs=1e-4)


def test_places_may_be_told_in_degrees(search: Callable) -> None:
    radius = 3394839.8133
    x, y = LEFT + 7.5 * PIXEL, TOP - 9.5 * PIXEL
    degrees = (float(np.degrees(x / radius / np.cos(np.radians(15)))), float(np.degrees(y / radius)))
    made = search(at=degrees, at_crs="IAU_2015:49900", metric="absorption")
    assert "sample 7, line 9" in json.loads(made.provenance.read_text())["spectrum"]["name"]


def test_the_spectrum_may_lie_on_another_image(search: Callable, make_tif: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    other = make_tif(tmp_path / "other.tif", np.ascontiguousarray(cube[:, ::-1]), proj=None)
    made = search(at=(SAMPLES - 7 - 0.5, -9.5), spectrum_image=other, metric="derivative")
    assert (best(made)[0]["line"], best(made)[0]["sample"]) == (9, 7)
    assert best(made)[0]["score_1"] == pytest.approx(1, abs=1e-4)


def test_in_sensor_space_coordinates_are_pixels(search: Callable, make_tif: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    plain = make_tif(tmp_path / "plain.tif", cube, proj=None)
    made = search(source=plain, at=(7.5, -9.5), metric="derivative")
    first = best(made)[0]
    assert (first["geometry"].GetX(), first["geometry"].GetY()) == (7.5, -9.5)
    assert first["lon"] is None


def test_an_image_with_geometry_is_placed(search: Callable, make_envi: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    """As a map is; its best pixel lies where the geometry says, and is found there again."""
    folder = tmp_path / "in"
    folder.mkdir()
    wide = np.full((LINES, 64, 240), 65535, np.float32)
    wide[:, 10 : 10 + SAMPLES] = np.where(cube > 0, cube, 65535)
    image = make_envi(folder / "frt0000c003_07_if166j_ter3.img", wide, data_ignore_value=65535)
    plain = search(source=image, name="plain.tif", spectrum=KAOLINITE, metric="derivative")
    name = geometry_name(image.stem)
    line, sample = np.mgrid[:LINES, :64]
    label = folder / f"{name}.lbl".lower()
    write_geometry(label, name, *Track(18.44, 77.35, unevenness=0.0).places(line, sample, LINES, 64))
    made = search(source=image, spectrum=KAOLINITE, metric="derivative")
    geolocation = read_geometry(label, LINES, 64)
    lookup = make_lookup(geolocation, choose_grid(geolocation))
    np.testing.assert_array_equal(read(made.similarity), place_nearest(read(plain.similarity), lookup, np.nan))
    first = best(made)[0]
    assert (first["line"], first["sample"]) == (9, 17)
    assert first["lat"] == pytest.approx(geolocation.latitude[9, 17], abs=1e-6)
    x, y = first["geometry"].GetX(), first["geometry"].GetY()
    again = search(source=image, name="again.tif", at=(x, y), metric="derivative")
    assert "sample 17, line 9" in json.loads(again.provenance.read_text())["spectrum"]["name"]


def test_small_blocks_make_the_same(search: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    from crism_gan_plugin.core.rasters import blocks

    whole = read(search(spectrum=KAOLINITE, metric="derivative").similarity)
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 4 * SAMPLES * 240 * 3)
    pieces = read(search(name="y.tif", spectrum=KAOLINITE, metric="derivative").similarity)
    np.testing.assert_allclose(pieces, whole, atol=1e-5)


def test_all_files_appear_together(search: Callable, tmp_path: Path) -> None:
    search(spectrum=KAOLINITE, metric="angle")
    names = ["x.qml", "x.tif", "x_best.gpkg", "x_histogram.csv", "x_provenance.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "give either a spectrum, or a point .*none is given"),
        ({"spectrum": KAOLINITE, "at": (0.0, 0.0)}, "a spectrum and a point .* are given"),
        ({"spectrum": KAOLINITE, "metric": "nearest"}, "metric 'nearest': must be one of network"),
        ({"spectrum": KAOLINITE, "spectrum_image": "x.img"}, "spectrum_image: is for a point or polygons"),
        ({"spectrum": KAOLINITE, "scales": [2]}, "odd numbers of pixels"),
        ({"at": (1.0, 2.0)}, "at 1, 2: lies beside the image, which reaches from 4580000"),
        ({"at": (LEFT + 1, TOP - 1)}, "has no valid data there"),
        ({"at": (LEFT + 40, TOP - 40)}, "no absorption of 1 % or more"),
        ({"at": (1.0, 2.0), "at_crs": "EPSG:4326"}, "at_crs: .*is not of Mars"),
        ({"spectrum": "unobtainium"}, "'unobtainium' is not in the library"),
    ],
)
def test_what_tells_no_spectrum_is_refused(search: Callable, tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        search(**options)
    assert not (tmp_path / "out").exists()


def test_polygons_beside_the_image_are_refused(search: Callable, tmp_path: Path) -> None:
    far = tmp_path / "far.geojson"
    far.write_text('{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}')
    with pytest.raises((ParameterError, InputError), match="polygons"):
        search(polygons=far)


def test_the_image_is_not_replaced_and_cancelling_leaves_nothing(
    search: Callable, scene: Path, tmp_path: Path, recorder: Callable
) -> None:
    before = scene.read_bytes()
    with pytest.raises(ParameterError, match="is the input itself"):
        make_similarity_map(scene, scene, spectrum=KAOLINITE, metric="angle")
    with pytest.raises(Cancelled):
        search(spectrum=KAOLINITE, metric="angle", progress=recorder(1))
    assert scene.read_bytes() == before
    assert not (tmp_path / "out").exists()


def test_an_image_without_data_is_refused(search: Callable, make_tif: Callable, tmp_path: Path) -> None:
    empty = make_tif(tmp_path / "empty.tif", np.zeros((4, 5, 240), np.float32))
    with pytest.raises(InputError, match="no pixel has valid data"):
        search(source=empty, spectrum=KAOLINITE, metric="angle")
