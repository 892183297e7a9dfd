"""Rules on summary parameters, in units of their detector column's noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import FloatArray, IntArray
from ..background.files import load_background
from ..mapping.levels import NO_DATA
from ..progress import Progress
from ..rules import RULES, DetectorColumns, Presence, SmallestPatch, features_of, named_by_columns, shared_by_most
from ..spectra.axis import SpectralAxis
from ..summary_parameters.plan import ParameterPlan
from .classification import Classification
from .image import ComparedImage
from .limits import limited

#: Lines at once; and about how many lines of the image tell what most pixels of a column show.
_LINES, _SEEN = 16, 100

#: Spectra of bland ground that tell what it shows, and the share of them that show less than what is told to the user.
_BLAND, _MOST_BLAND = 2000, 0.95


@dataclass(frozen=True)
class RuleParameters:
    """What counts as there: Carter and others 2013 publish no numbers.

    Attributes
    ----------
    above, below
        Standard deviations of the column's noise above which an absorption is there, and below which it is lacking; ours.
    pixels, columns
        Pixels of the smallest patch, and detector columns that it lies in; the published code of Plebani and others 2022.
    """

    above: float = limited(Presence.above, 0)
    below: float = limited(Presence.below, 0)
    pixels: int = limited(SmallestPatch.pixels, 1)
    columns: int = limited(SmallestPatch.columns, 1)


def by_rules(image: ComparedImage, parameters: RuleParameters, progress: Progress) -> Classification:
    """A mineral is where the absorptions that its rule requires are there, and those that it forbids are not.

    Absorptions are compared with the median of their detector column. So what is in more than half of a column is not found; the
    log tells where this may be.
    """
    plan = ParameterPlan.of(SpectralAxis(image.wavelengths_nm), features_of())
    planes = np.empty((len(plan.names), image.lines, image.samples), np.float32)
    for first in range(0, image.lines, _LINES):
        count = min(_LINES, image.lines - first)
        planes[:, first : first + count] = _parameters(plan, image.reflectance(first, count))
        progress.part(0, 0.8).report((first + count) / image.lines, f"{first + count} of {image.lines} lines")
    columns = _columns(image)
    _tell_what_is_shared(image, plan, columns, progress)
    progress.check()
    presence, smallest = Presence(parameters.above, parameters.below), SmallestPatch(parameters.pixels, parameters.columns)
    wanted = tuple(rule for rule in RULES if rule.code in image.class_codes)
    found = named_by_columns(dict(zip(plan.names, planes)), columns, presence, smallest, wanted, progress.check)
    progress.report(1.0, "rules")
    scores = np.where(found.codes > 0, found.weakest, np.float32(0))
    return Classification(
        np.where(image.valid, found.codes, NO_DATA).astype(np.uint8), np.where(image.valid, scores, np.nan).astype(np.float32)
    )


def _parameters(plan: ParameterPlan, spectra: FloatArray) -> FloatArray:
    """(parameters, …) of spectra (…, 240)."""
    return plan.compute(np.ascontiguousarray(np.moveaxis(spectra, -1, 0)[plan.numbers]))


def _columns(image: ComparedImage) -> IntArray:
    """(lines, samples) detector columns; where they are not known, those of the image."""
    return image.frame.place(0, image.lines)[1]


def _tell_what_is_shared(image: ComparedImage, plan: ParameterPlan, columns: IntArray, progress: Progress) -> None:
    """Warn of minerals whose absorptions the median pixel of most columns shows more of than bland ground does."""
    progress.info("rules: a pixel is compared with the median of its detector column; what is in more than half of it is not found")
    lines = np.arange(0, image.lines, max(1, image.lines // _SEEN))
    seen = np.stack([_parameters(plan, image.i_f(int(line), 1)[0]) for line in lines], 1)
    bland = _parameters(plan, load_background().plain.draw(_BLAND, np.random.default_rng(0)).astype(np.float32))
    detector = DetectorColumns(columns[lines])
    share = {
        name: shared_by_most(detector.spread(plane), float(np.nanquantile(ground, _MOST_BLAND)))
        for name, plane, ground in zip(plan.names, seen, bland)
    }
    for rule in RULES:
        common = min(share.get(name, 0.0) for name in rule.required)
        if common > 0.5:
            progress.warn(
                f"rules: the median pixel of {common:.0%} of the detector columns shows what {rule.mineral} has; if it covers more "
                "than half of them, the rules cannot find it there"
            )
