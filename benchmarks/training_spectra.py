"""The spectra that the compared networks learn from. Needs the real data (see `views.py`)."""

from __future__ import annotations

from views import DATA

from crism_gan_plugin.core.libraries.absorption import AbsorptionLibrary, from_exemplars
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.libraries.minerals import mineral_of

USGS_06 = DATA / "usgs_splib06_crism" / "s06cr08a.sli"


def known_minerals() -> AbsorptionLibrary:
    """The plugin's exemplars and the USGS library 06 at CRISM's channels: what the shipped network was trained with."""
    return from_exemplars(load_exemplars()) + read_envi_library(USGS_06, mineral_of=mineral_of)
