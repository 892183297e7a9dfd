"""The QGIS styles of source index, overlap count and similarity."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping

import numpy as np

from ..mapping.legend import RAMP, Patch, paletted_qml, ramp_qml

RGB = tuple[int, int, int]

#: Part of the colour circle between successive hues. It keeps neighbouring numbers from looking alike.
_GOLDEN = 0.618033988749895

#: The lowest similarity with a colour of its own. No threshold is ever set lower, so one colour serves below it.
_LEAST_SIMILARITY = 0.7


def source_qml(names: Mapping[int, str]) -> str:
    """A style with a colour and the name of each map. The values are their numbers."""
    return paletted_qml([Patch(number, _distinct(number), 255, f"{number} {name}") for number, name in names.items()])


def count_qml(most: int) -> str:
    """A style with a colour for each number of maps from 1 to ``most``."""
    return paletted_qml([Patch(n, _on_ramp((n - 1) / max(most - 1, 1)), 255, _maps(n)) for n in range(1, most + 1)])


def similarity_qml() -> str:
    """A style with a ramp of colours from no resemblance to a similarity of 1."""
    return ramp_qml(_LEAST_SIMILARITY, 1.0)


def _maps(number: int) -> str:
    return "1 map" if number == 1 else f"{number} maps"


def _distinct(number: int) -> RGB:
    hue, ring = number * _GOLDEN % 1, number // 8 % 3
    red, green, blue = colorsys.hsv_to_rgb(hue, (0.65, 0.9, 0.45)[ring], (0.9, 0.7, 0.95)[ring])
    return round(255 * red), round(255 * green), round(255 * blue)


def _on_ramp(share: float) -> RGB:
    steps = np.linspace(0, 1, len(RAMP))
    red, green, blue = (round(float(np.interp(share, steps, channel))) for channel in zip(*RAMP))
    return red, green, blue
