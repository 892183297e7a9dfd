"""Methods that score spectra with each exemplar: what they share."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.methods import by_exemplars
from crism_gan_plugin.core.methods.angles import (
    AngleParameters,
    DistanceParameters,
    by_angle,
    by_angle_of_reflectance,
    by_distance,
)
from crism_gan_plugin.core.methods.by_exemplars import at_scales, map_blocks, mapper_by
from crism_gan_plugin.core.progress import Progress

SAMPLES = 24


@pytest.mark.parametrize(
    ("method", "parameters"), [(by_distance, DistanceParameters()), (by_angle_of_reflectance, AngleParameters())]
)
def test_the_map_does_not_hang_on_how_many_lines_are_mapped_at_once(
    opened: Callable, monkeypatch: pytest.MonkeyPatch, method: Callable, parameters: object
) -> None:
    image = opened(scales=(1, 3, 5))
    whole = method(image, parameters, Progress())
    monkeypatch.setattr(by_exemplars, "AT_ONCE", 4 * SAMPLES)
    pieces = method(image, parameters, Progress())
    np.testing.assert_array_equal(pieces.codes, whole.codes)
    np.testing.assert_array_equal(pieces.best, whole.best)
    np.testing.assert_allclose(pieces.scores, whole.scores, atol=1e-4)  # distances near 0 are rounded
    assert whole.named.any()


def angles(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """1 − angle / 90°, of each of (n, 240) with each of (m, 240)."""
    lengths = np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(other, axis=1)
    return 1 - np.degrees(np.arccos(np.minimum(one @ other.T / lengths, 1))) / 90


def distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """1 − root mean square difference."""
    return 1 - np.sqrt(((one[:, None] - other) ** 2).mean(-1))


@pytest.mark.parametrize(
    ("method", "parameters", "plain", "of_ratio"),
    [
        (by_distance, DistanceParameters(), distances, True),
        (by_angle, AngleParameters(), angles, True),
        (by_angle_of_reflectance, AngleParameters(), angles, False),
    ],
)
def test_scores_are_those_of_the_formula(
    opened: Callable, truth: np.ndarray, method: Callable, parameters: object, plain: Callable, of_ratio: bool
) -> None:
    """Computed plainly in double precision, for the pixels of the patches at a scale of one pixel."""
    image = opened(scales=(1,))
    found = method(image, parameters, Progress())
    spectra = image.over_continuum(0, image.lines) if of_ratio else image.reflectance(0, image.lines)
    inside = truth > 0
    rows = spectra[inside].astype(float)
    wanted = plain(np.minimum(rows, 1) if of_ratio else rows, image.library.spectra)
    np.testing.assert_allclose(found.scores[inside], wanted.max(1), atol=1e-3)
    best = image.class_codes[image.library.class_index[wanted.argmax(1)]]
    np.testing.assert_array_equal(found.best[inside], best)
    np.testing.assert_array_equal(found.named[inside] > 0, wanted.max(1) > parameters_least(parameters))


def parameters_least(parameters: object) -> float:
    return 1 - parameters.largest if isinstance(parameters, DistanceParameters) else 1 - parameters.largest_rad / (np.pi / 2)


class Between(Progress):
    """Counts what is done between two questions whether to stop."""

    def __init__(self) -> None:
        self.done, self.most = 0, 0

    def work(self, count: int) -> None:
        self.done += count
        self.most = max(self.most, self.done)

    def is_cancelled(self) -> bool:
        self.done = 0
        return False


def test_few_spectra_are_scored_between_questions_whether_to_stop(opened: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_exemplars, "AT_ONCE", 2 * SAMPLES)
    image, progress = opened(scales=(1, 3)), Between()

    def score(spectra: np.ndarray, noise: np.ndarray) -> np.ndarray:
        progress.work(len(spectra))
        return np.zeros((len(spectra), len(image.library.names)), np.float32)

    map_blocks(image, at_scales(mapper_by(image, score, 0.5), progress), progress)
    assert 0 < progress.most <= 2 * SAMPLES
