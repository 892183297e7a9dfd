"""The science of CRISM GAN, without QGIS: a library for scripts, and a command line (`python -m crism_gan_plugin.core`).

Arrays are NumPy; wavelengths are in nanometres and ascend. A name is loaded when it is first used. So importing this package costs
nothing, and a missing optional package matters only where it is needed.

Examples
--------
The exemplars that a spectrum of kaolinite resembles most:

>>> from crism_gan_plugin.core import WAVELENGTHS_NM, load_discriminator, load_exemplars, similarity
>>> print(f"{WAVELENGTHS_NM.size} channels from {WAVELENGTHS_NM[0]:.2f} to {WAVELENGTHS_NM[-1]:.2f} nm")
240 channels from 1027.55 to 2602.12 nm
>>> library = load_exemplars()
>>> spectrum = library.spectra[library.names.index("kaolinite (ratio)")]
>>> scores = similarity(load_discriminator(), spectrum[None], library)[0]
>>> [library.names[place] for place in scores.argsort()[::-1][:2]]
['kaolinite (ratio)', 'kaolinite (numerator)']
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
    "fetch_products": ".fetching.pipeline",
    "FetchOutputs": ".fetching.pipeline",
    "map_scene": ".catalogue.mapped",
    "MapOutputs": ".mapping.pipeline",
    "map_batch": ".batch.run",
    "BatchOutputs": ".batch.run",
    "map_archive": ".archive.pipeline",
    "ArchiveOutputs": ".archive.pipeline",
    "make_composite": ".mosaic.composite",
    "CompositeOutputs": ".mosaic.composite",
    "make_similarity_map": ".search.pipeline",
    "SimilarityOutputs": ".search.pipeline",
    "make_deposits": ".deposits.pipeline",
    "DepositOutputs": ".deposits.pipeline",
    "catalogue_maps": ".catalogue.pipeline",
    "CatalogueOutputs": ".catalogue.pipeline",
    "make_report": ".reports.pipeline",
    "ReportOutputs": ".reports.pipeline",
    "validate_methods": ".validation.pipeline",
    "ValidationOutputs": ".validation.pipeline",
    "screen_images": ".screening.pipeline",
    "ScreenOutputs": ".screening.pipeline",
    "fit_band_positions": ".band_positions.pipeline",
    "BandOutputs": ".band_positions.pipeline",
    "make_summary_parameters": ".summary_parameters.pipeline",
    "SummaryOutputs": ".summary_parameters.pipeline",
    "find_endmembers": ".endmembers.pipeline",
    "EndmemberOutputs": ".endmembers.pipeline",
    "compare_methods": ".methods.pipeline",
    "MethodOutputs": ".methods.pipeline",
    "build_exemplars": ".own_minerals.pipeline",
    "ExemplarOutputs": ".own_minerals.pipeline",
    "add_to_library": ".own_minerals.adding",
    "save_exemplars": ".libraries.exemplar_files",
    "find_detection_limits": ".detection_limit.pipeline",
    "LimitOutputs": ".detection_limit.pipeline",
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
