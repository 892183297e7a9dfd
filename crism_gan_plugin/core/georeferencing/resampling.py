"""Planes of an image put on the map, by a lookup table."""

from __future__ import annotations

from typing import Callable

import numpy as np

from ..arrays import AnyArray, FloatArray, IntArray
from .lookup import Lookup


def place_nearest(planes: AnyArray, lookup: Lookup, nodata: float, rows: slice = slice(None)) -> AnyArray:
    """Each map pixel takes the value of the image's pixel whose centre is the nearest, in lines and samples: for classes.

    Parameters
    ----------
    planes
        (bands, lines, samples) of the whole image.
    lookup
        The image's lookup table.
    nodata
        Value of map pixels outside the scene.
    rows
        The lines of the map that are wanted; all by default.

    Returns
    -------
    (bands, lines, samples) of the map, in the same type.
    """
    line, sample = lookup.line[rows], lookup.sample[rows]
    out = np.full((len(planes), *line.shape), nodata, planes.dtype)
    seen = np.flatnonzero(np.isfinite(line))
    at = _nearest(line.ravel()[seen]) * planes.shape[2] + _nearest(sample.ravel()[seen])
    for plane, target in zip(planes, out):
        target.ravel()[seen] = plane.ravel()[at]
    return out


def place_bilinear(planes: AnyArray, lookup: Lookup, nodata: float = np.nan, rows: slice = slice(None)) -> FloatArray:
    """Each map pixel takes the weighted mean of the four pixels around its place: smoother cubes, of spectra that are mixed.

    Invalid (NaN) neighbours are left out; where the nearest pixel is invalid, so is the map's. Parameters and result are those of
    `place_nearest`, for float32 planes.
    """
    lines, samples = planes.shape[1:]
    out = np.full((len(planes), *lookup.line[rows].shape), nodata, planes.dtype)
    seen = np.flatnonzero(np.isfinite(lookup.line[rows]))
    line, sample = lookup.line[rows].ravel()[seen], lookup.sample[rows].ravel()[seen]
    nearest = _nearest(line) * samples + _nearest(sample)
    above, left = np.floor(line).astype(np.intp), np.floor(sample).astype(np.intp)
    down, right = line - above, sample - left
    corners = []
    for row, column, weight in (
        (above, left, (1 - down) * (1 - right)),
        (above, left + 1, (1 - down) * right),
        (above + 1, left, down * (1 - right)),
        (above + 1, left + 1, down * right),
    ):
        corners.append((np.clip(row, 0, lines - 1) * samples + np.clip(column, 0, samples - 1), weight))
    for plane, target in zip(planes.reshape(len(planes), -1), out):
        total, weights = np.zeros(seen.size, planes.dtype), np.zeros(seen.size, planes.dtype)
        for at, weight in corners:
            value = plane[at]
            valid = np.isfinite(value)
            total += np.where(valid, value * weight, 0)
            weights += np.where(valid, weight, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            target.ravel()[seen] = np.where(np.isfinite(plane[nearest]), total / weights, nodata)
    return out


def nearest_pixels(lookup: Lookup, rows: slice = slice(None)) -> FloatArray:
    """(2, lines, samples) float32: sample and line of the image's pixel that `place_nearest` takes; NaN outside the scene."""
    return np.stack([_rounded(plane[rows]) for plane in (lookup.sample, lookup.line)])


def _nearest(places: FloatArray) -> IntArray:
    """The whole line or sample that each place is nearest to."""
    return _rounded(places).astype(np.intp)


def _rounded(places: FloatArray) -> FloatArray:
    return np.floor(places + np.float32(0.5))


#: How cubes are put on the map, by name.
RESAMPLING: dict[str, Callable[..., AnyArray]] = {"nearest": place_nearest, "bilinear": place_bilinear}
