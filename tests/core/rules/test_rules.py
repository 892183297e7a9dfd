"""Rules name minerals by the absorptions that are there and those that are not."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.rules import (
    RULES,
    DetectorColumns,
    Presence,
    Rule,
    SmallestPatch,
    features_of,
    named,
    named_by_columns,
    shared_by_most,
    untold,
    without_small_patches,
)
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.summary_parameters.plan import ParameterPlan
from crism_gan_plugin.core.summary_parameters.table import FORMULAS

LIBRARY = load_exemplars()
CODE_OF = {mineral.name: mineral.code for mineral in LIBRARY.classes}


def everything_but(rule: Rule) -> dict[str, np.ndarray]:
    """Strengths of one pixel: 5 for what the rule requires, 0 for all else."""
    return {name: np.array([5.0 if name in rule.required else 0.0]) for name in features_of()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.mineral)
def test_a_pixel_with_the_absorptions_of_a_rule_is_named_by_it(rule):
    found = named(everything_but(rule))
    assert found.codes.tolist() == [rule.code]
    assert found.weakest.tolist() == [5.0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.mineral)
def test_a_rule_does_not_apply_where_one_required_absorption_is_weak_or_unknown(rule):
    for name in rule.required:
        for strength in (3.0, np.nan):
            assert rule.code not in named({**everything_but(rule), name: np.array([strength])}).codes


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.forbidden], ids=lambda rule: rule.mineral)
def test_a_rule_does_not_apply_where_a_forbidden_absorption_is_there_or_unknown(rule):
    for name in rule.forbidden:
        for strength in (2.0, np.nan):
            assert rule.code not in named({**everything_but(rule), name: np.array([strength])}).codes
        assert named({**everything_but(rule), name: np.array([1.9])}).codes.tolist() == [rule.code]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.mineral)
def test_rules_name_classes_of_the_library_and_parameters_of_the_archive(rule):
    assert rule.code in [mineral.code for mineral in LIBRARY.classes]
    assert set(rule.required) | set(rule.forbidden) <= set(FORMULAS)
    assert not set(rule.required) & set(rule.forbidden)


def test_the_rule_whose_weakest_absorption_is_strongest_wins():
    rules = (Rule("a", 1, ("x",)), Rule("b", 2, ("y", "z")))
    strengths = {"x": np.array([9.0, 4, 4, 0]), "y": np.array([8.0, 8, 3, 2]), "z": np.array([20.0, 5, 20, 20])}
    found = named(strengths, rules=rules)
    assert found.codes.tolist() == [1, 2, 1, 0]
    np.testing.assert_array_equal(found.weakest, np.array([9, 5, 4, np.nan], np.float32))


def test_a_rule_whose_absorption_is_not_given_is_left_out_and_told():
    strengths = everything_but(RULES[0])
    del strengths["MIN2250"]
    assert untold(strengths) == ["hydrated silica"]
    assert named(strengths).codes.tolist() == [RULES[0].code]


def test_thresholds_are_parameters():
    strengths = {"x": np.array([5.0]), "y": np.array([3.0])}
    rules = (Rule("a", 1, ("x",), ("y",)),)
    assert named(strengths, rules=rules).codes.tolist() == [0]
    assert named(strengths, Presence(above=4, below=4), rules).codes.tolist() == [1]
    assert named(strengths, Presence(above=6, below=4), rules).codes.tolist() == [0]


def test_small_patches_vanish_and_so_do_stripes_of_one_column():
    codes = np.zeros((30, 30), np.uint8)
    codes[1:3, 1:3] = 7  # four pixels
    codes[5:8, 5:7] = 7  # six
    codes[10:20, 12] = 7  # ten in one column
    codes[22, 3:8] = 7  # five of a line
    codes[np.arange(24, 29), np.arange(20, 25)] = 9  # five on a diagonal
    codes[5:8, 7] = 9  # three of another class beside
    columns = np.broadcast_to(np.arange(30), codes.shape)
    kept = without_small_patches(codes, columns)
    expected = codes.copy()
    expected[1:3, 1:3] = expected[10:20, 12] = expected[5:8, 7] = 0
    np.testing.assert_array_equal(kept, expected)
    np.testing.assert_array_equal(without_small_patches(codes, columns, SmallestPatch(1, 1)), codes)


def test_columns_are_those_of_the_detector():
    codes = np.zeros((9, 9), np.uint8)
    codes[2:5, 2:5] = 4
    assert not without_small_patches(codes, np.full(codes.shape, 3)).any()


def test_a_map_without_detections_stays_empty():
    assert not without_small_patches(np.zeros((4, 5), np.uint8), np.zeros((4, 5), int)).any()


def planted(mineral: str, lines: slice, noise: float = 0.002) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Parameters and columns of an image, 60 × 12 pixels, in which a mineral's ratio fills these lines of each column."""
    spectrum = LIBRARY.spectra[LIBRARY.names.index(f"{mineral} (ratio)")]
    cube = np.ones((60, 12, WAVELENGTHS_NM.size)) * (0.2 + 0.002 * np.arange(12)[:, None])
    cube[lines] *= spectrum
    cube *= 1 + noise * np.random.default_rng(4).normal(size=cube.shape)
    plan = ParameterPlan.of(SpectralAxis(WAVELENGTHS_NM), features_of())
    planes = plan.compute(cube.transpose(2, 0, 1)[plan.numbers].astype(np.float32))
    return dict(zip(plan.names, planes)), np.broadcast_to(np.arange(12), (60, 12))


PLANTED = {
    "kaolinite": 15,
    "hydrated silica": 27,
    "Mg-carbonate": 6,
    "monohydrated sulfate": 8,
    "alunite": 11,
    "jarosite": 12,
    "gypsum": 13,
    "Fe-smectite": 19,
    "illite/muscovite": 17,
}


@pytest.mark.parametrize("mineral", PLANTED)
def test_a_planted_patch_is_found_and_the_ground_is_bare(mineral):
    found = named_by_columns(*planted(mineral, slice(10, 25))).codes
    assert (found[10:25] == PLANTED[mineral]).mean() > 0.7
    assert not found[:10].any()
    assert not found[25:].any()


@pytest.mark.parametrize("mineral", ["kaolinite", "monohydrated sulfate", "gypsum"])
def test_a_mineral_in_more_than_half_of_every_column_vanishes(mineral):
    parameters, columns = planted(mineral, slice(10, 50))
    assert PLANTED[mineral] not in named_by_columns(parameters, columns).codes
    required = next(rule for rule in RULES if rule.code == PLANTED[mineral]).required
    assert all(shared_by_most(DetectorColumns(columns).spread(parameters[name]), 0.02) == 1 for name in required)


def test_a_run_can_be_stopped_after_each_parameter():
    parameters, columns = planted("kaolinite", slice(10, 25))
    asked = []
    named_by_columns(parameters, columns, check=lambda: asked.append(1))
    assert len(asked) == len(parameters) > 10
