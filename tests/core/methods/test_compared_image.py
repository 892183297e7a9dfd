"""What all methods are given of an image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.rasters import blocks
from crism_gan_plugin.core.spectra.ratio import remove_grid_continuum

SMALL = 4 * 24 * 240 * 7  # bytes: blocks of seven lines


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "_BLOCK_BYTES", SMALL)


def test_without_a_ratio_spectra_are_those_of_the_file(opened: Callable, cube: np.ndarray) -> None:
    image = opened()
    valid = np.ones((30, 24), bool)
    valid[28, 3] = False
    np.testing.assert_array_equal(image.valid, valid)
    np.testing.assert_allclose(image.reflectance(3, 20), cube[3:23], rtol=0.02)  # channels at the filter's boundary are bridged
    np.testing.assert_array_equal(image.reflectance(3, 20), image.cube.on_grid(3, 20)[0])
    np.testing.assert_array_equal(image.i_f(0, 30), image.reflectance(0, 30))
    expected = remove_grid_continuum(image.i_f(0, 30)).spectra
    np.testing.assert_allclose(image.over_continuum(0, 30), expected, atol=1e-5)
    np.testing.assert_array_equal(image.over_continuum(5, 9), image.over_continuum(0, 30)[5:14])
    assert np.isnan(image.over_continuum(28, 1)[0, 3]).all()


def test_blocks_come_with_their_halo(opened: Callable) -> None:
    image = opened()
    whole, seen = image.over_continuum(0, 30), []
    for block, ratio in image.each_block(Progress()):
        seen += range(block.first, block.first + block.lines)
        np.testing.assert_array_equal(ratio.spectra[block.inner], whole[block.first : block.first + block.lines])
        assert len(ratio.spectra) == block.halo_lines
    assert seen == list(range(30))
    assert len(image.blocks) > 3


@pytest.mark.parametrize("mode", ["column", "bland"])
def test_a_ratio_takes_away_what_the_ground_has(opened: Callable, truth: np.ndarray, mode: str) -> None:
    image = opened(ratio=mode)
    ratio = image.reflectance(0, 30)
    bland = ratio[(truth == 0) & image.valid]
    assert np.abs(bland.mean(0) - 1).max() < 0.02  # the slope is gone, too
    np.testing.assert_allclose(image.i_f(0, 30), opened().i_f(0, 30))
    named = truth == truth[2, 2]
    assert ratio[named].min(1).mean() < 0.95
    np.testing.assert_allclose(
        image.over_continuum(0, 30), remove_grid_continuum(ratio).spectra, atol=2e-3
    )  # hulls of levelled spectra


def test_pixels_know_their_detector_column(opened: Callable) -> None:
    rows, columns = opened().frame.place(4, 2)
    assert rows.shape == columns.shape == (2, 24)
