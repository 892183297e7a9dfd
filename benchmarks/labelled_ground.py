"""Real ground that geologists labelled: polygon means of MRDR tiles around Argyre, prepared as a map prepares pixels.

Needs the real data: `../shared/data`, or the folder in CRISM_TEST_DATA.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
from views import DATA

from crism_gan_plugin.core.background.model import BackgroundModel
from crism_gan_plugin.core.background.residuals import Residuals
from crism_gan_plugin.core.simulation.mapping_data import tile_channels
from crism_gan_plugin.core.spectra.continuum import upper_hull
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.smoothing import savitzky_golay_matrix

FILE = DATA / "crism" / "mrdr_labels" / "argyre_labelled_mrdr_spectra.csv"

BLAND = "bland"

_OLIVINE = ("Mg-olivine", "Fe-olivine")
_MIXTURE = "olivine/Mg-smectite mixture"

#: The geologists' label → classes that are right.
RIGHT = {
    "lcp": ("low-Ca pyroxene",),
    "type 1 olivine": (*_OLIVINE, _MIXTURE),
    "type 2 olivine": (*_OLIVINE, _MIXTURE),
    "hcp + olivine": ("high-Ca pyroxene", *_OLIVINE),
}

#: The 72 channels are interpolated to these first: what CRISM's infrared detector has there.
FINE_NM = np.arange(1021, 2628, 6.56)

#: Channels of the join that belong to the other detector, nm.
_OTHER_DETECTOR = (1023.27, 1055.99)
_FIRST_NM = 1020.5
_LAST_OTHER_NM = 1060.0

#: A neutral ratio needs so many bland spectra besides the spectrum itself.
LEAST_BLAND = 5

VIEWS = ("plain", "ratio")


@dataclass(frozen=True)
class Ground:
    """Polygons, one a row.

    Attributes
    ----------
    tiles, labels
        (n,) names; "" where the geologists were not sure.
    fine, geologists_ratio
        (n, `FINE_NM`) I/F, and the ratio that the geologists made, NaN where they made none.
    spectra, continuum_removed
        By view, (n, 240) on the network's grid: I/F, and its ratio to the tile's other bland spectra, NaN where they are too few.
    """

    tiles: np.ndarray
    labels: np.ndarray
    fine: np.ndarray
    geologists_ratio: np.ndarray
    spectra: dict[str, np.ndarray]
    continuum_removed: dict[str, np.ndarray]

    @property
    def is_bland(self) -> np.ndarray:
        return self.labels == BLAND

    def known(self, view: str) -> np.ndarray:
        """(n,) bool: the spectra that there are in a view."""
        return np.isfinite(self.continuum_removed[view]).all(1)


def read_ground(path: Path = FILE) -> Ground:
    """The whole file; `make_ground` says how spectra are prepared."""
    if not path.is_file():
        sys.exit(f"{path}: not found; set CRISM_TEST_DATA to the folder that holds crism/mrdr_labels/")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    tiles, labels = (np.array([row[column] for row in rows]) for column in ("tile", "label"))
    fine = np.array([on_fine_axis(*_channels(row, "if_")) for row in rows])
    return make_ground(tiles, labels, fine, np.array([on_fine_axis(*_channels(row, "ratio_")) for row in rows]))


@dataclass(frozen=True)
class Channels:
    """The polygons as tiles have them.

    Attributes
    ----------
    spectra
        (n, 72) I/F at the channels of `tile_channels`.
    geologists_ratio
        (n, 72), NaN where they made none.
    """

    spectra: np.ndarray
    geologists_ratio: np.ndarray

    def leave_one_out_ratio(self, ground: Ground) -> np.ndarray:
        """(n, 72) as `Ground` has it on the network's grid; NaN at channels that some polygons lack."""
        there = np.isfinite(self.spectra).all(0)
        ratio = np.full(self.spectra.shape, np.nan)
        ratio[:, there] = leave_one_out_ratio(self.spectra[:, there], ground.tiles, ground.is_bland)
        return ratio

    @staticmethod
    def known(spectra: np.ndarray) -> np.ndarray:
        """(n,) bool of (n, 72) spectra: those that have all that a map needs."""
        nm = tile_channels()[0]
        return np.isfinite(spectra[:, (nm > _LAST_OTHER_NM) & (nm < FINE_NM[-1])]).all(1)


def read_channels(path: Path = FILE) -> Channels:
    """The whole file, in the order of `read_ground`, without any interpolation."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    wanted = tile_channels()[0]
    found = []
    for prefix in ("if_", "ratio_"):
        nm = _channels(rows[0], prefix)[0]
        order = np.abs(nm - wanted[:, np.newaxis]).argmin(1)
        assert np.abs(nm[order] - wanted).max() < 0.01, "the file's channels are not a tile's"
        found.append(np.array([_channels(row, prefix)[1][order] for row in rows]))
    return Channels(*found)


def make_ground(tiles: np.ndarray, labels: np.ndarray, fine: np.ndarray, geologists_ratio: np.ndarray) -> Ground:
    on_grid = np.array([np.interp(WAVELENGTHS_NM, FINE_NM, spectrum) for spectrum in fine])
    spectra = dict(zip(VIEWS, (on_grid, leave_one_out_ratio(on_grid, tiles, labels == BLAND))))
    return Ground(tiles, labels, fine, geologists_ratio, spectra, {view: without_continuum(each) for view, each in spectra.items()})


def _channels(row: dict[str, str], prefix: str) -> tuple[np.ndarray, np.ndarray]:
    columns = [column for column in row if column.startswith(prefix)]
    return np.array([float(column[len(prefix) :]) for column in columns]), np.array([float(row[column]) for column in columns])


def on_fine_axis(wavelengths: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(`FINE_NM`,) by linear interpolation between valid channels of the infrared detector; NaN where there is none."""
    valid = (wavelengths > _FIRST_NM) & ~np.isin(wavelengths, _OTHER_DETECTOR) & np.isfinite(values) & (values > 0)
    if not valid.any():
        return np.full(FINE_NM.shape, np.nan)
    return np.interp(FINE_NM, wavelengths[valid], values[valid])


def leave_one_out_ratio(spectra: np.ndarray, tiles: np.ndarray, is_bland: np.ndarray) -> np.ndarray:
    """Each spectrum over the median of its tile's *other* bland spectra, each of them divided by its own mean.

    Parameters
    ----------
    spectra
        (n, channels).

    Returns
    -------
    (n, channels), NaN where the tile has fewer than `LEAST_BLAND` others.
    """
    ratio = np.full(spectra.shape, np.nan)
    for row, tile in enumerate(tiles):
        others = (tiles == tile) & is_bland
        others[row] = False
        if others.sum() >= LEAST_BLAND:
            neutral = spectra[others]
            ratio[row] = spectra[row] / np.median(neutral / neutral.mean(1, keepdims=True), axis=0)
    return ratio


def without_continuum(spectra: np.ndarray) -> np.ndarray:
    """(n, 240) over the hull of the smoothed spectrum, at most 1, as a map without a model cube has it."""
    smooth = spectra @ savitzky_golay_matrix(WAVELENGTHS_NM.size)
    return np.minimum(spectra / upper_hull(smooth, WAVELENGTHS_NM), 1)


def denominators() -> dict[str, np.ndarray]:
    """MICA phase → its corrected denominator, (`FINE_NM`,): ground that the MICA team took for bland."""
    found = {}
    for path in sorted((DATA / "mica").glob("crism_typespec_*.tab")):
        columns = np.loadtxt(path, delimiter=",")
        valid = (columns[:, 5] > 0) & (columns[:, 5] < 60000)  # 65535 means missing
        found[path.stem.replace("crism_typespec_", "")] = np.interp(FINE_NM, columns[valid, 0] * 1000, columns[valid, 5])
    return found


@dataclass(frozen=True)
class Bland:
    """Bland spectra that something may be learnt from; by view, as in `Ground`, (m, 240) each."""

    spectra: dict[str, np.ndarray]
    continuum_removed: dict[str, np.ndarray]


def bland_of(ground: Ground, among: np.ndarray) -> Bland:
    """The bland spectra among some polygons, (n,) bool."""
    rows = {view: among & ground.is_bland & ground.known(view) for view in VIEWS}
    return Bland(*({view: kind[view][rows[view]] for view in VIEWS} for kind in (ground.spectra, ground.continuum_removed)))


def measure_background(
    bland: Bland, card: Optional[dict[str, object]] = None, residuals: Optional[Residuals] = None
) -> BackgroundModel:
    """The product's model of bland ground; what it does not know of ground elsewhere is told by MICA's bland ground."""
    elsewhere = np.array([np.interp(WAVELENGTHS_NM, FINE_NM, spectrum) for spectrum in denominators().values()])
    return BackgroundModel.measured(bland.spectra["plain"], bland.spectra["ratio"], elsewhere, card, residuals)


def tile_folds(tiles: np.ndarray, folds: int = 5) -> np.ndarray:
    """(n,) fold of each spectrum; all of a tile are in one, tiles in alphabetical order are dealt out in turn."""
    return np.unique(tiles, return_inverse=True)[1] % folds
