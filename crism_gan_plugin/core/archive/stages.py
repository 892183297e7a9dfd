"""What a worker does with one scene. Each stage is a task of its own; what an earlier run has finished is taken, not made again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ..batch.finished import is_finished
from ..errors import OutputError
from ..files.inputs import InputFiles
from ..files.locks import claim
from ..files.reading import read_json
from ..mapping.options import given_files, mapper_for
from ..mapping.pipeline import MapJob, prepare_map
from ..mapping.scales import ScaleMapper
from ..mars.georeference import FileWithCrs
from ..options.mapping import MapOptions
from ..progress import Progress
from .outcome import Outcome, measured
from .ticket import Ticket

#: Memory that a stage takes, in GB, whatever the size of the image (`benchmarks/pages/full_scene.md`, `denoise_speed.md`).
MEMORY_GB = {"denoise": 3.0, "map": 1.0}

#: Held by the worker that is at a scene.
_LOCK = ".crism-scene.lock"

#: Seconds between two looks at whether the run was asked to stop.
_LOOK = 1.0


@dataclass(frozen=True)
class SceneTask:
    """A scene as a worker is given it: its image, the stem of its map's files, where these go, and the options of all scenes."""

    image: Path
    crs: Optional[str]
    stem: str
    folder: Path
    options: MapOptions
    ticket: Ticket


class UntilStopped(Progress):
    """The progress of a stage, which ends when the run is asked to stop."""

    def __init__(self, ticket: Ticket) -> None:
        self._ticket, self._last, self._stopped = ticket, 0.0, False

    def is_cancelled(self) -> bool:
        now = time.monotonic()
        if now - self._last >= _LOOK:
            self._last, self._stopped = now, self._ticket.stop.exists()
        return self._stopped


def denoise(scene: SceneTask, before: Optional[Outcome] = None) -> Outcome:
    """Make the denoised cubes of a scene, unless its map is finished."""

    def stage() -> Outcome:
        progress = UntilStopped(scene.ticket)
        with _alone(scene, progress):
            job = _prepare(scene)
            if is_finished(job.outputs, job.record):
                return Outcome(computed=False)
            job.denoise(progress)
        return Outcome()

    return measured(stage, str(scene.image), before)


def map_image(scene: SceneTask, before: Optional[Outcome] = None) -> Outcome:
    """Make the map of a scene, unless it is finished."""

    def stage() -> Outcome:
        progress = UntilStopped(scene.ticket)
        with _alone(scene, progress):
            job = _prepare(scene)
            finished = is_finished(job.outputs, job.record)
            if not finished:
                job.run(progress)
            return _described(scene, job, not finished)

    return measured(stage, str(scene.image), before)


@contextmanager
def _alone(scene: SceneTask, progress: Progress) -> Iterator[None]:
    """Wait until nobody else is at this scene: a worker that the scheduler has lost may still be."""
    progress.check()
    lock = scene.folder / _LOCK
    with ExitStack() as held:
        while True:
            try:
                held.enter_context(claim(lock, f"{scene.folder}: another worker is at this scene"))
                break
            except OutputError:
                if not lock.exists():
                    raise
            time.sleep(_LOOK)
            progress.check()
        yield


def _prepare(scene: SceneTask) -> MapJob:
    mapper, inputs = _mapper(scene)
    source = scene.image if scene.crs is None else FileWithCrs(str(scene.image), scene.crs)
    with inputs.recording():
        return prepare_map(source, scene.folder, scene.options, scene.stem, mapper)


#: The mapper of the last run that this process worked for, and the files that it was made of.
_kept: dict[str, tuple[ScaleMapper, InputFiles]] = {}


def _mapper(scene: SceneTask) -> tuple[ScaleMapper, InputFiles]:
    """One mapper serves all scenes of a run."""
    found = _kept.get(scene.ticket.run)
    if found is None:
        inputs = InputFiles()
        inputs.keep(given_files(scene.options))
        with inputs.recording():
            found = mapper_for(scene.options), inputs
        _kept.clear()
        _kept[scene.ticket.run] = found
    return found


def _described(scene: SceneTask, job: MapJob, computed: bool) -> Outcome:
    """What there is to tell of a map that is whole."""
    record: dict[str, Any] = read_json(job.outputs.provenance, "map the image again")
    made = [job.outputs.classes, job.outputs.evidence, job.outputs.style, job.outputs.provenance, *job.outputs.unlisted]
    files = [file for file in made if file is not None]
    return Outcome(
        computed=computed,
        checksum=record["files"][job.outputs.classes.name],
        inputs={str(file): stamp for file in sorted(job.inputs.opened()) if (stamp := stamp_of(file)) is not None},
        files={file.relative_to(scene.ticket.folder).as_posix(): file.stat().st_size for file in files},
        more={"product_id": job.cube.scene.product_id},
    )


def stamp_of(file: Path) -> Optional[tuple[int, int]]:
    """Bytes of a file, and the second when it was last changed: file systems differ in what they know beyond; None without one."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, int(found.st_mtime)
