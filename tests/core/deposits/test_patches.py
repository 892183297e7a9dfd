"""Connected patches, against a flood fill, and holes."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.deposits.holes import filled
from crism_gan_plugin.core.deposits.patches import Patches
from crism_gan_plugin.core.deposits.runs import joined, runs_of

NAMED = (np.arange(256) > 0) & (np.arange(256) < 255)
NOTHING = np.arange(256) == 0


def flood(codes: np.ndarray, diagonal: bool) -> np.ndarray:
    """The same by the plainest method: each pixel's patch, numbered in reading order, −1 for none."""
    lines, samples = codes.shape
    found = np.full(codes.shape, -1)
    steps = [(a, b) for a in (-1, 0, 1) for b in (-1, 0, 1) if diagonal or a * b == 0]
    number = 0
    for start in np.argwhere(NAMED[codes]).tolist():
        if found[tuple(start)] >= 0:
            continue
        waiting = [tuple(start)]
        found[tuple(start)] = number
        while waiting:
            line, sample = waiting.pop()
            for a, b in steps:
                near = line + a, sample + b
                if 0 <= near[0] < lines and 0 <= near[1] < samples and found[near] < 0 and codes[near] == codes[tuple(start)]:
                    found[near] = number
                    waiting.append(near)
        number += 1
    return found


def patches_of(codes: np.ndarray, diagonal: bool, block: int = 4) -> Patches:
    """By blocks of a few lines, as a map is read."""
    runs = joined([runs_of(codes[first : first + block], first, NAMED) for first in range(0, len(codes), block)])
    return Patches.of(runs, codes.shape[1], diagonal)


def spiral(size: int) -> np.ndarray:
    """One path that winds inwards: joined at its very middle alone."""
    image = np.zeros((size, size), np.uint8)
    line, sample, step = 0, 0, (0, 1)
    for length in [size - 1] + [n for n in range(size - 1, 0, -2) for _ in range(2)]:
        for _ in range(length):
            image[line, sample] = 7
            line, sample = line + step[0], sample + step[1]
        step = (step[1], -step[0])
    return image


@pytest.mark.parametrize("diagonal", [False, True])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("shape", [(1, 40), (40, 1), (33, 57)])
def test_patches_are_those_of_a_flood_fill(diagonal: bool, share: float, shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(7)
    codes = np.where(rng.random(shape) < share, rng.choice([3, 15, 103, 255], shape), 0).astype(np.uint8)
    found, wanted = patches_of(codes, diagonal), flood(codes, diagonal)
    np.testing.assert_array_equal(found.paint(0, shape[0]), wanted)
    np.testing.assert_array_equal(found.pixels, np.bincount(wanted[wanted >= 0]))
    np.testing.assert_array_equal(found.code, [codes[wanted == number][0] for number in range(len(found))])
    half = shape[0] // 2
    np.testing.assert_array_equal(found.paint(half, shape[0] - half), wanted[half:])


@pytest.mark.parametrize("codes", [spiral(41), np.full((9, 9), 5, np.uint8), np.eye(20, dtype=np.uint8)])
@pytest.mark.parametrize("diagonal", [False, True])
def test_long_ways_join_what_they_connect(codes: np.ndarray, diagonal: bool) -> None:
    np.testing.assert_array_equal(patches_of(codes, diagonal).paint(0, len(codes)), flood(codes, diagonal))


def test_the_first_pixel_of_a_line_does_not_touch_the_last_of_the_one_before() -> None:
    codes = np.zeros((3, 4), np.uint8)
    codes[0, 3] = codes[2, 0] = codes[1, 0] = 9
    assert len(patches_of(codes, True)) == 2


def test_a_window_holds_one_patch_alone() -> None:
    codes = np.zeros((6, 7), np.uint8)
    codes[1:5, 2:6] = 4
    codes[2:4, 3:5] = 5
    line, sample, image = patches_of(codes, False).window(0)
    assert (line, sample) == (1, 2)
    np.testing.assert_array_equal(image, codes[1:5, 2:6] == 4)


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_hole_is_closed_by_one_deposit_all_around(diagonal: bool) -> None:
    """No hole is what touches the border, no data, or two deposits; nor what is too large."""
    codes = np.zeros((20, 30), np.uint8)
    codes[1:6, 1:6] = 3
    codes[3, 3] = 0  # a hole
    codes[1:6, 10:15] = 3
    codes[3, 12], codes[3, 13] = 0, 255  # beside no data
    codes[1:6, 20:25] = 3
    codes[2:5, 21:24] = 0  # nine pixels
    codes[10:15, 1:6] = 3
    codes[12, 3], codes[11, 3] = 0, 15  # beside another mineral's deposit
    codes[10:15, 27:30] = 3
    codes[12, 28:] = 0  # open to the border
    patches = patches_of(codes, diagonal)
    nothing = runs_of(codes, 0, NOTHING)
    grown = filled(patches, nothing, 20, 8, diagonal)
    before, after = patches.paint(0, 20), grown.paint(0, 20)
    assert np.argwhere(before != after).tolist() == [[3, 3]]
    assert after[3, 3] == after[2, 2]
    assert grown.pixels.sum() == patches.pixels.sum() + 1
    assert len(np.argwhere(filled(patches, nothing, 20, 9, diagonal).paint(0, 20) != before)) == 10


def test_corners_close_a_hole_where_they_connect() -> None:
    codes = np.zeros((5, 5), np.uint8)
    codes[1, 2] = codes[3, 2] = codes[2, 1] = codes[2, 3] = 8
    nothing = runs_of(codes, 0, NOTHING)
    assert filled(patches_of(codes, True), nothing, 5, 1, True).pixels.tolist() == [5]
    assert filled(patches_of(codes, False), nothing, 5, 1, False).pixels.tolist() == [1] * 4
