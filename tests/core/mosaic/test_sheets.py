"""Which pixel of a map lies under a pixel of the composite, as GDAL's warper finds it; against PROJ, point by point."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.mosaic.grid import make_grid
from crism_gan_plugin.core.mosaic.maps import MineralMap, open_map
from crism_gan_plugin.core.mosaic.sampling import Sampler
from tests.mosaic_support import RADIUS, RADIUS_15, RADIUS_30, equirectangular, polar, random_map

#: Name, CRS, left, top, pixel, and the composite's CRS.
PLACES = (
    ("another sphere", equirectangular(15, RADIUS_15), 4.4e6, 1.09e6, 18.0, "IAU_2015:49910"),
    ("across 180°", equirectangular(), np.pi * RADIUS - 6000, 3e5, 100.0, "IAU_2015:49910"),
    ("across 180°, on a pole's map", equirectangular(), np.pi * RADIUS - 6000, 3e5, 100.0, "IAU_2015:49930"),
    ("across 180°, Mercator", f"+proj=merc +R={RADIUS_30} +units=m", np.pi * RADIUS_30 - 6000, 3e6, 100.0, "IAU_2015:49910"),
    ("degrees", f"+proj=longlat +R={RADIUS_15} +no_defs", 77.0, 18.0, 0.001, "IAU_2015:49930"),
    ("south", polar(-90, 3376200), 2e5, -1e5, 300.0, "IAU_2015:49935"),
    ("south, coarse", polar(-90, 3376200), 2e5, -1e5, 3000.0, "IAU_2015:49910"),
    ("around a pole", polar(90, 3376200), -2e5, 2.1e5, 3000.0, "IAU_2015:49915"),
    ("ellipsoid", "+proj=stere +lat_0=-90 +a=3396190 +b=3376200 +units=m", 2e5, -1e5, 100.0, "IAU_2015:49935"),
    (
        "kilometres, false easting",
        f"+proj=laea +lat_0=40 +lon_0=18 +x_0=5e5 +R={RADIUS_30} +units=km",
        480.0,
        9.0,
        0.1,
        "IAU_2015:49910",
    ),
)


def found_by_proj(source: MineralMap, grid, codes: np.ndarray) -> np.ndarray:
    """Codes under the composite's pixels, each through its degrees; across 180° in both images of the place."""
    x, y = np.meshgrid(
        grid.left + (np.arange(grid.samples) + 0.5) * grid.pixel, grid.top - (np.arange(grid.lines) + 0.5) * grid.pixel
    )
    sample, line = source.to_pixels(*source.projection.to_map(*grid.projection.to_degrees(x, y)))
    sample, line = (np.floor(np.nan_to_num(axis, nan=-1) + 1e-6).astype(int) for axis in (sample, line))
    inside = (line >= 0) & (line < source.lines) & (sample >= 0) & (sample < source.samples)
    return np.where(inside, codes[np.where(inside, line, 0), np.where(inside, sample, 0)], 255)


@pytest.mark.parametrize("place", PLACES, ids=[place[0] for place in PLACES])
def test_places_are_those_of_proj(tmp_path: Path, make_map: Callable[..., Path], place: tuple) -> None:
    _, crs, left, top, pixel, target = place
    codes, similarity = random_map(np.random.default_rng(5), 130, 140)
    source = open_map(make_map(tmp_path / "p.tif", codes, similarity, left=left, top=top, pixel=pixel, crs=crs))
    grid = make_grid([source], target, None, None)
    laid, times = np.full((grid.lines, grid.samples), 255), np.zeros((grid.lines, grid.samples), int)
    with Sampler(grid, [source], [np.arange(256, dtype=np.uint8)]) as sampler:
        for sheet in sampler.sheets[0]:
            window = sheet.window
            sample = sampler.sample(sheet, window)
            here = np.s_[window.row_off : window.row_off + window.height, window.col_off : window.col_off + window.width]
            times[here] += sample.codes != 255
            laid[here] = np.where(sample.codes != 255, sample.codes, laid[here])
    wanted = found_by_proj(source, grid, codes)
    assert times.max() == 1
    assert (wanted != 255).sum() > 1000
    assert (laid != wanted).sum() <= 1e-4 * (wanted != 255).sum()


def test_a_centre_on_a_border_takes_the_right_and_lower_pixel(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    codes = np.random.default_rng(6).choice(np.array([3, 6, 15, 21], np.uint8), (120, 120))
    path = make_map(tmp_path / "a.tif", codes)
    for shift in (0.0, 0.1, 1 / 3, 0.7):
        left, top = float(4.58e6 + shift), float(1.09e6 - shift)
        place = Georeference(open_map(path).georeference.wkt, (left, 18.1, 0.0, top, 0.0, -18.1))
        source = replace(open_map(path), georeference=place)
        grid = make_grid([source], None, 36.2, (left, top - 120 * 18.1, left + 120 * 18.1, top))
        with Sampler(grid, [source], [np.arange(256, dtype=np.uint8)]) as sampler:
            (sheet,) = sampler.sheets[0]
            assert (sheet.window.width, sheet.window.height) == (60, 60)
            np.testing.assert_array_equal(sampler.sample(sheet, sheet.window).codes, codes[1::2, 1::2])
