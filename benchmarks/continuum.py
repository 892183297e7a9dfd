"""Continuum removal: spectra a second and agreement, against `spectral.remove_continuum` (Spectral Python) in the same run.

    python3 benchmarks/continuum.py

Spectral Python comes from `pip install spectral`; without it only our own rate is measured.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Callable, Optional

import numpy as np
from measure import machine, seconds, table

from crism_gan_plugin.core.spectra.continuum import remove_continuum
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

COUNT = 100_000
THEIR_COUNT = 5_000


def spectra(noise: float, dtype: type = np.float32) -> np.ndarray:
    """Two bands on a bent continuum, with white noise."""
    smooth = 0.2 + 0.05 * np.sin((WAVELENGTHS_NM - 1000) / 400)
    for centre, width in ((1900, 40), (2200, 20)):
        smooth = smooth * (1 - 0.1 * np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / width) ** 2))
    return (smooth * (1 + np.random.default_rng(0).normal(0, noise, (COUNT, 240)))).astype(dtype)


def main() -> None:
    theirs: Optional[Callable[[np.ndarray, np.ndarray], np.ndarray]] = None
    with suppress(ImportError):
        theirs = import_module("spectral.algorithms.continuum").remove_continuum
    rows = []
    for name, noise in (("SNR 100", 0.01), ("SNR 1000", 0.001), ("no noise", 0.0)):
        data = spectra(noise)
        ours = COUNT / seconds(partial(remove_continuum, data, WAVELENGTHS_NM), 3)
        row = [name, f"{ours:,.0f}"]
        if theirs is not None:
            part = data[:THEIR_COUNT].astype(np.float64)
            rate = THEIR_COUNT / seconds(partial(theirs, part, WAVELENGTHS_NM), 3)
            difference = np.abs(theirs(part, WAVELENGTHS_NM) - remove_continuum(part, WAVELENGTHS_NM)).max()
            row += [f"{rate:,.0f}", f"{ours / rate:.1f}", f"{difference:.1e}"]
        rows.append(row)
    header = ["spectra", "ours, spectra/s", "Spectral Python, spectra/s", "ratio", "largest difference"]
    print(machine())
    print(table(header[: len(rows[0])], rows))


if __name__ == "__main__":
    main()
