from __future__ import annotations

import json

import numpy as np
import pytest
from images import make_image

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.denoise import ground
from crism_gan_plugin.core.denoise.doubt import DOUBTFUL_NM, SURE, doubt, doubt_warnings, typical_scan
from crism_gan_plugin.core.denoise.pipeline import denoise_scene
from crism_gan_plugin.core.denoise.quick import correct_scene
from crism_gan_plugin.core.products.scene import open_scene
from tests.core.atmosphere.conftest import record as record

NM = np.arange(1020.0, 2640.0, 6.6)


def bump(centre: float, width: float, depth: float) -> np.ndarray:
    return -depth * np.exp(-0.5 * ((NM - centre) / width) ** 2)


SCAN = bump(2010, 14, 0.5) + bump(2060, 12, 0.25)


def test_the_images_own_scan_leaves_no_doubt_however_long_the_path():
    other = 0.7 * SCAN + bump(2040, 30, 0.08)  # does not fit about as well: it does not count
    assert doubt(1.3 * SCAN, [0.9 * SCAN, other], NM) < 1e-9
    assert not doubt_warnings(SURE)


def test_what_the_best_scan_leaves_is_in_doubt():
    left = bump(2040, 30, 0.05)
    low, high = DOUBTFUL_NM
    inside = (low < NM) & (high > NM)
    found = doubt(SCAN + left, [SCAN], NM)
    unexplained = left[inside] - SCAN[inside] * (left[inside] @ SCAN[inside]) / (SCAN[inside] @ SCAN[inside])
    assert found == pytest.approx(np.sqrt(np.mean(unexplained**2)), rel=0.03)
    assert found > SURE
    (text,) = doubt_warnings(found)
    assert "1925-2125 nm" in text and f"{100 * found:.1f} %" in text and "guess" in text


def test_scans_that_fit_about_as_well_but_differ_are_in_doubt():
    narrow, broad = SCAN + bump(1960, 12, 0.02), SCAN + bump(2105, 12, 0.02)
    one = doubt(SCAN, [narrow], NM)
    both = doubt(SCAN, [narrow, broad], NM)
    assert both > 1.2 * one
    assert both == pytest.approx(doubt(SCAN, [broad, narrow], NM))


def test_without_a_scan_all_is_in_doubt():
    assert doubt(SCAN, [], NM) == float("inf")
    assert "none is given" in doubt_warnings(float("inf"))[0]


def test_a_scan_is_that_of_the_pixels_columns():
    own = NM + np.array([0.0, 3.0, 0.0])[:, None]
    by_column = np.exp([SCAN, np.interp(own[1], NM, SCAN), 3 * SCAN])
    by_column[0, 3] = np.nan
    assert typical_scan(by_column, own, np.array([0, 0, 0]), NM) == pytest.approx(SCAN, abs=1e-9)
    assert typical_scan(by_column, own, np.array([0, 2, 2, 2]), NM) == pytest.approx(2.5 * SCAN, abs=1e-9)
    assert typical_scan(by_column, own, np.array([1]), NM) == pytest.approx(SCAN, abs=0.03)
    assert not typical_scan(np.full((2, NM.size), np.nan), own[:2], np.array([0, 1]), NM).any()


@pytest.fixture
def small_images_tell(monkeypatch):
    monkeypatch.setattr(ground, "FEWEST", 100)


@pytest.mark.parametrize("mode", ["quick", "full"])
@pytest.mark.parametrize("fits", [True, False])
def test_cubes_and_their_maps_say_when_the_scan_decides(tmp_path, trr3_product, record, small_images_tell, mode, fits):
    folder = tmp_path / "in"
    folder.mkdir()
    image = make_image(folder, trr3_product, record, broad=0.0 if fits else 0.06)
    make = correct_scene if mode == "quick" else denoise_scene
    cubes = make(image.label, tmp_path / "out", volcano_scans=[image.scan], name="x")
    with open_scene(cubes.corrected) as scene:
        assert scene.doubtful_nm() == (None if fits else DOUBTFUL_NM)
    told = json.loads(cubes.provenance.read_text())
    assert (told["in doubt at 2 um"] > SURE) is not fits
    assert any("hangs on the volcano scan" in text for text in told["warnings"]) is not fits
    made = map_scene(cubes.corrected, tmp_path / "map", name="m")
    warnings = json.loads(made.provenance.read_text())["warnings"]
    assert any("hangs on the volcano scan" in text for text in warnings) is not fits


def test_without_a_scan_the_cubes_say_so(tmp_path, trr3_product, record):
    (tmp_path / "in").mkdir()
    image = make_image(tmp_path / "in", trr3_product, record)
    for file in (image.scan, image.scan.with_suffix(".LBL"), image.scan.with_suffix(".lbl")):
        file.unlink(missing_ok=True)
    cubes = denoise_scene(image.label, tmp_path / "out", name="x")
    with open_scene(cubes.corrected) as scene:
        assert scene.doubtful_nm() == DOUBTFUL_NM
    assert json.loads(cubes.provenance.read_text())["in doubt at 2 um"] is None
