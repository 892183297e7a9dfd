"""Whether an image has been corrected for the atmosphere. In raw I/F the CO2 band at 2 µm takes half of the signal."""

from __future__ import annotations

import numpy as np

from ..products.scene import Scene
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import GridResampler

#: Measured in raw TRR3 cubes: I/F(2007 nm) / I/F(1980 nm) is 0.55-0.60; hardly any mineral reaches this.
_UNCORRECTED_RATIO = 0.8
_CO2_PAIR_NM = (2007.0, 1980.0)

#: Lines looked at, spread over the image.
_LINES = 9


def is_uncorrected(scene: Scene, resample: GridResampler) -> bool:
    """Whether the atmosphere is still in the image: by what its label says, else by the depth of its CO2 band."""
    if scene.atmosphere_corrected is not None:
        return not scene.atmosphere_corrected
    band, shoulder = (int(np.abs(WAVELENGTHS_NM - wavelength).argmin()) for wavelength in _CO2_PAIR_NM)
    ratios = []
    for line in np.unique(np.linspace(0, scene.lines - 1, _LINES).astype(int)):
        spectra = resample(scene.read(int(line), 1, resample.bands))
        ratios.append((spectra[..., band] / spectra[..., shoulder]).ravel())
    ratio = np.concatenate(ratios)
    ratio = ratio[np.isfinite(ratio)]
    return bool(ratio.size and np.median(ratio) < _UNCORRECTED_RATIO)
