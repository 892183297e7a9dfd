"""Map coordinates and degrees."""

from __future__ import annotations

import numpy as np

from crism_gan_plugin.core.mars.crs import EQUIRECTANGULAR, mars_crs
from crism_gan_plugin.core.mars.projection import projection_of


def test_beyond_the_poles_of_a_cylindrical_map_there_is_no_planet() -> None:
    projection = projection_of(mars_crs(EQUIRECTANGULAR))
    metres_per_degree = np.pi / 180 * 3396190
    x, y = np.full(4, 10 * metres_per_degree), np.array([89, 91, -89, -95]) * metres_per_degree
    longitude, latitude = projection.to_degrees(x, y)
    np.testing.assert_allclose(latitude, [89, np.nan, -89, np.nan], rtol=1e-9)
    np.testing.assert_allclose(longitude, [10, np.nan, 10, np.nan], rtol=1e-9)
