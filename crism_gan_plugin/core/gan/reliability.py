"""How far each class of the map can be trusted: what simulated pixels of all classes are taken for.

Pixels of every class are simulated as training simulates them, but pure: what is measured is confusion, not dilution. They are
matched with the whole library as a map's pixels are. A class is of low confidence if too many of the pixels that would be guessed
as it are really another's; the map then asks for higher scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..exemplars.library import ExemplarLibrary
from .calibration import minerals_of
from .discriminator import Discriminator
from .libraries import from_exemplars

FloatArray = np.ndarray

#: A map's three numbers.
THRESHOLDS = (0.707, 0.85, 0.95)

#: Standard deviations on the ratio at which rates are told.
NOISES = (0.0, 0.005, 0.01, 0.02)

#: Simulated pixels a class.
_PIXELS = 100

#: Of the pixels guessed as a class, all classes being equally common, so many may be another's before its confidence is low.
_WRONG = 0.1


@dataclass(frozen=True)
class ClassRates:
    """Of simulated pixels at one noise, by class and threshold.

    Attributes
    ----------
    names
        (k,) classes.
    true
        (k, 3) share of the class's own pixels whose best match is the class, with a score above each of `THRESHOLDS`.
    false
        (k, 3) the same share of all other classes' pixels.
    """

    names: tuple[str, ...]
    true: FloatArray
    false: FloatArray

    @property
    def wrong(self) -> FloatArray:
        """(k, 3) share of another's pixels among those matched with the class, all classes being equally common."""
        others = (len(self.names) - 1) * self.false
        return others / np.maximum(self.true + others, 1e-9)


def class_rates(
    discriminator: Discriminator, curve: dict[str, list[float]], library: ExemplarLibrary, noise: float, seed: int = 0
) -> ClassRates:
    """What pixels of each class are matched with.

    Parameters
    ----------
    curve
        Calibration of the score.
    noise
        Standard deviation of white noise on the ratio.
    """
    import torch  # which mapping must do without

    from .dice import Dice
    from .synthetic import Nuisance, views

    rng, dice = np.random.default_rng(seed), Dice("cpu", seed)
    rows = np.array(minerals_of(library, mixtures=True))
    names = tuple(dict.fromkeys(library.classes[place].name for place in library.class_index[rows]))
    owner = np.array([names.index(library.classes[place].name) for place in library.class_index[rows]])
    truth = np.repeat(np.arange(len(names)), _PIXELS)
    origins = np.array([rng.choice(rows[owner == mineral]) for mineral in truth])
    absorption = torch.from_numpy(from_exemplars(library).absorption[origins].astype(np.float32))
    pixels = views(absorption, torch.zeros_like(absorption), replace(Nuisance(), noise=0.0, admixture=0.0), dice).numpy()
    pixels = np.minimum(pixels + rng.normal(0, noise, pixels.shape), 1)
    exemplars = discriminator.features(library.spectra[rows])
    scores = np.interp(discriminator.cosines(pixels, exemplars), curve["cosine"], curve["score"])
    found, best = owner[scores.argmax(1)], scores.max(1)
    matched = (found[:, None] == np.arange(len(names)))[..., None] & (best[:, None] > THRESHOLDS)[:, None]
    own = truth[:, None] == np.arange(len(names))
    true = np.array([matched[own[:, k], k].mean(0) for k in range(len(names))])
    false = np.array([matched[~own[:, k], k].mean(0) for k in range(len(names))])
    return ClassRates(names, true, false)


def rates_card(rates: Sequence[ClassRates]) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    """class → noise → threshold → true and false, for the model card; ``rates`` at each of `NOISES`."""
    return {
        name: {
            f"{noise:g}": {
                f"{threshold:g}": {"true": round(float(rate.true[k, t]), 3), "false": round(float(rate.false[k, t]), 5)}
                for t, threshold in enumerate(THRESHOLDS)
            }
            for noise, rate in zip(NOISES, rates)
        }
        for k, name in enumerate(rates[0].names)
    }


def low_confidence(rates: Sequence[ClassRates]) -> list[str]:
    """The classes of which, averaged over the noise levels, more than a tenth of the guesses are wrong."""
    guess = THRESHOLDS.index(0.85)
    wrong = np.mean([rate.wrong[:, guess] for rate in rates], 0)
    return [name for name, share in zip(rates[0].names, wrong) if share > _WRONG]


def classes_of_low_confidence(discriminator: Discriminator, curve: dict[str, list[float]], library: ExemplarLibrary) -> list[str]:
    """The library's classes of low confidence: one that is on by default is judged among those that are; any other among all."""
    usual, every = (
        low_confidence([class_rates(discriminator, curve, compared, noise) for noise in NOISES])
        for compared in (library.defaults(), library)
    )
    return [one.name for one in library.classes if one.name in (usual if one.default_on else every)]
