"""Which decoys stand for a class on the ground of one image.

A class whose spectra are more like the image's bland ground than a decoy's is taken for a mineral there more often. So a class is
compared with the decoys that bland ground resembles as much as it resembles the class. Bland is the half of the pixels that
departs least from what ground is: a mineral that covers less than half of an image has no part in it.

Where ground resembles the class more than it resembles any decoy, no decoy can stand for it, and no number is told. That is how
ground looks that shows the mineral itself everywhere, faintly, or another mineral with the same bands.
"""

from __future__ import annotations

from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray

#: Decoys of a class. With so many, one more of the same kind lies outside of their range in a twentieth of cases.
DECOYS = 39

#: So many decoys have to be as much like the ground as the class is.
LEAST = 10

#: Sampled pixels below which an image does not tell what its ground is.
LEAST_PIXELS = 500

#: By what ground's resemblance is described: quantiles of the scores.
_QUANTILES = (0.5, 0.8, 0.95)


def resemblance(scores: FloatArray, length: FloatArray) -> FloatArray:
    """How much bland ground resembles each class or decoy.

    Parameters
    ----------
    scores
        (n, classes) of sampled pixels.
    length
        (n,) how far each pixel departs from bland ground.

    Returns
    -------
    (quantiles, classes).
    """
    bland = np.argsort(length, kind="stable")[: len(length) // 2]
    return np.asarray(np.quantile(scores[bland], _QUANTILES, axis=0))


def decoys_of(own: FloatArray, decoys: FloatArray, count: int = DECOYS, least: int = LEAST) -> Optional[IntArray]:
    """The decoys that stand for a class.

    Parameters
    ----------
    own
        (k,) how much ground resembles the class, from `resemblance`.
    decoys
        (k, n) likewise of all decoys.

    Returns
    -------
    (count,) the places of the nearest; None if fewer than ``least`` are as much like the ground.
    """
    if np.count_nonzero(decoys.mean(0) >= own.mean()) < least:
        return None
    nearest = np.argsort(((decoys - own[:, np.newaxis]) ** 2).sum(0), kind="stable")
    return np.asarray(nearest[:count])
