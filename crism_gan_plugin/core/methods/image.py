"""The image as all methods see it: read once, on one grid, divided by the same neutral ground, over the same continuum.

Spectra lie in scratch files, so that memory does not grow with the image.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..background.files import load_background
from ..background.model import BackgroundModel
from ..background.refine import LEAST_PIXELS, refined
from ..errors import InputError
from ..files.pixel_file import PixelFile
from ..libraries.exemplar_files import load_exemplars
from ..libraries.exemplars import ExemplarLibrary
from ..mapping.cube import MapCube
from ..mapping.neutral_ratio import NeutralRatio, choose_ratio, frame_of, open_views
from ..mapping.scales import checked_sizes
from ..neutral import Frame, straight_line
from ..options.mapping import MapOptions
from ..products.scene import Scene
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of
from ..spectra.ratio import Ratio


@dataclass(frozen=True)
class ComparedImage:
    """An image that methods map. Made by `open_image`, which must not end before they have.

    Attributes
    ----------
    cube
        The image, with what brings it to the network's grid.
    options
        The parameters of the map that all methods share: exemplars, classes, ratio, scales, engine.
    library
        The spectra to look for, in classes; only those that are chosen.
    sizes
        Widths of the smoothing windows, ascending.
    frame
        Which detector column each pixel lies in (`Frame.place`).
    ratio
        How the image is divided by neutral ground; None where it is not.
    blocks
        The blocks of lines that it is worked through by, with a halo for the widest window.
    valid
        (lines, samples) bool, whether a pixel has a spectrum.
    """

    cube: MapCube
    options: MapOptions
    library: ExemplarLibrary
    sizes: tuple[int, ...]
    frame: Frame
    ratio: Optional[NeutralRatio]
    blocks: tuple[Block, ...]
    valid: BoolArray
    _i_f: _Cube
    _reflectance: _Cube
    _over_continuum: _Cube

    @property
    def scene(self) -> Scene:
        """The opened file, with its own channels."""
        return self.cube.scene

    @property
    def lines(self) -> int:
        return self.cube.scene.lines

    @property
    def samples(self) -> int:
        return self.cube.scene.samples

    @property
    def wavelengths_nm(self) -> FloatArray:
        """(240,) of all spectra here."""
        return WAVELENGTHS_NM

    @property
    def class_codes(self) -> IntArray:
        """(classes,) uint8, what each class of the library is in a map."""
        return np.array([mineral.code for mineral in self.library.classes], np.uint8)

    def i_f(self, first: int, count: int) -> FloatArray:
        """(count, samples, 240) float32 I/F of lines ``first`` and on, never divided by anything; NaN without data."""
        return self._i_f.read(first, count)

    def reflectance(self, first: int, count: int) -> FloatArray:
        """(count, samples, 240) float32 of lines ``first`` and on: I/F, or, with a neutral ratio, levelled I/F over the ground's.

        With a ratio it lies around 1. NaN without data.
        """
        return self._reflectance.read(first, count)

    def over_continuum(self, first: int, count: int) -> FloatArray:
        """(count, samples, 240) float32 of lines ``first`` and on: the same over its continuum; above 1 by noise alone."""
        spectra = np.empty((count, self.samples, WAVELENGTHS_NM.size), np.float32)
        start = 0
        for block in self.blocks:
            top, end = max(first, block.first), min(first + count, block.first + block.lines)
            if top < end:
                spectra[top - first : end - first] = self._over_continuum.read(start + top - block.halo_first, end - top)
            start += block.halo_lines
        return spectra

    def each_block(self, progress: Progress) -> Iterator[tuple[Block, Ratio]]:
        """The blocks in order, each with its spectra over the continuum, lines of the halo included.

        Progress is reported after each; it raises `Cancelled` if the user asked to stop.
        """
        starts = np.cumsum([0, *(block.halo_lines for block in self.blocks)]).tolist()
        pieces = list(zip(self.blocks, starts))
        for (block, _), spectra in read_ahead(pieces, lambda piece: self._over_continuum.read(piece[1], piece[0].halo_lines)):
            progress.check()
            yield block, Ratio(spectra, None)
            done = block.first + block.lines
            progress.report(done / self.lines, f"{done} of {self.lines} lines")

    @cached_property
    def sampled(self) -> FloatArray:
        """(n, 240) spectra over the continuum, without the neutral ratio, of pixels from all over the image."""
        return self.cube.sample()

    @cached_property
    def background(self) -> BackgroundModel:
        """Bland ground as this image shows it."""
        if len(self.sampled) < LEAST_PIXELS:
            return load_background()
        return refined(load_background(), np.minimum(self.sampled, 1), noise_of(self.sampled))


@contextmanager
def open_image(cube: MapCube, options: MapOptions, scratch: Path, progress: Progress) -> Iterator[ComparedImage]:
    """Read an image for all methods.

    Parameters
    ----------
    options
        The parameters of the map that the methods share.
    scratch
        A folder for the spectra; they need some 2 KB a pixel, 3 KB with a ratio.

    Raises
    ------
    InputError
        If no pixel has valid data, or none has neutral ground to be divided by.
    """
    scene, sizes = cube.scene, checked_sizes(options.scales)
    library = load_exemplars(options.exemplars)
    library = library.defaults() if options.classes is None else library.select(options.classes)
    ratio = choose_ratio(options.ratio, scene, max(sizes))
    frame = ratio.frame if ratio is not None else frame_of(scene, max(sizes))[0]
    blocks = split_lines(scene.lines, scene.samples, WAVELENGTHS_NM.size, max(sizes) // 2)
    i_f = _Cube.make(scratch / "i_f.bin", scene.lines, scene.samples)
    reflectance = i_f if ratio is None else _Cube.make(scratch / "reflectance.bin", scene.lines, scene.samples)
    over_continuum = _Cube.make(scratch / "over_continuum.bin", sum(block.halo_lines for block in blocks), scene.samples)

    def read(first: int, count: int) -> tuple[FloatArray, Optional[FloatArray]]:
        spectra, model = cube.on_grid(first, count)
        i_f.write(first, spectra)  # before the continuum is taken from them, in place
        return spectra, model

    valid = np.zeros((scene.lines, scene.samples), bool)
    views, left = open_views(ratio, read, cube.model is not None, progress)
    start = 0
    for block, view in read_ahead(blocks, views):
        left.check()
        over_continuum.write(start, view.mapped.spectra)
        start += block.halo_lines
        valid[block.first : block.first + block.lines] = np.isfinite(view.mapped.spectra[block.inner, :, 0])
        if view.ground is not None:
            spectra = i_f.read(block.first, block.lines)
            reflectance.write(block.first, spectra / straight_line(spectra) / view.ground[block.inner])
        done = block.first + block.lines
        left.report(done / scene.lines, f"read {done} of {scene.lines} lines")
    if not valid.any():
        why = "no pixel has neutral ground to be divided by; choose the ratio off" if ratio else "no pixel has valid data"
        raise InputError(f"{scene.path}: {why}; check the file and its no-data value")
    yield ComparedImage(cube, options, library, sizes, frame, ratio, tuple(blocks), valid, i_f, reflectance, over_continuum)


@dataclass(frozen=True)
class _Cube:
    """Spectra on disk, (lines, samples, 240) float32."""

    file: PixelFile
    samples: int

    @staticmethod
    def make(path: Path, lines: int, samples: int) -> _Cube:
        file = PixelFile(path, lines * samples, WAVELENGTHS_NM.size, np.float32)
        file.reserve()
        return _Cube(file, samples)

    def read(self, first: int, count: int) -> FloatArray:
        pixels = np.arange(first * self.samples, (first + count) * self.samples)
        return self.file.read(pixels).reshape(count, self.samples, -1)

    def write(self, first: int, spectra: FloatArray) -> None:
        pixels = np.arange(first * self.samples, first * self.samples + spectra.shape[0] * self.samples)
        self.file.write(pixels, spectra.reshape(pixels.size, -1))
