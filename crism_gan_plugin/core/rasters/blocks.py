"""An image in blocks of lines that overlap by a halo, so that neighbourhoods see across block borders."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Callable, TypeVar

T = TypeVar("T")
Piece = TypeVar("Piece")

#: About how large one block's spectra on the network's grid are; a handful of such arrays are alive at once.
_BLOCK_BYTES = 16 << 20


@dataclass(frozen=True)
class Block:
    """Lines ``first`` … ``first + lines``; with the halo ``halo_first`` … ``halo_first + halo_lines``."""

    first: int
    lines: int
    halo_first: int
    halo_lines: int

    @property
    def inner(self) -> slice:
        """The block's own lines within its lines with halo."""
        start = self.first - self.halo_first
        return slice(start, start + self.lines)


def split_lines(lines: int, samples: int, channels: int, halo: int = 0) -> list[Block]:
    """Blocks that cover all lines once and fit a fixed amount of memory whatever the image's length."""
    height = max(1, _BLOCK_BYTES // (4 * samples * channels))
    blocks = []
    for first in range(0, lines, height):
        count = min(height, lines - first)
        start, stop = max(first - halo, 0), min(first + count + halo, lines)
        blocks.append(Block(first, count, start, stop - start))
    return blocks


def read_ahead(blocks: list[Piece], read: Callable[[Piece], T]) -> Iterator[tuple[Piece, T]]:
    """Each block with what ``read`` gives for it. The next block is read while this one is computed."""
    with ThreadPoolExecutor(1) as reader:
        waiting = reader.submit(read, blocks[0])
        for number, block in enumerate(blocks):
            data = waiting.result()
            if number + 1 < len(blocks):
                waiting = reader.submit(read, blocks[number + 1])
            yield block, data
