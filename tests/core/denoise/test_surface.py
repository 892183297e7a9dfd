from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.denoise.surface import ICES, LIKE_ICE, SurfaceLibrary, from_exemplars, surface_library
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.libraries import load_exemplars, save_exemplars
from crism_gan_plugin.core.libraries.bands import spectrum_from_bands
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM


def test_absorptions_are_the_logarithm_of_the_exemplars_band_tables():
    library = load_exemplars()
    found = from_exemplars(library)
    smiled = WAVELENGTHS_NM + 7.3
    absorption = found.on(smiled)
    assert absorption.shape == (240, len(found.names)) and (absorption <= 0).all()
    row = library.names.index(found.names[5])
    assert np.exp(absorption[:, 5]) == pytest.approx(spectrum_from_bands(library.bands[row], smiled), abs=1e-12)


def test_ices_only_when_asked_for():
    without, with_ices = surface_library().names, surface_library(ices=True).names
    assert set(without) < set(with_ices)
    assert not any(ice.split()[0] in name for name in without for ice in ICES)
    assert LIKE_ICE in set(with_ices) - set(without)


def test_exemplars_of_ices_alone_need_to_be_asked_for(tmp_path):
    library = load_exemplars().select(ICES)
    with pytest.raises(InputError, match="ices alone; ask for ices"):
        surface_library(save_exemplars(library, tmp_path / "ices.json"))
    assert set(surface_library(tmp_path / "ices.json", ices=True).names) == set(library.names)


def test_spectral_libraries_are_added(tmp_path):
    reflectance = np.vstack([np.full(50, 0.5), np.full(50, 0.5)]).astype("<f4")
    reflectance[1, 20:25] = 0.4
    (tmp_path / "mine.sli").write_bytes(reflectance.tobytes())
    wavelengths = ", ".join(f"{nm:.1f}" for nm in np.linspace(1000, 2620, 50))
    header = f"ENVI\nwavelength = {{{wavelengths}}}\nspectra names = {{flat, dented}}\n"
    (tmp_path / "mine.hdr").write_text(header, encoding="ascii")
    found = surface_library(spectral_libraries=[tmp_path / "mine.sli"])
    assert found.names[-1] == "dented" and "mine.sli" in found.source
    assert found.on(np.linspace(1000, 2620, 50))[22, -1] == pytest.approx(np.log(0.8), abs=0.02)


def test_a_library_that_misses_the_range_is_refused(tmp_path):
    (tmp_path / "short.sli").write_bytes(np.full((1, 4), 0.5, "<f4").tobytes())
    (tmp_path / "short.hdr").write_text("ENVI\nwavelength = {1000, 1200, 1400, 1600}\nspectra names = {short}\n", encoding="ascii")
    with pytest.raises(InputError, match="covers 1000-1600 nm"):
        surface_library(spectral_libraries=[tmp_path / "short.sli"])


def test_sums_keep_names_with_their_spectra():
    curve = np.linspace(0, 1, 240)
    both = SurfaceLibrary(("a",), (), curve[None], "one") + from_exemplars(load_exemplars())
    assert both.names[-1] == "a"
    assert both.on(WAVELENGTHS_NM)[:, -1] == pytest.approx(-curve)
