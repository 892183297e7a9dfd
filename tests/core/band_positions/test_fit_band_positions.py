"""Band positions of whole images, file to file."""

from __future__ import annotations

import json

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import Cancelled, Progress, fit_band_positions
from crism_gan_plugin.core.atmosphere import in_air_bands, read_volcano_scan, transmission_for
from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.products.scene import open_scene

NM = np.arange(1030.0, 2600.0, 6.55)
HEADER = "wavelength units = Nanometers\nwavelength = {" + ", ".join(f"{nm:.2f}" for nm in NM) + "}"


@pytest.fixture
def image(tmp_path, envi_image):
    """20 × 12 pixels: bands at 2200 nm on the left, at 2300 nm on the right, none in the last lines, no data in one pixel."""
    random = np.random.default_rng(2)
    cube = np.full((NM.size, 20, 12), 0.2)
    for samples, centre in ((slice(0, 6), 2200), (slice(6, 12), 2300)):
        cube[:, :15, samples] *= 1 - 0.08 * np.exp(-0.5 * ((NM - centre) / 16) ** 2)[:, None, None]
    cube *= 1 + 0.001 * random.normal(size=cube.shape)
    cube[:, 3, 4] = 65535
    return envi_image(tmp_path, cube.astype(np.float32), more=HEADER)


class Told(Progress):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def with_air(cube: np.ndarray) -> np.ndarray:
    """The same below carbon dioxide: half is gone at 2007 nm, and 3 % at 2156 nm."""
    for centre, width, depth in ((2007, 20, 0.5), (2156, 12, 0.03)):
        cube = cube * (1 - depth * np.exp(-0.5 * ((NM - centre) / width) ** 2))[:, None, None]
    return cube


class Stopped(Progress):
    def __init__(self) -> None:
        self.asked = 0

    def is_cancelled(self) -> bool:
        self.asked += 1
        return self.asked > 2


def planes_of(path) -> tuple[np.ndarray, list[str]]:
    data = gdal.Open(str(path))
    return data.ReadAsArray(), [data.GetRasterBand(k + 1).GetDescription() for k in range(data.RasterCount)]


def test_centre_depth_width_and_area_are_bands(image, tmp_path):
    made = fit_band_positions(image, tmp_path / "p.tif")
    planes, names = planes_of(made.bands)
    assert names == ["centre_nm", "depth", "width_nm", "area_nm"]
    there = np.isfinite(planes[0])
    assert there[:15].sum() == 15 * 12 - 1
    assert not there[3, 4]
    assert there[15:].mean() < 0.02
    expected = np.broadcast_to(np.where(np.arange(12) < 6, 2200, 2300), (15, 12))[there[:15]]
    np.testing.assert_allclose(planes[0, :15][there[:15]], expected, atol=2)
    np.testing.assert_allclose(np.median(planes[1, there]), 0.08, rtol=0.02)
    np.testing.assert_allclose(np.median(planes[2, there]), 16 * 2.3548, rtol=0.03)
    np.testing.assert_allclose(np.median(planes[3, there]), 16 * 0.08 * 2.5066, rtol=0.03)


def test_styles_and_record_lie_beside_it(image, tmp_path):
    made = fit_band_positions(image, tmp_path / "p.tif")
    assert [path.name for path in made.styles] == ["p.qml", "p_depth.qml", "p_width.qml", "p_area.qml"]
    for number, path in enumerate(made.styles):
        assert f'band="{number + 1}"' in path.read_text(encoding="utf-8")
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    assert record["pixels"]["with data"] == 239
    assert 179 <= record["pixels"]["with an absorption"] <= 182
    assert record["window"]["first nm"] >= 2120
    assert record["window"]["last nm"] <= 2400


def test_the_window_is_a_parameter(image, tmp_path):
    made = fit_band_positions(image, tmp_path / "p.tif", range_nm=(1500, 1640))
    assert np.isfinite(planes_of(made.bands)[0][0]).mean() < 0.02


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ((2400, 2120), "the first wavelength must be the shorter one"),
        ((2120, 2160), "10 are needed"),
        ((3000, 3500), "0 usable bands"),
    ],
)
def test_a_window_without_enough_bands_is_refused(image, tmp_path, window, said):
    with pytest.raises(ParameterError, match=said):
        fit_band_positions(image, tmp_path / "p.tif", range_nm=window)
    assert not list(tmp_path.glob("p*"))


def test_an_image_without_data_is_refused(tmp_path, envi_image):
    empty = envi_image(tmp_path, np.full((NM.size, 4, 5), 65535, np.float32), more=HEADER)
    with pytest.raises(InputError, match="no pixel has valid data"):
        fit_band_positions(empty, tmp_path / "p.tif")
    assert not list(tmp_path.glob("p*"))


def test_a_cancelled_run_leaves_nothing(tmp_path, envi_image):
    cube = np.full((NM.size, 40, 640), 0.2, np.float32)
    with pytest.raises(Cancelled):
        fit_band_positions(envi_image(tmp_path, cube, more=HEADER), tmp_path / "p.tif", progress=Stopped())
    assert not list(tmp_path.glob("p*"))


@pytest.mark.parametrize("uncorrected", [True, False])
def test_the_weak_band_of_the_air_is_told_of(tmp_path, envi_image, uncorrected):
    """A real uncorrected image shows it in half of its pixels (see the next test)."""
    cube = 0.2 * (1 + 0.002 * np.random.default_rng(5).normal(size=(NM.size, 8, 8)))
    cube = with_air(cube) if uncorrected else cube
    told = Told()
    made = fit_band_positions(envi_image(tmp_path, cube.astype(np.float32), more=HEADER), tmp_path / "p.tif", progress=told)
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    if not uncorrected:
        assert told.warnings == []
        assert record["atmosphere_corrected"] is True
        return
    assert told.warnings[0].endswith("what absorbs at 1.42-1.46, 1.93-2.12, 2.13-2.18, 2.32-2.35 µm is the air")
    assert told.warnings[1] == "64 of 64 absorptions lie where the air absorbs; correct the image first"
    assert record["pixels"]["where the air absorbs"] == 64
    assert record["atmosphere_corrected"] is False


def test_a_real_image_has_it_and_so_has_a_volcano_scan(shared_data, tmp_path):
    crism = shared_data / "crism"
    image = crism / "trdr" / "frt0001458f_01_if156l_trr3.img"
    record = crism / "adr" / "ADR10000000000_061C4_VS30L_8.IMG"
    table = crism / "cdr" / "CDR450924300802_WA0300000L_3.IMG"
    if not all(path.exists() for path in (image, record, table)):
        pytest.skip("needs a real uncorrected image, its wavelengths and a volcano-scan record")
    with open_scene(image, wavelengths=table) as scene:
        air = transmission_for(read_volcano_scan(record), scene.axis, scene.samples)
        nm = scene.axis.wavelengths_nm
    near = (nm > 2100) & (nm < 2250)
    nm, mean = nm[near], np.nanmean(air.by_column[:, near], 0)
    away = ~in_air_bands(nm)
    assert 0.008 < 1 - np.interp(2153, nm, mean) / np.interp(2153, nm[away], mean[away]) < 0.03
    told = Told()
    made = fit_band_positions(image, tmp_path / "p.tif", wavelengths=table, progress=told)
    centres = planes_of(made.bands)[0][0]
    found = np.isfinite(centres)
    assert found.mean() > 0.4
    assert (np.abs(centres[found] - 2156) < 8).mean() > 0.95
    assert any("absorptions lie where the air absorbs" in text for text in told.warnings)


def test_blocks_make_no_difference(image, tmp_path, monkeypatch):
    from crism_gan_plugin.core.band_positions import pipeline

    whole = planes_of(fit_band_positions(image, tmp_path / "one.tif").bands)[0]
    monkeypatch.setattr(pipeline, "_NUMBERS", 120_000)
    np.testing.assert_allclose(planes_of(fit_band_positions(image, tmp_path / "two.tif").bands)[0], whole, rtol=1e-5)
