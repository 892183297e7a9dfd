"""The three ways to a corrected image that the denoiser's proof compares, arrays in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Callable, Optional

import measure  # noqa: F401 - puts the repository on the path
import numpy as np

from crism_gan_plugin.core.atmosphere import Transmission, volcano_scan_correction
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.resampling import fill_missing
from crism_gan_plugin.core.spectra.smoothing import savitzky_golay_matrix

if TYPE_CHECKING:
    from crism_gan_plugin.core.denoise import SurfaceLibrary


@dataclass(frozen=True)
class Denoised:
    """A method's result, (lines, columns, bands).

    Attributes
    ----------
    corrected
        I/F without atmosphere.
    smooth
        Its noise-free model, or what stands in for it.
    bad
        Entries that were taken for no measurement; None for methods that look for none.
    path, transmission
        (lines, columns) and (columns, bands) of the air and the detector that were found, or None.
    """

    corrected: np.ndarray
    smooth: np.ndarray
    bad: Optional[np.ndarray] = None
    path: Optional[np.ndarray] = None
    transmission: Optional[np.ndarray] = None


Method = Callable[[np.ndarray, SpectralAxis, Sequence[Transmission]], Denoised]


def usual_practice(seen: np.ndarray, axis: SpectralAxis, scans: Sequence[Transmission]) -> Denoised:
    """R / T^b with the first scan, then Savitzky & Golay over 11 channels."""
    corrected = volcano_scan_correction(seen, scans[0], patch=False)
    return Denoised(corrected, _smoothed(corrected, axis))


def quick_mode(seen: np.ndarray, axis: SpectralAxis, scans: Sequence[Transmission]) -> Denoised:
    """The quick mode: R / T^b without its artifact; smoothed in the same way where a model is asked for."""
    corrected = volcano_scan_correction(seen, scans[0])
    return Denoised(corrected, _smoothed(corrected, axis))


def full_mode(left_out: Sequence[str] = (), device: str = "cpu") -> Method:
    """The full mode, with a library that lacks the spectra in whose names one of these words occurs."""
    from crism_gan_plugin.core.denoise import denoise_columns, surface_library

    library = without(surface_library(), left_out)

    def method(seen: np.ndarray, axis: SpectralAxis, scans: Sequence[Transmission]) -> Denoised:
        columns = np.broadcast_to(axis.wavelengths_nm, seen.shape[1:]) if axis.by_column_nm is None else axis.by_column_nm
        starts = [start for scan in scans for start in scan.starts()]
        found = denoise_columns(seen, columns, starts, library, device=device)
        return Denoised(found.corrected, found.model, found.bad, found.path, found.transmission)

    return method


def without(library: SurfaceLibrary, words: Sequence[str]) -> SurfaceLibrary:
    """The library of absorptions without the spectra whose names hold one of these words."""
    kept = [k for k, name in enumerate(library.names) if not any(word in name for word in words)]
    tables = len(library.bands)
    return replace(
        library,
        names=tuple(library.names[k] for k in kept),
        bands=tuple(library.bands[k] for k in kept if k < tables),
        sampled=library.sampled[[k - tables for k in kept if k >= tables]],
    )


def _smoothed(spectra: np.ndarray, axis: SpectralAxis) -> np.ndarray:
    """Missing channels interpolated, then Savitzky & Golay as in the pipeline."""
    inside = np.isfinite(spectra).any((0, 1))
    out = np.full(spectra.shape, np.nan)
    matrix = savitzky_golay_matrix(int(inside.sum()))
    out[..., inside] = fill_missing(spectra[..., inside].astype(float), axis.wavelengths_nm[inside]) @ matrix
    return out
