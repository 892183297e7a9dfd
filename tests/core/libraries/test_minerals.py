"""Names of spectral libraries → minerals of the map."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.libraries.minerals import CLASS_OF, mineral_of


@pytest.mark.parametrize(
    ("name", "mineral"),
    [
        ("Antigorite NMNH96917.e 32um s06av18a_b", "serpentine"),
        ("Nontronite NG-1.a s06av18a_b", "Fe-smectite"),
        ("Talc HS21.3B s06av18a_b", "talc"),
        ("Topaz Wigwam_Area #16 s06av18a_bb_", "topaz"),
        ("Olivine GDS71.a Fo91 65um s06av18a_b", "Mg-olivine"),
        ("Olivine KI3377 Fo18 <60um s06av18a_b", "Fe-olivine"),
        ("Olivine KI3188 Fo51 <60um s06av18a_b", None),  # between the classes
        ("Olivine NMNH137044.b <74u s06av18a_a", "olivine"),
        ("Calcite+Talc PC99-1G s06av18a_c", None),
        ("Kaol_wxl+others CU00-19A s06av18a_b", None),
        ("Alun0.3+Musc0.4+Pyro0.3 AMX1 s06av18a_a", None),
        ("Melting_snow mSnw01a s06av18a_b", "H2O ice"),
        ("Plastic_HDPE GDS347 s06av18a_b", None),
    ],
)
def test_names(name: str, mineral: Optional[str]) -> None:
    assert mineral_of(name) == mineral


def test_classes_are_those_of_the_exemplars() -> None:
    assert set(CLASS_OF.values()) <= set(load_exemplars().class_names)


def test_most_classes_have_laboratory_specimens(shared_data: Path) -> None:
    library = read_envi_library(shared_data / "usgs_splib06_aviris18" / "s06av18a_envi", mineral_of=mineral_of)
    assert not any("+" in mineral for mineral in library.minerals)
    assert len(set(library.minerals) & set(load_exemplars().class_names)) >= 25
    assert len(set(library.minerals)) > 150
