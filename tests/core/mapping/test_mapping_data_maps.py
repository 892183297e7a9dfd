"""Maps of mapping data: minerals are told by few channels, and what is not told is said."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_report, map_scene
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.continuum_cube import remove_continuum_scene
from crism_gan_plugin.core.denoise.pipeline import denoise_scene
from crism_gan_plugin.core.denoise.quick import correct_scene
from crism_gan_plugin.core.detection_limit.pipeline import find_detection_limits
from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.importing import import_product
from crism_gan_plugin.core.inspection import open_inspection
from crism_gan_plugin.core.instrument.detectors import infrared_row_nm
from crism_gan_plugin.core.instrument.mapping_filters import MAPPING_FILTERS
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.mapping.few_channels import alike
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.methods.pipeline import compare_methods
from crism_gan_plugin.core.network.weights import load_weights, save_weights
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.mapping_data import tile_channels, write_strip, write_tile, write_wavelengths
from crism_gan_plugin.core.simulation.track import Track, geometry_name, write_geometry
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

TILE = "T1332_MRRAL_20S332_0256_1"
STRIP = "MSP00003E25_01_IF214L_TRR3"
LIBRARY = load_exemplars()
MINERALS = ("kaolinite", "Fe-smectite", "low-Ca pyroxene", "gypsum", "Mg-olivine", "prehnite", "bland")
CODES = {mineral.name: mineral.code for mineral in LIBRARY.classes}

#: Lines that each mineral has, and how noisy all are.
EACH, NOISE = 6, 0.004


def ground(nm: np.ndarray, samples: int) -> np.ndarray:
    """(lines, samples, bands) I/F: a mineral after the other, of uneven brightness."""
    rng, position = np.random.default_rng(0), np.linspace(-1, 1, nm.size)
    rows = []
    for name in MINERALS:
        ratio = np.ones(240) if name == "bland" else LIBRARY.spectra[LIBRARY.names.index(f"{name} (numerator)")]
        spectrum = 0.25 * np.interp(nm, WAVELENGTHS_NM, ratio) * np.exp(0.05 * position - 0.05 * position**2)
        rows.append(spectrum * (1 + 0.15 * rng.normal(size=(EACH, samples, 1))))
    cube = np.concatenate(rows)
    return cube * (1 + NOISE * rng.normal(size=cube.shape))


@pytest.fixture(scope="module")
def tile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tile(tmp_path_factory.mktemp("tile"), TILE, ground(tile_channels()[0], 10), -17.5, 330.0)


@pytest.fixture(scope="module")
def strip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a wavelength table of all rows, and geometry."""
    folder = tmp_path_factory.mktemp("strip")
    rows, every = np.array(MAPPING_FILTERS[0].rows), np.arange(446)
    cube = ground(infrared_row_nm(rows), 64)
    write_wavelengths(folder, "CDR450924300802_WA0300000L_3", np.tile(infrared_row_nm(every), (64, 1)), every, "0")
    label = write_strip(folder, STRIP, cube, rows, "CDR450924300802_WA0300010L_3.IMG")
    name = geometry_name(STRIP)
    line, sample = np.mgrid[: cube.shape[0], :64]
    write_geometry(folder / f"{name}.LBL", name, *Track(pixel_m=200.0).places(line, sample, *cube.shape[:2]))
    return label


def share_right(codes: np.ndarray) -> dict[str, float]:
    """Of each mineral's inner lines; a guess counts."""
    found = {}
    for place, name in enumerate(MINERALS):
        inner = codes[EACH * place + 2 : EACH * place + EACH - 2]
        inner = inner[inner != 255].astype(int)
        found[name] = float(np.mean(inner % 100 == CODES.get(name, 0)))
    return found


def test_a_tile_becomes_a_map(tile: Path, tmp_path: Path, recorder: Callable) -> None:
    log = recorder()
    made = map_scene(tile, tmp_path, engine="numpy", progress=log)
    dataset = gdal.Open(str(made.classes))
    assert "MARS" in dataset.GetProjection().upper()
    assert dataset.GetGeoTransform()[1] == pytest.approx(231.5288)
    assert min(share_right(dataset.ReadAsArray()).values()) > 0.9
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    told = record["mapping data"]
    assert (told["filter"], len(told["channels_nm"]), told["widest_gap_nm"]) == ("1", 42, 72.7)
    assert "45 nm does not hold" in told["note"]
    assert ["Mg-smectite", "talc"] in [pair[:2] for pair in told["alike"]]
    (warning,) = (text for text in record["warnings"] if "do not tell apart" in text)
    assert warning in log.warnings
    assert "Mg-smectite and talc" in warning
    assert any(text.startswith("mapping data: 42 channels of CRISM's wavelength filter 1") for text in log.notes)
    assert record["image"]["product_id"] == TILE
    assert record["atmosphere_corrected"]


def test_a_strip_becomes_a_map_in_its_place(strip: Path, tmp_path: Path) -> None:
    made = map_scene(strip, tmp_path, engine="numpy")
    there = gdal.Open(str(made.classes)).ReadAsArray().astype(int)
    assert {CODES[name] for name in MINERALS[:-1]} <= set(there.ravel() % 100)
    geometry = strip.with_name(f"{geometry_name(STRIP)}.LBL")
    assert geometry.name in json.loads(made.provenance.read_text(encoding="utf-8"))["geometry"]["note"]
    moved = tmp_path / "alone"
    moved.mkdir()
    for file in strip.parent.iterdir():
        if "_DE" not in file.name:
            (moved / file.name).write_bytes(file.read_bytes())
    codes = gdal.Open(str(map_scene(moved / strip.name, tmp_path / "alone_out", engine="numpy").classes)).ReadAsArray()
    assert min(share_right(codes).values()) > 0.9


def test_an_imported_tile_gives_the_same_map(tile: Path, tmp_path: Path) -> None:
    cube = import_product(tile, tmp_path / "cube.tif").cube
    both = [gdal.Open(str(map_scene(image, tmp_path / image.stem, engine="numpy").classes)) for image in (tile, cube)]
    np.testing.assert_array_equal(*(dataset.ReadAsArray() for dataset in both))
    assert both[0].GetGeoTransform() == both[1].GetGeoTransform()
    with open_scene(cube) as scene:
        nm = scene.axis.wavelengths_nm
        assert (scene.product_id, scene.atmosphere_corrected, nm.size) == (TILE, True, 72)
        np.testing.assert_allclose(nm[~scene.axis.good & (nm > 1000) & (nm < 1100)], [1023.27, 1055.99])


def test_the_paper_s_method_knows_few_channels_too(tile: Path, tmp_path: Path) -> None:
    codes = gdal.Open(str(map_scene(tile, tmp_path, engine="numpy", method="paper").classes)).ReadAsArray()
    shares = share_right(codes)
    assert np.mean(list(shares.values())) > 0.7


def test_the_spectrum_under_the_cursor_is_judged_as_the_map_was(tile: Path, tmp_path: Path) -> None:
    made = map_scene(tile, tmp_path, engine="numpy")
    with RasterReader(made.evidence) as raster:
        scores = raster.read(0, raster.lines, [0])[0]
    inspector = open_inspection(made.classes)
    for line, sample in ((4, 3), (15, 7), (27, 5)):
        assert inspector.pixel(line, sample).score == pytest.approx(scores[line, sample], abs=1e-4)
    inspector.close()


def test_classes_that_are_alike_are_those_of_the_channels() -> None:
    mapper = mapper_for(MapOptions(engine="numpy"))
    assert alike(mapper) == {}
    of = {}
    for each in MAPPING_FILTERS:
        channels = resampler_to_grid(SpectralAxis(each.wavelengths_nm), mapping_data=True).channels
        of[each.number] = alike(mapper.through(channels))
        assert mapper.through(channels).through(None).matcher.channels is None
    assert ("Mg-smectite", "talc") in of["1"]
    assert all(score > 0.95 for pairs in of.values() for score in pairs.values())
    sure = mapper_for(MapOptions(engine="numpy", identification=0.9999)).through(channels)
    assert alike(sure) == {}


def test_a_tile_without_its_geometry_is_told_of(tile: Path, tmp_path: Path, recorder: Callable) -> None:
    words = "the geometry of the tile, T1332_MRRDE_20S332_0256_1, is not beside it"
    cube = np.full((4, 4, 72), 0.2)
    for geometry in (None, {"Target ID": cube[..., 0]}):
        folder = tmp_path / str(geometry is None)
        folder.mkdir()
        log = recorder()
        map_scene(write_tile(folder, TILE, cube, -17.5, 330.0, geometry), folder / "out", engine="numpy", progress=log)
        assert any(text.startswith(words) for text in log.notes) == (geometry is None)


def test_no_detection_limits_are_told_of_it(tile: Path, tmp_path: Path) -> None:
    made = map_scene(tile, tmp_path, engine="numpy")
    with pytest.raises(InputError, match="was made of mapping data, whose few channels detection limits do not know of"):
        find_detection_limits(made.classes, tmp_path / "limits.tif")


@pytest.mark.parametrize("asked", ["unlisted", "artefacts", "limits"])
def test_what_few_channels_cannot_tell_is_refused(tile: Path, tmp_path: Path, asked: str) -> None:
    with pytest.raises(
        ParameterError, match=rf"{asked}: .*T1332_MRRAL_20S332_0256_1\.LBL is mapping data, with 42 channels, which are too"
    ):
        map_scene(tile, tmp_path, engine="numpy", **{asked: True})


def test_no_probability_is_told_of_other_channels(tile: Path, tmp_path: Path) -> None:
    made = map_scene(tile, tmp_path, engine="numpy", probability=True)
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    assert "another calibration of the network" in record["probability"]["none"]


def test_weights_without_a_calibration_for_it(tile: Path, tmp_path: Path) -> None:
    weights = load_weights()
    card = {key: value for key, value in weights.card.items() if key != "mapping_filters"}
    save_weights(replace(weights, card=card), tmp_path / "old.npz")
    with pytest.raises(InputError, match=r"no calibration for mapping data of CRISM's wavelength filter 1 .* train anew"):
        map_scene(tile, tmp_path / "out", engine="numpy", weights=tmp_path / "old.npz")


def test_methods_are_not_compared_on_it(tile: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"is mapping data, with .* CRISM GAN Map takes, but not this"):
        compare_methods(tile, tmp_path / "x.tif")


def test_the_air_is_taken_out_of_a_strip(strip: Path, tmp_path: Path, shared_data: Path) -> None:
    """With a real record of the filter."""
    scan = shared_data / "crism" / "adr" / "ADR10000000000_061C4_VS31L_8.IMG"
    if not scan.is_file():
        pytest.skip(f"{scan} is not there")
    label = tmp_path / strip.name
    for file in strip.parent.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    made = correct_scene(label, tmp_path / "out", volcano_scans=[scan])
    with open_scene(made.corrected) as scene:
        assert scene.axis.bands == 54
        assert np.isfinite(scene.read(3, 1)[0, 20]).sum() > 40
        assert scene.atmosphere_corrected


@pytest.mark.parametrize("mode", ["column", "bland"])
def test_a_ratio_of_a_tile_is_warned_of(tile: Path, tmp_path: Path, recorder: Callable, mode: str) -> None:
    """A tile's columns are none of a detector: the ground is that around, of whichever strip, and the map says so."""
    log = recorder()
    made = map_scene(tile, tmp_path, engine="numpy", ratio=mode, progress=log)
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    (warning,) = (text for text in record["warnings"] if "strips of many observations" in text)
    assert warning in log.warnings and "not by that of the same detector column" in warning
    assert "the image around it (its detector column is not known: a map tile has many strips)" in record["ratio"]["denominator"]
    assert any(text.startswith("neutral ratio: every spectrum is divided by") and "around it" in text for text in log.notes)


def test_no_other_map_has_that_warning(strip: Path, tile: Path, tmp_path: Path) -> None:
    for image, mode in ((strip, "column"), (tile, "off")):
        made = map_scene(image, tmp_path, engine="numpy", ratio=mode)
        assert "strips of many observations" not in made.provenance.read_text(encoding="utf-8")


def test_the_report_names_the_classes_that_are_alike(tile: Path, tmp_path: Path) -> None:
    made = map_scene(tile, tmp_path, engine="numpy")
    page = make_report(made.classes, tmp_path / "report.html").report.read_text(encoding="utf-8")
    (said,) = (line for line in page.split("<p ") if line.startswith('class="warning"') and "do not tell apart" in line)
    assert "Mg-smectite and talc" in said and "the other may be there" in said
    assert "scores are calibrated for them" in page  # how the map was made


def test_a_tile_is_denoised_and_mapped(tile: Path, tmp_path: Path, recorder: Callable) -> None:
    log = recorder()
    made = map_scene(tile, tmp_path, engine="numpy", denoise="full", progress=log)
    assert min(share_right(gdal.Open(str(made.classes)).ReadAsArray()).values()) > 0.9
    denoised = denoise_scene(tile, tmp_path / "cubes", progress=log)
    assert any("detector columns of this map tile are not known (it has many strips)" in text for text in log.notes)
    assert denoised.transmission is None
    check_model(tile, denoised.model, 0.005)


def test_a_strip_is_denoised_and_mapped(strip: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the command line, without a volcano scan; that is told."""
    assert main(["denoise", str(strip), "--out-dir", str(tmp_path)]) == 0
    assert "no volcano scan is given" in capsys.readouterr().err
    corrected, model = (tmp_path / f"{STRIP}_denoised{ending}.tif" for ending in ("", "_model"))
    assert (tmp_path / f"{STRIP}_denoised_transmission.tif").is_file()
    check_model(strip, model, 0.025)
    codes = gdal.Open(str(map_scene(corrected, tmp_path, model=model, engine="numpy").classes)).ReadAsArray()
    assert min(share_right(codes).values()) > 0.9


def check_model(image: Path, model: Path, off: float) -> None:
    """Its spectra are the image's, to ``off`` of their brightness, with much less noise."""
    with open_scene(image) as scene, open_scene(model) as other:
        assert (scene.lines, scene.samples, scene.product_id) == (other.lines, other.samples, other.product_id)
        cubes = [each.read(0, each.lines) for each in (scene, other)]
    bands = np.isfinite(cubes[1]).any((0, 1))
    assert np.count_nonzero(bands) > 40
    levelled = []
    for cube in cubes:
        kept = cube[:, 6:-6, bands] if cube.shape[1] > 12 else cube[..., bands]
        kept = kept / np.nanmean(kept, -1, keepdims=True)
        levelled.append(kept.reshape(len(MINERALS), -1, kept.shape[-1]))
    np.testing.assert_allclose(np.nanmean(levelled[1], 1), np.nanmean(levelled[0], 1), atol=off)
    noise = [np.nanmedian(np.nanstd(each, 1)) for each in levelled]
    assert noise[1] < 0.7 * noise[0]


def test_a_tile_with_the_air_in_it_is_not_denoised(tmp_path: Path) -> None:
    """Its air is that of many strips; the archive has the tile without air, too."""
    label = write_tile(tmp_path, TILE.replace("AL", "IF"), np.full((4, 4, 72), 0.2), -17.5, 330.0)
    for run in (denoise_scene, correct_scene):
        with pytest.raises(InputError, match=f"still has the atmosphere in it; give the Lambert albedo, {TILE}$"):
            run(label, tmp_path / "out")


@pytest.mark.parametrize("which", ["tile", "strip"])
def test_the_continuum_of_mapping_data_is_removed(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    image = request.getfixturevalue(which)
    made = remove_continuum_scene(image, tmp_path / "ratio.tif", range_nm=(1050, 2600), continuum_out=tmp_path / "hull.tif")
    with RasterReader(made.ratio) as ratio, RasterReader(made.continuum) as hull, open_scene(image) as scene:
        bands = ratio.bands
        depth, level = (raster.read(0, raster.lines, list(range(bands))) for raster in (ratio, hull))
        usable = scene.axis.usable & (scene.axis.wavelengths_nm >= 1050) & (scene.axis.wavelengths_nm <= 2600)
        own = scene.read(0, scene.lines, np.flatnonzero(usable)).transpose(2, 0, 1)
    with open_scene(made.ratio) as scene:
        assert (scene.georeference is None) == (which == "strip")
    assert bands == np.count_nonzero(usable) > 38
    np.testing.assert_allclose(depth * level, own, rtol=1e-5)
    kaolinite, bland = (np.nanmedian(depth[:, EACH * place : EACH * (place + 1)], (1, 2)) for place in (0, len(MINERALS) - 1))
    assert np.nanmin(kaolinite) < np.nanmin(bland) < 1


def test_the_command_line_takes_mapping_data(tile: Path, strip: Path, tmp_path: Path) -> None:
    for image in (tile, strip):
        assert main(["continuum", str(image), "--out", str(tmp_path / f"{image.stem}.tif"), "--quiet"]) == 0
    assert main(["denoise", str(tile), "--out-dir", str(tmp_path), "--quiet"]) == 0
    made = {f"{TILE}.tif", f"{STRIP}.tif", f"{TILE}_denoised.tif", f"{TILE}_denoised_model.tif"}
    assert made < {path.name for path in tmp_path.iterdir()}
