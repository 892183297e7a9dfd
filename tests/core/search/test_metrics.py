"""How much alike spectra are, by the metrics that need no network."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.search.best import BestPixels
from crism_gan_plugin.core.search.histogram import ScoreHistogram
from crism_gan_plugin.core.search.metrics import cosine_score
from crism_gan_plugin.core.spectra.continuum import remove_continuum
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

LIBRARY = load_exemplars()
METRICS = ("derivative", "absorption", "angle")


@pytest.mark.parametrize("metric", METRICS)
def test_a_spectrum_is_most_like_itself(metric: str) -> None:
    row = LIBRARY.names.index("kaolinite (numerator)")
    scores = cosine_score(metric, LIBRARY.spectra[[row]])(LIBRARY.spectra.astype(np.float32), np.zeros(len(LIBRARY.names)))
    assert scores[row] == pytest.approx(1, abs=1e-3)
    assert scores.argmax() == row
    assert np.sort(scores)[-2] < scores[row]


@pytest.mark.parametrize("metric", METRICS)
def test_brightness_and_slope_hardly_matter(metric: str) -> None:
    row = LIBRARY.names.index("gypsum (numerator)")
    score = cosine_score(metric, LIBRARY.spectra[[row]])
    slope = 1 + 0.1 * WAVELENGTHS_NM / 1000
    changed = np.stack([LIBRARY.spectra[row] * factor for factor in (1, 2, slope)])
    found = score(remove_continuum(changed, WAVELENGTHS_NM).astype(np.float32), np.zeros(3))
    assert np.ptp(found) < 0.01


def test_the_derivative_is_that_of_numpy_smoothed() -> None:
    """The cosine of two spectra, by their smoothed gradients computed plainly."""
    from crism_gan_plugin.core.search.metrics import _derivative_matrix

    ramp = np.linspace(0, 1, 240)
    inner = (ramp @ _derivative_matrix(240))[8:-8]
    np.testing.assert_allclose(inner, 1 / 239, rtol=1e-4)
    assert np.abs(np.ones(240) @ _derivative_matrix(240)).max() < 1e-6


def test_the_angle_is_one_minus_the_angle_over_90_degrees() -> None:
    a, b = np.ones(240), np.ones(240)
    b[:120] = 0.2
    wanted = 1 - np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))) / 90
    assert cosine_score("angle", a[None])(b[None].astype(np.float32), np.zeros(1))[0] == pytest.approx(wanted, abs=1e-5)


def test_of_several_references_the_best_counts() -> None:
    rows = [LIBRARY.names.index(name) for name in ("talc (numerator)", "kaolinite (numerator)")]
    both, single = (cosine_score("absorption", LIBRARY.spectra[which]) for which in (rows, rows[1:]))
    spectra = LIBRARY.spectra.astype(np.float32)
    assert both(spectra[rows], np.zeros(2)) == pytest.approx([1, 1], abs=1e-5)
    assert single(spectra[rows[:1]], np.zeros(1))[0] < 0.99


def test_the_best_pixels_are_those_of_a_sort() -> None:
    rng = np.random.default_rng(0)
    scores = np.round(rng.random((2, 30, 20)), 2).astype(np.float32)  # with ties
    scores[:, rng.random((30, 20)) < 0.2] = np.nan
    best = BestPixels(10)
    for first in range(0, 30, 7):
        best.add(scores[:, first : first + 7], first)
    order = sorted((-s, line, sample) for (line, sample), s in np.ndenumerate(scores[0]) if np.isfinite(s))[:10]
    assert list(zip(best.line, best.sample)) == [(line, sample) for _, line, sample in order]
    np.testing.assert_array_equal(best.scores, scores[:, best.line, best.sample].T)


def test_fewer_pixels_than_are_wanted_are_all_there() -> None:
    best = BestPixels(10)
    best.add(np.full((1, 2, 2), np.nan, np.float32), 0)
    assert best.line.size == 0
    best.add(np.array([[[0.5, np.nan], [0.7, 0.1]]], np.float32), 2)
    assert best.scores[:, 0].tolist() == pytest.approx([0.7, 0.5, 0.1])


def test_a_histogram_counts_every_pixel_once() -> None:
    rng = np.random.default_rng(1)
    scores = rng.uniform(-1, 1, (2, 40, 50)).astype(np.float32)
    scores[:, 0] = np.nan
    counted = ScoreHistogram((1, 3), {"guess": 0.85})
    for first in range(0, 40, 9):
        counted.add(scores[:, first : first + 9])
    assert counted.pixels == 39 * 50
    assert counted.above() == {"guess": {"1x1": int((scores[0] > 0.85).sum()), "3x3": int((scores[1] > 0.85).sum())}}
    assert counted.median() == pytest.approx(np.nanmedian(scores[0]), abs=0.01)
