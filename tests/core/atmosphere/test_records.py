"""Volcano-scan records, and how they get on to an image's columns and channels."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.atmosphere.records import (
    VolcanoScan,
    find_volcano_scan,
    read_volcano_scan,
    transmission_for,
)
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.instrument import infrared_row_nm
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.spectral import WAVELENGTHS_NM, SpectralAxis

Writer = Callable[..., Path]
ROWS = np.arange(270, 330)  # 2175 … 1780 nm


def made_up(columns: int = 640, rows: np.ndarray = ROWS[::-1]) -> VolcanoScan:
    """A record whose transmission tells column and row: column / 1000 + row / 1e6."""
    values = np.arange(columns)[:, np.newaxis] / 1e3 + rows / 1e6
    return VolcanoScan("made up", "0A93E", rows, values, {"mcguire": values / 10, "pelkey": 0 * values})


def axis_of(rows: np.ndarray) -> SpectralAxis:
    return SpectralAxis(infrared_row_nm(rows))


def test_a_record_is_read(record: Writer) -> None:
    numbers = np.random.default_rng(1).uniform(0.2, 1.0, (3, 60, 64)).astype(np.float32)
    numbers[:, 5, 7] = 65535
    numbers[0, 6, 8], numbers[0, 6, 9] = 0, -0.1
    path = record(numbers, ROWS)
    for given in (path, path.with_suffix(".LBL")):
        scan = read_volcano_scan(given)
        assert (scan.name, scan.scan) == ("ADR10000000000_0A93E_VS30L_8", "0A93E")
        np.testing.assert_array_equal(scan.rows, ROWS[::-1])
        missing = np.isnan(scan.transmission)
        assert sorted(zip(*map(list, np.nonzero(missing[:, ::-1])))) == [(7, 5), (8, 6), (9, 6)]
        np.testing.assert_array_equal(scan.transmission[~missing], numbers[0, ::-1].T[~missing])
        assert scan.artifacts["mcguire"][7, ::-1][5] == 0
        np.testing.assert_array_equal(scan.artifacts["pelkey"][20], numbers[2, ::-1, 20])


def test_the_row_without_light_is_dropped(record: Writer) -> None:
    scan = read_volcano_scan(record(np.ones((3, 4, 64)), [0, 1, 2, 3]))
    assert scan.rows.tolist() == [3, 2, 1]


@pytest.mark.parametrize(("lines", "name"), [(1, "ADR10000000000_0A93E_VS30L_8"), (3, "CDR410000000000_AT0300020L_2")])
def test_what_is_no_record_is_refused(record: Writer, lines: int, name: str) -> None:
    with pytest.raises(InputError, match="not a volcano-scan record"):
        read_volcano_scan(record(np.ones((lines, 60, 64)), ROWS, name))


def test_a_record_without_its_table_of_rows_is_refused(record: Writer) -> None:
    with pytest.raises(InputError, match="table of detector rows"):
        read_volcano_scan(record(np.ones((3, 60, 64)), np.zeros(60)))


@pytest.mark.parametrize("columns", [640, 320, 128, 64])
def test_a_finer_record_is_averaged(columns: int) -> None:
    transmission = transmission_for(made_up(), axis_of(ROWS[::-1]), columns)
    binned = 640 // columns
    expected = (np.arange(columns) * binned + (binned - 1) / 2)[:, np.newaxis] / 1e3 + ROWS[::-1] / 1e6
    seen = np.isfinite(transmission.by_column).all(1)
    edges = {640: (29, 632), 320: (15, 315), 128: (6, 125), 64: (3, 62)}[columns]
    assert (np.flatnonzero(seen)[[0, -1]] == edges).all()
    np.testing.assert_allclose(transmission.by_column[seen], expected[seen])
    np.testing.assert_allclose(transmission.artifacts["mcguire"], expected / 10)


def test_missing_columns_of_a_finer_record_are_left_out_of_the_mean() -> None:
    scan = made_up()
    scan.transmission[100:107] = np.nan
    scan.transmission[110:120, 3] = np.nan
    found = transmission_for(scan, axis_of(ROWS[::-1]), 64).by_column
    np.testing.assert_allclose(found[10, 0], 0.108 + scan.rows[0] / 1e6)
    assert np.flatnonzero(np.isnan(found[11])).tolist() == [3]


def test_a_coarser_record_and_odd_images_are_refused() -> None:
    with pytest.raises(InputError, match="320 columns, coarser than the image's 640; give a record"):
        transmission_for(made_up(320), axis_of(ROWS[::-1]), 640)
    for columns in (50, 0, 639):
        with pytest.raises(InputError, match="no binning of the detector"):
            transmission_for(made_up(), axis_of(ROWS[::-1]), columns)
    with pytest.raises(InputError, match="says nothing about this image's channels"):
        transmission_for(made_up(), SpectralAxis(np.linspace(400, 1000, 80)), 64)


def test_channels_are_matched_by_row() -> None:
    wanted = np.array([325, 300, 299, 290, 271])
    transmission = transmission_for(made_up(), axis_of(wanted), 640)
    np.testing.assert_allclose(transmission.by_column[30], 0.03 + wanted / 1e6, rtol=1e-12)
    assert transmission.wavelengths_nm.shape == (640, 5)
    few = transmission.of_bands([1, 4])
    np.testing.assert_array_equal(few.by_column, transmission.by_column[:, [1, 4]])
    np.testing.assert_array_equal(few.artifacts["mcguire"], transmission.artifacts["mcguire"][:, [1, 4]])
    first, second = few.starts()
    np.testing.assert_array_equal(first, few.by_column)
    np.testing.assert_array_equal(second, 1 - few.artifacts["mcguire"])
    np.testing.assert_array_equal(few.wavelengths_nm, transmission.wavelengths_nm[:, [1, 4]])


def test_channels_between_rows_are_interpolated_and_others_unknown() -> None:
    nm = infrared_row_nm(np.array([296, 295]))
    between = 0.25 * nm[0] + 0.75 * nm[1]
    axis = SpectralAxis(np.array([1500.0, nm[0], between, nm[1] + 0.01, 2300.0]))
    found = transmission_for(made_up(), axis, 640).by_column[30]
    assert np.isnan(found[[0, 4]]).all()
    np.testing.assert_allclose(found[1:4] * 1e6 - 0.03e6, [296, 295.25, 295])


def test_rows_across_the_gap_between_the_filters_are_not_joined() -> None:
    scan = made_up(rows=np.concatenate([ROWS[::-1], [187, 178]]))
    axis = SpectralAxis(np.append(infrared_row_nm(ROWS[::-1]), [2730.0]))
    assert np.isnan(transmission_for(scan, axis, 640).by_column[:, -1]).all()


def test_a_missing_row_does_not_spoil_its_neighbours() -> None:
    scan = made_up()
    scan.transmission[:, 10] = np.nan
    found = transmission_for(scan, axis_of(ROWS[::-1]), 640).by_column
    assert np.flatnonzero(np.isnan(found[100])).tolist() == [10]


def test_which_record_is_found(tmp_path: Path) -> None:
    for name in ("0A93E_VS10L_8", "0A93E_VS00L_7", "0A93E_VS00L_8", "061C4_VS30L_8"):
        (tmp_path / f"ADR10000000000_{name}.IMG").write_bytes(b"x")
    folders = [tmp_path / "none", tmp_path]

    def found(scan: str, columns: int) -> object:
        path = find_volcano_scan(scan, folders, columns)
        return path and path.stem[15:]

    assert found("0A93E", 640) == "0A93E_VS00L_8"
    assert found("a93e", 320) == "0A93E_VS10L_8"
    assert found("0A93E", 64) == "0A93E_VS10L_8"
    assert found("61C4", 64) == "061C4_VS30L_8"
    assert found("61C4", 640) is None
    assert found("1B815", 64) is None


def test_the_rows_wavelengths_are_those_of_the_tables() -> None:
    rows = np.arange(190, 443)
    nm = infrared_row_nm(rows)
    near = np.abs(nm - WAVELENGTHS_NM[:, np.newaxis]).min(1)
    assert near.max() < 0.006  # the grid is rounded to 0.01 nm
    assert np.isnan(infrared_row_nm(np.array([0, 446]))).all()


def test_real_records(shared_data: Path) -> None:
    crism = shared_data / "crism"
    scene = open_scene(crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", wavelengths=crism / "cdr")
    nm = scene.axis.wavelengths_nm
    for name, columns in (("061C4_VS00L", 640), ("0A93E_VS10L", 320), ("103D6_VS00L", 640)):
        scan = read_volcano_scan(crism / "adr" / f"ADR10000000000_{name}_8.IMG")
        assert scan.transmission.shape == (columns, 437)
        transmission = transmission_for(scan, scene.axis, 64)
        seen = np.isfinite(transmission.by_column)
        assert (np.flatnonzero(seen.any(1))[[0, -1]] == (3, 62)).all()
        within = (nm > 1025) & (nm < 2650)
        assert seen[3:63, within].all()
        typical = np.nanmedian(transmission.by_column[3:63, within], 0)
        for at, low, high in ((1600, 0.94, 0.98), (1980, 0.9, 0.94), (2007, 0.45, 0.55), (2200, 0.99, 1.01)):
            assert low < np.interp(at, nm[within], typical) < high
        np.testing.assert_array_equal(transmission.wavelengths_nm, scene.axis.by_column_nm)


def test_the_wavelength_table_agrees_with_the_rows(shared_data: Path) -> None:
    crism = shared_data / "crism"
    scene = open_scene(crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", wavelengths=crism / "cdr")
    rows = np.r_[445:186:-1, 178:0:-1]
    np.testing.assert_allclose(infrared_row_nm(rows), scene.axis.wavelengths_nm, atol=1e-3)
