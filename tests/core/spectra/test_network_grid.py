"""The network's grid: the numbers that every network was trained on, to the last bit."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM


def test_the_numbers_are_those_that_the_networks_know():
    """The checksum of the 240 numbers as they stood in the code before they had a file of their own."""
    numbers = np.ascontiguousarray(WAVELENGTHS_NM, "<f8").tobytes()
    assert hashlib.sha256(numbers).hexdigest() == "2c15edd76b75f62e09e648741ddaba509032103c667530f2bdf6a9072e5e9299"


def test_the_grid_is_the_sweet_spots():
    assert WAVELENGTHS_NM.shape == (240,)
    assert WAVELENGTHS_NM.dtype == np.float64
    assert WAVELENGTHS_NM[[0, 120, -1]].tolist() == [1027.55, 1815.98, 2602.12]
    assert ((np.diff(WAVELENGTHS_NM) > 6.5) & (np.diff(WAVELENGTHS_NM) < 6.7)).all()


def test_nobody_can_change_the_grid():
    with pytest.raises(ValueError, match="read-only"):
        WAVELENGTHS_NM[0] = 0.0
