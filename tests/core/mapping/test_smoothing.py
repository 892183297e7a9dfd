"""Box means and minima against slow ones over windows."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.mapping.smoothing import box_mean, box_minimum


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("shape", [(7, 9, 4), (1, 9, 4), (7, 1, 4), (2, 2, 4), (1, 1, 4)])
@pytest.mark.parametrize(("box", "expected"), [(box_mean, np.nanmean), (box_minimum, np.nanmin)])
def test_equals_that_of_valid_neighbours(box, expected, size: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    image = rng.random(shape).astype(np.float32)
    image[rng.random(shape[:2]) < 0.3] = np.nan
    before = image.copy()
    result = box(image, size)
    half = size // 2
    for line in range(shape[0]):
        for sample in range(shape[1]):
            window = image[max(line - half, 0) : line + half + 1, max(sample - half, 0) : sample + half + 1]
            if np.isnan(image[line, sample, 0]):
                assert np.isnan(result[line, sample]).all()
            else:
                np.testing.assert_allclose(result[line, sample], expected(window.reshape(-1, shape[2]), 0), rtol=1e-5)
    np.testing.assert_array_equal(image, before)
