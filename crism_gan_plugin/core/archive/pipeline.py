"""From thousands of images to their maps, with a ledger that makes a run go on where it was interrupted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Optional

from ... import paths
from ..batch.images import Image
from ..errors import Cancelled
from ..files.inputs import InputFiles
from ..files.locks import claim
from ..files.names import PathLike, gdal_name
from ..mapping.options import describe_options, given_files, mapper_for
from ..options.archive import ArchiveOptions
from ..options.keywords import takes
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
from .window import JobWindow

#: Held while a run works in its folder.
_LOCK = ".crism-archive.lock"

#: Folder of the scenes, of which each has one of its own: file systems are slow where one folder has very many files.
SCENES = "scenes"

#: Options of the run, which decide nothing of a map.
_OF_THE_RUN = ("scheduler", "workers", "tries", "again")


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
        The scenes that could not be mapped, and why.
    """

    ledger: Path
    scenes: int
    mapped: int
    finished: int
    set_aside: tuple[LedgerLine, ...]


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
    said = f"{folder}: another run is working in this folder; wait until it is done, or choose another folder"
    inputs_of_all = InputFiles()
    inputs_of_all.keep(given_files(options))
    with inputs_of_all.recording():
        key = _key(options)
    with claim(folder / _LOCK, said):
        images = listed_images(inputs, folder, progress)
        with Ledger(folder, progress) as ledger, issued(folder) as ticket:
            return _Run(folder, options, key, images, ledger, ticket, progress).go()


class _Run:
    """One run: its images, and how many of them are finished."""

    def __init__(
        self,
        folder: Path,
        options: ArchiveOptions,
        key: str,
        images: Sequence[Image],
        ledger: Ledger,
        ticket: Ticket,
        progress: Progress,
    ) -> None:
        self._folder, self._options, self._key = folder, options, key
        self._images, self._ledger, self._ticket, self._progress = images, ledger, ticket, progress
        self._of_job = {image.scene: image for image in images}
        self._mapped = self._finished = 0
        self._aside: list[str] = []

    def go(self) -> ArchiveOutputs:
        options, progress = self._options, self._progress
        waiting = [image for image in self._images if not self._is_settled(image)]
        if self._finished:
            progress.info(f"{self._finished} of {len(self._images)} scenes are finished already")
        if self._aside:
            progress.warn(
                f"{len(self._aside)} scenes were set aside by an earlier run, and are not tried again (--again tries them)"
            )
        try:
            if waiting:
                steps = _steps(options)
                least = max(step.memory_gb for step in steps)
                with Cluster(options.scheduler, options.workers, least, self._ticket, progress) as cluster:
                    if cluster.dashboard:
                        progress.info(f"what the workers do: {cluster.dashboard}")
                    JobWindow(cluster, options.tries, self._take, progress).run(self._jobs(waiting, steps))
        except (Cancelled, KeyboardInterrupt):
            done = self._mapped + self._finished
            raise Cancelled(
                f"cancelled; {done} of {len(self._images)} scenes are finished, and their maps whole; the same command goes on"
            ) from None
        aside = tuple(entry for name in self._aside if (entry := self._ledger[name]) is not None)
        progress.info(f"{self._mapped} scenes mapped, {self._finished} were finished before, {len(aside)} set aside")
        return ArchiveOutputs(self._ledger.file, len(self._images), self._mapped, self._finished, aside)

    def _jobs(self, images: Sequence[Image], steps: tuple[ChainStep, ...]) -> Iterator[Job]:
        for image in images:
            folder = self._folder / SCENES / image.scene
            yield Job(image.scene, SceneTask(image.path, image.crs, image.stem, folder, self._options, self._ticket), steps)

    def _is_settled(self, image: Image) -> bool:
        """Whether the ledger says that nothing is to be done for an image."""
        entry = self._ledger[image.scene]
        if entry is None or entry.key != self._key or entry.image != str(image.path) or not _is_unchanged(entry):
            return False
        if entry.state == SET_ASIDE and not self._options.again:
            self._aside.append(image.scene)
            return True
        if entry.state == DONE and all(_has_bytes(self._folder / name, size) for name, size in entry.files.items()):
            self._finished += 1
            return True
        return False

    def _take(self, job: Job, outcome: Outcome, attempt: int, last: bool) -> None:
        """Write into the ledger how an attempt has ended."""
        state = DONE if not outcome.failed else SET_ASIDE if last else FAILED
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
                str(self._of_job[job.name].path),
                outcome.worker,
                now(),
                self._key,
                outcome.inputs or _stamps_of(self._of_job[job.name]),
                outcome.files,
                outcome.more,
            )
        )
        if state == DONE:
            self._mapped, self._finished = self._mapped + outcome.computed, self._finished + (not outcome.computed)
        elif state == SET_ASIDE:
            self._aside.append(job.name)
            self._progress.warn(f"{job.name} is set aside after {attempt} tries: {outcome.error}")
        ended = self._mapped + self._finished + len(self._aside)
        self._progress.report(ended / len(self._images), f"{ended} of {len(self._images)} scenes, {len(self._aside)} set aside")


def _steps(options: ArchiveOptions) -> tuple[ChainStep, ...]:
    """The stages of a scene."""
    stages = {"denoise": denoise, "map": map_image}
    if options.denoise == "off":
        del stages["denoise"]
    return tuple(ChainStep(name, stage, MEMORY_GB[name]) for name, stage in stages.items())


def _key(options: ArchiveOptions) -> str:
    """A checksum of all that decides a map besides its image: the version, and the options with the files that they name."""
    given = {name: value for name, value in asdict(options).items() if name not in _OF_THE_RUN}
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


def _stamps_of(image: Image) -> dict[str, tuple[int, int]]:
    stamp = stamp_of(image.path)
    return {} if stamp is None else {str(image.path): stamp}


def _is_unchanged(entry: LedgerLine) -> bool:
    """Whether the files that a scene was made of are as they were."""
    return all(list(stamp_of(Path(name)) or ()) == list(stamp) for name, stamp in entry.inputs.items())


def _has_bytes(file: Path, size: int) -> bool:
    try:
        return file.stat().st_size == size
    except OSError:
        return False
