"""Bland ground from a user's own images, for a network that is to know it.

The blander half of an image, by the plugin's own model of ground, shows what its ground is. Pixels are averaged over small cells,
since noise is no ground; the simulator adds noise of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..background.files import load_background
from ..background.metric import absorption_of_ratio, ground_metric
from ..background.model import BackgroundModel, GroundStatistics, absorption_of_spectra, principal, second_moment
from ..errors import InputError
from ..files.names import PathLike
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.resampling import resampler_to_grid

#: Width of the cells, in pixels; most rows of them looked at in an image; most cells of all images together, and too few of them.
_CELL, _ROWS, _MOST, _LEAST = 5, 100, 20_000, 500

#: Other cells whose mean a cell is divided by.
_OTHERS = 7


def ground_of_images(images: Sequence[PathLike], *, seed: int = 0, progress: Optional[Progress] = None) -> BackgroundModel:
    """The model of the bland ground of some images.

    Parameters
    ----------
    images
        Images of I/F, corrected for the atmosphere, that tell their wavelengths.

    Raises
    ------
    InputError
        If an image cannot be read, does not cover the network's range, or all together show too little ground.
    """
    progress, rng = progress or Progress(), np.random.default_rng(seed)
    plain: list[FloatArray] = []
    ratioed: list[FloatArray] = []
    for number, image in enumerate(images):
        with open_scene(image) as scene:
            bland = _blander_half(_cells(scene, progress.part(number / len(images), (number + 1) / len(images))))
        bland = rng.permutation(bland)[: _MOST // len(images)]
        plain.append(bland)
        if len(bland) > _OTHERS:
            ratioed.append(_ratios(bland, rng))
    spectra, ratios = np.concatenate(plain), np.concatenate([*ratioed, np.empty((0, WAVELENGTHS_NM.size))])
    if len(ratios) < _LEAST:
        raise InputError(
            f"{', '.join(Path(image).name for image in images)}: {len(ratios):,} cells of {_CELL} × {_CELL} pixels with bland "
            f"ground, but {_LEAST:,} are needed; give more or larger images, or train on the plugin's own model of ground"
        )
    moment = (second_moment(absorption_of_spectra(spectra)) + second_moment(absorption_of_spectra(ratios))) / 2
    card = {"measured_on": [Path(image).name for image in images], "cells": len(spectra)}
    kinds = GroundStatistics.measured(spectra), GroundStatistics.measured(ratios)
    progress.info(f"ground: {len(spectra):,} cells of bland ground")
    usual = load_background()
    return BackgroundModel(*kinds, principal(moment), usual.rest, card, usual.residuals)


def _cells(scene: Scene, progress: Progress) -> FloatArray:
    """(n, 240) means of cells without missing pixels, in rows spread evenly over the image."""
    resample = resampler_to_grid(scene.axis, str(scene.path))
    last = max(scene.lines // _CELL - 1, 0)
    firsts = _CELL * np.unique(np.linspace(0, last, _ROWS).round().astype(int))
    columns = scene.samples // _CELL
    found = []
    for number, first in enumerate(firsts.tolist()):
        cube = resample(scene.read(first, min(_CELL, scene.lines), resample.bands))[:, : columns * _CELL]
        cells = cube.reshape(len(cube), columns, _CELL, -1).mean((0, 2))
        found.append(cells[np.isfinite(cells).all(1) & (cells > 0).all(1)])
        progress.report((number + 1) / len(firsts), f"ground of {scene.path.name}")
    return np.concatenate(found).astype(np.float64)


def _blander_half(spectra: FloatArray) -> FloatArray:
    if not len(spectra):
        return spectra
    absorptions = absorption_of_ratio(1 - absorption_of_spectra(spectra))
    length = ground_metric(load_background()).compare(absorptions, absorptions[:1])[0]
    return spectra[length <= np.median(length)]


def _ratios(spectra: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Each spectrum divided by the mean of some others of its image, which were brought to one brightness."""
    shapes = spectra / spectra.mean(1, keepdims=True)
    others = rng.integers(1, len(spectra), (len(spectra), _OTHERS)) + np.arange(len(spectra))[:, np.newaxis]  # never itself
    return spectra / np.mean([shapes[column % len(spectra)] for column in others.T], axis=0)
