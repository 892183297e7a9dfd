"""The composite of a run in tiles: each is a job like a scene, and virtual rasters over them show the whole."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..errors import InputError
from ..files.outputs import AtomicOutputs
from ..mapping.legend import style_qml
from ..mosaic.classes import Legend, merge_legends
from ..mosaic.composite import MOST_MAPS, Whole, check_evidence, make_tile
from ..mosaic.maps import MineralMap, open_map
from ..mosaic.strategies import find_strategy
from ..mosaic.styles import count_qml, similarity_qml, source_qml
from ..mosaic.tiles import Tile, mosaic_vrt, tile_file, tiles_of
from ..progress import Progress
from ..rasters.class_table import read_class_table
from .jobs import ChainStep, Job
from .ledger import LedgerLine
from .outcome import Outcome, measured
from .stages import MEMORY_GB, UntilStopped
from .ticket import Ticket

#: Folder of the composite, and the stem of the virtual rasters.
COMPOSITE = "composite"

#: Endings of the rasters, and GDAL's name of their numbers' type and their value without data.
_RASTERS = {"": ("Byte", "255"), "_similarity": ("Float32", "nan"), "_source": ("UInt16", "0"), "_count": ("UInt16", "0")}


@dataclass(frozen=True)
class TileTask:
    """A tile as a worker is given it: its maps, and what these have in common with all."""

    tile: Tile
    per_degree: int
    strategy: str
    maps: tuple[Path, ...]
    whole: Whole
    folder: Path
    ticket: Ticket


@dataclass(frozen=True)
class TiledComposite:
    """A composite that is to be made in tiles.

    Attributes
    ----------
    folder
        Where it goes.
    maps
        The maps, in the order of their numbers.
    legend
        The legend of all.
    of_tile
        The numbers of the maps, from 0, that may have pixels in a tile.
    """

    folder: Path
    per_degree: int
    strategy: str
    maps: tuple[Path, ...]
    legend: Legend
    of_tile: dict[Tile, list[int]]

    @staticmethod
    def plan(maps: Sequence[Path], folder: Path, per_degree: int, strategy: str, progress: Progress) -> Optional[TiledComposite]:
        """Look at all maps; those that cannot be laid over others are told of. None if there are no others."""
        usable: list[MineralMap] = []
        rule = find_strategy(strategy)
        of_tile: dict[Tile, list[int]] = {}
        for path in sorted(maps, key=lambda path: (path.name, str(path.resolve()))):
            progress.check()
            try:
                opened = open_map(path)
                check_evidence(opened, rule)
            except InputError as error:
                progress.warn(f"not in the composite: {error}")
                continue
            for tile in tiles_of(opened, per_degree):
                of_tile.setdefault(tile, []).append(len(usable))
            usable.append(opened)
        if not usable:
            progress.warn("no composite is made: none of the maps can be laid over others")
            return None
        if len(usable) > MOST_MAPS:
            progress.warn(
                f"no composite is made: there are {len(usable)} maps, and a composite holds at most {MOST_MAPS}; "
                "run fewer images at once, each part in a folder of its own"
            )
            return None
        return TiledComposite(
            folder, per_degree, strategy, tuple(each.path for each in usable), merge_legends(usable), dict(sorted(of_tile.items()))
        )

    def jobs(self, ticket: Ticket) -> Iterator[Job]:
        """A job for each tile."""
        for tile, places in self.of_tile.items():
            whole = Whole(tuple(place + 1 for place in places), len(self.maps), self.legend)
            maps = tuple(self.maps[place] for place in places)
            task = TileTask(tile, self.per_degree, self.strategy, maps, whole, self.folder, ticket)
            yield Job(f"{COMPOSITE} {tile.name}", task, (ChainStep("tile", lay_tile, MEMORY_GB["map"]),))

    def key(self, job: Job, checksums: dict[Path, str], version: str) -> str:
        """A checksum of all that decides a tile."""
        task: TileTask = job.subject
        what = [version, task.per_degree, task.strategy, task.whole.numbers, task.whole.total, repr(task.whole.legend)]
        what.append([[str(path), checksums[path]] for path in task.maps])
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]

    def write(self, lines: Sequence[LedgerLine]) -> Optional[Path]:
        """Write the virtual rasters over the tiles that are there, with their legends; the one of the classes.

        Parameters
        ----------
        lines
            What the ledger says of the tiles.
        """
        there = {line.scene: line for line in lines if line.files}
        tiles = [tile for tile in self.of_tile if f"{COMPOSITE} {tile.name}" in there]
        if not tiles:
            return None
        most = max(int(line.more.get("most", 1)) for line in there.values())
        codes = {row.value for tile in tiles for row in read_class_table(tile_file(self.folder, tile))}
        styles = {
            "": style_qml(self.legend.entries(sorted(codes)), None),
            "_similarity": similarity_qml(),
            "_source": source_qml({number: path.stem for number, path in enumerate(self.maps, 1)}),
            "_count": count_qml(most),
        }
        with AtomicOutputs(self.folder) as outputs:
            for ending, (kind, nodata) in _RASTERS.items():
                found = [tile for tile in tiles if tile_file(self.folder, tile, f"{ending}.tif").exists()]
                if found:
                    text = mosaic_vrt(found, self.per_degree, f"{ending}.tif", kind, nodata)
                    outputs.path(f"{COMPOSITE}{ending}.vrt").write_text(text, encoding="utf-8")
                    outputs.path(f"{COMPOSITE}{ending}.qml").write_text(styles[ending], encoding="utf-8")
        return self.folder / f"{COMPOSITE}.vrt"


def lay_tile(task: TileTask, before: Optional[Outcome] = None) -> Outcome:
    """Make a tile of the composite."""

    def stage() -> Outcome:
        progress = UntilStopped(task.ticket)
        progress.check()
        target = tile_file(task.folder, task.tile)
        most = make_tile(task.maps, task.whole, task.tile.grid(task.per_degree), task.strategy, target, progress)
        if most is None:
            return Outcome()
        home = task.ticket.folder
        files = {
            file.relative_to(home).as_posix(): file.stat().st_size for file in sorted(target.parent.iterdir()) if file.is_file()
        }
        return Outcome(files=files, more={"most": most})

    return measured(stage, f"tile {task.tile.name}", before)
