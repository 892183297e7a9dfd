"""CRISM file names, and the companions that they lead to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.instrument.product_names import (
    ProductName,
    find_companion,
    find_geometry,
    is_original,
    parse_product_name,
)

HEX = "0123456789ABCDEF"


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("FRT0001458F_01_IF156L_TRR3", ("FRT", "0001458F", "01", "IF", "156", "L", "TRR", "3")),
        ("frt00003e25_01_de156l_ddr1.lbl", ("FRT", "00003E25", "01", "DE", "156", "L", "DDR", "1")),
        ("frt0000932c_07_if164j_mtr3_subsampled.tif", ("FRT", "0000932C", "07", "IF", "164", "J", "MTR", "3")),
        ("hrl0000ABCD_07_brcarj_mtr3.png", ("HRL", "0000ABCD", "07", "BR", "CAR", "J", "MTR", "3")),
        ("FRT0001458F_01_RA156L_HKP3.TAB", ("FRT", "0001458F", "01", "RA", "156", "L", "HKP", "3")),
    ],
)
def test_real_names(text: str, fields: tuple[str, ...]) -> None:
    assert parse_product_name(text) == ProductName(*fields)
    assert parse_product_name(Path("folder") / text) == ProductName(*fields)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "scene.img",
        "FRT0001458F_01_IF156L",
        "CDR450924300802_WA0300000L_3.IMG",
        "FRT0001458G_01_IF156L_TRR3",
        "T0894_MRRIF_10N213_0256_1.img",
    ],
)
def test_other_names(text: str) -> None:
    assert parse_product_name(text) is None
    assert not is_original(text)


@given(
    st.sampled_from(["FRT", "HRL", "HRS", "FRS", "ATO", "MSP", "HSP", "EPF"]),
    st.text(HEX, min_size=8, max_size=8),
    st.text(HEX, min_size=2, max_size=2),
    st.sampled_from(["IF", "RA", "DE", "IN", "SU"]),
    st.text("0123456789", min_size=3, max_size=3),
    st.sampled_from("SLJ"),
    st.sampled_from(["TRR3", "TER3", "MTR3", "DDR1"]),
)
def test_a_name_written_out_is_read_back(
    kind: str, observation: str, counter: str, activity: str, macro: str, sensor: str, version: str
) -> None:
    name = ProductName(kind, observation, counter, activity, macro, sensor, version[:3], version[3])
    assert parse_product_name(str(name)) == name
    assert parse_product_name(f"{name}.img".lower()) == name


def test_original_or_made_of_one() -> None:
    assert is_original("frt0001458f_01_if156l_trr3.img")
    assert not is_original("frt0001458f_01_if156l_trr3_CAT_corr.img")


@pytest.mark.parametrize(
    ("text", "corrected"), [("IF164L_TRR3", False), ("IF164J_TER3", True), ("IF164J_MTR3", True), ("DE164L_DDR1", None)]
)
def test_atmosphere(text: str, corrected: bool | None) -> None:
    name = parse_product_name(f"FRT0000ABCD_07_{text}")
    assert name is not None
    assert name.atmosphere_corrected is corrected


def test_companions_in_any_case_and_folder(tmp_path: Path) -> None:
    beside, other = tmp_path / "a", tmp_path / "b"
    for folder in (beside, other):
        folder.mkdir()
    for path in (
        beside / "frt0000abcd_07_if164l_trr3.img",
        beside / "frt0000abcd_06_de164l_ddr1.lbl",  # another segment
        beside / "frt0000abcd_07_de164s_ddr1.lbl",  # the other sensor
        beside / "frt0000abcd_07_de164l_ddr1_copy.lbl",  # not the archive's
        other / "FRT0000ABCD_07_DE164L_DDR1.IMG",
        other / "FRT0000ABCD_07_DE164L_DDR1.LBL",
        other / "FRT0000ABCD_07_WV164J_MTR3.TAB",
    ):
        path.write_text("")
    name = parse_product_name("FRT0000ABCD_07_IF164L_TRR3")
    joined = parse_product_name("FRT0000ABCD_07_IF164J_MTR3")
    assert name is not None
    assert joined is not None
    assert find_geometry(name, [beside]) is None
    assert find_geometry(name, [beside, tmp_path / "none", other]) == other / "FRT0000ABCD_07_DE164L_DDR1.LBL"
    assert find_geometry(joined, [other]) == other / "FRT0000ABCD_07_DE164L_DDR1.LBL"
    assert find_companion(joined, "WV", "MTR", [beside, other], (".tab",)) == other / "FRT0000ABCD_07_WV164J_MTR3.TAB"


def test_real_files_have_names(shared_data: Path) -> None:
    files = [
        path for folder in ("trdr", "ddr") for path in (shared_data / "crism" / folder).iterdir() if path.suffix in (".img", ".lbl")
    ]
    assert len(files) == 8
    for path in files:
        assert is_original(path)
        assert str(parse_product_name(path)).lower() == path.stem


def test_a_folder_that_may_not_be_listed_has_no_companions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert find_geometry(parse_product_name("FRT00001234_07_IF165L_TRR3"), [tmp_path]) is None
