"""From many images to their maps, one composite and one table. What goes wrong with one image stays with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..catalogue import CatalogueOutputs
from ..catalogue.pipeline import enter_maps
from ..detection_limit.of_map import check_limits, tell_limits
from ..errors import Cancelled, CrismError, InputError, MissingDependencyError, ParameterError, one_line
from ..fetching.pipeline import fetch_products
from ..fetching.transport import Transport
from ..files.inputs import InputFiles, recorded_inputs
from ..files.locks import claim
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_geotiff, check_outputs
from ..files.tables import table_text
from ..mapping.options import given_files, mapper_for
from ..mapping.pipeline import MapJob, MapOutputs, prepare_map
from ..mapping.scales import ScaleMapper
from ..mosaic.composite import CompositeOutputs, check_evidence, make_composite
from ..mosaic.maps import open_map
from ..mosaic.rasterio_access import load_rasterio
from ..mosaic.strategies import find_strategy
from ..options.batch import BatchOptions
from ..options.keywords import takes
from ..progress import NamedProgress, Progress
from ..reports import make_report
from .finished import is_finished
from .images import Image, list_images
from .summary import SummaryRow, summarise, summary_text

#: Share of the whole that the maps take, and of the rest that reports take, if there are any; the composite takes what is left, and
#: before all of it the catalogue has its share.
_MAPS_SHARE, _REPORTS_SHARE, _CATALOGUE_SHARE = 0.9, 0.8, 0.02

#: Share of an image's time that its map takes, if detection limits are asked for.
_MAPPING = 0.35

#: Held while a batch works in its folder: two would each take the other's maps for their own, and one table for another.
_LOCK = ".crism-batch.lock"

SUMMARY, FAILED = "summary.csv", "failed.csv"

#: Folder of what was fetched, in that of the maps, and the share of a batch that fetching takes.
ARCHIVE, _FETCHED_SHARE = "archive", 0.3


@dataclass(frozen=True)
class Failure:
    """An image that could not be mapped, and why, in one line."""

    image: Path
    reason: str


@dataclass(frozen=True)
class BatchOutputs:
    """What a batch has made.

    Attributes
    ----------
    maps
        The maps of all images that were mapped now or before, in the order of the images.
    skipped
        How many of them were finished before.
    failures
        The images without a map.
    summary
        Table of what was found where (CSV), see `SummaryRow`.
    failed
        Table of the failures (CSV); None if there is none.
    composite
        The composite of all maps that lie on Mars; None if none was asked for, or no map lies there.
    reports
        The pages of the maps and of the composite, if they were asked for.
    catalogue
        The catalogue of the folder; None if none was asked for, or it could not be written.
    """

    maps: tuple[MapOutputs, ...]
    skipped: int
    failures: tuple[Failure, ...]
    summary: Path
    failed: Optional[Path]
    composite: Optional[CompositeOutputs]
    reports: tuple[Path, ...] = ()
    catalogue: Optional[CatalogueOutputs] = None


@takes(BatchOptions)
def map_batch(
    inputs: Sequence[PathLike],
    out_dir: PathLike,
    *,
    options: BatchOptions,
    transport: Optional[Transport] = None,
    progress: Optional[Progress] = None,
) -> BatchOutputs:
    """Map many images, and lay their maps over each other.

    An image is not mapped again if its map is whole and made of the same with the same parameters. An image that cannot be mapped
    is reported, and the next one is taken.

    Parameters
    ----------
    inputs
        Images, and folders that are searched for some with all that is in them.
    out_dir
        Where the maps go, ``<image>_minerals.tif`` and so on, with ``summary.csv`` and, if there are failures, ``failed.csv``.
        Images of one name in several folders get their folders' names before it.
    {options}
    transport
        The way to the archive, if images are fetched. Default: Python's own library.
    progress
        How far it is.

    Raises
    ------
    ParameterError, MissingDependencyError
        If a parameter makes no sense for any image. Nothing is written then.
    InputError
        If no image could be mapped, or the maps cannot be laid over each other; the tables and the maps are there then.
    OutputError
        If another batch is working in the folder, or it cannot be written to.
    Cancelled
        With the number of images that are finished; these are whole.
    """
    progress, folder = progress or Progress(), Path(out_dir)
    if find_strategy(options.strategy).by_probability and options.composite is not None and not options.probability:
        raise ParameterError(
            "strategy: 'most probable' needs maps with probabilities; ask for these (PROBABILITY, --probability), or choose "
            "another strategy"
        )
    target = None if options.composite is None else _composite_path(options.composite, folder)
    if target is not None:
        try:
            load_rasterio()
        except MissingDependencyError as error:
            target = None
            progress.warn(f"no composite is made: {error}")
    kept = InputFiles()
    kept.keep(given_files(options))
    with kept.recording(), recorded_inputs() as shared:
        prepare = _Preparation(folder, options, mapper_for(options), shared)
    found = _Findings()
    with claim(
        folder / _LOCK, f"{folder}: another batch is working in this folder; wait until it is done, or choose another folder"
    ):
        if options.fetch_ids is not None or options.fetch_extent is not None:
            found.failures += _fetch(folder / ARCHIVE, options, transport, progress.part(0, _FETCHED_SHARE))
            inputs, progress = [*inputs, folder / ARCHIVE], progress.part(_FETCHED_SHARE, 1)
        images = list_images(inputs, folder, progress)
        kept.keep(image.path for image in images)
        with kept.recording():
            _check_composite(target, folder, images)
        return _map_images(images, prepare, kept, target, found, progress)


def _fetch(folder: Path, options: BatchOptions, transport: Optional[Transport], progress: Progress) -> list[Failure]:
    """Fetch the images that are wanted from the archive; those that could not be fetched."""
    asked = {"ids": options.fetch_ids, "extent": options.fetch_extent}
    kinds, endpoint = options.fetch_kinds, options.fetch_endpoint
    made = fetch_products(folder, **asked, kinds=kinds, endpoint=endpoint, transport=transport, progress=progress)
    return [Failure(folder / failure.product, failure.reason) for failure in made.failures]


def _map_images(
    images: Sequence[Image],
    prepare: _Preparation,
    kept: InputFiles,
    target: Optional[Path],
    found: _Findings,
    progress: Progress,
) -> BatchOutputs:
    options = prepare.options
    listing = progress.part(1 - _CATALOGUE_SHARE, 1)
    progress = progress.part(0, 1 - _CATALOGUE_SHARE)
    try:
        for place, image in enumerate(images):
            share = progress.part(_MAPS_SHARE * place / len(images), _MAPS_SHARE * (place + 1) / len(images))
            _take(image, prepare, found, NamedProgress(share, one_line(f"{place + 1} of {len(images)}, {image.scene}")))
        with kept.recording():
            summary, failed = _write_tables(prepare.folder, found)
        mapped = len(found.maps) - found.skipped
        progress.info(f"{mapped} images mapped, {found.skipped} were finished before, {len(found.failures)} failed")
        if not found.maps:
            raise InputError(f"none of the {len(images)} images could be mapped; the first: {found.failures[0].reason}")
        with kept.recording():
            rest = progress.part(_MAPS_SHARE, 1)
            reported = 0.0 if options.reports is None else _REPORTS_SHARE
            made = _compose(found.maps, target, options, rest.part(0, 1 - reported)) if target else None
            reports = _report(found.maps, made, options.reports, rest.part(1 - reported, 1)) if options.reports is not None else []
        rasters = [*(each.classes for each in found.maps), *([] if made is None else [made.composite])]
        listed = enter_maps(prepare.folder, rasters, listing) if options.catalogue else None
    except (Cancelled, KeyboardInterrupt):
        raise Cancelled(f"cancelled; {len(found.maps)} of {len(images)} images are finished, and their maps whole") from None
    return BatchOutputs(tuple(found.maps), found.skipped, tuple(found.failures), summary, failed, made, tuple(reports), listed)


def _composite_path(composite: PathLike, folder: Path) -> Path:
    """Where the composite goes; `ParameterError` for a name that leads out of the folder, which would be where nobody looks."""
    path = check_geotiff(composite, "composite")
    if not path.is_absolute() and path.name != str(path):
        raise ParameterError(f"composite: {path} leads to another folder; give a name in the folder of the maps, or a whole path")
    return folder / path


def _check_composite(target: Optional[Path], folder: Path, images: Sequence[Image]) -> None:
    """Refuse a composite that would replace an image or a map, before any is made."""
    if target is None:
        return
    check_outputs([target])
    stems = [stem.lower() for image in images for stem in (image.stem, f"{image.stem}_evidence")]
    if target.parent.resolve() == folder.resolve() and target.stem.lower() in stems:
        raise ParameterError(f"composite: {target} is the name of one of the maps; choose another name")


@dataclass(frozen=True)
class _Preparation:
    """What prepares the map of each image: with one mapper, and with the files that it was made of as inputs."""

    folder: Path
    options: BatchOptions
    mapper: ScaleMapper
    inputs: InputFiles

    def __call__(self, path: Path, name: str) -> MapJob:
        with self.inputs.recording():
            return prepare_map(path, out_dir=self.folder, options=self.options, name=name, mapper=self.mapper)


class _Findings:
    """The results of a batch so far."""

    def __init__(self) -> None:
        self.maps: list[MapOutputs] = []
        self.rows: list[SummaryRow] = []
        self.failures: list[Failure] = []
        self.skipped = 0


def _take(image: Image, prepare: Callable[..., MapJob], found: _Findings, progress: Progress) -> None:
    """Map one image, unless it is finished; what goes wrong becomes a failure."""
    progress.report(0.0)
    try:
        job = prepare(image.source, name=image.stem)
        mapping, limits = (progress.part(0, _MAPPING), progress.part(_MAPPING, 1)) if job.options.limits else (progress, progress)
        if job.options.limits:
            with job.inputs.recording():
                check_limits(job.outputs.classes)
        skip = is_finished(job.outputs, job.record)
        if not skip:
            job.run(mapping)
        rows = summarise(image.scene, image.path, job.outputs)
        if job.options.limits:
            with job.inputs.recording():
                tell_limits(job.outputs.classes, limits)
    except Cancelled:
        raise
    except Exception as error:  # a fault of the program, too, must not cost the other images their maps
        reason = str(error) if isinstance(error, CrismError) else f"{image.path}: unexpected {type(error).__name__}: {error}"
        found.failures.append(Failure(image.path, one_line(" ".join(reason.split()))))
        progress.warn(f"FAILED: {found.failures[-1].reason}")
        return
    if skip:
        progress.info("is finished; it is not mapped again")
    found.maps.append(job.outputs)
    found.rows += rows
    found.skipped += skip


def _write_tables(folder: Path, found: _Findings) -> tuple[Path, Optional[Path]]:
    with AtomicOutputs(folder) as outputs:
        outputs.path(SUMMARY).write_text(summary_text(found.rows), encoding="utf-8")
        if found.failures:
            outputs.path(FAILED).write_text(_failures_text(found.failures), encoding="utf-8", errors="backslashreplace")
        else:
            outputs.supersede(FAILED)
    return folder / SUMMARY, folder / FAILED if found.failures else None


def _failures_text(failures: Sequence[Failure]) -> str:
    return table_text([["image", "reason"], *([str(failure.image), failure.reason] for failure in failures)])


def _compose(maps: Sequence[MapOutputs], target: Path, options: BatchOptions, progress: Progress) -> Optional[CompositeOutputs]:
    """The composite of the maps that can be laid over others; the rest are told of."""
    usable, rule = [], find_strategy(options.strategy)
    for each in maps:
        try:
            opened = open_map(each.classes)
            check_evidence(opened, rule)
            usable.append(opened.path)
        except InputError as error:
            progress.warn(f"not in the composite: {error}")
    if not usable:
        progress.warn("no composite is made: none of the maps can be laid over others")
        return None
    like_it = {name: getattr(options, name) for name in ("crs", "strategy", "besides")}
    return make_composite(usable, target, **like_it, progress=progress)


def _report(maps: Sequence[MapOutputs], composite: Optional[CompositeOutputs], folder: PathLike, progress: Progress) -> list[Path]:
    """The reports of all maps and of the composite; what goes wrong with one is told, and the next one is made."""
    rasters, made = [each.classes for each in maps], []
    rasters += [] if composite is None else [composite.composite]
    for place, path in enumerate(rasters):
        share = progress.part(place / len(rasters), (place + 1) / len(rasters))
        try:
            made.append(make_report(path, Path(folder) / f"{path.stem}.html", progress=NamedProgress(share, path.stem)).report)
        except CrismError as error:
            progress.warn(f"no report of {path.name}: {error}")
    return made
