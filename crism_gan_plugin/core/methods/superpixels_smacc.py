"""Superpixels, SMACC and the spectral angle, as HiiHAT does it (Gilmore and others 2011)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from ..mapping.levels import NO_DATA
from ..progress import Progress
from ..rasters.blocks import Block
from ..search.metrics import comparison
from ..segments.means import SegmentMeans
from ..segments.smacc import smacc
from ..segments.superpixels import PixelGraph
from ..spectra.continuum import remove_continuum
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.ratio import is_flat
from ..spectra.smoothing import savitzky_golay_matrix
from ..summary_parameters.medians import median
from .by_exemplars import AT_ONCE, pieces_of
from .classification import Classification
from .image import ComparedImage
from .limits import limited


@dataclass(frozen=True)
class SmaccParameters:
    """How segments, endmembers and the map are made.

    The defaults of HiiHAT 1.03 (JPL 2012), the authors' program, with its preset for CRISM's infrared images.

    Attributes
    ----------
    range_nm
        Channels that are used; the preset's.
    median_channels
        Width of the median along the spectrum; HiiHAT's 2 channels to both sides.
    scale
        *C* of Felzenszwalb and Huttenlocher 2004, in squared distances; HiiHAT's.
    least_pixels
        Smaller segments join a neighbour; HiiHAT's.
    endmembers
        How many are chosen; HiiHAT's.
    largest_rad
        Angle up to which an endmember has the name of an exemplar. HiiHAT leaves names to its user; this is the default of ENVI's
        Spectral Angle Mapper (Kruse and others 1993).
    """

    range_nm: tuple[float, float] = limited((1067.0, 2600.0), 1000, 2700, apart=100)
    median_channels: int = limited(5, 1, 31)
    scale: float = limited(0.001, 0)
    least_pixels: int = limited(20, 1)
    endmembers: int = limited(10, 1, 30)
    largest_rad: float = limited(0.1, 0, np.pi / 2)


def by_smacc(image: ComparedImage, parameters: SmaccParameters, progress: Progress) -> Classification:
    """Each pixel has the name of the endmember to which its angle is smallest, and an endmember that of the nearest exemplar."""
    low, high = parameters.range_nm
    used = np.flatnonzero((low <= WAVELENGTHS_NM) & (high >= WAVELENGTHS_NM))
    graph = PixelGraph(image.lines, image.samples)
    for _, spectra in _smoothed(image, parameters, progress.part(0, 0.3)):
        graph.add(spectra[..., used])
    segments = graph.segments(parameters.scale, parameters.least_pixels, progress.check)
    sums = SegmentMeans(int(segments.max()) + 1, WAVELENGTHS_NM.size)
    for first, spectra in _smoothed(image, parameters, progress.part(0.4, 0.7)):
        sums.add(segments[first : first + len(spectra)], spectra)
    means = sums.means()
    means = means[np.isfinite(means).all(1)]
    endmembers = means[smacc(means[:, used], parameters.endmembers, progress.check).chosen]
    codes, likeness = _names(image, endmembers)
    found = Classification.empty(image.lines, image.samples)
    assert found.best is not None
    compare = comparison("angle", endmembers[:, used] / endmembers[:, used].max(1, keepdims=True))
    for first, spectra in _smoothed(image, parameters, progress.part(0.7, 1)):
        lines = slice(first, first + len(spectra))
        there = image.valid[lines]
        scores = compare(np.ascontiguousarray(spectra[there][:, used], np.float32))
        nearest = scores.argmax(1)
        found.best[lines][there] = codes[nearest]
        found.scores[lines][there] = np.minimum(scores.max(1), likeness[nearest])  # the weaker of the two links
        sure = likeness[nearest] >= 1 - parameters.largest_rad / (np.pi / 2)
        found.codes[lines][there] = np.where(sure, codes[nearest], 0)
    found.codes[~image.valid] = NO_DATA
    return found


def _smoothed(image: ComparedImage, parameters: SmaccParameters, progress: Progress) -> Iterator[tuple[int, FloatArray]]:
    """First line and (lines, samples, 240) spectra of some lines at a time, at least 0, after the median along the spectrum."""
    reach = parameters.median_channels // 2
    for piece in pieces_of(Block(0, image.lines, 0, image.lines), max(1, AT_ONCE // image.samples), 0):
        spectra = np.maximum(image.reflectance(piece.first, piece.lines), 0)
        spectra[~image.valid[piece.first : piece.first + piece.lines]] = np.nan
        padded = np.pad(spectra, ((0, 0), (0, 0), (reach, reach)), mode="edge")
        shifted = np.stack([padded[..., k : k + spectra.shape[-1]].ravel() for k in range(2 * reach + 1)])
        yield piece.first, median(shifted).reshape(spectra.shape)
        progress.report((piece.first + piece.lines) / image.lines, f"{piece.first + piece.lines} of {image.lines} lines")


def _names(image: ComparedImage, endmembers: FloatArray) -> tuple[IntArray, FloatArray]:
    """(k,) uint8 class of the exemplar that each endmember resembles most, 0 where it is flat, and (k,) 1 − their angle / 90°."""
    smooth = endmembers @ savitzky_golay_matrix(WAVELENGTHS_NM.size)
    over_continuum = np.minimum(remove_continuum(smooth, WAVELENGTHS_NM), 1).astype(np.float32)
    scores = comparison("angle", image.library.spectra)(over_continuum)
    nearest = image.library.class_index[scores.argmax(1)]
    flat = is_flat(over_continuum, over_continuum)
    return np.where(flat, 0, image.class_codes[nearest]).astype(np.uint8), scores.max(1)
