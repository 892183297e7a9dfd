"""From a map to the detection limits of its image, file to file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Optional

import numpy as np

from .. import provenance
from ..arrays import FloatArray, IntArray
from ..errors import InputError, MissingDependencyError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..libraries.absorption import own_absorption, own_row
from ..mapping.legend import ramp_qml
from ..options.detection_limit import LimitOptions
from ..options.keywords import takes
from ..progress import Progress
from ..rasters.geotiff import create_raster
from ..rasters.metadata_keys import PRODUCT_ID_KEY, PROVENANCE_KEY
from .curves import LEAST, SHARES, curves_of
from .figures import draw_curves
from .ground import BlandGround, labels_on_map
from .implants import MISSED, Implants
from .no_minerals import NoMinerals
from .places import BlandPlaces
from .regions import NO_REGION, REGIONS, Regions
from .source import LimitSource
from .statements import explanation, statement
from .tables import ClassLimits, write_curves, write_limits

#: Value of the raster where even a share of 100 % is found too seldom.
ABOVE_ALL = 101.0

#: Of a class, smaller shares are not tried below so many at which the map names none of its implants.
_NONE_NAMED = 2


@dataclass(frozen=True)
class LimitOutputs:
    """Paths of detection limits.

    Attributes
    ----------
    limits
        float32, a band for each class, in percent: the smallest share at which the map names 9 of 10 pixels of a patch, told for
        the region that a pixel is in. `ABOVE_ALL` where no share is enough; NaN where the map names anything, where there is no
        data, and where no limit is known.
    style
        Its QGIS style.
    table, curves
        Limits by class, width of the patch and region, and the curves that they come from (CSV).
    figure
        The curves as a picture (PNG); None without Matplotlib.
    provenance
        What they were made of, and how (JSON).
    """

    limits: Path
    style: Path
    table: Path
    curves: Path
    figure: Optional[Path]
    provenance: Path

    @staticmethod
    def named(target: Path) -> LimitOutputs:
        """All that may be written for a raster of this name."""
        return LimitOutputs(
            limits=target,
            style=target.with_suffix(".qml"),
            table=target.with_name(f"{target.stem}_limits.csv"),
            curves=target.with_name(f"{target.stem}_curves.csv"),
            figure=target.with_name(f"{target.stem}_curves.png"),
            provenance=target.with_name(f"{target.stem}_provenance.json"),
        )


@takes(LimitOptions)
@recorded_inputs()
def find_detection_limits(
    mineral_map: PathLike,
    output: PathLike,
    *,
    options: LimitOptions,
    progress: Optional[Progress] = None,
) -> LimitOutputs:
    """What a map would have shown, had it been there: absorptions are implanted into the image's bland ground and mapped alike.

    Parameters
    ----------
    mineral_map
        A class raster of `map_scene` with the files beside it.
    output
        GeoTIFF of the limits; the other outputs get names that begin like its own.
    {options}

    Returns
    -------
    Paths of the outputs.

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong, such as too little bland ground. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = check_geotiff(output)
    made = LimitOutputs.named(target)
    source = LimitSource.open(mineral_map, options)
    check_outputs(asdict(made).values())
    for warning in source.warnings:
        progress.warn(warning)
    record = _record(source, options)
    try:
        with AtomicOutputs(target.parent) as outputs, outputs.scratch() as scratch:
            regions = Regions.of(source.inspector.cube, scratch, progress.part(0, 0.15))
            ground = BlandGround.of(source.inspector.pixels, regions.labels)
            found = _implant(source, regions, ground, options, record, progress.part(0.15, 0.95))
            _write_raster(source, regions, found, outputs, target, record)
            outputs.place(made.style).write_text(ramp_qml(0, 100), encoding="utf-8")
            write_limits(outputs.place(made.table), found, regions.regions, ground)
            write_curves(outputs.place(made.curves), found, regions.regions, ground)
            made = _draw(outputs, made, found, progress)
            record["statements"] = _say(source, ground, found, progress)
            record["finished"] = provenance.now()
            text = json.dumps(record, indent=1, ensure_ascii=False)
            outputs.place(made.provenance).write_text(text + "\n", encoding="utf-8")
            progress.report(1.0, "detection limits told")
    finally:
        source.inspector.close()
    return made


def _record(source: LimitSource, options: LimitOptions) -> dict[str, Any]:
    """How limits are found, for their reader."""
    library = source.library
    record: dict[str, Any] = {
        "started": provenance.now(),
        "map": provenance.describe_file(source.path),
        "image": provenance.describe_scene(source.inspector.cube.scene),
        "classes": {library.classes[place].name: library.names[own_row(library, place)] for place in source.places},
        "patches": list(source.patches),
        "shares": list(SHARES),
        "implants": options.implants,
        "seed": options.seed,
        "warnings": source.warnings,
        "versions": provenance.versions(),
    }
    record[provenance.RUN_ID] = provenance.run_id(record)
    return record


def _implant(
    source: LimitSource,
    regions: Regions,
    ground: BlandGround,
    options: LimitOptions,
    record: dict[str, Any],
    progress: Progress,
) -> list[ClassLimits]:
    """The limits of each class in patches of each width."""
    inspector = source.inspector
    no_minerals = NoMinerals.of(inspector.mapper, inspector.looked_for)
    places = BlandPlaces(inspector.cube, inspector.mapper, inspector.region, regions, no_minerals)
    windows = places.choose(source.patches, options.implants, options.seed, progress.part(0, 0.2))
    implants = Implants(windows, inspector.mapper, no_minerals)
    _check_enough(source, implants, progress)
    record["named without an implant"] = implants.named_as_they_are()
    library, found = source.library, []
    for number, place in enumerate(source.places):
        name, absorption = library.classes[place].name, own_absorption(library, place)
        share = len(source.places)
        part = progress.part(0.2 + 0.8 * number / share, 0.2 + 0.8 * (number + 1) / share)
        outcomes = _outcomes(implants, place, absorption, name, part)
        for patch in source.patches:
            rows = implants.patches == patch
            curves = curves_of(outcomes[rows], implants.regions[rows], ground.shares, options.seed)
            found.append(ClassLimits(library.classes[place], patch, absorption, curves))
    return found


def _outcomes(implants: Implants, place: int, absorption: FloatArray, name: str, progress: Progress) -> IntArray:
    """(n, shares) what becomes of the implants of a class, from the largest share down until none is named any more."""
    outcomes = np.full((len(implants.windows), len(SHARES)), MISSED, np.uint8)
    unnamed = 0
    for done, k in enumerate(reversed(range(len(SHARES)))):
        progress.report(done / len(SHARES), f"implants of {name} at {100 * SHARES[k]:g} %")
        outcomes[:, k] = implants.outcomes(absorption, place, SHARES[k])
        unnamed = 0 if (outcomes[:, k] != MISSED).any() else unnamed + 1
        if unnamed == _NONE_NAMED:
            break
    return outcomes


def _check_enough(source: LimitSource, implants: Implants, progress: Progress) -> None:
    """Raise if no region has enough bland ground; warn of widths of patches that have none."""
    counts = {
        patch: [int(((implants.patches == patch) & (implants.regions == region)).sum()) for region in range(REGIONS)]
        for patch in source.patches
    }
    poor = [patch for patch, numbers in counts.items() if max(numbers) < LEAST]
    path = source.inspector.cube.scene.path
    if len(poor) == len(source.patches):
        raise InputError(
            f"{path}: has too little bland ground: fewer than {LEAST} places in each of its regions where the map "
            f"({source.path.name}) names nothing and a patch of {poor[0]} × {poor[0]} pixels fits; no limit can be told"
        )
    for patch in poor:
        progress.warn(
            f"{path}: has too little bland ground for patches of {patch} × {patch} pixels; their limits are left empty, since "
            f"fewer than {LEAST} fit into each region"
        )


def _write_raster(
    source: LimitSource,
    regions: Regions,
    found: Sequence[ClassLimits],
    outputs: AtomicOutputs,
    target: Path,
    record: dict[str, Any],
) -> None:
    of_raster, pixels = [each for each in found if each.patch == source.middle], source.inspector.pixels
    values = np.full((len(of_raster), NO_REGION + 1), np.nan, np.float32)
    for row, each in zip(values, of_raster):
        limits = np.array([100 * curve.found_90 for curve in each.curves[1:]])
        row[:REGIONS] = np.where(np.isinf(limits), ABOVE_ALL, limits)
    metadata = {
        PRODUCT_ID_KEY: source.inspector.cube.scene.product_id,
        PROVENANCE_KEY: f"{target.stem}_provenance.json",
        "CRISM_PATCH_PIXELS": str(source.middle),
        "CRISM_ABOVE_100_PERCENT": f"{ABOVE_ALL:g}",
        **provenance.identity(record),
    }
    names = [f"{each.mineral.name}: smallest share found, %" for each in of_raster]
    with create_raster(
        outputs.place(target),
        pixels.lines,
        pixels.samples,
        len(of_raster),
        np.float32,
        nodata=np.nan,
        georeference=pixels.georeference,
        band_names=names,
        metadata=metadata,
    ) as writer:
        for first, labels in labels_on_map(pixels, regions.labels):
            writer.write(values[:, labels], first)


def _draw(outputs: AtomicOutputs, made: LimitOutputs, found: Sequence[ClassLimits], progress: Progress) -> LimitOutputs:
    """Draw the curves; without Matplotlib say so."""
    assert made.figure is not None
    try:
        draw_curves(outputs.place(made.figure), found)
    except MissingDependencyError as error:
        outputs.supersede(made.figure.name)
        progress.info(str(error))
        return replace(made, figure=None)
    return made


def _say(source: LimitSource, ground: BlandGround, found: Sequence[ClassLimits], progress: Progress) -> list[str]:
    """Tell the limits in words, and give these for the record."""
    said = [explanation(source.middle), *(statement(each, ground) for each in found if each.patch == source.middle)]
    for sentence in said:
        progress.info(sentence)
    return said
