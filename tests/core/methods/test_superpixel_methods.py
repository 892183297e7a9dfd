"""Superpixels with SMACC and the angle, and superpixels of parameters with DEMUD and rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.methods import superpixels_smacc
from crism_gan_plugin.core.methods.superpixels_demud import DemudParameters, by_demud
from crism_gan_plugin.core.methods.superpixels_smacc import SmaccParameters, by_smacc
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

#: A patch that is smaller than a segment, and the middle of a large one.
SMALL = np.s_[30:33, 28:32]
INSIDE = np.s_[7:11, 6:10]
KAOLINITE = 15


@pytest.fixture
def width() -> int:
    """How wide the large patch is: 6 pixels, unless a test asks for another."""
    return 6


@pytest.fixture
def spikes() -> bool:
    """Whether two channels of each pixel are five times as bright, others in each: not unless a test asks for it."""
    return False


@pytest.fixture
def cube(width: int, spikes: bool) -> np.ndarray:
    """(40, 36, 240) I/F of kaolinite on bland ground of smooth brightness; one pixel without data."""
    library, rng = load_exemplars(), np.random.default_rng(1)
    made = np.ones((40, 36, WAVELENGTHS_NM.size))
    made[6 : 6 + width, 5 : 5 + width] = made[SMALL] = library.spectra[library.names.index("kaolinite (ratio)")]
    made *= 0.2 + 0.00005 * np.arange(40)[:, None, None]
    made *= 1 + 0.001 * rng.standard_normal(made.shape)
    if spikes:
        line, sample = np.indices(made.shape[:2])
        first = rng.integers(20, 220, made.shape[:2])
        made[line, sample, first] *= 5
        made[line, sample, first + 1] *= 5
    made[39, 35] = 65535
    return made.astype(np.float32)


BY = {"smacc": (by_smacc, SmaccParameters()), "demud": (by_demud, DemudParameters())}


@pytest.mark.parametrize("ratio", ["off", "column"])
@pytest.mark.parametrize("method", BY)
def test_a_patch_of_a_mineral_is_named(opened: Callable, method: str, ratio: str) -> None:
    function, parameters = BY[method]
    found = function(opened(ratio=ratio), parameters, Progress())
    assert (found.codes[INSIDE] == KAOLINITE).all() and (found.best[INSIDE] == KAOLINITE).all()
    assert found.codes[39, 35] == 255 and np.isnan(found.scores[39, 35])
    ground = np.ones(found.codes.shape, bool)
    ground[4:20, 3:19] = ground[28:35, 26:34] = ground[39, 35] = False
    assert (found.named[ground] == KAOLINITE).mean() < 0.05
    assert np.nanmin(found.scores[INSIDE]) > np.nanmedian(found.scores[ground])


@pytest.mark.parametrize("width", [0])
@pytest.mark.parametrize("method", BY)
def test_a_mineral_that_is_only_in_small_patches_vanishes(opened: Callable, method: str) -> None:
    """The limit of superpixels: what is smaller than a segment has no prototype of its own."""
    function, parameters = BY[method]
    assert not (function(opened(), parameters, Progress()).codes[SMALL] == KAOLINITE).any()


@pytest.mark.parametrize("width", [14])
def test_what_covers_much_of_an_image_is_not_high_in_it(opened: Callable) -> None:
    """The limit of a share of pixels as the threshold: kaolinite covers more than a twentieth, and does not exceed itself."""
    assert not by_demud(opened(), DemudParameters(), Progress()).named[INSIDE].any()
    assert (by_demud(opened(), DemudParameters(high=0.8), Progress()).named[INSIDE] == KAOLINITE).all()


@pytest.mark.parametrize("method", BY)
def test_only_classes_that_are_looked_for_are_named(opened: Callable, method: str) -> None:
    function, parameters = BY[method]
    found = function(opened(classes=["gypsum", "Mg-olivine"]), parameters, Progress())
    assert not set(np.unique(found.named)) & {KAOLINITE}


def test_an_endmember_unlike_all_exemplars_has_no_name(opened: Callable) -> None:
    found = by_smacc(opened(), SmaccParameters(largest_rad=1e-4), Progress())
    assert not found.named.any()
    assert (found.best[INSIDE] == KAOLINITE).all(), "what a threshold may be moved over"


@pytest.mark.parametrize("spikes", [True])
def test_spikes_of_two_channels_vanish_in_a_median_of_five(opened: Callable) -> None:
    """HiiHAT's first step. Without it, a pixel's spikes turn its spectrum away from its endmember, a mean, by some 20°."""
    image = opened()
    found, plain = (by_smacc(image, SmaccParameters(median_channels=width), Progress()) for width in (5, 1))
    assert (found.named[INSIDE] == KAOLINITE).all()
    assert found.scores[INSIDE].min() > 0.95
    assert plain.scores[INSIDE].max() < 0.9


class Between(Progress):
    """Counts the spectra that are worked on between two questions whether to stop."""

    def __init__(self) -> None:
        self.done, self.most = 0, 0

    def is_cancelled(self) -> bool:
        self.done, self.most = 0, max(self.most, self.done)
        return False


def test_few_spectra_are_smoothed_between_questions_whether_to_stop(opened: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    image, progress, median = opened(), Between(), superpixels_smacc.median
    whole = by_smacc(image, SmaccParameters(), Progress())

    def counted(shifted: np.ndarray) -> np.ndarray:
        progress.done += shifted.shape[1] // WAVELENGTHS_NM.size
        return median(shifted)

    monkeypatch.setattr(superpixels_smacc, "AT_ONCE", 3 * 36)
    monkeypatch.setattr(superpixels_smacc, "median", counted)
    again = by_smacc(image, SmaccParameters(), progress)
    assert progress.most == 3 * 36
    np.testing.assert_array_equal(again.codes, whole.codes)
    np.testing.assert_allclose(again.scores, whole.scores, atol=1e-5)
