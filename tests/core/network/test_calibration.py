"""The curves that give the paper's numbers the published network's meaning, whatever the noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crism_gan_plugin.core import load_discriminator, load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.model import absorption_of_spectra
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.instrument.mapping_filters import MAPPING_FILTERS, MappingFilter
from crism_gan_plugin.core.network import calibration
from crism_gan_plugin.core.network.calibration import (
    GROUND,
    NOISES,
    bland_cosines,
    false_cosines,
    filter_calibrations,
    ground_calibration,
    match_rates,
    minerals_of,
    paper_calibration,
    paper_cosine,
)
from crism_gan_plugin.core.network.cosine import GroundCosine
from crism_gan_plugin.core.network.similarity import Matcher, calibrate, calibrate_at
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

LIBRARY = load_exemplars()
MINERALS = np.array(minerals_of(LIBRARY))
NUMERATORS = MINERALS[["numerator" in LIBRARY.names[row] for row in MINERALS]]
SHOWN = MINERALS[[LIBRARY.classes[LIBRARY.class_index[row]].default_on for row in MINERALS]]


class Random:
    """Cosines that depend on nothing but the rows, and fall as noise grows; pairs of one exemplar are 1, bland has its own."""

    def __init__(self, seed: int, bland: float) -> None:
        rng = np.random.default_rng(seed)
        pairs = rng.beta(3, 6, (len(LIBRARY.names),) * 2)
        self.pairs, self.bland, self.rng = np.maximum(pairs, pairs.T), bland, rng

    def __call__(self, spectra: np.ndarray, noise: float) -> np.ndarray:
        count = len(LIBRARY.names)
        if np.allclose(spectra[: len(NUMERATORS)], LIBRARY.spectra[NUMERATORS], atol=1e-6):
            return self.pairs[NUMERATORS]
        if np.allclose(spectra[: len(SHOWN)], LIBRARY.spectra[SHOWN], atol=1e-6):
            return self.pairs[SHOWN]
        return np.broadcast_to(self.bland * self.rng.random((len(spectra), 1)), (len(spectra), count))


def curve(cosine: Random, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    monkeypatch.setattr(calibration, "paper_cosine", lambda discriminator, library: cosine)
    return paper_calibration(None, LIBRARY)


def pairs_of(cosine: Random, rows: np.ndarray) -> np.ndarray:
    mineral = LIBRARY.class_index[rows]
    return cosine.pairs[np.ix_(rows, rows)][np.triu(mineral[:, None] != mineral)]


@pytest.mark.parametrize("seed", range(5))
def test_as_many_pairs_exceed_the_thresholds_as_in_the_published_network(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    cosine = Random(seed, bland=0.1)
    scores = calibrate(pairs_of(cosine, NUMERATORS), curve(cosine, monkeypatch))
    assert len(scores) == 351
    assert [(scores > threshold).sum() for threshold in (0.707, 0.85, 0.95)] == [30, 7, 0]


def test_no_two_spectra_of_what_maps_show_are_identified_as_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    cosine = Random(1, bland=0.1)
    closest = SHOWN[["ratio" in LIBRARY.names[row] for row in SHOWN]][:2]
    cosine.pairs[closest[0], closest[1]] = cosine.pairs[closest[1], closest[0]] = 0.93
    found = curve(cosine, monkeypatch)
    assert calibrate(np.array([0.93]), found)[0] < 0.95 < calibrate(np.array([0.94]), found)[0]


@settings(max_examples=20, deadline=None)
@given(st.floats(0.3, 0.95))
def test_bland_spectra_are_no_guess_and_no_identification(bland: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        cosine = Random(0, bland)
        scores = calibrate(bland * np.random.default_rng(1).random(100_000), curve(cosine, patch))
    for score, share in GROUND.items():
        assert (scores > score).mean() < 1.5 * share + 1e-3


def test_curves_ascend_between_their_ends(random_weights: Path) -> None:
    discriminator = load_discriminator(random_weights, "numpy")
    curves = ground_calibration(discriminator, LIBRARY)
    assert curves["noise"] == list(NOISES)
    for cosines in [*curves["cosine"], curves["score"], paper_calibration(discriminator, LIBRARY)["cosine"]]:
        assert (cosines[0], cosines[-1]) == (-1, 1)
        assert (np.diff(cosines) > 0).all()
    assert {0.707, 0.85, 0.95} <= set(curves["score"])


@pytest.mark.parametrize("constant", [0.9, 1.0, -0.2])
def test_a_network_that_tells_nothing_apart_is_refused(constant: float, monkeypatch: pytest.MonkeyPatch) -> None:
    cosine = Random(0, 0.1)
    cosine.pairs[:] = constant
    with pytest.raises(ParameterError, match="do not tell minerals apart"):
        curve(cosine, monkeypatch)


def test_false_pairs_are_those_of_different_minerals(random_weights: Path) -> None:
    discriminator = load_discriminator(random_weights, "numpy")
    assert len(NUMERATORS) == 27
    found = false_cosines(paper_cosine(discriminator, LIBRARY), LIBRARY, NUMERATORS, 0.0)
    features = discriminator.features(LIBRARY.spectra[NUMERATORS]).astype(float)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    expected = sorted((features[i] @ features[k] for i in range(27) for k in range(27) if i != k), reverse=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert false_cosines(paper_cosine(discriminator, LIBRARY), LIBRARY, NUMERATORS, 0.01).size == 10 * found.size


def shipped(method: str) -> Matcher:
    return Matcher(load_discriminator(engine="numpy"), LIBRARY, load_background() if method == "ground" else None)


@pytest.mark.parametrize("noise", [0.0, 0.005, 0.01, 0.02])
def test_false_matches_are_as_many_at_every_noise(noise: float) -> None:
    """Of the shipped weights, with other noise and other bland ground than the calibration's."""
    match = shipped("ground")

    def score(spectra: np.ndarray, noise: float) -> np.ndarray:
        return match(spectra, noise)

    published, usual = (false_cosines(score, LIBRARY, rows, noise, seed=5) for rows in (NUMERATORS, SHOWN))
    assert 0.003 < (published > 0.85).mean() <= 0.022
    assert (usual > 0.95).mean() < 0.003
    bland = bland_cosines(score, LIBRARY, noise, seed=5)
    assert (bland > 0.85).mean() < 0.006
    assert (bland > 0.95).mean() < 0.001


def test_the_shipped_curves_are_those_of_the_shipped_weights() -> None:
    discriminator = load_discriminator(engine="numpy")
    np.testing.assert_allclose(
        discriminator.card["calibration"]["cosine"], paper_calibration(discriminator, LIBRARY)["cosine"], atol=2e-3
    )
    cosine = GroundCosine(discriminator, load_background(), LIBRARY.spectra)
    pairs = false_cosines(cosine, LIBRARY, NUMERATORS, 0.0)
    scores = calibrate_at(pairs[:, None], 0.0, discriminator.card["ground_calibration"])
    assert (scores > 0.95).sum() == 0
    assert (scores > 0.85).sum() <= 14
    assert (scores > 0.707).sum() == 60


@pytest.mark.parametrize("one", MAPPING_FILTERS, ids=str)
def test_the_shipped_curves_of_mapping_data_are_those_of_the_shipped_weights(one: MappingFilter) -> None:
    """Of pairs that count, none is an identification; pairs that are alike score above it; bland ground is no mineral."""
    discriminator = load_discriminator(engine="numpy")
    channels = resampler_to_grid(SpectralAxis(one.wavelengths_nm), mapping_data=True).channels
    match = Matcher(discriminator, LIBRARY, load_background(), channels)
    scores = match(match.exemplars)[np.ix_(MINERALS, MINERALS)]
    mineral = LIBRARY.class_index[MINERALS]
    taken = np.argwhere((scores > 0.95) & (mineral[:, np.newaxis] != mineral))
    pairs = {tuple(sorted((LIBRARY.class_names[mineral[i]], LIBRARY.class_names[mineral[j]]))) for i, j in taken}
    assert ("Mg-smectite", "talc") in pairs
    assert len(pairs) < 8
    for noise in (0.0, 0.01):
        bland = bland_cosines(lambda spectra, noise: match(spectra, noise), LIBRARY, noise, seed=5, channels=channels)
        assert (bland > 0.85).mean() < 0.006
        assert (bland > 0.95).mean() < 0.001


def test_curves_of_mapping_data_are_made_as_the_shipped_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crism_gan_plugin.core.network.calibration.MAPPING_FILTERS", MAPPING_FILTERS[:1])
    monkeypatch.setattr("crism_gan_plugin.core.network.calibration.FILTER_NOISES", (0.0,))
    discriminator = load_discriminator(engine="numpy")
    (found,) = filter_calibrations(discriminator, LIBRARY, discriminator.card).values()
    shipped = discriminator.card["mapping_filters"]["1"]
    np.testing.assert_allclose(found["calibration"]["cosine"], shipped["calibration"]["cosine"], atol=2e-3)
    np.testing.assert_allclose(found["ground_calibration"]["cosine"][0], shipped["ground_calibration"]["cosine"][0], atol=2e-3)


def test_match_rates_are_those_of_pairs_across_views(random_weights: Path) -> None:
    discriminator = load_discriminator(random_weights, "numpy")
    rates = match_rates(paper_cosine(discriminator, LIBRARY), LIBRARY, 0.0)
    rows = [row for row in MINERALS if LIBRARY.names[row].endswith(("(numerator)", "(ratio)"))]
    cosines = discriminator.cosines(LIBRARY.spectra[rows], discriminator.features(LIBRARY.spectra[rows]))
    above: dict[bool, list[bool]] = {True: [], False: []}
    for i, a in enumerate(rows):
        for k, b in enumerate(rows):
            if ("ratio" in LIBRARY.names[a]) != ("ratio" in LIBRARY.names[b]):
                above[bool(LIBRARY.class_index[a] == LIBRARY.class_index[b])].append(cosines[i, k] > 0.85)
    assert (len(above[True]), len(above[False])) == (54, 2 * 27 * 26)
    assert rates["0.85"]["true"] == pytest.approx(np.mean(above[True]), abs=1e-4)
    assert rates["0.85"]["false"] == pytest.approx(np.mean(above[False]), abs=1e-5)
    assert rates["0.707"]["false"] >= rates["0.85"]["false"] >= rates["0.95"]["false"]


@pytest.mark.parametrize(("method", "told"), [("ground", "match_rates_by_noise"), ("paper", "match_rates_by_noise_paper")])
def test_the_shipped_card_tells_the_shipped_weights_rates(method: str, told: str) -> None:
    match: Callable = shipped(method)
    for noise, rates in load_discriminator(engine="numpy").card[told].items():
        measured = match_rates(match, LIBRARY, float(noise))
        for threshold, rate in rates.items():
            assert rate == pytest.approx(measured[threshold], abs=0.02)


def test_bland_is_real_ground_and_noise_alone() -> None:
    """What is compared, and with which classes."""
    seen: list[np.ndarray] = []

    def cosine(spectra: np.ndarray, noise: float) -> np.ndarray:
        seen.append(spectra)
        return np.tile(np.arange(len(LIBRARY.names)), (len(spectra), 1))

    off = replace(LIBRARY, classes=[replace(mineral, default_on=mineral.code == 1) for mineral in LIBRARY.classes])
    assert (bland_cosines(cosine, off, 0.01) == max(np.flatnonzero(LIBRARY.class_index == 0))).all()
    ground, noise = np.split(1 - seen[0], 2)
    expected = absorption_of_spectra(load_background().draw(len(ground) // 2, 0.01, 0))
    np.testing.assert_allclose(ground, expected, atol=1e-6)
    assert 0.005 < noise.mean() < 0.05 < ground.max()
