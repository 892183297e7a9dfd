"""Whether an image has been corrected for the atmosphere, and where it absorbs. In raw I/F the CO2 band at 2 µm takes half of the
signal.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..products.scene import Scene
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import GridResampler

#: Measured in raw TRR3 cubes: I/F(2007 nm) / I/F(1980 nm) is 0.55-0.60; hardly any mineral reaches this.
_UNCORRECTED_RATIO = 0.8
_CO2_PAIR_NM = (2007.0, 1980.0)

#: A channel shows what is at a wavelength that is no farther away.
_NEAR_NM = 10.0

#: Where a volcano-scan record shows more than half a percent of absorption: CO2, and CO in the last one. Beside the strong bands
#: the one at 2.15 µm, of 2 %, looks like a mineral's.
AIR_BANDS_NM = ((1420.0, 1460.0), (1930.0, 2120.0), (2130.0, 2180.0), (2320.0, 2345.0))

#: Lines looked at, spread over the image.
_LINES = 9


def is_uncorrected(scene: Scene, resample: GridResampler) -> bool:
    """Whether the atmosphere is still in the image: by what its label says, else by the depth of its CO2 band."""
    if scene.atmosphere_corrected is not None:
        return not scene.atmosphere_corrected
    pair = [int(np.abs(WAVELENGTHS_NM - wavelength).argmin()) for wavelength in _CO2_PAIR_NM]
    return _absorbs(scene, lambda line: resample(scene.read(line, 1, resample.bands))[..., pair])


def shows_air(scene: Scene) -> bool:
    """The same of a scene that need not have all channels of the network's grid; without those at 2 µm only a label tells."""
    if scene.atmosphere_corrected is not None:
        return not scene.atmosphere_corrected
    nm = np.where(scene.axis.usable, scene.axis.wavelengths_nm, np.inf)
    pair = np.array([int(np.abs(nm - wavelength).argmin()) for wavelength in _CO2_PAIR_NM])
    if np.abs(nm[pair] - _CO2_PAIR_NM).max() > _NEAR_NM:
        return False
    return _absorbs(scene, lambda line: scene.read(line, 1, pair))


def _absorbs(scene: Scene, pair_of: Callable[[int], FloatArray]) -> bool:
    """Whether the first of two channels (…, 2) of a line is far below the second."""
    ratios = []
    for line in np.unique(np.linspace(0, scene.lines - 1, _LINES).astype(int)):
        pair = pair_of(int(line))
        ratios.append((pair[..., 0] / pair[..., 1]).ravel())
    ratio = np.concatenate(ratios)
    ratio = ratio[np.isfinite(ratio)]
    return bool(ratio.size and np.median(ratio) < _UNCORRECTED_RATIO)


def in_air_bands(wavelengths_nm: FloatArray) -> BoolArray:
    """Which wavelengths the atmosphere absorbs at."""
    found = np.zeros(np.shape(wavelengths_nm), bool)
    for low, high in AIR_BANDS_NM:
        found |= (wavelengths_nm >= low) & (wavelengths_nm <= high)
    return found
