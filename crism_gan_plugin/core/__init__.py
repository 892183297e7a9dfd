"""The science of CRISM GAN, without QGIS: a library for scripts, and a command line (`python -m crism_gan_plugin.core`).

Arrays are NumPy; wavelengths are nanometres, ascending. Names are loaded when they are first used, so that importing this package
costs nothing and a missing optional package is only felt where it is needed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "WAVELENGTHS_NM": ".spectra.grid",
    "remove_continuum": ".spectra.continuum",
    "load_discriminator": ".network.discriminator",
    "load_exemplars": ".libraries.exemplar_files",
    "similarity": ".network.similarity",
    "denoise_scene": ".denoise.pipeline",
    "correct_scene": ".denoise.quick",
    "map_scene": ".mapping.pipeline",
    "MapOutputs": ".mapping.pipeline",
    "map_batch": ".batch.run",
    "BatchOutputs": ".batch.run",
    "make_composite": ".mosaic.composite",
    "CompositeOutputs": ".mosaic.composite",
    "MineralClass": ".libraries.exemplars",
    "remove_continuum_scene": ".continuum_cube",
    "import_product": ".importing.product",
    "Progress": ".progress",
    "CrismError": ".errors",
    "Cancelled": ".errors",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(_HOMES)
