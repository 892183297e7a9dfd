"""Probabilities that detections are right: how they rise, and which files hold some."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.libraries.families import FAMILIES, OTHER, family_of
from crism_gan_plugin.core.reliability.probability import KINDS, Curve, DetectionSigns, ProbabilityModel
from crism_gan_plugin.core.reliability.probability_file import load_probability, save_probability

MODEL = load_probability()
FAMILY = st.sampled_from([*FAMILIES, OTHER])
KIND = st.integers(0, len(KINDS) - 1)


def found(score: object = 0.9, lead: object = 0.1, noise: object = 0.01, size: object = 1, kind: int = 0) -> DetectionSigns:
    """Detections that differ in one thing."""
    columns = np.broadcast_arrays(score, lead, noise, size)
    return DetectionSigns(*(np.atleast_1d(each) for each in columns), np.full(columns[0].size, kind))


@given(FAMILY, KIND, st.floats(0, 1), st.floats(1e-5, 0.1), st.sampled_from([1, 3, 5]))
def test_a_higher_score_is_never_less_probable(family: str, kind: int, lead: float, noise: float, size: int) -> None:
    told = MODEL.probability(found(np.linspace(0.7, 1, 200), lead, noise, size, kind), family)
    assert (np.diff(told) >= 0).all()
    assert told[0] >= 0 and told[-1] <= 1


@given(FAMILY, KIND, st.floats(0.85, 1))
def test_more_lead_less_noise_and_less_smoothing_are_never_less_probable(family: str, kind: int, score: float) -> None:
    for better in (
        found(score, lead=np.linspace(0, 1, 50), kind=kind),
        found(score, noise=np.geomspace(0.1, 1e-6, 50), kind=kind),
        found(score, size=np.array([15, 5, 3, 1]), kind=kind),
    ):
        assert (np.diff(MODEL.probability(better, family)) >= 0).all()


def test_what_is_found_without_the_ratio_too_is_more_probable() -> None:
    assert MODEL.kinds[KINDS.index("both")] > MODEL.kinds[KINDS.index("ratio")]


def test_a_probability_is_read_off_the_curve_of_the_family() -> None:
    """Score 1 - e⁻² has the sign 2; with weight 3 and what ratios have, the index is 7."""
    curves = {OTHER: Curve(np.array([0.0, 10.0]), np.array([0.0, 1.0])), "mafic": Curve(np.array([7.0]), np.array([0.25]))}
    model = ProbabilityModel(np.array([3.0, 0, 0, 0]), np.array([0.0, 1.0, 0.0]), curves)
    detection = found(1 - np.exp(-2), kind=1)
    assert model.index(detection) == pytest.approx([7.0])
    assert model.probability(detection, "sulfate") == pytest.approx([0.7])
    assert model.probability(detection, "mafic") == pytest.approx([0.25])


def test_the_file_says_what_it_is_fitted_to_and_how_well() -> None:
    said = MODEL.card
    assert any("mafic and bland" in line for line in said["limits"])
    assert [name for name, counted in said["fitted_to"].items() if counted["Mars"]] == ["mafic"]
    assert all(said["judged"][ground]["calibration_error"] <= 0.05 for ground in ("scenes", "tiles"))


def test_a_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    save_probability(MODEL, tmp_path / "p.json")
    again = load_probability(tmp_path / "p.json")
    np.testing.assert_array_equal(again.weights, MODEL.weights)
    np.testing.assert_array_equal(again.curves["sulfate"].probability, MODEL.curves["sulfate"].probability)
    assert (again.fitted_with, again.card) == (MODEL.fitted_with, json.loads(json.dumps(MODEL.card)))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content.update(format="other"), "holds no fitted probabilities"),
        (lambda content: content.update(version=2), "is of version 2"),
        (lambda content: content.pop("fitted_with"), "'fitted_with' is not as it should be"),
        (lambda content: content["weights"].update(score="much"), "'weights', .* is not as it should be"),
        (lambda content: content["weights"].update(score=-1.0), "weights of at least 0"),
        (lambda content: content["curves"].pop("sulfate"), "a rising curve for each family"),
        (lambda content: content["curves"]["sulfate"]["probability"].reverse(), "a rising curve"),
        (lambda content: content["curves"]["sulfate"]["index"].reverse(), "a rising curve"),
        (lambda content: content["curves"]["sulfate"].update(index=[0, 1], probability=[0.5, 1.5]), "a rising curve"),
        (lambda content: content["curves"]["sulfate"].update(index=[], probability=[]), "a rising curve"),
        (lambda content: content.update(curves=[1]), "is not as it should be"),
        (lambda content: content["kinds"].update(plain=True), "is not as it should be"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Callable[[dict], object], said: str) -> None:
    file = tmp_path / "p.json"
    save_probability(MODEL, file)
    content = json.loads(file.read_text(encoding="utf-8"))
    damage(content)
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=rf"p\.json: .*{said}"):
        load_probability(file)


def test_families_of_codes() -> None:
    assert [family_of(code) for code in (1, 28, 7, 14, 15, 25, 26, 31)] == [
        *("mafic", "mafic", "carbonate", "sulfate", "Al-OH", "Fe/Mg-OH", "hydrated silica and zeolite", OTHER)
    ]
