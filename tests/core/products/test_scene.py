"""Scenes: wavelengths, order of bands, validity, and one clear line for what cannot be opened."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

Writer = Callable[..., Path]

WAVELENGTHS = "wavelength units = Nanometers\nwavelength = {1300, 1100, 1200, 1000}\n"


def small_cube() -> np.ndarray:
    """(4, 6, 5), I/F between 0.1 and 0.22."""
    return (0.1 + np.arange(120, dtype=np.float32).reshape(4, 6, 5) / 1000).astype(np.float32)


@pytest.mark.parametrize("interleave", ["bil", "bip", "bsq"])
def test_bands_come_in_ascending_order(tmp_path: Path, envi_image: Writer, interleave: str) -> None:
    scene = open_scene(envi_image(tmp_path, small_cube(), interleave, WAVELENGTHS))
    assert scene.axis.wavelengths_nm.tolist() == [1000, 1100, 1200, 1300]
    expected = small_cube()[[3, 1, 2, 0]].transpose(1, 2, 0)
    spectra = scene.read(0, 6)
    np.testing.assert_array_equal(spectra, expected)
    assert spectra.dtype == np.float32
    assert spectra.flags.c_contiguous
    np.testing.assert_array_equal(scene.read(1, 3, [2, 0]), expected[1:4][:, :, [2, 0]])
    assert (scene.lines, scene.samples, scene.product_id, scene.name) == (6, 5, "x", None)
    assert (scene.georeference, scene.atmosphere_corrected) == (None, None)
    assert scene.notes == ("wavelengths from the metadata of x.img, in nm",)


def test_what_is_not_an_i_over_f_is_nan(tmp_path: Path, envi_image: Writer) -> None:
    cube = small_cube()
    bad = [65535.0, np.nan, np.inf, -np.inf, 0.0, -0.1, 1e32, 7.0]
    cube[0].flat[:8] = bad
    scene = open_scene(envi_image(tmp_path, cube, more=WAVELENGTHS + "data ignore value = 7"))
    longest = scene.read(0, 6)[:, :, 3].ravel()
    assert np.isnan(longest[:8]).all()
    np.testing.assert_array_equal(longest[8:], cube[0].ravel()[8:])
    assert np.isfinite(scene.read(0, 6)[:, :, :3]).all()


def test_integers_become_floats(tmp_path: Path, envi_image: Writer) -> None:
    cube = np.arange(1, 121, dtype="<i2").reshape(4, 6, 5)
    assert open_scene(envi_image(tmp_path, cube, more=WAVELENGTHS)).read(0, 1)[0, 0].tolist() == [91, 31, 61, 1]


def test_complex_numbers_are_refused(tmp_path: Path, envi_image: Writer) -> None:
    with pytest.raises(InputError, match=r"x\.img: holds complex64 numbers"):
        open_scene(envi_image(tmp_path, small_cube().astype("<c8"), more=WAVELENGTHS))


def test_header_and_geotiff(tmp_path: Path, envi_image: Writer) -> None:
    envi_image(tmp_path, small_cube(), more=WAVELENGTHS)
    assert open_scene(tmp_path / "x.hdr").path == tmp_path / "x.img"
    items = [{"wavelength": str(nm / 1000), "wavelength_units": "Micrometers"} for nm in (1000, 1100, 1200, 1300)]
    with create_raster(
        tmp_path / "y.tif", 6, 5, 4, "f4", nodata=np.nan, metadata={"ATMOSPHERE_CORRECTED": "YES"}, band_metadata=items
    ) as writer:
        writer.write(small_cube(), 0)
    scene = open_scene(tmp_path / "y.tif")
    np.testing.assert_allclose(scene.axis.wavelengths_nm, [1000, 1100, 1200, 1300])
    np.testing.assert_array_equal(scene.read(0, 6), small_cube().transpose(1, 2, 0))
    assert scene.atmosphere_corrected is True


def test_given_wavelengths_win(tmp_path: Path, envi_image: Writer) -> None:
    (tmp_path / "w.txt").write_text("1.0\n1.1\n1.2\n1.3\n")
    scene = open_scene(envi_image(tmp_path, small_cube(), more=WAVELENGTHS), wavelengths=tmp_path / "w.txt")
    np.testing.assert_allclose(scene.axis.wavelengths_nm, [1000, 1100, 1200, 1300])
    np.testing.assert_array_equal(scene.read(0, 6), small_cube().transpose(1, 2, 0))
    assert scene.notes == ("wavelengths from w.txt, in µm by their size",)


def test_no_wavelengths(tmp_path: Path, envi_image: Writer) -> None:
    with pytest.raises(InputError, match=r"x\.img: has no wavelengths.*give a wavelength file as WAVELENGTHS"):
        open_scene(envi_image(tmp_path, small_cube()))


def test_count_mismatch_names_both_counts(tmp_path: Path, envi_image: Writer) -> None:
    (tmp_path / "w.txt").write_text("1000\n1100\n1200\n")
    with pytest.raises(InputError, match=r"w\.txt: lists 3 wavelengths, but the image has 4 bands"):
        open_scene(envi_image(tmp_path, small_cube()), wavelengths=tmp_path / "w.txt")


def test_missing_wavelength_file(tmp_path: Path, envi_image: Writer) -> None:
    with pytest.raises(InputError, match=r"none\.txt: no such file"):
        open_scene(envi_image(tmp_path, small_cube(), more=WAVELENGTHS), wavelengths=tmp_path / "none.txt")


BANDS = 8
SWEET = np.array(
    [65535, 3930, 2700, 2500, 2000, 1500, 1100, 1002], np.float32
)  # band 1 has none; 3930, 2700 and 1002 carry no signal


def trr3_cube() -> np.ndarray:
    """(8, 9, 64): band 1 and the columns without scene are 65535, the second band is wild."""
    cube = np.full((BANDS, 9, 64), 65535.0, np.float32)
    cube[1:, :, 3:63] = np.random.default_rng(2).uniform(0.1, 0.3, (BANDS - 1, 9, 60))
    cube[1, 4, 20] = -4.8e4
    return cube


def write_table(folder: Path, name: str = "cdr450000000001_wa0300000l_3.img") -> Path:
    folder.mkdir(exist_ok=True)
    table = np.full((BANDS, 64), 65535.0, np.float32)
    table[1:, 3:63] = SWEET[1:, None] + np.abs(np.arange(3, 63) - 31.5) / 5
    (folder / name).write_bytes(table.tobytes())
    return folder / name


def check_trr3(scene: object) -> None:
    assert scene.product_id == "FRT0000ABCD_07_IF164L_TRR3"
    assert scene.axis.bands == BANDS - 1
    np.testing.assert_allclose(scene.axis.wavelengths_nm, SWEET[:0:-1], atol=1)
    assert scene.axis.by_column_nm.shape == (64, BANDS - 1)
    assert scene.axis.good.tolist() == [False, True, True, True, True, False, False]
    assert scene.atmosphere_corrected is False
    spectra = scene.read(0, 9)
    assert np.isnan(spectra[:, :3]).all()
    assert np.isnan(spectra[:, 63:]).all()
    assert np.isnan(spectra[4, 20, -1])
    expected = trr3_cube()[:0:-1].transpose(1, 2, 0)
    valid = np.isfinite(spectra)
    np.testing.assert_array_equal(spectra[valid], expected[valid])
    assert valid.sum() == 9 * 60 * (BANDS - 1) - 1


@pytest.mark.parametrize("suffix", [".lbl", ".img"])
@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize("quoted", [True, False])
def test_trr3(tmp_path: Path, trr3_product: Writer, suffix: str, small: bool, quoted: bool) -> None:
    label = trr3_product(tmp_path, trr3_cube(), quoted=quoted, small=small)
    write_table(tmp_path)
    scene = open_scene(label.with_suffix(suffix))
    check_trr3(scene)
    assert scene.notes == (
        "wavelengths of each column from cdr450000000001_wa0300000l_3.img, found beside the image",
        "bands left out because they have no wavelength of their own: 1",
    )


def test_where_the_table_of_a_trr3_may_lie(tmp_path: Path, trr3_product: Writer) -> None:
    label = trr3_product(tmp_path, trr3_cube())
    table = write_table(tmp_path / "tables")
    check_trr3(open_scene(label, wavelengths=tmp_path / "tables"))
    check_trr3(open_scene(label, wavelengths=table))
    check_trr3(open_scene(label, extra_folders=[tmp_path / "none", str(tmp_path / "tables")]))
    with pytest.raises(
        InputError, match=r"trr3\.img: its wavelength table CDR450000000001_WA0300000L_3\.IMG is not beside it.*WAVELENGTHS"
    ):
        open_scene(label)


def test_columns_without_scene_are_nan_whatever_they_hold(tmp_path: Path, trr3_product: Writer) -> None:
    cube = trr3_cube()
    cube[:, :, :3] = cube[:, :, 63:] = 0.2
    label = trr3_product(tmp_path, cube)
    write_table(tmp_path)
    check_trr3(open_scene(label))


def test_truncated_trr3(tmp_path: Path, trr3_product: Writer) -> None:
    label = trr3_product(tmp_path, trr3_cube())
    write_table(tmp_path)
    image = label.with_suffix(".img")
    image.write_bytes(image.read_bytes()[:-3000])
    for source in (label, image):
        with pytest.raises(InputError, match=r"trr3\.img: truncated: it has \d+ bytes"):
            open_scene(source)


def test_radiance_is_refused(tmp_path: Path, trr3_product: Writer) -> None:
    label = trr3_product(tmp_path, trr3_cube(), stem="FRT0000ABCD_07_RA164L_TRR3")
    write_table(tmp_path)
    with pytest.raises(
        InputError, match=r"holds radiance; give the I/F product of this observation \(FRT0000ABCD_07_IF164L_TRR3\)"
    ):
        open_scene(label)


def test_an_image_made_of_a_trr3_may_be_corrected(tmp_path: Path, envi_image: Writer) -> None:
    scene = open_scene(envi_image(tmp_path, small_cube(), more=WAVELENGTHS, name="frt0000abcd_07_if164l_trr3_CAT_corr.img"))
    assert scene.atmosphere_corrected is None
    assert scene.product_id == "FRT0000ABCD_07_IF164L_TRR3"


def test_ter_with_its_wavelength_table(tmp_path: Path, envi_image: Writer) -> None:
    image = envi_image(tmp_path, small_cube(), name="FRT0000ABCD_07_IF164J_TER3.IMG")
    (tmp_path / "frt0000abcd_07_wv164j_ter3.tab").write_text("1,200,1000,9,1\n1,201,1100,9,1\n0,438,1200,9,1\n0,437,2820,9,1\n")
    scene = open_scene(image)
    assert scene.axis.wavelengths_nm.tolist() == [1000, 1100, 1200, 2820]
    assert scene.axis.good.tolist() == [True, True, True, False]
    assert scene.axis.fwhm_nm.tolist() == [9, 9, 9, 9]
    assert scene.atmosphere_corrected is True
    np.testing.assert_array_equal(scene.read(0, 6), small_cube().transpose(1, 2, 0))


@pytest.mark.parametrize("kind", ["envi", "tif"])
def test_two_threads_read_the_same(tmp_path: Path, envi_image: Writer, kind: str) -> None:
    cube = np.random.default_rng(3).uniform(0.1, 0.3, (4, 400, 50)).astype("<f4")
    path = envi_image(tmp_path, cube, more=WAVELENGTHS)
    if kind == "tif":
        from osgeo import gdal

        gdal.Translate(str(tmp_path / "x.tif"), str(path), creationOptions=["COMPRESS=DEFLATE"])
        path = tmp_path / "x.tif"
    scene, expected, wrong = open_scene(path), cube[[3, 1, 2, 0]].transpose(1, 2, 0), []

    def work(seed: int) -> None:
        rng = np.random.default_rng(seed)
        for _ in range(60):
            line = int(rng.integers(0, 390))
            if not np.array_equal(scene.read(line, 10), expected[line : line + 10]):
                wrong.append(line)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_real_infrared_trr3(shared_data: Path) -> None:
    folder = shared_data / "crism" / "trdr"
    scene = open_scene(folder / "frt0001458f_01_if156l_trr3.lbl", wavelengths=shared_data / "crism" / "cdr")
    nm = scene.axis.wavelengths_nm
    assert (scene.product_id, scene.lines, scene.samples, scene.axis.bands) == ("FRT0001458F_01_IF156L_TRR3", 15, 64, 437)
    np.testing.assert_allclose(nm[[0, -1]], [1001.4, 3936.9], atol=0.15)
    assert (nm[scene.axis.good][0] > 1021, nm[scene.axis.good][-1] < 3926) == (True, True)
    spectra = scene.read(0, 15)
    plain = np.fromfile(folder / "frt0001458f_01_if156l_trr3.img", "<f4", 15 * 438 * 64).reshape(15, 438, 64)
    expected = plain[:, :0:-1].transpose(0, 2, 1)
    valid = np.isfinite(spectra)
    np.testing.assert_array_equal(spectra[valid], expected[valid])
    assert np.all((expected[~valid] <= 0) | (expected[~valid] == 65535))
    assert np.flatnonzero(valid.any((0, 2))).tolist() == list(range(3, 63))
    assert resampler_to_grid(scene.axis).bands.size > 235


def test_real_visible_trr3_opens_but_cannot_be_mapped(shared_data: Path) -> None:
    path = shared_data / "crism" / "trdr" / "frt00014954_02_if155s_trr3.img"
    scene = open_scene(path, extra_folders=[shared_data / "crism" / "cdr"])
    assert scene.axis.bands == 107
    assert np.flatnonzero(np.isfinite(scene.read(0, 15)).any((0, 2))).tolist() == list(range(3, 62))
    with pytest.raises(InputError, match="must cover 1050-2600 nm, but it has 410-1023 nm"):
        resampler_to_grid(scene.axis, scene.product_id)


def test_real_mtrdr(shared_data: Path) -> None:
    from osgeo import gdal, osr

    folder = shared_data / "crism" / "mtrdr"
    path = folder / "frt0000932c_07_if164j_mtr3_subsampled.tif"
    scene = open_scene(path, wavelengths=folder / "mtrdr_axis.tab")
    assert (scene.axis.bands, scene.lines, scene.samples, scene.atmosphere_corrected) == (489, 20, 20, True)
    assert osr.SpatialReference(wkt=scene.georeference.wkt).GetSemiMajor() == pytest.approx(3391159.22840344)
    assert scene.georeference.pixel_size == pytest.approx((670.5, 559.8))
    spectra = scene.read(0, 20)
    plain = gdal.Open(str(path)).ReadAsArray().transpose(1, 2, 0)
    np.testing.assert_array_equal(np.isnan(spectra), (plain == 65535) | (plain <= 0))
    np.testing.assert_array_equal(spectra[np.isfinite(spectra)], plain[np.isfinite(spectra)])
    good = spectra[..., scene.axis.good]
    assert np.nanmin(good) > 0.02
    assert np.nanmax(good) < 0.41


def test_real_trr3_copied_as_people_do(shared_data: Path, tmp_path: Path) -> None:
    """Image and label beside their wavelength table, in capitals."""
    trdr, cdr = shared_data / "crism" / "trdr", shared_data / "crism" / "cdr"
    for suffix in (".img", ".lbl"):
        shutil.copy(trdr / f"frt0001458f_01_if156l_trr3{suffix}", tmp_path / f"FRT0001458F_01_IF156L_TRR3{suffix.upper()}")
    shutil.copy(cdr / "CDR450924300802_WA0300000L_3.IMG", tmp_path)
    scene = open_scene(tmp_path / "FRT0001458F_01_IF156L_TRR3.IMG")
    assert scene.axis.bands == 437
    assert scene.notes[0].endswith("found beside the image")


@pytest.mark.parametrize(
    "table", ["../cdr/table.tab", "../cdr/CDR450000000001_WA0300000L_3.IMG", "{folder}/cdr/table.tab", "/dev/zero"]
)
def test_a_wavelength_table_outside_the_folder_is_not_followed(
    tmp_path: Path, trr3_product: Callable[..., Path], table: str
) -> None:
    (tmp_path / "cdr").mkdir()
    (tmp_path / "image").mkdir()
    for name in ("table.tab", "CDR450000000001_WA0300000L_3.IMG"):
        (tmp_path / "cdr" / name).write_text("1000\n1010\n1020\n")
    label = trr3_product(tmp_path / "image", np.ones((3, 4, 5)), table=table.format(folder=tmp_path))
    with pytest.raises(InputError, match=r"its wavelength table .* is not beside it nor in a given folder"):
        open_scene(label)
