"""What numbers stand for: scale factors and offsets wherever a format writes them, masks and alpha bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.reader import RasterReader

Writer = Callable[..., Path]

BANDS, LINES, SAMPLES = 4, 3, 5
FACTORS, OFFSETS = np.array([1e-4, 2e-4, 3e-4, 4e-4]), np.array([0, 0.01, 0.02, 0.03])


def cube(dtype: str) -> np.ndarray:
    """100 … 159, with what means no data (7) and CRISM's own missing value."""
    numbers = (100 + np.arange(BANDS * LINES * SAMPLES)).reshape(BANDS, LINES, SAMPLES).astype(dtype)
    numbers[1, 1, 1] = 7
    return numbers


def scaled(numbers: np.ndarray, factors: Any = FACTORS, offsets: Any = OFFSETS) -> np.ndarray:
    shape = (BANDS, 1, 1)
    values = numbers.astype(float) * np.broadcast_to(factors, BANDS).reshape(shape) + np.broadcast_to(offsets, BANDS).reshape(shape)
    values[numbers == 7] = np.nan
    return values


def as_tif(path: Path, numbers: np.ndarray, nodata: float | None = 7) -> Any:
    """A dataset that still lacks its scaling or mask."""
    from osgeo import gdal, gdal_array

    kind = gdal_array.NumericTypeCodeToGDALTypeCode(numbers.dtype.type)
    options = ["PHOTOMETRIC=MINISBLACK"]  # four bands of bytes would be colours
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), SAMPLES, LINES, len(numbers), kind, options)
    for number, plane in enumerate(numbers, start=1):
        dataset.GetRasterBand(number).WriteArray(plane)
        if nodata is not None:
            dataset.GetRasterBand(number).SetNoDataValue(nodata)
    return dataset


def check(path: Path, expected: np.ndarray) -> None:
    with RasterReader(path) as reader:
        assert reader.dtype.kind == "f"
        assert np.isnan(reader.nodata)
        values = reader.read(0, LINES)
        assert values.dtype == reader.dtype
        np.testing.assert_allclose(values, expected, rtol=1e-6)
        np.testing.assert_allclose(reader.read(1, 2, [3, 1]), expected[[3, 1], 1:], rtol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_scale_and_offset_of_a_geotiffs_bands(tmp_path: Path, dtype: str) -> None:
    dataset = as_tif(tmp_path / "x.tif", cube(dtype))
    for number in range(BANDS):
        dataset.GetRasterBand(number + 1).SetScale(FACTORS[number])
        dataset.GetRasterBand(number + 1).SetOffset(OFFSETS[number])
    del dataset
    check(tmp_path / "x.tif", scaled(cube(dtype)))


def test_one_scale_for_all_bands_is_applied_too(tmp_path: Path) -> None:
    dataset = as_tif(tmp_path / "x.tif", cube("uint16"))
    for number in range(BANDS):
        dataset.GetRasterBand(number + 1).SetScale(1e-4)
    del dataset
    check(tmp_path / "x.tif", scaled(cube("uint16"), 1e-4, 0))


@pytest.mark.parametrize(
    ("fields", "factors", "offsets"),
    [
        ("data gain values = {1e-4, 2e-4, 3e-4, 4e-4}\ndata offset values = {0, 0.01, 0.02, 0.03}", FACTORS, OFFSETS),
        ("data gain values = {1e-4,\n 2e-4,\n 3e-4,\n 4e-4}", FACTORS, 0),
        ("data offset values = {0, 0.01, 0.02, 0.03}", 1, OFFSETS),
        ("reflectance scale factor = 10000", 1e-4, 0),
        ("reflectance scale factor = 10000.0\ndata gain values = {1, 1, 1, 1}", 1e-4, 0),
        ("reflectance scale factor = 10000\ndata gain values = {1e-4, 1e-4, 1e-4, 1e-4}", 1e-4, 0),
    ],
)
@pytest.mark.parametrize("dtype", ["<i2", ">f4"])
def test_gains_offsets_and_reflectance_factor_of_envi(
    tmp_path: Path, envi_image: Writer, dtype: str, fields: str, factors: Any, offsets: Any
) -> None:
    check(envi_image(tmp_path, cube(dtype), more=f"data ignore value = 7\n{fields}"), scaled(cube(dtype), factors, offsets))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("reflectance scale factor = 0", "its reflectance scale factor, '0', is no positive number"),
        ("reflectance scale factor = much", "is no positive number"),
        ("data gain values = {1, 2}", "the data gain values in its header must be 4 numbers"),
        ("data gain values = {1, 2, 3, x}", "must be 4 numbers"),
        ("data gain values = {1, 0, 1, 1}", "a factor is 0"),
        ("data offset values = {1, nan, 1, 1}", "not finite"),
        ("reflectance scale factor = 10000\ndata gain values = {2, 2, 2, 2}", "which of them leads to I/F is not known"),
    ],
)
def test_scaling_of_envi_that_makes_no_sense(tmp_path: Path, envi_image: Writer, fields: str, reason: str) -> None:
    with pytest.raises(InputError, match=rf"x\.hdr: .*{reason}"):
        RasterReader(envi_image(tmp_path, cube("<i2"), more=fields))


LABEL = """PDS_VERSION_ID = PDS3
RECORD_BYTES = 10
^IMAGE = "x.img"
OBJECT = IMAGE
  LINES = 3
  LINE_SAMPLES = 5
  BANDS = 4
  BAND_STORAGE_TYPE = BAND_SEQUENTIAL
  SAMPLE_TYPE = LSB_INTEGER
  SAMPLE_BITS = 16
  MISSING_CONSTANT = 7
  {fields}
END_OBJECT = IMAGE
END
"""


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("suffix", [".lbl", ".img"])
@pytest.mark.parametrize(
    ("fields", "factors", "offsets"),
    [
        ("SCALING_FACTOR = 1.0E-4\n OFFSET = 0.02", 1e-4, 0.02),
        ("SCALING_FACTOR = 0.0001 <I/F>", 1e-4, 0),
        ('OFFSET = "0.02"', 1, 0.02),
        ("SCALING_FACTOR = (1E-4, 2E-4, 3E-4, 4E-4)\n OFFSET = (0, 0.01, 0.02, 0.03)", FACTORS, OFFSETS),
    ],
)
def test_scaling_of_a_pds_label(
    tmp_path: Path, envi_image: Writer, header: bool, suffix: str, fields: str, factors: Any, offsets: Any
) -> None:
    image = envi_image(tmp_path, cube("<i2"), "bsq", more="data ignore value = 7")
    if not header:
        image.with_suffix(".hdr").unlink()
    image.with_suffix(".lbl").write_text(LABEL.format(fields=fields))
    check(image.with_suffix(suffix), scaled(cube("<i2"), factors, offsets))


@pytest.mark.parametrize(("factor", "agree"), [(10_000, True), (1000, False)])
def test_header_and_label_that_both_tell_a_scaling(tmp_path: Path, envi_image: Writer, factor: int, agree: bool) -> None:
    image = envi_image(tmp_path, cube("<i2"), "bsq", more=f"data ignore value = 7\nreflectance scale factor = {factor}")
    image.with_suffix(".lbl").write_text(LABEL.format(fields="SCALING_FACTOR = 1.0E-4"))
    if agree:
        check(image, scaled(cube("<i2"), 1e-4, 0))
    else:
        with pytest.raises(InputError, match="its header and its label scale the numbers differently"):
            RasterReader(image)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("SCALING_FACTOR = 0", "a factor is 0"),
        ('SCALING_FACTOR = "large"', "SCALING_FACTOR is no number"),
        ("OFFSET = (1, 2)", "OFFSET has 2 values for 4 bands"),
    ],
)
def test_scaling_of_a_label_that_makes_no_sense(tmp_path: Path, fields: str, reason: str) -> None:
    cube("<i2").tofile(tmp_path / "x.img")
    (tmp_path / "x.lbl").write_text(LABEL.format(fields=fields))
    with pytest.raises(InputError, match=rf"x\.img: .*{reason}"):
        RasterReader(tmp_path / "x.lbl")


@pytest.mark.parametrize("fields", ['SCALING_FACTOR = "N/A"', "SCALING_FACTOR = 1\n OFFSET = 0.0", "OFFSET = NULL"])
def test_scaling_that_changes_nothing(tmp_path: Path, fields: str) -> None:
    cube("<i2").tofile(tmp_path / "x.img")
    (tmp_path / "x.lbl").write_text(LABEL.format(fields=fields))
    with RasterReader(tmp_path / "x.lbl") as reader:
        assert (reader.dtype, reader.nodata) == (np.dtype("<i2"), 7)
        np.testing.assert_array_equal(reader.read(0, LINES), cube("<i2"))


def test_scaled_numbers_are_as_near_as_single_precision_can_be(tmp_path: Path) -> None:
    dataset = as_tif(tmp_path / "x.tif", np.full((BANDS, LINES, SAMPLES), 1000, np.int16))
    for number in range(BANDS):
        dataset.GetRasterBand(number + 1).SetScale(1e-4)
    del dataset
    with RasterReader(tmp_path / "x.tif") as reader:
        assert (reader.read(0, LINES) == np.float32(0.1)).all()


def test_missing_values_are_those_of_the_file_not_of_the_scaled_numbers(tmp_path: Path) -> None:
    numbers = cube("uint16")
    numbers[0, 0, :2] = 65535, 7
    numbers[0, 0, 2] = 40_000  # 7 after scaling, and a value like any other
    dataset = as_tif(tmp_path / "x.tif", numbers)
    for number in range(BANDS):
        dataset.GetRasterBand(number + 1).SetScale(7 / 40_000)
        dataset.GetRasterBand(number + 1).SetMetadata({"wavelength": str(1000 + 10 * number), "wavelength_units": "nm"})
    del dataset
    scene = open_scene(tmp_path / "x.tif")
    line = scene.read(0, 1)[0, :, 0]
    assert np.isnan(line[:2]).all()
    assert line[2] == pytest.approx(7)


@pytest.mark.parametrize("where", ["internal", "beside", "alpha", "alpha of 16 bits", "vrt"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_pixels_that_a_mask_or_an_alpha_band_leaves_out(tmp_path: Path, where: str, dtype: str) -> None:
    from osgeo import gdal

    seen = np.full((LINES, SAMPLES), 255, np.uint8)
    seen[0, 2] = seen[2, 4] = 0
    numbers, path = cube(dtype), tmp_path / "x.tif"
    if where.startswith("alpha"):
        numbers = np.concatenate([numbers, seen[np.newaxis].astype(dtype) // 2])
    dataset = as_tif(path, numbers, nodata=None)
    for number in range(BANDS):
        dataset.GetRasterBand(number + 1).SetMetadata({"wavelength": str(1000 + 10 * number), "wavelength_units": "nm"})
    if where.startswith("alpha"):
        dataset.GetRasterBand(BANDS + 1).SetColorInterpretation(gdal.GCI_AlphaBand)
    else:
        gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "NO" if where == "beside" else "YES")
        try:
            dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
            dataset.GetRasterBand(1).GetMaskBand().WriteArray(seen)
        finally:
            gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", None)
    del dataset
    assert (tmp_path / "x.tif.msk").exists() == (where == "beside")
    if where == "vrt":
        gdal.Translate(str(tmp_path / "x.vrt"), str(path), format="VRT")
        path = tmp_path / "x.vrt"
    expected = cube(dtype).astype(float)
    expected[:, seen == 0] = np.nan
    check(path, expected)
    scene = open_scene(path)
    assert (scene.axis.bands, scene._reader.bands) == (BANDS, BANDS)
    np.testing.assert_array_equal(np.isnan(scene.read(0, LINES)), np.isnan(expected.transpose(1, 2, 0)))


def test_a_mask_beside_a_flat_image(tmp_path: Path, envi_image: Writer) -> None:
    from osgeo import gdal

    image = envi_image(tmp_path, cube("<f4"))
    seen = np.full((LINES, SAMPLES), 255, np.uint8)
    seen[1, 3] = 0
    dataset = gdal.Open(str(image))
    dataset.CreateMaskBand(gdal.GMF_PER_DATASET)
    dataset.GetRasterBand(1).GetMaskBand().WriteArray(seen)
    del dataset
    expected = cube("<f4").astype(float)
    expected[:, 1, 3] = np.nan
    check(image, expected)


def test_nothing_but_alpha_is_no_image(tmp_path: Path) -> None:
    from osgeo import gdal

    dataset = as_tif(tmp_path / "x.tif", cube("uint8")[:1], nodata=None)
    dataset.GetRasterBand(1).SetColorInterpretation(gdal.GCI_AlphaBand)
    del dataset
    with pytest.raises(InputError, match="has no bands of its own"):
        RasterReader(tmp_path / "x.tif")
