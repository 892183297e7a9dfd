"""Simulated images in sensor space with known truth, made of real ingredients: for the proof of the denoiser.

MICA type spectra lie in patches of equal truth under a real volcano scan's atmosphere, on the wavelengths of each detector column,
and the detector adds its stripes, noise, spikes and dead elements. Needs the real data (see `views.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.signal import savgol_filter
from views import DATA

from crism_gan_plugin.core.atmosphere import Transmission, read_volcano_scan, transmission_for
from crism_gan_plugin.core.instrument.detectors import scene_columns
from crism_gan_plugin.core.products.wavelengths import read_wavelength_file
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.continuum import upper_hull

#: The binned detector (10 columns in one): the wavelength table fits, and the finer volcano scans are averaged to it.
COLUMNS = 64
WAVELENGTH_TABLE = DATA / "crism" / "cdr" / "CDR450924300802_WA0300000L_3.IMG"
RANGE_NM = (1023.0, 2645.0)

#: The scan whose transmission lies over the scene, and the others that a user may have.
SCAN = "ADR10000000000_103D6_VS00L_8.IMG"
OTHER_SCANS = ("ADR10000000000_061C4_VS00L_8.IMG", "ADR10000000000_0A93E_VS10L_8.IMG")

#: Patches in rows and columns, and their lines; each of the 60 columns that see the scene has as many patches as there are rows.
PATCH_ROWS, PATCH_COLUMNS, PATCH_LINES = 6, 6, 20

#: The mineral of each patch: a MICA phase, two that share each pixel ("a+b"), or only the continuum of that phase's neutral ground
#: ("bland a"). Class names of the phases: see `confusion`.
PATCHES = (
    ("mg_olivine", "bland hcp", "kaolinite", "al_smectite", "gypsum", "bland lcp"),
    ("bland talc", "jarosite", "mg_carbonate", "bland alunite", "mg_smectite", "lcp"),
    ("fe_smectite", "hcp", "bland prehnite", "mono_hyd_sulf", "bland epidote", "hydrated_silica"),
    ("bland gypsum", "alunite", "prehnite", "mg_carbonate+mg_smectite", "poly_hyd_sulf", "bland analcime"),
    ("talc", "bland kaolinite", "fe_olivine", "bland jarosite", "kaolinite+al_smectite", "illite_muscovite"),
    ("analcime", "epidote", "bland serpentine", "serpentine", "hydrox_fe_sulf", "bland fe_olivine"),
)

BLAND = "bland "

#: Brightness of the patches in turn, I/F at 1.3 µm of bland ground.
BRIGHTNESS = (0.12, 0.17, 0.22, 0.28, 0.19)

#: A small deposit in the middle of a bland patch: mineral, patch row and column, size in pixels.
DEPOSIT, DEPOSIT_AT, DEPOSIT_SIZE = "kaolinite", (2, 2), 3

#: Channels over which type spectra are smoothed; kaolinite's doublet is hardly broader.
SMOOTHING, SMOOTHING_OF = 9, {"kaolinite": 5}

STRIPES, SPIKES, DEAD = 0.003, 0.005, 0.004
SPIKE_SIZES = (0.08, 0.5)


@dataclass(frozen=True)
class SensorScene:
    """An image, and all that went into it. Arrays are (lines, columns, bands) unless said otherwise.

    Attributes
    ----------
    seen
        I/F as the instrument delivers it: NaN in dead elements and in columns that see no scene.
    truth
        I/F of the ground, no atmosphere; NaN only in columns that see no scene.
    spikes, dead
        Entries that are no measurement of the ground.
    path
        (lines, columns) how much air, in units of the scan's.
    axis
        Wavelengths, with those of each column.
    transmission
        The atmosphere's, per column.
    patch
        (lines, columns) number of the patch, `PATCH_COLUMNS` in a row; -1 outside, and in the deposit.
    deposit
        (lines, columns) bool.
    snr
        Signal-to-noise ratio: the mean level of a spectrum over the standard deviation of its white noise.
    """

    seen: np.ndarray
    truth: np.ndarray
    spikes: np.ndarray
    dead: np.ndarray
    path: np.ndarray
    axis: SpectralAxis
    transmission: Transmission
    patch: np.ndarray
    deposit: np.ndarray
    snr: float

    @property
    def by_column_nm(self) -> np.ndarray:
        """(columns, bands) nm: the wavelengths of each column; NaN in columns that see no scene."""
        assert self.axis.by_column_nm is not None
        return self.axis.by_column_nm

    @property
    def bland(self) -> np.ndarray:
        """(lines, columns) bool: ground that has no absorption at all."""
        return np.isin(self.patch, [k for k, mineral in enumerate(patch_minerals()) if mineral.startswith(BLAND)])


def patch_minerals() -> list[str]:
    """The mineral of each patch, row after row."""
    return [mineral for row in PATCHES for mineral in row]


def scene_axis() -> SpectralAxis:
    """The binned detector's channels within `RANGE_NM`, with each column's own wavelengths."""
    axis, _ = read_wavelength_file(WAVELENGTH_TABLE, 438, COLUMNS).ascending()
    assert axis.by_column_nm is not None
    inside = (axis.wavelengths_nm > RANGE_NM[0]) & (axis.wavelengths_nm < RANGE_NM[1])
    return SpectralAxis(axis.wavelengths_nm[inside], by_column_nm=axis.by_column_nm[:, inside])


def scan_on(axis: SpectralAxis, name: str = SCAN) -> Transmission:
    """A real volcano scan on the scene's columns and channels."""
    return transmission_for(read_volcano_scan(DATA / "crism" / "adr" / name), axis, COLUMNS)


def ground_spectrum(mineral: str, wavelengths_nm: np.ndarray) -> np.ndarray:
    """The ground of one of `PATCHES`, 1 at 1.3 µm, at any wavelengths.

    A mineral is its corrected numerator over the corrected denominator, smoothed, times the denominator's continuum: so the
    absorptions are those of the image, but gas, noise and faults that both spectra share are gone. Bland ground is the continuum
    alone: a parabola in ln I/F through the denominator's hull, concave, so that any absorption found in it is invented.
    """
    if "+" in mineral:
        return np.mean([ground_spectrum(part, wavelengths_nm) for part in mineral.split("+")], axis=0)
    table = np.loadtxt(DATA / "mica" / f"crism_typespec_{mineral.replace(BLAND, '')}.tab", delimiter=",")
    nm, ratio, denominator = table[:, 0] * 1000, table[:, 1], table[:, 5]
    good = (np.abs(ratio) < 60000) & (np.abs(denominator) < 60000) & (nm > 800) & (nm < 2660)
    even = np.arange(950.0, 2656.0, 6.55)
    ratio, denominator = (np.interp(even, nm[good], values[good]) for values in (ratio, denominator))
    hull = upper_hull(gaussian_filter1d(denominator, 4, mode="nearest")[np.newaxis], even)[0]
    fit = np.polyfit(even - 1300, np.log(hull), 2)
    fit[0] = min(fit[0], -1e-9)
    continuum = np.exp(np.polyval(fit, wavelengths_nm - 1300))
    if mineral.startswith(BLAND):
        return continuum / np.exp(fit[-1])
    shape = CubicSpline(even, savgol_filter(ratio, SMOOTHING_OF.get(mineral, SMOOTHING), 3))
    return shape(np.minimum(wavelengths_nm, even[-1])) * continuum / (shape(1300.0) * np.exp(fit[-1]))


def simulate(snr: float, seed: int = 1) -> SensorScene:
    """One image; the ground, the air and the stripes are the same for every signal-to-noise ratio."""
    axis = scene_axis()
    transmission = scan_on(axis)
    patch, deposit = _layout()
    truth = _ground(axis, patch, deposit)
    lines = truth.shape[0]
    path = _path(lines)
    steady, rng = np.random.default_rng([seed, 0]), np.random.default_rng([seed, round(snr)])
    stripes = 1 + steady.normal(0, STRIPES, truth.shape[1:])
    dead = np.broadcast_to(steady.random(truth.shape[1:]) < DEAD, truth.shape)
    through = truth * transmission.by_column ** path[..., np.newaxis] * stripes
    level = truth.mean(-1, keepdims=True)
    seen = through + rng.normal(0, 1, truth.shape) * level / snr
    spikes = (rng.random(truth.shape) < SPIKES) & ~dead
    sizes = rng.uniform(*SPIKE_SIZES, truth.shape) * rng.choice([-1, 1], truth.shape)
    seen = np.where(spikes, through + sizes * level, seen)
    seen[dead] = np.nan
    return SensorScene(seen.astype(np.float32), truth, spikes, dead, path, axis, transmission, patch, deposit, snr)


def _layout() -> tuple[np.ndarray, np.ndarray]:
    seeing = scene_columns("L", COLUMNS)
    assert seeing is not None
    first, last = seeing
    wide = (last + 1 - first) // PATCH_COLUMNS
    numbers = np.arange(PATCH_ROWS * PATCH_COLUMNS).reshape(PATCH_ROWS, PATCH_COLUMNS)
    patch = np.full((PATCH_ROWS * PATCH_LINES, COLUMNS), -1)
    patch[:, first : last + 1] = np.repeat(np.repeat(numbers, PATCH_LINES, 0), wide, 1)
    row, column = DEPOSIT_AT
    top, left = row * PATCH_LINES + PATCH_LINES // 2, first + column * wide + wide // 2
    deposit = np.zeros(patch.shape, bool)
    deposit[top : top + DEPOSIT_SIZE, left : left + DEPOSIT_SIZE] = True
    patch[deposit] = -1
    return patch, deposit


def _ground(axis: SpectralAxis, patch: np.ndarray, deposit: np.ndarray) -> np.ndarray:
    truth = np.full((*patch.shape, axis.bands), np.nan)
    assert axis.by_column_nm is not None
    kinds = [(patch == k, mineral, BRIGHTNESS[k % len(BRIGHTNESS)]) for k, mineral in enumerate(patch_minerals())]
    kinds.append((deposit, DEPOSIT, BRIGHTNESS[(DEPOSIT_AT[0] * PATCH_COLUMNS + DEPOSIT_AT[1]) % len(BRIGHTNESS)]))
    for where, mineral, brightness in kinds:
        line, column = np.nonzero(where)
        truth[line, column] = brightness * ground_spectrum(mineral, axis.by_column_nm)[column]
    return truth


def _path(lines: int) -> np.ndarray:
    """(lines, columns): the relief of a scene, ± 1 km, and a slope across it."""
    line, column = np.arange(lines)[:, np.newaxis] / lines, np.arange(COLUMNS) / COLUMNS
    return 0.9 + 0.08 * np.sin(5 * line + 2 * column) + 0.04 * (column - 0.5)


def write_cubes(scene: SensorScene, folder: Path, **cubes: np.ndarray) -> dict[str, Path]:
    """The cubes as ENVI images, and the wavelength table of their columns (``"table"``), for `map_scene`."""
    paths = {"table": folder / "CDR400000000000_WA0300000L_3.IMG"}
    table = np.where(np.isfinite(scene.by_column_nm), scene.by_column_nm, 65535)
    table.T.astype("<f4").tofile(paths["table"])
    for name, cube in cubes.items():
        paths[name] = folder / f"{name}.img"
        lines, samples, _ = cube.shape
        with EnviCube(paths[name], lines, samples, scene.axis.wavelengths_nm) as image:
            image.write(np.where(np.isfinite(cube), cube, 65535))
    return paths
