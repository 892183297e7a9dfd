"""A pixel is told what the map says of it, by the same numbers; and its spectra are those of the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars, make_similarity_map, make_summary_parameters
from crism_gan_plugin.core.errors import InputError, MovedFileError, ParameterError
from crism_gan_plugin.core.inspection import Inspector, open_inspection
from crism_gan_plugin.core.inspection.evidence import AGREEMENT
from crism_gan_plugin.core.mapping.pipeline import MapOutputs
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.simulation import Track
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

#: The filter boundary is a gap in every spectrum.
USABLE = SpectralAxis(WAVELENGTHS_NM).usable

SENSOR_SPACE_NAME = "frt0000c003_07_if166j_ter3"


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def centre(path: Path, line: int, sample: int) -> tuple[float, float]:
    """Map coordinates of a pixel's centre, as QGIS has them."""
    dataset = gdal.Open(str(path))
    x0, a, b, y0, d, e = dataset.GetGeoTransform() if dataset.GetProjection() else (0, 1, 0, 0, 0, -1)
    return x0 + a * (sample + 0.5) + b * (line + 0.5), y0 + d * (sample + 0.5) + e * (line + 0.5)


def assert_is(values: np.ndarray, expected: np.ndarray) -> None:
    """I/F of all bands, with its gap."""
    np.testing.assert_allclose(values[USABLE], expected[USABLE], rtol=1e-6)
    assert np.isnan(values[~USABLE]).all()


def assert_agrees_everywhere(outputs: MapOutputs, inspector: Inspector, step: int = 1) -> int:
    """Every pixel of a map: code, score, the other class's score, exemplar and window; how many were detected.

    With a ``step``, one pixel of so many.
    """
    codes, evidence = read(outputs.classes), read(outputs.evidence)
    spectra = load_exemplars().spectra
    for line, sample in list(np.ndindex(codes.shape))[::step]:
        told = inspector.at(*centre(outputs.classes, line, sample))
        if told is None:
            assert codes[line, sample] == 255
            continue
        best, other, _, exemplar, size = evidence[:5, line, sample]
        assert told.code == told.map_code == codes[line, sample]
        np.testing.assert_allclose(told.score, best, atol=2e-5)
        np.testing.assert_allclose(told.lead, best - other, atol=2e-5)
        assert (told.exemplar is None) == np.isnan(exemplar)
        if told.exemplar is not None:
            np.testing.assert_array_equal(told.exemplar, spectra[int(exemplar)])
            assert [scale.size for scale in told.scales if scale.decides] == [size]
        if 0 < told.code < 255:
            assert told.best[0].code == told.code % 100
            np.testing.assert_allclose(told.best[0].score, best, atol=2e-5)
    return int(((codes > 0) & (codes < 255)).sum())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": "paper"},
        {"support": "paper", "scales": [1, 7], "lead": 0.05, "class_thresholds": {"talc": (0.8, 0.9)}},
        {"ratio": "bland"},
        {"ratio": "column"},
    ],
    ids=lambda options: str(options) if options else "by default",
)
@pytest.mark.parametrize("modelled", [False, True], ids=["alone", "with a model"])
def test_every_pixel_agrees_with_its_map_in_sensor_space(
    tmp_path: Path, cube: np.ndarray, make_envi: Callable, run: Callable, options: dict[str, Any], modelled: bool
) -> None:
    if "ratio" in options:  # enough lines for ground beyond the windows
        cube = np.concatenate([cube, cube[::-1], cube])
    source = make_envi(tmp_path / "scene.img", cube, data_ignore_value=65535)
    if modelled:
        smooth = cube * (1 + 0.002 * np.random.default_rng(1).standard_normal(cube.shape))
        options = {**options, "model": make_envi(tmp_path / "model.img", smooth.astype(np.float32))}
    outputs = run(source, **options)
    with_its_map = open_inspection(outputs.classes)
    assert assert_agrees_everywhere(outputs, with_its_map, 5 if options else 1) > 20
    assert with_its_map.warnings == ()


def test_every_pixel_agrees_on_a_map_projected_image(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    outputs = run(make_tif(tmp_path / "scene.tif", cube))
    inspector = open_inspection(outputs.classes)
    assert assert_agrees_everywhere(outputs, inspector) > 20
    x, y = centre(outputs.classes, 5, 3)
    told = inspector.at(x, y)
    assert (told.place.line, told.place.sample) == (5, 3)
    assert told.place.longitude == pytest.approx(np.degrees(x / 3394839.8133 / np.cos(np.radians(15))))
    assert told.place.latitude == pytest.approx(np.degrees(y / 3394839.8133))
    assert inspector.at(x + 1e6, y) is None


@pytest.fixture
def placed(tmp_path: Path, pixel_of: Callable, make_envi: Callable, run: Callable) -> tuple[MapOutputs, Path, np.ndarray]:
    """A map that was placed by the geometry of its image, its image, and that image's numbers."""
    rng = np.random.default_rng(5)
    cube = pixel_of("bland") * rng.uniform(0.8, 1.2, (24, 64, 1))
    cube[5:15, 10:30] = pixel_of("talc")
    cube *= 1 + 0.005 * rng.standard_normal(cube.shape)
    cube = cube.astype(np.float32)
    folder = tmp_path / "in"
    folder.mkdir()
    source = make_envi(folder / f"{SENSOR_SPACE_NAME}.img", cube)
    name = geometry_name(SENSOR_SPACE_NAME)
    line, sample = np.mgrid[:24, :64]
    write_geometry(folder / f"{name}.lbl".lower(), name, *Track(18.44, 77.35).places(line, sample, 24, 64))
    return run(source), source, cube


def test_a_placed_map_leads_to_the_pixels_of_its_image(placed: tuple[MapOutputs, Path, np.ndarray]) -> None:
    outputs, source, cube = placed
    codes = read(outputs.classes)
    assert codes.shape != cube.shape[:2]
    inspector = open_inspection(outputs.classes)
    assert assert_agrees_everywhere(outputs, inspector, 7) > 100
    line, sample = (int(np.median(each)) for each in np.nonzero(codes == 21))
    told = inspector.at(*centre(outputs.classes, line, sample))
    assert_is(told.iof.values, cube[told.place.line, told.place.sample])
    in_image = open_inspection(source).pixel(told.place.line, told.place.sample)
    assert in_image.place.longitude == pytest.approx(told.place.longitude, abs=4e-4)  # one pixel is 3e-4 degrees
    assert in_image.place.latitude == pytest.approx(told.place.latitude, abs=4e-4)


def test_a_rectangle_on_a_placed_map_is_the_mean_of_the_image_pixels_that_it_shows(
    placed: tuple[MapOutputs, Path, np.ndarray],
) -> None:
    outputs, _, cube = placed
    evidence = gdal.Open(str(outputs.evidence))
    names = [evidence.GetRasterBand(band + 1).GetDescription() for band in range(evidence.RasterCount)]
    sample, line = (evidence.GetRasterBand(names.index(name) + 1).ReadAsArray()[8:13, 12:20] for name in ("sample", "line"))
    assert np.isfinite(line).all()
    wanted = sorted({(int(a), int(b)) for a, b in zip(line.ravel(), sample.ravel())})
    (x0, y0), (x1, y1) = centre(outputs.classes, 8, 12), centre(outputs.classes, 12, 19)
    told = open_inspection(outputs.classes).mean((x1, x0), (y0, y1))
    assert told.place.pixels == len(wanted)
    assert_is(told.iof.values, np.mean([cube[place] for place in wanted], 0, dtype=np.float64))


# ---------------------------------------------------------------- the spectra


def test_spectra_are_those_of_the_file(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    outputs = run(make_tif(tmp_path / "scene.tif", cube))
    told = open_inspection(outputs.classes).at(*centre(outputs.classes, 4, 3))
    np.testing.assert_array_equal(told.iof.wavelengths_nm, WAVELENGTHS_NM)
    assert_is(told.iof.values, cube[4, 3])
    assert told.model is None
    assert told.ground is None
    pixel, three, five = told.scales
    np.testing.assert_allclose((cube[4, 3] / told.continuum)[USABLE], pixel.spectrum[USABLE], rtol=1e-5)
    assert (pixel.size, three.size, five.size) == (1, 3, 5)
    assert five.noise < three.noise < pixel.noise < 0.02
    assert [each.score for each in told.best] == sorted((each.score for each in told.best), reverse=True)
    assert {each.name for each in told.best} == {"talc", "kaolinite", "alunite", "low-Ca pyroxene"}
    assert told.deciding.mineral == "talc"
    assert told.title == (f"talc, {told.level}" if told.code else "nothing")


def test_box_means_leave_out_what_has_no_data(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    inspector = open_inspection(run(make_tif(tmp_path / "scene.tif", cube)).classes)
    own = {at: inspector.pixel(*at).scales[0].spectrum for at in np.ndindex(5, 5)}
    assert np.isnan(own[3, 2]).all()
    nine = [own[line, sample] for line in (2, 3, 4) for sample in (1, 2, 3) if (line, sample) != (3, 2)]
    np.testing.assert_allclose(inspector.pixel(3, 1).scales[1].spectrum, _mean_around(own, 3, 1), rtol=1e-6)
    assert inspector.pixel(3, 2).code == 255
    assert inspector.pixel(3, 2).level == "no data"
    np.testing.assert_allclose(_mean_around(own, 3, 2), np.mean(nine, 0), rtol=1e-6)


def _mean_around(own: dict[tuple[int, int], np.ndarray], line: int, sample: int) -> np.ndarray:
    around = [own[line + i, sample + j] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    return np.nanmean(around, 0)


def test_a_rectangle_is_the_mean_of_pixels_with_data(tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable) -> None:
    outputs = run(make_tif(tmp_path / "scene.tif", cube))
    inspector = open_inspection(outputs.classes)
    (x0, y0), (x1, y1) = centre(outputs.classes, 2, 1), centre(outputs.classes, 4, 3)
    told = inspector.mean((x1, x0), (y0, y1))
    valid = np.delete(cube[2:5, 1:4].reshape(9, -1), 4, 0).astype(np.float64)
    assert_is(told.iof.values, valid.mean(0))
    assert (told.place.pixels, told.place.line, told.place.sample) == (8, 3, 2)
    assert [scale.size for scale in told.scales] == [0]
    ones = [inspector.pixel(2 + k // 3, 1 + k % 3).scales[0].spectrum for k in range(9) if k != 4]
    np.testing.assert_allclose(told.scales[0].spectrum, np.mean(ones, 0), rtol=1e-6)
    assert told.map_code is None
    with pytest.raises(ParameterError, match="smaller"):
        inspector.mean_of(np.array([0, 400]), np.array([0, 600]))


def test_a_rectangle_as_large_as_the_map_s_window_is_scored_like_it(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, run: Callable
) -> None:
    outputs = run(make_tif(tmp_path / "scene.tif", cube), scales=[3], support="paper")
    inspector = open_inspection(outputs.classes)
    line, sample = (each.ravel() for each in np.mgrid[1:4, 7:10])
    told, alone = inspector.mean_of(line, sample), inspector.pixel(2, 8)
    assert told.code == alone.code == 15
    assert told.score == pytest.approx(alone.score, abs=1e-5)


def test_bad_bands_are_gaps_and_a_model_has_its_own_spectrum(
    tmp_path: Path, cube: np.ndarray, make_envi: Callable, run: Callable
) -> None:
    good = np.ones(WAVELENGTHS_NM.size, int)
    good[[100, 101]] = 0
    bbl = "{" + ", ".join(map(str, good)) + "}"
    source, model = make_envi(tmp_path / "scene.img", cube, bbl=bbl), make_envi(tmp_path / "model.img", cube * np.float32(1.01))
    told = open_inspection(run(source, model=model).classes).pixel(5, 3)
    assert np.isnan(told.iof.values[[100, 101]]).all()
    assert np.isfinite(np.delete(told.iof.values, [100, 101])[np.delete(USABLE, [100, 101])]).all()
    np.testing.assert_allclose(told.model.values[:50], cube[5, 3, :50] * 1.01, rtol=1e-6)


@pytest.mark.parametrize("ratio", ["column", "bland"])
def test_a_ratio_is_the_pixel_over_its_denominator(
    tmp_path: Path, cube: np.ndarray, make_envi: Callable, run: Callable, ratio: str
) -> None:
    cube = np.concatenate([cube, cube[::-1], cube])
    outputs = run(make_envi(tmp_path / "scene.img", cube), ratio=ratio)
    told = open_inspection(outputs.classes).pixel(4, 3)
    whole = told.ground.ratio * told.ground.denominator
    np.testing.assert_allclose(whole[USABLE], cube[4, 3, USABLE], rtol=1e-5)
    assert np.median(told.ground.ratio) == pytest.approx(1, abs=0.1)
    agreement = read(outputs.evidence)[5, 4, 3]
    assert told.ground.agreement == AGREEMENT[int(agreement)]


# ---------------------------------------------------------------- images without a map, moved files, and what is refused


def test_an_image_is_asked_as_its_map_by_default_would_be(tmp_path: Path, cube: np.ndarray, make_envi: Callable) -> None:
    told = open_inspection(make_envi(tmp_path / "scene.img", cube)).at(3.5, -4.5)
    assert_is(told.iof.values, cube[4, 3])
    assert told.map_code is None
    assert len(told.best) == 5
    assert told.best[0].name == "talc"
    assert (told.place.longitude, told.place.latitude) == (None, None)


def test_a_moved_image_is_asked_for_once(tmp_path: Path, cube: np.ndarray, make_envi: Callable, run: Callable) -> None:
    source = make_envi(tmp_path / "scene.img", cube)
    outputs = run(source)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for file in (source, source.with_suffix(".hdr")):
        file.rename(elsewhere / file.name)
    with pytest.raises(MovedFileError, match="show where it is now") as error:
        open_inspection(outputs.classes)
    assert Path(error.value.path) == source.resolve()
    told = open_inspection(outputs.classes, {error.value.path: elsewhere / source.name}).at(3.5, -4.5)
    assert told.code == told.map_code
    for file in elsewhere.iterdir():
        file.rename(outputs.classes.parent / file.name)  # beside the map it is found
    assert open_inspection(outputs.classes).at(3.5, -4.5).code == told.code


def test_another_network_than_the_map_s_is_told(
    tmp_path: Path, cube: np.ndarray, make_envi: Callable, run: Callable, random_weights: Path
) -> None:
    outputs = run(make_envi(tmp_path / "scene.img", cube))
    record = json.loads(outputs.provenance.read_text())
    record["network"]["sha256"] = "0" * 64
    outputs.provenance.write_text(json.dumps(record))
    inspector = open_inspection(outputs.classes)
    assert [random_weights.name in warning for warning in inspector.warnings] == [True]
    assert inspector.at(3.5, -4.5).warnings == inspector.warnings


def test_a_map_that_says_something_else_is_told(tmp_path: Path, cube: np.ndarray, make_envi: Callable, run: Callable) -> None:
    source = make_envi(tmp_path / "scene.img", cube)
    outputs = run(source)
    make_envi(source, cube[:, ::-1])
    told = open_inspection(outputs.classes).at(3.5, -4.5)
    assert told.code != told.map_code
    assert "the map says" in told.warnings[-1]


def test_a_map_without_record_and_other_images_are_refused(
    tmp_path: Path, cube: np.ndarray, make_envi: Callable, run: Callable
) -> None:
    source = make_envi(tmp_path / "scene.img", cube)
    outputs = run(source)
    make_envi(source, cube[:-1])
    with pytest.raises(InputError, match="not the image that the map was made of"):
        open_inspection(outputs.classes)
    outputs.provenance.unlink()
    with pytest.raises(InputError, match="record"):
        open_inspection(outputs.classes)
    with pytest.raises(InputError, match="evidence of a mineral map"):
        open_inspection(outputs.evidence)


@pytest.mark.parametrize("make", ["similarity", "summary"])
def test_other_rasters_of_one_band_are_no_maps(tmp_path: Path, cube: np.ndarray, make_envi: Callable, make: str) -> None:
    source, made = make_envi(tmp_path / "scene.img", cube), tmp_path / "made.tif"
    if make == "similarity":
        make_similarity_map(source, made, spectrum="kaolinite", scales=(1,), metric="derivative")
    else:
        make_summary_parameters(source, made, parameters=["D2300"], products=[])
    with pytest.raises(InputError, match=r"made\.tif: is no mineral map"):
        open_inspection(made)
    with pytest.raises(InputError, match=r"made\.tif: holds one number for each pixel"):
        open_scene(made)


def test_a_placed_map_without_its_evidence_is_refused(placed: tuple[MapOutputs, Path, np.ndarray]) -> None:
    outputs, _, _ = placed
    outputs.evidence.unlink()
    with pytest.raises(InputError, match="'sample' and 'line'"):
        open_inspection(outputs.classes)
