"""Is the atmosphere still in an image?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest

from crism_gan_plugin.core.atmosphere import is_uncorrected
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid


def judged(path: Path) -> bool:
    scene = open_scene(path)
    return is_uncorrected(scene, resampler_to_grid(scene.axis))


def scene_with_co2(pixel: np.ndarray, depth: float) -> np.ndarray:
    co2 = sum(np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / 12) ** 2) for centre in (1960.0, 2009.0, 2060.0))
    return np.tile(pixel * (1 - depth * np.minimum(co2, 1)), (13, 4, 1)).astype(np.float32)


@pytest.mark.parametrize(("depth", "expected"), [(0.45, True), (0.0, False), (0.05, False)])
def test_the_depth_of_the_co2_band_tells(
    tmp_path: Path, make_tif: Callable[..., Path], pixel_of: Callable[..., Any], depth: float, expected: bool
) -> None:
    assert judged(make_tif(tmp_path / "cube.tif", scene_with_co2(pixel_of("talc"), depth))) is expected


@pytest.mark.parametrize(("said", "depth", "expected"), [("yes", 0.45, False), ("no", 0.0, True), ("perhaps", 0.45, True)])
def test_what_the_image_says_of_itself_counts_more(
    tmp_path: Path, make_tif: Callable[..., Path], pixel_of: Callable[..., Any], said: str, depth: float, expected: bool
) -> None:
    cube = scene_with_co2(pixel_of("talc"), depth)
    path = make_tif(tmp_path / "cube.tif", cube, metadata={"ATMOSPHERE_CORRECTED": said})
    assert judged(path) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("frt00001234_07_if165l_trr3.tif", True),
        ("frt00001234_07_if165j_ter3.tif", False),
        ("frt00001234_07_if165j_mtr3.tif", False),
        ("frt00001234_07_if165l_trr3_corrected.tif", False),  # a copy: the image itself is asked
    ],
)
def test_the_archives_names_tell(
    tmp_path: Path, make_tif: Callable[..., Path], pixel_of: Callable[..., Any], name: str, expected: bool
) -> None:
    assert judged(make_tif(tmp_path / name, scene_with_co2(pixel_of("talc"), 0.0))) is expected


@pytest.mark.parametrize("name", [None, "CO2 ice", "H2O ice", "monohydrated sulfate", "low-Ca pyroxene", "chloride"])
def test_no_mineral_is_taken_for_an_atmosphere(
    tmp_path: Path, make_tif: Callable[..., Path], pixel_of: Callable[..., Any], name: Optional[str]
) -> None:
    cube = np.tile(pixel_of(name or "bland"), (3, 3, 1)).astype(np.float32)
    assert judged(make_tif(tmp_path / "cube.tif", cube)) is False


def test_an_image_without_data_is_not_judged(tmp_path: Path, make_tif: Callable[..., Path]) -> None:
    assert judged(make_tif(tmp_path / "cube.tif", np.full((3, 3, 240), 65535, np.float32))) is False


def test_real_products(shared_data: Path) -> None:
    trr = shared_data / "crism" / "trdr" / "frt0001458f_01_if156l_trr3.lbl"
    scene = open_scene(trr, wavelengths=shared_data / "crism" / "cdr")
    resample = resampler_to_grid(scene.axis)
    assert is_uncorrected(scene, resample)
    # … and its spectra alone would have told
    assert is_uncorrected(type(scene)(**{**vars(scene), "atmosphere_corrected": None}), resample)
    mtr = shared_data / "crism" / "mtrdr"
    cube = open_scene(mtr / "frt0000932c_07_if164j_mtr3_subsampled.tif", wavelengths=mtr / "mtrdr_axis.tab")
    assert not is_uncorrected(type(cube)(**{**vars(cube), "atmosphere_corrected": None}), resampler_to_grid(cube.axis))
