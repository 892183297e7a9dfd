"""Map tiles and multispectral strips: made files, for no real tile nor wavelength table of a mapping filter was at hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.instrument.detectors import infrared_row_nm
from crism_gan_plugin.core.instrument.mapping_filters import MAPPING_FILTERS
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.simulation.mapping_data import tile_channels, write_strip, write_tile, write_wavelengths
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

TILE = "T1332_MRRAL_20S332_0256_1"
STRIP = "MSP00003E25_01_IF214L_TRR3"
TABLE = "CDR450924300802_WA0300010L_3"
COLUMNS = 64

#: Row 0 sees no light; band 1 of the archive's is the longest wavelength.
ROWS = np.array([0, *MAPPING_FILTERS[0].rows[::-1]])


def smile(rows: np.ndarray) -> np.ndarray:
    """(columns, rows) nm, off by up to 8 nm at the edges; NaN in columns without scene."""
    off = 8 * (np.arange(COLUMNS) / 31.5 - 1) ** 2
    by_column = infrared_row_nm(rows) + off[:, np.newaxis]
    by_column[:3] = by_column[63:] = np.nan
    return by_column


def strip_cube(bands: int) -> np.ndarray:
    """(6, 64, bands), each band its own number."""
    cube = np.tile(0.1 + 0.001 * np.arange(bands), (6, COLUMNS, 1))
    cube[:, :, 0] = np.nan
    return cube


def write_msp(folder: Path, rows: np.ndarray = ROWS, wavelength_filter: str = "1") -> Path:
    return write_strip(folder, STRIP, strip_cube(rows.size), rows, f"{TABLE}.IMG", wavelength_filter)


@pytest.fixture
def tile(tmp_path: Path) -> Path:
    cube = np.tile(0.1 + 0.001 * np.arange(72), (5, 4, 1))
    cube[0, 0] = np.nan
    return write_tile(tmp_path, TILE, cube, -17.5, 330.0)


@pytest.mark.parametrize("given", [".LBL", ".IMG"])
def test_a_tile_has_its_wavelengths_beside_it_and_lies_on_the_map(tile: Path, given: str) -> None:
    with open_scene(tile.with_suffix(given)) as scene:
        assert (scene.product_id, scene.name, scene.atmosphere_corrected) == (TILE, None, True)
        assert str(scene.tile) == TILE
        np.testing.assert_allclose(scene.axis.wavelengths_nm, tile_channels()[0], atol=0.01)
        assert scene.notes == ("wavelengths from T1332_MRRWV_20S332_0256_1.TAB, in nm by their size, found beside the image",)
        spectra = scene.read(0, 5)
        assert np.isnan(spectra[0, 0]).all()
        np.testing.assert_allclose(spectra[4, 3], 0.1 + 0.001 * np.arange(72), rtol=1e-6)
        left, width, _, top, _, height = scene.georeference.transform
        assert (width, height) == pytest.approx((231.5288, -231.5288))
        assert (left, top) == pytest.approx((-2 * 231.5288, -17.5 * 256 * 231.5288))


def test_the_visible_channels_beside_the_infrared_ones_are_bad(tile: Path) -> None:
    with open_scene(tile) as scene:
        nm, usable = scene.axis.wavelengths_nm, scene.axis.usable
        assert not usable[np.isin(nm.round(2), (1023.27, 1055.99, 1657.91))].any()
        assert usable[np.isin(nm.round(2), (1021.0, 1047.2, 2602.12))].all()
        channels = resampler_to_grid(scene.axis, mapping_data=True).channels
        assert channels.mapping_filter.number == "1"


def test_a_tile_of_i_over_f_still_has_the_air(tmp_path: Path) -> None:
    with open_scene(write_tile(tmp_path, TILE.replace("AL", "IF"), np.full((2, 2, 72), 0.2), 0.0, 0.0)) as scene:
        assert scene.atmosphere_corrected is False


def test_a_tile_without_wavelengths(tile: Path) -> None:
    table = tile.with_name("T1332_MRRWV_20S332_0256_1.TAB")
    elsewhere = tile.parent / "tables"
    elsewhere.mkdir()
    shutil.move(table, elsewhere)
    with pytest.raises(
        InputError, match=r"T1332_MRRAL.*IMG: the wavelength table of its tile, T1332_MRRWV_20S332_0256_1.TAB, is not"
    ):
        open_scene(tile)
    for given in (elsewhere, elsewhere / table.name):
        with open_scene(tile, wavelengths=given) as scene:
            assert scene.axis.bands == 72


def test_a_cube_of_72_channels_without_wavelengths(tmp_path: Path, envi_image: Callable[..., Path]) -> None:
    with pytest.raises(InputError, match=r"x\.img: has no wavelengths, neither in its metadata nor in a table beside it; give"):
        open_scene(envi_image(tmp_path, np.full((72, 3, 3), 0.2, np.float32)))


@pytest.mark.parametrize("table_rows", [ROWS, np.arange(446), ROWS[::-1]])
@pytest.mark.parametrize("labelled", [True, False])
def test_channels_of_a_strip_are_matched_by_detector_row(tmp_path: Path, table_rows: np.ndarray, labelled: bool) -> None:
    """By a table of its own filter, of all rows, or in another order; with or without its label."""
    label = write_msp(tmp_path)
    written = write_wavelengths(tmp_path, TABLE, smile(table_rows), table_rows)
    if not labelled:
        written.unlink()
    with open_scene(label) as scene:
        assert (scene.product_id, scene.wavelength_filter, scene.axis.sensor) == (STRIP, "1", "CRISM, wavelength filter 1")
        assert scene.axis.bands == ROWS.size - 1  # row 0 has no wavelength
        np.testing.assert_allclose(scene.axis.by_column_nm[40], smile(ROWS[:0:-1])[40], atol=1e-3)
        np.testing.assert_allclose(scene.read(2, 1)[0, 40], 0.1 + 0.001 * np.arange(ROWS.size - 1, 0, -1), rtol=1e-6)
        assert resampler_to_grid(scene.axis, mapping_data=True).channels.mapping_filter.number == "1"


def test_a_table_of_all_rows_stands_in_for_one_of_the_filter(tmp_path: Path) -> None:
    """Of the same binning and sensor alone; that of the filter is better."""
    label = write_msp(tmp_path)
    every = np.arange(446)
    write_wavelengths(tmp_path, "CDR410000000000_WA0100000L_3", smile(every), every, "0")
    with pytest.raises(InputError, match=rf"its wavelength table {TABLE}.IMG is not beside it"):
        open_scene(label)
    write_wavelengths(tmp_path, "CDR410000000000_WA0300000L_3", smile(every), every, "0")
    with open_scene(label) as scene:
        assert scene.notes[0] == "wavelengths of each column from CDR410000000000_WA0300000L_3.IMG, found beside the image"
    write_wavelengths(tmp_path, "CDR410000000000_WA0300010L_2", smile(ROWS), ROWS)
    with open_scene(label) as scene:
        assert "WA0300010L_2" in scene.notes[0]


def test_a_table_of_other_rows_is_refused(tmp_path: Path) -> None:
    other = ROWS.copy()
    other[[3, 9]] += 1
    label = write_msp(tmp_path)
    write_wavelengths(tmp_path, TABLE, smile(other), other)
    words = rf"WA0300010L_3\.IMG: lacks 2 of the image's 55 detector rows \(ROWNUM\), such as row {ROWS[3]}: it is of another wave"
    for given in (None, tmp_path / f"{TABLE}.IMG", tmp_path / f"{TABLE}.LBL"):
        with pytest.raises(InputError, match=words.replace("IMG:", "(IMG|LBL):")):
            open_scene(label, wavelengths=given)


def test_a_strip_of_an_unknown_filter_is_refused_for_a_map(tmp_path: Path) -> None:
    """Unless its channels are near to each other."""
    rows = np.array([0, *range(3, 187, 9), *range(187, 446, 9)])
    label = write_msp(tmp_path, rows, "2")
    write_wavelengths(tmp_path, TABLE, smile(rows), rows, "2")
    words = r"is missing; CRISM, wavelength filter 2 is none of the filters of mapping data that are known, 1 \(54 infrared"
    with open_scene(label) as scene, pytest.raises(InputError, match=words):
        resampler_to_grid(scene.axis, str(label), mapping_data=True)
    rows = np.array([0, *range(3, 180, 3), *range(187, 446, 3)])
    label = write_msp(tmp_path, rows, "2")
    write_wavelengths(tmp_path, TABLE, smile(rows), rows, "2")
    with open_scene(label) as scene:
        assert resampler_to_grid(scene.axis).channels is None


def test_sensors_tell_their_names(tmp_path: Path, envi_image: Callable[..., Path]) -> None:
    cube, nm = np.full((3, 2, 2), 0.2, np.float32), "wavelength units = Nanometers\nwavelength = {1000, 1100, 1200}\n"
    for said, known in (("sensor type = AVIRIS-NG\n", "AVIRIS-NG"), ("sensor type = Unknown\n", ""), ("", "")):
        with open_scene(envi_image(tmp_path, cube, more=nm + said)) as scene:
            assert scene.axis.sensor == known
