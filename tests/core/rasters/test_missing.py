"""Numbers that mean no data: one, several, one for each band, and as bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.reader import RasterReader

NUMBERS = np.arange(1, 13).reshape(3, 2, 2)

LABEL = """PDS_VERSION_ID = PDS3
RECORD_BYTES = UNDEFINED
^IMAGE = "X.IMG"
OBJECT = IMAGE
  LINES = 2
  LINE_SAMPLES = 2
  BANDS = 3
  SAMPLE_TYPE = {kind}
  SAMPLE_BITS = {bits}
  {more}
END_OBJECT = IMAGE
END
"""


def write_label(folder: Path, numbers: np.ndarray, more: str) -> Path:
    kind = {"i": "MSB_INTEGER", "u": "MSB_UNSIGNED_INTEGER", "f": "IEEE_REAL"}[numbers.dtype.kind]
    numbers.astype(numbers.dtype.newbyteorder(">")).tofile(folder / "x.img")
    (folder / "x.lbl").write_text(LABEL.format(kind=kind, bits=8 * numbers.itemsize, more=more))
    return folder / "x.lbl"


def missing(path: Path) -> list[int]:
    """Places, counted through the bands, of numbers without data."""
    with RasterReader(path) as reader:
        return np.flatnonzero(np.isnan(reader.read(0, 2))).tolist()


def write_vrt(folder: Path, nodata: tuple[Any, ...]) -> Path:
    from osgeo import gdal

    for number, (plane, value) in enumerate(zip(NUMBERS, nodata)):
        dataset = gdal.GetDriverByName("GTiff").Create(str(folder / f"{number}.tif"), 2, 2, 1, gdal.GDT_Float32)
        dataset.GetRasterBand(1).WriteArray(plane)
        if value is not None:
            dataset.GetRasterBand(1).SetNoDataValue(value)
        dataset = None
    stack = gdal.BuildVRT(str(folder / "x.vrt"), [str(folder / f"{number}.tif") for number in range(3)], separate=True)
    for number in range(3):
        stack.GetRasterBand(number + 1).SetMetadata({"wavelength": f"{1000 + 10 * number}", "wavelength_units": "nm"})
    stack = None
    return folder / "x.vrt"


@pytest.mark.parametrize(("nodata", "places"), [((1, 6, 9), [0, 5, 8]), ((None, 6, None), [5]), ((float("nan"), 6, 12), [5, 11])])
def test_each_band_has_its_own_no_data_value(tmp_path: Path, nodata: tuple[Any, ...], places: list[int]) -> None:
    path = write_vrt(tmp_path, nodata)
    assert missing(path) == places
    with open_scene(path) as scene:
        assert np.isnan(scene.read(0, 2, [1])).ravel().tolist() == [False, True, False, False]


def test_one_combination_of_numbers(tmp_path: Path) -> None:
    """GDAL's NODATA_VALUES: a pixel has no data where all its bands have these."""
    from osgeo import gdal

    dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "x.tif"), 2, 2, 3, gdal.GDT_Float32)
    for number, plane in enumerate(NUMBERS, start=1):
        dataset.GetRasterBand(number).WriteArray(plane)
    dataset.SetMetadataItem("NODATA_VALUES", "2 6 10")
    dataset = None
    assert missing(tmp_path / "x.tif") == [1, 5, 9]


@pytest.mark.parametrize("dtype", ["int16", "uint16", "float32"])
@pytest.mark.parametrize(
    ("more", "places"),
    [
        ("MISSING_CONSTANT = 3", [2]),
        ("INVALID_CONSTANT = 3 <I/F>", [2]),
        ("CORE_NULL = 1\n  CORE_LOW_REPR_SATURATION = 2\n  CORE_HIGH_INSTR_SATURATION = 12", [0, 1, 11]),
        ("NULL = 1\n  UNKNOWN_CONSTANT = 4", [0, 3]),
        ("MISSING_CONSTANT = (1, 6, 9)", [0, 5, 8]),
        ('MISSING_CONSTANT = "N/A"\n  INVALID_CONSTANT = 2', [1]),
    ],
)
def test_constants_of_a_label_are_those_of_the_file_not_of_the_scaled_numbers(
    tmp_path: Path, dtype: str, more: str, places: list[int]
) -> None:
    path = write_label(tmp_path, NUMBERS.astype(dtype), more + "\n  SCALING_FACTOR = 0.5\n  OFFSET = 1")
    assert missing(path) == places
    with RasterReader(path) as reader:
        values = reader.read(0, 2).ravel()
    keep = np.setdiff1d(np.arange(12), places)
    np.testing.assert_allclose(values[keep], 1 + keep * 0.5 + 0.5)


@pytest.mark.parametrize(
    ("dtype", "bits", "value"),
    [
        ("int16", "16#8000#", -32768),
        ("uint16", "16#8000#", 32768),
        ("float32", "16#42F60000#", 123.0),
        ("float32", "16#FF7FFFFB#", None),
    ],
)
def test_digits_in_another_base_are_the_bits_of_a_number(tmp_path: Path, dtype: str, bits: str, value: Any) -> None:
    numbers = NUMBERS.astype(dtype)
    numbers[0, 0, 1] = np.array([0xFF7FFFFB], "u4").view("f4")[0] if value is None else value
    path = write_label(tmp_path, numbers, f"MISSING_CONSTANT = {bits}\n  SCALING_FACTOR = 0.001\n  OFFSET = 50")
    assert missing(path) == [1]


def test_a_constant_that_fits_no_band_is_refused(tmp_path: Path) -> None:
    path = write_label(tmp_path, NUMBERS.astype("int16"), "MISSING_CONSTANT = (1, 2)")
    with pytest.raises(InputError, match="MISSING_CONSTANT is neither one number nor one for each band"):
        RasterReader(path)


@pytest.mark.parametrize(
    ("value", "places"),
    [("3", [2]), ("{3}", [2]), ("3 ; three", [2]), ("{1, 6, 9}", [0, 5, 8]), ("none", []), ("", []), ("{3, 3, 3}", [2])],
)
def test_data_ignore_value_of_an_envi_header(
    tmp_path: Path, envi_image: Callable[..., Path], value: str, places: list[int]
) -> None:
    more = f"data ignore value = {value}\nreflectance scale factor = 10"
    assert missing(envi_image(tmp_path, NUMBERS.astype("<f4"), more=more)) == places


@pytest.mark.parametrize("value", ["no", "{1, 2}"])
def test_a_data_ignore_value_that_is_none_is_refused(tmp_path: Path, envi_image: Callable[..., Path], value: str) -> None:
    image = envi_image(tmp_path, NUMBERS.astype("<f4"), more=f"data ignore value = {value}")
    with pytest.raises(InputError, match=r"its data ignore value, .* is neither one number nor one for each band"):
        RasterReader(image)


@pytest.mark.parametrize(
    ("xml", "first"),
    [("<Scale>0.5</Scale><Offset>1</Offset>", [1.5, 3.5, 5.5]), ("<NoDataValue>1</NoDataValue>", [None, 5.0, 9.0])],
)
def test_what_gdal_keeps_beside_a_flat_image_counts(
    tmp_path: Path, envi_image: Callable[..., Path], xml: str, first: list[Any]
) -> None:
    image = envi_image(tmp_path, NUMBERS.astype("<f4"), more="wavelength units = nm\nwavelength = {1000, 1010, 1020}")
    bands = "".join(f'<PAMRasterBand band="{band}">{xml}</PAMRasterBand>' for band in (1, 2, 3))
    (tmp_path / "x.img.aux.xml").write_text(f"<PAMDataset>{bands}</PAMDataset>")
    with open_scene(image) as scene:
        np.testing.assert_allclose(scene.read(0, 2)[0, 0], [np.nan if value is None else value for value in first])
