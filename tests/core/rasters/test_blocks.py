"""Blocks of lines cover an image once, whatever its size, and are read one ahead."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.rasters import blocks
from crism_gan_plugin.core.rasters.blocks import Block, read_ahead, split_lines


@given(st.integers(1, 3000), st.integers(1, 2000), st.integers(1, 500), st.integers(0, 7))
def test_blocks_cover_every_line_once_with_their_halo(lines: int, samples: int, channels: int, halo: int) -> None:
    found = split_lines(lines, samples, channels, halo)
    assert [line for block in found for line in range(block.first, block.first + block.lines)] == list(range(lines))
    for block in found:
        around = range(block.halo_first, block.halo_first + block.halo_lines)
        assert around.start == max(block.first - halo, 0)
        assert around.stop == min(block.first + block.lines + halo, lines)
        assert list(around)[block.inner] == list(range(block.first, block.first + block.lines))
        assert block.lines == 1 or block.lines * samples * channels * 4 <= blocks._BLOCK_BYTES


def test_memory_does_not_grow_with_the_image() -> None:
    tallest = {max(b.halo_lines for b in split_lines(lines, 640, 240, 2)) for lines in (480, 4800, 48000)}
    assert len(tallest) == 1


def test_blocks_are_read_in_order_and_one_ahead() -> None:
    read: list[int] = []
    second_asked = threading.Event()

    def fetch(block: Block) -> int:
        read.append(block.first)
        if block.first == 2:
            second_asked.set()
        return block.first

    given_back = read_ahead([Block(first, 2, first, 2) for first in (0, 2, 4)], fetch)
    block, data = next(given_back)
    assert (block.first, data) == (0, 0)
    assert second_asked.wait(5)  # read while the first is worked on
    assert [(b.first, d) for b, d in given_back] == [(2, 2), (4, 4)]
    assert read == [0, 2, 4]


def test_an_error_while_reading_reaches_the_reader() -> None:
    def fetch(block: Block) -> int:
        if block.first:
            raise OSError("disk gone")
        return 1

    given_back = read_ahead([Block(0, 1, 0, 1), Block(1, 1, 1, 1)], fetch)
    next(given_back)
    with pytest.raises(OSError, match="disk gone"):
        next(given_back)
