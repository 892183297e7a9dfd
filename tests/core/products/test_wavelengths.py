"""Wavelength tables of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.wavelengths import (
    BandTable,
    find_wavelength_cube,
    read_wavelength_file,
    wavelength_metadata,
    wavelengths_in_metadata,
)
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

NM = [1001.5, 1008.0, 1014.6, 1021.1]


def text_file(folder: Path, text: str, name: str = "w.txt") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n".join(map(str, NM)), "in nm by their size"),
        ("\n".join(str(nm / 1000) for nm in NM), "in µm by their size"),
        ("# wavelengths\n\n" + "".join(f"{nm} ; channel\n" for nm in NM), "in nm"),
        ("Wavelength (nm)\n" + "\r\n".join(map(str, NM)) + "\r\n", "in nm"),
        ("\ufeff" + "\n".join(map(str, NM)), "in nm"),
        ("band,wavelength\n" + "\n".join(f"{k},{nm}" for k, nm in enumerate(NM, 1)), "in nm"),
        ("\n".join(f"{k}\t{nm}" for k, nm in enumerate(NM)), "in nm"),
        ("\n".join(f"S, {k}, {nm}".replace("S", "1") for k, nm in enumerate(NM, 300)), "in nm"),
    ],
)
def test_plain_text(tmp_path: Path, text: str, words: str) -> None:
    table = read_wavelength_file(text_file(tmp_path, text), 4, 10)
    np.testing.assert_allclose(table.nm, NM)
    assert table.source.startswith("wavelengths from w.txt, " + words)
    assert table.fwhm_nm is None


def test_text_with_widths_in_micrometres(tmp_path: Path) -> None:
    table = read_wavelength_file(text_file(tmp_path, "".join(f"{nm / 1000} 0.0123\n" for nm in NM)), 4, 10)
    np.testing.assert_allclose(table.nm, NM)
    np.testing.assert_allclose(table.fwhm_nm, 12.3)


def test_five_columns(tmp_path: Path) -> None:
    rows = "".join(f" 0, {438 - k}, {nm:9.2f}, {9.9 + k:6.2f}, {int(k != 2)}\n" for k, nm in enumerate(NM))
    table = read_wavelength_file(text_file(tmp_path, rows, "x.tab"), 4, 10)
    np.testing.assert_allclose(table.nm, NM)
    np.testing.assert_allclose(table.fwhm_nm, [9.9, 10.9, 11.9, 12.9])
    assert table.good.tolist() == [True, True, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("Dear diary,\nno numbers.\n", "holds no numbers"),
        ("1000\n1010 5\n1020\n1030\n", "line 2 has 2 columns, not 1"),
        ("1000\n1010\nten\n1030\n", "line 3 is not numbers"),
        ("1 2 3 4\n" * 4, "has 4 columns"),
        ("1000\n1010\n1020\n", "lists 3 wavelengths, but the image has 4 bands"),
        ("65535\n65535\n-1\nnan\n", "holds no wavelengths for this image"),
    ],
)
def test_bad_text(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=rf"w\.txt: {message}"):
        read_wavelength_file(text_file(tmp_path, text), 4, 10)


def test_unreadable_files(tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe\x00\x80")
    with pytest.raises(InputError, match=r"w\.txt: cannot be read as a wavelength file"):
        read_wavelength_file(tmp_path / "w.txt", 4, 10)
    with pytest.raises(InputError, match=r"none\.txt: no such file"):
        read_wavelength_file(tmp_path / "none.txt", 4, 10)


def wavelength_cube(folder: Path, samples: int = 64, name: str = "CDR450000000001_WA0300000L_3.IMG") -> np.ndarray:
    """A WA table of 5 bands, longest first, and the numbers in it; the first band has no wavelength."""
    cube = np.full((5, 1, samples), 65535.0, np.float32)
    cube[1:, 0, 3:62] = np.array(NM[::-1])[:, None] + np.linspace(-5, 5, 59)
    (folder / name).write_bytes(cube.tobytes() + np.arange(5, dtype=">u2").tobytes())
    return cube


def test_wavelength_cube_by_its_size(tmp_path: Path) -> None:
    cube = wavelength_cube(tmp_path)
    table = read_wavelength_file(tmp_path / "CDR450000000001_WA0300000L_3.IMG", 5, 64)
    assert table.by_column_nm.shape == (64, 5)
    assert np.isnan(table.by_column_nm[:, 0]).all()
    assert np.isnan(table.by_column_nm[[2, 62]]).all()
    np.testing.assert_array_equal(table.by_column_nm[3:62, 1:], cube[1:, 0, 3:62].T)
    np.testing.assert_allclose(table.nm[1:], cube[1:, 0, 27:37].mean(1), rtol=1e-6)  # columns 270-369 binned by 10
    axis, order = table.ascending()
    assert order.tolist() == [4, 3, 2, 1]
    assert axis.by_column_nm.shape == (64, 4)
    assert np.all(np.diff(axis.wavelengths_nm) > 0)


def test_wavelength_cube_of_another_image(tmp_path: Path) -> None:
    wavelength_cube(tmp_path)
    with pytest.raises(InputError, match="too short for the image's 438 bands and 64 columns"):
        read_wavelength_file(tmp_path / "CDR450000000001_WA0300000L_3.IMG", 438, 64)


def test_wavelength_cube_with_header_for_other_columns(tmp_path: Path, envi_image: Callable[..., Path]) -> None:
    cube = wavelength_cube(tmp_path)
    envi_image(tmp_path, cube, name="CDR450000000001_WA0300000L_3.IMG")
    table = read_wavelength_file(tmp_path / "CDR450000000001_WA0300000L_3.IMG", 5, 10)
    assert table.by_column_nm is None
    assert "made for 64 columns" in table.source
    np.testing.assert_allclose(table.nm[1:], cube[1:, 0, 27:37].mean(1), rtol=1e-6)


def test_finding_the_cube(tmp_path: Path) -> None:
    wanted = "CDR450000000001_WA0300000L_3.IMG"
    assert find_wavelength_cube(wanted, [tmp_path, tmp_path / "none"]) is None
    wavelength_cube(tmp_path, name="cdr490000000009_wa0100000l_3.img")  # another binning
    wavelength_cube(tmp_path, name="cdr490000000009_wa0300000s_3.img")  # the other sensor
    assert find_wavelength_cube(wanted, [tmp_path]) is None
    for version in (2, 3):
        wavelength_cube(tmp_path, name=f"cdr490000000009_wa0300000l_{version}.img")  # another epoch
    assert find_wavelength_cube(wanted, [tmp_path]).name == "cdr490000000009_wa0300000l_3.img"
    wavelength_cube(tmp_path, name=wanted.lower())
    assert find_wavelength_cube(wanted, [tmp_path]).name == wanted.lower()


@given(arrays(np.float64, st.integers(2, 30), elements=st.one_of(st.floats(300, 4000), st.just(np.nan))))
def test_the_axis_ascends_and_forgets_nothing(nm: np.ndarray) -> None:
    axis, order = BandTable(nm, "test").ascending()
    np.testing.assert_array_equal(nm[order], axis.wavelengths_nm)
    assert set(axis.wavelengths_nm) == set(nm[np.isfinite(nm)])


@pytest.mark.parametrize(
    ("unit", "factor"), [("Nanometers", 1), ("Micrometers", 1e-3), ("um", 1e-3), ("Unknown", 1), ("Unknown", 1e-3), ("", 1)]
)
def test_envi_header(tmp_path: Path, envi_image: Callable[..., Path], unit: str, factor: float) -> None:
    values = ",\n ".join(f"{nm * factor:.6f}" for nm in NM)
    more = f"wavelength = {{\n {values}}}\nfwhm = {{{', '.join(str(10 * factor) for _ in NM)}}}\nbbl = {{1, 0, 1, 1}}\n"
    more += f"wavelength units = {unit}\n" if unit else ""
    with RasterReader(envi_image(tmp_path, np.ones((4, 2, 3), "f4"), more=more)) as reader:
        table = wavelengths_in_metadata(reader)
    np.testing.assert_allclose(table.nm, NM)
    np.testing.assert_allclose(table.fwhm_nm, 10)
    assert table.good.tolist() == [True, False, True, True]


@pytest.mark.parametrize(
    ("line", "message"),
    [("wavelength = {1, 2, 3}", "lists 3 values of 'wavelength' for 4 bands"), ("wavelength = {1, 2, x, 4}", "not numbers")],
)
def test_bad_envi_header(tmp_path: Path, envi_image: Callable[..., Path], line: str, message: str) -> None:
    with (
        RasterReader(envi_image(tmp_path, np.ones((4, 2, 3), "f4"), more=line)) as reader,
        pytest.raises(InputError, match=message),
    ):
        wavelengths_in_metadata(reader)


def test_our_own_geotiffs_tell_their_wavelengths(tmp_path: Path) -> None:
    axis = SpectralAxis(np.array(NM), np.array([9.0, 9.1, 9.2, 9.3]), np.array([True, True, False, True]))
    with create_raster(tmp_path / "x.tif", 2, 3, 4, "f4", band_metadata=wavelength_metadata(axis)) as writer:
        writer.write(np.ones((4, 2, 3), "f4"), 0)
    with RasterReader(tmp_path / "x.tif") as reader:
        table = wavelengths_in_metadata(reader)
    np.testing.assert_allclose(table.nm, NM)
    np.testing.assert_allclose(table.fwhm_nm, axis.fwhm_nm)
    np.testing.assert_array_equal(table.good, axis.good)


def test_imagery_domain(tmp_path: Path) -> None:
    from osgeo import gdal

    with create_raster(tmp_path / "x.tif", 2, 3, 4, "f4") as writer:
        writer.write(np.ones((4, 2, 3), "f4"), 0)
    dataset = gdal.Open(str(tmp_path / "x.tif"), gdal.GA_Update)
    for number, nm in enumerate(NM, 1):
        dataset.GetRasterBand(number).SetMetadata({"CENTRAL_WAVELENGTH_UM": str(nm / 1000), "FWHM_UM": "0.010"}, "IMAGERY")
    del dataset
    with RasterReader(tmp_path / "x.tif") as reader:
        table = wavelengths_in_metadata(reader)
    np.testing.assert_allclose(table.nm, NM)
    np.testing.assert_allclose(table.fwhm_nm, 10)


def test_no_wavelengths(tmp_path: Path, envi_image: Callable[..., Path]) -> None:
    with RasterReader(envi_image(tmp_path, np.ones((4, 2, 3), "f4"))) as reader:
        assert wavelengths_in_metadata(reader) is None


@pytest.mark.parametrize("suffix", [".IMG", ".LBL", ".HDR"])
def test_the_real_table_is_the_grid(shared_data: Path, suffix: str) -> None:
    table = read_wavelength_file(shared_data / "crism" / "cdr" / f"CDR450924300802_WA0000000L_3{suffix}", 438, 640)
    assert np.isnan(table.nm[0])
    axis, order = table.ascending()
    assert order.tolist() == list(range(437, 0, -1))
    nearest = np.abs(axis.wavelengths_nm[:, None] - WAVELENGTHS_NM).min(0)
    assert nearest.max() <= 0.0051  # the grid is given to 0.01 nm
    seen = np.flatnonzero(np.isfinite(table.by_column_nm[:, 200]))
    assert (seen[0], seen[-1]) == (29, 632)


@pytest.mark.parametrize(("name", "samples"), [("WA0100000L_3", 320), ("WA0300000L_3", 64)])
def test_binned_tables_have_nearly_the_same_sweet_spot(shared_data: Path, name: str, samples: int) -> None:
    folder = shared_data / "crism" / "cdr"
    binned = read_wavelength_file(folder / f"CDR450924300802_{name}.IMG", 438, samples)
    whole = read_wavelength_file(folder / "CDR450924300802_WA0000000L_3.IMG", 438, 640)
    assert np.nanmax(np.abs(binned.nm - whole.nm)) < 0.15


def test_the_real_joined_table(shared_data: Path) -> None:
    table = read_wavelength_file(shared_data / "crism" / "mtrdr" / "mtrdr_axis.tab", 489, 20)
    assert table.nm[0] == 436.13
    assert table.nm[-1] == 3896.76
    assert table.fwhm_nm.min() == 8.61
    assert table.good.all()
    infrared = read_wavelength_file(shared_data / "crism" / "cdr" / "CDR450924300802_WA0000000L_3.IMG", 438, 640)
    distance = np.abs(table.nm[78:, None] - infrared.nm[1:]).min(1)
    assert distance.max() < 0.0053  # two figures in the table, float32 in the cube


@pytest.mark.parametrize("units", [["nm", "nm", "nm"], ["nm", "", ""], ["Nanometers", "nanometers", "Nanometers"]])
def test_units_of_single_bands(tmp_path: Path, units: list[str]) -> None:
    items = [{"wavelength": f"{1000 + 10 * k}", "wavelength_units": unit} for k, unit in enumerate(units)]
    with create_raster(tmp_path / "x.tif", 2, 2, 3, "f4", band_metadata=items) as writer:
        writer.write(np.ones((3, 2, 2), "f4"), 0)
    with RasterReader(tmp_path / "x.tif") as reader:
        assert wavelengths_in_metadata(reader).nm.tolist() == [1000, 1010, 1020]


def test_units_of_single_bands_that_differ(tmp_path: Path) -> None:
    items = [{"wavelength": "1000", "wavelength_units": "nm"}, {"wavelength": "1.01", "wavelength_units": "um"}]
    with create_raster(tmp_path / "x.tif", 2, 2, 2, "f4", band_metadata=items) as writer:
        writer.write(np.ones((2, 2, 2), "f4"), 0)
    with RasterReader(tmp_path / "x.tif") as reader, pytest.raises(InputError, match=r"in several units \(nm, um\)"):
        wavelengths_in_metadata(reader)
