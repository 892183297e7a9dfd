"""How the instrument sees the ground: wavelength axes, surface spectra, and the faults of CRISM images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..background import GroundStatistics
from ..libraries import ExemplarLibrary, log_absorption
from ..libraries.absorption import own_row
from ..spectra.axis import FILTER_BOUNDARY_NM
from ..spectra.grid import WAVELENGTHS_NM
from .ground import MINERALS, VARIATIONS, Ground

NODATA = 65535.0

#: The first band after the gap between the filters is unusable in MTRDR cubes.
BAD_BAND_NM = 2800.35

#: Faults, relative to the signal (measured on real products: docs of the formats and magnitudes in `faults`).
STRIPES, SPIKES, SPIKE_SIZE = 0.002, 3e-4, 0.08


def joined_axis() -> FloatArray:
    """(489,) nm: the channels of MTRDR cubes, visible and infrared detector, with the join at 1010-1047 nm and the 2.7 µm gap."""
    visible = np.concatenate([np.linspace(436.13, 631.44, 31), np.linspace(709.68, 1010.18, 47)])
    beyond = WAVELENGTHS_NM[-1] + 6.604 * np.arange(1, 9)
    return np.concatenate([visible, WAVELENGTHS_NM[3:], beyond, np.linspace(BAD_BAND_NM, 3896.76, 166)]).round(2)


def infrared_axis() -> FloatArray:
    """(438,) nm: the infrared detector's channels, ascending, with the gap at 2.7 µm."""
    before = WAVELENGTHS_NM[0] - 6.55 * np.arange(4, 0, -1)
    beyond = WAVELENGTHS_NM[-1] + 6.604 * np.arange(1, 16)
    return np.concatenate([before, WAVELENGTHS_NM, beyond, np.linspace(2760.80, 3936.94, 179)]).round(2)


def fwhm(wavelengths_nm: FloatArray) -> FloatArray:
    """Widths of the channels, nm: 8.6-9.8 visible, 9.9-17.5 infrared."""
    visible = np.interp(wavelengths_nm, (436.0, 1010.0), (8.62, 9.8))
    return np.where(wavelengths_nm < 1020, visible, np.interp(wavelengths_nm, (1047.0, 3897.0), (9.9, 17.5))).round(2)


@dataclass(frozen=True)
class Surface:
    """Turns ground into noise-free spectra on one axis; made by `surface_on`.

    Attributes
    ----------
    wavelengths_nm
        (bands,) nm.
    background
        (bands,) float32, ln of mean bland ground's I/F, relative.
    variations
        (`VARIATIONS`, bands) float32, in which ways bland ground varies: ln of I/F, one standard deviation each.
    absorptions
        (minerals, bands) float32, -ln of the ratio of each of `MINERALS` in the library's strength.
    """

    wavelengths_nm: FloatArray
    background: FloatArray
    variations: FloatArray
    absorptions: FloatArray

    def spectra(self, ground: Ground) -> FloatArray:
        """(..., bands) float32 I/F of ground (...)."""
        values = self.absorptions[ground.mineral]
        values *= -ground.strength.astype(np.float32)[..., np.newaxis]
        values += ground.variations.astype(np.float32) @ self.variations
        values += self.background
        values += np.log(ground.brightness).astype(np.float32)[..., np.newaxis]
        return np.exp(values, out=values)


def surface_on(wavelengths_nm: FloatArray, library: ExemplarLibrary, bland: GroundStatistics) -> Surface:
    """The surface's spectra on this axis: absorptions of the library's ratio spectra on bland ground of these statistics.

    Beyond the statistics' channels the ground is dusty basalt, joined without a step, and varies as it does in the last channel.
    """

    def absorption(name: str) -> FloatArray:
        bands = library.bands[own_row(library, library.class_names.index(name))]
        assert bands is not None  # our own library's are computed
        return log_absorption(bands, wavelengths_nm)

    absorptions = np.array([absorption(name) if name else np.zeros_like(wavelengths_nm) for name in MINERALS], np.float32)
    beside_basalt = np.interp(wavelengths_nm, WAVELENGTHS_NM, bland.mean - np.log(_dusty_basalt(WAVELENGTHS_NM)))
    background = (np.log(_dusty_basalt(wavelengths_nm)) + beside_basalt).astype(np.float32)
    variations = [np.interp(wavelengths_nm, WAVELENGTHS_NM, component) for component in bland.components[:VARIATIONS]]
    return Surface(wavelengths_nm, background, np.array(variations, np.float32), absorptions)


def _dusty_basalt(wavelengths_nm: FloatArray) -> FloatArray:
    """Relative I/F: steep in the visible (ferric dust), concave in the infrared, falling into the water band at 3 µm."""
    visible = 0.3 + 0.7 / (1 + np.exp(-(wavelengths_nm - 590) / 45))
    infrared = 1 - 0.015 * ((wavelengths_nm - 1350) / 1000) ** 2
    water = 0.45 * np.exp(-0.5 * ((wavelengths_nm - 3000) / np.where(wavelengths_nm < 3000, 130, 450)) ** 2)
    return visible * np.maximum(infrared, 0.6) * np.exp(-water)


@dataclass(frozen=True)
class Detector:
    """The faults of one image; made by `detector_for`.

    Attributes
    ----------
    noise
        (bands,) float32, standard deviation of white noise relative to the signal.
    gain
        (columns, bands) float32, stripes and residual of the atmosphere of each column, and the step at the filter boundary.
    bad
        (bands,) bool, bands with wild values.
    """

    noise: FloatArray
    gain: FloatArray
    bad: BoolArray

    def look(self, spectra: FloatArray, columns: IntArray, rng: np.random.Generator) -> FloatArray:
        """One line of the image: (samples, bands) noise-free I/F seen by these detector columns (samples,); float32."""
        seen = rng.standard_normal(spectra.shape, np.float32)
        seen *= self.noise
        seen += self.gain[columns]
        seen *= spectra
        self._add_spikes(seen, rng)
        self._spoil_bad_bands(seen, rng)
        return seen

    def _add_spikes(self, seen: FloatArray, rng: np.random.Generator) -> None:
        where = rng.integers(seen.size, size=rng.poisson(SPIKES * seen.size))
        seen.reshape(-1)[where] *= (1 + rng.normal(0, SPIKE_SIZE, where.size)).astype(np.float32)

    def _spoil_bad_bands(self, seen: FloatArray, rng: np.random.Generator) -> None:
        for band in np.flatnonzero(self.bad):
            wild = rng.standard_cauchy(len(seen)).astype(np.float32) * 0.5
            seen[:, band] = np.where(rng.random(len(seen)) < 0.23, NODATA, np.clip(wild, -2000, 20000))


def detector_for(wavelengths_nm: FloatArray, columns: int, seed: int) -> Detector:
    """The faults of one image with so many detector columns."""
    rng = np.random.default_rng([seed, 1])
    noise = np.interp(wavelengths_nm, (440, 640, 1050, 1500, 2200, 2650, 3900), (0.014, 0.005, 0.004, 0.003, 0.004, 0.008, 0.03))
    stripes = rng.normal(0, STRIPES, (columns, wavelengths_nm.size))
    carbon_dioxide = sum(np.exp(-0.5 * ((wavelengths_nm - centre) / 12) ** 2) for centre in (1960, 2010, 2060))
    air = rng.normal(0, 0.0015, (columns, 1)) * carbon_dioxide
    low, high = FILTER_BOUNDARY_NM
    boundary = 0.01 * ((wavelengths_nm > low) & (wavelengths_nm < high))
    gain = 1 + stripes + air + boundary
    return Detector(noise.astype(np.float32), gain.astype(np.float32), wavelengths_nm == BAD_BAND_NM)
