"""The mean of the blandest pixels around, a pixel's own neighbourhood left out."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.neutral import Frame, blandest, blandest_ground
from tests.core.neutral.test_medians import FRAMES

LINES, SAMPLES = 70, 20


def ground(frame: Frame, scores: np.ndarray, cube: np.ndarray) -> np.ndarray:
    (found,) = blandest_ground(frame, 0, frame.lines, 0, scores, (cube,))
    return found


def random_scene(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and spectra whose first channel is the pixel's own number."""
    rng = np.random.default_rng(seed)
    scores = rng.permutation(LINES * SAMPLES).reshape(LINES, SAMPLES).astype(np.float32)
    scores[rng.random(scores.shape) < 0.1] = np.inf
    cube = rng.uniform(0.5, 1.5, (LINES, SAMPLES, 3)).astype(np.float32)
    cube[np.isinf(scores)] = np.nan
    return scores, cube


@pytest.mark.parametrize("kind", ["columns", "oblique columns"])
def test_it_is_the_mean_of_the_lowest_scores_of_the_column_near_by(kind: str) -> None:
    scores, cube = random_scene()
    frame = FRAMES[kind](LINES, SAMPLES)
    found = ground(frame, scores, cube)
    rows, columns = frame.place(0, LINES)
    for line, sample in np.ndindex(LINES, SAMPLES):
        away = np.abs(rows - rows[line, sample])
        there = (
            (columns == columns[line, sample])
            & (away > frame.gap + blandest.SCORE_HALO)
            & (away <= blandest.REACH)
            & np.isfinite(scores)
        )
        own = {}  # of pixels that show one place of the detector, one counts
        for at in zip(*np.nonzero(there)):
            own[rows[at]] = at
        chosen = sorted(own.values(), key=lambda at: scores[at])[: blandest.BLANDEST]
        if columns[line, sample] < 0 or len(own) < blandest.FEWEST:
            assert np.isnan(found[line, sample]).all()
        else:
            np.testing.assert_allclose(found[line, sample], np.mean([cube[at] for at in chosen], 0), rtol=1e-5)


@pytest.mark.parametrize("kind", FRAMES)
def test_no_pixel_in_a_window_together_with_another_tells_its_ground(kind: str) -> None:
    """Even if the neighbourhood is the blandest of all."""
    scores, cube = random_scene()
    frame = FRAMES[kind](LINES, SAMPLES)
    before = ground(frame, scores, cube)
    for line, sample in ((0, 0), (35, 9), (69, 19), (40, 13)):
        near = 1 if frame.detector is not None else frame.gap + blandest.SCORE_HALO  # a gap is in rows and columns of the detector
        around = slice(max(line - near, 0), line + near + 1), slice(max(sample - near, 0), sample + near + 1)
        bland, other = scores.copy(), cube.copy()
        bland[around], other[around] = -1, 7
        after = ground(frame, bland, other)
        np.testing.assert_array_equal(after[line, sample], before[line, sample])
        assert not np.array_equal(after, before, equal_nan=True)


def test_of_tiles_the_ground_is_bland_pixels_of_other_cells_near_by() -> None:
    scores = np.ones((64, 64), np.float32)
    cube = np.full((64, 64, 2), 5, np.float32)
    bland = np.zeros((64, 64), bool)
    bland[::3, ::3] = True
    scores[bland], cube[bland] = 0, 3
    np.testing.assert_array_equal(ground(Frame(64, 64, False, 4), scores, cube), 3)


@pytest.mark.parametrize("kind", FRAMES)
def test_lines_are_the_same_from_any_block(kind: str) -> None:
    scores, cube = random_scene()
    frame = FRAMES[kind](LINES, SAMPLES)
    whole = ground(frame, scores, cube)
    reach = blandest.reach_in_lines(frame)
    for first, count in ((0, 5), (31, 9), (66, 4)):
        start, stop = max(first - reach, 0), min(first + count + reach, LINES)
        (part,) = blandest_ground(frame, first, count, start, scores[start:stop], (cube[start:stop],))
        if frame.detector is None:
            np.testing.assert_array_equal(part, whole[first : first + count])
        else:  # a far row of the detector may lie beyond the lines that are kept
            assert np.isclose(part, whole[first : first + count], equal_nan=True).mean() > 0.9


def test_cubes_are_chosen_alike() -> None:
    scores, cube = random_scene()
    one, other = blandest_ground(Frame(LINES, SAMPLES, True, 1), 0, LINES, 0, scores, (cube, 2 * cube))
    np.testing.assert_allclose(other, 2 * one, rtol=1e-6)
