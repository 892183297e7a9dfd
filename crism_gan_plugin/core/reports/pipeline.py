"""From a map to its report, file to file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np

from .. import provenance
from ..arrays import FloatArray, IntArray
from ..errors import CrismError, ParameterError
from ..files.inputs import recorded_inputs
from ..files.names import PathLike
from ..files.outputs import AtomicOutputs, check_name, check_outputs
from ..options.keywords import takes
from ..options.report import ReportOptions
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from .class_scores import ClassScores
from .listed import MineralDeposits
from .page import page
from .picture import CellPicture, Palette
from .samples import DepositSpectra, spectra_of
from .sections import PageContents
from .subject import Subject

#: Numbers that a pixel takes while scores are counted.
_CHANNELS = 16

#: Minerals that have figures; more would make the page too large. All are in the tables.
MOST_MINERALS = 40


@dataclass(frozen=True)
class ReportOutputs:
    """Path of the page (HTML)."""

    report: Path


@takes(ReportOptions)
@recorded_inputs()
def make_report(
    mineral_map: PathLike,
    output: PathLike,
    *,
    options: ReportOptions,
    progress: Optional[Progress] = None,
) -> ReportOutputs:
    """What a map shows and why, as one page (HTML) that needs nothing else to be read.

    The page has the map, a table of its classes, and for each mineral its three largest deposits: places, areas and scores, median
    and quartiles of their spectra over the exemplar, and pictures of small ones. It ends with how the map was made. What cannot be
    had, such as spectra of an image that is not there any more, is told on the page, and the rest is there.

    Parameters
    ----------
    mineral_map
        A class raster, as `map_scene` and `make_composite` write it, with the files beside it.
    output
        The page (.html).
    {options}

    Returns
    -------
    The path of the page.

    Raises
    ------
    InputError, ParameterError, OutputError
        With one line that names what is wrong. Nothing is written then, nor after `Cancelled`.
    """
    progress = progress or Progress()
    target = check_page(output)
    subject = Subject.open(mineral_map, options.image)
    try:
        check_outputs([target])
        with AtomicOutputs(target.parent) as outputs, outputs.scratch() as scratch:
            text = _page(subject, scratch, progress)
            outputs.place(target).write_text(text, encoding="utf-8")
    finally:
        if subject.ground is not None:
            subject.ground.close()
    return ReportOutputs(target)


def check_page(output: PathLike, what: str = "output") -> Path:
    """``output`` as a `Path`, if it is the name of a page; else `ParameterError`, which begins with ``what``."""
    path = Path(output)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ParameterError(f"{what}: {path} is not the name of a page; let it end in .html")
    check_name(path.name, what)
    return path


def _page(subject: Subject, scratch: Path, progress: Progress) -> str:
    minerals = subject.deposits(scratch, progress.part(0, 0.25))
    scores, picture = _counted(subject, progress.part(0.25, 0.4))
    subject.check(scores.pixels)
    brightness = _brightness(subject, picture, progress)
    spectra = _spectra(subject, minerals[:MOST_MINERALS], progress.part(0.45, 0.95))
    for note in subject.missing:
        progress.info(note)
    colours = {row.value: row.rgb for row in subject.source.map.table}
    made = PageContents(subject, minerals, scores, picture, Palette.of(colours, brightness), brightness, spectra)
    text = page(made, MOST_MINERALS, provenance.now(), provenance.versions())
    progress.report(1.0, "report written")
    return text


def _counted(subject: Subject, progress: Progress) -> tuple[ClassScores, CellPicture]:
    """One pass over the map: scores by class, and the picture."""
    source = subject.source
    lines, samples = source.map.lines, source.map.samples
    scores, picture = ClassScores(subject.class_of_exemplar()), CellPicture(lines, samples)

    def read(block: Block) -> tuple[IntArray, dict[str, FloatArray]]:
        return source.codes(block.first, block.lines), source.evidence.read(block.first, block.lines)

    for block, (codes, evidence) in read_ahead(_whole_cells(lines, samples, picture.factor), read):
        scores.add(codes, evidence.get("score"), evidence.get("exemplar"))
        picture.add(block.first, codes)
        progress.report((block.first + block.lines) / lines, f"counted {block.first + block.lines} of {lines} lines")
    return scores, picture


def _whole_cells(lines: int, samples: int, factor: int) -> list[Block]:
    """Blocks of whole cells that fit a fixed amount of memory, or one row of cells."""
    height = max(factor, split_lines(lines, samples, _CHANNELS)[0].lines // factor * factor)
    return [Block(first, min(height, lines - first), first, min(height, lines - first)) for first in range(0, lines, height)]


def _brightness(subject: Subject, picture: CellPicture, progress: Progress) -> Optional[FloatArray]:
    """Brightness of the ground in the middle of each cell; None where there is no image, and a note says why."""
    progress.report(0.4, "read the ground below the map")
    if subject.ground is None:
        return None
    try:
        found = subject.ground.brightness(*picture.places())
    except CrismError as error:
        subject.missing.append(f"no ground is shown below the map: {error}")
        return None
    return found if found is None or np.isfinite(found).any() else None


def _spectra(subject: Subject, minerals: list[MineralDeposits], progress: Progress) -> dict[str, DepositSpectra]:
    if subject.ground is None:
        return {}
    try:
        found = spectra_of(minerals, subject.ground, progress)
    except CrismError as error:
        subject.missing.append(f"no spectra: {error}")
        return {}
    subject.missing.extend(subject.ground.missing)
    return found
