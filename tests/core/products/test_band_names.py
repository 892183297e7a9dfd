"""Wavelengths in the names of bands."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.band_names import wavelengths_in_names
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.geotiff import create_raster

NM = np.array([1001.45, 1008.0, 2602.12])


def named(*forms: str, nm: Sequence[float] = NM) -> list[str]:
    return [form.format(nm=value, um=value / 1000, n=k + 1) for k, (value, form) in enumerate(zip(nm, forms * len(nm)))]


@pytest.mark.parametrize(
    "form",
    [
        "{nm:.2f} Nanometers",
        "{nm:.2f} nm",
        "{nm:.2f}nm",
        "{um:.5f} µm",
        "{um:.5f} Micrometers",
        "{um:.5f} microns",
        "Band {n} ({nm:.2f} nm)",
        "Band {n}: {nm:.2f} Nanometers",
        "b{n} ({nm:.2f})",
        "{nm:.2f}",
        "{um:.5f}",
        " {nm:.2f} ",
        "I/F at {nm:.2f} nm, ratioed",
        "Band {n} - {nm:.2f} nm",
    ],
)
def test_names_that_tell_wavelengths(form: str) -> None:
    np.testing.assert_allclose(wavelengths_in_names(Path("x.tif"), named(form)), NM, atol=0.01)


def test_decimal_commas() -> None:
    np.testing.assert_allclose(wavelengths_in_names(Path("x.tif"), ["1001,45 nm", "1,008 µm", "2602,12 nm"]), NM)


@given(st.integers(3, 480), st.integers(0, 2))
def test_band_numbers_are_no_wavelengths(bands: int, first: int) -> None:
    for form in ("{}", "{:03d}", "Band {}", "band_{}", "B{}", "({})", ""):
        assert wavelengths_in_names(Path("x.tif"), [form.format(first + k) for k in range(bands)]) is None


@pytest.mark.parametrize(
    "names",
    [
        ["red", "green", "blue"],
        ["OLINDEX3", "BD1900_2", "D2300"],
        ["BD1435nm", "R2529nm", "SH600nm"],
        ["1001.45", "1008.0", "mask"],
        ["1001.45", "1008.0", "1008.0"],
        ["10 m", "20 m", "60 m"],
        ["INA at areoid, deg", "Thermal inertia, J m^-2 K^-1 s^-0.5", "Spare"],
        ["9.99", "8.5", "7.2"],
        ["1", "3", "2"],
        ["a", "b", "c", "d", "1001 nm"],
    ],
)
def test_names_that_tell_none(names: list[str]) -> None:
    assert wavelengths_in_names(Path("x.tif"), names) is None


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["1001 nm", "1008 nm", "mask"], r"2 bands have names with wavelengths, band 3 \('mask'\) has not"),
        (["1001 nm", "1008 nm to 1014 nm", "1020 nm"], "the name of band 2 .* tells two wavelengths"),
        (["1001-1008 nm", "1008-1014 nm"], "the name of band 1 .* tells two wavelengths"),
        (["1.001 – 1.008 µm", "1.008 – 1.014 µm"], "the name of band 1 .* tells two wavelengths"),
        (["1001 nm", "1008 nm", "1.008 µm"], "two bands have 1008 nm in their names"),
    ],
)
def test_names_that_are_ambiguous(names: list[str], reason: str) -> None:
    with pytest.raises(InputError, match=rf"x\.tif: {reason}.*give a wavelength file"):
        wavelengths_in_names(Path("x.tif"), names)


def test_an_image_with_nothing_but_names(tmp_path: Path) -> None:
    with create_raster(tmp_path / "x.tif", 2, 2, 3, "f4", band_names=named("{nm:.2f} Nanometers")) as writer:
        writer.write(np.ones((3, 2, 2), "f4"), 0)
    scene = open_scene(tmp_path / "x.tif")
    np.testing.assert_allclose(scene.axis.wavelengths_nm, NM)
    assert scene.notes == ("wavelengths from the names of the bands of x.tif",)


def test_metadata_goes_before_names(tmp_path: Path, envi_image: Callable[..., Path]) -> None:
    more = "wavelength units = nm\nwavelength = {1, 2, 3}\nband names = {1001 nm, 1008 nm, 1015 nm}"
    scene = open_scene(envi_image(tmp_path, np.ones((3, 2, 2), "<f4"), more=more.replace("1, 2, 3", "1100, 1200, 1300")))
    np.testing.assert_allclose(scene.axis.wavelengths_nm, [1100, 1200, 1300])
