"""Libraries of spectra, and how one is made.

Who lives here: `exemplars` (the spectra to look for, in classes), `exemplar_files` (JSON; default_library.json is ours),
`bands`, `colours` and `families` of classes, `editing` (changes of a library); `absorption` (what training and denoising mix),
`minerals` (which class a specimen shows). Spectra of others: `importers` (ENVI libraries), `mica` (CRISM's type spectra),
`laboratories` (USGS, ECOSTRESS, RELAB), `text_tables` (columns), by way of `spectral_folder` (folders and archives) and
`spectral_files` (any of these); `measured` (to the network's grid), `converted` (to a library).
Who may come in: denoise, deposits, detection_limit, endmembers, factors, inspection, installation, mapping, methods, mosaic,
network, own_minerals, reliability, reports, screening, search, simulation, training, validation.
"""

from .bands import AbsorptionBand, log_absorption, spectrum_from_bands
from .editing import (
    move_exemplar,
    recolour_class,
    remove_class,
    remove_exemplar,
    rename_class,
    switch_class,
)
from .exemplar_files import load_exemplars, save_exemplars
from .exemplars import ExemplarLibrary, MineralClass

__all__ = [
    "AbsorptionBand",
    "ExemplarLibrary",
    "MineralClass",
    "load_exemplars",
    "log_absorption",
    "move_exemplar",
    "recolour_class",
    "remove_class",
    "remove_exemplar",
    "rename_class",
    "save_exemplars",
    "spectrum_from_bands",
    "switch_class",
]
