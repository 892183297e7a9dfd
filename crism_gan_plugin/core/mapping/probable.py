"""How probable it is that a map's detections are right, by probabilities that were fitted where the truth is known.

They were fitted with one network, its exemplars and its thresholds. A map that is made with anything else gets none.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

from ... import paths
from ..arrays import AnyArray, FloatArray
from ..files.names import PathLike
from ..files.reading import sha256
from ..libraries.exemplars import ExemplarLibrary
from ..libraries.families import family_of
from ..provenance import describe_file
from ..reliability.probability import KINDS, DetectionSigns, ProbabilityModel
from ..reliability.probability_file import load_probability
from ..spectra.noise import noise_of
from ..spectra.ratio import Ratio
from .agreement import BOTH
from .levels import NOTHING, Detection
from .scales import ScaleMapper, mean_spectra

#: Things that scores hang on, as users know them. A model cube is one, since noise and continuum are others with it.
NETWORK, CALIBRATION, METHOD, BACKGROUND = "network", "calibration of the network", "method", "background model"
MINERALS, THRESHOLDS, WINDOWS, SUPPORT, MODEL = "minerals or exemplars", "thresholds", "smoothing windows", "support", "model cube"


def used_by(mapper: ScaleMapper, weights: Optional[PathLike] = None, with_model: bool = False) -> dict[str, Any]:
    """What the scores of a mapper hang on.

    Parameters
    ----------
    weights
        File of the network's weights; None: the plugin's own.
    with_model
        Whether images have a model cube, as denoised ones do.
    """
    library, thresholds = mapper.matcher.library, mapper.thresholds
    limits = [thresholds.best_guess, thresholds.lead, *thresholds.guess.tolist(), *thresholds.identification.tolist()]
    calibration = json.dumps(mapper.matcher.curves.get("ground_calibration"), sort_keys=True)
    codes = np.array([library.classes[place].code for place in library.class_index])
    return {
        NETWORK: sha256(paths.weights() if weights is None else weights),
        CALIBRATION: hashlib.sha256(calibration.encode()).hexdigest(),
        METHOD: "ground" if mapper.knows_ground else "paper",
        BACKGROUND: sha256(paths.background()) if mapper.knows_ground else None,
        MINERALS: _checksum(np.asarray(library.spectra).astype("<f4"), codes.astype("<i4")),
        THRESHOLDS: [round(float(limit), 6) for limit in limits],
        WINDOWS: list(mapper.sizes),
        SUPPORT: mapper.support,
        MODEL: with_model,
    }


def _checksum(*arrays: AnyArray) -> str:
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


@dataclass(frozen=True)
class Probabilities:
    """Judges a map's detections.

    Attributes
    ----------
    model
        The fitted probabilities.
    library
        The map's classes.
    """

    model: ProbabilityModel
    library: ExemplarLibrary

    def __call__(self, found: Detection, ratio: Ratio, inner: slice, agreement: Optional[FloatArray] = None) -> FloatArray:
        """The probability that each detection of a block is right, (lines × samples,) float32; NaN where nothing is detected.

        Parameters
        ----------
        found
            Of the lines ``inner`` of the block.
        ratio
            The block's spectra, in which it was detected.
        agreement
            What `agreement.compare` says, where spectra are ratioed.
        """
        out = np.full(found.level.shape, np.nan, np.float32)
        rows = np.flatnonzero(found.level > NOTHING)
        if not rows.size:
            return out
        how = how_found(found, ratio, inner, agreement, rows)
        families = np.array([family_of(mineral.code) for mineral in self.library.classes])[found.mineral[rows]]
        for family in np.unique(families):
            there = families == family
            out[rows[there]] = self.model.probability(how, str(family))[there]
        return out


def how_found(found: Detection, ratio: Ratio, inner: slice, agreement: Optional[FloatArray], rows: Any) -> DetectionSigns:
    """How the detections of some rows were found; all else as in `Probabilities`."""
    sizes = found.size[rows]
    noise = np.empty(len(rows))
    for size in np.unique(sizes):
        there = sizes == size
        noise[there] = noise_of(mean_spectra(ratio.spectra, int(size), inner)[rows[there]])
    kind = np.full(len(rows), KINDS.index("plain"))
    if agreement is not None:
        kind = np.where(agreement[rows] == BOTH, KINDS.index("both"), KINDS.index("ratio"))
    return DetectionSigns(found.score[rows], (found.score - found.other_score)[rows], noise, sizes, kind)


def probabilities_for(
    mapper: ScaleMapper, weights: Optional[PathLike], with_model: bool
) -> tuple[Optional[Probabilities], dict[str, Any], list[str]]:
    """What judges a map's detections, what the record says of it, and warnings; None and the reason where nothing can."""
    model = load_probability()
    others = model.differences(used_by(mapper, weights, with_model))
    if others:
        reason = f"no probability is told: it was fitted with another {', '.join(others)} than this map has"
        return None, {"none": reason}, [reason]
    told = {name: said for name, said in model.card.items() if name in ("judged", "limits")}
    return Probabilities(model, mapper.matcher.library), {**describe_file(paths.probability()), **told}, []
