"""Libraries of spectra, and how one is made.

Who lives here: `exemplars` (the spectra to look for, in classes), `exemplar_files` (JSON; default_library.json is ours), `bands`
and `colours` of classes; `absorption` (what training and denoising mix), `importers` (from ENVI libraries), `minerals` (which
class a specimen shows).
Who may come in: denoise, deposits, inspection, installation, mapping, mosaic, network, reports, search, simulation, training.
"""

from .bands import AbsorptionBand, log_absorption, spectrum_from_bands
from .exemplar_files import load_exemplars, save_exemplars
from .exemplars import ExemplarLibrary, MineralClass

__all__ = [
    "AbsorptionBand",
    "ExemplarLibrary",
    "MineralClass",
    "load_exemplars",
    "log_absorption",
    "save_exemplars",
    "spectrum_from_bands",
]
