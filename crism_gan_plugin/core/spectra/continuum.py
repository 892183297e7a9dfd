"""Continuum removal: the ratio of a spectrum to its upper convex hull (Clark & Roush 1984, J. Geophys. Res. 89, 6329).

The hull is exact and is found for all spectra of a block at once. A point that lies on or below the chord between any two other
points of its spectrum is no vertex of the upper hull, so all such points may be dropped *together*. When no point lies below the
chord of its two neighbours any more, what is left is the hull. (This is the test of the monotone chain, de Berg et al. 1997, ch. 1,
applied to every point in parallel.) The spectra lie end to end in one long array that shrinks from pass to pass. Noisy spectra lose
half of their points in each pass; smooth concave ones are finished after one.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..compute.memory import keep_freed_memory

#: Spectra worked on together: their points and the temporaries stay in the processor's cache.
_CHUNK = 512


def remove_continuum(spectra: FloatArray, wavelengths_nm: FloatArray) -> FloatArray:
    """Spectra divided by their upper convex hull.

    Parameters
    ----------
    spectra
        (n, bands) I/F or reflectance. NaN channels are skipped and stay NaN.
    wavelengths_nm
        (bands,) nm, ascending.

    Returns
    -------
    (n, bands), 1 on the continuum, float32 for float32 spectra and float64 else. A spectrum with fewer than 3 valid channels is all
    NaN.

    Raises
    ------
    ValueError
        If the shapes disagree or the wavelengths do not ascend.

    Examples
    --------
    The absorption at 1900 nm is 15 % deep below the chord from 1500 to 2600 nm:

    >>> import numpy as np
    >>> wavelengths = np.array([1100.0, 1500.0, 1900.0, 2300.0, 2600.0])
    >>> spectrum = np.array([[0.20, 0.22, 0.18, 0.20, 0.20]])
    >>> remove_continuum(spectrum, wavelengths).round(3).tolist()
    [[1.0, 1.0, 0.846, 0.973, 1.0]]

    A missing channel is left out, and stays missing:

    >>> spectrum[0, 3] = np.nan
    >>> remove_continuum(spectrum, wavelengths).round(3).tolist()
    [[1.0, 1.0, 0.846, nan, 1.0]]
    """
    return _over_chunks(_ratio_of_chunk, spectra, wavelengths_nm)


def upper_hull(spectra: FloatArray, wavelengths_nm: FloatArray) -> FloatArray:
    """The continuum itself: the upper convex hull at every channel; shapes, NaN and errors as for `remove_continuum`."""
    return _over_chunks(_hull_of_chunk, spectra, wavelengths_nm)


def _over_chunks(
    function: Callable[[FloatArray, _Line], FloatArray], spectra: FloatArray, wavelengths_nm: FloatArray
) -> FloatArray:
    spectra = np.asarray(spectra)
    wavelengths = np.asarray(wavelengths_nm, np.float64)
    if spectra.ndim != 2 or wavelengths.shape != spectra.shape[1:]:
        raise ValueError(f"spectra {spectra.shape} must be (n, bands) with one wavelength a band, not {wavelengths.shape}")
    if np.any(np.diff(wavelengths) <= 0):
        raise ValueError("wavelengths must ascend")
    if spectra.dtype != np.float32:
        spectra = spectra.astype(np.float64, copy=False)
    out = np.empty(spectra.shape, spectra.dtype)
    line = _Line.of(wavelengths, min(_CHUNK, len(spectra)))
    keep_freed_memory()

    def work(start: int) -> None:
        out[start : start + _CHUNK] = function(spectra[start : start + _CHUNK], line)

    starts = range(0, len(spectra), _CHUNK)
    workers = min(os.cpu_count() or 1, len(starts))
    if workers < 2:
        for start in starts:
            work(start)
    else:
        with ThreadPoolExecutor(workers) as pool:  # NumPy lets go of the interpreter lock in its loops
            list(pool.map(work, starts))
    return out


@dataclass(frozen=True)
class _Line:
    """The one axis along which the spectra of a chunk follow each other.

    Attributes
    ----------
    x
        Place of every channel of every spectrum. Spectra begin whole powers of two apart, so that differences stay exact.
    widest
        Points further apart belong to different spectra.
    per_step
        (bands − 1,) one over the distance of neighbouring channels.
    """

    x: FloatArray
    widest: float
    per_step: FloatArray

    @staticmethod
    def of(wavelengths: FloatArray, spectra: int) -> _Line:
        stride = 2.0 ** np.ceil(np.log2(4 * np.ptp(wavelengths) + 1)) if wavelengths.size else 1.0
        x = (wavelengths - wavelengths[:1]) + stride * np.arange(spectra)[:, None]
        return _Line(x.ravel(), stride / 2, 1 / np.diff(wavelengths))


def _ratio_of_chunk(spectra: FloatArray, line: _Line) -> FloatArray:
    hull = _hull_of_chunk(spectra, line)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(spectra, hull, out=hull)


def _hull_of_chunk(spectra: FloatArray, line: _Line) -> FloatArray:
    valid = np.isfinite(spectra)
    complete = bool(valid.all()) and spectra.shape[1] >= 3
    if not complete:
        valid &= valid.sum(1, keepdims=True) >= 3
        if not valid.any():
            return np.full(spectra.shape, np.nan)
    candidates = np.flatnonzero(_above_neighbours(spectra, line) if complete else valid)
    x, y = line.x.take(candidates), spectra.ravel().take(candidates).astype(np.float64)
    hull = _chords(x, y, _hull_vertices(x, y, line.widest), candidates, line.x[: spectra.size])
    hull = hull.reshape(spectra.shape)
    if not complete:
        hull[~valid] = np.nan
    return hull


def _above_neighbours(spectra: FloatArray, line: _Line) -> BoolArray:
    """The first pass of `_hull_vertices`, cheaper as long as every spectrum has all its channels."""
    slope = spectra[:, 1:] - spectra[:, :-1]
    slope *= line.per_step.astype(slope.dtype)
    keep = np.ones(spectra.shape, bool)
    np.greater(slope[:, :-1], slope[:, 1:], out=keep[:, 1:-1])
    return keep


def _hull_vertices(x: FloatArray, y: FloatArray, widest: float) -> IntArray:
    """Which points are the hulls' vertices; the ends of each spectrum always are."""
    vertex = np.arange(x.size)
    while True:
        slope = np.diff(y)
        slope /= np.diff(x)
        keep = np.ones(x.size, bool)
        np.greater(slope[:-1], slope[1:], out=keep[1:-1])
        keep[1:-1] |= x[2:] - x[:-2] > widest
        left = np.flatnonzero(keep)
        if left.size == vertex.size:
            return vertex
        # take() by index is several times faster than a boolean mask that follows no pattern
        vertex, x, y = vertex.take(left), x.take(left), y.take(left)


def _chords(x: FloatArray, y: FloatArray, vertex: IntArray, candidates: IntArray, everywhere: FloatArray) -> FloatArray:
    """Straight lines from vertex to vertex, at every place of the line; no place lies between two spectra."""
    x, y = x.take(vertex), y.take(vertex)
    slope = np.zeros(vertex.size)
    slope[:-1] = np.diff(y) / np.diff(x)
    chord = np.zeros(everywhere.size, np.intp)
    chord[candidates.take(vertex)[1:]] = 1
    np.cumsum(chord, out=chord)
    hull = slope.take(chord)
    hull *= everywhere
    hull += (y - slope * x).take(chord)
    return hull
