"""Box means against a slow mean over windows."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.mapping.smoothing import box_mean


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("shape", [(7, 9, 4), (1, 9, 4), (7, 1, 4), (2, 2, 4), (1, 1, 4)])
def test_equals_the_mean_of_valid_neighbours(size: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    image = rng.random(shape).astype(np.float32)
    image[rng.random(shape[:2]) < 0.3] = np.nan
    before = image.copy()
    result = box_mean(image, size)
    half = size // 2
    for line in range(shape[0]):
        for sample in range(shape[1]):
            window = image[max(line - half, 0) : line + half + 1, max(sample - half, 0) : sample + half + 1]
            if np.isnan(image[line, sample, 0]):
                assert np.isnan(result[line, sample]).all()
            else:
                np.testing.assert_allclose(result[line, sample], np.nanmean(window.reshape(-1, shape[2]), 0), rtol=1e-5)
    np.testing.assert_array_equal(image, before)
