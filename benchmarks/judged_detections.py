"""Detections of which it is known whether they are right: what probabilities are fitted to, and what they are judged by.

Scenes are those of `reliability.py`, of 100 x 100 pixels, with 0, 1, 5 or 21 default minerals. A patch is MICA's ratio of its
class, or, in half of the cases where there is one, a laboratory specimen of the USGS library 06, made as deep. Each scene is mapped
as it is, and ratioed by the median of its columns. A detection is right where the mineral was planted in that very pixel. Ground is
one of MICA's 31 denominators, or is drawn from the statistics of the polygons around Argyre. Denominators are mafic ground: what
maps find of mafic minerals there is neither right nor wrong, and is left out.

Polygons around Argyre are mapped as single pixels, plain and ratioed, with a background model measured on other tiles' bland ones.
Only mafic and bland ones have labels. The network has seen statistics of all of them.

What judges is never fitted: each third denominator, each third tile, every other specimen, and drawn scenes of other seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Callable, Optional

import numpy as np
from labelled_ground import RIGHT, VIEWS, bland_of, denominators, measure_background, read_ground, tile_folds
from mapping import MAFIC
from reliability import DRAWN, SIZE, SNR, make_cube, type_ratio
from training_spectra import USGS_06

from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.libraries.minerals import mineral_of
from crism_gan_plugin.core.mapping.agreement import compare
from crism_gan_plugin.core.mapping.levels import NOTHING, Detection
from crism_gan_plugin.core.mapping.neutral_ratio import ColumnViews
from crism_gan_plugin.core.mapping.probable import how_found
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.neutral import Frame
from crism_gan_plugin.core.neutral.frame import gap_of
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.rasters.blocks import Block
from crism_gan_plugin.core.reliability.probability import DetectionSigns
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.ratio import Ratio

FITTED, JUDGED = "fitted", "judged"

MINERALS = (0, 1, 5, 21)

#: Of drawn ground, scenes of each signal to noise.
DRAWN_SCENES = {FITTED: 6, JUDGED: 3}

FIRST_SEED = {FITTED: 21000, JUDGED: 31000}

#: Each third denominator judges, from the second on; likewise tiles, from the third on, which have a third of the polygons.
EVERY, FIRST, FIRST_TILE = 3, 1, 2

#: So many detections of a class in a scene are kept, drawn at random.
MOST = 300

#: What a tile's name begins with, as a scene's.
TILE = "tile "

PLAGIOCLASE = "plagioclase"


@dataclass(frozen=True)
class KnownDetections:
    """Detections; arrays are (n,).

    Attributes
    ----------
    scene
        Name of the scene or tile.
    mineral
        The class's place among the defaults.
    score, lead, noise, size, kind
        As in `DetectionSigns`.
    right
        Whether the mineral is there.
    weight
        How many detections of the scene each stands for.
    """

    scene: np.ndarray
    mineral: np.ndarray
    score: np.ndarray
    lead: np.ndarray
    noise: np.ndarray
    size: np.ndarray
    kind: np.ndarray
    right: np.ndarray
    weight: np.ndarray

    @property
    def found(self) -> DetectionSigns:
        return DetectionSigns(self.score, self.lead, self.noise, self.size, self.kind)

    @property
    def of_mars(self) -> np.ndarray:
        """(n,) bool: whether it lies on real ground."""
        return np.char.startswith(self.scene, TILE)

    def only(self, rows: np.ndarray) -> KnownDetections:
        return KnownDetections(*(getattr(self, each.name)[rows] for each in fields(self)))


def all_judged(mapper: ScaleMapper, part: str) -> KnownDetections:
    """All detections of one part, `FITTED` or `JUDGED`."""
    parts = [*polygons(mapper, part), *scenes(mapper, part)]
    return KnownDetections(*(np.concatenate([getattr(each, column.name) for each in parts]) for column in fields(KnownDetections)))


def belongs(number: int, part: str, first: int = FIRST) -> bool:
    """Whether the denominator or tile with this number, in alphabetical order, belongs to a part."""
    return (number % EVERY == first) == (part == JUDGED)


@lru_cache(maxsize=1)
def specimens() -> dict[str, list[np.ndarray]]:
    """Class → (240,) -ln of its laboratory specimens' continuum-removed reflectance."""
    library = read_envi_library(USGS_06, mineral_of=mineral_of)
    found: dict[str, list[np.ndarray]] = {}
    for name, absorption in zip(library.minerals, library.absorption):
        found.setdefault(name, []).append(absorption)
    return found


def patches_of(part: str) -> Callable[[str, np.random.Generator], np.ndarray]:
    """What patches of a class are: its type spectrum, or one of every other specimen."""

    def ratio_of(name: str, rng: np.random.Generator) -> np.ndarray:
        typical = type_ratio(name, rng)
        own = specimens().get(name, [])[part == JUDGED :: 2]
        if not own or rng.random() < 0.5:
            return typical
        absorption = own[int(rng.integers(len(own)))]
        depth = np.log(np.quantile(typical, 0.95)) - np.log(typical[5:-5].min())
        return np.exp(-absorption * depth / absorption.max())

    return ratio_of


def views_of(cube: np.ndarray, mapper: ScaleMapper) -> tuple[Ratio, Ratio]:
    """A scene's spectra, plain and ratioed, as a map has them (RATIO = column)."""

    def read(first: int, count: int) -> tuple[np.ndarray, None]:
        return cube[first : first + count].copy(), None

    views = ColumnViews(read, Frame(SIZE, SIZE, True, gap_of(max(mapper.sizes))), False, Progress())(Block(0, SIZE, 0, SIZE))
    assert views.ratioed is not None
    return views.plain, views.ratioed


def judged(
    scene: str,
    ratio: Ratio,
    found: Detection,
    agreement: Optional[np.ndarray],
    right: np.ndarray,
    known: np.ndarray,
    rng: np.random.Generator,
) -> KnownDetections:
    """The detections of one scene among the pixels ``known``."""
    rows = np.flatnonzero((found.level > NOTHING) & known)
    weight, kept = np.ones(len(found.level)), [rows[:0]]
    for mineral in np.unique(found.mineral[rows]):
        those = rows[found.mineral[rows] == mineral]
        some = those if len(those) <= MOST else rng.permutation(those)[:MOST]
        weight[some] = len(those) / len(some)
        kept.append(some)
    rows = np.concatenate(kept)
    how = how_found(found, ratio, slice(0, len(ratio.spectra)), agreement, rows)
    name, mineral = np.full(len(rows), scene), found.mineral[rows]
    return KnownDetections(name, mineral, how.score, how.lead, how.noise, how.size, how.kind, right[rows], weight[rows])


def scenes(mapper: ScaleMapper, part: str) -> Iterator[KnownDetections]:
    """The detections of each simulated scene, plain, then ratioed."""
    grounds = [name for number, name in enumerate(sorted(denominators())) if belongs(number, part)]
    wanted = [(ground, snr) for ground in [*grounds, *[DRAWN] * DRAWN_SCENES[part]] for snr in SNR]
    names = np.array(mapper.matcher.library.class_names)
    for number, (ground, snr) in enumerate(wanted):
        minerals = MINERALS[(number + number // len(SNR)) % len(MINERALS)]
        seed = FIRST_SEED[part] + number
        cube, place = make_cube(ground, minerals, snr, mapper.matcher.library, seed, patches_of(part))
        plain, ratioed = views_of(cube, mapper)
        own = mapper.for_image(plain.spectra.reshape(-1, WAVELENGTHS_NM.size)[::2])
        found = [own(ratio, slice(0, SIZE)) for ratio in (plain, ratioed)]
        name, rng = f"{ground} {number}, {minerals} minerals, SNR {snr}", np.random.default_rng(seed)
        for ratio, each, agreement in zip((plain, ratioed), found, (None, compare(*found))):
            known = (ground == DRAWN) | ~np.isin(names[each.mineral], MAFIC)
            yield judged(name, ratio, each, agreement, each.mineral == place.ravel(), known, rng)


def polygons(mapper: ScaleMapper, part: str) -> Iterator[KnownDetections]:
    """The detections of each tile's labelled polygons, plain, then ratioed."""
    ground, rng = read_ground(), np.random.default_rng(FIRST_SEED[part])
    folds, names = tile_folds(ground.tiles), np.array(mapper.matcher.library.class_names)
    labelled = ground.is_bland | np.isin(ground.labels, [*RIGHT, PLAGIOCLASE])
    right = np.array([np.isin(names, RIGHT.get(label, ())) for label in ground.labels])
    tiles = [tile for number, tile in enumerate(sorted(set(ground.tiles))) if belongs(number, part, FIRST_TILE)]
    for tile in tiles:
        own = ground.tiles == tile
        background = measure_background(bland_of(ground, folds != folds[own][0]))
        one = ScaleMapper(replace(mapper.matcher, background=background), mapper.thresholds, (1,), confirms=True)
        found: list[Detection] = []
        for view in VIEWS:
            there = own & labelled & ground.known(view)
            spectra = np.where(there[:, np.newaxis], ground.continuum_removed[view], np.nan)
            ratio = Ratio(spectra[np.newaxis].astype(np.float32), None)
            found.append(one(ratio, slice(0, 1)))
            is_right = right[np.arange(len(right)), found[-1].mineral]
            yield judged(f"{TILE}{tile}", ratio, found[-1], compare(*found) if len(found) > 1 else None, is_right, there, rng)
