"""The broad part of spectra, since noise is in all channels, and absorptions are broader."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray


def lowest_cosines(channels: int, count: int) -> FloatArray:
    """(channels, count) the lowest of the discrete cosine transform's waves, orthonormal; fewer where there are fewer channels."""
    position = (np.arange(channels) + 0.5) * np.pi / channels
    waves = np.cos(position[:, None] * np.arange(min(count, channels)))
    return waves / np.linalg.norm(waves, axis=0)
