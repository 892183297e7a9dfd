"""Spectra of deposits: medians and quartiles of the image's pixels, as the map saw them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite, map_scene
from crism_gan_plugin.core.inspection import open_inspection
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.reports.listed import MOST_PIXELS, MineralDeposits
from crism_gan_plugin.core.reports.samples import DepositSpectra, spectra_of
from crism_gan_plugin.core.reports.subject import Subject
from crism_gan_plugin.core.simulation import Track
from crism_gan_plugin.core.simulation.track import geometry_name, write_geometry
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from tests.core.reports.conftest import CLASSES

USABLE = SpectralAxis(WAVELENGTHS_NM).usable


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def asked(path: Path, tmp_path: Path) -> tuple[Subject, list[MineralDeposits], dict[str, DepositSpectra]]:
    subject = Subject.open(path, None)
    minerals = subject.deposits(tmp_path, Progress())
    assert subject.ground is not None, subject.missing
    return subject, minerals, spectra_of(minerals, subject.ground, Progress())


@pytest.mark.parametrize("options", [{}, *({"ratio": ratio, "method": "ground"} for ratio in ("bland", "column"))], ids=str)
def test_quartiles_are_those_of_the_pixels(mapped: Callable, cube: np.ndarray, tmp_path: Path, options: dict[str, Any]) -> None:
    tall = np.concatenate([cube, cube[::-1], cube])  # enough lines for neutral ground beyond the windows
    outputs = mapped(options=options, image=tall, proj=None)
    _, minerals, spectra = asked(outputs.classes, tmp_path)
    inspector = open_inspection(outputs.classes)
    for each in (deposit for mineral in minerals for deposit in mineral.shown):
        assert set(read(outputs.classes)[each.line, each.sample]) == {each.fields["code"]}
        pixels = [inspector.pixel(int(line), int(sample)) for line, sample in zip(each.line, each.sample)]
        own = np.array([pixel.scales[0].spectrum for pixel in pixels])
        found = spectra[each.label]
        assert found.pixels == min(each.fields["pixels"], MOST_PIXELS)
        for curve, percent in ((found.removed.low, 25), (found.removed.middle, 50), (found.removed.high, 75)):
            np.testing.assert_allclose(curve, np.percentile(own, percent, axis=0), rtol=1e-5)
        for curve, percent in ((found.iof.low, 25), (found.iof.middle, 50), (found.iof.high, 75)):
            expected = np.percentile(tall[each.line, each.sample], percent, axis=0)
            np.testing.assert_allclose(curve[USABLE], expected[USABLE], rtol=1e-5)
            assert np.isnan(curve[~USABLE]).all()


def test_large_deposits_are_sampled_in_all_their_parts_and_always_alike(
    pixel_of: Callable, mapped: Callable, tmp_path: Path
) -> None:
    image = np.ones((60, 50, 1)) * pixel_of("talc")
    outputs = mapped(image=image.astype(np.float32))
    _, (mineral,), spectra = asked(outputs.classes, tmp_path)
    (deposit,) = mineral.shown
    assert deposit.fields["pixels"] == 3000
    assert deposit.line.size == len(set(zip(deposit.line.tolist(), deposit.sample.tolist()))) == MOST_PIXELS
    assert (deposit.line.min() < 10) & (deposit.line.max() >= 50) & (deposit.sample.min() < 10) & (deposit.sample.max() >= 40)
    _, (again,), _ = asked(outputs.classes, tmp_path)
    np.testing.assert_array_equal(again.shown[0].line, deposit.line)
    assert spectra["A1"].pixels == MOST_PIXELS


def test_spectra_of_a_placed_map_are_those_of_the_image_in_sensor_space(
    pixel_of: Callable, make_envi: Callable, random_weights: Path, tmp_path: Path
) -> None:
    rng = np.random.default_rng(5)
    cube = pixel_of("bland") * rng.uniform(0.8, 1.2, (24, 64, 1))
    cube[5:15, 10:30] = pixel_of("talc")
    cube = (cube * (1 + 0.005 * rng.standard_normal(cube.shape))).astype(np.float32)
    folder, stem = tmp_path / "in", "frt0000c003_07_if166j_ter3"
    folder.mkdir()
    image = make_envi(folder / f"{stem}.img", cube)
    places = Track(18.44, 77.35).places(*np.mgrid[:24, :64], 24, 64)
    write_geometry(folder / f"{geometry_name(stem)}.lbl".lower(), geometry_name(stem), *places)
    outputs = map_scene(image, tmp_path / "maps", classes=CLASSES, weights=random_weights, engine="numpy", method="paper")
    subject, minerals, spectra = asked(outputs.classes, tmp_path)
    evidence = gdal.Open(str(outputs.evidence))
    names = [evidence.GetRasterBand(band + 1).GetDescription() for band in range(evidence.RasterCount)]
    sample, line = (read(outputs.evidence)[names.index(name)] for name in ("sample", "line"))
    for each in (deposit for mineral in minerals for deposit in mineral.shown):
        there = line[each.line, each.sample].astype(int), sample[each.line, each.sample].astype(int)
        np.testing.assert_allclose(spectra[each.label].iof.middle[USABLE], np.median(cube[there], axis=0)[USABLE], rtol=1e-5)
    rows, columns = (plane.ravel() for plane in np.mgrid[: line.shape[0], : line.shape[1]])
    shown = subject.ground.brightness(rows, columns)
    known = np.isfinite(line.ravel())
    band = np.abs(WAVELENGTHS_NM - 1330).argmin()
    np.testing.assert_array_equal(shown[known], cube[line.ravel()[known].astype(int), sample.ravel()[known].astype(int), band])
    assert np.isnan(shown[~known]).all()
    assert (~known).any()


def test_a_composite_shows_the_pixels_of_its_maps(mapped: Callable, cube: np.ndarray, tmp_path: Path) -> None:
    pytest.importorskip("rasterio")
    one = mapped("one")
    two = mapped("two", image=cube[::-1].copy(), transform=(4.58e6 + 30 * 18, 18.0, 0.0, 1.09e6, 0.0, -18.0))
    crs = gdal.Open(str(one.classes)).GetProjection()
    composite = make_composite([one.classes, two.classes], tmp_path / "y.tif", crs=crs, pixel_size=18.0).composite
    _, minerals, spectra = asked(composite, tmp_path)
    both = np.concatenate([cube, cube[::-1]], 1)
    for each in (deposit for mineral in minerals for deposit in mineral.shown):
        expected = np.median(both[each.line, each.sample], axis=0)
        np.testing.assert_allclose(spectra[each.label].iof.middle[USABLE], expected[USABLE], rtol=1e-5)
