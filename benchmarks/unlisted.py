"""Is an absorption that no class lists said to be one? A section of `worth.py`.

Scenes with truth as in `reliability.py`, each with all classes that have a type spectrum: the first 13 of MICA's denominators in
alphabetical order, and drawn ground. Each default class in turn is left out of the library. Its *clear* pixels are those that the
whole library names rightly, as a guess or better. They should become unlisted or nothing, and must not be identified as a mineral
of another family. Bland ground is what lies more than two pixels from any planted mineral, and the polygons around Argyre that
geologists labelled bland, as single pixels.

What stands out, and by how much, was settled on scenes of other seeds: drawn ground, and denominators that are not among the 13.

    python3 benchmarks/unlisted.py

prints one table alone, in seconds: how like each class is to the best of the others, and what stands out once that is taken away.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle

import numpy as np
from labelled_ground import RIGHT, VIEWS, denominators, read_ground
from measure import table
from reliability import DENOMINATORS, DRAWN, RIM, SCENE_VIEWS, SNR, Scene, make_scene, type_ratio
from scipy.ndimage import binary_dilation

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import GroundMetric, ground_metric
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.mapping.levels import ARTEFACT, GUESS, IDENTIFICATION, NOTHING, UNLISTED, Detection
from crism_gan_plugin.core.mapping.merge import merge_scales
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.mapping.unlisted import Everything, UnlistedSearch
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.spectra.noise import noise_of
from crism_gan_plugin.core.spectra.ratio import Ratio, remove_grid_continuum
from crism_gan_plugin.core.unlisted.standing import left_by, strengths_of

FIRST_SEED = 9000
DRAWS = 3

#: Signal to noise of a pixel, and draws of noise, of the table of lookalikes.
LOOKED_AT, LOOKS = 100, 40

#: Codes of each family of minerals: confusions within one matter less.
FAMILIES = (
    ("mafic", {1, 2, 3, 4, 5, 28}),
    ("carbonate", {6, 7}),
    ("sulfate", set(range(8, 15))),
    ("Al-OH", set(range(15, 19))),
    ("Fe/Mg-OH", set(range(19, 26))),
    ("silica, zeolite", {26, 27}),
    ("other", set(range(29, 33))),
)

#: What becomes of a clear pixel.
UNLISTED_NOW, NOTHING_NOW = "unlisted", "nothing"
ENDS = (UNLISTED_NOW, NOTHING_NOW, "guess, family", "guess, other", "identified, family", "identified, other")


@dataclass(frozen=True)
class Taken:
    """Pixels that should not be unlisted: where, how many, how many of them are, and how many are artefacts."""

    where: str
    pixels: int
    unlisted: int
    artefacts: int

    @staticmethod
    def of(where: str, chosen: np.ndarray, marks: np.ndarray) -> Taken:
        return Taken(
            where, *(int(np.count_nonzero(each)) for each in (chosen, chosen & (marks == UNLISTED), chosen & (marks == ARTEFACT)))
        )


def family_of(code: int) -> str:
    return next(name for name, codes in FAMILIES if code in codes)


def without(library: ExemplarLibrary, name: str) -> ExemplarLibrary:
    """A library without a class."""
    return library.select([other for other in library.class_names if other != name])


def search_of(mapper: ScaleMapper, whole: ExemplarLibrary, samples: int) -> UnlistedSearch:
    return UnlistedSearch(mapper, Everything.of(mapper, whole), True, True, samples, False)


def scenes(library: ExemplarLibrary) -> Iterator[tuple[str, Scene]]:
    """All scenes, each with its name."""
    count = len([name for name in library.class_names if "mixture" not in name])
    conditions = cycle([(snr, view) for snr in SNR for view in SCENE_VIEWS])
    for number, ground in enumerate([*[DRAWN] * DRAWS, *sorted(denominators())[:DENOMINATORS]]):
        snr, view = next(conditions)
        yield f"{ground}, SNR {snr}, {view}", make_scene(ground, count, snr, view, library, FIRST_SEED + number)


def image_mapper(mapper: ScaleMapper, ratio: Ratio) -> ScaleMapper:
    pixels = ratio.spectra.reshape(-1, ratio.spectra.shape[-1])
    return mapper.for_image(pixels[:: max(1, len(pixels) // 4000)])


def left_out(own: ScaleMapper, scene: Scene, name: str, scores: list[np.ndarray], full: Detection) -> Counter[str]:
    """What becomes of a class's clear pixels without it."""
    library, whole = own.matcher.library, load_exemplars()
    place = library.class_names.index(name)
    clear = (scene.mineral.ravel() == place) & (full.mineral == place) & (full.level > NOTHING)
    if not clear.any():
        return Counter()
    kept, rows = np.arange(len(library.classes)) != place, library.class_index != place
    thresholds = replace(own.thresholds, guess=own.thresholds.guess[kept], identification=own.thresholds.identification[kept])
    mapper = replace(own, matcher=replace(own.matcher, library=without(library, name)), thresholds=thresholds)
    inner = slice(0, len(scene.mineral))
    sized = zip(scores, own.sizes)
    found = merge_scales([mapper.judged(each[:, rows], scene.ratio, size, inner) for each, size in sized])
    marks = search_of(mapper, without(whole, name), scene.mineral.shape[1])(scene.ratio, inner, found, 0)
    codes = [mineral.code for mineral in mapper.matcher.library.classes]
    family = family_of(library.classes[place].code)
    ends: Counter[str] = Counter()
    for pixel in np.flatnonzero(clear):
        level = found.level[pixel]
        if marks[pixel] == UNLISTED:
            ends[UNLISTED_NOW] += 1
        elif level == NOTHING:
            ends[NOTHING_NOW] += 1
        else:
            same = family_of(codes[found.mineral[pixel]]) == family
            ends[f"{'identified' if level == IDENTIFICATION else 'guess'}, {'family' if same else 'other'}"] += 1
    return ends


def all_left_out(mapper: ScaleMapper) -> tuple[dict[str, Counter[str]], list[Taken], list[Taken]]:
    """By class, what becomes of its clear pixels; bland ground; and what becomes of right names with the whole library."""
    library = mapper.matcher.library
    ends: dict[str, Counter[str]] = {name: Counter() for name in library.class_names}
    bland: list[Taken] = []
    named: list[Taken] = []
    for name, scene in scenes(library):
        own, inner = image_mapper(mapper, scene.ratio), slice(0, len(scene.mineral))
        scores = [own.scores(scene.ratio, size, inner) for size in own.sizes]
        full = merge_scales([own.judged(each, scene.ratio, size, inner) for each, size in zip(scores, own.sizes)])
        far = ~binary_dilation(scene.mineral >= 0, np.ones((3, 3)), RIM).ravel()
        marks = search_of(own, load_exemplars(), scene.mineral.shape[1])(scene.ratio, inner, full, 0)
        bland.append(Taken.of(name, far, marks))
        right = (scene.mineral.ravel() == full.mineral) & (scene.mineral.ravel() >= 0)
        named.append(Taken.of("right guesses", right & (full.level == GUESS), marks))
        for place, each in enumerate(library.class_names):
            sure = right & (full.level == IDENTIFICATION) & (full.mineral == place)
            named.append(Taken.of(f"right identifications: {each}", sure, marks))
        for each in library.class_names:
            ends[each] += left_out(own, scene, each, scores, full)
    return ends, bland, named


def labelled(mapper: ScaleMapper) -> list[Taken]:
    """The polygons around Argyre: bland ones, and those whose label a guess or an identification names."""
    ground, found = read_ground(), []
    for view in VIEWS:
        rows = ground.known(view) & (ground.labels != "")
        ratio = Ratio(ground.continuum_removed[view][rows][np.newaxis].astype(np.float32), None)
        own = replace(image_mapper(mapper, ratio), sizes=(1,))
        full = own(ratio, slice(0, 1))
        marks = search_of(own, load_exemplars(), int(rows.sum()))(ratio, slice(0, 1), full, 0)
        names = np.array(own.matcher.library.class_names)[np.maximum(full.mineral, 0)]
        right = np.array([name in RIGHT.get(label, ()) for name, label in zip(names, ground.labels[rows])])
        found.append(Taken.of(f"bland polygons around Argyre, {view}", ground.is_bland[rows], marks))
        for level, said in ((GUESS, "guesses"), (IDENTIFICATION, "identifications")):
            found.append(Taken.of(f"right {said} around Argyre, {view}", right & (full.level == level), marks))
    return found


def ends_table(ends: dict[str, Counter[str]]) -> str:
    """A row for each class: clear pixels, the share that is unlisted or nothing, and what becomes of them."""
    rows = []
    for name, counts in ends.items():
        total = sum(counts.values())
        if total:
            shares = [counts[end] / total for end in ENDS]
            rows.append([name, total, f"{sum(shares[:2]):.0%}", *(f"{share:.0%}" for share in shares)])
    return table(["left out", "clear pixels", "unlisted or nothing", *ENDS], rows)


def lookalikes(mapper: ScaleMapper) -> str:
    """What tells a class from its best lookalike in a library without it, in the mean of 5 x 5 pixels on mean bland ground.

    A score above 0.85 is a guess of the lookalike. What is left once the lookalike is taken away, as much of it as fits best,
    counts from 5.5 standard deviations of ground and noise on.
    """
    library, rng, rows = mapper.matcher.library, np.random.default_rng(FIRST_SEED), []
    background = load_background()
    ground, metric = np.exp(background.plain.mean), ground_metric(background)
    for place, name in enumerate(library.class_names):
        if "mixture" in name:
            continue
        rest = without(library, name)
        guess = np.delete(mapper.thresholds.guess, place)
        cells: list[str] = []
        for share in (1.0, 0.5):
            clean = ground * type_ratio(name, rng) ** share
            seen = clean * (1 + rng.normal(size=(LOOKS, clean.size)) / (LOOKED_AT * 5))
            ratio = remove_grid_continuum(seen.astype(np.float32)[np.newaxis]).spectra[0]
            scores = np.median(replace(mapper.matcher, library=rest)(np.minimum(ratio, 1), noise_of(ratio)), 0)
            best = np.array([scores[rest.class_index == k].max() for k in range(len(rest.classes))])
            like = int((best - guess).argmax())
            left = min(_strength(left_by(ratio, row, metric), metric) for row in rest.spectra[rest.class_index == like])
            same = family_of(rest.classes[like].code) == family_of(library.classes[place].code)
            cells += [rest.class_names[like] + ("" if same else " (other family)"), f"{best[like]:.2f}"]
            cells += [f"{_strength(ratio, metric):.1f}", f"{left:.1f}"]
        rows.append([name, *cells])
    titles = ["lookalike", "score", "stands out", "left"]
    return table(["class", *(f"{title}, {share}" for share in ("share 1", "share 1/2") for title in titles)], rows)


def _strength(ratio: np.ndarray, metric: GroundMetric) -> float:
    return float(np.median(strengths_of(ratio, metric).most_either_way))


def taken_table(taken: list[Taken]) -> str:
    rows = [
        [each.where, each.pixels, *(f"{count} ({count / max(each.pixels, 1):.2%})" for count in (each.unlisted, each.artefacts))]
        for each in taken
    ]
    return table(["ground", "pixels", "unlisted", "artefacts"], rows)


def total(where: str, taken: list[Taken]) -> Taken:
    return Taken(where, *(sum(getattr(each, name) for each in taken) for name in ("pixels", "unlisted", "artefacts")))


def report() -> str:
    """The tables, in Markdown."""
    mapper = mapper_for(MapOptions(engine="numpy"))
    polygons = labelled(mapper)
    ends, bland, named = all_left_out(mapper)
    sums = [total("all scenes: bland ground", bland)]
    for said in ("right guesses", "right identifications"):
        sums.append(total(f"all scenes: {said}", [each for each in named if each.where.startswith(said)]))
    for said in sorted({each.where for each in named if each.artefacts and ":" in each.where}):
        sums.append(total(f"all scenes, {said}", [each for each in named if each.where == said]))
    return "\n\n".join([ends_table(ends), lookalikes(mapper), taken_table([*sums, *polygons]), taken_table(bland)])


if __name__ == "__main__":
    print(lookalikes(mapper_for(MapOptions(engine="numpy"))))
