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


def test_a_map_goes_on_beyond_its_edge_around_a_scene() -> None:
    """On the side of the scene's centre, at the same pace; away from the edge nothing changes."""
    projection = projection_of(mars_crs(EQUIRECTANGULAR))
    longitude, latitude = np.array([179.5, 179.9, -179.9, -179.5]), np.full(4, 12.0)
    per_degree = projection.period / 360
    x, y = projection.to_map_around(179.0, longitude, latitude)
    np.testing.assert_allclose(x, np.array([179.5, 179.9, 180.1, 180.5]) * per_degree, atol=1e-3)
    np.testing.assert_allclose(y, projection.to_map(longitude, latitude)[1], atol=1e-6)
    x, _ = projection.to_map_around(-179.0, longitude, latitude)
    np.testing.assert_allclose(x, np.array([-180.5, -180.1, -179.9, -179.5]) * per_degree, atol=1e-3)
    assert projection.crosses_edge(179.0, longitude)
    assert not projection.crosses_edge(-179.0, longitude[2:])
    np.testing.assert_allclose(
        projection.to_map_around(0.0, longitude, latitude), projection.to_map(longitude, latitude), atol=1e-6
    )


def test_polar_maps_have_no_edge() -> None:
    projection = projection_of(mars_crs("IAU_2015:49930"))
    longitude, latitude = np.array([179.5, -179.5]), np.full(2, 80.0)
    assert not projection.crosses_edge(179.0, longitude)
    np.testing.assert_allclose(  # metres: the edges of the map are one line, to some millimetres
        projection.to_map_around(179.0, longitude, latitude), projection.to_map(longitude, latitude), atol=0.01
    )
