"""From images and a library to the table of what may be in which, files to file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ... import paths
from .. import provenance
from ..batch.images import Image, list_images
from ..errors import Cancelled, CrismError, InputError, ParameterError, one_line
from ..factors import Targets
from ..files.inputs import InputFiles, current_inputs, recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_name, check_outputs
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..options.keywords import takes
from ..options.screening import ScreenOptions
from ..progress import NamedProgress, Progress
from .levelled import LevelledImage
from .table import ScreenRow, rows_of, screen_text
from .verdict import FAILED, LIKELY, PERHAPS, YES
from .windows_best import STEP, WINDOW, best_windows

#: Share of an image's time in which its ground is learnt.
_GROUND_SHARE = 0.15


@dataclass(frozen=True)
class ScreenOutputs:
    """What a screening has made.

    Attributes
    ----------
    table
        A line for each mineral of each image, and one for each image that could not be screened (CSV), see `ScreenRow`.
    provenance
        What it was made of, and how (JSON).
    rows
        The lines of the table.
    """

    table: Path
    provenance: Path
    rows: tuple[ScreenRow, ...]

    @property
    def failures(self) -> tuple[ScreenRow, ...]:
        """The lines of images that could not be screened."""
        return tuple(row for row in self.rows if row.verdict == FAILED)


@takes(ScreenOptions)
@recorded_inputs()
def screen_images(
    inputs: Sequence[PathLike],
    output: PathLike,
    *,
    options: ScreenOptions,
    progress: Optional[Progress] = None,
) -> ScreenOutputs:
    """Ask for a library's minerals in many images: is each of them anywhere? (FATT: Thomas & Bandfield 2017)

    An image that cannot be screened gets its line with the reason, and the next one is taken.

    Parameters
    ----------
    inputs
        Images, and folders that are searched for some with all that is in them.
    output
        The table (.csv). The record beside it gets a name that begins like its own.
    {options}

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong; also if none of the images could be screened. Nothing is written then, nor after
        `Cancelled`.
    """
    progress, target = progress or Progress(), Path(output)
    if target.suffix.lower() != ".csv":
        raise ParameterError(f"output: {target} is not the name of a table; let it end in .csv")
    check_name(target.name, "output")
    whole = load_exemplars(options.exemplars)
    library = whole.defaults() if options.classes is None else whole.select(options.classes)
    images = list_images(inputs, target.parent, progress)
    current_inputs().keep([*(image.path for image in images), options.wavelengths])
    record_path = target.with_name(f"{target.stem}_provenance.json")
    check_outputs([target, record_path])
    started, targets = provenance.now(), Targets.of_library(library)
    rows: list[ScreenRow] = []
    for place, image in enumerate(images):
        share = progress.part(place / len(images), (place + 1) / len(images))
        rows += _screen(
            image, library, targets, options, NamedProgress(share, one_line(f"{place + 1} of {len(images)}, {image.scene}"))
        )
    failures = [row for row in rows if row.verdict == FAILED]
    if len(failures) == len(images):
        first = failures[0].note
        raise InputError(first if len(images) == 1 else f"none of the {len(images)} images could be screened; the first: {first}")
    record: dict[str, Any] = {
        "started": started,
        "images": [str(image.path) for image in images],
        "failed": [row.image for row in failures],
        "exemplars": provenance.describe_file(Path(options.exemplars or paths.exemplars())),
        "classes": library.class_names,
        "window": WINDOW,
        "step": STEP,
        "likely from": LIKELY,
        "perhaps from": PERHAPS,
        "versions": provenance.versions(),
        "finished": provenance.now(),
    }
    with AtomicOutputs(target.parent) as outputs:
        outputs.place(target).write_text(screen_text(rows), encoding="utf-8", errors="backslashreplace")
        text = json.dumps(record, indent=1, ensure_ascii=False)
        outputs.place(record_path).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    progress.info(f"{len(images) - len(failures)} images screened, {len(failures)} failed")
    return ScreenOutputs(target, record_path, tuple(rows))


def _screen(
    image: Image, library: ExemplarLibrary, targets: Targets, options: ScreenOptions, progress: Progress
) -> list[ScreenRow]:
    """The rows of one image; what goes wrong becomes a row."""
    progress.report(0.0)
    try:
        with InputFiles().recording():  # one that changes meanwhile costs the others nothing
            rows = _rows(image, library, targets, options, progress)
    except Cancelled:
        raise
    except Exception as error:  # a fault of the program, too, must not cost the other images their rows
        reason = str(error) if isinstance(error, CrismError) else f"{image.path}: unexpected {type(error).__name__}: {error}"
        reason = one_line(" ".join(reason.split()))
        progress.warn(f"FAILED: {reason}")
        return [ScreenRow.of_failure(image.scene, image.path, reason)]
    found = ", ".join(f"{row.mineral} ({row.explained_share:.2f})" for row in rows if row.verdict == YES)
    progress.info(f"likely: {found or 'none of the minerals'}")
    return rows


def _rows(image: Image, library: ExemplarLibrary, targets: Targets, options: ScreenOptions, progress: Progress) -> list[ScreenRow]:
    levelled = LevelledImage.open(image.source, options.wavelengths, progress.part(0, _GROUND_SHARE))
    with levelled.scene as scene:
        warnings = levelled.warnings()
        for warning in warnings:
            progress.warn(warning)
        found = best_windows(levelled, scene.lines, scene.samples, targets, progress.part(_GROUND_SHARE, 1))
        return rows_of(image.scene, image.path, scene, library, found, warnings)
