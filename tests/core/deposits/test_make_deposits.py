"""Deposits of maps, file to file: known answers, and what is refused."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal, ogr

from crism_gan_plugin.core import make_composite, make_deposits
from crism_gan_plugin.core.deposits import pipeline
from crism_gan_plugin.core.errors import Cancelled, InputError, MissingDependencyError, ParameterError
from crism_gan_plugin.core.mars.areas import pixel_areas
from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.rasters.class_table import read_class_table
from crism_gan_plugin.core.rasters.geotiff import create_raster
from tests.mosaic_support import no_maps, random_map, write_map
from tests.vector_support import features

pytest.importorskip("rasterio")

ALL = {"level": "both", "min_pixels": 1, "min_columns": 1}


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def names(found: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return sorted((each["class"], each["pixels"]) for each in found)


def test_all_deposits_sum_to_the_table(mapped: Callable, tmp_path: Path) -> None:
    classes = mapped(options={"identification": 0.999}).classes  # some are guesses then
    made = make_deposits(classes, tmp_path / "d.gpkg", **ALL)
    found, table = features(made.deposits), read_class_table(classes)
    assert {row.level for row in table} >= {"identification"}
    for row in table:
        own = [each for each in found if each["code"] == row.value]
        assert sum(each["pixels"] for each in own) == row.pixels
        assert sum(each["km2"] for each in own) == pytest.approx(row.area_km2, rel=1e-6)
        assert {(each["class"], each["level"]) for each in own} == {(row.name, row.level)}
    assert sum(each["pixels"] for each in found) == sum(row.pixels for row in table)


def test_random_maps_sum_to_their_areas_and_polygons_to_their_pixels(tmp_path: Path) -> None:
    """Every polygon is valid, covers its own pixels alone, and lies where they do."""
    codes, similarity = random_map(np.random.default_rng(0), 40, 50)
    path = write_map(tmp_path / "m.tif", codes, similarity)
    for neighbours in (4, 8):
        made = make_deposits(path, tmp_path / f"d{neighbours}.gpkg", neighbours=neighbours, **ALL)
        found = features(made.deposits)
        areas = pixel_areas(Georeference.of(gdal.Open(str(path))), *codes.shape).block(0, len(codes))
        for code in np.unique(codes[(codes > 0) & (codes < 255)]):
            own = [each for each in found if each["code"] == code]
            assert sum(each["km2"] for each in own) == pytest.approx(areas[codes == code].sum(), rel=1e-9)
        for each in found:
            assert each["geometry"].IsValid()
            assert each["geometry"].GetArea() == pytest.approx(18.0**2 * each["pixels"])
        burnt = gdal.GetDriverByName("MEM").CreateCopy("", gdal.Open(str(path)))
        burnt.GetRasterBand(1).Fill(0)
        dataset = ogr.Open(str(made.deposits))
        gdal.RasterizeLayer(burnt, [1], dataset.GetLayer(), options=["ATTRIBUTE=code"])
        np.testing.assert_array_equal(burnt.ReadAsArray(), np.where(codes == 255, 0, codes))


def test_each_deposit_has_what_its_pixels_have(mapped: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    outputs = mapped()
    made = make_deposits(outputs.classes, tmp_path / "d.gpkg", min_pixels=20)
    found = {each["class"]: each for each in features(made.deposits)}
    assert set(found) == {"talc", "kaolinite"}
    codes, evidence = read(outputs.classes), read(outputs.evidence)
    talc = (codes == 21) & (np.arange(30) < 13)
    each = found["talc"]
    assert each["pixels"] == talc.sum() == 44
    assert each["added"] == 0
    assert each["mean_score"] == pytest.approx(evidence[0][talc].mean(), rel=1e-6)
    assert each["best_score"] == pytest.approx(evidence[0][talc].max(), rel=1e-6)
    assert each["lead"] == pytest.approx((evidence[0] - evidence[1])[talc].mean(), rel=1e-5)
    assert each["exemplar"] == "talc (numerator)"
    assert each["scene"] == gdal.Open(str(outputs.classes)).GetMetadataItem("CRISM_PRODUCT_ID")
    assert each["source"] is None
    line, sample = np.nonzero(talc)
    x, y = 4.58e6 + 18 * (sample.mean() + 0.5), 1.09e6 - 18 * (line.mean() + 0.5)
    radius = 3394839.8133
    assert each["lon"] == pytest.approx(np.degrees(x / radius / np.cos(np.radians(15))), abs=1e-9)
    assert each["lat"] == pytest.approx(np.degrees(y / radius), abs=1e-9)


def test_mean_spectra_are_those_of_the_images_pixels(mapped: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    outputs = mapped()
    found = {each["class"]: each for each in features(make_deposits(outputs.classes, tmp_path / "d.gpkg", min_pixels=20).deposits)}
    told = json.loads(found["talc"]["spectrum"])
    talc = (read(outputs.classes) == 21) & (np.arange(30) < 13)
    np.testing.assert_allclose(told["mean"], cube[talc].astype(float).mean(0), rtol=2e-5)
    np.testing.assert_allclose(told["std"], cube[talc].astype(float).std(0), rtol=1e-3, atol=1e-6)
    assert told["pixels"] == 44
    assert len(told["wavelengths_nm"]) == 240


def test_an_image_that_is_gone_leaves_spectra_out_and_may_be_given(mapped: Callable, tmp_path: Path, recorder: Callable) -> None:
    outputs = mapped()
    moved = tmp_path / "elsewhere" / "moved.tif"
    moved.parent.mkdir()
    shutil.move(tmp_path / "scene.tif", moved)
    progress = recorder()
    without = make_deposits(outputs.classes, tmp_path / "d.gpkg", progress=progress)
    assert any("no spectra" in note and "scene.tif" in note and "--image" in note for note in progress.notes)
    assert all(each["spectrum"] is None for each in features(without.deposits))
    given = make_deposits(outputs.classes, tmp_path / "e.gpkg", image=moved)
    assert all(json.loads(each["spectrum"])["pixels"] == each["pixels"] for each in features(given.deposits))
    shutil.move(moved, outputs.classes.parent / "scene.tif")  # beside the map it is found by its name
    beside = make_deposits(outputs.classes, tmp_path / "f.gpkg")
    assert all(each["spectrum"] for each in features(beside.deposits))


def test_an_image_of_another_size_is_refused(mapped: Callable, make_tif: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    outputs = mapped()
    other = make_tif(tmp_path / "other.tif", cube[:10])
    with pytest.raises(ParameterError, match=r"other\.tif: is not the image of the map: it has 10 lines"):
        make_deposits(outputs.classes, tmp_path / "d.gpkg", image=other)
    assert not (tmp_path / "d.gpkg").exists()


def test_streaks_of_one_column_are_left_out_in_sensor_space(mapped: Callable, tmp_path: Path, recorder: Callable) -> None:
    """Whose columns are those of the map; coordinates are pixels, as QGIS shows such rasters."""
    outputs, progress = mapped(proj=None), recorder()
    found = features(make_deposits(outputs.classes, tmp_path / "d.gpkg", progress=progress).deposits)
    assert names(found) == [("kaolinite", 72), ("talc", 44)]
    assert [each["columns"] for each in found] == [8, 9]
    assert any("sensor space" in note and "pixels" in note for note in progress.notes)
    assert all(each["km2"] is None and each["lon"] is None for each in found)
    assert found[0]["geometry"].GetEnvelope() == (4.0, 12.0, -9.0, -3.0)
    assert found[0]["mean_score"] > 0.9
    with_streak = features(make_deposits(outputs.classes, tmp_path / "e.gpkg", min_columns=1).deposits)
    assert names(with_streak) == [("kaolinite", 18), ("kaolinite", 72), ("talc", 44)]
    assert names(features(make_deposits(outputs.classes, tmp_path / "f.gpkg", min_columns=9).deposits)) == [("kaolinite", 72)]


def add_pixel_bands(outputs: Any, sample: np.ndarray, line: np.ndarray) -> None:
    """Have the evidence say which pixel of the image is where, as that of a placed map does."""
    old = gdal.Open(str(outputs.evidence))
    bands = [old.GetRasterBand(k + 1).GetDescription() for k in range(old.RasterCount)]
    planes, place, run = old.ReadAsArray(), Georeference.of(old), {"CRISM_RUN_ID": old.GetMetadataItem("CRISM_RUN_ID")}
    del old
    new = np.concatenate([planes, [line, sample]]).astype(np.float32)
    layout = {"nodata": np.nan, "georeference": place, "metadata": run, "band_names": [*bands, "line", "sample"]}
    with create_raster(outputs.evidence, *new.shape[1:], len(new), np.float32, **layout) as writer:
        writer.write(new, 0)


def test_columns_and_spectra_of_a_placed_map_are_found_by_its_evidence(
    mapped: Callable, cube: np.ndarray, make_tif: Callable, tmp_path: Path
) -> None:
    """The map shows the image upside down and mirrored, twice as large along its lines."""
    outputs = mapped()
    line, sample = np.meshgrid(23 - np.arange(24), (29 - np.arange(30)) // 2, indexing="ij")
    add_pixel_bands(outputs, sample.astype(float), line.astype(float))
    record = json.loads(outputs.provenance.read_text())
    record["geometry"] = {"file": "ddr.lbl"}
    outputs.provenance.write_text(json.dumps(record))
    image = make_tif(tmp_path / "image.tif", np.ascontiguousarray(cube[::-1, ::-1][:, ::2]), proj=None)
    found = features(make_deposits(outputs.classes, tmp_path / "d.gpkg", min_columns=1, image=image).deposits)
    talc = next(each for each in found if each["class"] == "talc")
    own = (read(outputs.classes) == 21) & (np.arange(30) < 13)
    assert talc["columns"] == len(np.unique(sample[own]))
    pixels = cube[::-1, ::-1][:, ::2][line[own], sample[own]].astype(float)
    np.testing.assert_allclose(json.loads(talc["spectrum"])["mean"], pixels.mean(0), rtol=2e-5)
    streaks = [each for each in found if each["pixels"] == 18]
    assert [each["columns"] for each in streaks] == [1]
    assert names(features(make_deposits(outputs.classes, tmp_path / "e.gpkg").deposits)) == [("kaolinite", 72), ("talc", 44)]


def test_columns_that_nothing_tells_are_refused_or_told(mapped: Callable, tmp_path: Path, recorder: Callable) -> None:
    outputs, progress = mapped(), recorder()
    found = features(make_deposits(outputs.classes, tmp_path / "d.gpkg", progress=progress).deposits)
    assert any("no band 'sample'" in note for note in progress.notes)
    assert all(each["columns"] is None for each in found)
    with pytest.raises(ParameterError, match=r"min columns 2: .* no band 'sample'"):
        make_deposits(outputs.classes, tmp_path / "e.gpkg", min_columns=2)


def test_holes_are_filled_up_to_a_size(mapped: Callable, tmp_path: Path) -> None:
    outputs = mapped()
    for largest, pixels in ((3, 44), (4, 48)):
        made = make_deposits(outputs.classes, tmp_path / f"{largest}.gpkg", fill_holes=largest)
        talc = next(each for each in features(made.deposits) if each["class"] == "talc")
        assert (talc["pixels"], talc["added"]) == (pixels, pixels - 44)
        assert talc["geometry"].GetGeometryRef(0).GetGeometryCount() == (2 if largest == 3 else 1)
        assert json.loads(talc["spectrum"])["pixels"] == 44


def test_the_sieve_joins_small_patches_to_their_neighbours(tmp_path: Path) -> None:
    codes = np.full((12, 12), 15)
    codes[4, 4] = 21
    codes[:, 10:] = 0
    codes[2, 11] = 6
    codes[6, 10] = 255
    path = write_map(tmp_path / "m.tif", codes, np.full((12, 12), 0.97))
    found = features(make_deposits(path, tmp_path / "d.gpkg", min_pixels=1, sieve=2).deposits)
    assert [(each["class"], each["pixels"], each["added"]) for each in found] == [("kaolinite", 120, 1)]
    with pytest.raises(ParameterError, match="sieve 144: the map has 144 pixels"):
        make_deposits(path, tmp_path / "e.gpkg", sieve=144)


def test_deposits_of_a_composite_join_with_its_sources(tmp_path: Path) -> None:
    one = write_map(tmp_path / "one.tif", np.full((10, 8), 15), np.full((10, 8), 0.97))
    two = write_map(tmp_path / "two.tif", np.full((10, 5), 15), np.full((10, 5), 0.99), left=4.58e6 + 8 * 18)
    composite = make_composite([one, two], tmp_path / "y.tif").composite
    found = features(make_deposits(composite, tmp_path / "d.gpkg", **ALL).deposits)
    assert len(found) == 1
    sources = (tmp_path / "y_sources.csv").read_text().splitlines()
    shown = {int(row.split(",")[0]): row.split(",")[1] for row in sources[1:]}
    assert shown[found[0]["source"]] == "one.tif"
    assert found[0]["sources"] == "1, 2"
    assert found[0]["scene"] == "ONE"
    assert found[0]["mean_score"] == pytest.approx(0.9777, abs=1e-3)
    assert found[0]["lead"] is None
    table = read_class_table(composite)
    assert found[0]["km2"] == pytest.approx(table[0].area_km2, rel=1e-6)


def test_the_layer_lies_in_the_maps_crs(mapped: Callable, tmp_path: Path) -> None:
    outputs = mapped()
    made = make_deposits(outputs.classes, tmp_path / "d.gpkg")
    dataset = ogr.Open(str(made.deposits))
    layer = dataset.GetLayer()
    assert layer.GetName() == "deposits"
    assert layer.GetSpatialRef().IsSame(gdal.Open(str(outputs.classes)).GetSpatialRef())
    assert gdal.Open(str(outputs.classes)).GetSpatialRef().GetSemiMajor() == layer.GetSpatialRef().GetSemiMajor()


def test_style_and_record_go_with_the_layer(mapped: Callable, tmp_path: Path) -> None:
    outputs = mapped()
    made = make_deposits(outputs.classes, tmp_path / "d.gpkg")
    style = made.style.read_text(encoding="utf-8")
    for row in read_class_table(outputs.classes):
        assert f'<category value="{row.value}" type="long"' in style
        assert 'name="color" value="{},{},{},255"'.format(*row.rgb) in style
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    assert record["map"]["file"] == outputs.classes.name
    assert record["image"]["file"] == "scene.tif"
    assert record["min_pixels"] == 5
    assert [(each["class"], each["deposits"], each["pixels"]) for each in record["found"]] == [
        ("kaolinite", 2, 90),
        ("talc", 1, 44),
    ]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.gpkg", "d.qml", "d_provenance.json", "maps", "scene.tif"]


def test_small_windows_trace_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deposits that are higher than two windows are traced alone, and lie where they do."""
    from crism_gan_plugin.core.deposits import tracing

    codes, similarity = random_map(np.random.default_rng(5), 30, 20, (3, 15))
    codes[:, 4] = 3
    path = write_map(tmp_path / "m.tif", codes, similarity)

    def outlines(name: str) -> set[tuple[int, str]]:
        made = make_deposits(path, tmp_path / name, **ALL)
        return {(each["code"], each["geometry"].ExportToWkt()) for each in features(made.deposits)}

    usual = outlines("a.gpkg")
    monkeypatch.setattr(tracing, "_WINDOW_PIXELS", 60)
    assert outlines("b.gpkg") == usual


def test_nothing_large_enough_is_an_empty_layer_and_a_warning(mapped: Callable, tmp_path: Path, recorder: Callable) -> None:
    progress = recorder()
    made = make_deposits(mapped().classes, tmp_path / "d.gpkg", min_pixels=1000, progress=progress)
    assert features(made.deposits) == []
    assert any("no deposit" in warning for warning in progress.warnings)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"level": "all"}, "level 'all': must be one of identification, guess, both"),
        ({"neighbours": 6}, "neighbours '6': must be one of 4, 8"),
        ({"min_pixels": 0}, "min_pixels: must be 1 or more, not 0"),
        ({"min_columns": 0}, "min_columns: must be 1 or more, not 0"),
        ({"sieve": -1}, "sieve: must be 0 or more, not -1"),
        ({"fill_holes": -3}, "fill_holes: must be 0 or more, not -3"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(mapped: Callable, tmp_path: Path, options: dict, says: str) -> None:
    with pytest.raises(ParameterError, match=says):
        make_deposits(mapped().classes, tmp_path / "d.gpkg", **options)


def test_what_is_no_map_is_refused(mapped: Callable, tmp_path: Path) -> None:
    outputs = mapped()
    for path, says in no_maps(tmp_path, outputs.evidence, outputs.provenance):
        with pytest.raises(InputError, match=says):
            make_deposits(path, tmp_path / "d.gpkg")
    Path(f"{outputs.classes}.aux.xml").unlink()
    with pytest.raises(InputError, match=r"class table"):
        make_deposits(outputs.classes, tmp_path / "d.gpkg")
    assert not list(tmp_path.glob("d*"))


@pytest.mark.parametrize("name", ["d.shp", "d", "d.tif", ".gpkg"])
def test_the_output_is_a_geopackage(mapped: Callable, tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="output"):
        make_deposits(mapped().classes, tmp_path / name)


def test_no_file_of_the_map_is_replaced(mapped: Callable, tmp_path: Path) -> None:
    """The layer's style and record would be those of the map, were it called as the map is, in its folder."""
    outputs = mapped()
    before = {path: path.read_bytes() for path in outputs.classes.parent.iterdir()}
    with pytest.raises(ParameterError, match="belongs to the input"):
        make_deposits(outputs.classes, outputs.classes.with_suffix(".gpkg"))
    assert {path: path.read_bytes() for path in outputs.classes.parent.iterdir()} == before


def test_cancelling_leaves_nothing(mapped: Callable, tmp_path: Path, recorder: Callable) -> None:
    outputs = mapped()
    for stop_after in (1, 3, 4):
        with pytest.raises(Cancelled):
            make_deposits(outputs.classes, tmp_path / "out" / "d.gpkg", progress=recorder(stop_after))
    assert not (tmp_path / "out").exists()


def test_a_map_with_too_many_stretches_is_refused(mapped: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "MOST_RUNS", 10)
    with pytest.raises(InputError, match="more than 10 stretches"):
        make_deposits(mapped().classes, tmp_path / "d.gpkg")


def test_a_missing_rasterio_is_one_clear_line(mapped: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(MissingDependencyError, match=r"deposits need rasterio, which"):
        make_deposits(mapped().classes, tmp_path / "d.gpkg")
