"""Makes one composite of many maps: its rasters, and the files beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..errors import InputError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..files.reading import real_path, sha256
from ..mapping.legend import style_qml
from ..mapping.map_files import PROBABILITY_BAND
from ..mapping.record import describe_found
from ..options.composite import CompositeOptions
from ..options.keywords import takes
from ..progress import Progress
from ..provenance import UNCORRECTED
from ..rasters.class_table import ClassRow, write_class_table
from . import agreement, styles
from .classes import Legend, merge_legends
from .grid import Grid, common_crs, make_grid
from .maps import MineralMap, open_map
from .own_worth import own_worth
from .rasterio_access import load_rasterio, rasterio_settings, rasterio_version, rasterio_warning
from .strategies import Strategy, find_strategy, name_key, order
from .tally import Tally, write_sources

#: Endings of the files that are written, or removed, besides the `CompositeOutputs`.
_FURTHER = ("_similarity.tif", "_similarity.qml", "_source.qml", "_count.qml")

#: The most maps that the numbers in the source raster have room for.
MOST_MAPS = 65535


@dataclass(frozen=True)
class CompositeOutputs:
    """Paths of a composite.

    Attributes
    ----------
    composite
        Class raster, with codes as in its maps.
    similarity
        Similarity of what shows, float32, NaN is no data. The path is None where no map has similarities.
    source
        Number of the map that shows; 0 where none does.
    sources
        Table of the maps by their numbers (CSV).
    count
        How many maps have data.
    style
        QGIS style of the composite. The styles of the other rasters lie beside them.
    agreement
        Numbers of pairs of maps by what the two see where they overlap, and what that tells of each class (CSV).
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

    Each map is resampled to the composite's CRS by the nearest pixel, whatever its own sphere, CRS and pixel size. This needs
    rasterio. Classes are merged by name. Memory does not grow with the number of maps.

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
    load_rasterio()
    opened, given = _open(maps, progress)
    for each in opened:
        check_evidence(each, rule)
    made = _outputs(target, opened)
    check_outputs([*asdict(made).values(), *(target.with_name(f"{target.stem}{ending}") for ending in _FURTHER)])
    whole = Whole(tuple(range(1, len(opened) + 1)), len(opened), merge_legends(opened, options.besides))
    grid = make_grid(opened, options.crs, options.pixel_size, options.extent)
    _make(_Composite(opened, given, whole, grid, options.strategy, target), progress)
    return made


@dataclass(frozen=True)
class Whole:
    """What maps have in common with all others of the composite that they are a part of.

    Attributes
    ----------
    numbers
        The number of each map among all, from 1, in the order of their names.
    total
        How many maps there are.
    legend
        The legend of all.
    """

    numbers: tuple[int, ...]
    total: int
    legend: Legend


def make_tile(maps: Sequence[Path], whole: Whole, grid: Grid, strategy: str, target: Path, progress: Progress) -> Optional[int]:
    """Make one tile of a composite: its pixels are those that the composite of all maps would have there.

    Parameters
    ----------
    maps
        The maps that may have pixels in the tile, in the order of their numbers.
    whole
        What they have in common with all maps.
    grid
        The tile's part of the grid of all.
    strategy, target, progress
        As for `make_composite`.

    Returns
    -------
    The most maps that have data in one pixel; None where none has any, and nothing is written.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        For the reasons of `make_composite`.
    """
    load_rasterio()
    rule = find_strategy(strategy)
    with recorded_inputs():
        opened = [open_map(path) for path in maps]
        for each in opened:
            check_evidence(each, rule)
        from .laying import NothingThereError

        try:
            return _make(_Composite(opened, whole.numbers, whole, grid, strategy, target), progress)
        except NothingThereError:
            return None


@dataclass(frozen=True)
class _Composite:
    """A composite that is to be made; ``given`` has the places of the maps in the user's list."""

    maps: Sequence[MineralMap]
    given: Sequence[int]
    whole: Whole
    grid: Grid
    strategy: str
    target: Path


def _make(asked: _Composite, progress: Progress) -> int:
    opened, grid, target, whole = asked.maps, asked.grid, asked.target, asked.whole
    rule, legend, warnings = find_strategy(asked.strategy), whole.legend, _warnings(asked.maps)
    for note in (f"{len(opened)} maps, {grid.samples} × {grid.lines} pixels of {grid.pixel:g}; {rule.summary}", *legend.notes):
        progress.info(note)
    for warning in warnings:
        progress.warn(warning)
    record: dict[str, Any] = {
        "started": provenance.now(),
        "maps": [_describe(number, each) for number, each in zip(whole.numbers, opened)],
        "strategy": f"{asked.strategy}: {rule.summary}",
        "crs": grid.projection.wkt,
        "transform": list(grid.georeference.transform),
        "size": {"lines": grid.lines, "samples": grid.samples},
        "legend": list(legend.notes),
        **({"besides": list(legend.besides)} if legend.besides else {}),
        provenance.CORRECTED: not any(each.uncorrected for each in opened),
        "warnings": warnings,
        "versions": {**provenance.versions(), **rasterio_version()},
    }
    record[provenance.RUN_ID] = provenance.run_id(record)
    from .laying import Plan, lay_maps

    plan = Plan(opened, legend, grid, rule, order(opened, rule, asked.given), whole.numbers, whole.total)
    with AtomicOutputs(target.parent) as outputs:
        with rasterio_settings():
            tally = lay_maps(plan, outputs, target, provenance.identity(record), progress)
        _write_companions(opened, whole, tally, outputs, target, record)
    for line in record["agreement"]:
        progress.info(line)
    return tally.most


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
    """The maps in the order of their names, and the place of each in the list. A file that is listed twice counts once."""
    places: dict[Path, int] = {}
    for place, path in enumerate(paths):
        file = real_path(Path(path))
        if file in places:
            progress.warn(f"{path}: is in the list twice; it is used once")
        places.setdefault(file, place)
    if not places:
        raise ParameterError("maps: none is given; give at least one mineral map")
    if len(places) > MOST_MAPS:
        raise ParameterError(f"maps: {len(places)} are given; a composite holds at most {MOST_MAPS}")
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
        name = "most probable" if rule.by_probability else "best evidence"
        raise InputError(
            f"{each.evidence_fault or missing}; the strategy '{name}' needs it: map the image again with its evidence, "
            "or choose another strategy"
        )
    if rule.by_probability and each.probability_band is None:
        raise InputError(
            f"{each.path}: its evidence has no band '{PROBABILITY_BAND}', which the strategy 'most probable' needs; map the image "
            "again with PROBABILITY (--probability), or choose another strategy"
        )


def _warnings(maps: Sequence[MineralMap]) -> list[str]:
    found = [line for line in (rasterio_warning(),) if line]
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


def _write_companions(
    maps: Sequence[MineralMap], whole: Whole, tally: Tally, outputs: AtomicOutputs, target: Path, record: dict[str, Any]
) -> None:
    stem, legend = target.stem, whole.legend
    entries = legend.entries([int(code) for code in np.flatnonzero(tally.pixels)])
    rows = [
        ClassRow(e.value, e.mineral, e.level, e.rgb, int(tally.pixels[e.value]), float(f"{tally.km2[e.value]:.7g}"))
        for e in entries
    ]
    write_class_table(outputs.place(target), rows)
    worths = [own_worth(each, legend, about["sha256"]) for each, about in zip(maps, record["maps"])]
    repeats = agreement.repeats_of(tally.looks, legend.classes, worths)
    agreement.write_agreement(outputs.path(f"{stem}_agreement.csv"), tally.pairs, legend.classes, repeats)
    write_sources(outputs.path(f"{stem}_sources.csv"), maps, whole.numbers, tally)
    warning = None if record[provenance.CORRECTED] else UNCORRECTED
    texts = {
        ".qml": style_qml(entries, warning),
        "_source.qml": styles.source_qml({number: each.path.stem for number, each in zip(whole.numbers, maps)}),
        "_count.qml": styles.count_qml(tally.most),
    }
    if _has_evidence(maps):
        texts["_similarity.qml"] = styles.similarity_qml()
    record["agreement"] = agreement.summary(tally.pairs, legend.classes, repeats)
    record["finished"] = provenance.now()
    record["found"] = describe_found(rows)
    record["pixels"] = {"valid": tally.valid, "with two maps or more": tally.overlapping}
    texts["_provenance.json"] = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    for ending, text in texts.items():
        outputs.path(f"{stem}{ending}").write_text(text, encoding="utf-8")
