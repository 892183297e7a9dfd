"""Planes put on the map by a table whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.georeferencing import RESAMPLING, Lookup, MapGrid, place_bilinear, place_nearest
from crism_gan_plugin.core.mars.georeference import Georeference

NAN = np.nan


def lookup(line: list, sample: list) -> Lookup:
    table = [np.array(places, np.float32) for places in (line, sample)]
    return Lookup(MapGrid(Georeference("", (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)), *table[0].shape), *table)


TABLE = lookup([[NAN, -0.5, 0.0, 0.4], [1.2, 0.5, 1.0, 1.4]], [[NAN, -0.5, 1.0, 1.0], [0.0, 0.5, 2.4, 2.0]])
PLANE = np.array([[[10, 20, 30], [40, 50, 60]]], np.float32)


def test_nearest_takes_the_pixel_that_a_place_lies_in() -> None:
    expected = [[0, 10, 20, 20], [40, 50, 60, 60]]
    np.testing.assert_array_equal(place_nearest(PLANE, TABLE, 0), [expected])
    placed = place_nearest(PLANE.astype(np.uint8), TABLE, 255)
    assert placed.dtype == np.uint8
    assert placed[0, 0, 0] == 255


def test_bilinear_weighs_the_four_around() -> None:
    expected = [[NAN, 10, 20, 32], [40, 30, 60, 60]]
    placed = place_bilinear(PLANE, TABLE)
    assert placed.dtype == np.float32
    np.testing.assert_allclose(placed, [expected], rtol=1e-6)


def test_bilinear_leaves_invalid_neighbours_out_and_invents_nothing() -> None:
    plane = PLANE.copy()
    plane[0, 0, 0] = NAN
    placed = place_bilinear(plane, lookup([[0.5, 0.4, 0.6, 0.2]], [[0.5, 0.4, 0.4, 0.8]]))
    weights = np.array([0.4 * 0.4, 0.6 * 0.6, 0.6 * 0.4])  # of 20, 40 and 50 for the third
    third = (weights @ [20, 40, 50]) / weights.sum()
    fourth = (0.8 * 0.8 * 20 + 0.2 * 0.2 * 40 + 0.2 * 0.8 * 50) / (0.64 + 0.04 + 0.16)
    np.testing.assert_allclose(placed, [[[110 / 3, NAN, third, fourth]]], rtol=1e-5)


@pytest.mark.parametrize("method", RESAMPLING)
def test_several_planes_and_some_rows(method: str) -> None:
    planes = np.concatenate([PLANE, PLANE + 1, PLANE * 2])
    whole = RESAMPLING[method](planes, TABLE, NAN)
    assert whole.shape == (3, 2, 4)
    np.testing.assert_array_equal(RESAMPLING[method](planes, TABLE, NAN, slice(1, 2)), whole[:, 1:])
