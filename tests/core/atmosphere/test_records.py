"""Volcano-scan records, and how they get on to an image's columns and channels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.atmosphere.records import VolcanoScan, find_volcano_scan, read_volcano_scan, scans_in, transmission_for
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.instrument.detectors import infrared_row_nm
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

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


def test_what_is_no_record_is_refused(record: Writer) -> None:
    with pytest.raises(InputError, match="not a volcano-scan record"):
        read_volcano_scan(record(np.ones((3, 60, 64)), ROWS, "CDR410000000000_AT0300020L_2"))


@pytest.mark.parametrize("label", [True, False])
def test_an_old_record_of_one_line_is_refused_for_that(record: Writer, label: bool) -> None:
    path = record(np.ones((1, 60, 64)), ROWS, "ADR10000000000_061C4_VS30L_6")
    if not label:
        path.with_suffix(".LBL").unlink()
    with pytest.raises(InputError, match=r"is version 6 of .* with the transmission alone; .* give that \(ADR…_VS30L_8\)"):
        read_volcano_scan(path)


def test_a_record_of_two_lines_is_refused(record: Writer) -> None:
    with pytest.raises(InputError, match="has 2 lines, a volcano-scan record has 3"):
        read_volcano_scan(record(np.ones((2, 60, 64)), ROWS))


@pytest.mark.parametrize(("binning", "columns"), [(0, 640), (1, 320), (2, 128), (3, 64)])
@pytest.mark.parametrize("bands", [55, 70, 438])
def test_a_record_without_its_label_is_read_by_its_size(record: Writer, binning: int, columns: int, bands: int) -> None:
    numbers = np.random.default_rng(bands).uniform(0.2, 1.0, (3, bands, columns)).astype(np.float32)
    rows = np.sort(np.random.default_rng(1).permutation(446)[:bands])
    path = record(numbers, rows, f"adr10000000000_0a93e_vs{binning}1l_8")
    with_label = read_volcano_scan(path)
    path.with_suffix(".LBL").unlink()
    scan = read_volcano_scan(path)
    assert (scan.scan, scan.wavelength_filter, scan.transmission.shape[0]) == ("0A93E", "1", columns)
    np.testing.assert_array_equal(scan.rows, with_label.rows)
    np.testing.assert_array_equal(scan.transmission, with_label.transmission)
    whole = path.read_bytes()
    path.write_bytes(whole.rstrip(b" ").ljust(len(whole), b"\0"))
    np.testing.assert_array_equal(read_volcano_scan(path).rows, scan.rows)
    path.write_bytes(whole[:-4])
    with pytest.raises(InputError, match=r"is no whole volcano-scan record .* no label beside it"):
        read_volcano_scan(path)


def test_a_record_without_numbers_is_refused(record: Writer) -> None:
    with pytest.raises(InputError, match="holds no transmission; get the file again"):
        read_volcano_scan(record(np.full((3, 60, 64), 65535.0), ROWS))


def test_real_records_without_their_labels(shared_data: Path, tmp_path: Path) -> None:
    for name in ("061C4_VS30L_8", "061C4_VS00L_8", "06822_VS10L_8", "061C4_VS21L_8"):
        original = shared_data / "crism" / "adr" / f"ADR10000000000_{name}.IMG"
        alone = tmp_path / original.name
        alone.write_bytes(original.read_bytes())
        np.testing.assert_array_equal(read_volcano_scan(alone).transmission, read_volcano_scan(original).transmission)


def test_a_renamed_record_is_known_by_its_label(record: Writer) -> None:
    path = record(np.ones((3, 60, 64)), ROWS, "olympus")
    label = path.with_suffix(".LBL")
    label.write_text(label.read_text().replace("OBJECT = FILE", 'PRODUCT_ID = "ADR10000000000_0A93E_VS30L_8"\nOBJECT = FILE', 1))
    scan = read_volcano_scan(label)
    assert (scan.scan, scan.wavelength_filter) == ("0A93E", "0")


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
    with pytest.raises(InputError, match=r"320 columns, coarser than the image's 640; .* give a record .*VS00L_8"):
        transmission_for(made_up(320), axis_of(ROWS[::-1]), 640, "0")
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
    axis = SpectralAxis(np.array([1020.0, nm[0], between, nm[1] + 0.01, 2660.0]))
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


#: Every fifth row, as the mapping filters have them.
SPARSE = ROWS[::5]


@pytest.mark.parametrize("columns", [640, 64])
def test_a_record_of_another_filter_is_refused_with_all_that_differs(columns: int) -> None:
    sparse = replace(made_up(640, SPARSE[::-1]), wavelength_filter="3")
    says = (
        f"no detector row for 48 of the image's channels; the record is of wavelength filter 3, 12 rows and 640 columns, "
        f"the image of filter 0, 60 rows and {columns} columns: .*VS{0 if columns == 640 else 3}0L_8"
    )
    with pytest.raises(InputError, match=says):
        transmission_for(sparse, axis_of(ROWS[::-1]), columns, "0")
    with pytest.raises(InputError, match=r"the record is of wavelength filter unknown.*the image of filter unknown"):
        transmission_for(made_up(640, SPARSE[::-1]), axis_of(ROWS[::-1]), columns)


def test_channels_that_carry_no_signal_need_no_row() -> None:
    axis = SpectralAxis(infrared_row_nm(ROWS[::-1]), good=np.isin(ROWS[::-1], SPARSE))
    found = transmission_for(made_up(640, SPARSE[::-1]), axis, 640).by_column[30]
    np.testing.assert_allclose(found[axis.good] * 1e6 - 0.03e6, SPARSE[::-1])
    assert np.isnan(found[~axis.good]).all()


def test_an_image_of_few_channels_takes_a_record_that_has_them_all() -> None:
    found = transmission_for(made_up(), axis_of(SPARSE[::-1]), 640, "3").by_column[30]
    np.testing.assert_allclose(found * 1e6 - 0.03e6, SPARSE[::-1])


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("labels", [False, True])
def test_the_record_of_the_images_filter_is_found(tmp_path: Path, record: Writer, lower: bool, labels: bool) -> None:
    kinds = {"VS30L_8": ROWS, "VS33L_8": SPARSE, "VS31L_9": SPARSE[1:], "VS20L_8": ROWS}
    for name, rows in kinds.items():
        full = f"ADR{'50924300803' if '3L' in name else '10000000000'}_0A93E_{name}"
        path = record(np.ones((3, rows.size, 128 if "VS2" in name else 64)), rows, full.lower() if lower else full)
        if not labels:
            path.with_suffix(".LBL").unlink()
    record(np.ones((1, 60, 64)), ROWS, "ADR60000000000_0A93E_VS30L_6")

    def found(rows: np.ndarray, columns: int, wavelength_filter: str) -> str:
        path, _ = find_volcano_scan("0A93E", [tmp_path], axis_of(rows[::-1]), columns, wavelength_filter)
        return path.stem[21:].upper() if path else "none"

    assert found(ROWS, 64, "0") == found(ROWS, 64, "") == "VS30L_8"
    assert found(SPARSE, 64, "3") == "VS33L_8"
    assert found(SPARSE[1:], 64, "1") == "VS31L_9"
    assert found(ROWS, 128, "0") == found(SPARSE, 128, "3") == "VS20L_8"
    assert found(ROWS, 320, "0") == "none"
    assert scans_in(tmp_path) == ["0A93E"]


def test_records_that_do_not_fit_are_passed_over_with_their_reasons(tmp_path: Path, record: Writer) -> None:
    record(np.ones((1, 60, 64)), ROWS, "ADR10000000000_0A93E_VS30L_6")
    record(np.ones((3, 12, 64)), SPARSE, "ADR10000000000_0A93E_VS33L_8")
    (tmp_path / "ADR10000000000_0A93E_VS30L_8.IMG").write_bytes(b"x")
    path, reasons = find_volcano_scan("0A93E", [tmp_path], axis_of(ROWS[::-1]), 64, "0")
    assert path is None
    for reason, says in zip(reasons, ("is no whole volcano-scan record", "is version 6", "no detector row for 48"), strict=True):
        assert says in reason


def test_which_record_is_found(tmp_path: Path, record: Writer) -> None:
    for name, columns in (("0A93E_VS10L_8", 320), ("0A93E_VS00L_7", 640), ("0A93E_VS00L_8", 640), ("061C4_VS30L_8", 64)):
        record(np.ones((3, ROWS.size, columns)), ROWS, f"ADR10000000000_{name}")
    folders = [tmp_path / "none", tmp_path]

    def found(scan: str, columns: int) -> object:
        path, _ = find_volcano_scan(scan, folders, axis_of(ROWS[::-1]), columns)
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


def test_real_records_of_other_filters_are_refused(shared_data: Path) -> None:
    crism = shared_data / "crism"
    scene = open_scene(crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", wavelengths=crism / "cdr")
    assert scene.wavelength_filter == "0"
    for name, says in (
        (
            "ADR50924300803_0A93E_VS33L_8",
            r"for 193 of the image's channels; the record is of wavelength filter 3, 69 rows and 64 columns",
        ),
        (
            "ADR10000000000_061C4_VS31L_8",
            "wavelength filter 1, 54 rows and 64 columns, the image of filter 0, 437 rows and 64 columns",
        ),
        ("ADR10000000000_061C4_VS21L_8", "wavelength filter 1, 54 rows and 128 columns"),
    ):
        with pytest.raises(InputError, match=says):
            transmission_for(read_volcano_scan(crism / "adr" / f"{name}.IMG"), scene.axis, 64, scene.wavelength_filter)
    with pytest.raises(InputError, match="is version 6"):
        read_volcano_scan(crism / "adr" / "ADR10000000000_061C4_VS30L_6.IMG")


def test_of_the_real_records_each_scans_own_filter_is_found(shared_data: Path) -> None:
    crism = shared_data / "crism"
    scene = open_scene(crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", wavelengths=crism / "cdr")
    scans = scans_in(crism / "adr")
    assert len(scans) == 12
    for scan in scans:
        path, _ = find_volcano_scan(scan, [crism / "adr"], scene.axis, 64, scene.wavelength_filter)
        assert path is not None and path.name == f"ADR10000000000_{scan}_VS30L_8.IMG"


def test_the_wavelength_table_agrees_with_the_rows(shared_data: Path) -> None:
    crism = shared_data / "crism"
    scene = open_scene(crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", wavelengths=crism / "cdr")
    rows = np.r_[445:186:-1, 178:0:-1]
    np.testing.assert_allclose(infrared_row_nm(rows), scene.axis.wavelengths_nm, atol=1e-3)
