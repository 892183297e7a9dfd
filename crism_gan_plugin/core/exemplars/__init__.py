"""The library of spectra to look for, and how one is made."""

from .bands import AbsorptionBand, log_absorption, spectrum_from_bands
from .files import load_exemplars, save_exemplars
from .library import ExemplarLibrary, MineralClass

__all__ = [
    "AbsorptionBand",
    "ExemplarLibrary",
    "MineralClass",
    "load_exemplars",
    "log_absorption",
    "save_exemplars",
    "spectrum_from_bands",
]
