"""The kinds of formulas. Each takes the channels of some pixels, and gives one number for each of them.

Sources: Pelkey et al. (2007, doi 10.1029/2006JE002831); Viviano-Beck et al. (2014, doi 10.1002/2014JE004627); the public pipeline
routines of the instrument team (2011-2013), which say what their text leaves open. A continuum is a straight line between the
wavelengths of the bands that were really taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..arrays import FloatArray
from ..spectra.axis import FILTER_BOUNDARY_NM
from .channels import Channels
from .medians import median

#: Bands around each wavelength whose median is taken: for all of a formula, or one for each wavelength.
Widths = tuple[int, ...]


class Formula(Protocol):
    """What makes numbers (pixels,) of the channels of pixels; NaN where they cannot be told."""

    def __call__(self, channels: Channels) -> FloatArray: ...


def _line(channels: Channels, nm: float, ends: tuple[float, float], first: FloatArray, last: FloatArray) -> FloatArray:
    """The straight line between two numbers, at a wavelength."""
    low, high = (channels.wavelength(end) for end in ends)
    share = np.float32((channels.wavelength(nm) - low) / (high - low))
    return (1 - share) * first + share * last


@dataclass(frozen=True)
class Reflectance:
    """I/F at a wavelength."""

    nm: float
    width: int = 5

    def __call__(self, channels: Channels) -> FloatArray:
        return channels.at(self.nm, self.width)


@dataclass(frozen=True)
class ReflectanceRatio:
    """I/F at one wavelength over I/F at another."""

    over: float
    under: float
    width: int = 5

    def __call__(self, channels: Channels) -> FloatArray:
        return channels.at(self.over, self.width) / channels.at(self.under, self.width)


@dataclass(frozen=True)
class BandDepth:
    """How far the centre lies below the line between two shoulders: 1 − R(centre) / line."""

    shorter: float
    centre: float
    longer: float
    widths: Widths = (5, 5, 5)

    def sides(self, channels: Channels) -> tuple[FloatArray, FloatArray]:
        """R at the centre, and the line there."""
        low, centre, high = (channels.at(nm, width) for nm, width in zip((self.shorter, self.centre, self.longer), self.widths))
        return centre, _line(channels, self.centre, (self.shorter, self.longer), low, high)

    def __call__(self, channels: Channels) -> FloatArray:
        centre, line = self.sides(channels)
        return 1 - centre / line


@dataclass(frozen=True)
class ShoulderHeight(BandDepth):
    """How far the centre rises above the line between two points: 1 − line / R(centre)."""

    def __call__(self, channels: Channels) -> FloatArray:
        centre, line = self.sides(channels)
        return 1 - line / centre


@dataclass(frozen=True)
class Smaller:
    """The smaller of two band depths: above 0 only if both bands are there."""

    first: BandDepth
    second: BandDepth

    def __call__(self, channels: Channels) -> FloatArray:
        return np.minimum(self.first(channels), self.second(channels))


@dataclass(frozen=True)
class BelowLine:
    """Weighted depths of several bands below one line: Σ w (line − R) / |line|."""

    ends: tuple[float, float]
    weights: Mapping[float, float]
    width: int = 7
    other_widths: tuple[tuple[float, int], ...] = ()

    def __call__(self, channels: Channels) -> FloatArray:
        first, last = (channels.at(end, self.width) for end in self.ends)
        total = np.zeros_like(first)
        widths = dict(self.other_widths)
        for nm, weight in self.weights.items():
            line = _line(channels, nm, self.ends, first, last)
            depth = (line - channels.at(nm, widths.get(nm, self.width))) / abs(line)
            total += np.float32(weight) * depth
        return total


@dataclass(frozen=True)
class DropOff:
    """How much lower one group of bands lies than another, both over one line: 1 − mean(R / line) / mean(R / line)."""

    ends: tuple[float, float]
    over: tuple[float, ...]
    under: tuple[float, ...]
    end_width: int
    over_width: int
    under_width: int

    def __call__(self, channels: Channels) -> FloatArray:
        first, last = (channels.at(end, self.end_width) for end in self.ends)

        def mean(places: tuple[float, ...], width: int) -> FloatArray:
            parts = [channels.at(nm, width) / _line(channels, nm, self.ends, first, last) for nm in places]
            return np.asarray(sum(parts[1:], parts[0]) / len(parts))

        return 1 - mean(self.over, self.over_width) / mean(self.under, self.under_width)


@dataclass(frozen=True)
class Slope:
    """The fall of I/F from one wavelength to another, per µm."""

    low: float
    high: float

    def __call__(self, channels: Channels) -> FloatArray:
        fall = channels.at(self.low, 5) - channels.at(self.high, 5)
        return np.float32(1000 / (channels.wavelength(self.high) - channels.wavelength(self.low))) * fall


@dataclass(frozen=True)
class OfTwo:
    """1 − (1 − first) / (1 − second): one ice against another."""

    first: BandDepth
    second: BandDepth

    def __call__(self, channels: Channels) -> FloatArray:
        left, under = (1 - each(channels) for each in (self.first, self.second))
        return np.asarray(1 - left / under)


@dataclass(frozen=True)
class ExtendedSlope:
    """How far R lies below what the fall from ``far`` to ``near`` leads to if it goes on: 1 − R / (near · near / far)."""

    nm: float
    near: float
    far: float

    def __call__(self, channels: Channels) -> FloatArray:
        near = channels.at(self.near, 5)
        return 1 - channels.at(self.nm, 5) / (near * (near / channels.at(self.far, 5)))


@dataclass(frozen=True)
class IntegratedDepth:
    """
    Depth below a line, integrated over wavelength, in µm.

    The line goes through the upper quartile of 1330-1875 nm and the median of 2430-2600 nm, each at the median wavelength there.
    """

    low: float
    high: float

    def __call__(self, channels: Channels) -> FloatArray:
        short, bright = channels.within(1330, 1875)
        long, dark = channels.within(2430, 2600)
        ends = float(np.median(short)), float(np.median(long))
        first = channels.once("bright", lambda: _upper_quartile(bright))
        last = channels.once("dark", lambda: median(dark))
        wavelengths, planes = channels.within(self.low, self.high)
        share = ((wavelengths - ends[0]) / (ends[1] - ends[0])).astype(np.float32)[:, None]
        line = (1 - share) * first + share * last
        return _integral(wavelengths, 1 - planes / np.where(line > 0, line, np.float32(np.nan)))


@dataclass(frozen=True)
class VisiblePeak:
    """
    The maximum of a polynomial of the fourth order through the visible bands.

    Its wavelength in µm; or, with ``low`` and ``high``, the depth below its height integrated over these wavelengths, in µm.
    """

    low: float = 0.0
    high: float = 0.0

    BANDS_NM = (442, 533, 600, 710, 740, 775, 800, 833, 860, 892, 925)

    def __call__(self, channels: Channels) -> FloatArray:
        peak, height = channels.once("visible peak", lambda: self._maximum(channels))
        if self.low == self.high:
            return peak
        wavelengths, planes = channels.within(self.low, self.high)
        return _integral(wavelengths, 1 - planes / height)

    def _maximum(self, channels: Channels) -> FloatArray:
        """(2, pixels): wavelength in µm, and height."""
        places = np.array([channels.wavelength(nm) for nm in self.BANDS_NM])
        values = np.stack([channels.at(nm, 5) for nm in self.BANDS_NM])
        centre, half = (places[0] + places[-1]) / 2, (places[-1] - places[0]) / 2
        curve = np.linalg.pinv(np.vander((places - centre) / half, 5)).astype(np.float32) @ values
        steps = np.linspace(-1, 1, 25, dtype=np.float32)
        at = steps[(np.vander(steps, 5) @ curve).argmax(0)]
        left, right = (np.clip(at + side * (steps[1] - steps[0]), -1, 1) for side in (-1, 1))
        first, second = curve[:4] * _POWERS[:, None], curve[:3] * (_POWERS[:3] * _POWERS[1:])[:, None]
        for _ in range(3):  # Newton's steps towards the top, within the neighbouring steps of the search
            bend = _polynomial(second, at)
            at = np.clip(at - np.where(bend < 0, _polynomial(first, at) / bend, 0), left, right).astype(np.float32)
        height = _polynomial(curve, at)
        return np.stack([np.where(np.isnan(height), height, ((centre + half * at) / 1000).astype(np.float32)), height])


#: Factors of the derivative of a polynomial of the fourth order.
_POWERS = np.array([4, 3, 2, 1], np.float32)


def _polynomial(coefficients: FloatArray, at: FloatArray) -> FloatArray:
    """Values of polynomials, one for each pixel, highest power first (Horner)."""
    value = coefficients[0]
    for each in coefficients[1:]:
        value = value * at + each
    return value


@dataclass(frozen=True)
class LineVariance:
    """Variance of I/F about the straight line that fits it best, between two wavelengths but for the filter boundary."""

    low: float
    high: float

    def __call__(self, channels: Channels) -> FloatArray:
        wavelengths, planes = channels.within(self.low, self.high)
        boundary = (wavelengths > FILTER_BOUNDARY_NM[0]) & (wavelengths < FILTER_BOUNDARY_NM[1])
        x, y = wavelengths[~boundary] / 1000, planes[~boundary]
        variance = _variance_about_line(x, y)
        missing = np.flatnonzero(np.isnan(variance))
        for pixel in missing:  # few, and each lacks other bands
            valid = np.isfinite(y[:, pixel])
            if valid.sum() > 2:
                variance[pixel] = _variance_about_line(x[valid], y[valid, pixel, None])[0]
        return variance


def _variance_about_line(x: FloatArray, y: FloatArray) -> FloatArray:
    """(pixels,) variance of (bands, pixels) about their straight lines over x."""
    lines = np.linalg.qr(np.vander(x - x.mean(), 2))[0].astype(np.float32)
    rest = y - lines @ (lines.T @ y)
    return np.asarray(np.einsum("ij,ij->j", rest, rest) / np.float32(x.size - 1))


def _upper_quartile(planes: FloatArray) -> FloatArray:
    """(pixels,) upper quartile of the valid numbers of (bands, pixels)."""
    place = 0.75 * (len(planes) - 1)
    below, share = int(place), np.float32(place % 1)
    ordered = np.partition(planes.T.copy(), (below, min(below + 1, len(planes) - 1)), axis=1)
    found = ordered[:, below] * (1 - share) + ordered[:, min(below + 1, len(planes) - 1)] * share
    missing = np.flatnonzero(np.isnan(planes).any(0))
    found[missing] = np.nan
    partly = missing[np.isfinite(planes[:, missing]).any(0)]
    if partly.size:
        found[partly] = np.nanquantile(planes[:, partly], 0.75, axis=0)
    return np.asarray(found, np.float32)


def _integral(wavelengths_nm: FloatArray, depths: FloatArray) -> FloatArray:
    """Trapezoids over the bands, in µm. A band that is missing counts as the mean of the others."""
    width = np.gradient(wavelengths_nm / 1000)
    width[[0, -1]] /= 2
    weights = width.astype(np.float32)
    valid = np.isfinite(depths)
    with np.errstate(invalid="ignore"):
        return np.asarray(weights @ np.where(valid, depths, 0) / (weights @ valid.astype(np.float32)) * weights.sum())
