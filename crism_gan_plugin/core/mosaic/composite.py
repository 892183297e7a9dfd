"""From many maps to one composite, block by block."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..errors import InputError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..files.reading import real_path, sha256
from ..mapping.legend import style_qml
from ..mapping.levels import NO_DATA
from ..mapping.record import describe_found
from ..options.composite import CompositeOptions
from ..options.keywords import takes
from ..options.parameter import PathLike
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.blocks import read_ahead
from ..rasters.class_table import ClassRow, write_class_table
from . import agreement, styles
from .canvas import Canvas
from .classes import Legend, merge_legends
from .cog import TILE, CogWriter, tile_order
from .grid import common_crs, make_grid
from .maps import MineralMap, open_map
from .placement import Block
from .sampling import Sample, Sampler
from .strategies import Strategy, find_strategy, name_key, order
from .tally import Tally, write_sources
from .visits import Plan, Visit, plan_visits

#: Side of the blocks that are worked on, in tiles of the file; a power of two, for `tile_order`.
_BLOCK_TILES = 2

#: Endings of files that are written, or removed, besides the `CompositeOutputs`.
_FURTHER = ("_similarity.tif", "_similarity.qml", "_source.qml", "_count.qml")

#: What the numbers of maps have room for.
_MOST_MAPS = 65535


@dataclass(frozen=True)
class CompositeOutputs:
    """Paths of a composite.

    Attributes
    ----------
    composite
        Class raster, coded like its maps.
    similarity
        float32 similarity of what shows, NaN no data; None where no map has similarities.
    source
        Number of the map that shows, 0 none.
    sources
        Table of the maps by their numbers (CSV).
    count
        How many maps have data.
    style
        QGIS style of the composite; the others have theirs beside them.
    agreement
        Pairs of maps by what they see where they overlap (CSV).
    provenance
        What it was made of, and how (JSON).
    """

    composite: Path
    similarity: Optional[Path]
    source: Path
    sources: Path
    count: Path
    style: Path
    agreement: Path
    provenance: Path


@takes(CompositeOptions)
@recorded_inputs()
def make_composite(
    maps: Sequence[PathLike],
    output: PathLike,
    *,
    options: CompositeOptions,
    progress: Optional[Progress] = None,
) -> CompositeOutputs:
    """Lay many mineral maps over each other.

    Each map is brought to the composite's CRS by the nearest pixel, whatever its own sphere, CRS and pixel size. Classes are merged
    by name. Memory does not grow with the number of maps.

    Parameters
    ----------
    maps
        Class rasters, with their tables (``.aux.xml``) and evidence beside them, as `map_scene` writes them.
    output
        The composite, a GeoTIFF; the other outputs get names that begin like its own.
    {options}

    Returns
    -------
    Paths of the outputs. The rasters are cloud-optimised GeoTIFFs with overviews.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target, rule = check_geotiff(output), find_strategy(options.strategy)
    opened, given = _open(maps, progress)
    for each in opened:
        check_evidence(each, rule)
    made = _outputs(target, opened)
    check_outputs([*asdict(made).values(), *(target.with_name(f"{target.stem}{ending}") for ending in _FURTHER)])
    legend = merge_legends(opened)
    grid = make_grid(opened, options.crs, options.pixel_size, options.extent)
    warnings = _warnings(opened)
    for note in (f"{len(opened)} maps, {grid.samples} × {grid.lines} pixels of {grid.pixel:g}; {rule.summary}", *legend.notes):
        progress.info(note)
    for warning in warnings:
        progress.warn(warning)
    record: dict[str, Any] = {
        "started": provenance.now(),
        "maps": [_describe(number, each) for number, each in enumerate(opened, 1)],
        "strategy": f"{options.strategy}: {rule.summary}",
        "crs": grid.projection.wkt,
        "transform": list(grid.georeference.transform),
        "size": {"lines": grid.lines, "samples": grid.samples},
        "legend": list(legend.notes),
        provenance.CORRECTED: not any(each.uncorrected for each in opened),
        "warnings": warnings,
        "versions": provenance.versions(),
    }
    record[provenance.RUN_ID] = provenance.run_id(record)
    with AtomicOutputs(target.parent) as outputs:
        tally = _compose(
            Plan(opened, legend, grid, rule, order(opened, rule, given)),
            outputs,
            target,
            provenance.identity(record),
            progress,
        )
        _write_companions(opened, legend, tally, outputs, target, record)
    for line in record["agreement"]:
        progress.info(line)
    return made


def default_composite_crs(maps: Sequence[PathLike]) -> str:
    """The code of the CRS that `make_composite` takes when none is given."""
    return common_crs([open_map(path) for path in maps])


def _outputs(target: Path, maps: Sequence[MineralMap]) -> CompositeOutputs:
    def named(ending: str) -> Path:
        return target.with_name(f"{target.stem}{ending}")

    return CompositeOutputs(
        composite=target,
        similarity=named("_similarity.tif") if _has_evidence(maps) else None,
        source=named("_source.tif"),
        sources=named("_sources.csv"),
        count=named("_count.tif"),
        style=named(".qml"),
        agreement=named("_agreement.csv"),
        provenance=named("_provenance.json"),
    )


def _open(paths: Sequence[PathLike], progress: Progress) -> tuple[list[MineralMap], list[int]]:
    """The maps by name, and each one's place in the list; a file that is listed twice counts once."""
    places: dict[Path, int] = {}
    for place, path in enumerate(paths):
        file = real_path(Path(path))
        if file in places:
            progress.warn(f"{path}: is in the list twice; it is used once")
        places.setdefault(file, place)
    if not places:
        raise ParameterError("maps: none is given; give at least one mineral map")
    if len(places) > _MOST_MAPS:
        raise ParameterError(f"maps: {len(places)} are given; a composite holds at most {_MOST_MAPS}")
    found = []
    for place in places.values():
        progress.check()
        found.append((open_map(paths[place]), place))
    found.sort(key=lambda item: name_key(item[0]))
    return [each for each, _ in found], [place for _, place in found]


def check_evidence(each: MineralMap, rule: Strategy) -> None:
    """Refuse (`InputError`) a map without evidence where the rule needs it."""
    if rule.by_evidence and each.evidence is None:
        missing = f"{each.path}: has no evidence ({each.path.stem}_evidence.tif) beside it"
        raise InputError(
            f"{each.evidence_fault or missing}; the strategy 'best evidence' needs it: map the image again with its evidence, "
            "or choose another strategy"
        )


def _warnings(maps: Sequence[MineralMap]) -> list[str]:
    found = []
    raw = [each.path.name for each in maps if each.uncorrected]
    if raw:
        found.append(f"{UNCORRECTED}: the images of {', '.join(raw)}; do not trust what they show")
    found += [f"{each.evidence_fault}; it is not used" for each in maps if each.evidence_fault and each.evidence is None]
    blind = [each.path.name for each in maps if each.evidence is None]
    if blind and len(blind) < len(maps):
        found.append(f"no similarity where these maps show, which have no evidence beside them: {', '.join(blind)}")
    return found


def _has_evidence(maps: Sequence[MineralMap]) -> bool:
    return any(each.evidence is not None for each in maps)


def _describe(number: int, each: MineralMap) -> dict[str, Any]:
    more: dict[str, Any] = {"product_id": each.product_id, "run_id": each.run_id, "evidence": None}
    if each.evidence is not None:
        more.update(evidence=each.evidence.name, evidence_sha256=sha256(each.evidence))
    return {"source": number, **provenance.describe_file(each.path), **more, "pixel_m": float(f"{each.pixel_metres:.6g}")}


def _compose(plan: Plan, outputs: AtomicOutputs, target: Path, identity: Mapping[str, str], progress: Progress) -> Tally:
    """Write the rasters."""
    sampler = Sampler(plan.grid, plan.maps, [plan.legend.translation(each) for each in plan.maps])
    tally = Tally(plan.grid, len(plan.maps))
    visits = plan_visits(plan, sampler, TILE * _BLOCK_TILES)
    with ExitStack() as files:
        rasters = {name: files.enter_context(raster) for name, raster in _create(plan, outputs, target, identity)}
        for block, canvas in _canvases(plan, visits, sampler, tally, progress):
            tally.add(canvas, block)
            _write_tiles(canvas, block, rasters)
        if not tally.valid:
            raise InputError("extent: none of the maps has data there; choose a larger one, or check the CRS it is given in")
        progress.report(0.97, "writing the rasters")
    return tally


def _canvases(
    plan: Plan, visits: list[Visit], sampler: Sampler, tally: Tally, progress: Progress
) -> Iterator[tuple[Block, Canvas]]:
    """Each block with all its maps laid on it."""
    if not visits:
        return

    def read(visit: Visit) -> Optional[Sample]:
        return sampler.sample(visit.number, visit.block)

    for place, (visit, sample) in enumerate(read_ahead(visits, read)):
        if place == 0 or visits[place - 1].block != visit.block:
            canvas, votes = Canvas(visit.block, plan.rule.by_evidence), agreement.Votes(visit.block)
        if sample is not None:
            canvas.lay(sample, visit.number + 1)
            tally.covered[visit.number + 1] += np.count_nonzero(sample.codes != NO_DATA)
            if not visit.alone:
                votes.add(sample)
        if place + 1 == len(visits) or visits[place + 1].block != visit.block:
            if not visit.alone:
                tally.pairs += votes.pairs(canvas.count)
            yield visit.block, canvas
        progress.report(0.95 * (place + 1) / len(visits), f"laid {place + 1} of {len(visits)} pieces")


def _create(plan: Plan, outputs: AtomicOutputs, target: Path, identity: Mapping[str, str]) -> Iterator[tuple[str, CogWriter]]:
    """The rasters, by the name of what they hold in `Canvas`."""
    numbers = np.uint8 if len(plan.maps) < 256 else np.uint16
    kinds = {
        "codes": (target.suffix, np.uint8, NO_DATA, "mineral class"),
        "similarity": ("_similarity.tif", np.float32, np.nan, "best similarity"),
        "source": ("_source.tif", numbers, 0, "source (number in the table of sources)"),
        "count": ("_count.tif", numbers, 0, "number of maps with data"),
    }
    stem = target.stem
    metadata = {**identity, "CRISM_PROVENANCE": f"{stem}_provenance.json"}
    if _has_evidence(plan.maps):
        metadata["CRISM_EVIDENCE"] = f"{stem}_similarity.tif"
    else:
        del kinds["similarity"]
        for ending in (".tif", ".qml"):
            outputs.supersede(f"{stem}_similarity{ending}")
    for name, (ending, dtype, nodata, title) in kinds.items():
        yield (
            name,
            CogWriter(
                outputs.path(f"{stem}{ending}"),
                plan.grid.lines,
                plan.grid.samples,
                dtype,
                nodata=nodata,
                georeference=plan.grid.georeference,
                band_name=title,
                metadata=metadata if name == "codes" else identity,
            ),
        )


def _write_tiles(canvas: Canvas, block: Block, rasters: dict[str, CogWriter]) -> None:
    rows, columns = np.divmod(np.arange(_BLOCK_TILES**2), _BLOCK_TILES)
    for place in tile_order(rows, columns):
        line, sample = int(rows[place]) * TILE, int(columns[place]) * TILE
        inner = slice(line, line + TILE), slice(sample, sample + TILE)
        if not canvas.count[inner].any():
            continue
        for name, raster in rasters.items():
            raster.write((block.line + line) // TILE, (block.sample + sample) // TILE, getattr(canvas, name)[inner])


def _write_companions(
    maps: Sequence[MineralMap], legend: Legend, tally: Tally, outputs: AtomicOutputs, target: Path, record: dict[str, Any]
) -> None:
    stem = target.stem
    entries = legend.entries([int(code) for code in np.flatnonzero(tally.pixels)])
    rows = [
        ClassRow(e.value, e.mineral, e.level, e.rgb, int(tally.pixels[e.value]), float(f"{tally.km2[e.value]:.7g}"))
        for e in entries
    ]
    write_class_table(outputs.place(target), rows)
    agreement.write_agreement(outputs.path(f"{stem}_agreement.csv"), tally.pairs, legend.classes)
    write_sources(outputs.path(f"{stem}_sources.csv"), maps, tally)
    warning = None if record[provenance.CORRECTED] else UNCORRECTED
    texts = {
        ".qml": style_qml(entries, warning),
        "_source.qml": styles.source_qml([each.path.stem for each in maps]),
        "_count.qml": styles.count_qml(tally.most),
    }
    if _has_evidence(maps):
        texts["_similarity.qml"] = styles.similarity_qml()
    record["agreement"] = agreement.summary(tally.pairs, legend.classes)
    record["finished"] = provenance.now()
    record["found"] = describe_found(rows)
    record["pixels"] = {"valid": tally.valid, "with two maps or more": tally.overlapping}
    texts["_provenance.json"] = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    for ending, text in texts.items():
        outputs.path(f"{stem}{ending}").write_text(text, encoding="utf-8")
