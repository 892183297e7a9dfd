"""Training spectra of images: balanced, seeded, bounded in memory, and clear about what cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crism_gan_plugin.core import load_exemplars, remove_continuum
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.training import image_spectra
from crism_gan_plugin.core.training.image_spectra import _BalancedSample, sample_images

#: Strips of a model cube: common ground, two minerals that differ in a doublet only, and a rare one.
STRIPS = {"high-Ca pyroxene": 60, "Al-smectite": 20, "kaolinite": 16, "gypsum": 2, "bland": 10}
LINES = 40


@pytest.fixture(autouse=True)
def fewer_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_spectra, "LEAST", 1000)


@pytest.fixture
def model(tmp_path: Path, make_envi: Callable, pixel_of: Callable) -> Path:
    """A noise-free cube, brightness and depth of bands varying."""
    rng = np.random.default_rng(0)
    strips = []
    for name, columns in STRIPS.items():
        depth = rng.uniform(0.8, 1.2, (LINES, columns, 1))
        strips.append(rng.uniform(0.1, 0.4, (LINES, columns, 1)) * pixel_of(name, level=1.0) ** depth)
    return make_envi(tmp_path / "model.img", np.concatenate(strips, 1).astype(np.float32))


def test_minerals_become_groups_and_flat_pixels_are_left_out(model: Path, recorder: Callable) -> None:
    progress = recorder()
    sample = sample_images([model], progress=progress)
    assert len(sample.minerals) == LINES * (sum(STRIPS.values()) - STRIPS["bland"])
    assert not progress.warnings
    assert "3,920 spectra with absorptions" in progress.notes[-1]
    assert progress.fractions[-1] == 1
    exemplars = load_exemplars()
    found = np.exp(-sample.absorption)
    nearest = np.array(exemplars.names)[_correlations(found, exemplars.spectra).argmax(1)]
    for name in STRIPS:
        groups = {group for group, name_found in zip(sample.minerals, nearest) if name_found.startswith(f"{name} (")}
        others = {group for group, name_found in zip(sample.minerals, nearest) if not name_found.startswith(f"{name} (")}
        assert not groups & others  # no group holds two minerals
        assert (len(groups) > 0) == (name != "bland")


def _correlations(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    one, other = (v - v.mean(1, keepdims=True) for v in (one, other))
    return (one / np.linalg.norm(one, axis=1, keepdims=True)) @ (other / np.linalg.norm(other, axis=1, keepdims=True)).T


def test_spectra_are_the_image_s_own_without_continuum(model: Path, pixel_of: Callable) -> None:
    sample = sample_images([model])
    ratio = np.exp(-sample.absorption)
    np.testing.assert_allclose(remove_continuum(ratio, WAVELENGTHS_NM), ratio, atol=1e-5)
    assert ratio.min(1).max() <= 0.99
    assert sample.absorption.min() >= 0


def test_rare_minerals_stay_whole_when_room_is_short(model: Path) -> None:
    sample = sample_images([model], most=800)
    assert 600 < len(sample.minerals) <= 800
    gypsum = load_exemplars().spectra[[name.startswith("gypsum (n") for name in load_exemplars().names]]
    is_gypsum = _correlations(np.exp(-sample.absorption), gypsum)[:, 0] > 0.99
    assert is_gypsum.sum() == LINES * STRIPS["gypsum"]


def test_the_same_images_give_the_same_sample_and_seeds_differ(model: Path) -> None:
    one, again, other = (sample_images([model, model], most=500, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.absorption, again.absorption)
    assert one.minerals == again.minerals
    assert not np.array_equal(one.absorption, other.absorption)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 4), max_size=40), min_size=1, max_size=6), st.integers(5, 60), st.integers(0, 2**31))
def test_the_sample_is_bounded_and_balanced(blocks: list[list[int]], most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    sample = _BalancedSample(most)
    for groups in blocks:
        sample.add(np.zeros((len(groups), 240), np.float32), np.array(groups, int), rng.random(len(groups)))
        assert len(sample.spectra) == len(sample.groups) <= most
    everything = np.bincount(np.concatenate(blocks).astype(int), minlength=5)
    kept = np.bincount(sample.groups, minlength=5)
    assert sample.seen == everything.sum()
    fullest = kept.max()
    assert all(k == min(n, fullest) or (n >= fullest and k == fullest) for n, k in zip(everything, kept))
    if everything.sum() <= most:
        np.testing.assert_array_equal(kept, everything)


def test_every_pixel_has_the_same_chance() -> None:
    taken = np.zeros(100)
    for seed in range(400):
        rng = np.random.default_rng(seed)
        sample = _BalancedSample(10)
        for start in range(0, 100, 7):
            rows = np.arange(start, min(start + 7, 100))
            spectra = np.zeros((rows.size, 240), np.float32)
            spectra[:, 0] = rows
            sample.add(spectra, np.zeros(rows.size, int), rng.random(rows.size))
        taken[sample.spectra[:, 0].astype(int)] += 1
    assert taken.sum() == 4000
    assert taken.min() > 15  # 40 expected, standard deviation 6
    assert taken.max() < 70


def test_noise_is_warned_of(tmp_path: Path, make_envi: Callable, pixel_of: Callable, recorder: Callable) -> None:
    rng = np.random.default_rng(1)
    cube = pixel_of("gypsum") * (1 + 0.002 * rng.standard_normal((25, 50, 240)))
    progress = recorder()
    sample_images([make_envi(tmp_path / "noisy.img", cube.astype(np.float32))], progress=progress)
    assert len(progress.warnings) == 1
    assert "noisy.img" in progress.warnings[0]


def test_too_few_spectra_are_refused(
    tmp_path: Path, make_envi: Callable, pixel_of: Callable, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_spectra, "LEAST", 4000)
    small = make_envi(tmp_path / "small.img", np.tile(pixel_of("gypsum"), (9, 11, 1)).astype(np.float32))
    with pytest.raises(InputError, match=r"small.img: 99 spectra .* 4,000"):
        sample_images([small])
    assert len(sample_images([small, model]).minerals) == 4019


@pytest.mark.parametrize("missing", [np.nan, 65535.0, -1.0, 0.0])
def test_pixels_without_data_are_left_out(
    tmp_path: Path, make_envi: Callable, pixel_of: Callable, monkeypatch: pytest.MonkeyPatch, missing: float
) -> None:
    cube = np.tile(pixel_of("gypsum"), (20, 10, 1)).astype(np.float32)
    cube[3] = missing
    cube[5, :, 7:60] = missing
    cube[7, :, 9] = missing  # one channel: interpolated
    monkeypatch.setattr(image_spectra, "LEAST", 1)
    sample = sample_images([make_envi(tmp_path / "gaps.img", cube)])
    assert len(sample.minerals) == 180
    assert np.isfinite(sample.absorption).all()
    cube[:] = missing
    with pytest.raises(InputError, match=r"gaps\.img: 0 spectra"):
        sample_images([make_envi(tmp_path / "gaps.img", cube)])


def test_a_cube_that_does_not_cover_the_range_is_refused(tmp_path: Path, make_envi: Callable) -> None:
    cube = make_envi(tmp_path / "visible.img", np.full((4, 4, 50), 0.1, np.float32), np.linspace(400, 1000, 50))
    with pytest.raises(InputError, match=r"visible\.img.*1050-2600 nm"):
        sample_images([cube])


def test_cancelling_stops_between_blocks(model: Path, recorder: Callable) -> None:
    from crism_gan_plugin.core.errors import Cancelled

    with pytest.raises(Cancelled):
        sample_images([model, model], progress=recorder(1))
