"""Which pixel of a map lies under a pixel of the composite: to a hundredth of a pixel, whatever the projections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.mosaic.grid import make_grid
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.mosaic.placement import Block, Placement
from tests.mosaic_support import polar


@pytest.mark.parametrize("spacing", [300.0, 3000.0])
def test_interpolated_places_are_nearly_the_exact_ones(tmp_path: Path, make_map: Callable[..., Path], spacing: float) -> None:
    codes = np.full((200, 200), 15)
    source = open_map(make_map(tmp_path / "p.tif", codes, left=2e5, top=-1e5, pixel=spacing, crs=polar(-90)))
    grid = make_grid([source], "IAU_2015:49910", spacing, None)
    placement = Placement(grid, source)
    block = Block(3, 5, min(grid.lines - 3, 250), min(grid.samples - 5, 250))
    found = placement._interpolate(block)
    line, sample = np.arange(3, 3 + block.lines), np.arange(5, 5 + block.samples)
    exact = placement._exact(sample[None, :].astype(float), line[:, None].astype(float))
    inside = (exact[0] > -1) & (exact[0] < 201) & (exact[1] > -1) & (exact[1] < 201)
    assert inside.sum() > 1000
    for one, other in zip(found, exact):
        assert np.abs(one - other)[inside].max() < 0.02


def test_a_centre_on_a_border_takes_the_right_and_lower_pixel(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    path = make_map(tmp_path / "a.tif", np.full((120, 120), 15))
    for shift in (0.0, 0.1, 1 / 3, 0.7):
        left, top = float(4.58e6 + shift), float(1.09e6 - shift)
        place = Georeference(open_map(path).georeference.wkt, (left, 18.1, 0.0, top, 0.0, -18.1))
        source = replace(open_map(path), georeference=place)
        grid = make_grid([source], None, 36.2, (left, top - 120 * 18.1, left + 120 * 18.1, top))
        lookup = Placement(grid, source).lookup(Block(0, 0, 60, 60))
        assert lookup is not None
        np.testing.assert_array_equal(lookup.lines[:, 0], np.arange(1, 120, 2))
        np.testing.assert_array_equal(lookup.samples[0], np.arange(1, 120, 2))
