"""Bland ground as one image shows it: the plugin's model, and what the image's own bland pixels show beyond it.

An image has its own ground, with residuals of its own atmosphere and detector, which no model measured elsewhere knows. But what is
common in an image may be a mineral, too. So only the blander half of its pixels counts, found in rounds. A mineral that covers less
than half of the image, and that can be told from ground at all, has no part in it. Only what exceeds the model is added to it, so
an image with usual ground leaves the model as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..arrays import FloatArray
from .metric import absorption_of_ratio, ground_metric
from .model import BackgroundModel, second_moment

#: An image of fewer pixels tells nothing of its own ground.
LEAST_PIXELS = 500

#: Share of the pixels that count as bland, and the number of rounds in which they are found.
_BLAND, _ROUNDS = 0.5, 3

#: Second moment, where the model is white, above which an absorption common to bland pixels is not the model's ground: three
#: standard deviations in a usual pixel. A mineral that is in a part of them, faintly, stays below.
_FOREIGN = 9.0


def refined(background: BackgroundModel, continuum_removed: FloatArray, noise: FloatArray) -> BackgroundModel:
    """The model for one image.

    Parameters
    ----------
    continuum_removed
        (n, 240) some of the image's pixels, without no data.
    noise
        (n,) standard deviation of their noise.

    Returns
    -------
    The model itself where there are fewer than `LEAST_PIXELS`, or where they show nothing that it does not know.
    """
    absorptions = absorption_of_ratio(continuum_removed)
    model = background
    if len(absorptions) < LEAST_PIXELS:
        return model
    for _ in range(_ROUNDS):
        length = ground_metric(model).compare(absorptions, absorptions[:1], noise)[0]
        bland = np.argsort(length, kind="stable")[: round(_BLAND * length.size)]
        unknown = _beyond(background, absorptions[bland], float(np.sqrt(np.mean(noise[bland] ** 2))))
        model = replace(background, absorptions=np.concatenate([background.absorptions, unknown]))
    return model


def _beyond(background: BackgroundModel, absorptions: FloatArray, noise: float) -> FloatArray:
    """(k, 240) what these absorptions have in common beyond the model, as `BackgroundModel.absorptions` has it; k may be 0."""
    whitening = ground_metric(background).whitening(noise)
    moments, directions = np.linalg.eigh(second_moment(absorptions @ whitening))
    foreign = moments > _FOREIGN
    return np.linalg.solve(whitening, directions[:, foreign] * np.sqrt(moments[foreign] - 1)).T
