"""A composite in tiles has the pixels of the composite in one piece."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite
from crism_gan_plugin.core.mosaic.classes import merge_legends
from crism_gan_plugin.core.mosaic.composite import Whole, make_tile
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.mosaic.tiles import Tile, mosaic_vrt, tile_file, tiles_of, whole_grid
from crism_gan_plugin.core.progress import Progress
from tests.mosaic_support import RADIUS, RADIUS_15, RADIUS_30, equirectangular, polar, random_map

pytest.importorskip("rasterio")

#: Pixels to a degree, so that a map of 50 pixels of 18 km lies in several tiles.
PER_DEGREE = 4

ENDINGS = (("", "codes"), ("_similarity", "similarity"), ("_source", "source"), ("_count", "count"))


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def maps(folder: Path, make_map: Callable[..., Path]) -> list[Path]:
    """Six maps that overlap each other and the borders of tiles, across 180°, at a pole, and on spheres of their own."""
    rng = np.random.default_rng(5)
    degree = RADIUS * np.pi / 180
    made = []
    for name, radius, parallel, east, north, pixel, names in (
        ("a", RADIUS_15, 15, 73.2, 13.1, 18000.0, None),
        ("b", RADIUS_30, 30, 76.1, 15.3, 7000.0, None),
        ("c", RADIUS, 0, 79.9, 10.01, 30000.0, {3: "our own", 15: "kaolinite", 6: "Mg-carbonate", 21: "talc"}),
        ("d", RADIUS, 0, 176.0, 4.0, 18000.0, None),
        ("e", RADIUS, 0, -181.5, 5.0, 18000.0, None),
    ):
        codes, similarity = random_map(rng, 40, 50)
        crs = equirectangular(parallel, radius)
        left = east * radius * np.cos(np.radians(parallel)) * np.pi / 180
        more = {} if names is None else {"names": names}
        made.append(
            make_map(folder / name / f"{name}.tif", codes, similarity, left=left, top=north * degree, pixel=pixel, crs=crs, **more)
        )
    codes, similarity = random_map(rng, 60, 60)
    made.append(make_map(folder / "p" / "p.tif", codes, similarity, left=-3e5, top=3e5, pixel=1e4, crs=polar(90.0, RADIUS)))
    return made


@pytest.mark.parametrize("strategy", ["best evidence", "last"])
def test_tiles_are_the_one_piece_cut_up_bit_for_bit(tmp_path: Path, make_map: Callable[..., Path], strategy: str) -> None:
    paths = maps(tmp_path / "maps", make_map)[: None if strategy == "best evidence" else -1]  # the pole alone has 72 tiles
    grid = whole_grid(PER_DEGREE)
    right, bottom = grid.left + grid.samples * grid.pixel, grid.top - grid.lines * grid.pixel
    whole = make_composite(
        paths,
        tmp_path / "whole.tif",
        crs="IAU_2015:49910",
        pixel_size=grid.pixel,
        extent=(grid.left, bottom, right, grid.top),
        strategy=strategy,
    )
    files = dict(zip((name for _, name in ENDINGS), (whole.composite, whole.similarity, whole.source, whole.count)))
    pieces = {name: read(path) for name, path in files.items()}
    assert pieces["codes"].shape == (180 * PER_DEGREE, 360 * PER_DEGREE)

    opened = [open_map(path) for path in paths]
    legend = merge_legends(opened)
    assert any("our own" in note for note in legend.notes)
    of_tile: dict[Tile, list[int]] = {}
    for number, each in enumerate(opened):
        for tile in tiles_of(each, PER_DEGREE):
            of_tile.setdefault(tile, []).append(number)
    made, side = [], 5 * PER_DEGREE
    for tile, numbers in of_tile.items():
        there = Whole(tuple(number + 1 for number in numbers), len(paths), legend)
        target = tile_file(tmp_path / "tiles", tile)
        most = make_tile([paths[number] for number in numbers], there, tile.grid(PER_DEGREE), strategy, target, Progress())
        made += [] if most is None else [tile]
    assert len(made) > 12
    glued = {name: np.full_like(array, array.dtype.type(255 if name == "codes" else 0)) for name, array in pieces.items()}
    glued["similarity"][:] = np.nan
    for tile in made:
        window = slice(side * tile.row, side * (tile.row + 1)), slice(side * tile.column, side * (tile.column + 1))
        for ending, name in ENDINGS:
            glued[name][window] = read(tile_file(tmp_path / "tiles", tile, f"{ending}.tif"))
    for name, array in pieces.items():
        assert array.dtype == glued[name].dtype
        np.testing.assert_array_equal(glued[name], array, name)

    # and the virtual raster over them shows the same
    (tmp_path / "tiles" / "all.vrt").write_text(mosaic_vrt(made, PER_DEGREE, ".tif", "Byte", "255"), encoding="utf-8")
    virtual = gdal.Open(str(tmp_path / "tiles" / "all.vrt"))
    left, _, _, top, _, _ = virtual.GetGeoTransform()
    column, row = round((left - grid.left) / grid.pixel), round((grid.top - top) / grid.pixel)
    shown = virtual.ReadAsArray()
    np.testing.assert_array_equal(shown, pieces["codes"][row : row + shown.shape[0], column : column + shown.shape[1]])
    assert (pieces["codes"] != 255).sum() == (shown != 255).sum() > 1000


def test_tiles_have_the_names_of_their_corners() -> None:
    assert [Tile(row, column).name for row, column in ((0, 0), (17, 36), (18, 35), (35, 71))] == [
        "N85W180",
        "N00E000",
        "S05W005",
        "S90E175",
    ]
