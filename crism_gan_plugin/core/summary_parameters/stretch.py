"""How numbers become brightness: one straight line for each parameter, from the image's own quantiles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import AnyArray, FloatArray

#: Quantiles that become dark and bright.
_DARK, _BRIGHT = 0.05, 0.99

#: A range is at least so wide, so that noise about 0 stays dark.
_LEAST_WIDTH = 0.01

#: The value of no data in a browse product, as in the archive's.
NO_COLOUR = 255

#: About how many pixels tell the quantiles.
SAMPLED_PIXELS = 200_000


def sampled_lines(lines: int, samples: int) -> int:
    """Every how many lines one is sampled."""
    return max(1, -(-lines * samples // SAMPLED_PIXELS))


def limits_of(numbers: Sequence[FloatArray]) -> tuple[float, float]:
    """
    The numbers that are shown dark and bright.

    Dark is the quantile .05, but not below 0: a band depth below 0 is no band. Bright is the quantile .99.
    """
    together = np.concatenate([each.ravel() for each in numbers]) if numbers else np.empty(0, np.float32)
    valid = together[np.isfinite(together)]
    if not valid.size:
        return 0.0, _LEAST_WIDTH
    dark, bright = np.quantile(valid, [_DARK, _BRIGHT]).tolist()
    dark = max(dark, 0.0)
    return dark, max(bright, dark + _LEAST_WIDTH)


def colours(planes: FloatArray, limits: Sequence[tuple[float, float]]) -> AnyArray:
    """(3, lines, samples) uint8 of numbers: 0 dark, 254 bright; 255 where one of the three is NaN."""
    scaled = [(plane - low) * np.float32((NO_COLOUR - 1) / (high - low)) for plane, (low, high) in zip(planes, limits)]
    missing = np.isnan(scaled).any(0)
    shown = np.clip(np.nan_to_num(np.array(scaled)), 0, NO_COLOUR - 1)
    result = np.rint(shown).astype(np.uint8)
    result[:, missing] = NO_COLOUR
    return result
