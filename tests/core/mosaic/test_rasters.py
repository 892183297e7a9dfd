"""The file's layout, as GDAL's own check of cloud-optimised GeoTIFFs looks at it; and that GDAL reads what was written."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osgeo import gdal
from rasterio.windows import Window

from crism_gan_plugin.core.errors import Cancelled
from crism_gan_plugin.core.mars.projection import projection_of
from crism_gan_plugin.core.mosaic import rasters
from crism_gan_plugin.core.mosaic.grid import Grid
from crism_gan_plugin.core.mosaic.rasters import CompositeRaster, finish_rasters
from crism_gan_plugin.core.progress import Progress
from tests.mosaic_support import equirectangular, polar, to_wkt

SPHERE = to_wkt(equirectangular(15, 3394839.8133))


def grid_of(lines: int, samples: int, wkt: str = SPHERE) -> Grid:
    return Grid(projection_of(wkt), 4.58e6, 1.09e6, 18.0, lines, samples)


def raster(path: Path, grid: Grid, dtype: Any, nodata: float) -> CompositeRaster:
    scratch = path.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    metadata = {"KEY": 'a "b" & c'}
    return CompositeRaster(path, scratch, grid, dtype, nodata=nodata, band_name="some <band>", metadata=metadata)


def write(path: Path, numbers: np.ndarray, nodata: float, wkt: str = SPHERE) -> Path:
    """In blocks of two tiles."""
    side = 2 * rasters.TILE
    with raster(path, grid_of(*numbers.shape, wkt), numbers.dtype, nodata) as file:
        for line in range(0, numbers.shape[0], side):
            for sample in range(0, numbers.shape[1], side):
                part = numbers[line : line + side, sample : sample + side]
                file.write(part, Window(sample, line, part.shape[1], part.shape[0]))
        finish_rasters([file], Progress())
    return path


def sparse(rng: np.random.Generator, shape: tuple[int, int], dtype: Any, nodata: float) -> np.ndarray:
    numbers = (rng.random(shape) * 200).astype(dtype)
    numbers[rng.random(shape) < 0.3] = nodata
    numbers[shape[0] // 3 : shape[0] // 2] = nodata
    return numbers


@settings(max_examples=20, deadline=None)
@given(
    lines=st.integers(1, 150),
    samples=st.integers(1, 150),
    kind=st.sampled_from([(np.uint8, 255), (np.uint16, 0), (np.float32, np.nan)]),
    tile=st.sampled_from([16, 32, 64, 128]),
)
def test_gdal_reads_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, lines: int, samples: int, kind: tuple, tile: int
) -> None:
    dtype, nodata = kind
    numbers = sparse(np.random.default_rng(lines * 151 + samples), (lines, samples), dtype, nodata)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rasters, "TILE", tile)
        path = write(tmp_path_factory.mktemp("cog") / "x.tif", numbers, nodata)
    dataset = gdal.Open(str(path))
    band = dataset.GetRasterBand(1)
    np.testing.assert_array_equal(band.ReadAsArray(), numbers)
    assert band.GetNoDataValue() == nodata or (np.isnan(nodata) and np.isnan(band.GetNoDataValue()))
    wanted = numbers
    for number in range(band.GetOverviewCount()):
        wanted = wanted[::2, ::2]
        np.testing.assert_array_equal(band.GetOverview(number).ReadAsArray(), wanted)
    assert max(wanted.shape) <= tile  # the last one is a single tile


@pytest.mark.parametrize("wkt", [SPHERE, to_wkt(polar(-90))])
def test_place_name_and_metadata(tmp_path: Path, wkt: str) -> None:
    path = write(tmp_path / "x.tif", np.zeros((20, 30), np.uint8), 255, wkt)
    dataset = gdal.Open(str(path))
    from osgeo import osr

    assert dataset.GetGeoTransform() == (4.58e6, 18.0, 0.0, 1.09e6, 0.0, -18.0)
    assert osr.SpatialReference(dataset.GetProjection()).IsSame(osr.SpatialReference(wkt))
    assert dataset.GetRasterBand(1).GetDescription() == "some <band>"
    assert dataset.GetMetadataItem("KEY") == 'a "b" & c'


def test_layout(tmp_path: Path) -> None:
    """What GDAL's validate_cloud_optimized_geotiff.py asks for, and the promises of the file's own description."""
    rng = np.random.default_rng(0)
    path = write(tmp_path / "x.tif", sparse(rng, (1500, 2100), np.float32, np.nan), np.nan)
    dataset = gdal.Open(str(path))
    assert dataset.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE") == "COG"
    assert dataset.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE") == "DEFLATE"
    band = dataset.GetRasterBand(1)
    levels = [band, *(band.GetOverview(number) for number in range(band.GetOverviewCount()))]
    assert [(level.XSize, level.YSize) for level in levels] == [(2100, 1500), (1050, 750), (525, 375), (263, 188)]
    directories = [int(level.GetMetadataItem("IFD_OFFSET", "TIFF")) for level in levels]
    data = path.read_bytes()
    first_tiles, last_tiles = [], []
    for level in levels:
        assert level.GetBlockSize() == [512, 512]
        tiles = []
        for row in range(-(-level.YSize // 512)):
            for column in range(-(-level.XSize // 512)):
                offset = level.GetMetadataItem(f"BLOCK_OFFSET_{column}_{row}", "TIFF")
                if offset is None:
                    continue
                size = int(level.GetMetadataItem(f"BLOCK_SIZE_{column}_{row}", "TIFF"))
                start = int(offset)
                assert struct.unpack_from("<I", data, start - 4) == (size,)
                assert data[start + size : start + size + 4] == data[start + size - 4 : start + size]
                tiles.append(start)
        assert tiles == sorted(tiles)  # row by row
        first_tiles.append(tiles[0])
        last_tiles.append(tiles[-1])
    assert directories == sorted(directories)
    assert max(directories) < min(first_tiles)  # directories before data
    for larger, smaller in zip(range(len(levels)), range(1, len(levels))):
        assert last_tiles[smaller] < first_tiles[larger]  # overviews before the image


def test_empty_tiles_take_no_room(tmp_path: Path) -> None:
    with raster(tmp_path / "x.tif", grid_of(20_000, 20_000), np.float32, np.nan) as file:
        file.write(np.ones((512, 512), np.float32), Window(9 * 512, 7 * 512, 512, 512))
        file.write(np.full((512, 512), np.nan, np.float32), Window(20 * 512, 7 * 512, 512, 512))
        finish_rasters([file], Progress())
    assert (tmp_path / "x.tif").stat().st_size < 100_000
    dataset = gdal.Open(str(tmp_path / "x.tif"))
    assert np.isnan(dataset.ReadAsArray(0, 0, 100, 100)).all()
    assert (dataset.ReadAsArray(9 * 512, 7 * 512, 512, 512) == 1).all()
    coarsest = dataset.GetRasterBand(1).GetOverview(5).ReadAsArray()
    assert np.isfinite(coarsest).sum() == 64


def test_the_same_numbers_make_the_same_bytes(tmp_path: Path) -> None:
    numbers = sparse(np.random.default_rng(1), (1300, 1400), np.uint8, 255)
    one, other = (write(tmp_path / f"{name}.tif", numbers, 255) for name in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_nothing_but_the_final_file_is_left(tmp_path: Path) -> None:
    write(tmp_path / "x.tif", np.zeros((1100, 600), np.uint8), 255)
    assert {path.name for path in tmp_path.iterdir()} == {"x.tif", "scratch"}


def test_after_an_error_there_is_no_file(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="stop"),
        raster(tmp_path / "x.tif", grid_of(2000, 2000), np.uint8, 255) as file,
    ):
        file.write(np.zeros((512, 512), np.uint8), Window(0, 0, 512, 512))
        raise RuntimeError("stop")
    assert not (tmp_path / "x.tif").exists()


class _Impatient(Progress):
    def is_cancelled(self) -> bool:
        return True


def test_the_final_copy_can_be_stopped(tmp_path: Path, monkeypatch: Any) -> None:
    """GDAL stops at its next step: far from done, its file is gone."""
    monkeypatch.setattr(rasters, "_LOOK", 0.01)
    with (
        pytest.raises(Cancelled),
        raster(tmp_path / "x.tif", grid_of(60_000, 60_000), np.uint8, 255) as file,
    ):
        file.write(np.zeros((512, 512), np.uint8), Window(0, 0, 512, 512))
        finish_rasters([file], _Impatient())
    assert file.fraction < 0.9
    assert not (tmp_path / "x.tif").exists()
