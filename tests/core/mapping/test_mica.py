"""The type spectra of the MICA library, laid out as an image, are named by the shipped library and weights (real data)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars, map_scene

#: Class → name of its type spectrum's file. All classes that are on by default, but for the mixture, which has none.
TYPES = {
    "Mg-olivine": "mg_olivine",
    "Fe-olivine": "fe_olivine",
    "low-Ca pyroxene": "lcp",
    "high-Ca pyroxene": "hcp",
    "Mg-carbonate": "mg_carbonate",
    "Ca/Fe-carbonate": "fe_ca_carbonate",
    "monohydrated sulfate": "mono_hyd_sulf",
    "polyhydrated sulfate": "poly_hyd_sulf",
    "hydroxylated Fe-sulfate": "hydrox_fe_sulf",
    "alunite": "alunite",
    "jarosite": "jarosite",
    "gypsum": "gypsum",
    "kaolinite": "kaolinite",
    "Al-smectite": "al_smectite",
    "illite/muscovite": "illite_muscovite",
    "Fe-smectite": "fe_smectite",
    "Mg-smectite": "mg_smectite",
    "talc": "talc",
    "serpentine": "serpentine",
    "chlorite": "chlorite",
    "prehnite": "prehnite",
    "epidote": "epidote",
    "analcime": "analcime",
    "hydrated silica": "hydrated_silica",
    "H2O ice": "h2o_ice",
}

#: Columns of a type spectrum's table that are corrected for the atmosphere.
KINDS = {"ratio": 1, "numerator": 3}

PATCH = 5
CENTRE = PATCH // 2


def image_of(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Wavelengths, nm, and an image with a row of patches for each kind and a column for each class."""
    tables = [np.loadtxt(folder / f"crism_typespec_{name}.tab", delimiter=",") for name in TYPES.values()]
    for table in tables:
        np.testing.assert_array_equal(table[:, 0], tables[0][:, 0])
    patches = np.array([[table[:, column] for table in tables] for column in KINDS.values()], np.float32)
    return tables[0][:, 0] * 1000, patches.repeat(PATCH, 0).repeat(PATCH, 1)


@pytest.fixture(scope="module")
def mapped(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Name of the best class, code and score in the middle of each patch; arrays of (kind, class)."""
    folder = tmp_path_factory.mktemp("mica")
    wavelengths, cube = image_of(shared_data / "mica")
    lines, samples, bands = cube.shape
    cube.transpose(0, 2, 1).tofile(folder / "mica.img")
    listed = ", ".join(f"{w / 1000:.5f}" for w in wavelengths)
    (folder / "mica.hdr").write_text(
        f"ENVI\nsamples = {samples}\nlines = {lines}\nbands = {bands}\ndata type = 4\ninterleave = bil\nbyte order = 0\n"
        f"header offset = 0\ndata ignore value = 65535\nwavelength units = Micrometers\nwavelength = {{{listed}}}\n"
    )
    outputs = map_scene(folder / "mica.img", folder / "out", engine="numpy")
    middle = (slice(CENTRE, None, PATCH), slice(CENTRE, None, PATCH))
    codes = gdal.Open(str(outputs.classes)).ReadAsArray()[middle]
    evidence = gdal.Open(str(outputs.evidence)).ReadAsArray()[(slice(None), *middle)]
    library = load_exemplars()
    names = np.array([library.class_names[k] for k in library.class_index])
    found = np.where(np.isnan(evidence[3]), "flat", names[np.nan_to_num(evidence[3]).astype(int)])
    by_code = {mineral.code: mineral.name for mineral in library.classes}
    return SimpleNamespace(found=found, codes=codes, score=evidence[0], other=evidence[1], by_code=by_code)


def test_the_type_spectra_are_those_of_the_default_classes() -> None:
    defaults = {mineral.name for mineral in load_exemplars().classes if mineral.default_on}
    assert defaults - {"olivine/Mg-smectite mixture"} == set(TYPES)
    assert len(TYPES) == 25


def listing(mapped: SimpleNamespace, wrong: Callable[[int, int, str], bool]) -> str:
    """One line for each patch that is wrong."""
    lines = [
        f"{name} ({kind}): best match {mapped.found[row, column]} at {mapped.score[row, column]:.3f} "
        f"(any other class {mapped.other[row, column]:.3f}), code {mapped.codes[row, column]}"
        for row, kind in enumerate(KINDS)
        for column, name in enumerate(TYPES)
        if wrong(row, column, name)
    ]
    return "\n".join(lines)


def test_every_type_spectrum_is_matched_with_its_own_class(mapped: SimpleNamespace) -> None:
    assert mapped.found.shape == (2, 25)
    wrong = listing(mapped, lambda row, column, name: mapped.found[row, column] != name)
    assert not wrong, f"of 50 type spectra, matched with another class:\n{wrong}"


def test_every_type_spectrum_is_on_the_map(mapped: SimpleNamespace) -> None:
    wrong = listing(mapped, lambda row, column, name: mapped.by_code.get(int(mapped.codes[row, column]) % 100) != name)
    assert not wrong, f"of 50 type spectra, not on the map, or as another class:\n{wrong}"
