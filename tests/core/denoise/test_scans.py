"""Which volcano scans an image is denoised with: those of its own wavelength filter, whatever else lies there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from images import ROWS, SAMPLES, Image, make_image

from crism_gan_plugin.core.denoise.quick import correct_scene
from crism_gan_plugin.core.denoise.scans import choose_scans, scans_beside
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from tests.core.atmosphere.conftest import record as record

#: Rows of wavelength filter 3, as the real records have them, and some more rows than the image has channels of.
FEW = np.array([*range(0, 178, 12), *range(187, 446, 5)])
ROW = " 0000ABCD FRT   2/0843844475   -52.861  2006-09-27T17:14:16.329 {scan} {scan}\n"


@pytest.fixture
def image(tmp_path: Path, trr3_product, record) -> Image:
    """With its record, filter 0, of scan 0A93E, and those of filter 3 of four scans, whose names sort last."""
    made = make_image(tmp_path, trr3_product, record)
    for scan in ("0A93E", "061C4", "1B815", "09E04"):
        record(np.full((3, FEW.size, SAMPLES), 0.5), FEW, f"ADR50924300803_{scan}_VS33L_8", tmp_path)
    return made


def table(folder: Path, scan: str) -> Path:
    path = folder / "crism_obs_info.txt"
    path.write_text(ROW.format(scan=scan), encoding="ascii")
    return path


def test_of_the_scans_beside_the_image_those_of_its_filter_are_used(image):
    with open_scene(image.label) as scene:
        assert scene.wavelength_filter == "0"  # by the name of its wavelength table: the label does not say more
        used, passed_over = scans_beside(scene)
        chosen = choose_scans(scene, [], None)
    assert used == [image.scan] and [scan.name for scan in chosen.scans] == [image.scan.stem]
    assert [reason.split(":")[0] for reason in passed_over] == [
        "ADR50924300803_061C4_VS33L_8",
        "volcano scan 09E04 beside the image is not used, there was ice or dust in the air; give it to use it",
        "ADR50924300803_1B815_VS33L_8",
    ]
    assert np.isfinite(chosen.scans[0].by_column[5:60, scene.axis.wavelengths_nm < 2650]).all()


def test_where_no_record_fits_it_is_said_why(tmp_path, image):
    for suffix in (".IMG", ".LBL"):
        image.scan.with_suffix(suffix).unlink()
    with pytest.raises(InputError, match=r"nor is one that fits beside the image; .* of wavelength filter 3, .* the image"):
        correct_scene(image.label, tmp_path / "out")


def test_an_icy_scan_is_used_where_it_is_given_or_recommended(tmp_path, image, record):
    icy = record(np.ones((3, ROWS.size, SAMPLES)), ROWS, "ADR10000000000_09E04_VS30L_8", tmp_path)
    with open_scene(image.label) as scene:
        assert icy not in scans_beside(scene)[0]
        assert [scan.name for scan in choose_scans(scene, [icy], None).scans] == [icy.stem]
        assert [scan.name for scan in choose_scans(scene, [], table(tmp_path, "09E04")).scans] == [icy.stem]


def test_a_given_record_of_another_filter_is_refused(tmp_path, image):
    with pytest.raises(
        InputError, match=r"1B815_VS33L_8: has no detector row for .* wavelength filter 3, 66 rows and 64 columns, the"
    ):
        correct_scene(image.label, tmp_path / "out", volcano_scans=[tmp_path / "ADR50924300803_1B815_VS33L_8.IMG"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", [True, False])
def test_a_table_finds_the_record_of_the_images_filter(tmp_path, image, given):
    with open_scene(image.label) as scene:
        chosen = choose_scans(scene, [tmp_path] if given else [], table(tmp_path, "0A93E"))
    assert [scan.name for scan in chosen.scans] == [image.scan.stem]


def test_a_table_whose_scan_is_only_there_for_another_filter_says_so(tmp_path, image):
    says = r"recommends volcano scan 1B815 for 0000ABCD, but no record of it that fits .*1B815_VS33L_8: has no detector row"
    with open_scene(image.label) as scene, pytest.raises(InputError, match=says):
        choose_scans(scene, [tmp_path], table(tmp_path, "1B815"))


def test_where_the_table_recommends_none_the_given_records_are_used(tmp_path, image):
    nothing = table(tmp_path, "00000")
    with open_scene(image.label) as scene:
        assert [scan.name for scan in choose_scans(scene, [image.scan], nothing).scans] == [image.scan.stem]
        with pytest.raises(InputError, match="recommends no volcano scan for 0000ABCD; give the records"):
            choose_scans(scene, [], nothing)


def test_real_image_beside_the_whole_set(tmp_path, shared_data):
    """The records of 70 bands sort last: they once were taken for this image of 438."""
    crism = shared_data / "crism"
    for file in (
        *(crism / "trdr").glob("frt0001458f_01_if156l*"),
        *(crism / "adr").glob("*_VS3*"),
        *(crism / "cdr").glob("*WA03*L_3*"),
    ):
        shutil.copy(file, tmp_path)
    with open_scene(tmp_path / "frt0001458f_01_if156l_trr3.lbl") as scene:
        beside = choose_scans(scene, [], None)
        recommended = choose_scans(scene, [crism / "adr"], crism / "adr" / "crism_obs_info_resize.txt")
    assert len(beside.scans) == 8 and all(scan.name.endswith("VS30L_8") for scan in beside.scans)
    assert [scan.name for scan in recommended.scans] == ["ADR10000000000_1B815_VS30L_8"]
    needed = (scene.axis.wavelengths_nm > 1027) & (scene.axis.wavelengths_nm < 2650)
    for scan in (*beside.scans, *recommended.scans):
        assert np.isfinite(scan.by_column[3:63][:, needed]).all()
