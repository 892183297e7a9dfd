"""Colour arithmetic for the legend: how different two colours look, to whom, and the paler tint of a guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..arrays import FloatArray, IntArray

#: sRGB primaries to CIE XYZ, D65 white (IEC 61966-2-1).
_XYZ_FROM_RGB = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
_WHITE_XYZ = _XYZ_FROM_RGB.sum(1)

#: What a person without green cones sees, on linear RGB (Machado, Oliveira & Fernandes 2009, IEEE TVCG 15, 1291; severity 1).
_DEUTERANOPIA = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])

#: Two legend entries must differ by at least this (a trained eye sees about 2.3 side by side; patches on a map are apart).
LEAST_DIFFERENCE = 8.0

#: A guess is painted this far from its class's colour towards white.
TINT = 0.45


def lab(rgb: FloatArray) -> FloatArray:
    """CIE 1976 L*a*b* of sRGB colours.

    Parameters
    ----------
    rgb
        (..., 3) in 0 … 255.

    Returns
    -------
    (..., 3) L* 0 … 100, a*, b*.
    """
    relative = _linear(rgb) @ _XYZ_FROM_RGB.T / _WHITE_XYZ
    root = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], -1)


def delta_e76(one: FloatArray, other: FloatArray) -> FloatArray:
    """CIE 1976 difference ΔE of sRGB colours (..., 3) in 0 … 255: their distance in `lab`."""
    return np.linalg.norm(lab(one) - lab(other), axis=-1)


def deuteranopia(rgb: FloatArray) -> FloatArray:
    """sRGB colours, (..., 3) in 0 … 255, as a person without green cones sees them."""
    return _gamma(np.clip(_linear(rgb) @ _DEUTERANOPIA.T, 0, 1))


def guess_tint(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour of a guess: the class's colour, paler."""
    red, green, blue = (round(channel + TINT * (255 - channel)) for channel in rgb)
    return red, green, blue


def distinct_colours(taken: Sequence[tuple[int, int, int]], count: int) -> list[tuple[int, int, int]]:
    """Colours that look unlike each other and unlike those that are taken, tints of guesses and eyes without green cones included.

    One after the other, each is the one of a lattice whose least difference from all before it is largest. So the same colours
    always come out, and more of them begin like fewer.
    """
    steps = np.arange(0, 256, 17)
    lattice = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    seen = _as_seen(lattice)
    nearest = np.full(len(lattice), np.inf)
    chosen: list[tuple[int, int, int]] = []
    for rgb in taken:
        nearest = np.minimum(nearest, _least_difference(seen, _as_seen(np.array([rgb]))))
    white = _least_difference(seen, _as_seen(np.array([[255, 255, 255]])))
    nearest = np.minimum(nearest, white)  # nothing on a map is white
    for _ in range(count):
        place = int(nearest.argmax())
        red, green, blue = lattice[place].tolist()
        chosen.append((red, green, blue))
        nearest = np.minimum(nearest, _least_difference(seen, seen[:, :, [place]]))
    return chosen


def _as_seen(rgb: IntArray) -> FloatArray:
    """(2 eyes, 2 levels, n, 3) `lab` of colours (n, 3) and of their tints."""
    levels = np.stack([rgb, np.round(rgb + TINT * (255 - rgb))]).astype(float)
    return np.stack([lab(levels), lab(deuteranopia(levels))])


def _least_difference(seen: FloatArray, other: FloatArray) -> FloatArray:
    """(n,) smallest ΔE between either level of colours (2, 2, n, 3) and either of one other (2, 2, 1, 3)."""
    pairs = [np.linalg.norm(seen[:, one] - other[:, two], axis=-1).min(0) for one in (0, 1) for two in (0, 1)]
    least: FloatArray = np.min(pairs, axis=0)
    return least


def _linear(rgb: FloatArray) -> FloatArray:
    value = np.asarray(rgb, float) / 255
    return np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)


def _gamma(linear: FloatArray) -> FloatArray:
    return 255.0 * np.where(linear > 0.0031308, 1.055 * np.power(linear, 1 / 2.4) - 0.055, 12.92 * linear)
