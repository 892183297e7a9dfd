from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.denoise.background import tent_matrix, tent_rows

UNEVEN = np.cumsum(np.random.default_rng(3).uniform(5, 8, 40)) + 1000


def test_straight_lines_hold_no_tents():
    assert tent_matrix(UNEVEN) @ (3 - 0.01 * UNEVEN) == pytest.approx(0, abs=1e-10)


@given(st.integers(1, 38), st.floats(0.01, 3))
def test_a_tent_is_found_at_its_channel_with_its_height(peak: int, height: float):
    tent = height * np.interp(UNEVEN, [UNEVEN[0], UNEVEN[peak], UNEVEN[-1]], [0, 1, 0])
    expected = np.zeros(38)
    expected[peak - 1] = height
    assert tent_matrix(UNEVEN) @ tent == pytest.approx(expected, abs=1e-9)


def test_concave_curves_hold_tents_of_positive_height_only():
    assert (tent_matrix(UNEVEN) @ np.sqrt(UNEVEN - 990) > 0).all()
    assert (tent_matrix(UNEVEN) @ (UNEVEN / 1000) ** 2 < 0).all()


def test_columns_are_independent():
    both = np.stack([UNEVEN, UNEVEN + np.linspace(0, 9, 40)])
    assert np.array_equal(tent_rows(both)[1], tent_rows(both[1]))
    assert np.array_equal(tent_matrix(both)[0], tent_matrix(UNEVEN))
