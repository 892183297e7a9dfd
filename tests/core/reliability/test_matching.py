"""Which decoys stand for a class on an image's ground."""

from __future__ import annotations

import numpy as np

from crism_gan_plugin.core.reliability.matching import decoys_of, resemblance


def test_only_the_blander_half_of_the_pixels_tells_what_ground_resembles():
    scores, length = np.full((100, 2), 0.3), np.arange(100.0)
    scores[60:, 1] = 0.99  # a mineral in four pixels of ten
    np.testing.assert_allclose(resemblance(scores, length), 0.3)


def test_the_nearest_decoys_stand_for_a_class():
    decoys = np.tile(np.linspace(0, 1, 101), (3, 1))
    assert set(decoys_of(np.full(3, 0.5), decoys, 5, 3)) == {48, 49, 50, 51, 52}


def test_where_ground_resembles_the_class_more_than_decoys_none_stands_for_it():
    decoys = np.tile(np.linspace(0, 0.6, 101), (3, 1))
    assert decoys_of(np.full(3, 0.8), decoys, 5, 3) is None
    assert decoys_of(np.full(3, 0.59), decoys, 5, 3) is None  # two are as much like the ground
