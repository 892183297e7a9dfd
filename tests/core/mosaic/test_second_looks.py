"""What pairs of maps see of the same ground, counted block by block, against whole arrays."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from crism_gan_plugin.core.mosaic.second_looks import GROUPS, PLACE, BlockLooks, SecondLooks, find_partners

KAOLINITE, TALC = 15, 21


def window(line: int, sample: int, lines: int, samples: int) -> Any:
    return SimpleNamespace(row_off=line, col_off=sample, height=lines, width=samples)


def sample_of(codes: np.ndarray, line: int = 0, sample: int = 0) -> Any:
    return SimpleNamespace(window=window(line, sample, *codes.shape), codes=codes)


def random_codes(seed: int, lines: int = 200, samples: int = 260) -> np.ndarray:
    values = np.array([0, 0, 0, KAOLINITE, KAOLINITE + 100, TALC, 255])
    return np.random.default_rng(seed).choice(values, (lines, samples)).astype(np.uint8)


def everyone(count: int) -> list[frozenset[int]]:
    return [frozenset(range(count)) - {number} for number in range(count)]


@pytest.mark.parametrize("side", [64, 128, 1000])
def test_counts_are_those_of_whole_arrays_whatever_the_blocks(side: int) -> None:
    maps = [random_codes(seed) for seed in range(3)]
    looks = SecondLooks(everyone(3))
    for line in range(0, 200, side):
        for column in range(0, 260, side):
            block = BlockLooks(looks)
            for number in (2, 0, 1):  # in any order
                block.add(sample_of(maps[number][line : line + side, column : column + side], line, column), number)
    found = looks.looks(KAOLINITE)
    assert found.pairs == ((0, 1), (0, 2), (1, 2))
    for place, (one, other) in enumerate(found.pairs):
        covered = (maps[one] != 255) & (maps[other] != 255)
        seen = [covered & (maps[k] % 100 == KAOLINITE) & (maps[k] != 255) for k in (one, other)]
        assert found.ground[place].sum() == covered.sum()
        assert found.seen[place].sum(1).tolist() == [each.sum() for each in seen]
        assert found.both[place].sum() == (seen[0] & seen[1]).sum()
        corner = (slice(0, PLACE), slice(0, PLACE))  # in so small a raster, no other place is in its group
        assert found.seen[place][0][0] == seen[0][corner].sum()
    assert found.places == 4 * 5
    assert looks.looks(3).seen.sum() == 0


def test_maps_that_overlap_in_part_are_counted_where_they_do() -> None:
    one, other = np.full((80, 90), KAOLINITE, np.uint8), np.full((50, 60), KAOLINITE, np.uint8)
    looks = SecondLooks(everyone(3))
    block = BlockLooks(looks)
    block.add(sample_of(one, 10, 20), 0)
    block.add(sample_of(other, 70, 5), 1)
    block.add(sample_of(other, 500, 500), 2)
    found = looks.looks(KAOLINITE)
    assert found.pairs == ((0, 1),)
    assert found.ground.sum() == found.both.sum() == 20 * 45
    assert found.ground.shape == (1, GROUPS)


def test_a_map_of_two_sheets_is_one_map() -> None:
    whole = random_codes(4, 64, 128)
    looks = SecondLooks(everyone(2))
    block = BlockLooks(looks)
    block.add(sample_of(random_codes(5, 64, 128)), 0)
    block.add(sample_of(whole[:, :64]), 1)
    block.add(sample_of(whole[:, 64:], 0, 64), 1)
    plain = SecondLooks(everyone(2))
    block = BlockLooks(plain)
    block.add(sample_of(random_codes(5, 64, 128)), 0)
    block.add(sample_of(whole), 1)
    np.testing.assert_array_equal(looks.looks(TALC).seen, plain.looks(TALC).seen)
    np.testing.assert_array_equal(looks.looks(TALC).both, plain.looks(TALC).both)


def test_partners_have_ground_in_common_and_other_images() -> None:
    here, beside, far = window(0, 0, 10, 10), window(5, 5, 10, 10), window(100, 100, 10, 10)
    found = find_partners([[here], [beside], [far], [here], [far, beside]], [4, 3, 2, 1, 0], ["a", "b", "c", "a", "d"])
    assert found == [{1, 4}, {0, 3, 4}, {4}, {1, 4}, {0, 1, 2, 3}]


def test_a_stack_of_maps_keeps_few_of_them() -> None:
    windows, names = [[window(0, 0, 8, 8)]] * 50, [str(number) for number in range(50)]
    partners = find_partners(windows, list(range(50)), names, most=3)
    assert partners[20] == {17, 18, 19, 21, 22, 23}
    block = BlockLooks(SecondLooks(partners))
    for number in range(50):
        block.add(sample_of(np.zeros((8, 8), np.uint8)), number)
        assert len(block._kept) <= 5
