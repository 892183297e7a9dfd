"""The shipped library: its classes are the fixed ones, and its spectra those of the minerals on Mars."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

from crism_gan_plugin.core.exemplars import load_exemplars
from crism_gan_plugin.core.spectral import WAVELENGTHS_NM

#: Code, name and file of the type spectrum. Codes and names never change.
CLASSES = [
    (1, "Mg-olivine", "mg_olivine"),
    (2, "Fe-olivine", "fe_olivine"),
    (3, "low-Ca pyroxene", "lcp"),
    (4, "high-Ca pyroxene", "hcp"),
    (5, "plagioclase", "plagioclase"),
    (6, "Mg-carbonate", "mg_carbonate"),
    (7, "Ca/Fe-carbonate", "fe_ca_carbonate"),
    (8, "monohydrated sulfate", "mono_hyd_sulf"),
    (9, "polyhydrated sulfate", "poly_hyd_sulf"),
    (10, "hydroxylated Fe-sulfate", "hydrox_fe_sulf"),
    (11, "alunite", "alunite"),
    (12, "jarosite", "jarosite"),
    (13, "gypsum", "gypsum"),
    (14, "bassanite", "bassanite"),
    (15, "kaolinite", "kaolinite"),
    (16, "Al-smectite", "al_smectite"),
    (17, "illite/muscovite", "illite_muscovite"),
    (18, "margarite", "margarite"),
    (19, "Fe-smectite", "fe_smectite"),
    (20, "Mg-smectite", "mg_smectite"),
    (21, "talc", "talc"),
    (22, "serpentine", "serpentine"),
    (23, "chlorite", "chlorite"),
    (24, "prehnite", "prehnite"),
    (25, "epidote", "epidote"),
    (26, "analcime", "analcime"),
    (27, "hydrated silica", "hydrated_silica"),
    (28, "olivine/Mg-smectite mixture", None),
    (29, "chloride", "chloride"),
    (30, "hematite", "hematite"),
    (31, "H2O ice", "h2o_ice"),
    (32, "CO2 ice", "co2_ice"),
]
OFF = {5, 7, 14, 18, 23, 29, 30, 31, 32}
COLUMNS = {"numerator": 3, "ratio": 1}

LIBRARY = load_exemplars()


def test_codes_names_and_switches_are_the_fixed_ones() -> None:
    assert [(mineral.code, mineral.name) for mineral in LIBRARY.classes] == [(code, name) for code, name, _ in CLASSES]
    assert {mineral.code for mineral in LIBRARY.classes if not mineral.default_on} == OFF


def test_each_class_has_its_numerator_and_its_ratio() -> None:
    assert LIBRARY.names == [f"{name} ({view})" for _, name, _ in CLASSES for view in COLUMNS]
    assert LIBRARY.class_index.tolist() == [place for place in range(32) for _ in COLUMNS]
    assert LIBRARY.spectra.shape == (64, 240)
    np.testing.assert_allclose(LIBRARY.spectra.max(1), 1)
    assert (LIBRARY.spectra > 0).all()
    assert (LIBRARY.spectra.min(1) < 0.99).all()  # the gate for flat spectra lets every exemplar pass
    assert all(LIBRARY.sources) and all(LIBRARY.bands)


@pytest.mark.parametrize("view", COLUMNS)
def test_the_mixture_shows_olivine_and_half_as_deep_the_smectite(view: str) -> None:
    def absorption(name: str) -> np.ndarray:
        return -np.log(LIBRARY.spectra[LIBRARY.names.index(f"{name} ({view})")])

    olivine, smectite, mixture = map(absorption, ("Mg-olivine", "Mg-smectite", "olivine/Mg-smectite mixture"))
    shares, *_ = np.linalg.lstsq(np.stack([olivine, smectite], 1), mixture, rcond=None)
    ratio = shares[0] * olivine.max() / (shares[1] * smectite.max())
    assert ratio == pytest.approx(2, rel=0.1)


def independent_type_spectrum(table: np.ndarray, column: int) -> np.ndarray:
    """Interpolated, smoothed by 1.5 channels, divided by a hull that comes from Qhull."""
    valid = (table[:, column] > 0) & (table[:, column] < 65535)
    smooth = gaussian_filter1d(np.interp(WAVELENGTHS_NM, 1000 * table[valid, 0], table[valid, column]), 1.5)
    floor = [(WAVELENGTHS_NM[0], smooth.min() - 1), (WAVELENGTHS_NM[-1], smooth.min() - 1)]
    hull = ConvexHull(np.vstack([np.column_stack([WAVELENGTHS_NM, smooth]), floor]))
    upper = np.sort(hull.vertices[hull.vertices < WAVELENGTHS_NM.size])
    return smooth / np.interp(WAVELENGTHS_NM, WAVELENGTHS_NM[upper], smooth[upper])


@pytest.mark.parametrize("view", COLUMNS)
@pytest.mark.parametrize("code, name, file", [row for row in CLASSES if row[2]], ids=[row[1] for row in CLASSES if row[2]])
def test_exemplars_are_those_of_the_type_spectra(shared_data: Path, code: int, name: str, file: str, view: str) -> None:
    table = np.genfromtxt(shared_data / "mica" / f"crism_typespec_{file}.tab", delimiter=",")
    expected = independent_type_spectrum(table, COLUMNS[view])
    spectrum = LIBRARY.spectra[LIBRARY.names.index(f"{name} ({view})")]
    correlation = np.corrcoef(spectrum, expected)[0, 1]
    rms = np.sqrt(np.mean((spectrum - expected) ** 2))
    if code in OFF:
        assert correlation >= 0.95
    elif 1 - expected.min() > 0.05:
        assert correlation >= 0.99 and rms <= 0.002
    else:
        assert correlation >= 0.97
