"""What is read from a DDR, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.georeferencing import read_geometry
from crism_gan_plugin.core.instrument.product_names import parse_product_name
from crism_gan_plugin.core.simulation import Track

IMAGE = parse_product_name("FRT0000C003_07_IF166L_TRR3")


def test_the_real_ddr(real_ddr: Path) -> None:
    found = read_geometry(real_ddr, 15, 64, parse_product_name("frt00003e25_01_if156l_trr3.lbl"))
    bands = np.fromfile(real_ddr.with_suffix(".img"), "<f4").reshape(14, 15, 64)
    np.testing.assert_array_equal(found.latitude, bands[3])
    np.testing.assert_array_equal(found.longitude, bands[4])
    assert found.columns == (3, 62)
    latitude, longitude = found.centre()
    assert bands[3].min() < latitude < bands[3].max()
    assert bands[4].min() < longitude < bands[4].max()


@pytest.mark.parametrize(
    ("track", "latitude", "longitude"),
    [
        (Track(18.4, 77.4), 18.4, 77.4),
        (Track(-20.0, 179.9999), -20.0, 179.9999),
        (Track(89.99, 10.0), 89.99, 10.0),
    ],
)
def test_the_centre_is_a_place_like_any_other(simulated: Callable, track: Track, latitude: float, longitude: float) -> None:
    found = simulated(track).centre()
    assert found[0] == pytest.approx(latitude, abs=0.002)
    away = (found[1] - longitude + 180) % 360 - 180
    assert abs(away) * np.cos(np.radians(latitude)) < 0.002


def refused(path: Path, lines: int = 40, samples: int = 64) -> str:
    with pytest.raises(InputError) as error:
        read_geometry(path, lines, samples, IMAGE)
    assert "\n" not in str(error.value)
    return str(error.value)


def change(label: Path, alter: Callable[[np.ndarray], None]) -> Path:
    image = label.with_suffix(".img")
    bands = np.fromfile(image, "<f4").reshape(14, 40, 64)
    alter(bands)
    bands.tofile(image)
    return label


@pytest.mark.parametrize("other", ["frt0000c004_07_if166l_trr3", "frt0000c003_08_if166l_trr3", "frt0000c003_07_if166s_trr3"])
def test_that_of_another_image(ddr: Callable, other: str) -> None:
    said = refused(ddr(Track(), image=other))
    assert "another image" in said
    assert "FRT0000C003_07_IF166L_TRR3" in said


def test_a_joined_image_lies_on_the_infrared_sensor(ddr: Callable) -> None:
    joined = replace(IMAGE, sensor="J", product_type="TER")
    found = read_geometry(ddr(Track()), 40, 64, joined)
    assert found.columns == read_geometry(found.path, 40, 64, IMAGE).columns


def test_that_of_another_size(ddr: Callable) -> None:
    assert "40 lines × 64 samples, the image 40 × 60" in refused(ddr(Track()), samples=60)


def test_what_is_no_ddr(ddr: Callable, tmp_path: Path, envi_image: Callable, shared_data: Path) -> None:
    assert "not a DDR" in refused(envi_image(tmp_path, np.ones((3, 40, 64), np.float32)))
    label = ddr(Track())
    for suffix in (".lbl", ".img"):
        label.with_suffix(suffix).rename(tmp_path / f"frt0000c003_07_if166l_trr3{suffix}")
    text = (tmp_path / "frt0000c003_07_if166l_trr3.lbl").read_text()
    (tmp_path / "frt0000c003_07_if166l_trr3.lbl").write_text(text.replace("_DE166L_DDR1.IMG", "_IF166L_TRR3.IMG"))
    assert "not a DDR" in refused(tmp_path / "frt0000c003_07_if166l_trr3.lbl")
    assert "no such file" in refused(tmp_path / "none.lbl")
    assert "not a DDR" in refused(shared_data / "crism" / "trdr" / "frt0001458f_01_if156l_trr3.lbl")


@pytest.mark.parametrize("value", [1e32, 65535.0, np.nan, -np.inf])
def test_unset_coordinates(ddr: Callable, value: float) -> None:
    def unset(bands: np.ndarray) -> None:
        bands[3:5] = value

    assert "no latitude and longitude is set" in refused(change(ddr(Track()), unset))


def test_coordinates_that_are_none(ddr: Callable) -> None:
    def spoil(bands: np.ndarray) -> None:
        bands[3] = 200.0

    assert "no latitudes and longitudes" in refused(change(ddr(Track()), spoil))


def test_single_unset_pixels_are_left_out(ddr: Callable) -> None:
    def unset(bands: np.ndarray) -> None:
        bands[3, 7, 20] = 1e32

    found = read_geometry(change(ddr(Track()), unset), 40, 64, IMAGE)
    assert np.isnan(found.latitude[7, 20])
    assert np.isnan(found.longitude[7, 20])
    assert np.isnan(found.latitude).sum() == 1


def test_one_line_is_no_image(ddr: Callable) -> None:
    assert "too few" in refused(ddr(Track(), lines=1), lines=1)


def test_a_ddr_cut_short(ddr: Callable) -> None:
    label = ddr(Track())
    image = label.with_suffix(".img")
    image.write_bytes(image.read_bytes()[:-100])
    assert "truncated" in refused(label)
