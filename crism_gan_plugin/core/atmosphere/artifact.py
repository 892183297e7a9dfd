"""What a volcano-scan correction leaves behind around 2 µm: the gas band's shape depends on pressure, and the scan's is another.

The records say what a scan leaves of itself; a multiple of that is added to each spectrum. As in the instrument team's analysis
toolkit (CAT), it is the multiple that leaves no likeness between spectrum and artifact after both lost all that is broader than
three channels: so the artifact's fine structure decides, and a mineral's broad band stays. CAT searches it by Newton's method; the
condition is linear, so here it is solved.
"""

from __future__ import annotations

import numpy as np

from .records import Transmission


def remove_artifact(corrected: np.ndarray, transmission: Transmission, pair: str) -> np.ndarray:
    """Corrected spectra R without the correction's artifact A: R + k A with k = -Σ h(R) h(A) / Σ h(A)².

    h takes the mean of three channels away.

    Parameters
    ----------
    corrected
        (lines, columns, bands) I/F after division by T^b; NaN is no data.
    transmission
        Of the image's columns.
    pair
        The one that the spectra were corrected with.

    Returns
    -------
    (lines, columns, bands) in the same precision, NaN where it was before; unchanged where the record has no artifact.
    """
    artifact = transmission.artifacts[pair].astype(corrected.dtype)
    inside = np.flatnonzero(artifact.any(0))
    if not inside.size:
        return corrected
    around = slice(max(inside[0] - 1, 0), inside[-1] + 2)
    fine, shape = _fine_structure(corrected[..., around]), _fine_structure(artifact[:, around])
    seen = np.isfinite(fine)
    likeness = np.einsum("lcb,cb->lc", np.where(seen, fine, 0), shape)
    power = np.einsum("lcb,cb->lc", seen.astype(shape.dtype), shape**2)
    amount = np.divide(likeness, power, out=np.zeros_like(likeness), where=power > 0)
    out = corrected.copy()
    out[..., around] -= amount[..., np.newaxis] * artifact[:, around]
    return out


def _fine_structure(spectra: np.ndarray) -> np.ndarray:
    """Without the mean of three channels; one channel shorter at both ends."""
    return spectra[..., 1:-1] - (spectra[..., :-2] + spectra[..., 1:-1] + spectra[..., 2:]) / 3
