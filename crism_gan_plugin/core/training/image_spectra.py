"""Training spectra from a user's own images, as in the paper (section 3.2).

The images are noise-free model cubes of a denoiser. The continuum of their spectra is removed, and flat ones are left out (section
3.2.2). Of the rest a balanced sample is kept, since otherwise common ground would hide the minerals that matter. Spectra that are
alike form a group. A common group gives no more spectra than fit, a rare one gives all, and the trainer draws every group equally
often.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..compute.matrix import matmul
from ..errors import InputError
from ..files.names import PathLike
from ..libraries.absorption import AbsorptionLibrary
from ..network.discriminator import derivative_matrix
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..rasters.blocks import Block, read_ahead, split_lines
from ..spectra.continuum import upper_hull
from ..spectra.grid import WAVELENGTHS_NM
from ..spectra.noise import noise_of_all
from ..spectra.ratio import FLAT
from ..spectra.resampling import resampler_to_grid

#: Fewer spectra than this are not enough to learn from; no more than that many are kept, whatever the number of images.
LEAST, MOST = 10_000, 50_000

#: Only spectra whose deepest and whose sharpest absorptions lie in the same so many channels (79 nm) can be one group.
_WIDTH = 12

#: Broad bands and slopes are what is left after this Gaussian, in channels; sharp absorptions stand out above it.
_BROAD_SIGMA = 12.0

#: Cosine of derivatives above which spectra are alike; groups at most with absorptions at one place.
_ALIKE, _GROUPS = 0.95, 32

#: Noise on a ratio above which a cube is hardly a model: real images have 0.002 and more.
_NOISY = 5e-4


def sample_images(
    images: Sequence[PathLike], *, seed: int = 0, most: int = MOST, progress: Optional[Progress] = None
) -> AbsorptionLibrary:
    """A balanced sample of the absorption spectra of noise-free images.

    Memory does not grow with the size or number of the images. The same images and seed give the same sample.

    Parameters
    ----------
    images
        Model cubes, I/F, that tell their wavelengths.
    most
        Spectra to keep at most.

    Returns
    -------
    Absorption spectra; the "mineral" of each is its group.

    Raises
    ------
    InputError
        If an image cannot be read, does not cover the network's range, or all together have fewer than `LEAST` spectra with
        absorptions.
    """
    progress = progress or Progress()
    sample, groups = _BalancedSample(most), _AlikeGroups()
    for number, image in enumerate(images):
        with open_scene(image) as scene:
            _sample_scene(scene, groups, sample, (seed, number), progress.part(number / len(images), (number + 1) / len(images)))
    if sample.seen < LEAST:
        raise InputError(
            f"{', '.join(Path(image).name for image in images)}: {sample.seen:,} spectra with absorptions, but training needs "
            f"{LEAST:,}; give more or larger images, or leave images out and train with spectral libraries"
        )
    kept = f"{len(sample.groups):,} kept, in {np.unique(sample.groups).size:,} groups"
    progress.info(f"images: {sample.seen:,} spectra with absorptions; {kept}")
    return AbsorptionLibrary(sample.spectra, tuple(f"image group {group}" for group in sample.groups))


def _sample_scene(scene: Scene, groups: _AlikeGroups, sample: _BalancedSample, seed: tuple[int, int], progress: Progress) -> None:
    resample = resampler_to_grid(scene.axis, str(scene.path))
    blocks = split_lines(scene.lines, scene.samples, WAVELENGTHS_NM.size)

    def read(block: Block) -> FloatArray:
        return scene.read(block.first, block.lines, resample.bands)

    noise = []
    for block, cube in read_ahead(blocks, read):
        spectra = resample(cube).reshape(-1, WAVELENGTHS_NM.size)
        spectra = spectra[np.isfinite(spectra).all(1)]
        ratio = spectra / upper_hull(spectra, WAVELENGTHS_NM)
        ratio = ratio[ratio.min(1) <= FLAT]
        noise.append(noise_of_all(ratio))
        absorption = -np.log(np.clip(ratio, 1e-3, 1))
        sample.add(absorption, groups.of(absorption), np.random.default_rng([*seed, block.first]).random(len(absorption)))
        progress.report((block.first + block.lines) / scene.lines, f"sampling {scene.path.name}")
    if np.nanmedian([*noise, 0.0]) > _NOISY:
        progress.warn(
            f"{scene.path.name}: looks noisy; the network learns minerals best from a denoiser's noise-free model of the image"
        )


class _BalancedSample:
    """A uniform sample of each group, of the same size for all that have so many, within a fixed amount of memory.

    Every spectrum comes with a random key; those of the smallest keys stay (bottom-k sampling, Cohen and Kaplan 2007).
    """

    def __init__(self, most: int) -> None:
        self.seen = 0
        self.spectra = np.empty((0, WAVELENGTHS_NM.size), np.float32)
        self.groups = np.empty(0, int)
        self._keys = np.empty(0)
        self._most = self._room = most

    def add(self, spectra: FloatArray, groups: IntArray, keys: FloatArray) -> None:
        self.seen += len(spectra)
        groups, keys = np.concatenate([self.groups, groups]), np.concatenate([self._keys, keys])
        order = np.lexsort((keys, groups))
        rank = np.empty(order.size, int)  # of each key within its group
        ordered = groups[order]
        rank[order] = np.arange(order.size) - np.searchsorted(ordered, ordered)
        if order.size > self._most:
            sizes = np.bincount(rank).cumsum()  # how many stay, were there room for 1, 2, … spectra in each group
            self._room = min(self._room, int(np.searchsorted(sizes, self._most, "right")))
        stays = np.flatnonzero(rank < self._room)
        self.spectra = np.concatenate([self.spectra, spectra])[stays]
        self.groups, self._keys = groups[stays], keys[stays]


class _AlikeGroups:
    """Groups of like spectra, which are founded as spectra come: a spectrum that is like no founder so far founds the next group.

    Spectra are compared only with founders whose absorptions lie at the same place.
    """

    def __init__(self) -> None:
        self._founders: dict[int, tuple[FloatArray, FloatArray]] = {}
        self._count = 0

    def of(self, absorption: FloatArray) -> IntArray:
        """(n,) the number of each spectrum's group."""
        directions = matmul(absorption, derivative_matrix())
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        places, groups = _place(absorption), np.empty(len(absorption), int)
        for place in np.unique(places):
            members = np.flatnonzero(places == place)
            groups[members] = self._at(int(place), directions[members])
        return groups

    def _at(self, place: int, directions: FloatArray) -> IntArray:
        founders, numbers = self._founders.get(place, (np.empty((0, WAVELENGTHS_NM.size), np.float32), np.empty(0, int)))
        cosines = directions @ founders.T
        while len(numbers) < _GROUPS and (alone := cosines.max(1, initial=-1) < _ALIKE).any():
            founder = directions[alone.argmax()]
            founders, numbers = np.vstack([founders, founder]), np.append(numbers, self._count)
            cosines = np.hstack([cosines, (directions @ founder)[:, np.newaxis]])
            self._count += 1
        self._founders[place] = founders, numbers
        return numbers[cosines.argmax(1)]


def _place(absorption: FloatArray) -> IntArray:
    """(n,) a number for where the deepest and where the sharpest absorption lies."""
    channel = np.arange(WAVELENGTHS_NM.size)
    broad = np.exp(-0.5 * ((channel[:, None] - channel) / _BROAD_SIGMA) ** 2)
    sharp = absorption - matmul(absorption, (broad / broad.sum(0)).astype(absorption.dtype))
    return absorption.argmax(1) // _WIDTH * channel.size + sharp.argmax(1) // _WIDTH
