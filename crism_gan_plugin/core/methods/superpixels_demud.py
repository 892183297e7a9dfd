"""Superpixels of summary parameters, DEMUD, and rules (Allender and Stepinski 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from ..mapping.levels import NO_DATA
from ..progress import Progress
from ..rules import Presence, features_of, named
from ..segments.demud import DIRECTIONS, demud
from ..segments.deviations import segments_of, to_deviations
from ..spectra.axis import SpectralAxis
from ..spectra.grid import WAVELENGTHS_NM
from ..summary_parameters.plan import ParameterPlan
from ..summary_parameters.table import FORMULAS
from .classification import Classification
from .image import ComparedImage
from .limits import limited


@dataclass(frozen=True)
class DemudParameters:
    """How units are found and named.

    Attributes
    ----------
    furthest
        Standard deviations beyond which a parameter counts no further; ours.
    scale
        *C* of Felzenszwalb and Huttenlocher 2004, in squared standard deviations; ours, since none is published.
    least_pixels
        Smaller segments join a neighbour; that of Gilmore and others 2011.
    directions
        Directions of the chosen segments that count as known; the default of DEMUD (Wagstaff and others 2013).
    prototypes
        How many segments are chosen; ours, as many units as Allender and Stepinski show in an image.
    high
        Share of the image's pixels above which a parameter counts as high, for the rules; ours.
    """

    furthest: float = limited(50.0, 1)
    scale: float = limited(300.0, 0)
    least_pixels: int = limited(20, 1)
    directions: int = limited(DIRECTIONS, 1)
    prototypes: int = limited(20, 1, 250)
    high: float = limited(0.95, 0, 1)


def by_demud(image: ComparedImage, parameters: DemudParameters, progress: Progress) -> Classification:
    """Each pixel has the name of the prototype that it is nearest to, and a prototype that of the rule for what is high in it."""
    names, numbers = _parameters(image, progress.part(0, 0.4))
    to_deviations(numbers, parameters.furthest, progress.check)
    high = [float(np.nanquantile(plane, parameters.high)) for plane in np.moveaxis(numbers, -1, 0)]
    progress.report(0.5, "finding segments")
    _, means = segments_of(numbers, parameters.scale, parameters.least_pixels, progress.check)
    progress.report(0.8, "choosing segments")
    chosen, _ = demud(means, parameters.prototypes, parameters.directions, progress.check)
    prototypes = means[chosen] if chosen.size else means[:1]
    codes, weakest = _names(image, names, prototypes, high)
    found = Classification.empty(image.lines, image.samples)
    assert found.best is not None
    for block in image.blocks:
        lines = slice(block.first, block.first + block.lines)
        there = image.valid[lines]
        own = numbers[lines][there]
        away = (prototypes**2).sum(1) - 2 * own @ prototypes.T.astype(np.float32)  # squared distance, but for what all share
        nearest = away.argmin(1)
        found.codes[lines][there] = found.best[lines][there] = codes[nearest]
        found.scores[lines][there] = weakest[nearest]
        progress.report(0.8 + 0.2 * (block.first + block.lines) / image.lines, "named")
    found.codes[~image.valid] = NO_DATA
    return found


def _parameters(image: ComparedImage, progress: Progress) -> tuple[tuple[str, ...], FloatArray]:
    """Names of the summary parameters that the network's grid has the channels for, and (lines, samples, n) numbers."""
    plan = ParameterPlan.of(SpectralAxis(WAVELENGTHS_NM), FORMULAS)
    numbers = np.full((image.lines, image.samples, len(plan.names)), np.nan, np.float32)
    for block in image.blocks:
        spectra = image.reflectance(block.first, block.lines)[..., plan.numbers]
        made = plan.compute(np.ascontiguousarray(np.moveaxis(spectra, -1, 0)))
        numbers[block.first : block.first + block.lines] = np.moveaxis(made, 0, -1)
        progress.report((block.first + block.lines) / image.lines, f"{block.first + block.lines} of {image.lines} lines")
    numbers[~image.valid] = np.nan
    return plan.names, numbers


def _names(image: ComparedImage, names: tuple[str, ...], prototypes: FloatArray, high: list[float]) -> tuple[IntArray, FloatArray]:
    """(k,) uint8 class of each prototype, 0 where no rule applies, and (k,) its weakest parameter, over what counts as high."""
    asked = set(features_of())
    strengths = {name: prototypes[:, place] / max(high[place], 1e-6) for place, name in enumerate(names) if name in asked}
    told = named(strengths, Presence(above=1.0, below=1.0))
    codes = np.where(np.isin(told.codes, image.class_codes), told.codes, 0).astype(np.uint8)
    return codes, np.where(codes > 0, told.weakest, 0).astype(np.float32)
