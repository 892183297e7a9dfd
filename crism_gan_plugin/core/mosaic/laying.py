"""Makes the composite's rasters block by block: all maps that touch a block are laid on it, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rasterio.windows import Window

from ..errors import InputError
from ..files.outputs import AtomicOutputs
from ..mapping.levels import NO_DATA
from ..progress import Progress
from ..rasters.blocks import read_ahead
from ..rasters.class_table import minerals_of
from ..rasters.metadata_keys import EVIDENCE_KEY, PROVENANCE_KEY
from .agreement import Votes
from .canvas import Canvas, ranks_of
from .classes import Legend
from .grid import Grid
from .maps import MineralMap
from .rasters import TILE, CompositeRaster, finish_rasters
from .sampling import Sample, Sampler
from .second_looks import BlockLooks, SecondLooks, find_partners
from .sheets import Sheet
from .strategies import Strategy
from .tally import Tally

#: Side of a block of the work, in tiles of the file.
_BLOCK_TILES = 2

#: Share of the whole that laying takes; writing the final rasters takes the rest.
_LAYING = 0.7


@dataclass(frozen=True)
class Plan:
    """All that decides the pixels of a composite.

    Attributes
    ----------
    order
        The places of the maps, from 0, first the one that shows first.
    numbers, total
        The number of each map in the source raster, and the largest that there may be.
    """

    maps: Sequence[MineralMap]
    legend: Legend
    grid: Grid
    rule: Strategy
    order: Sequence[int]
    numbers: Sequence[int]
    total: int


class NothingThereError(InputError):
    """None of the maps has data in the composite."""


@dataclass(frozen=True)
class Visit:
    """One sheet in one block. ``alone`` says that no other sheet can have pixels in the block."""

    block: Window
    sheet: Sheet
    alone: bool


def lay_maps(plan: Plan, outputs: AtomicOutputs, target: Path, identity: Mapping[str, str], progress: Progress) -> Tally:
    """Write the rasters of a composite, and return the counts of what they hold."""
    with ExitStack() as files:
        translations = [plan.legend.translation(each) for each in plan.maps]
        sampler = files.enter_context(Sampler(plan.grid, plan.maps, translations, plan.rule.by_probability))
        windows = [[sheet.window for sheet in sheets] for sheets in sampler.sheets]
        looks = SecondLooks(find_partners(windows, plan.order, [each.scene for each in plan.maps]))
        tally = Tally(plan.grid, len(plan.maps), looks)
        scratch = files.enter_context(outputs.scratch())
        rasters = {name: files.enter_context(raster) for name, raster in _create(plan, outputs, scratch, target, identity)}
        named = np.array([0, *plan.numbers], np.uint16)
        visits = plan_visits(plan, sampler, TILE * _BLOCK_TILES)
        for block, canvas in _canvases(plan, visits, sampler, tally, progress.part(0, _LAYING)):
            tally.add(canvas, block)
            for name, raster in rasters.items():
                raster.write(named[canvas.source] if name == "source" else getattr(canvas, name), block)
        if not tally.valid:
            raise NothingThereError("extent: none of the maps has data there; choose a larger one, or check the CRS it is given in")
        finish_rasters(list(rasters.values()), progress.part(_LAYING, 0.97))
    return tally


def plan_visits(plan: Plan, sampler: Sampler, side: int) -> list[Visit]:
    """List the visits block by block. Blocks without maps are left out."""
    in_block: dict[tuple[int, int], list[Sheet]] = {}
    for number in plan.order:
        for sheet in sampler.sheets[number]:
            rows, columns = (range(start // side, (stop - 1) // side + 1) for start, stop in sheet.window.toranges())
            for place in ((row, column) for row in rows for column in columns):
                in_block.setdefault(place, []).append(sheet)
    found = []
    for (row, column), sheets in sorted(in_block.items(), key=lambda item: item[0]):
        line, sample = row * side, column * side
        block = Window(sample, line, min(side, plan.grid.samples - sample), min(side, plan.grid.lines - line))
        found += [Visit(block, sheet, len(sheets) == 1) for sheet in sheets]
    return found


def _canvases(
    plan: Plan, visits: list[Visit], sampler: Sampler, tally: Tally, progress: Progress
) -> Iterator[tuple[Window, Canvas]]:
    """Yield each block with all its maps laid on it."""
    if not visits:
        return

    ranks = ranks_of(plan.legend.besides)

    def read(visit: Visit) -> Sample:
        return sampler.sample(visit.sheet, visit.block.intersection(visit.sheet.window))

    for place, (visit, sample) in enumerate(read_ahead(visits, read)):
        if place == 0 or visits[place - 1].block is not visit.block:
            canvas, votes, looks = Canvas(visit.block, plan.rule, ranks), Votes(visit.block), BlockLooks(tally.looks)
        number = visit.sheet.number + 1
        canvas.lay(sample, number)
        tally.covered[number] += np.count_nonzero(sample.codes != NO_DATA)
        if not visit.alone:
            minerals = replace(sample, codes=minerals_of(sample.codes, plan.legend.besides))
            votes.add(minerals)
            looks.add(minerals, visit.sheet.number)
        if place + 1 == len(visits) or visits[place + 1].block is not visit.block:
            if not visit.alone:
                tally.pairs += votes.pairs(canvas.count)
            yield visit.block, canvas
        progress.report((place + 1) / len(visits), f"laid {place + 1} of {len(visits)} pieces")


def _create(
    plan: Plan, outputs: AtomicOutputs, scratch: Path, target: Path, identity: Mapping[str, str]
) -> Iterator[tuple[str, CompositeRaster]]:
    """Create the rasters. The name of each is that of the array in `Canvas` that it takes."""
    numbers = np.uint8 if plan.total < 256 else np.uint16
    kinds = {
        "codes": (target.suffix, np.uint8, NO_DATA, "mineral class"),
        "similarity": ("_similarity.tif", np.float32, np.nan, "best similarity"),
        "source": ("_source.tif", numbers, 0, "source (number in the table of sources)"),
        "count": ("_count.tif", numbers, 0, "number of maps with data"),
    }
    stem = target.stem
    metadata = {**identity, PROVENANCE_KEY: f"{stem}_provenance.json"}
    if any(each.evidence is not None for each in plan.maps):
        metadata[EVIDENCE_KEY] = f"{stem}_similarity.tif"
    else:
        del kinds["similarity"]
        for ending in (".tif", ".qml"):
            outputs.supersede(f"{stem}_similarity{ending}")
    for name, (ending, dtype, nodata, title) in kinds.items():
        yield (
            name,
            CompositeRaster(
                outputs.path(f"{stem}{ending}"),
                scratch,
                plan.grid,
                dtype,
                nodata=nodata,
                band_name=title,
                metadata=metadata if name == "codes" else identity,
            ),
        )
