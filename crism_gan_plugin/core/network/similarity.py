"""The score of a spectrum against every exemplar: a cosine, calibrated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Optional, Union

import numpy as np

from ..arrays import FloatArray
from ..background.model import BackgroundModel
from ..errors import InputError
from ..libraries.exemplars import ExemplarLibrary
from ..spectra.few_channels import FewChannels
from ..spectra.noise import noise_of
from .cosine import GroundCosine
from .discriminator import Discriminator

#: Curves of a card for mapping data, by the number of its wavelength filter.
FILTERS_KEY = "mapping_filters"


def similarity(
    discriminator: Discriminator,
    continuum_removed: FloatArray,
    library: ExemplarLibrary,
    *,
    background: Optional[BackgroundModel] = None,
    noise: Union[float, FloatArray] = 0.0,
) -> FloatArray:
    """The score that every threshold applies to.

    Parameters
    ----------
    continuum_removed
        (n, 240) on the network's grid; band normalisation is done here.
    background
        Bland ground. The cosine is then the one that knows it (`network.cosine`), with a calibration of its own, so that
        thresholds mean the same on ground and at every noise. None means the paper's cosine of features.
    noise
        With a background: standard deviation of the white noise in the spectra, one number, or (n,).

    Returns
    -------
    (n, m) float32, one score for each exemplar spectrum; 0 for flat spectra.

    Raises
    ------
    InputError
        With a background, if the weights' card has no calibration for it.

    Examples
    --------
    >>> from crism_gan_plugin.core import load_discriminator, load_exemplars
    >>> library = load_exemplars().select(["kaolinite", "gypsum"])
    >>> scores = similarity(load_discriminator(), library.spectra, library)
    >>> scores.shape
    (4, 4)
    >>> bool(scores[0, 1] > 0.95), bool(scores[0, 2] > 0.95)  # kaolinite's other spectrum, and gypsum
    (True, False)
    """
    return Matcher(discriminator, library, background)(continuum_removed, noise)


@dataclass(frozen=True)
class Matcher:
    """`similarity` with the exemplars' features computed once, for many blocks.

    Attributes
    ----------
    discriminator, library, background
        As `similarity` takes them.
    channels
        Those of mapping data, which exemplars are seen through too; None where spectra are known on all of the grid.
    """

    discriminator: Discriminator
    library: ExemplarLibrary
    background: Optional[BackgroundModel] = None
    channels: Optional[FewChannels] = None
    exemplars: FloatArray = field(init=False, repr=False)
    _features: FloatArray = field(init=False, repr=False)
    _cosine: GroundCosine = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.channels is not None and self.channels.mapping_filter.number not in self.discriminator.card.get(FILTERS_KEY, {}):
            raise InputError(
                f"weights: their card has no calibration for mapping data of {self.channels.mapping_filter} ('{FILTERS_KEY}'); "
                "train anew (CRISM Train GAN)"
            )
        seen = self.library.spectra if self.channels is None else self.channels.ratio_seen(self.library.spectra)
        object.__setattr__(self, "exemplars", seen)
        if self.background is None:
            object.__setattr__(self, "_features", self.discriminator.features(seen))
            return
        if "ground_calibration" not in self.curves:
            raise InputError(
                "weights: their card has no calibration on bland ground ('ground_calibration'); train anew (CRISM Train GAN), "
                "or choose the paper's method (METHOD, --method paper)"
            )
        object.__setattr__(self, "_cosine", GroundCosine(self.discriminator, self.background, seen))

    @property
    def curves(self) -> Mapping[str, Any]:
        """The calibrations: the card's, or those of the wavelength filter."""
        card: Mapping[str, Any] = self.discriminator.card
        return card if self.channels is None else card[FILTERS_KEY][self.channels.mapping_filter.number]

    def noise_of(self, on_grid: FloatArray) -> FloatArray:
        """(..., 240) → (...) standard deviation of the noise of such spectra."""
        return noise_of(on_grid) if self.channels is None else self.channels.noise_of(on_grid)

    def __call__(self, continuum_removed: FloatArray, noise: Union[float, FloatArray] = 0.0) -> FloatArray:
        return self.calibrated(self.cosines(continuum_removed, noise), noise)

    def cosines(self, continuum_removed: FloatArray, noise: Union[float, FloatArray] = 0.0) -> FloatArray:
        """(n, m) cosines, before the calibration."""
        if self.background is None:
            return self.discriminator.cosines(continuum_removed, self._features)
        return self._cosine(continuum_removed, noise)

    def calibrated(self, cosines: FloatArray, noise: Union[float, FloatArray] = 0.0) -> FloatArray:
        """The scores of cosines of (n, any) spectra with this noise."""
        if self.background is None:
            return calibrate(cosines, self.curves["calibration"])
        return calibrate_at(cosines, noise, self.curves["ground_calibration"])


def calibrate(cosines: FloatArray, curve: dict[str, list[float]]) -> FloatArray:
    """The monotone piecewise-linear curve of the model card, which gives 0.707, 0.85 and 0.95 the published network's meaning."""
    return np.interp(cosines, curve["cosine"], curve["score"]).astype(np.float32)


def calibrate_at(cosines: FloatArray, noise: Union[float, FloatArray], curves: dict[str, Any]) -> FloatArray:
    """The curves of some noise levels, and between two levels both, each by how near it is.

    Parameters
    ----------
    cosines
        (n, m).
    noise
        One number, or (n,).
    curves
        The card's: "noise" of the levels, ascending; "cosine", a list for each level; "score", common to all.
    """
    levels = curves["noise"]
    place = np.interp(np.broadcast_to(noise, len(cosines)), levels, np.arange(len(levels)))
    below = np.floor(place).astype(int)
    score = np.empty(cosines.shape, np.float32)
    for level in np.unique(below):
        rows = below == level
        pair = [np.interp(cosines[rows], curves["cosine"][k], curves["score"]) for k in (level, min(level + 1, len(levels) - 1))]
        upper = (place[rows] - level)[:, np.newaxis]
        score[rows] = (1 - upper) * pair[0] + upper * pair[1]
    return score
