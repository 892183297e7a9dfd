"""The shipped library: its classes are the fixed ones, and its spectra those of the minerals on Mars."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.spatial import ConvexHull

from crism_gan_plugin.core.background.files import load_background
from crism_gan_plugin.core.background.metric import ground_metric
from crism_gan_plugin.core.libraries import ExemplarLibrary, load_exemplars
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.network.discriminator import load_discriminator
from crism_gan_plugin.core.network.similarity import similarity
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

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
OFF = {5, 14, 18, 29, 30, 32}
#: Spectra that classes have besides their two; they come last, since the evidence of maps names spectra by place.
VARIANTS = [("Mg-carbonate", "dolomite"), ("Ca/Fe-carbonate", "calcite"), ("polyhydrated sulfate", "laboratory")]
COLUMNS = {"numerator": 3, "ratio": 1}

LIBRARY = load_exemplars()


def test_codes_names_and_switches_are_the_fixed_ones() -> None:
    assert [(mineral.code, mineral.name) for mineral in LIBRARY.classes] == [(code, name) for code, name, _ in CLASSES]
    assert {mineral.code for mineral in LIBRARY.classes if not mineral.default_on} == OFF


def test_each_class_has_its_numerator_and_its_ratio_and_some_a_variant() -> None:
    spectra = [(name, view) for _, name, _ in CLASSES for view in COLUMNS] + VARIANTS
    assert LIBRARY.names == [f"{name} ({view})" for name, view in spectra]
    assert [LIBRARY.class_names[place] for place in LIBRARY.class_index] == [name for name, _ in spectra]
    assert LIBRARY.spectra.shape == (67, 240)
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


@pytest.mark.parametrize("view", COLUMNS)
def test_kaolinite_has_a_doublet(view: str) -> None:
    """Al-OH at 2.21 µm with a shoulder at 2.16-2.17 µm: the absorption bends twice."""
    absorption = -np.log(LIBRARY.spectra[LIBRARY.names.index(f"kaolinite ({view})")])
    bend = -np.gradient(np.gradient(absorption))
    peaks = 1 + np.flatnonzero((bend[1:-1] > bend[:-2]) & (bend[1:-1] > bend[2:]) & (bend[1:-1] > 0))
    shoulder, band = (nm for nm in WAVELENGTHS_NM[peaks] if 2120 < nm < 2250)
    assert 2150 < shoulder < 2180 < band < 2215


def test_carbonates_are_told_by_where_their_bands_lie() -> None:
    """The pair moves from 2.30 and 2.50 µm to 2.34 and 2.54 µm from magnesium to calcium and iron (Gaffey 1987)."""

    def bands(name: str) -> list[float]:
        spectrum = LIBRARY.spectra[LIBRARY.names.index(name)]
        ranges = [(WAVELENGTHS_NM > 2250) & (WAVELENGTHS_NM < 2400), (WAVELENGTHS_NM > 2430) & (WAVELENGTHS_NM < 2590)]
        return [float(WAVELENGTHS_NM[where][spectrum[where].argmin()]) for where in ranges]

    assert bands("Mg-carbonate (dolomite)") == pytest.approx([2316, 2509], abs=5)
    assert bands("Ca/Fe-carbonate (calcite)") == pytest.approx([2335, 2525], abs=5)


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
    shoulders = (WAVELENGTHS_NM > 2110) & (WAVELENGTHS_NM < 2400)
    assert np.abs(spectrum - expected)[shoulders].max() <= 0.051 * (1 - expected.min())
    if code in OFF:
        assert correlation >= 0.95
    elif 1 - expected.min() > 0.05:
        assert correlation >= 0.99 and rms <= 0.002
    else:
        assert correlation >= 0.97


@pytest.fixture(scope="module")
def laboratory(shared_data: Path) -> dict[str, np.ndarray]:
    """Continuum-removed laboratory spectra by specimen."""
    path = shared_data / "usgs_splib06_crism" / "s06cr08a.sli"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    library = read_envi_library(path, mineral_of=lambda name: name.split(" s06")[0])
    return dict(zip(library.minerals, np.exp(-library.absorption)))


def by_network(spectra: np.ndarray, library: ExemplarLibrary) -> np.ndarray:
    return similarity(load_discriminator(engine="numpy"), spectra, library, background=load_background())


def by_absorptions(spectra: np.ndarray, library: ExemplarLibrary) -> np.ndarray:
    return ground_metric(load_background()).compare(1 - spectra, 1 - library.spectra)[1]


@pytest.mark.parametrize("score", [by_network, by_absorptions])
@pytest.mark.parametrize(
    "mineral, specimen",
    [
        ("Mg-carbonate", "Dolomite COD2005"),
        ("Mg-carbonate", "Dolomite HS102.3B"),
        ("Ca/Fe-carbonate", "Calcite WS272"),
        ("Ca/Fe-carbonate", "Calcite+.33Muscov AMX5 Ruby"),
        ("Ca/Fe-carbonate", "Calcite.7+Kaolwxl.3 AMX9"),
        ("polyhydrated sulfate", "Epsomite GDS149"),
        ("polyhydrated sulfate", "Kainite NMNH83904"),
        ("chlorite", "Clinochlore_Fe SC-CCa-1.a"),
        ("kaolinite", "Kaolinite KGa-1 (wxl)"),
        ("kaolinite", "Halloysite NMNH106237"),
        ("H2O ice", "H2O-Ice GDS136 77K"),
    ],
)
def test_laboratory_spectra_are_found_among_the_usual_classes(
    laboratory: dict[str, np.ndarray], mineral: str, specimen: str, score: Callable[..., np.ndarray]
) -> None:
    usual = LIBRARY.defaults()
    best = score(laboratory[specimen][np.newaxis], usual).argmax()
    assert usual.class_names[usual.class_index[best]] == mineral


@pytest.mark.parametrize("score", [by_network, by_absorptions])
@pytest.mark.parametrize("specimen", ["Bloedite GDS147", "Copiapite GDS21", "Epsomite GDS149", "Kainite NMNH83904"])
def test_a_sulfate_with_much_water_is_no_ice(
    laboratory: dict[str, np.ndarray], specimen: str, score: Callable[..., np.ndarray]
) -> None:
    best = score(laboratory[specimen][np.newaxis], LIBRARY).argmax()
    assert LIBRARY.class_names[LIBRARY.class_index[best]] == "polyhydrated sulfate"
