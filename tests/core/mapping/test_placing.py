"""A map of an image in sensor space, placed by its geometry: the same map, where it belongs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal, osr

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.errors import Cancelled, InputError, ParameterError
from crism_gan_plugin.core.georeferencing import choose_grid, make_lookup, place_nearest, read_geometry
from crism_gan_plugin.core.mapping.map_files import EVIDENCE_BANDS
from crism_gan_plugin.core.mapping.pipeline import MapOutputs
from crism_gan_plugin.core.rasters.class_table import read_class_table
from crism_gan_plugin.core.simulation import Track
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry

LINES, SAMPLES, NAME = 40, 64, "frt0000c003_07_if166j_ter3"
DDR = "frt0000c003_07_de166l_ddr1.lbl"


@pytest.fixture(scope="module")
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    """Patches of two minerals, and a hole; columns that see no scene as in the archive."""
    rng = np.random.default_rng(5)
    made = pixel_of("bland") * rng.uniform(0.8, 1.2, (LINES, SAMPLES, 1))
    made[5:15, 10:30] = pixel_of("talc")
    made[20:35, 35:60] = pixel_of("kaolinite")
    made[2:4, 40:44] = 65535
    made[:, :3] = made[:, 63:] = 65535
    return made.astype(np.float32)


@pytest.fixture
def scene(tmp_path: Path, cube: np.ndarray, make_envi: Callable) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    return make_envi(folder / f"{NAME}.img", cube, data_ignore_value=65535)


@pytest.fixture
def geometry(scene: Path) -> Path:
    """Beside the image."""
    return write(scene.parent, Track(18.44, 77.35, unevenness=0.0))


def write(folder: Path, track: Track, image: str = NAME, lines: int = LINES) -> Path:
    line, sample = np.mgrid[:lines, :SAMPLES]
    name = geometry_name(image)
    label = folder / f"{name}.lbl".lower()
    write_geometry(label, name, *track.places(line, sample, lines, SAMPLES))
    return label


@pytest.fixture
def run(random_weights: Path, tmp_path: Path) -> Callable[..., MapOutputs]:
    def run(source: Path, **options: Any) -> MapOutputs:
        options = {"classes": ["talc", "kaolinite"], "weights": random_weights, "engine": "numpy", "catalogue": False, **options}
        return map_scene(source, options.pop("out_dir", tmp_path / "out"), **options)

    return run


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def band_names(path: Path) -> list[str]:
    dataset = gdal.Open(str(path))
    return [dataset.GetRasterBand(number + 1).GetDescription() for number in range(dataset.RasterCount)]


def crs_of(path: Path) -> osr.SpatialReference:
    return osr.SpatialReference(gdal.Open(str(path)).GetProjection())


def test_the_placed_map_is_the_map_in_sensor_space_looked_up(
    scene: Path, tmp_path: Path, run: Callable, recorder: Callable
) -> None:
    plain = run(scene, out_dir=tmp_path / "plain")
    label = write(scene.parent, Track(18.44, 77.35))
    log = recorder()
    placed = run(scene, progress=log)
    found = read_geometry(label, LINES, SAMPLES)
    lookup = make_lookup(found, choose_grid(found))
    np.testing.assert_array_equal(read(placed.classes), place_nearest(read(plain.classes)[None], lookup, 255)[0])
    np.testing.assert_array_equal(read(placed.evidence)[:5], place_nearest(read(plain.evidence), lookup, np.nan))
    assert {21, 15} <= set(np.unique(read(placed.classes)))
    assert not any("sensor space" in warning or "projection" in warning for warning in log.warnings)
    assert any(label.name in note and "beside the image" in note for note in log.notes)
    for path in (placed.classes, placed.evidence):
        dataset = gdal.Open(str(path))
        assert dataset.GetGeoTransform() == lookup.grid.georeference.transform
        assert "clon = 0" in crs_of(path).GetName()
    assert gdal.Open(str(placed.classes)).GetRasterBand(1).GetNoDataValue() == 255
    assert sorted(path.name for path in placed.classes.parent.iterdir()) == sorted(
        [placed.classes.name, f"{placed.classes.name}.aux.xml", placed.evidence.name, placed.style.name, placed.provenance.name]
    )


@pytest.mark.parametrize("options", [{}, {"ratio": "column"}])
def test_evidence_tells_which_pixel_of_the_image_a_map_pixel_is(
    scene: Path, tmp_path: Path, run: Callable, options: dict[str, str]
) -> None:
    """By bands found by name after those whose places never change; a map in sensor space has none."""
    plain = run(scene, out_dir=tmp_path / "plain", **options)
    write(scene.parent, Track(18.44, 77.35))
    placed = run(scene, **options)
    bands = band_names(placed.evidence)
    assert bands[: len(EVIDENCE_BANDS)] == list(EVIDENCE_BANDS)
    assert not {"sample", "line"} & set(band_names(plain.evidence))
    evidence, codes = read(placed.evidence), read(placed.classes)
    sample, line = evidence[bands.index("sample")], evidence[bands.index("line")]
    known = np.isfinite(sample)
    np.testing.assert_array_equal(known, np.isfinite(line))
    assert known[codes != 255].all()
    assert not known.all()  # beside the scene
    at = line[known].astype(int), sample[known].astype(int)
    np.testing.assert_array_equal(np.stack(at), [line[known], sample[known]])
    np.testing.assert_array_equal(codes[known], read(plain.classes)[at])
    np.testing.assert_array_equal(evidence[0][known], read(plain.evidence)[0][at])


def test_table_and_record_tell_of_the_map_as_it_is(geometry: Path, scene: Path, run: Callable) -> None:
    placed = run(scene, scales=[1])
    codes = read(placed.classes)
    pixel = gdal.Open(str(placed.classes)).GetGeoTransform()[1]
    rows = {row.value: row for row in read_class_table(placed.classes)}
    for code, row in rows.items():
        assert row.pixels == (codes == code).sum()
    # a pixel is true to scale from north to south, and too wide by the cosine of its latitude
    one = (pixel / 1000) ** 2 * np.cos(np.radians(18.44))
    assert rows[21].area_km2 == pytest.approx(rows[21].pixels * one, rel=1e-3)
    assert rows[21].area_km2 == pytest.approx(10 * 20 * 0.018**2, rel=0.1)  # what the patch has in the image
    record = json.loads(placed.provenance.read_text())
    assert record["geometry"]["file"] == geometry.with_suffix(".img").name or record["geometry"]["file"] == geometry.name
    assert record["geometry"]["pixel_size"] == pixel
    assert "clon = 0" in record["geometry"]["crs"]
    assert record["pixels"] == {"valid": int((codes != 255).sum()), "no data": int((codes == 255).sum())}


def test_a_given_geometry_and_crs(scene: Path, tmp_path: Path, run: Callable, recorder: Callable) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    label = write(elsewhere, Track(-72.0, 10.0))
    log = recorder()
    placed = run(scene, geometry=label, crs="IAU_2015:49900", progress=log)
    assert crs_of(placed.classes).IsGeographic()
    left, _, _, top, _, _ = gdal.Open(str(placed.classes)).GetGeoTransform()
    assert left == pytest.approx(10, abs=0.1)
    assert top == pytest.approx(-72, abs=0.1)
    assert any("as given" in note for note in log.notes)
    assert "South Polar" in crs_of(run(scene, geometry=label).classes).GetName()


def test_across_180_degrees(scene: Path, tmp_path: Path, run: Callable, recorder: Callable) -> None:
    label = write(tmp_path, Track(0.0, 179.995, unevenness=0.0))
    log = recorder()
    placed = run(scene, geometry=label, scales=[1], progress=log)
    assert sum("IAU_2015:49915" in warning for warning in log.warnings) == 1
    codes = read(placed.classes)
    assert codes.size < 4 * LINES * SAMPLES
    rows = {row.value: row for row in read_class_table(placed.classes)}
    assert rows[21].area_km2 == pytest.approx(10 * 20 * 0.018**2, rel=0.1)


@pytest.mark.parametrize("fault", ["other image", "other size", "unset", "not a DDR", "not there"])
def test_a_given_geometry_that_does_not_fit(scene: Path, tmp_path: Path, run: Callable, fault: str) -> None:
    label = write(
        tmp_path,
        Track(),
        image="frt0000c004_07_if166j_ter3" if fault == "other image" else NAME,
        lines=LINES + 1 if fault == "other size" else LINES,
    )
    if fault == "unset":
        image = label.with_suffix(".img")
        np.full(14 * LINES * SAMPLES, 1e32, "<f4").tofile(image)
    elif fault == "not a DDR":
        label = scene
    elif fault == "not there":
        label = tmp_path / "none.lbl"
    with pytest.raises(InputError) as error:
        run(scene, geometry=label)
    assert "\n" not in str(error.value)
    assert label.stem in str(error.value)
    assert not (tmp_path / "out").exists()


def test_a_geometry_beside_the_image_that_does_not_fit_is_said_aloud(scene: Path, run: Callable, recorder: Callable) -> None:
    write(scene.parent, Track(), lines=LINES + 2)
    log = recorder()
    placed = run(scene, progress=log)
    assert read(placed.classes).shape == (LINES, SAMPLES)
    said = [warning for warning in log.warnings if "is not used" in warning]
    assert len(said) == 1
    assert DDR.replace(".lbl", ".img") in said[0]
    assert any("sensor space" in warning for warning in log.warnings)
    assert said[0] in json.loads(placed.provenance.read_text())["warnings"]


def test_an_image_on_the_map_needs_none(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    source = make_tif(tmp_path / f"{NAME}.tif", cube)
    label = write(tmp_path, Track())
    before = gdal.Open(str(source)).GetGeoTransform()
    log = recorder()
    assert gdal.Open(str(run(source, crs="IAU_2015:49900", progress=log).classes)).GetGeoTransform() == before
    assert any("IAU_2015:49900 is not used" in warning for warning in log.warnings)
    with pytest.raises(ParameterError, match="on the map already"):
        run(source, geometry=label)


def test_a_crs_without_geometry_is_said_aloud(scene: Path, run: Callable, recorder: Callable) -> None:
    log = recorder()
    run(scene, crs="IAU_2015:49900", progress=log)
    assert any("IAU_2015:49900 is not used" in warning for warning in log.warnings)


@pytest.mark.parametrize("crs", ["EPSG:4326", "IAU_2015:49911", "nonsense"])
def test_a_crs_that_cannot_be(scene: Path, geometry: Path, tmp_path: Path, run: Callable, crs: str) -> None:
    with pytest.raises(ParameterError, match="such as IAU_2015:49910"):
        run(scene, crs=crs)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("after", [1, 2])
def test_cancelled_on_the_way(scene: Path, geometry: Path, tmp_path: Path, run: Callable, recorder: Callable, after: int) -> None:
    with pytest.raises(Cancelled):
        run(scene, progress=recorder(stop_after=after))
    assert not (tmp_path / "out").exists()


def test_without_evidence(scene: Path, geometry: Path, run: Callable) -> None:
    with_evidence, without = run(scene), run(scene, evidence=False)
    assert without.evidence is None
    assert not with_evidence.evidence.exists()


def test_many_small_portions_give_the_same_map(
    scene: Path, geometry: Path, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = run(scene, out_dir=tmp_path / "1")
    monkeypatch.setattr("crism_gan_plugin.core.mapping.placing._LINES", 7)
    again = run(scene, out_dir=tmp_path / "2")
    for first, second in ((once.classes, again.classes), (once.evidence, again.evidence)):
        np.testing.assert_array_equal(read(first), read(second))
    assert read_class_table(once.classes) == read_class_table(again.classes)


def test_a_real_trr3_on_a_geometry_of_its_size(shared_data: Path, tmp_path: Path, random_weights: Path, recorder: Callable) -> None:
    """No DDR of this observation is at hand: the real one of another, under its name."""
    for file in (shared_data / "crism" / "trdr").glob("frt0001458f_01_if156l_trr3.*"):
        shutil.copy(file, tmp_path)
    for file in (shared_data / "crism" / "cdr").glob("CDR450924300802_WA0300000L_3.*"):
        shutil.copy(file, tmp_path)
    source, renamed = shared_data / "crism" / "ddr" / "frt00003e25_01_de156l_ddr1.lbl", tmp_path / "frt0001458f_01_de156l_ddr1.lbl"
    renamed.write_text(source.read_text(encoding="latin-1").replace("FRT00003E25", "FRT0001458F"), encoding="latin-1")
    shutil.copy(source.with_suffix(".img"), renamed.with_suffix(".img"))
    log = recorder()
    outputs = map_scene(
        tmp_path / "frt0001458f_01_if156l_trr3.lbl", tmp_path / "out", weights=random_weights, engine="numpy", progress=log
    )
    codes = read(outputs.classes)
    assert (codes != 255).any()
    left, _, _, top, _, _ = gdal.Open(str(outputs.classes)).GetGeoTransform()
    metres = 3396190 * np.pi / 180
    assert -10.2 * metres < left < -9.1 * metres
    assert 57.1 * metres < top < 57.4 * metres
    assert any("found beside" in note for note in log.notes)
