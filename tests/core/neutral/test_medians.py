"""The median of what is typical of a column or tile, a pixel's own neighbourhood left out."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.errors import Cancelled
from crism_gan_plugin.core.neutral import Frame, GroupMedians, medians, straight_line
from crism_gan_plugin.core.neutral.frame import gap_of

CHANNELS = 6


def random_cube(lines: int, samples: int, seed: int = 0) -> np.ndarray:
    """With holes."""
    rng = np.random.default_rng(seed)
    cube = rng.uniform(0.5, 1.5, (lines, samples, CHANNELS)).astype(np.float32)
    cube[rng.random((lines, samples)) < 0.1] = np.nan
    return cube


def oblique(lines: int, samples: int, gap: int) -> Frame:
    """A map on which detector columns run down at a slant, and whose corners the detector did not see."""
    line, sample = np.mgrid[:lines, :samples]
    columns, rows = sample - line // 4 + 3, line + sample // 4
    unseen = (columns < 0) | (columns > samples - 4)
    planes = tuple(np.where(unseen, -1, plane).astype(np.int16) for plane in (rows, columns))
    return Frame(lines, samples, True, gap, planes)


FRAMES = {
    "columns": lambda lines, samples: Frame(lines, samples, True, 4),
    "oblique columns": lambda lines, samples: oblique(lines, samples, 3),
    "tiles": lambda lines, samples: Frame(lines, samples, False, 2),
}


def medians_of(frame: Frame, *cubes: np.ndarray) -> tuple[np.ndarray, ...]:
    found = GroupMedians(frame, CHANNELS, len(cubes))
    for line in found.lines:
        found.add(int(line), tuple(cube[line] for cube in cubes))
    found.finish()
    return found(0, frame.lines)


@pytest.fixture
def all_is_typical(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medians, "_enough", lambda gap: 255)


@pytest.mark.usefixtures("all_is_typical")
@pytest.mark.parametrize("kind", FRAMES)
def test_it_is_the_median_of_the_group_without_the_neighbourhood(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medians, "_TILE", 8)
    cube = random_cube(24, 15)
    frame = FRAMES[kind](24, 15)
    (found,) = medians_of(frame, cube)
    rows, columns = frame.place(0, 24)
    group = columns if frame.by_column else rows // 8 * 2 + columns // 8
    for line, sample in np.ndindex(24, 15):
        far = np.abs(rows - rows[line, sample]) > frame.gap
        far |= np.abs(columns - columns[line, sample]) > frame.gap
        alike = cube[far & (group == group[line, sample]) & ~np.isnan(cube[..., 0])]
        if columns[line, sample] < 0 or len(alike) < medians.FEWEST:
            assert np.isnan(found[line, sample]).all()
        else:
            np.testing.assert_allclose(found[line, sample], np.median(alike, 0), rtol=1e-6)


@pytest.mark.usefixtures("all_is_typical")
@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("slots", [7, 255])
def test_no_pixel_in_a_window_together_with_another_tells_its_ground(
    kind: str, slots: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many are kept: what the neighbourhood looks like changes nothing."""
    monkeypatch.setattr(medians, "_MOST", slots)
    monkeypatch.setattr(medians, "_TILE", 16)
    cube = random_cube(40, 20)
    frame = FRAMES[kind](40, 20)
    (before,) = medians_of(frame, cube)
    for line, sample in ((0, 0), (17, 9), (39, 19), (12, 15)):
        changed = cube.copy()
        around = slice(max(line - frame.gap, 0), line + frame.gap + 1), slice(max(sample - frame.gap, 0), sample + frame.gap + 1)
        if frame.detector is not None:  # a gap is in rows and columns of the detector
            around = slice(max(line - 1, 0), line + 2), slice(max(sample - 1, 0), sample + 2)
        changed[around] *= np.random.default_rng(1).uniform(0.1, 9, (*changed[around].shape[:2], CHANNELS))
        (after,) = medians_of(frame, changed)
        np.testing.assert_array_equal(after[line, sample], before[line, sample])
        assert frame.detector is not None or not np.array_equal(after, before, equal_nan=True) or slots == 7


def mixed(absorptions: np.ndarray, seed: int = 0) -> np.ndarray:
    """(lines, 1, 240) ground whose pixels have some absorption each, noise and a brightness of their own."""
    rng = np.random.default_rng(seed)
    spectra = (
        (1 - absorptions) * (1 + 0.004 * rng.standard_normal(absorptions.shape)) * rng.uniform(0.7, 1.3, (len(absorptions), 1))
    )
    return rng.permutation(spectra / straight_line(spectra))[:, None].astype(np.float32)


def bands(count: int) -> np.ndarray:
    """(count, 240) absorptions of several kinds, which all have something in common at long wavelengths."""
    x = np.arange(240)
    own = [np.exp(-(((x - centre) / 6) ** 2)) for centre in np.linspace(60, 180, count)]
    return 0.04 * (np.array(own) + np.exp(-(((x - 200) / 15) ** 2)))


def median_of(cube: np.ndarray) -> np.ndarray:
    """(240,) of one column, levelled."""
    found = GroupMedians(Frame(len(cube), 1, True, 4), 240)
    for line in found.lines:
        found.add(int(line), (cube[line],))
    found.finish()
    middle = found(len(cube) // 2, 1)[0][0, 0].astype(float)
    return middle / straight_line(middle)


@pytest.mark.parametrize(("shares", "of"), [((0.06,) * 7, None), ((0.65,), 0), ((0.3, 0.1), None), ((0.6, 0.1), 0)])
def test_many_minerals_leave_no_ghost_and_one_in_most_of_a_column_is_its_ground(shares: tuple[float, ...], of: int | None) -> None:
    """Beside ground there are minerals with such shares; the median is that of ground, or of one of them."""
    lines, kinds = 200, bands(7)
    absorptions = np.zeros((lines, 240))
    first = 0
    for kind, share in zip(kinds, shares):
        absorptions[first : first + round(share * lines)] = kind
        first += round(share * lines)
    expected = np.ones(240) if of is None else 1 - kinds[of]
    np.testing.assert_allclose(median_of(mixed(absorptions)), expected / straight_line(expected), atol=0.0025)


@pytest.mark.parametrize("lines", [30, 200])
def test_what_is_odd_in_a_neighbourhood_never_divides_it(lines: int) -> None:
    """With a choice of what is typical, too: a peak that a pixel and its neighbours have alone."""
    cube = mixed(np.zeros((lines, 240)))
    around = slice(lines // 2 - 4, lines // 2 + 5)
    cube[around, :, 100] *= 3
    assert median_of(cube)[100] == pytest.approx(1, abs=0.01)


def test_cubes_are_taken_together() -> None:
    cube = random_cube(30, 4)
    one, other = medians_of(Frame(30, 4, True, 1), cube, 2 * cube)
    np.testing.assert_allclose(other, 2 * one, rtol=1e-6)


def test_long_columns_are_sampled_evenly_and_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medians, "_BYTES", 25 * 10 * CHANNELS * 4)
    kept = [GroupMedians(Frame(lines, 10, True, 1), CHANNELS) for lines in (100, 10_000)]
    for found, lines in zip(kept, (100, 10_000)):
        assert len(found.lines) == 25
        assert (found.lines[0], found.lines[-1]) == (0, lines - 1)
        steps = np.diff(found.lines)
        assert steps.max() - steps.min() <= 1
        assert found._spectra[0].nbytes <= medians._BYTES
    wide = GroupMedians(Frame(3000, 3000, False, 1), CHANNELS)  # tiles grow instead of their number
    assert wide._spectra[0].nbytes <= medians._BYTES


def test_columns_that_run_across_the_map_are_seen_whole() -> None:
    """As in a polar map: each line of it has one column only, so that no line may be left out."""
    line, sample = np.mgrid[:600, :40]
    planes = sample.astype(np.int16), line.astype(np.int16)
    assert len(GroupMedians(Frame(600, 40, True, 1, planes), CHANNELS).lines) == 600


def test_brightness_and_slope_do_not_count() -> None:
    x = np.linspace(-1, 1, 240)
    shape = 1 - 0.1 * np.exp(-((x / 0.1) ** 2))
    spectra = np.array([level * shape * np.exp(slope * x) for level, slope in ((0.1, 0.2), (3, -0.1))])
    one, other = spectra / straight_line(spectra)
    np.testing.assert_allclose(one, other, rtol=1e-12)
    np.testing.assert_allclose(straight_line(spectra[:, :1] * np.ones(240)), spectra[:, :1] * np.ones(240), rtol=1e-12)


@pytest.mark.parametrize(
    ("window", "on_the_map", "gap"), [(1, False, 1), (3, False, 2), (5, False, 4), (15, False, 14), (5, True, 7)]
)
def test_gap_keeps_pixels_of_one_window_apart(window: int, on_the_map: bool, gap: int) -> None:
    """A mean over 5 × 5 pixels has pixels up to four apart."""
    assert gap_of(window, on_the_map) == gap


def test_sorting_can_be_cancelled() -> None:
    found = GroupMedians(Frame(20, 100, True, 1), CHANNELS)
    for line in found.lines:
        found.add(int(line), (np.ones((100, CHANNELS), np.float32),))

    def stop() -> None:
        raise Cancelled("cancelled")

    with pytest.raises(Cancelled):
        found.finish(stop)
