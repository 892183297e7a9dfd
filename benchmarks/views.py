"""Three views of the same minerals: MICA numerators, MICA ratios, USGS laboratory spectra; what the network must recognise.

Needs the real data: `../shared/data`, or the folder in CRISM_TEST_DATA.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import measure  # noqa: F401 - puts the repository on the path
import numpy as np
from scipy.ndimage import gaussian_filter1d

from crism_gan_plugin.core.spectra.continuum import remove_continuum
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

DATA = Path(os.environ.get("CRISM_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))

#: MICA phases left out: no bands within 1.0-2.6 µm, bands only in ratios, or ices.
LEFT_OUT = {"hematite", "chloride", "chlorite", "margarite", "h2o_ice", "co2_ice"}

#: MICA phase → laboratory specimen of the USGS library 07a.
SPECIMENS = {
    "kaolinite": "Kaolinite_CM3",
    "fe_smectite": "Nontronite_NG-1",
    "mg_smectite": "Saponite_SapCa-1",
    "al_smectite": "Montmorillonite_CM20",
    "gypsum": "Gypsum_HS333",
    "jarosite": "Jarosite_GDS98",
    "alunite": "Alunite_AL706",
    "analcime": "Analcime_GDS1",
    "hcp": "Augite_WS592",
    "lcp": "Hypersthene_NMNHC2368",
    "bassanite": "Bassanite_GDS145",
    "epidote": "Epidote_BR93-33a",
    "illite_muscovite": "Illite_GDS4",
    "mg_carbonate": "Magnesite_Hydromag_HS47",
    "fe_ca_carbonate": "Siderite_HS271",
    "mg_olivine": "Olivine_GDS70.a",
    "fe_olivine": "Olivine_KI3005",
    "hydrated_silica": "Opal_WS732",
    "prehnite": "Prehnite_GDS613",
    "serpentine": "Serpentine_HS8",
    "talc": "Talc_GDS23",
    "plagioclase": "Bytownite_HS106",
}


@dataclass(frozen=True)
class View:
    """One spectrum a mineral: ``minerals`` (m,) and ``ratio`` (m, 240), smoothed, continuum-removed, at most 1."""

    name: str
    minerals: tuple[str, ...]
    ratio: np.ndarray


def load_views() -> list[View]:
    """The three views, 25 + 25 + 22 spectra."""
    if not (DATA / "mica").is_dir():
        sys.exit(f"{DATA}: has no MICA spectra; set CRISM_TEST_DATA to the folder that holds mica/ and usgs_splib07a/")
    phases = sorted(p.stem.replace("crism_typespec_", "") for p in (DATA / "mica").glob("crism_typespec_*.tab"))
    phases = [phase for phase in phases if phase not in LEFT_OUT]
    tables = [np.loadtxt(DATA / "mica" / f"crism_typespec_{phase}.tab", delimiter=",") for phase in phases]
    numerators = np.array([_on_grid(t[:, 0] * 1000, t[:, 3]) for t in tables])
    ratios = np.array([_on_grid(t[:, 0] * 1000, t[:, 1]) for t in tables])
    laboratory = np.array([_laboratory(specimen) for specimen in SPECIMENS.values()])
    return [
        View("numerator", tuple(phases), _continuum_removed(numerators)),
        View("ratio", tuple(phases), _continuum_removed(ratios)),
        View("laboratory", tuple(SPECIMENS), _continuum_removed(laboratory)),
    ]


def _laboratory(specimen: str) -> np.ndarray:
    folder = DATA / "usgs_splib07a"
    file = next(folder.glob(f"splib07a_{specimen}*"))
    instrument = "ASD_0.35-2.5_microns_2151_ch" if "ASD" in file.name else "BECK_Beckman_0.2-3.0_microns"
    wavelengths = np.loadtxt(folder / f"splib07a_Wavelengths_{instrument}.txt", skiprows=1)
    return _on_grid(wavelengths * 1000, np.loadtxt(file, skiprows=1))


def _on_grid(wavelengths: np.ndarray, values: np.ndarray) -> np.ndarray:
    valid = (values > 0) & (values < 60000)  # −1.23e34 and 65535 mean missing
    return np.interp(WAVELENGTHS_NM, wavelengths[valid], values[valid])


def _continuum_removed(spectra: np.ndarray) -> np.ndarray:
    return np.minimum(remove_continuum(gaussian_filter1d(spectra, 1.5, axis=1), WAVELENGTHS_NM), 1)
