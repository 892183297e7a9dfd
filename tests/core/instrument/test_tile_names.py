"""Names of map tiles, and the files of one tile."""

from __future__ import annotations

from pathlib import Path

import pytest

from crism_gan_plugin.core.instrument.tile_names import find_of_tile, parse_tile_name


@pytest.mark.parametrize(
    "written", ["T1332_MRRAL_20S332_0256_1.IMG", "t1332_mrral_20s332_0256_1.lbl", "T1332_MRRAL_20S332_0256_1_x.tif"]
)
def test_names(written: str) -> None:
    name = parse_tile_name(f"/data/{written}")
    assert str(name) == "T1332_MRRAL_20S332_0256_1"
    assert (name.tile, name.content, name.place, name.resolution, name.version) == ("T1332", "AL", "20S332", "0256", "1")
    assert name.atmosphere_corrected


@pytest.mark.parametrize("written", ["T133_MRRAL_20S332_0256_1", "FRT0000ABCD_07_IF164L_TRR3", "x.img", "T1332_MRRAL.img"])
def test_other_names(written: str) -> None:
    assert parse_tile_name(written) is None


def test_i_over_f_still_has_the_air() -> None:
    assert not parse_tile_name("T1332_MRRIF_20S332_0256_1").atmosphere_corrected


def test_files_of_a_tile(tmp_path: Path) -> None:
    """Of the same version, else the newest; of no other tile."""
    for written in (
        "T1332_MRRWV_20S332_0256_3.TAB",
        "t1332_mrrwv_20s332_0256_1.tab",
        "T1331_MRRWV_20S327_0256_9.TAB",
        "T1332_MRRDE_20S332_0256_1.IMG",
    ):
        (tmp_path / written).write_text("x")
    for version, found in (
        ("1", "t1332_mrrwv_20s332_0256_1.tab"),
        ("3", "T1332_MRRWV_20S332_0256_3.TAB"),
        ("2", "T1332_MRRWV_20S332_0256_3.TAB"),
    ):
        name = parse_tile_name(f"T1332_MRRAL_20S332_0256_{version}")
        assert find_of_tile(name, "WV", tmp_path, (".tab",)) == tmp_path / found
    assert find_of_tile(name, "DE", tmp_path, (".lbl", ".img")).name == "T1332_MRRDE_20S332_0256_1.IMG"
    assert find_of_tile(name, "SU", tmp_path, (".img",)) is None
