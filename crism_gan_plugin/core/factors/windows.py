"""Many small regions of an image at once."""

from __future__ import annotations

import numpy as np

from ..arrays import FloatArray, IntArray
from .channels import SMOOTH_CURVES, beyond_parabola

#: Most vectors of a window (Thomas & Bandfield 2017: about 10).
MOST_VECTORS = 10

#: Noise alone stays below its largest possible moment in all but one of very many windows, if that is raised so much.
_MARGIN = 1.1


def window_places(lines: int, samples: int, size: tuple[int, int], step: int) -> tuple[IntArray, IntArray]:
    """First lines and first samples of the windows that cover an image; the last ones end with it.

    Examples
    --------
    >>> from crism_gan_plugin.core.factors.windows import window_places
    >>> [places.tolist() for places in window_places(10, 6, (4, 6), 4)]
    [[0, 4, 6], [0]]
    """
    found = []
    for length, width in zip((lines, samples), size):
        last = max(length - width, 0)
        found.append(np.unique(np.append(np.arange(0, last + 1, step), last)))
    return found[0], found[1]


def windows_of(cube: FloatArray, first_line: int, first_samples: IntArray, size: tuple[int, int]) -> FloatArray:
    """(windows, pixels, channels) the windows of an image (lines, samples, channels) that begin at one line."""
    height, width = size
    columns = np.minimum(first_samples[:, None] + np.arange(width), cube.shape[1] - 1)
    found = cube[first_line : first_line + height, columns]  # (lines, windows, width, channels)
    return found.transpose(1, 0, 2, 3).reshape(len(first_samples), -1, cube.shape[2])


def vectors_beyond_parabola(windows: FloatArray, noise: float) -> FloatArray:
    """The directions beyond a parabola in which the pixels of a window differ from 0 by more than noise can.

    Parameters
    ----------
    windows
        (windows, pixels, channels); pixels without data are NaN, and count as 0.
    noise
        Standard deviation of a channel's noise.

    Returns
    -------
    (windows, channels, `MOST_VECTORS`) orthonormal, the strongest first; columns are 0 where there are fewer.
    """
    rest = beyond_parabola(np.nan_to_num(windows))
    moments, mixtures = np.linalg.eigh(rest @ rest.transpose(0, 2, 1))
    moments, mixtures = moments[:, ::-1][:, :MOST_VECTORS], mixtures[:, :, ::-1][:, :, :MOST_VECTORS]
    pixels = np.isfinite(windows[:, :, 0]).sum(1)
    edge = largest_of_noise(noise, pixels, windows.shape[2] - SMOOTH_CURVES)
    scale = np.where(moments > edge[:, None], 1 / np.sqrt(np.maximum(moments, 1e-30)), 0)
    return rest.transpose(0, 2, 1) @ (mixtures * scale[:, None])


def largest_of_noise(noise: float, pixels: IntArray, channels: int) -> FloatArray:
    """What no second moment of pixels of white noise alone exceeds: noise² (√pixels + √channels)² (Marchenko & Pastur 1967)."""
    return np.asarray(_MARGIN * noise**2 * (np.sqrt(pixels) + np.sqrt(channels)) ** 2)


def leading_vectors(windows: FloatArray, most: int = MOST_VECTORS) -> FloatArray:
    """(windows, channels, most) orthonormal directions of the largest second moments of the pixels as they are.

    Nothing is taken away first: where the mean is (as in Lin's published default), targets have to be made without the ground's
    mean, which only works where brightness varies much.
    """
    pixels = np.nan_to_num(windows)
    moments, mixtures = np.linalg.eigh(pixels @ pixels.transpose(0, 2, 1))
    moments, mixtures = moments[:, ::-1][:, :most], mixtures[:, :, ::-1][:, :, :most]
    there = moments > 1e-7 * moments[:, :1]
    scale = np.where(there, 1 / np.sqrt(np.maximum(moments, 1e-30)), 0)
    return pixels.transpose(0, 2, 1) @ (mixtures * scale[:, None])
