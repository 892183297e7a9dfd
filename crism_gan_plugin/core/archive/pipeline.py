"""From thousands of images to their maps, with a ledger that makes a run go on where it was interrupted."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Optional

from ... import paths
from ..batch.images import Image
from ..catalogue.pipeline import enter_maps
from ..errors import Cancelled, ParameterError
from ..files.inputs import InputFiles
from ..files.locks import claim
from ..files.names import PathLike, gdal_name
from ..mapping.options import describe_options, given_files, mapper_for
from ..mosaic.rasterio_access import load_rasterio
from ..mosaic.strategies import find_strategy
from ..options.archive import ArchiveOptions
from ..options.keywords import takes
from ..options.mapping import MapOptions
from ..options.parameter import ValueKind
from ..options.stage import parameters_of
from ..progress import Progress
from ..provenance import now
from .cluster import Cluster
from .jobs import ChainStep, Job
from .ledger import DONE, FAILED, SET_ASIDE, Ledger, LedgerLine
from .listing import listed_images
from .outcome import Outcome
from .stages import MEMORY_GB, SceneTask, denoise, map_image, stamp_of
from .ticket import Ticket, issued
from .tiled import COMPOSITE, TiledComposite
from .window import JobWindow

#: Held while a run works in its folder.
_LOCK = ".crism-archive.lock"

#: Folder of the scenes, of which each has one of its own: file systems are slow where one folder has very many files.
SCENES = "scenes"

#: Options that decide a map; the others are the run's.
_OF_A_MAP = frozenset(each.name for each in fields(MapOptions))


@dataclass(frozen=True)
class ArchiveOutputs:
    """What an archive run has made.

    Attributes
    ----------
    ledger
        A line of JSON for each scene: see `LedgerLine`.
    scenes
        How many there are.
    mapped
        How many were mapped by this run.
    finished
        How many were finished before.
    set_aside
        The scenes that could not be mapped, and why; and tiles of the composite that could not be made.
    composite
        The virtual raster over the tiles of the composite; None if none was asked for, or no map lies on Mars.
    catalogue
        The catalogue of the folder (STAC); None if none was asked for, or it could not be written.
    """

    ledger: Path
    scenes: int
    mapped: int
    finished: int
    set_aside: tuple[LedgerLine, ...]
    composite: Optional[Path] = None
    catalogue: Optional[Path] = None


@takes(ArchiveOptions)
def map_archive(
    inputs: Sequence[PathLike], out_dir: PathLike, *, options: ArchiveOptions, progress: Optional[Progress] = None
) -> ArchiveOutputs:
    """Map thousands of images on a cluster.

    A scene is not mapped again if its map is whole and made of the same with the same parameters. One that cannot be mapped is
    tried again, elsewhere if that is possible, and then set aside. This needs Dask distributed.

    Parameters
    ----------
    inputs
        Images, folders that are searched for some, and lists of them (``.txt``).
    out_dir
        Where the results go, a folder that all workers see: the ledger, ``ledger.jsonl``, and a folder for each scene, in
        ``scenes``.
    {options}
    progress
        How far it is.

    Raises
    ------
    ParameterError, MissingDependencyError
        If a parameter makes no sense for any image. Nothing is written then.
    InputError
        If there is no image.
    OutputError
        If another run is working in the folder, or it cannot be written to.
    ClusterError
        If the scheduler does not answer, or none of its workers can be used. What is finished is kept.
    Cancelled
        With the number of scenes that are finished; these are whole.
    """
    progress, folder, options = progress or Progress(), Path(out_dir).absolute(), _absolute(options)
    if options.tiled_composite:
        load_rasterio()
        if find_strategy(options.strategy).by_probability and not options.probability:
            raise ParameterError("strategy: 'most probable' needs maps with probabilities; ask for these (--probability)")
    said = f"{folder}: another run is working in this folder; wait until it is done, or choose another folder"
    inputs_of_all = InputFiles()
    inputs_of_all.keep(given_files(options))
    with inputs_of_all.recording():
        key = _key(options)
    with claim(folder / _LOCK, said):
        images = listed_images(inputs, folder, progress)
        with Ledger(folder, progress) as ledger, issued(folder) as ticket:
            return _Run(folder, options, key, images, ledger, ticket).go(progress)


@dataclass(frozen=True)
class _Asked:
    """What is asked for under a name of the ledger: the image, if it is a scene, and the checksum of all else."""

    image: Optional[Image]
    key: str


class _Run:
    """One run: its images, and how many of them are finished."""

    def __init__(
        self, folder: Path, options: ArchiveOptions, key: str, images: Sequence[Image], ledger: Ledger, ticket: Ticket
    ) -> None:
        self._folder, self._options = folder, options
        self._images, self._ledger, self._ticket = images, ledger, ticket
        self._asked = {image.scene: _Asked(image, key) for image in images}
        self._counts: Counter[str] = Counter()
        self._aside: list[str] = []

    def go(self, progress: Progress) -> ArchiveOutputs:
        options, composite = self._options, None
        try:
            with ExitStack() as held:
                crew = _Crew(held, options, self._ticket, progress)
                self._map(crew, progress.part(0, 0.9 if options.tiled_composite else 0.97))
                if options.tiled_composite:
                    composite = self._compose(crew, progress.part(0.9, 0.97))
            catalogue = enter_maps(self._folder, self._maps(), progress.part(0.97, 1)) if options.catalogue else None
        except (Cancelled, KeyboardInterrupt):
            done = self._counts["mapped"] + self._counts["finished"]
            raise Cancelled(
                f"cancelled; {done} of {len(self._images)} scenes are finished, and their maps whole; the same command goes on"
            ) from None
        aside = tuple(line for name in self._aside if (line := self._ledger[name]) is not None)
        return ArchiveOutputs(
            self._ledger.file,
            len(self._images),
            self._counts["mapped"],
            self._counts["finished"],
            aside,
            composite,
            None if catalogue is None else catalogue.collection,
        )

    def _map(self, crew: _Crew, progress: Progress) -> None:
        steps = _steps(self._options)
        waiting = [image for image in self._images if not self._is_settled(image.scene)]
        if self._counts["finished"]:
            progress.info(f"{self._counts['finished']} of {len(self._images)} scenes are finished already")
        if self._aside:
            progress.warn(
                f"{len(self._aside)} scenes were set aside by an earlier run, and are not tried again (--again tries them)"
            )
        jobs = (
            Job(
                image.scene,
                SceneTask(image.path, image.crs, image.stem, self._folder / SCENES / image.scene, self._options, self._ticket),
                steps,
            )
            for image in waiting
        )
        self._hand_out(crew, jobs, len(waiting), len(self._images), "scenes", progress)
        mapped, finished = self._counts["mapped"], self._counts["finished"]
        progress.info(f"{mapped} scenes mapped, {finished} were finished before, {len(self._aside)} set aside")

    def _compose(self, crew: _Crew, progress: Progress) -> Optional[Path]:
        checksums = {self._folder / _raster(line): line.checksum for line in self._done()}
        options, target = self._options, self._folder / COMPOSITE
        plan = TiledComposite.plan(list(checksums), target, options.pixels_per_degree, options.strategy, progress)
        if plan is None:
            return None
        jobs = list(plan.jobs(self._ticket))
        self._asked.update({job.name: _Asked(None, plan.key(job, checksums, self._ticket.version)) for job in jobs})
        waiting = [job for job in jobs if not self._is_settled(job.name)]
        self._hand_out(crew, iter(waiting), len(waiting), len(jobs), "tiles", progress)
        lines = [line for job in jobs if (line := self._ledger[job.name]) is not None and line.state == DONE]
        return plan.write(lines)

    def _hand_out(self, crew: _Crew, jobs: Iterator[Job], count: int, total: int, what: str, progress: Progress) -> None:
        """Have jobs done; ``count`` of ``total``, the others are settled."""
        if not count:
            return
        aside, ended = len(self._aside), total - count

        def take(job: Job, outcome: Outcome, attempt: int, last: bool) -> None:
            nonlocal ended
            self._take(job, outcome, attempt, last, progress)
            ended += last
            progress.report(ended / total, f"{ended} of {total} {what}, {len(self._aside) - aside} set aside")

        JobWindow(crew.cluster(), self._options.tries, take, progress).run(jobs)

    def _done(self) -> list[LedgerLine]:
        """What the ledger says of the scenes that are mapped."""
        lines = (self._ledger[image.scene] for image in self._images)
        return [line for line in lines if line is not None and line.state == DONE and line.files]

    def _maps(self) -> list[Path]:
        return [self._folder / _raster(line) for line in self._done()]

    def _is_settled(self, name: str) -> bool:
        """Whether the ledger says that nothing is to be done under a name."""
        line, asked = self._ledger[name], self._asked[name]
        image = "" if asked.image is None else str(asked.image.path)
        if line is None or line.key != asked.key or line.image != image or not _is_unchanged(line):
            return False
        if line.state == SET_ASIDE and not self._options.again:
            self._aside.append(name)
            return True
        if line.state == DONE and all(_has_bytes(self._folder / file, size) for file, size in line.files.items()):
            self._counts["finished"] += asked.image is not None
            return True
        return False

    def _take(self, job: Job, outcome: Outcome, attempt: int, last: bool, progress: Progress) -> None:
        """Write into the ledger how an attempt has ended."""
        state, asked = DONE if not outcome.failed else SET_ASIDE if last else FAILED, self._asked[job.name]
        self._ledger.add(
            LedgerLine(
                job.name,
                state,
                attempt,
                round(outcome.seconds, 3),
                outcome.peak_mb,
                self._ticket.version,
                outcome.checksum,
                outcome.error,
                "" if asked.image is None else str(asked.image.path),
                outcome.worker,
                now(),
                asked.key,
                outcome.inputs or _stamps_of(asked.image),
                outcome.files,
                outcome.more,
            )
        )
        if state == DONE and asked.image is not None:
            self._counts["mapped" if outcome.computed else "finished"] += 1
        elif state == FAILED:
            progress.info(f"{job.name} is tried again: {outcome.error}")
        elif state == SET_ASIDE:
            self._aside.append(job.name)
            progress.warn(f"{job.name} is set aside after {attempt} tries: {outcome.error}")


class _Crew:
    """The cluster of a run, which is asked for when there is work, and not before."""

    def __init__(self, held: ExitStack, options: ArchiveOptions, ticket: Ticket, progress: Progress) -> None:
        self._held, self._options, self._ticket, self._progress = held, options, ticket, progress
        self._cluster: Optional[Cluster] = None

    def cluster(self) -> Cluster:
        if self._cluster is None:
            options, least = self._options, max(step.memory_gb for step in _steps(self._options))
            cluster = Cluster(options.scheduler, options.workers, least, self._ticket, self._progress)
            self._cluster = self._held.enter_context(cluster)
            if cluster.dashboard:
                self._progress.info(f"what the workers do: {cluster.dashboard}")
        return self._cluster


def _raster(line: LedgerLine) -> str:
    """The map among the files of a scene: the first, as the worker tells them."""
    return next(iter(line.files))


def _steps(options: ArchiveOptions) -> tuple[ChainStep, ...]:
    """The stages of a scene."""
    stages = {"denoise": denoise, "map": map_image}
    if options.denoise == "off":
        del stages["denoise"]
    return tuple(ChainStep(name, stage, MEMORY_GB[name]) for name, stage in stages.items())


def _key(options: ArchiveOptions) -> str:
    """A checksum of all that decides a map besides its image: the version, and the options with the files that they name."""
    given = {name: value for name, value in asdict(options).items() if name in _OF_A_MAP}
    what = {"version": paths.version(), "options": given, "described": describe_options(options, mapper_for(options))}
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _absolute(options: ArchiveOptions) -> ArchiveOptions:
    """The options with whole paths: workers have other working folders."""
    kinds = {ValueKind.FILE, ValueKind.FILES, ValueKind.IMAGE}
    changed: dict[str, Any] = {}
    for parameter in parameters_of(ArchiveOptions):
        value = getattr(options, parameter.name)
        if parameter.kind in kinds and value is not None:
            changed[parameter.name] = (
                _whole_path(value) if parameter.kind is not ValueKind.FILES else tuple(_whole_path(each) for each in value)
            )
    return replace(options, **changed)


def _whole_path(path: PathLike) -> PathLike:
    return path if gdal_name(path) is not None else Path(path).absolute()


def _stamps_of(image: Optional[Image]) -> dict[str, tuple[int, int]]:
    stamp = None if image is None else stamp_of(image.path)
    return {} if image is None or stamp is None else {str(image.path): stamp}


def _is_unchanged(entry: LedgerLine) -> bool:
    """Whether the files that a scene was made of are as they were."""
    return all(list(stamp_of(Path(name)) or ()) == list(stamp) for name, stamp in entry.inputs.items())


def _has_bytes(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except OSError:
        return False
