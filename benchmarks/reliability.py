"""Do decoys tell how many detections are false? A section of `worth.py`.

Scenes with truth, of 100 x 100 pixels: bland ground, and on it patches of 1, 3 or 5 pixels of 1, 5 or 21 default classes (MICA's
ratios, in shares of 1, 1/2 and 1/4), seen with noise, stripes and spikes at a signal to noise of 50 to 400. Ground is one of
MICA's 31 denominators, of brightness +- 15 % and slope +- 3 %, or is drawn from the statistics of the polygons around Argyre.
Ratioed scenes are divided by the median of each column. Denoised ones went through the shipped denoiser. A detection is *false*
where no mineral was planted within two pixels. A name other than that of the mineral there is a confusion, which decoys do not
tell of, and no false detection. A cell is a class in a scene, with 50 detections or more. Mafic classes are counted apart: this
ground is mafic, so what is false there is not known.

How decoys are made and matched was settled on scenes of other seeds, on drawn ground and each second of the denominators.

    python3 benchmarks/reliability.py [--scenes KIND ...]

prints the tables of some kinds of scenes alone: the first 13 denominators and drawn ground, the other 18, denoised. All of them
take half an hour of one core.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Optional

import numpy as np
from denoised_ground import class_ratio
from labelled_ground import BLAND, FINE_NM, RIGHT, VIEWS, denominators, read_ground
from mapping import MAFIC
from measure import table
from scipy.ndimage import binary_dilation, gaussian_filter, gaussian_filter1d

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.denoise import Settings, denoise_columns, surface_library
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.mapping.competition import Competition, Reliability
from crism_gan_plugin.core.mapping.levels import NOTHING, Detection
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.reliability import FalseShare
from crism_gan_plugin.core.simulation.spectra import detector_for
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.ratio import Ratio, remove_grid_continuum
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

SIZE = 100
CELL = 10
SNR = (50, 100, 200, 400)
MINERALS = (1, 5, 21)
SCENE_VIEWS = ("plain", "ratioed")
SHARES, WIDTHS = (1.0, 0.5, 0.25), (1, 3, 5)

#: Name of ground that is drawn, and how many scenes of it there are at each signal to noise, in each view.
DRAWN, DRAWS = "drawn", 3

#: The denominators in alphabetical order are looked at in two parts; so many are the first.
DENOMINATORS = 13

#: Share of the scene's cells that have a patch.
COVER = 0.5

#: Of all grounds x signals to noise x views, so many-th is made.
EVERY = 5

#: Scenes that are denoised: of drawn ground, and of each so many-th denominator.
DENOISED, DENOISED_DRAWS, DENOISED_EVERY = "denoised", 2, 8

#: Nearer to a patch than this, the map's 5 x 5 mean sees it.
RIM = 2

#: A cell has so many detections.
LEAST = 50

FIRST_SEED = 7000


@dataclass(frozen=True)
class Scene:
    """An image as the mapping sees it, and (lines, samples) the place of the mineral in each pixel, or -1."""

    ratio: Ratio
    mineral: np.ndarray


@dataclass(frozen=True)
class Cell:
    """A class in a scene: what was found, what of it is false or another mineral, and the estimate, with its low and high ends."""

    scene: str
    view: str
    name: str
    found: int
    false: int
    confused: int
    told: Optional[tuple[float, float, float]]

    @property
    def true_share(self) -> float:
        return self.false / self.found

    @property
    def is_within(self) -> bool:
        assert self.told is not None
        return self.told[1] <= self.true_share <= self.told[2]

    @property
    def is_far_above(self) -> bool:
        assert self.told is not None
        return self.true_share > 2 * self.told[2]


def _smooth(rng: np.random.Generator, width: float) -> np.ndarray:
    field = gaussian_filter(rng.normal(size=(SIZE, SIZE)), width, mode="wrap")
    return field[..., np.newaxis] / field.std()


def log_ground(name: str, rng: np.random.Generator) -> np.ndarray:
    """(lines, samples, 240) ln I/F of bland ground, but for its brightness."""
    position = np.linspace(-1, 1, WAVELENGTHS_NM.size)
    if name == DRAWN:
        bland = load_background().plain
        variations = np.concatenate([_smooth(rng, 8) for _ in range(10)], -1)
        shape = bland.mean + variations @ bland.components[:10]
    else:
        spectrum = gaussian_filter1d(denominators()[name], 1.5)
        shape = np.log(np.interp(WAVELENGTHS_NM, FINE_NM, spectrum / spectrum.mean())) + 0.03 * _smooth(rng, 6) * position
    return shape + 0.15 * _smooth(rng, 3) + 0.01 * rng.normal(size=(SIZE, SIZE, 1)) * position


def type_ratio(name: str, rng: np.random.Generator) -> np.ndarray:
    """(240,) a class's type spectrum over neutral ground."""
    return np.interp(WAVELENGTHS_NM, FINE_NM, class_ratio(name))


def make_cube(
    ground: str,
    minerals: int,
    snr: float,
    library: ExemplarLibrary,
    seed: int,
    ratio_of: Callable[[str, np.random.Generator], np.ndarray] = type_ratio,
) -> tuple[np.ndarray, np.ndarray]:
    """I/F on the network's grid, and (lines, samples) the place of the mineral; ``minerals`` are drawn among the library's classes.

    ``ratio_of`` gives what a patch of a class is, over the ground below it.
    """
    rng = np.random.default_rng(seed)
    clean = 0.2 * np.exp(log_ground(ground, rng))
    place = np.full((SIZE, SIZE), -1)
    known = [k for k, name in enumerate(library.class_names) if "mixture" not in name]
    chosen = rng.choice(known, minerals, replace=False)
    cells = rng.permutation((SIZE // CELL) ** 2)[: round(COVER * (SIZE // CELL) ** 2)]
    for number, cell in enumerate(cells if minerals else ()):
        width, mineral = int(rng.choice(WIDTHS)), chosen[number % minerals]
        line, sample = (int(each) * CELL + int(rng.integers(CELL - width)) for each in divmod(cell, SIZE // CELL))
        patch = slice(line, line + width), slice(sample, sample + width)
        place[patch] = mineral
        clean[patch] *= ratio_of(library.class_names[mineral], rng) ** rng.choice(SHARES)
    detector = detector_for(WAVELENGTHS_NM, SIZE, seed)
    noise = detector.noise / np.median(detector.noise) / snr * rng.normal(size=clean.shape)
    spikes = np.where(rng.random(clean.shape) < 3e-4, 1 + 0.08 * rng.normal(size=clean.shape), 1)
    resample = resampler_to_grid(SpectralAxis(WAVELENGTHS_NM))
    return resample((clean * (detector.gain + noise) * spikes).astype(np.float32)[..., resample.bands]), place


def make_scene(ground: str, minerals: int, snr: float, view: str, library: ExemplarLibrary, seed: int) -> Scene:
    """One scene, made by `make_cube`."""
    cube, place = make_cube(ground, minerals, snr, library, seed)
    if view == DENOISED:
        columns = np.broadcast_to(WAVELENGTHS_NM, cube.shape[1:])
        found = denoise_columns(cube, columns, [], surface_library(), Settings(corrected=True), device="cpu")
        return Scene(remove_grid_continuum(found.corrected, found.model), place)
    if view == "ratioed":
        cube /= np.median(cube / cube.mean(-1, keepdims=True), axis=0)
    return Scene(remove_grid_continuum(cube), place)


def compete(mapper: ScaleMapper, ratio: Ratio) -> tuple[Detection, Reliability]:
    """The map of an image, and what it is worth."""
    pixels = ratio.spectra.reshape(-1, WAVELENGTHS_NM.size)
    own = mapper.for_image(pixels[:: max(1, len(pixels) // 4000)])
    competition = Competition(own, len(pixels))
    found = competition(ratio, slice(0, len(ratio.spectra)))
    return found, competition.reliability()


def cells_of(mapper: ScaleMapper, scene: Scene, name: str, view: str, least: int = LEAST) -> Iterator[Cell]:
    """The cells of one scene."""
    found, worth = compete(mapper, scene.ratio)
    near_any = binary_dilation(scene.mineral >= 0, np.ones((3, 3)), RIM).ravel()
    for place, mineral in enumerate(mapper.matcher.library.class_names):
        there = (found.mineral == place) & (found.level > NOTHING)
        if np.count_nonzero(there) < least:
            continue
        near = binary_dilation(scene.mineral == place, np.ones((3, 3)), RIM).ravel()
        share = worth.shares[place][2]
        found_there, false, confused = (int(each.sum()) for each in (there, there & ~near_any, there & near_any & ~near))
        yield Cell(name, view, mineral, found_there, false, confused, _told(share))


def conditions() -> dict[str, list[tuple[int, str, float, str, int]]]:
    """By kind of scenes: seed, ground, signal to noise, view, and number of minerals of each."""
    grounds = [*[DRAWN] * DRAWS, *sorted(denominators())]
    first = (DRAWS + DENOMINATORS) * len(SNR) * len(SCENE_VIEWS)
    kinds: dict[str, list[tuple[int, str, float, str, int]]] = {"first": [], "others": []}
    for number, (ground, snr, view) in enumerate(product(grounds, SNR, SCENE_VIEWS)):
        if number % EVERY == 0:
            minerals = MINERALS[(number // EVERY) % len(MINERALS)]
            kinds["first" if number < first else "others"].append((FIRST_SEED + number, ground, snr, view, minerals))
    some = [*[DRAWN] * DENOISED_DRAWS, *sorted(denominators())[::DENOISED_EVERY]]
    kinds[DENOISED] = [
        (2 * FIRST_SEED + number, ground, SNR[number % len(SNR)], DENOISED, MINERALS[1 + number % 2])
        for number, ground in enumerate(some)
    ]
    return kinds


def all_cells(mapper: ScaleMapper, kinds: Sequence[str]) -> Iterator[Cell]:
    """The cells of all scenes of some kinds. What a scene has is told to stderr."""
    scenes = [scene for kind, of_kind in conditions().items() if kind in kinds for scene in of_kind]
    for done, (seed, ground, snr, view, minerals) in enumerate(scenes, 1):
        scene = make_scene(ground, minerals, snr, view, mapper.matcher.library, seed)
        cells = list(cells_of(mapper, scene, f"{ground}, {minerals} minerals, SNR {snr}", view))
        print(f"scene {done} of {len(scenes)}", *cells, sep="\n", file=sys.stderr, flush=True)
        yield from cells


def labelled_cells(mapper: ScaleMapper) -> list[Cell]:
    """The polygons around Argyre as an image of single pixels; all bland ones, and those with a label of a mafic mineral."""
    ground, one = read_ground(), ScaleMapper(mapper.matcher, mapper.thresholds, (1,), decoys=mapper.decoys)
    right = {label: np.isin(mapper.matcher.library.class_names, classes) for label, classes in RIGHT.items()}
    cells = []
    for view in VIEWS:
        rows = ground.known(view) & (ground.is_bland | np.isin(ground.labels, list(RIGHT)))
        found, worth = compete(one, Ratio(ground.continuum_removed[view][rows][np.newaxis].astype(np.float32), None))
        labels = ground.labels[rows]
        for place, name in enumerate(mapper.matcher.library.class_names):
            there = (found.mineral == place) & (found.level > NOTHING)
            if not there.any():
                continue
            of_class = np.array([label != BLAND and right[label][place] for label in labels])
            share = worth.shares[place][2]
            bland, other = there & (labels == BLAND), there & (labels != BLAND) & ~of_class
            cells.append(Cell("Argyre", view, name, int(there.sum()), int(bland.sum()), int(other.sum()), _told(share)))
    return cells


def _told(share: Optional[FalseShare]) -> Optional[tuple[float, float, float]]:
    return None if share is None else (share.share, share.low, share.high)


def kind_of(cell: Cell) -> str:
    ground = "drawn ground" if cell.scene.startswith(DRAWN) else "denominators"
    return f"{ground}, {'mafic' if cell.name in MAFIC else 'other'} classes"


def summary(cells: Sequence[Cell]) -> str:
    """A row for each kind of cell."""
    rows = []
    for kind, view in sorted({(kind_of(cell), cell.view) for cell in cells}):
        those = [cell for cell in cells if (kind_of(cell), cell.view) == (kind, view)]
        told = [cell for cell in those if cell.told is not None]
        mute = [cell for cell in those if cell.told is None]
        rows.append(
            [
                kind,
                view,
                len(those),
                len(told),
                f"{sum(cell.is_within for cell in told)} of {len(told)}",
                sum(cell.is_far_above for cell in told),
                f"{np.mean([cell.true_share > 0.5 for cell in mute]):.0%}" if mute else "",
            ]
        )
    titles = ["ground", "view", "cells", "told", "true share in the interval", "above twice its end", "not told: mostly false"]
    return table(titles, rows)


def outside(cells: Sequence[Cell]) -> str:
    """The cells whose true share is outside of its interval."""
    rows = [
        [cell.scene, cell.view, cell.name, cell.found, f"{cell.true_share:.3f}", *(f"{each:.3f}" for each in cell.told)]
        for cell in cells
        if cell.told is not None and not cell.is_within
    ]
    return table(["scene", "view", "class", "found", "false, true share", "estimate", "low", "high"], rows)


def of_polygons(cells: Sequence[Cell]) -> str:
    rows = [
        [cell.view, cell.name, cell.found, cell.false, cell.confused]
        + ([f"{each:.3f}" for each in cell.told] if cell.told else ["not told", "", ""])
        for cell in cells
    ]
    return table(["view", "class", "found", "on bland", "on another mafic label", "estimate", "low", "high"], rows)


def report(kinds: Optional[Sequence[str]] = None) -> str:
    """The tables, in Markdown; of some kinds of scenes alone, if they are given."""
    mapper = mapper_for(MapOptions(reliability=True, engine="numpy"))
    cells = list(all_cells(mapper, kinds or list(conditions())))
    return "\n\n".join([summary(cells), outside(cells), *([] if kinds else [of_polygons(labelled_cells(mapper))])])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", nargs="+", choices=list(conditions()), help="all by default")
    print(report(parser.parse_args().scenes))
