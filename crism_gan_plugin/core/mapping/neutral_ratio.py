"""An image's spectra, as they are and divided by neutral ground, block by block (`neutral` finds the ground)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ... import paths
from .. import provenance
from ..arrays import FloatArray
from ..background import BackgroundModel, load_background
from ..neutral import Blandness, Frame, GroupMedians, blandest_ground, straight_line
from ..neutral.blandest import BLANDEST, REACH, SCORE_HALO, reach_in_lines
from ..neutral.frame import gap_of
from ..products.information import detector_positions, information_beside
from ..products.scene import Scene
from ..progress import Progress
from ..rasters.blocks import Block
from ..spectra.few_channels import FewChannels
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of
from ..spectra.ratio import Ratio, remove_grid_continuum
from .smoothing import box_mean

RISK = (
    "a ratio removes what is everywhere in its denominator, minerals included, and imprints the denominator's own features upside "
    "down; the evidence's band ratio_agreement says which detections the image has without it"
)

#: What a ratio means in a map tile.
RISK_OF_A_TILE = (
    "a map tile is laid together from strips of many observations: a neutral ratio divides by the ground around, of whichever "
    "strip it is, and not by that of the same detector column; light and air that differ from strip to strip may look like "
    "minerals, and stripes stay; believe what the image shows without the ratio, too (band ratio_agreement of the evidence)"
)

#: Share of the progress that the first pass over the image has, which learns the ground of its columns.
_FIRST_PASS = 0.1

#: Reads some lines, from the first on, on the network's grid: the image's spectra and, if there is one, the model's.
Read = Callable[[int, int], tuple[FloatArray, Optional[FloatArray]]]


@dataclass(frozen=True)
class Views:
    """Continuum-removed spectra of a block: as they are, and divided by neutral ground, if they are to be.

    ``ground`` (lines, samples, 240) is what they were divided by: levelled spectra, which lie around 1; ``model_ground`` is what
    those of the model were divided by. ``levelled``: spectra were levelled, too, before they were divided.
    """

    plain: Ratio
    ratioed: Optional[Ratio] = None
    ground: Optional[FloatArray] = None
    model_ground: Optional[FloatArray] = None
    levelled: bool = False

    @property
    def mapped(self) -> Ratio:
        """The spectra that a map is made of."""
        return self.plain if self.ratioed is None else self.ratioed


#: Gives the views of a block.
ReadViews = Callable[[Block], Views]


@dataclass(frozen=True)
class NeutralRatio:
    """How an image is ratioed.

    Attributes
    ----------
    mode
        "column" or "bland".
    frame
        Which pixels may tell each other's ground.
    record
        Text for the record of how a map was made.
    background
        Model that tells which pixels are bland; None for "column".
    channels
        Those of mapping data, which tell the noise; else None.
    warnings
        What a reader of such a map must know.
    """

    mode: str
    frame: Frame
    record: dict[str, Any]
    background: Optional[BackgroundModel] = None
    channels: Optional[FewChannels] = None
    warnings: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        return f"neutral ratio: every spectrum is divided by {self.record['denominator']}; {RISK}"


def choose_ratio(mode: str, scene: Scene, window: int, channels: Optional[FewChannels] = None) -> Optional[NeutralRatio]:
    """How to ratio an image; None for "off".

    Parameters
    ----------
    window
        Width of the widest mean over pixels.
    channels
        Those of mapping data, else None.

    Raises
    ------
    InputError
        If the image's processing information (IN) is beside it, but is another's, or the background model cannot be read.
    """
    if mode == "off":
        return None
    frame, where, file = frame_of(scene, window)
    told = None if file is None else provenance.describe_file(file)
    record = {"mode": mode, "denominator": f"the median of what is typical of {where}", "information": told, "risk": RISK}
    warnings = () if scene.tile is None else (RISK_OF_A_TILE,)
    if mode == "column":
        return NeutralRatio(mode, frame, record, channels=channels, warnings=warnings)
    background = load_background()
    near = f" within {REACH} lines" if frame.by_column else ""
    record["denominator"] = f"the mean of the {BLANDEST} blandest pixels of {where}{near}"
    record["background"] = provenance.describe_file(paths.background())
    return NeutralRatio(mode, frame, record, background, channels, warnings)


def frame_of(scene: Scene, window: int) -> tuple[Frame, str, Optional[Path]]:
    """Which pixels may tell each other's ground, that in words, and the processing information (IN) that it comes from, or None.

    Parameters and errors are those of `choose_ratio`.
    """
    if scene.georeference is None:
        return Frame(scene.lines, scene.samples, True, gap_of(window)), "its detector column", None
    file = information_beside(scene)
    if file is not None:
        frame = Frame(scene.lines, scene.samples, True, gap_of(window, on_the_map=True), detector_positions(file, scene))
        return frame, f"its detector column (by {file.name})", file
    why = "no IN product lies beside the image" if scene.tile is None else "a map tile has many strips"
    where = f"the image around it (its detector column is not known: {why})"
    return Frame(scene.lines, scene.samples, False, gap_of(window)), where, None


def open_views(ratio: Optional[NeutralRatio], read: Read, has_model: bool, progress: Progress) -> tuple[ReadViews, Progress]:
    """What reads the views of an image's blocks, which come in order, and the progress that is left once it can."""
    if ratio is None:
        return PlainViews(read), progress
    if ratio.background is not None:
        return BlandViews(read, ratio.frame, ratio.background, ratio.channels, progress.check), progress
    share = progress.part(0, _FIRST_PASS)
    return ColumnViews(read, ratio.frame, has_model, share), progress.part(_FIRST_PASS, 1)


class PlainViews:
    """Spectra without a ratio."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def __call__(self, block: Block) -> Views:
        return Views(remove_grid_continuum(*self._read(block.halo_first, block.halo_lines)))


class ColumnViews:
    """Spectra divided by the median of the detector column, or of the tile. A first pass reads as many lines as that needs."""

    def __init__(self, read: Read, frame: Frame, has_model: bool, progress: Progress) -> None:
        self._read = read
        self._medians = GroupMedians(frame, WAVELENGTHS_NM.size, 1 + has_model)
        lines = self._medians.lines
        for number, line in enumerate(lines):
            self._medians.add(line, tuple(cube[0] for cube in _levelled(*read(int(line), 1))))
            progress.report((number + 1) / len(lines), f"ground of the columns, {number + 1} of {len(lines)} lines")
        self._medians.finish(progress.check)

    def __call__(self, block: Block) -> Views:
        on_grid, model = self._read(block.halo_first, block.halo_lines)
        cubes = (on_grid,) if model is None else (on_grid, model)
        ground = self._medians(block.halo_first, block.halo_lines)
        ratioed = _divided(cubes, ground)
        return Views(remove_grid_continuum(on_grid, model), ratioed, *_both(ground))


class BlandViews:
    """Spectra divided by the mean of the blandest pixels around. Blocks come in order, since lines above and below are kept.

    The first block may be any. Only the lines that it needs are read for it.
    """

    def __init__(
        self,
        read: Read,
        frame: Frame,
        background: BackgroundModel,
        channels: Optional[FewChannels] = None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._read, self._frame, self._check = read, frame, check
        self._noise_of = noise_of if channels is None else channels.noise_of
        self._blandness = Blandness(background)
        self._first = self._end = 0
        self._scores: FloatArray = np.empty((0, frame.samples), np.float32)
        self._level: tuple[FloatArray, ...] = ()
        self._plain: tuple[FloatArray, ...] = ()

    def __call__(self, block: Block) -> Views:
        first, count = block.halo_first, block.halo_lines
        reach = reach_in_lines(self._frame)
        keep = max(first - reach, 0)
        if self._end:
            self._forget(keep)
        else:
            self._first = self._end = max(keep - SCORE_HALO, 0)
        self._extend(min(first + count + reach, self._frame.lines))
        self._forget(keep)  # lines that only the scores needed
        self._check()
        ground = blandest_ground(self._frame, first, count, self._first, self._scores, self._level)
        here = slice(first - self._first, first - self._first + count)
        ratioed = _divided(tuple(cube[here] for cube in self._level), ground)
        return Views(_ratio(tuple(cube[here] for cube in self._plain)), ratioed, *_both(ground), True)

    def _forget(self, first: int) -> None:
        """Forget the lines above ``first``."""
        self._scores = self._scores[first - self._first :]
        self._level, self._plain = (tuple(cube[first - self._first :] for cube in cubes) for cubes in (self._level, self._plain))
        self._first = first

    def _extend(self, end: int) -> None:
        """Read lines up to ``end``, and those that their scores need, and score them."""
        wanted = min(end + SCORE_HALO, self._frame.lines)
        if wanted > self._end:
            on_grid, model = self._read(self._end, wanted - self._end)
            self._check()  # the first block needs many lines
            level = _levelled(on_grid, model)
            plain = remove_grid_continuum(on_grid, model)
            cubes = (plain.spectra,) if plain.model is None else (plain.spectra, plain.model)
            self._level = tuple(np.concatenate(pair) for pair in zip(self._level, level)) or level
            self._plain = tuple(np.concatenate(pair) for pair in zip(self._plain, cubes)) or cubes
            self._end = wanted
        scored = len(self._scores)
        if end > self._first + scored:
            self._check()
            above = max(scored - SCORE_HALO, 0)
            around = self._plain[0][above : wanted - self._first]
            mean = box_mean(around, 2 * SCORE_HALO + 1)[scored - above : end - self._first - above]
            self._scores = np.concatenate([self._scores, self._blandness(mean, self._noise_of(mean))])


def ratio_on(on_grid: FloatArray, model: Optional[FloatArray], *ground: FloatArray, levelled: bool) -> Ratio:
    """Continuum-removed spectra of pixels whose neutral ground is known, as `Views` has them; new arrays.

    Parameters
    ----------
    on_grid, model
        (lines, samples, 240) I/F and its model.
    ground
        What each of them is divided by, of the same shape; nothing where there is no ratio.
    levelled
        As in `Views`.
    """
    if ground:
        cubes = (on_grid,) if model is None else (on_grid, model)
        return _divided(_levelled(on_grid, model) if levelled else cubes, ground)
    return remove_grid_continuum(on_grid.copy(), None if model is None else model.copy())


def _levelled(on_grid: FloatArray, model: Optional[FloatArray]) -> tuple[FloatArray, ...]:
    """New arrays; the model by the image's own line, so that one stays the other's."""
    line = straight_line(on_grid)
    return (on_grid / line,) if model is None else (on_grid / line, model / line)


def _divided(spectra: tuple[FloatArray, ...], ground: tuple[FloatArray, ...]) -> Ratio:
    return remove_grid_continuum(*(cube / below for cube, below in zip(spectra, ground)))


def _both(ground: tuple[FloatArray, ...]) -> tuple[FloatArray, Optional[FloatArray]]:
    return ground[0], ground[1] if len(ground) > 1 else None


def _ratio(cubes: tuple[FloatArray, ...]) -> Ratio:
    return Ratio(cubes[0], cubes[1] if len(cubes) > 1 else None)
