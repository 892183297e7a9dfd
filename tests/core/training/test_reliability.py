"""What classes are mistaken for, with networks whose mistakes are known."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core import load_discriminator, load_exemplars
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.network.calibration import Cosine
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.training import reliability
from crism_gan_plugin.core.training.reliability import (
    RATED_NOISES,
    THRESHOLDS,
    ClassRates,
    class_rates,
    classes_of_low_confidence,
    low_confidence,
    rates_card,
)

LIBRARY = load_exemplars()
CLASSES = 28  # with bands at 1.0-2.6 µm, and the mixture
GUESS = THRESHOLDS.index(0.85)


def classes(*names: str) -> list:
    return [mineral for mineral in LIBRARY.classes if mineral.name in names]


def blind(name: str, score: float) -> Cosine:
    """Takes every spectrum for one class."""

    def of(library: ExemplarLibrary) -> Cosine:
        def match(spectra: np.ndarray, noise: float) -> np.ndarray:
            out = np.zeros((len(spectra), len(library.names)))
            out[:, library.names.index(f"{name} (numerator)")] = score
            return out

        return match

    return of


def shipped(library: ExemplarLibrary) -> Matcher:
    return Matcher(load_discriminator(engine="numpy"), library, load_background())


@pytest.mark.parametrize(("score", "above"), [(0.99, [1, 1, 1]), (0.9, [1, 1, 0]), (0.5, [0, 0, 0])])
def test_a_network_that_sees_one_class_everywhere(score: float, above: list[int]) -> None:
    rates = class_rates(blind("low-Ca pyroxene", score), LIBRARY, 0.0)
    assert len(rates.names) == CLASSES
    assert rates.true.shape == rates.false.shape == (CLASSES, len(THRESHOLDS))
    np.testing.assert_array_equal(rates.true[2], above)
    np.testing.assert_array_equal(rates.false[2], above)
    assert not np.delete(rates.true, 2, 0).any()
    assert not np.delete(rates.false, 2, 0).any()
    np.testing.assert_allclose(rates.wrong[2], np.array(above) * (1 - 1 / CLASSES))
    np.testing.assert_allclose(rates.foreign[2], np.array(above) * (1 - 6 / CLASSES))  # six are mafic


def three(kin: float, foreign: float, level: int) -> ClassRates:
    """Gypsum, talc and serpentine: talc gets these shares of the others' pixels at a level, and 0.8 of its own."""
    taken = np.zeros((3, 3, 3))
    taken[[0, 1, 2], [0, 1, 2]] = 0.8
    taken[2, 1, level], taken[0, 1, level] = kin, foreign
    return ClassRates(classes("gypsum", "talc", "serpentine"), taken)


def test_shares_are_of_all_that_is_taken_for_a_class() -> None:
    rates = three(0.3, 0.1, GUESS)
    np.testing.assert_allclose(rates.wrong[1, GUESS], 0.4 / 1.2)
    np.testing.assert_allclose(rates.foreign[1, GUESS], 0.1 / 1.2)
    np.testing.assert_allclose(rates.false[1, GUESS], 0.2)
    assert rates.foreign[[0, 2]].max() == rates.wrong[[0, 2]].max() == 0


@pytest.mark.parametrize(
    ("kin", "foreign", "level", "is_low"),
    [(0.0, 0.12, 0.85, True), (0.0, 0.07, 0.85, False), (0.5, 0.0, 0.85, False), (0.12, 0.0, 0.95, True), (0.07, 0.0, 0.95, False)],
)
def test_guesses_of_another_family_and_identifications_of_another_class_make_a_class_of_low_confidence(
    kin: float, foreign: float, level: float, is_low: bool
) -> None:
    rates = three(kin, foreign, THRESHOLDS.index(level))
    assert low_confidence([rates]) == (["talc"] if is_low else [])
    assert low_confidence([rates, three(0, 0, GUESS), three(0, 0, GUESS)]) == []  # the mean counts


def test_the_card_holds_every_rate() -> None:
    rates = []
    for level in (0.9, 0.8, 0.7, 0.6):
        taken = np.full((2, 2, 3), level / 10)
        taken[[0, 1], [0, 1]] = level
        rates.append(ClassRates(classes("talc", "gypsum"), taken))
    card = rates_card(rates)
    assert set(card) == {"talc", "gypsum"}
    assert list(card["talc"]) == ["0", "0.005", "0.01", "0.02"]
    assert card["gypsum"]["0.02"]["0.85"] == {"true": 0.6, "false": 0.06}


def test_the_shipped_card_and_low_confidence_classes_are_those_of_the_shipped_weights() -> None:
    rates = [class_rates(shipped, LIBRARY, noise) for noise in RATED_NOISES]
    measured, told = rates_card(rates), load_discriminator(engine="numpy").card["match_rates_by_class"]
    assert set(measured) == set(told)
    for name, by_noise in told.items():
        for noise, by_threshold in by_noise.items():
            for threshold, kinds in by_threshold.items():
                assert kinds == pytest.approx(measured[name][noise][threshold], abs=0.02)
    marked = {mineral.name for mineral in LIBRARY.classes if mineral.low_confidence}
    assert marked == set(classes_of_low_confidence(shipped, LIBRARY))


def test_other_numbers_of_pixels_give_like_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    one = class_rates(shipped, LIBRARY, 0.01, seed=1)
    monkeypatch.setattr(reliability, "_PIXELS", 40)
    other = class_rates(shipped, LIBRARY, 0.01, seed=2)
    assert abs(one.true.mean() - other.true.mean()) < 0.05
    assert abs(one.false.mean() - other.false.mean()) < 0.005
