"""From image file to map: right answers, the four outputs, and nothing written when something is wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from osgeo import gdal, osr

from crism_gan_plugin import paths
from crism_gan_plugin.core import load_discriminator, load_exemplars, map_scene, similarity
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.compute import cores
from crism_gan_plugin.core.errors import Cancelled, CrismError, InputError, OutputError, ParameterError
from crism_gan_plugin.core.mapping.map_files import EVIDENCE_BANDS
from crism_gan_plugin.core.mapping.neutral_ratio import PlainViews
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.mars.crs import EQUIRECTANGULAR, mars_crs
from crism_gan_plugin.core.mars.georeference import FileWithCrs
from crism_gan_plugin.core.mars.projection import same_system
from crism_gan_plugin.core.rasters import blocks
from crism_gan_plugin.core.rasters.class_table import read_class_table
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.continuum import remove_continuum
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.noise import noise_of
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

CLASSES = ["talc", "kaolinite", "alunite", "low-Ca pyroxene"]
LINES, SAMPLES = 14, 11
TALC, KAOLINITE, PYROXENE = 21, 15, 3


@pytest.fixture
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    """Patches of three minerals on bland ground, each pixel with a brightness and slope of its own."""
    rng = np.random.default_rng(5)
    names = np.full((LINES, SAMPLES), "bland", object)
    names[1:7, 0:5], names[1:7, 6:11], names[8:13, 2:8] = "talc", "kaolinite", "low-Ca pyroxene"
    made = [[pixel_of(name, rng.uniform(0.1, 0.4), rng.normal(0, 0.1)) for name in row] for row in names]
    return np.array(made, np.float32)


@pytest.fixture
def noisy(cube: np.ndarray) -> np.ndarray:
    return (cube * (1 + 0.01 * np.random.default_rng(6).standard_normal(cube.shape))).astype(np.float32)


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---------------------------------------------------------------- right answers


def test_patches_get_their_minerals_codes(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    cube[0, 0] = 65535
    found = read(run(make_tif(tmp_path / "scene.tif", cube)).classes)
    assert found.dtype == np.uint8
    expected = np.zeros((LINES, SAMPLES), int)
    expected[1:7, 0:5], expected[1:7, 6:11], expected[8:13, 2:8] = TALC, KAOLINITE, PYROXENE
    expected[0, 0] = 255
    mineral = (expected > 0) & (expected < 255)
    np.testing.assert_array_equal(found[mineral], expected[mineral])
    assert found[0, 0] == 255
    # beside the patches a box may see one, and nothing else
    assert set(found[expected == 0]) <= {0, *(k + add for k in (TALC, KAOLINITE, PYROXENE) for add in (0, 100))}
    sharp = read(run(tmp_path / "scene.tif", scales=[1]).classes)
    np.testing.assert_array_equal(sharp, expected)


def test_the_papers_method_is_its_score_and_its_merge(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, random_weights: Path
) -> None:
    source = make_tif(tmp_path / "scene.tif", cube)
    outputs = run(source, model=source, scales=[1], method="paper")
    best = read(outputs.evidence)[0]
    library = load_exemplars().select(CLASSES)
    resample = resampler_to_grid(SpectralAxis(WAVELENGTHS_NM))
    ratio = np.minimum(remove_continuum(resample(cube[..., resample.bands]).reshape(-1, 240), WAVELENGTHS_NM), 1)
    scored = ~(ratio.min(1) > 0.99)
    scores = similarity(load_discriminator(random_weights, "numpy"), ratio[scored], library)
    np.testing.assert_allclose(best.ravel()[scored], scores.max(1), atol=2e-5)
    record = json.loads(outputs.provenance.read_text())
    assert (record["method"], record["support"], record["background"]) == ("paper", "paper", None)
    record = json.loads(run(source, model=source).provenance.read_text())
    assert (record["method"], record["support"], record["background"]["file"]) == ("ground", "pixel", "background.npz")


def test_an_images_own_ground_counts(
    tmp_path: Path, make_tif: Callable, pixel_of: Callable, run: Callable, recorder: Callable
) -> None:
    """A faint absorption that is everywhere is ground, and that is told; on a third of the image it is not."""
    rng = np.random.default_rng(0)
    cube = np.tile(pixel_of("bland"), (30, 40, 1)) * (1 + 0.002 * rng.standard_normal((30, 40, 240)))
    faint = (pixel_of("talc") / pixel_of("bland")) ** 0.5
    best = {}
    for lines in (10, 30):
        image = cube.copy()
        image[:lines] *= faint
        progress = recorder()
        source = make_tif(tmp_path / f"{lines}.tif", image.astype(np.float32))
        outputs = run(source, scales=[1], name=f"m{lines}", progress=progress)
        best[lines] = np.nanmedian(read(outputs.evidence)[0][:10])
        told = [warning for warning in progress.warnings if "counts as the image's ground" in warning]
        assert len(told) == (lines == 30)
        assert all("resembles talc" in warning for warning in told)
        recorded = json.loads(outputs.provenance.read_text())["warnings"]
        assert [warning for warning in recorded if "counts as the image's ground" in warning] == told
    assert best[10] > best[30] + 0.1


def test_evidence_is_the_public_score(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, random_weights: Path
) -> None:
    cube[0, 0] = np.nan
    source = make_tif(tmp_path / "scene.tif", cube)
    outputs = run(source, model=source, scales=[1])
    best, other, other_code, exemplar, size = read(outputs.evidence)
    library = load_exemplars().select(CLASSES)
    resample = resampler_to_grid(SpectralAxis(WAVELENGTHS_NM))
    ratio = np.minimum(remove_continuum(resample(cube[..., resample.bands]).reshape(-1, 240), WAVELENGTHS_NM), 1)
    scored = np.isfinite(ratio[:, 0]) & ~(ratio.min(1) > 0.99)
    spectra = ratio[scored]
    scores = similarity(
        load_discriminator(random_weights, "numpy"), spectra, library, background=load_background(), noise=noise_of(spectra)
    )
    by_class = np.stack([scores[:, library.class_index == k].max(1) for k in range(4)], 1)
    ranked = np.sort(by_class, 1)
    codes = np.array([mineral.code for mineral in library.classes])
    np.testing.assert_allclose(best.ravel()[scored], ranked[:, -1], atol=2e-5)
    np.testing.assert_allclose(other.ravel()[scored], ranked[:, -2], atol=2e-5)
    np.testing.assert_array_equal(other_code.ravel()[scored], codes[np.argsort(by_class, 1)[:, -2]])
    assert (size.ravel()[scored] == 1).all()
    # the index is that in the whole library, not in the classes that were chosen
    names = load_exemplars().names
    matched = [names[int(k)] for k in exemplar.ravel()[scored]]
    assert matched == [library.names[k] for k in scores.argmax(1)]
    # flat: scores 0 and nothing else; no data: nothing at all
    flat = ~scored & np.isfinite(ratio[:, 0])
    assert flat.sum() > 30
    assert (best.ravel()[flat] == 0).all()
    assert (other.ravel()[flat] == 0).all()
    for band in (other_code, exemplar, size):
        assert np.isnan(band.ravel()[flat]).all()
    assert np.isnan(read(outputs.evidence)[:, 0, 0]).all()


def test_a_model_cube_steadies_the_continuum(
    tmp_path: Path, cube: np.ndarray, noisy: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    source, model = make_tif(tmp_path / "s.tif", noisy), make_tif(tmp_path / "m.tif", cube)
    without, with_model = recorder(), recorder()
    alone = read(run(source, progress=without, out_dir=tmp_path / "1").evidence)[0]
    modelled = run(source, model=model, progress=with_model, out_dir=tmp_path / "2")
    patches = np.zeros((LINES, SAMPLES), bool)
    patches[1:7, 0:5] = patches[1:7, 6:11] = True
    assert read(modelled.evidence)[0][patches].mean() > alone[patches].mean()
    assert any("no model cube" in note for note in without.notes)
    assert not any("no model cube" in note for note in with_model.notes)
    assert json.loads(modelled.provenance.read_text())["model"]["sha256"] == hashlib.sha256(model.read_bytes()).hexdigest()


@pytest.mark.parametrize("with_model", [False, True])
def test_block_borders_leave_no_trace(
    tmp_path: Path,
    cube: np.ndarray,
    noisy: np.ndarray,
    make_tif: Callable,
    run: Callable,
    monkeypatch: pytest.MonkeyPatch,
    with_model: bool,
) -> None:
    noisy[5, 2:6] = 65535
    source = make_tif(tmp_path / "scene.tif", noisy)
    model = make_tif(tmp_path / "model.tif", cube) if with_model else None
    whole = run(source, model=model, out_dir=tmp_path / "whole")
    for number, lines in enumerate((1, 5)):
        monkeypatch.setattr(blocks, "_BLOCK_BYTES", lines * SAMPLES * 240 * 4)
        parts = run(source, model=model, out_dir=tmp_path / f"parts{number}")
        np.testing.assert_array_equal(read(parts.classes), read(whole.classes))
        one, other = read(parts.evidence), read(whole.evidence)
        np.testing.assert_allclose(one, other, atol=1e-5)
        np.testing.assert_array_equal(one[2:], other[2:])


def test_engines_give_the_same_map(tmp_path: Path, noisy: np.ndarray, make_tif: Callable, run: Callable) -> None:
    pytest.importorskip("torch")
    source = make_tif(tmp_path / "scene.tif", noisy)
    one, other = (run(source, engine=engine, out_dir=tmp_path / engine) for engine in ("numpy", "torch"))
    np.testing.assert_array_equal(read(one.classes), read(other.classes))
    np.testing.assert_allclose(read(one.evidence)[:2], read(other.evidence)[:2], atol=1e-5)
    assert json.loads(other.provenance.read_text())["network"]["engine"].startswith("torch")
    assert "torch" in json.loads(other.provenance.read_text())["versions"]


def test_twice_gives_the_same_files(tmp_path: Path, noisy: np.ndarray, make_tif: Callable, run: Callable) -> None:
    source = make_tif(tmp_path / "scene.tif", noisy)
    one, other = (run(source, out_dir=tmp_path / name) for name in "ab")
    for which in ("classes", "evidence", "style"):
        assert getattr(one, which).read_bytes() == getattr(other, which).read_bytes()


def test_products_of_a_whole_run_keep_to_their_threads(
    tmp_path: Path, noisy: np.ndarray, make_tif: Callable, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How a product is divided decides how it is rounded: blocks are read beside the mapping, and may not depend on its state."""
    library, seen = SimpleNamespace(threads=3), []
    told = cores._OpenBlas(lambda: library.threads, lambda count: setattr(library, "threads", count))
    monkeypatch.setattr(cores, "_loaded_libraries", lambda: [told])
    read_block, for_image = PlainViews.__call__, ScaleMapper.for_image
    monkeypatch.setattr(PlainViews, "__call__", lambda *given: seen.append(library.threads) or read_block(*given))
    monkeypatch.setattr(ScaleMapper, "for_image", lambda *given: seen.append(library.threads) or for_image(*given))
    run(make_tif(tmp_path / "scene.tif", noisy))
    assert len(seen) >= 2
    assert set(seen) == {1}
    assert library.threads == 3


@pytest.mark.parametrize("form", ["envi", "descending", "finer", "visible too"])
def test_the_form_of_the_cube_does_not_matter(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, make_envi: Callable, run: Callable, form: str
) -> None:
    reference = read(run(make_tif(tmp_path / "scene.tif", cube), out_dir=tmp_path / "reference").classes)
    if form == "envi":
        source = make_envi(tmp_path / "other.img", cube, data_ignore_value=65535)
    elif form == "descending":
        source = make_envi(tmp_path / "other.img", cube[..., ::-1], WAVELENGTHS_NM[::-1])
    elif form == "finer":
        axis = np.arange(1020.0, 2620.0, 2.0)
        fine = np.apply_along_axis(lambda s: np.interp(axis, WAVELENGTHS_NM, s), 2, cube).astype(np.float32)
        source = make_tif(tmp_path / "other.tif", fine, axis)
    else:
        axis = np.concatenate([np.arange(440.0, 1011, 6.5), WAVELENGTHS_NM, np.arange(2760.0, 3900, 6.6)])
        wide = np.apply_along_axis(lambda s: np.interp(axis, WAVELENGTHS_NM, s), 2, cube).astype(np.float32)
        wide[..., axis > 2700] = -1e4  # wild, and none of ours
        source = make_tif(tmp_path / "other.tif", wide, axis)
    np.testing.assert_array_equal(read(run(source).classes), reference)


def test_thresholds_decide_the_level(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    source = make_tif(tmp_path / "scene.tif", cube)
    score = read(run(source, scales=[1]).evidence)[0]
    unsure = {one.name: (0.8, 1.0) for one in load_exemplars().select(CLASSES).classes if one.low_confidence}  # would ask for more
    found = read(run(source, scales=[1], identification=1.0, guess=0.8, class_thresholds=unsure).classes)
    assert set(found[score > 0.81]) <= {k + 100 for k in (TALC, KAOLINITE, PYROXENE, 11)}
    assert not found[score < 0.79].any()
    own = read(run(source, scales=[1], class_thresholds={" Talc ": (1, 1)}).classes)
    assert not ((own == TALC) | (own == TALC + 100)).any()
    assert (own == KAOLINITE).any()


# ---------------------------------------------------------------- the four outputs


def test_names_and_georeference(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    source = make_tif(tmp_path / "frt00001234_07_if165j_mtr3.tif", cube)
    outputs = run(source)
    stem = "frt00001234_07_if165j_mtr3_minerals"
    assert set(everything_in(tmp_path / "out")) == {
        f"{stem}.tif",
        f"{stem}.tif.aux.xml",
        f"{stem}.qml",
        f"{stem}_evidence.tif",
        f"{stem}_provenance.json",
    }
    assert (outputs.classes.name, outputs.evidence.name) == (f"{stem}.tif", f"{stem}_evidence.tif")
    original, classes, evidence = (gdal.Open(str(path)) for path in (source, outputs.classes, outputs.evidence))
    for dataset in (classes, evidence):
        assert dataset.GetProjection() == original.GetProjection()
        assert dataset.GetGeoTransform() == original.GetGeoTransform()
    assert classes.GetRasterBand(1).GetNoDataValue() == 255
    assert classes.GetMetadataItem("CRISM_EVIDENCE") == f"{stem}_evidence.tif"
    assert classes.GetMetadataItem("CRISM_PROVENANCE") == f"{stem}_provenance.json"
    assert classes.GetMetadataItem("CRISM_PRODUCT_ID") == "FRT00001234_07_IF165J_MTR3"
    assert [evidence.GetRasterBand(k + 1).GetDescription() for k in range(5)] == list(EVIDENCE_BANDS)
    assert np.isnan(evidence.GetRasterBand(1).GetNoDataValue())


def test_attribute_table_and_legend_list_what_occurs(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    cube[13] = 65535
    outputs = run(make_tif(tmp_path / "scene.tif", cube))
    found = read(outputs.classes)
    rows = read_class_table(outputs.classes)
    values, counts = np.unique(found[(found > 0) & (found < 255)], return_counts=True)
    assert {row.value: row.pixels for row in rows} == dict(zip(values.tolist(), counts.tolist()))
    # a pixel of 18 m on MTRDR's sphere, on the sphere of 3396.19 km: see test_areas
    latitude = np.radians((1.09e6 - 18 * (np.argwhere(found == TALC)[:, 0] + 0.5)) / 3394839.8133 * 180 / np.pi)
    wanted = (3396.19 * 18 / 3394839.8133) ** 2 * (np.cos(latitude) / np.cos(np.radians(15))).sum()
    assert next(row for row in rows if row.value == TALC).area_km2 == pytest.approx(wanted, rel=1e-5)
    style = ElementTree.fromstring(outputs.style.read_text(encoding="utf-8"))
    assert {int(e.get("value")) for e in style.iter("paletteEntry")} == set(values.tolist())
    dataset = gdal.Open(str(outputs.classes))
    band = dataset.GetRasterBand(1)
    assert band.GetRasterColorTable().GetColorEntry(TALC)[:3] == next(row.rgb for row in rows if row.value == TALC)
    assert band.GetRasterCategoryNames()[TALC] == "talc (identification)"


def test_provenance_tells_all(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, random_weights: Path) -> None:
    source = make_tif(tmp_path / "scene.tif", cube)
    outputs = run(source, class_thresholds={"talc": (0.8, 0.9)}, scales=[5, 1])

    def no_constant(name: str) -> None:
        pytest.fail(f"{name} is not JSON")

    record = json.loads(outputs.provenance.read_text(encoding="utf-8"), parse_constant=no_constant)

    def checksum(path: Path) -> str:
        return hashlib.sha256(path.read_bytes()).hexdigest()

    assert record["image"]["sha256"] == checksum(source)
    assert record["exemplars"]["sha256"] == checksum(paths.exemplars())
    assert record["network"]["sha256"] == checksum(random_weights)
    assert record["image"]["file"] == "scene.tif"
    assert record["image"]["notes"]
    assert record["model"] is None
    assert record["scales"] == [1, 5]
    assert record["warnings"] == []
    thresholds = {entry["name"]: (entry["guess"], entry["identification"]) for entry in record["exemplars"]["classes"]}
    is_doubtful = next(mineral.low_confidence for mineral in load_exemplars().classes if mineral.name == "low-Ca pyroxene")
    pyroxene = (0.95, 0.975) if is_doubtful else (0.85, 0.95)
    assert thresholds == {"talc": (0.8, 0.9), "kaolinite": (0.85, 0.95), "alunite": (0.85, 0.95), "low-Ca pyroxene": pyroxene}
    assert record["exemplars"]["best_guess"] == 0.707
    assert {"crism_gan", "python", "numpy", "gdal"} <= set(record["versions"])
    assert record["started"] <= record["finished"]
    assert record["started"].endswith("+00:00")
    assert record["pixels"] == {"valid": LINES * SAMPLES, "no data": 0}
    assert sum(row["pixels"] for row in record["found"]) == (read(outputs.classes) > 0).sum()


def test_evidence_is_optional(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    outputs = run(make_tif(tmp_path / "scene.tif", cube), evidence=False, name="m")
    assert outputs.evidence is None
    assert set(everything_in(tmp_path / "out")) == {"m.tif", "m.tif.aux.xml", "m.qml", "m_provenance.json"}
    assert gdal.Open(str(outputs.classes)).GetMetadataItem("CRISM_EVIDENCE") is None


def test_a_map_without_detections_is_a_map(tmp_path: Path, make_tif: Callable, run: Callable, pixel_of: Callable) -> None:
    bland = np.tile(pixel_of("bland"), (6, 7, 1)).astype(np.float32)
    outputs = run(make_tif(tmp_path / "scene.tif", bland))
    assert not read(outputs.classes).any()
    assert read_class_table(outputs.classes) == []
    assert not list(ElementTree.fromstring(outputs.style.read_text()).iter("paletteEntry"))


def test_sensor_space_is_said_aloud(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    progress = recorder()
    outputs = run(make_tif(tmp_path / "scene.tif", cube, proj=None), progress=progress)
    assert len(progress.warnings) == 1
    assert "no map projection" in progress.warnings[0]
    assert all(row.area_km2 is None for row in read_class_table(outputs.classes))
    assert gdal.Open(str(outputs.classes)).GetProjection() == ""
    record = json.loads(outputs.provenance.read_text())
    assert record["warnings"] == progress.warnings
    assert {row["km2"] for row in record["found"]} == {None}


@pytest.mark.parametrize("code", ["49901", "49911", "49912", "49921", "49931"])
def test_an_image_whose_coordinates_are_other_places_is_refused(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, code: str
) -> None:
    system = osr.SpatialReference()
    system.SetFromUserInput(f"IAU_2015:{code}")
    image = make_tif(tmp_path / "scene.tif", cube, wkt=system.ExportToWkt(["FORMAT=WKT2_2019"]))
    with pytest.raises(InputError, match=r"scene.tif: its coordinate reference system \(.*O(graphic|centric).*\) .*IAU_2015:49910"):
        run(image)


def test_a_map_on_the_ellipsoid_stays_where_it_is_and_is_warned_of(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    progress = recorder()
    image = make_tif(
        tmp_path / "scene.tif", cube, proj="+proj=longlat +a=3396190 +b=3376200", transform=(77.5, 1e-4, 0, 18, 0, -1e-4)
    )
    outputs = run(image, progress=progress)
    assert ["is on an ellipsoid" in warning for warning in progress.warnings] == [True]
    assert gdal.Open(str(outputs.classes)).GetGeoTransform() == gdal.Open(str(image)).GetGeoTransform()
    assert all(row.area_km2 is None for row in read_class_table(outputs.classes))


def test_the_crs_that_a_user_sets_wins_over_the_files(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    image = make_tif(tmp_path / "scene.tif", cube, proj="+proj=utm +zone=33 +datum=WGS84")
    progress = recorder()
    outputs = run(FileWithCrs(str(image), mars_crs(EQUIRECTANGULAR)), progress=progress)
    made, before = gdal.Open(str(outputs.classes)), gdal.Open(str(image))
    assert same_system(made.GetProjection(), mars_crs(EQUIRECTANGULAR)) and made.GetGeoTransform() == before.GetGeoTransform()
    assert not progress.warnings and any("in the CRS that was set for it, Mars (2015)" in note for note in progress.notes)
    assert all(row.area_km2 is not None for row in read_class_table(outputs.classes))


def test_a_file_with_a_transform_alone_gets_its_crs_from_the_user(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    image = make_tif(tmp_path / "scene.tif", cube, proj=None)
    gdal.Open(str(image), gdal.GA_Update).SetGeoTransform((4.58e6, 18.0, 0.0, 1.09e6, 0.0, -18.0))
    outputs = run(FileWithCrs(str(image), mars_crs(EQUIRECTANGULAR)))
    assert same_system(gdal.Open(str(outputs.classes)).GetProjection(), mars_crs(EQUIRECTANGULAR))


def test_a_crs_for_an_image_in_sensor_space_is_not_used_and_that_is_said(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    progress = recorder()
    image = make_tif(tmp_path / "scene.tif", cube, proj=None)
    outputs = run(FileWithCrs(str(image), mars_crs(EQUIRECTANGULAR)), progress=progress)
    assert gdal.Open(str(outputs.classes)).GetProjection() == ""
    assert any("that was set for the image is not used: it is in sensor space" in note for note in progress.notes)


def test_a_faulty_crs_is_refused_where_a_user_sets_it_and_mended_by_a_right_one(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable
) -> None:
    west = osr.SpatialReference()
    west.SetFromUserInput("IAU_2015:49911")
    with pytest.raises(InputError, match="counts longitudes to the west"):
        run(FileWithCrs(str(make_tif(tmp_path / "a.tif", cube)), west.ExportToWkt(["FORMAT=WKT2_2019"])))
    mistaken = make_tif(tmp_path / "b.tif", cube, wkt=west.ExportToWkt())
    outputs = run(FileWithCrs(str(mistaken), mars_crs(EQUIRECTANGULAR)))
    assert same_system(gdal.Open(str(outputs.classes)).GetProjection(), mars_crs(EQUIRECTANGULAR))


def test_a_map_of_another_planet_is_said_aloud(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    progress = recorder()
    outputs = run(make_tif(tmp_path / "scene.tif", cube, proj="+proj=utm +zone=33 +datum=WGS84"), progress=progress)
    assert len(progress.warnings) == 1
    assert "not one of Mars" in progress.warnings[0]
    assert all(row.area_km2 is None for row in read_class_table(outputs.classes))


def test_evidence_of_an_earlier_map_does_not_stay(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    source = make_tif(tmp_path / "scene.tif", cube)
    earlier = run(source)
    assert earlier.evidence.exists()
    assert run(source, evidence=False).evidence is None
    assert not earlier.evidence.exists()


def test_given_wavelengths_also_serve_a_model_that_has_none(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable
) -> None:
    np.savetxt(tmp_path / "w.txt", WAVELENGTHS_NM)
    bare = [make_tif(tmp_path / name, cube, wavelengths=None) for name in ("s.tif", "m.tif")]
    found = read(run(bare[0], model=bare[1], wavelengths=tmp_path / "w.txt").classes)
    source = make_tif(tmp_path / "full.tif", cube)
    np.testing.assert_array_equal(found, read(run(source, model=source).classes))


def test_an_uncorrected_atmosphere_is_said_everywhere(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    gas = sum(np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / 12) ** 2) for centre in (1960.0, 2009.0, 2060.0))
    progress = recorder()
    source = make_tif(tmp_path / "scene.tif", (cube * (1 - 0.45 * np.minimum(gas, 1))).astype(np.float32))
    outputs = run(source, progress=progress)
    assert len(progress.warnings) == 1
    assert "NOT CORRECTED" in progress.warnings[0]
    assert json.loads(outputs.provenance.read_text())["warnings"] == progress.warnings
    first = next(ElementTree.fromstring(outputs.style.read_text()).iter("paletteEntry"))
    assert "NOT CORRECTED" in first.get("label")


def test_a_good_image_raises_no_warning(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, recorder: Callable
) -> None:
    progress = recorder()
    run(make_tif(tmp_path / "scene.tif", cube), progress=progress)
    assert progress.warnings == []
    assert progress.fractions == sorted(progress.fractions)
    assert progress.fractions[-1] > 0.9


@pytest.mark.parametrize("shape", [(1, SAMPLES), (6, 1), (1, 1), (2, 3)])
def test_images_smaller_than_the_box(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, shape: tuple) -> None:
    part = cube[1 : 1 + shape[0], 0 : shape[1]]
    found = read(run(make_tif(tmp_path / "scene.tif", part)).classes)
    assert found.shape == shape
    assert found[0, 0] == TALC


@pytest.mark.parametrize(
    ("scale", "kind"), [(1e4, np.uint16), (1e4, np.int16), (1e4, np.float32), (1e5, np.int32), (1.0, np.float64)]
)
def test_integers_and_scaled_reflectance_map_alike(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, scale: float, kind: type
) -> None:
    scaled = np.round(cube * scale) if scale > 1 else cube
    found = read(run(make_tif(tmp_path / "scene.tif", scaled.astype(kind)), scales=[1]).classes)
    assert (found[1:7, 0:5] == TALC).all()
    assert (found[1:7, 6:11] == KAOLINITE).all()
    assert (found[8:13, 2:8] == PYROXENE).all()


@pytest.mark.parametrize("value", [65535, np.nan, np.inf, -np.inf, -0.1, 0.0, 1e32, -9999])
def test_values_that_are_no_reflectance_are_no_data(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, value: float
) -> None:
    cube[2, 2] = value
    cube[3, 3, ::60] = value  # a few channels: interpolated
    found = read(run(make_tif(tmp_path / "scene.tif", cube)).classes)
    assert np.argwhere(found == 255).tolist() == [[2, 2]]
    assert (found[3, 3], found[2, 1]) == (TALC, TALC)


def test_the_images_own_no_data_value(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    cube[4, 4] = 7.25
    found = read(run(make_tif(tmp_path / "scene.tif", cube, nodata=7.25)).classes)
    assert np.argwhere(found == 255).tolist() == [[4, 4]]


@pytest.mark.parametrize("place", ["Mit Leerzeichen", "Grüße–№", "a'b\"c", "%20&<>"])
def test_names_of_any_kind(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, place: str) -> None:
    folder = tmp_path / place
    folder.mkdir()
    outputs = run(make_tif(folder / f"{place}.tif", cube), out_dir=folder / place)
    assert outputs.classes == folder / place / f"{place}_minerals.tif"
    assert read_class_table(outputs.classes)


def test_relative_paths(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tif(tmp_path / "scene.tif", cube)
    monkeypatch.chdir(tmp_path)
    outputs = run(Path("scene.tif"), out_dir=Path())
    assert (tmp_path / outputs.classes).is_file()


def test_an_earlier_map_is_replaced(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    source = make_tif(tmp_path / "scene.tif", cube)
    first = run(source)
    before = everything_in(tmp_path / "out")
    second = run(source, classes=["talc"])
    assert first == second
    assert set(everything_in(tmp_path / "out")) == set(before)
    assert {row.name for row in read_class_table(second.classes)} == {"talc"}


def test_numbers_with_a_scale_and_an_offset_are_mapped_as_what_they_stand_for(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable
) -> None:
    factors, offsets = np.linspace(1e-5, 2e-5, cube.shape[2]), np.linspace(0.1, -0.02, cube.shape[2])
    counts = np.rint((cube - offsets) / factors).astype(np.int32)
    source = make_tif(tmp_path / "counts.tif", counts)
    dataset = gdal.Open(str(source), gdal.GA_Update)
    for number in range(cube.shape[2]):
        dataset.GetRasterBand(number + 1).SetScale(factors[number])
        dataset.GetRasterBand(number + 1).SetOffset(offsets[number])
    del dataset
    plain = make_tif(tmp_path / "plain.tif", counts * factors + offsets)
    one, other = (gdal.Open(str(run(path).classes)).ReadAsArray() for path in (source, plain))
    assert np.unique(one).size > 2
    np.testing.assert_array_equal(one, other)


# ---------------------------------------------------------------- bad input


@pytest.fixture
def refused(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> Callable[..., str]:
    """Runs what must fail, beside an earlier result, and looks that nothing changed; the message."""
    source = make_tif(tmp_path / "scene.tif", cube)
    earlier = tmp_path / "out"
    earlier.mkdir()
    (earlier / "scene_minerals.tif").write_text("an earlier result")

    def refused(error: type, source: Path = source, **options: Any) -> str:
        before = everything_in(tmp_path)
        with pytest.raises(error) as caught:
            run(source, **options)
        after = {name: data for name, data in everything_in(tmp_path).items() if not name.endswith(".aux.xml")}
        assert after == before
        assert sorted(path.name for path in earlier.iterdir()) == ["scene_minerals.tif"]
        message = str(caught.value)
        assert "\n" not in message
        return message

    return refused


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"guess": 0.99}, ParameterError, "in order"),
        ({"identification": 1.5}, ParameterError, "in order"),
        ({"best_guess": float("nan")}, ParameterError, "in order"),
        ({"class_thresholds": {"talc": (0.9, 0.8)}}, ParameterError, "'talc'"),
        ({"class_thresholds": {"unobtainium": (0.8, 0.9)}}, ParameterError, "'unobtainium'"),
        ({"class_thresholds": {"jarosite": (0.8, 0.9)}}, ParameterError, "not among the classes to map"),
        ({"classes": ["talk"]}, ParameterError, "did you mean 'talc'"),
        ({"classes": []}, ParameterError, "at least one class"),
        ({"scales": []}, ParameterError, "odd numbers"),
        ({"support": "pixels"}, ParameterError, "one of pixel, paper"),
        ({"ratio": "row"}, ParameterError, "one of off, column, bland"),
        ({"scales": [2]}, ParameterError, "odd numbers"),
        ({"scales": [-1]}, ParameterError, "odd numbers"),
        ({"scales": [1, 17]}, ParameterError, "odd numbers"),
        ({"scales": [1.5]}, ParameterError, "odd numbers"),
        ({"engine": "abacus"}, ParameterError, "'abacus'"),
        ({"exemplars": "absent.json"}, InputError, "absent.json"),
        ({"weights": "absent.npz"}, InputError, "absent.npz"),
        ({"wavelengths": "absent.txt"}, InputError, "absent.txt"),
        ({"model": "absent.tif"}, InputError, "absent.tif"),
        ({"source": "absent.tif"}, InputError, "absent.tif"),
    ],
)
def test_what_is_wrong_with_a_parameter_is_said(refused: Callable[..., str], options: dict, error: type, words: str) -> None:
    assert words in refused(error, **options)


def test_a_model_of_another_size(refused: Callable[..., str], tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    message = refused(InputError, model=make_tif(tmp_path / "m.tif", cube[:-1]))
    assert "m.tif" in message
    assert f"{LINES - 1} lines × {SAMPLES} samples" in message


def test_a_model_that_misses_wavelengths(refused: Callable, tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    message = refused(InputError, model=make_tif(tmp_path / "m.tif", cube[..., :100], WAVELENGTHS_NM[:100]))
    assert message.startswith(str(tmp_path / "m.tif"))


@pytest.mark.parametrize("value", [65535, np.nan, -1.0, 0.0])
def test_all_no_data(refused: Callable[..., str], tmp_path: Path, cube: np.ndarray, make_tif: Callable, value: float) -> None:
    empty = make_tif(tmp_path / "empty.tif", np.full_like(cube, value))
    assert "no pixel has valid data" in refused(InputError, source=empty)
    assert "no pixel has valid data" in refused(InputError, model=empty)


def test_no_wavelengths(refused: Callable[..., str], tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    assert "wavelength" in refused(InputError, source=make_tif(tmp_path / "w.tif", cube, wavelengths=None))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n".join(map(str, WAVELENGTHS_NM[:-1])), "lists 239 wavelengths, but the image has 240 bands"),
        ("\n".join(["blue"] * 240), "holds no numbers"),
        ("1000\nblue\n", "line 2 is not numbers"),
        ("1 2 3 4\n" * 240, "has 4 columns"),
        ("2000\n" * 240, "fewer than two bands with a wavelength"),
        ("\n".join(map(str, 1e7 / WAVELENGTHS_NM)), "all of the range is missing"),  # wavenumbers
        ("", "empty"),
    ],
)
def test_a_wavelength_file_that_does_not_fit(refused: Callable[..., str], tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "w.txt").write_text(text)
    assert words in refused(InputError, wavelengths=tmp_path / "w.txt")


def test_a_model_without_wavelengths(refused: Callable, tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    assert "m.tif: has no wavelengths" in refused(InputError, model=make_tif(tmp_path / "m.tif", cube, wavelengths=None))


def test_a_photograph(refused: Callable[..., str], tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    photograph = make_tif(tmp_path / "p.tif", (255 * cube[..., :3]).astype(np.uint8), wavelengths=None)
    assert "p.tif: has no wavelengths" in refused(InputError, source=photograph)


def test_the_visible_part_alone(refused: Callable[..., str], tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    visible = make_tif(tmp_path / "s.tif", cube[..., :107], np.linspace(364.6, 1056, 107))
    assert "1056-2600 nm is missing" in refused(InputError, source=visible)


@pytest.mark.parametrize("content", [b"", b"this is no raster\n" * 100, b"ENVI\nlines = x\n", b"PDS_VERSION_ID = PDS3\nEND\n"])
def test_not_a_raster(refused: Callable[..., str], tmp_path: Path, content: bytes) -> None:
    for name in ("a.img", "a.tif", "a.lbl"):
        (tmp_path / name).write_bytes(content)
        assert f"{tmp_path}/a." in refused(InputError, source=tmp_path / name)
        (tmp_path / name).unlink()


def test_a_folder_is_not_an_image(refused: Callable[..., str], tmp_path: Path) -> None:
    assert str(tmp_path) in refused(InputError, source=tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.9, 0.999])
def test_truncated_envi(refused: Callable, tmp_path: Path, cube: np.ndarray, make_envi: Callable, share: float) -> None:
    image = make_envi(tmp_path / "t.img", cube)
    whole = image.read_bytes()
    image.write_bytes(whole[: int(share * len(whole))])
    message = refused(InputError, source=image)
    assert "truncated" in message
    assert str(image) in message


def test_a_truncated_geotiff(refused: Callable, tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    image = make_tif(tmp_path / "t.tif", cube)
    whole = image.read_bytes()
    image.write_bytes(whole[: len(whole) // 2])
    assert str(image) in refused(InputError, source=image)


@pytest.mark.parametrize("how", ["text", "truncated", "no card", "other shape"])
def test_corrupt_weights(refused: Callable[..., str], tmp_path: Path, random_weights: Path, how: str) -> None:
    weights = tmp_path / "w.npz"
    shutil.copy(random_weights, weights)
    if how != "no card":
        shutil.copy(random_weights.with_suffix(".json"), weights.with_suffix(".json"))
    if how == "text":
        weights.write_text("not weights")
    elif how == "truncated":
        weights.write_bytes(random_weights.read_bytes()[:-300])
    elif how == "other shape":
        np.savez(weights, kernel1=np.zeros((3, 5), np.float32), bias1=np.zeros(3, np.float32))
    assert "w.npz" in refused(InputError, weights=weights)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"format": "other"}',
        '{"format": "crism-gan-exemplars", "version": 1}',
        '{"format": "crism-gan-exemplars", "version": 1, "classes": [], "spectra": []}',
        '{"format": "crism-gan-exemplars", "version": 1, "classes": [{"code": 500}], "spectra": [1]}',
    ],
)
def test_broken_exemplars(refused: Callable[..., str], tmp_path: Path, text: str) -> None:
    (tmp_path / "e.json").write_text(text)
    assert str(tmp_path / "e.json") in refused(InputError, exemplars=tmp_path / "e.json")


def test_a_class_without_a_spectrum_is_refused_in_words(refused: Callable[..., str], tmp_path: Path) -> None:
    data = json.loads(paths.exemplars().read_text(encoding="utf-8"))
    data["spectra"] = [entry for entry in data["spectra"] if entry["class"] != "talc"]
    (tmp_path / "e.json").write_text(json.dumps(data))
    assert "talc" in refused(CrismError, exemplars=tmp_path / "e.json")


def test_a_library_of_one_class(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    outputs = run(make_tif(tmp_path / "scene.tif", cube), classes=["talc"])
    best, other, other_code, _, _ = read(outputs.evidence)
    assert (read(outputs.classes)[1:7, 0:5] == TALC).all()
    assert best[2, 2] > 0.95
    assert other[2, 2] == 0  # there is no other class
    assert np.isnan(other_code[2, 2])


@pytest.mark.parametrize("which", ["_minerals.tif", "_minerals_evidence.tif"])
def test_the_input_is_never_overwritten(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable, which: str) -> None:
    source = make_tif(tmp_path / f"x{which}", cube)
    before = source.read_bytes()
    with pytest.raises(ParameterError, match="is the input itself"):
        run(source, out_dir=tmp_path, name="x_minerals")
    model = make_tif(tmp_path / "other.tif", cube)
    with pytest.raises(ParameterError, match="is the input itself"):
        run(model, model=source, out_dir=tmp_path, name="x_minerals")
    assert source.read_bytes() == before


def test_an_input_below_a_link_is_still_the_input(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    source = make_tif(tmp_path / "x.tif", cube)
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    with pytest.raises(ParameterError, match="is the input itself"):
        run(source, out_dir=tmp_path / "link", name="x")


@pytest.mark.parametrize("place", ["scene.tif", "scene.tif/below"])
def test_an_output_folder_that_cannot_be(refused: Callable[..., str], tmp_path: Path, place: str) -> None:
    assert str(tmp_path / place) in refused(OutputError, out_dir=tmp_path / place)


def test_a_folder_where_the_map_should_be(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    (tmp_path / "out" / "scene_minerals_evidence.tif").mkdir(parents=True)
    with pytest.raises(OutputError, match="is a folder"):
        run(make_tif(tmp_path / "scene.tif", cube))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["scene_minerals_evidence.tif"]


@pytest.mark.parametrize("stop_after", [1, 3])
def test_cancelled_half_way(
    tmp_path: Path,
    cube: np.ndarray,
    make_tif: Callable,
    run: Callable,
    recorder: Callable,
    monkeypatch: pytest.MonkeyPatch,
    stop_after: int,
) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 5 * SAMPLES * 240 * 4)  # three blocks
    source = make_tif(tmp_path / "scene.tif", cube)
    with pytest.raises(Cancelled):
        run(source, progress=recorder(stop_after))
    assert not (tmp_path / "out").exists()
    run(source)
    before = everything_in(tmp_path / "out")
    with pytest.raises(Cancelled):
        run(source, progress=recorder(stop_after), classes=["talc"])
    assert everything_in(tmp_path / "out") == before


def test_a_local_coordinate_system_has_no_areas(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    source = make_tif(tmp_path / "scene.tif", cube, wkt='LOCAL_CS["quarry",UNIT["metre",1]]')
    outputs = run(source)
    assert all(row.area_km2 is None for row in read_class_table(outputs.classes))


# ---------------------------------------------------------------- real input


@pytest.fixture(scope="module")
def real(shared_data: Path) -> SimpleNamespace:
    mtrdr, trdr = shared_data / "crism" / "mtrdr", shared_data / "crism" / "trdr"
    return SimpleNamespace(
        mtr=mtrdr / "frt0000932c_07_if164j_mtr3_subsampled.tif",
        axis=mtrdr / "mtrdr_axis.tab",
        trr=trdr / "frt0001458f_01_if156l_trr3.lbl",
        visible=trdr / "frt0001458f_01_if156s_trr3.lbl",
        tables=shared_data / "crism" / "cdr",
    )


def test_a_real_mtrdr(tmp_path: Path, real: SimpleNamespace, recorder: Callable, random_weights: Path) -> None:
    progress = recorder()
    outputs = map_scene(real.mtr, tmp_path, wavelengths=real.axis, weights=random_weights, engine="numpy", progress=progress)
    original, classes, evidence = (gdal.Open(str(path)) for path in (real.mtr, outputs.classes, outputs.evidence))
    assert classes.GetProjection() == original.GetProjection() != ""
    assert classes.GetGeoTransform() == original.GetGeoTransform()
    assert progress.warnings == []
    found, band = classes.ReadAsArray(), original.GetRasterBand(200).ReadAsArray()
    np.testing.assert_array_equal(found == 255, band == 65535)  # its bad band at 2800 nm costs no pixel
    valid = found != 255
    assert set(found[valid]) <= {0, *range(1, 33), *range(101, 133)}
    score = evidence.ReadAsArray()[0]
    assert np.isnan(score[~valid]).all()
    assert ((score[valid] >= 0) & (score[valid] <= 1)).all()
    assert all(row.area_km2 > 0 for row in read_class_table(outputs.classes))


def test_a_real_trr3_stays_in_sensor_space_with_two_warnings(
    tmp_path: Path, real: SimpleNamespace, recorder: Callable, random_weights: Path
) -> None:
    progress = recorder()
    outputs = map_scene(real.trr, tmp_path, wavelengths=real.tables, weights=random_weights, engine="numpy", progress=progress)
    assert len(progress.warnings) == 2
    assert "no map projection" in progress.warnings[0]
    assert "NOT CORRECTED" in progress.warnings[1]
    found = read(outputs.classes)
    assert found.shape == (15, 64)
    assert (found[:, :3] == 255).all()  # columns that see no scene
    assert (found[:, 63:] == 255).all()
    assert (found[:, 5:60] != 255).mean() > 0.95
    assert gdal.Open(str(outputs.classes)).GetProjection() == ""


def test_a_real_visible_cube_is_refused(tmp_path: Path, real: SimpleNamespace, random_weights: Path) -> None:
    with pytest.raises(InputError, match="all of the range is missing; give the infrared"):
        map_scene(real.visible, tmp_path / "out", wavelengths=real.tables, weights=random_weights)
    assert not (tmp_path / "out").exists()
