"""From a map to its deposits, file to file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..arrays import BoolArray, FloatArray, IntArray
from ..errors import InputError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_outputs
from ..mapping.legend import LegendEntry
from ..mapping.levels import GUESS_OFFSET, NO_DATA
from ..options.deposits import DepositOptions
from ..options.keywords import takes
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from ..rasters.class_table import ClassRow
from ..vectors import VectorLayer, check_geopackage
from . import tracing
from .evidence import LINE, SAMPLE
from .holes import filled
from .measures import Measures
from .patches import Patches
from .rows import FIELDS, Found, deposit_rows
from .runs import Runs, joined, runs_of
from .source import MapSource
from .spectra import MappedImage, MeanSpectra, pixels_of
from .style import deposits_qml

#: The most runs that a map may have. Each takes about 100 bytes.
MOST_RUNS = 20_000_000

#: The most pixels of a map that can be sieved. The whole map is then in memory twice.
MOST_SIEVED = 1 << 30

#: How many numbers a pixel takes while deposits are measured.
_CHANNELS = 16

#: Name of the layer.
LAYER = "deposits"


@dataclass(frozen=True)
class DepositOutputs:
    """Paths of the deposits (GeoPackage), their QGIS style, and the record of how they were made."""

    deposits: Path
    style: Path
    provenance: Path


@takes(DepositOptions)
@recorded_inputs()
def make_deposits(
    mineral_map: PathLike,
    output: PathLike,
    *,
    options: DepositOptions,
    progress: Optional[Progress] = None,
) -> DepositOutputs:
    """The connected patches of each class of a map, as polygons with what the map and its image say of them.

    Parameters
    ----------
    mineral_map
        A class raster, as `map_scene` and `make_composite` write it, with the files beside it.
    output
        The GeoPackage; style and record get names that begin like its own.
    {options}

    Returns
    -------
    Paths of the outputs. The layer has the fields `rows.FIELDS`: ``added`` counts the pixels that were added by the sieve or in
    holes, ``lead`` is by how much the score is above that of every other class, on average, ``spectrum`` is JSON (wavelengths,
    mean, standard deviation,
    pixels). With ``min_pixels`` and ``min_columns`` 1, and nothing sieved or filled, pixels and km² of the deposits sum to the
    map's table.

    Raises
    ------
    InputError, ParameterError, OutputError, MissingDependencyError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = check_geopackage(output)
    made = DepositOutputs(target, target.with_suffix(".qml"), target.with_name(f"{target.stem}_provenance.json"))
    tracing.load_features()  # what is missing is told before any work is done
    source = MapSource.open(mineral_map, options)
    check_outputs(asdict(made).values())
    for note in source.notes:
        progress.info(note)
    record: dict[str, Any] = {
        "started": provenance.now(),
        "map": provenance.describe_file(source.map.path),
        "image": provenance.describe_scene(source.image.scene) if source.image else None,
        **{name: value for name, value in asdict(options).items() if name not in ("image", "wavelengths")},
        "notes": source.notes,
        "versions": provenance.versions(),
    }
    record[provenance.RUN_ID] = provenance.run_id(record)
    with AtomicOutputs(target.parent) as outputs, outputs.scratch() as scratch:
        found = found_deposits(source, options, scratch, progress)
        _write(source, found, outputs.place(made.deposits), progress.part(0.7, 0.98))
        outputs.place(made.style).write_text(deposits_qml(_legend(source.table, found)), encoding="utf-8")
        record["finished"] = provenance.now()
        record["found"] = _summary(source.table, found)
        text = json.dumps(record, indent=1, ensure_ascii=False)
        outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8")
    if not found.wanted.any():
        progress.warn(f"{source.map.path.name}: no deposit is as large as was asked for; the layer is empty")
    return made


def found_deposits(source: MapSource, options: DepositOptions, scratch: Path, progress: Progress) -> Found:
    """The deposits of an open map, and what they have; sums of their spectra lie in the folder ``scratch``."""
    codes = np.arange(256)
    of_level = {"identification": (codes > 0) & (codes < GUESS_OFFSET), "guess": (codes > GUESS_OFFSET) & (codes < NO_DATA)}
    wanted = of_level["identification"] | of_level["guess"] if options.level == "both" else of_level[options.level]
    wanted |= np.isin(codes, source.map.besides) & source.shows_besides  # with no level of its own, it is none of the three
    runs, nothing = _all_runs(source, options, wanted, progress.part(0, 0.2))
    patches = Patches.of(runs, source.map.samples, options.diagonal)
    _check_codes(source, patches.code)
    patches = patches.keep(patches.pixels >= options.min_pixels)
    if options.fill_holes:
        patches = filled(patches, nothing, source.map.lines, options.fill_holes, options.diagonal)
    progress.report(0.25, f"{len(patches)} patches of {options.min_pixels} pixels or more")
    measures = Measures(len(patches))
    spectra = None
    if source.image is not None and len(patches):
        spectra = MeanSpectra(len(patches), source.image.scene.axis.wavelengths_nm, scratch)
    _measure(source, patches, measures, spectra, progress.part(0.25, 0.7))
    enough = measures.columns.distinct(len(patches)) >= source.least_columns if source.least_columns > 1 else True
    return Found(patches, measures, spectra, np.broadcast_to(enough, len(patches)))


def _all_runs(source: MapSource, options: DepositOptions, wanted: BoolArray, progress: Progress) -> tuple[Runs, Runs]:
    """The runs of the codes that are wanted, and those of nothing where holes are to be filled."""
    lines, samples = source.map.lines, source.map.samples
    sieved = _sieved(source, options) if options.sieve > 1 else None
    parts, empty, count = [], [], 0
    nothing = np.arange(256) == 0
    for block in split_lines(lines, samples, _CHANNELS):
        within = slice(block.first, block.first + block.lines)
        codes = source.codes(block.first, block.lines) if sieved is None else sieved[within]
        parts.append(runs_of(codes, block.first, wanted))
        empty.append(runs_of(codes, block.first, nothing & bool(options.fill_holes)))
        count += len(parts[-1]) + len(empty[-1])
        if count > MOST_RUNS:
            raise InputError(
                f"{source.map.path}: has more than {MOST_RUNS} stretches of pixels; take identifications alone, fill no holes, or "
                "cut the map into pieces"
            )
        progress.report((block.first + block.lines) / lines, "looked for patches")
    return joined(parts), joined(empty)


def _sieved(source: MapSource, options: DepositOptions) -> IntArray:
    """All codes of the map, without small patches; no data neither takes nor gives."""
    pixels = source.map.lines * source.map.samples
    if pixels > MOST_SIEVED:
        raise InputError(f"{source.map.path}: has {pixels} pixels, and at most {MOST_SIEVED} can be sieved; cut it into pieces")
    if options.sieve >= pixels:
        raise ParameterError(f"sieve {options.sieve}: the map has {pixels} pixels; choose a smaller number")
    codes = source.codes(0, source.map.lines)
    found = tracing.load_features().sieve(codes, options.sieve, mask=codes != NO_DATA, connectivity=int(options.neighbours))
    return np.asarray(found, np.uint8)


def _check_codes(source: MapSource, codes: IntArray) -> None:
    unknown = sorted(set(codes.tolist()) - {row.value for row in source.table})
    if unknown:
        raise InputError(
            f"{source.map.path}: has the code {unknown[0]}, which its class table does not name; copy the map with its table "
            f"({source.map.path.name}.aux.xml), or map the image again"
        )


def _measure(source: MapSource, patches: Patches, measures: Measures, spectra: Optional[MeanSpectra], progress: Progress) -> None:
    lines, samples = source.map.lines, source.map.samples
    bands = _CHANNELS if source.image is None else max(_CHANNELS, source.image.scene.axis.bands)

    def read(block: Block) -> tuple[IntArray, IntArray, Mapping[str, FloatArray]]:
        patch = patches.paint(block.first, block.lines)
        if not (patch >= 0).any():
            return patch, patch, {}
        return patch, source.codes(block.first, block.lines), source.evidence.read(block.first, block.lines)

    for block, (image, codes, evidence) in read_ahead(split_lines(lines, samples, bands), read):
        progress.report((block.first + block.lines) / lines, f"measured {block.first + block.lines} of {lines} lines")
        line, sample = np.nonzero(image >= 0)
        if not line.size:
            continue
        patch = image[line, sample]
        named = codes[line, sample] == patches.code[patch]
        areas = None if source.areas is None else source.areas.block(block.first, block.lines)[line, sample]
        measures.add(patch, line + block.first, sample, areas, named)
        own = {name: plane[line, sample][named] for name, plane in evidence.items()}
        patch, line, sample = patch[named], line[named] + block.first, sample[named]
        if "score" in own:
            measures.add_scores(patch, own["score"], own.get("other"))
        if "exemplar" in own:
            measures.exemplars.add(patch, own["exemplar"])
        if "source" in own:
            measures.sources.add(patch, own["source"])
        columns = sample.astype(np.float64) if source.by_own_columns else own.get(SAMPLE)
        if columns is not None:
            measures.columns.add(patch, columns)
        if source.image is not None and spectra is not None:
            place = (line, sample) if source.image.by_pixel else (own[LINE], own[SAMPLE])
            _add_spectra(source.image, spectra, patch, *place)


def _add_spectra(image: MappedImage, spectra: MeanSpectra, patch: IntArray, line: IntArray, sample: IntArray) -> None:
    scene = image.scene
    within = (line >= 0) & (line < scene.lines) & (sample >= 0) & (sample < scene.samples)
    if within.any():
        line, sample = (np.rint(each[within]).astype(np.intp) for each in (line, sample))
        spectra.add(patch[within], pixels_of(scene, line, sample))


def _write(source: MapSource, found: Found, path: Path, progress: Progress) -> None:
    place = source.map.georeference
    said = f"Deposits of {source.map.path.name}, made by CRISM GAN"
    rows = deposit_rows(source, found)
    wkt = "" if place is None else place.wkt
    with VectorLayer(path, LAYER, wkt, source.place.transform, FIELDS, said) as layer:
        for patch, polygons in tracing.traced(found.patches, progress):
            if found.wanted[patch]:
                layer.write_polygons(polygons, rows.of(patch))


def _legend(table: tuple[ClassRow, ...], found: Found) -> list[LegendEntry]:
    """Names and colours of the codes that occur, as the map has them."""
    there = set(found.patches.code[found.wanted].tolist())
    return [LegendEntry(row.value, row.name, row.level, row.rgb) for row in table if row.value in there]


def _summary(table: tuple[ClassRow, ...], found: Found) -> list[dict[str, Any]]:
    """How many deposits each code has, and how large they are, for the record."""
    rows = []
    for row in table:
        own = found.wanted & (found.patches.code == row.value)
        if own.any():
            km2 = float(found.measures.km2[own].sum())
            pixels = int(found.patches.pixels[own].sum())
            about = {"code": row.value, "class": row.name, "level": row.level, "deposits": int(own.sum()), "pixels": pixels}
            rows.append({**about, "km2": None if np.isnan(km2) else float(f"{km2:.7g}")})
    return rows
