"""Known answers of factor analysis and target transformation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.factors import (
    CHANNELS,
    LARGEST_MISFIT,
    ImageSignal,
    Targets,
    beyond_parabola,
    explained_share,
    leading_vectors,
    misfit,
    noise_by_regression,
    signal_subspace,
    vectors_beyond_parabola,
    window_places,
    windows_of,
)
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

NM = WAVELENGTHS_NM[CHANNELS]


def band(centre: float, depth: float, width: float = 25.0) -> np.ndarray:
    return 1 - depth * np.exp(-((NM - centre) ** 2) / (2 * width**2))


def targets(*spectra: np.ndarray) -> Targets:
    return Targets.of(np.stack(spectra), np.arange(len(spectra)))


def span(*vectors: np.ndarray) -> np.ndarray:
    """(1, channels, k) orthonormal."""
    return np.linalg.qr(np.stack(vectors, axis=1))[0][None]


def pixels(*minerals: tuple[float, np.ndarray], count: int = 64, noise: float = 0.004, seed: int = 0) -> np.ndarray:
    """(count, channels) levelled pixels: each mineral in a share of the pixels, at full strength."""
    rng = np.random.default_rng(seed)
    made = np.ones((count, NM.size))
    start = 0
    for share, spectrum in minerals:
        stop = start + round(share * count)
        made[start:stop] = spectrum
        start = stop
    slopes = 1 + 0.04 * rng.uniform(-1, 1, (count, 1)) * np.linspace(-1, 1, NM.size)
    return made * slopes * (1 + noise * rng.standard_normal(made.shape))


def test_the_channels_are_those_of_the_published_method() -> None:
    assert NM.size == 136
    assert (NM[0], NM[-1]) == (pytest.approx(1710.6, abs=0.1), pytest.approx(2602.1, abs=0.1))


def test_a_target_in_the_span_is_explained_whole() -> None:
    kaolinite, gypsum = band(2207, 0.1), band(1940, 0.2)
    rest = beyond_parabola(np.stack([kaolinite, gypsum]))
    vectors = span(*rest)
    mixture = 0.3 * kaolinite + 0.7 * gypsum
    asked = targets(kaolinite, gypsum, mixture, band(2320, 0.1))
    share = explained_share(vectors, asked)[0]
    np.testing.assert_allclose(share[:3], 1, atol=1e-12)
    assert share[3] < 0.2
    whole = span(kaolinite, gypsum, np.ones(NM.size))
    np.testing.assert_allclose(misfit(whole, asked)[0, :3], 0, atol=1e-9)


@pytest.mark.parametrize("k", [5, 10, 30])
def test_random_vectors_explain_their_number_s_share(k: int) -> None:
    """k directions of 133 hold k/133 of anything that has nothing to do with them."""
    rng = np.random.default_rng(1)
    noise = beyond_parabola(rng.standard_normal((200, k, NM.size)))
    vectors = np.linalg.qr(noise.transpose(0, 2, 1))[0]
    share = explained_share(vectors, targets(band(2207, 0.1), band(2300, 0.05)))
    assert np.median(share) == pytest.approx(k / 133, rel=0.15)


def test_noise_alone_has_no_vectors() -> None:
    windows = pixels(count=64 * 300).reshape(300, 64, NM.size)
    assert not vectors_beyond_parabola(windows, 0.004).any()


@pytest.mark.parametrize("seed", range(3))
def test_the_planted_mineral_is_explained_best(seed: int) -> None:
    library = load_exemplars()
    asked = Targets.of_library(library)
    for name in ("kaolinite", "gypsum", "Mg-carbonate", "alunite", "prehnite"):
        row = library.names.index(f"{name} (ratio)")
        window = pixels((0.25, library.spectra[row, CHANNELS]), seed=seed)
        share = asked.of_classes(explained_share(vectors_beyond_parabola(window[None], 0.004), asked)[0])
        assert library.class_names[int(share.argmax())] == name
        assert share.max() > 0.8


@pytest.mark.parametrize("name", load_exemplars().class_names)
def test_each_class_is_explained_best_where_it_is(name: str) -> None:
    """In half of a window; all 32 classes of the library are asked for."""
    library = load_exemplars()
    asked = Targets.of_library(library)
    window = pixels((0.5, library.spectra[library.names.index(f"{name} (ratio)"), CHANNELS]))
    share = asked.of_classes(explained_share(vectors_beyond_parabola(window[None], 0.004), asked)[0])
    assert library.class_names[int(share.argmax())] == name
    assert share.max() > 0.6


def test_a_mineral_that_is_not_there_passes_as_part_of_those_that_are() -> None:
    """The limit that Thomas and Bandfield name: what mixtures of the scene's minerals can make cannot be told from them."""
    first, second = band(2207, 0.1), band(2320, 0.1)
    absent = 1 - 0.5 * (1 - first) - 0.4 * (1 - second)
    window = pixels((0.4, first), (0.4, second))[None]
    share = explained_share(vectors_beyond_parabola(window, 0.004), targets(absent))
    assert share[0, 0] > 0.95
    alone = pixels((0.4, first))[None]
    assert explained_share(vectors_beyond_parabola(alone, 0.004), targets(absent))[0, 0] < 0.8


def test_a_deep_mineral_that_is_not_there_passes_the_published_threshold() -> None:
    """It has the absorptions of two that are, and passes where both are. Bland ground or one of them alone do not make it."""
    first, second = band(2207, 0.3, 40), band(2320, 0.3, 40)
    absent = targets(1 - 0.5 * (1 - first) - 0.4 * (1 - second))
    regions = {"both": pixels((0.4, first), (0.4, second)), "one": pixels((0.4, first)), "none": pixels()}
    fits = {name: misfit(leading_vectors(region[None]), absent)[0, 0] for name, region in regions.items()}
    assert fits["both"] < 0.1 * LARGEST_MISFIT
    assert fits["none"] > fits["one"] > LARGEST_MISFIT


def test_a_convexity_passes_as_an_absorption() -> None:
    """Another limit: vectors have no sign, so the inverse of a band, which a ratio to ground that holds the mineral has, is one."""
    kaolinite = band(2207, 0.1)
    window = pixels((0.4, 1 / kaolinite))[None]
    assert explained_share(vectors_beyond_parabola(window, 0.004), targets(kaolinite))[0, 0] > 0.95


def test_missing_pixels_count_for_nothing() -> None:
    asked = targets(band(2207, 0.1))
    window = pixels((0.5, band(2207, 0.1)))[None]
    window[0, 40:] = np.nan
    assert explained_share(vectors_beyond_parabola(window, 0.004), asked)[0, 0] > 0.95
    window[:] = np.nan
    assert explained_share(vectors_beyond_parabola(window, 0.004), asked)[0, 0] == 0


def test_hysime_finds_the_number_of_mixed_spectra() -> None:
    """Known answer of its authors' kind: p spectra mixed in random shares, and noise of another strength in each channel."""
    rng = np.random.default_rng(3)
    ends = np.stack([0.2 * band(2207, 0.15), 0.25 * band(1940, 0.3), 0.3 * band(2320, 0.2), 0.15 * band(2480, 0.25)])
    shares = rng.dirichlet(np.ones(4), 5000)
    level = np.linspace(2e-4, 8e-4, NM.size)
    spectra = shares @ ends + level * rng.standard_normal((5000, NM.size))
    noise = noise_by_regression(spectra)
    np.testing.assert_allclose(noise.std(0), level, rtol=0.1)
    vectors = signal_subspace(spectra, noise)
    assert int(vectors.any(0).sum()) == 4
    made = vectors @ (vectors.T @ ends.T)
    assert np.abs(made.T - ends).max() < 1e-3


def test_windows_have_the_vectors_of_the_larger_matrix() -> None:
    """Fewer pixels than channels: the moments of pixels are taken instead of those of channels."""
    spectra = np.stack([pixels((0.5, band(2207, 0.1)), seed=seed) for seed in range(3)])
    noise = spectra - np.stack([pixels((0.5, band(2207, 0.1)), seed=seed, noise=0.0) for seed in range(3)])
    small = signal_subspace(spectra, noise, 4)
    many = [signal_subspace(np.tile(each, (3, 1)), np.tile(lost, (3, 1)), 4) for each, lost in zip(spectra, noise)]
    asked = targets(band(2207, 0.1))
    for one, other in zip(small, many):
        np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-6)
        assert misfit(one[None], asked)[0, 0] < LARGEST_MISFIT


def test_few_directions_of_the_image_hold_all_that_its_windows_have() -> None:
    """Of windows, a tenth of the channels tells what all of them do."""
    minerals = [(0.1, band(centre, 0.15)) for centre in (1940, 2207, 2320, 2480)]
    image = pixels(*minerals, count=6400, seed=5)
    signal = ImageSignal.of(image.T @ image)
    noise = image @ signal.noise
    assert noise.std() == pytest.approx(0.004, rel=0.1)
    assert 5 <= signal.basis.shape[1] < 33
    asked = targets(*(spectrum for _, spectrum in minerals))
    for first in (0, 616, 1240, 1900, 4000):  # one mineral, two, and none
        window, lost = image[first : first + 48], noise[first : first + 48]
        told = [window @ each for each in (signal.basis, signal.signal, signal.beyond)]
        found, whole = signal.vectors(*told[:2], np.square(lost).sum(0), 10), signal_subspace(window, lost, 10)
        assert found.any(0).sum() == whole.any(0).sum()
        np.testing.assert_allclose(found.T @ found, np.diag(found.any(0)), atol=1e-5)
        np.testing.assert_allclose(misfit(found, asked), misfit(whole, asked), atol=LARGEST_MISFIT / 5)
        shares = [explained_share(each, asked) for each in (signal.vectors_beyond(told[2], 0.004, 10), beyond_of(window))]
        np.testing.assert_allclose(shares[0] > 0.8, shares[1] > 0.8)


def beyond_of(window: np.ndarray) -> np.ndarray:
    return vectors_beyond_parabola(window[None], 0.004)[0]


def test_a_straight_line_passes_the_published_threshold() -> None:
    """So the misfit needs the share beside it: a scene without any mineral makes a shallow target to within 2 %."""
    line = span(np.ones(NM.size), NM - NM.mean())
    asked = targets(band(2207, 0.05), band(2207, 0.5, 60))
    assert (misfit(line, asked)[0] < LARGEST_MISFIT).tolist() == [True, False]
    assert explained_share(vectors_beyond_parabola(pixels()[None], 0.004), asked).max() < 0.05


def test_the_largest_target_of_a_class_counts() -> None:
    asked = Targets.of(np.stack([band(2207, 0.1), band(2300, 0.1), band(2250, 0.1)]), np.array([0, 1, 0]))
    np.testing.assert_array_equal(asked.of_classes(np.array([[0.2, 0.5, 0.9]])), [[0.9, 0.5]])
    assert asked.strength[0] == pytest.approx(np.sqrt(np.mean(beyond_parabola(band(2207, 0.1)) ** 2)), rel=0.02)


@pytest.mark.parametrize(("lines", "samples", "step"), [(20, 33, 4), (8, 8, 4), (5, 30, 8), (17, 9, 5)])
def test_windows_cover_every_pixel(lines: int, samples: int, step: int) -> None:
    cube = np.arange(lines * samples, dtype=float).reshape(lines, samples, 1)
    first, left = window_places(lines, samples, (8, 8), step)
    seen = np.concatenate([windows_of(cube, line, left, (8, 8)).ravel() for line in first])
    assert set(seen) == set(range(lines * samples))


@pytest.fixture
def type_ratios(shared_data: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Wavelengths in nm, and the corrected ratio, of the 22 type spectra of minerals that the paper looked for, at 1.7-2.6 µm."""
    names = (
        "mg_olivine fe_olivine lcp hcp mg_carbonate mono_hyd_sulf poly_hyd_sulf hydrox_fe_sulf alunite jarosite gypsum kaolinite "
    )
    names += "al_smectite illite_muscovite fe_smectite mg_smectite serpentine prehnite epidote analcime hydrated_silica talc"
    found = []
    for name in names.split():
        columns = np.loadtxt(shared_data / "mica" / f"crism_typespec_{name}.tab", delimiter=",")
        nm, ratio = columns[:, 0] * 1000, columns[:, 1]
        some = (nm > 1700) & (nm < 2610) & (ratio > 0) & (ratio < 100)
        found.append((nm[some], ratio[some]))
    return found


def test_a_straight_line_passes_for_15_of_22_type_spectra(type_ratios: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """And a parabola for 17: the published threshold finds them in a scene that has nothing but brightness, slope and curvature."""
    for curves, passed in ((2, 15), (3, 17)):
        fits = []
        for nm, ratio in type_ratios:
            vectors = np.linalg.qr(np.vander((nm - 2150) / 450, curves))[0][None]
            fits.append(misfit(vectors, Targets.of(ratio[None], np.zeros(1, int)))[0, 0])
        assert sum(fit < LARGEST_MISFIT for fit in fits) == passed
