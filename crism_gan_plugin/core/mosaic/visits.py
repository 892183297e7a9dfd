"""Which map is laid on which block of the composite, and in what order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .classes import Legend
from .cog import tile_order
from .grid import Grid, map_extent
from .maps import MineralMap
from .placement import Block
from .sampling import Sampler
from .strategies import Strategy


@dataclass(frozen=True)
class Plan:
    """All that decides what a composite's pixels are; ``order`` has the numbers of the maps, from 0, the first to show first."""

    maps: Sequence[MineralMap]
    legend: Legend
    grid: Grid
    rule: Strategy
    order: Sequence[int]


@dataclass(frozen=True)
class Visit:
    """One map, by its number, in one block; ``alone`` if no other map may be there."""

    block: Block
    number: int
    alone: bool


def plan_visits(plan: Plan, sampler: Sampler, side: int) -> list[Visit]:
    """What is to be done, block by block, in the file's order of tiles; blocks without maps are left out."""
    in_block: dict[tuple[int, int], list[int]] = {}
    for number in plan.order:
        for row, column in _blocks_under(plan, number, side):
            block = _block(plan.grid, row, column, side)
            if sampler.placements[number].touches(block):
                in_block.setdefault((row, column), []).append(number)
    keys = np.array(sorted(in_block), np.int64).reshape(-1, 2)
    found = []
    for row, column in keys[tile_order(keys[:, 0], keys[:, 1])].tolist():
        block, numbers = _block(plan.grid, row, column, side), in_block[row, column]
        found += [Visit(block, number, len(numbers) == 1) for number in numbers]
    return found


def _blocks_under(plan: Plan, number: int, side: int) -> Iterator[tuple[int, int]]:
    """Rows and columns of the blocks within a map's extent, or within another image of it on a cylindrical map."""
    grid, period = plan.grid, plan.grid.projection.period
    found = map_extent(plan.maps[number], grid.projection, grid.left + grid.samples * grid.pixel / 2)
    if found is None:
        return
    left, bottom, right, top = found
    first, last = (int((grid.top - edge) / grid.pixel + room) // side for edge, room in ((top, -2), (bottom, 2)))
    rows = range(max(first, 0), min(last, (grid.lines - 1) // side) + 1)
    columns: set[int] = set()
    for turn in (0.0,) if period is None else (-period, 0.0, period):
        west, east = (int((edge + turn - grid.left) // grid.pixel + room) // side for edge, room in ((left, -2), (right, 2)))
        columns |= set(range(max(west, 0), min(east, (grid.samples - 1) // side) + 1))
    yield from ((row, column) for row in rows for column in sorted(columns))


def _block(grid: Grid, row: int, column: int, side: int) -> Block:
    line, sample = row * side, column * side
    return Block(line, sample, min(side, grid.lines - line), min(side, grid.samples - sample))
