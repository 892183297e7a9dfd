"""What the options of a map decide: the mapper of its spectra, the files that it reads, and what its record says of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ... import paths
from .. import provenance
from ..background.files import load_background
from ..errors import ParameterError
from ..files.names import PathLike
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..mars.crs import mars_crs
from ..network.discriminator import load_discriminator
from ..network.similarity import Matcher
from ..options.mapping import MapOptions
from ..reliability import Decoys, make_decoys
from .levels import ARTEFACT, UNLISTED, make_thresholds
from .record import describe_library, describe_network
from .scales import ScaleMapper, checked_sizes


def mapper_for(options: MapOptions) -> ScaleMapper:
    """Make the mapper that maps spectra as the options say.

    Raises
    ------
    InputError, ParameterError, MissingDependencyError
        If the library or the weights cannot be read, or a parameter makes no sense for any image.
    """
    if options.denoise != "off" and options.model is not None:
        raise ParameterError("model: the image is to be denoised first, which makes a model of its own; give one or the other")
    if options.method == "paper" and options.ratio != "off":
        raise ParameterError("ratio: the paper's method maps spectra as they are; choose the ratio off, or the method ground")
    if options.probability and not options.evidence:
        raise ParameterError("probability: is a band of the evidence, which is not to be written; write it, or do without the band")
    if options.limits and options.max_false_share < 1:
        raise ParameterError(
            f"limits: the map is to show only what has a q-value up to {options.max_false_share:g}, which implants have none of; "
            "do without the limits, or without max_false_share"
        )
    if options.limits and not options.evidence:
        raise ParameterError("limits: need the map's evidence, which is not to be written; write it, or do without the limits")
    if options.crs is not None:
        mars_crs(options.crs)
    whole = load_exemplars(options.exemplars)
    library = whole.defaults() if options.classes is None else whole.select(options.classes)
    _check_codes(library, options)
    levels = options.identification, options.guess, options.best_guess
    thresholds = make_thresholds(library, *levels, options.class_thresholds, options.lead)
    is_paper = options.method == "paper"
    matcher = Matcher(load_discriminator(options.weights, options.engine), library, None if is_paper else load_background())
    support = "paper" if is_paper else options.support
    decoys = decoys_for(replace(matcher, library=whole), options) if options.with_decoys else None
    return ScaleMapper(matcher, thresholds, checked_sizes(options.scales), support, decoys=decoys)


def _check_codes(library: ExemplarLibrary, options: MapOptions) -> None:
    """Refuse a library with a class that has a code of what is no mineral. If either kind is asked for, both are looked for."""
    asked = [name for name in ("artefacts", "unlisted") if getattr(options, name)]
    owners = {mineral.code: mineral.name for mineral in library.classes}
    for name, code in (("artefacts", ARTEFACT), ("unlisted", UNLISTED)):
        if asked and code in owners:
            raise ParameterError(
                f"{asked[0]}: {name} have code {code}, which is {owners[code]!r} in this library; give that class another code"
            )


def decoys_for(matcher: Matcher, options: MapOptions) -> Decoys:
    """Decoys of the matcher's library, none of which is a guess of any of its classes."""
    thresholds = make_thresholds(matcher.library, options.identification, options.guess, options.best_guess, lead=options.lead)
    guess = np.maximum(thresholds.guess, thresholds.best_guess)[matcher.library.class_index]
    return make_decoys(matcher.library, lambda spectra: np.asarray((matcher(spectra) > guess).any(1)))


def given_files(options: MapOptions) -> list[PathLike]:
    """The files and folders that the options name."""
    alone = (options.model, options.scan_table, options.geometry, options.wavelengths, options.exemplars, options.weights)
    return [path for path in (*alone, *options.volcano_scans) if path is not None]


def describe_options(options: MapOptions, mapper: ScaleMapper) -> dict[str, Any]:
    """Describe the options and the mapper, for the record of how a map was made."""
    matcher = mapper.matcher
    library_file, weights_file = Path(options.exemplars or paths.exemplars()), Path(options.weights or paths.weights())
    table = Path(options.wavelengths) if options.wavelengths is not None else None
    table_of_scans = [options.scan_table] if options.scan_table is not None else []
    scans = [provenance.describe_file(path) for path in map(Path, [*options.volcano_scans, *table_of_scans]) if path.is_file()]
    return {
        "denoised": None if options.denoise == "off" else {"mode": options.denoise, "volcano scans": scans},
        "wavelengths": provenance.describe_file(table) if table is not None and table.is_file() else None,
        "exemplars": describe_library(matcher.library, library_file, mapper.thresholds),
        "network": describe_network(matcher.discriminator, weights_file),
        "method": options.method,
        "background": provenance.describe_file(paths.background()) if mapper.knows_ground else None,
        "scales": list(mapper.sizes),
        "support": mapper.support,
        **({"decoys": len(mapper.decoys.starts), "max_false_share": options.max_false_share} if mapper.decoys is not None else {}),
        **{name: True for name in ("unlisted", "artefacts") if getattr(options, name)},
    }
