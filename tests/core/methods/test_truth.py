"""What is where: codes that count, and the widths of patches."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.methods.truth import NOT_JUDGED, Truth, opened, read_truth


def raster(path: Path, values: np.ndarray, kind: int = gdal.GDT_Float32) -> Path:
    lines, samples = values.shape[-2:]
    planes = values.reshape(-1, lines, samples)
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), samples, lines, len(planes), kind)
    for number, plane in enumerate(planes, 1):
        dataset.GetRasterBand(number).WriteArray(plane)
    dataset.FlushCache()
    return path


@pytest.mark.parametrize("width", [1, 2, 3, 5, 9])
def test_opening_is_what_squares_cover(width: int) -> None:
    mask = np.random.default_rng(0).random((12, 15)) < 0.8
    mask[2:9, 3:9] = True
    covered = np.zeros_like(mask)
    for line in range(12 - width + 1):
        for sample in range(15 - width + 1):
            square = np.s_[line : line + width, sample : sample + width]
            if mask[square].all():
                covered[square] = True
    np.testing.assert_array_equal(opened(mask, width), covered)


def test_a_square_wider_than_the_image_covers_nothing() -> None:
    assert not opened(np.ones((4, 9), bool), 5).any()


def test_the_width_is_that_of_the_largest_square() -> None:
    codes = np.zeros((24, 40), int)
    codes[1:17, 1:17] = 15  # 16 wide
    codes[1:4, 17:21] = 15  # 3 x 4 beside it, of the same class
    codes[20, 1:5] = 15  # 1 x 4
    codes[1:9, 25:32] = 14  # 7 wide, 8 high
    codes[20:22, 25:27] = 14
    widths = Truth.of(codes).widths
    assert (widths[1:17, 1:17] == 16).all()
    assert (widths[1:4, 17:21] == 4).sum() == 0
    assert (widths[1:4, 17:21] == 3).all()
    assert (widths[20, 1:5] == 1).all()
    assert (widths[1:9, 25:32] == 4).all()
    assert (widths[20:22, 25:27] == 2).all()
    assert not widths[codes == 0].any()


def test_only_ground_and_classes_are_judged(tmp_path: Path) -> None:
    values = np.array([[0, 15, 99, 100, 115, 255, -3, 1.5, np.nan, 1e9]])
    found = read_truth(raster(tmp_path / "t.tif", values), 1, 10)
    assert found.codes.tolist() == [[0, 15, 99, *[NOT_JUDGED] * 7]]
    assert found.classes == [15, 99]
    assert found.where(np.array([[True, False] * 5])).classes == [99]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((3, 4)), "shows no class"),
        (np.ones((2, 3, 4)), "has 2 bands"),
        (np.ones((4, 3)), "has 4 lines × 3 samples, the image 3 × 4"),
    ],
)
def test_what_is_no_truth_is_refused(tmp_path: Path, values: np.ndarray, said: str) -> None:
    with pytest.raises(InputError, match=f"t.tif: {said}"):
        read_truth(raster(tmp_path / "t.tif", values), 3, 4)


def test_whole_numbers_of_any_type_are_read(tmp_path: Path) -> None:
    values = np.array([[0, 7, 255]])
    for kind in (gdal.GDT_Byte, gdal.GDT_Int16, gdal.GDT_UInt32, gdal.GDT_Float64):
        assert read_truth(raster(tmp_path / f"{kind}.tif", values, kind), 1, 3).codes.tolist() == [[0, 7, NOT_JUDGED]]
