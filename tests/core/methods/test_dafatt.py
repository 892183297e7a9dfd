"""Windows of five shapes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.factors import Targets
from crism_gan_plugin.core.methods import dafatt
from crism_gan_plugin.core.methods.dafatt import DafattParameters, by_dafatt
from crism_gan_plugin.core.methods.image import ComparedImage
from crism_gan_plugin.core.progress import Progress


def code_of(image: ComparedImage, name: str) -> int:
    return int(image.class_codes[image.library.class_names.index(name)])


def test_the_planted_mineral_is_explained_best(opened: Callable) -> None:
    image = opened(ratio="column", classes=["kaolinite", "alunite", "prehnite"])
    found = by_dafatt(image, DafattParameters(), Progress())
    assert (found.best[3:6, 3:6] == code_of(image, "kaolinite")).all()
    assert found.scores[3:6, 3:6].min() > 0.7
    assert found.scores[3:6, 3:6].min() > found.scores[14:19, 12:].max()


def test_the_published_threshold_alone_names_ground_too(opened: Callable) -> None:
    """Its limit: bland ground makes shallow targets to within 2 %."""
    image = opened(ratio="column", classes=["Mg-olivine"])
    found = by_dafatt(image, DafattParameters(least_share=0), Progress())
    assert (found.named[24:27] > 0).mean() > 0.9


def test_ground_that_explains_nothing_of_a_mineral_is_not_named(opened: Callable) -> None:
    """Nor is it the first class of the library. What is named are the patches, and what shares windows of all shapes with them."""
    image = opened(ratio="column")
    named = by_dafatt(image, DafattParameters(), Progress()).named
    assert (named[3:6, 3:6] == code_of(image, "kaolinite")).all()
    assert (named[3:5, 15:17] == code_of(image, "gypsum")).all()
    assert not (named == code_of(image, "Mg-olivine")).any()
    apart = np.ones(named.shape, bool)
    for line, sample, width in ((2, 2, 5), (2, 14, 4), (20, 8, 1)):
        apart[max(line - 7, 0) : line + width + 7, max(sample - 7, 0) : sample + width + 7] = False
    assert not named[apart].any()


def test_where_several_pass_and_explain_nothing_the_best_fit_is_named(opened: Callable) -> None:
    """By the published method alone; the first class of the library was named so before."""
    image = opened(ratio="column", classes=["low-Ca pyroxene", "high-Ca pyroxene"])
    found = by_dafatt(image, DafattParameters(largest_misfit=2e-4, least_share=0), Progress())
    assert (found.named[26:28, 14:22] == code_of(image, "high-Ca pyroxene")).mean() > 0.9


def test_a_strict_threshold_names_only_what_is_there(opened: Callable) -> None:
    image = opened(ratio="column", classes=["gypsum"])
    found = by_dafatt(image, DafattParameters(largest_misfit=4e-4), Progress())
    assert (found.named[3:5, 15:17] == code_of(image, "gypsum")).all()
    assert not found.named[20:27].any()


def test_strips_change_nothing(opened: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    image = opened(ratio="column")
    whole = by_dafatt(image, DafattParameters(), Progress())
    monkeypatch.setattr(dafatt, "_LINES", 30)
    again = by_dafatt(image, DafattParameters(), Progress())
    np.testing.assert_allclose(whole.scores, again.scores, atol=1e-3)
    assert (whole.codes != again.codes).mean() < 0.005  # single precision may turn a close race


def test_a_patch_whose_own_pixels_do_not_pass_is_taken_back(opened: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    image = opened(ratio="column", classes=["gypsum"])
    parameters = DafattParameters(largest_misfit=4e-4)
    assert by_dafatt(image, parameters, Progress()).named.any()
    misfit = dafatt.misfit

    def worse_for_patches(vectors: np.ndarray, targets: Targets) -> np.ndarray:
        return misfit(vectors, targets) + (vectors.ndim == 2)  # windows come many at once

    monkeypatch.setattr(dafatt, "misfit", worse_for_patches)
    assert not by_dafatt(image, parameters, Progress()).named.any()
