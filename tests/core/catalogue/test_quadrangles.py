"""Quadrangles of Mars: every place lies in one, and known places lie in theirs."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.catalogue.quadrangles import QUADRANGLES, quadrangle_of


@pytest.mark.parametrize(
    "longitude, latitude, title",
    [
        (77.5, 18.4, "MC-13 Syrtis Major"),  # Jezero
        (137.4, -4.6, "MC-23 Aeolis"),  # Gale
        (-47.9, 22.5, "MC-10 Lunae Palus"),  # Viking 1
        (335.7, 25.1, "MC-11 Oxia Palus"),  # Mawrth Vallis, 24.3 W
        (-133.8, 18.7, "MC-09 Tharsis"),  # Olympus Mons
        (60.0, -45.0, "MC-28 Hellas"),
        (175.5, -14.6, "MC-23 Aeolis"),  # Gusev
        (180.0, 0.0, "MC-08 Amazonis"),
        (-180.0, -0.1, "MC-16 Memnonia"),
        (12.0, 87.0, "MC-01 Mare Boreum"),
        (12.0, -65.0, "MC-30 Mare Australe"),
    ],
)
def test_known_places(longitude: float, latitude: float, title: str) -> None:
    assert quadrangle_of(longitude, latitude).title == title


def test_each_quadrangle_has_a_place_and_they_are_numbered_in_order() -> None:
    assert [each.number for each in QUADRANGLES] == list(range(1, 31))
    rng = np.random.default_rng(0)
    latitudes = np.degrees(np.arcsin(rng.uniform(-1, 1, 3000)))
    found = {quadrangle_of(*each).number for each in zip(rng.uniform(-360, 360, 3000), latitudes)}
    assert found == set(range(1, 31))
