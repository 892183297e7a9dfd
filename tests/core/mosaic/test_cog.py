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

from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.mosaic import cog, tiff
from crism_gan_plugin.core.mosaic.cog import CogWriter, tile_order
from tests.mosaic_support import equirectangular, polar, to_wkt

PLACE = Georeference(to_wkt(equirectangular(15, 3394839.8133)), (4.58e6, 18.0, 0.0, 1.09e6, 0.0, -18.0))


def write(path: Path, numbers: np.ndarray, nodata: float, place: Georeference = PLACE) -> Path:
    """All tiles that have data."""
    side = cog.TILE
    shape = [-(-size // side) for size in numbers.shape]
    rows, columns = (index.ravel() for index in np.indices(shape))
    options: dict[str, Any] = {
        "nodata": nodata,
        "georeference": place,
        "band_name": "some <band>",
        "metadata": {"KEY": 'a "b" & c'},
    }
    with CogWriter(path, *numbers.shape, numbers.dtype, **options) as writer:
        for tile in tile_order(rows, columns):
            row, column = int(rows[tile]), int(columns[tile])
            part = numbers[row * side : (row + 1) * side, column * side : (column + 1) * side]
            empty = np.isnan(part) if np.isnan(nodata) else part == nodata
            if not empty.all():
                writer.write(row, column, part)
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
    tile=st.sampled_from([16, 32, 64]),
)
def test_gdal_reads_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, lines: int, samples: int, kind: tuple, tile: int
) -> None:
    dtype, nodata = kind
    numbers = sparse(np.random.default_rng(lines * 151 + samples), (lines, samples), dtype, nodata)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cog, "TILE", tile)
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


@pytest.mark.parametrize("place", [PLACE, Georeference(to_wkt(polar(-90)), (0.0, 5.0, 0.0, 9.0, 0.0, -5.0))])
def test_place_name_and_metadata(tmp_path: Path, place: Georeference) -> None:
    path = write(tmp_path / "x.tif", np.zeros((20, 30), np.uint8), 255, place)
    dataset = gdal.Open(str(path))
    from osgeo import osr

    assert dataset.GetGeoTransform() == place.transform
    assert osr.SpatialReference(dataset.GetProjection()).IsSame(osr.SpatialReference(place.wkt))
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
    with CogWriter(tmp_path / "x.tif", 20_000, 20_000, np.float32, nodata=np.nan, georeference=PLACE, band_name="x") as writer:
        writer.write(7, 9, np.ones((512, 512), np.float32))
    assert (tmp_path / "x.tif").stat().st_size < 100_000
    dataset = gdal.Open(str(tmp_path / "x.tif"))
    assert np.isnan(dataset.ReadAsArray(0, 0, 100, 100)).all()
    assert (dataset.ReadAsArray(9 * 512, 7 * 512, 512, 512) == 1).all()
    coarsest = dataset.GetRasterBand(1).GetOverview(5).ReadAsArray()
    assert np.isfinite(coarsest).sum() == 64


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="stop"),
        CogWriter(tmp_path / "x.tif", 2000, 2000, np.uint8, nodata=255, georeference=PLACE, band_name="x") as writer,
    ):
        writer.write(0, 0, np.zeros((512, 512), np.uint8))
        raise RuntimeError("stop")
    assert not list(tmp_path.iterdir())


@given(shape=st.tuples(st.integers(1, 20), st.integers(1, 20)))
def test_parts_of_an_overview_tile_follow_each_other(shape: tuple[int, int]) -> None:
    rows, columns = (index.ravel() for index in np.indices(shape))
    order = tile_order(rows, columns)
    assert sorted(order) == list(range(rows.size))
    for level in range(1, 6):
        parents = list(zip((rows[order] >> level).tolist(), (columns[order] >> level).tolist()))
        changes = 1 + sum(one != other for one, other in zip(parents, parents[1:]))
        assert changes == len(set(parents))


def test_tags_of_gdal_are_read_back() -> None:
    tags = {tag.number: tag for tag in tiff.georeference_tags(PLACE)}
    assert tags[33550].values.tolist() == [18.0, 18.0, 0.0]
    assert tags[33922].values.tolist() == [0, 0, 0, 4.58e6, 1.09e6, 0]
    assert 34735 in tags
