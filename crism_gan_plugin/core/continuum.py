"""Continuum removal: the ratio of a spectrum to its upper convex hull (Clark & Roush 1984, J. Geophys. Res. 89, 6329).

The hull is exact, for all spectra of a block at once. A point that lies on or below the chord between any two other points of its
spectrum is no vertex of the upper hull, so all such points may be dropped *together*; what is left after no point lies below the
chord of its two neighbours is the hull (the test of the monotone chain, de Berg et al. 1997, ch. 1, applied to every point in
parallel). The spectra lie end to end in one long array that shrinks from pass to pass: noisy spectra lose half of their points a
pass, smooth concave ones are finished after one.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import numpy as np

FloatArray = np.ndarray

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
    """
    return _over_chunks(_ratio_of_chunk, spectra, wavelengths_nm)


def upper_hull(spectra: FloatArray, wavelengths_nm: FloatArray) -> FloatArray:
    """The continuum itself: the upper convex hull at every channel; shapes, NaN and errors as for `remove_continuum`."""
    return _over_chunks(_hull_of_chunk, spectra, wavelengths_nm)


def _over_chunks(function: Callable, spectra: FloatArray, wavelengths_nm: FloatArray) -> FloatArray:
    spectra = np.asarray(spectra)
    wavelengths = np.asarray(wavelengths_nm, np.float64)
    if spectra.ndim != 2 or wavelengths.shape != spectra.shape[1:]:
        raise ValueError(f"spectra {spectra.shape} must be (n, bands) with one wavelength a band, not {wavelengths.shape}")
    if np.any(np.diff(wavelengths) <= 0):
        raise ValueError("wavelengths must ascend")
    out = np.empty(spectra.shape, np.float32 if spectra.dtype == np.float32 else np.float64)

    def work(start: int) -> None:
        out[start : start + _CHUNK] = function(spectra[start : start + _CHUNK], wavelengths)

    starts = range(0, len(spectra), _CHUNK)
    workers = min(os.cpu_count() or 1, len(starts))
    if workers < 2:
        for start in starts:
            work(start)
    else:
        with ThreadPoolExecutor(workers) as pool:  # NumPy lets go of the interpreter lock in its loops
            list(pool.map(work, starts))
    return out


def _ratio_of_chunk(spectra: FloatArray, wavelengths: FloatArray) -> FloatArray:
    hull = _hull_of_chunk(spectra, wavelengths)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.divide(spectra, hull, out=hull)


def _hull_of_chunk(spectra: FloatArray, wavelengths: FloatArray) -> FloatArray:
    count, bands = spectra.shape
    # Spectra follow each other along one axis, each with an origin of its own; whole powers of two keep the subtraction exact.
    stride = 2.0 ** np.ceil(np.log2(4 * (wavelengths[-1] - wavelengths[0]) + 1))
    x = (wavelengths - wavelengths[0]) + stride * np.arange(count)[:, None]
    valid = np.isfinite(spectra)
    if valid.all() and bands >= 3:
        hull = _hull_of_points(x.ravel(), spectra.astype(np.float64, copy=False).ravel(), stride / 2)
        return hull.reshape(count, bands)
    hull = np.full((count, bands), np.nan)
    valid &= valid.sum(1, keepdims=True) >= 3
    if valid.any():
        hull[valid] = _hull_of_points(x[valid], spectra[valid].astype(np.float64), stride / 2)
    return hull


def _hull_of_points(x: FloatArray, y: FloatArray, widest: float) -> FloatArray:
    """The hull's value at every point; points further apart than ``widest`` belong to different spectra."""
    vertex = _hull_vertices(x, y, widest)
    x_vertex, y_vertex = x.take(vertex), y.take(vertex)
    slope = np.zeros(vertex.size)
    slope[:-1] = np.diff(y_vertex) / np.diff(x_vertex)
    points = np.diff(vertex, append=x.size)  # from each vertex to the next; none lies between two spectra
    hull = x - np.repeat(x_vertex, points)
    hull *= np.repeat(slope, points)
    hull += np.repeat(y_vertex, points)
    return hull


def _hull_vertices(x: FloatArray, y: FloatArray, widest: float) -> np.ndarray:
    """Indices of the hull's vertices; the ends of each spectrum always are vertices."""
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
