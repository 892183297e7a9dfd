"""Wavelength filters of mapping data are known by their rows, and images by their wavelengths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.atmosphere import read_volcano_scan
from crism_gan_plugin.core.instrument.detectors import infrared_row_nm
from crism_gan_plugin.core.instrument.mapping_filters import MAPPING_FILTERS, mapping_filter_of, of_one_detector
from crism_gan_plugin.core.simulation.mapping_data import tile_channels

FIRST, THIRD = MAPPING_FILTERS


@pytest.mark.parametrize("name", ["ADR10000000000_061C4_VS31L_8", "ADR10000000000_061C4_VS21L_8", "ADR50924300803_061C4_VS33L_8"])
def test_rows_are_those_of_real_records(shared_data: Path, name: str) -> None:
    path = shared_data / "crism" / "adr" / f"{name}.IMG"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    scan = read_volcano_scan(path)
    (known,) = (each for each in MAPPING_FILTERS if each.number == scan.wavelength_filter)
    assert known.rows == tuple(scan.rows.tolist())


def test_a_tile_is_of_the_first_filter() -> None:
    nm, detectors, _ = tile_channels()
    assert nm.size == 72
    assert mapping_filter_of(nm) is FIRST
    np.testing.assert_array_equal(nm[~of_one_detector(nm)], [1023.27, 1055.99])
    assert (detectors[~of_one_detector(nm)] == 1).all()


@pytest.mark.parametrize("off_nm", [-1.6, 0.0, 1.6])
@pytest.mark.parametrize("number", [0, 1])
def test_tables_of_other_columns_are_a_little_off(number: int, off_nm: float) -> None:
    assert mapping_filter_of(MAPPING_FILTERS[number].wavelengths_nm + off_nm) is MAPPING_FILTERS[number]


def test_other_axes_are_of_none() -> None:
    hyperspectral = infrared_row_nm(np.arange(445, 0, -1))
    for nm in (hyperspectral, hyperspectral[::2], np.arange(400.0, 2500, 10), np.array([1300.0]), np.array([])):
        assert mapping_filter_of(nm) is None
        assert of_one_detector(nm).all()
    nm = FIRST.wavelengths_nm.copy()
    nm[20] += 4
    assert mapping_filter_of(nm) is None


def test_the_third_filter_has_rows_between_those_of_the_first() -> None:
    nm = THIRD.wavelengths_nm
    assert set(FIRST.rows) < set(THIRD.rows)
    assert (np.diff(nm) > 0).all()
    nothing = (0.0, 0.0)
    assert FIRST.neighbours(1690.82, 1750.09, nothing)
    assert not THIRD.neighbours(1690.82, 1750.09, nothing)
    assert not FIRST.neighbours(1625.0, 1690.82, nothing)
    assert FIRST.neighbours(1625.0, 1690.82, (1650.0, 1666.0))
