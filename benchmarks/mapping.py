"""Do maps of scenes with known truth name the right minerals, and only those?

    python3 benchmarks/mapping.py [--weights F.npz ...] [--classes]

About five minutes on two cores.

One scene a mineral: its MICA denominator (bland ground of the same detector columns) with patches of 1 to 400 pixels in which the
mineral has a share of 1, 1/2 or 1/4, seen through a detector with noise, stripes, spikes and residual CO2. Exemplars come from
another view than the patches. All methods map through the plugin's own chain (continuum, three scales, flat gate, merge); only the
score differs. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Callable, Union, cast

import numpy as np
from confusion import only
from measure import machine, table
from retrieval import OURS, PAPER, absorption_cosine, cosine, derivative_cosine, random_network
from scipy.ndimage import binary_dilation, gaussian_filter1d
from views import DATA, SPECIMENS, _laboratory, _on_grid

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.libraries.mica import phase_of
from crism_gan_plugin.core.mapping.levels import GUESS, IDENTIFICATION, NOTHING, Detection, Thresholds, level_of, make_thresholds
from crism_gan_plugin.core.mapping.merge import merge_scales
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.methods.by_exemplars import ScoreMatcher
from crism_gan_plugin.core.network.discriminator import load_discriminator
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.simulation.spectra import detector_for
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.ratio import Ratio, remove_scene_continuum
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

SIZES = (1, 3, 5)
SHARES = (1.0, 0.5, 0.25)

#: Upper left corner and width of the patches in a strip; one strip for each share.
PATCHES = (
    *((3, 3, 20), (3, 28, 10), (18, 30, 5)),
    *((3, 43, 3), (11, 43, 3), (19, 43, 3)),
    *((3, 51, 1), (9, 51, 1), (15, 51, 1), (21, 51, 1)),
)
STRIP = (26, 54)
RIM = 2

#: Deepest band below 5 % in both MICA views.
SHALLOW = ("Fe-smectite", "polyhydrated sulfate", "serpentine", "jarosite")

#: What bland ground on Mars is made of: where the MICA team saw no other mineral, every method finds these in the denominators of
#: some scenes, and rightly so. On ground they count neither as right nor as wrong.
MAFIC = ("Mg-olivine", "Fe-olivine", "low-Ca pyroxene", "high-Ca pyroxene", "olivine/Mg-smectite mixture")

#: Precision that the compared methods' thresholds are set for, and the lead over other classes, by row of the table.
SETTINGS = {
    "identification, precision ≥ 0.98": (0.98, 0.0),
    "identification, precision ≥ 0.98, lead 0.1": (0.98, 0.1),
    "guess, precision ≥ 0.90": (0.90, 0.0),
}

#: Weights of `train_variants.py` that saw neither the exemplars nor these laboratory specimens; their score is not calibrated.
UNSEEN = Path(__file__).resolve().parent / "weights" / "unseen.npz"

#: Patches' view → view of the exemplars, None for both.
CASES = {"numerator": "ratio", "ratio": "numerator", "laboratory": None}

Score = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Scene:
    """``ratio`` of one image, the mineral's name, and where it is: ``inside`` the patches and on their ``rim``, (pixels,) bool."""

    mineral: str
    ratio: Ratio
    inside: np.ndarray
    rim: np.ndarray


def by_score(score: Score, library: ExemplarLibrary) -> ScoreMatcher:
    """Stands in for `Matcher` where a method has no network."""
    return ScoreMatcher(lambda spectra, noise: score(spectra, library.spectra).astype(np.float32), library)


AnyMatcher = Union[Matcher, ScoreMatcher]


def spectral_angle(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Cosine of the angle between ratios (Kruse et al. 1993)."""
    return cosine(queries, gallery)


def layout() -> tuple[np.ndarray, np.ndarray]:
    """(lines, samples) share of the mineral, and whether a pixel is on a patch's rim."""
    strip = np.zeros(STRIP, bool)
    for line, sample, width in PATCHES:
        strip[line : line + width, sample : sample + width] = True
    share = np.vstack([strip * share for share in SHARES])
    rim = np.vstack([binary_dilation(strip, np.ones((3, 3)), RIM) & ~strip] * len(SHARES))
    return share, rim


def type_spectra(mineral: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corrected ratio, numerator and denominator of a mineral's MICA type spectrum, (240,) each; smoothed by 1.5 channels."""
    phase = phase_of(mineral)
    columns = np.loadtxt(DATA / "mica" / f"crism_typespec_{phase}.tab", delimiter=",")
    grid = (_on_grid(columns[:, 0] * 1000, columns[:, column]) for column in (1, 3, 5))
    return tuple(gaussian_filter1d(values, 1.5) for values in grid)


def pure_and_bland(mineral: str, view: str) -> tuple[np.ndarray, np.ndarray]:
    """What a pixel of the mineral, and one of the ground around it, shows in a view: (240,) each."""
    ratio, numerator, denominator = type_spectra(mineral)
    if view == "ratio":  # a ratioed image: bland ground is 1
        return ratio / np.median(ratio), np.ones_like(ratio)
    if view == "numerator":
        return numerator, denominator
    phase = phase_of(mineral)
    laboratory = gaussian_filter1d(_laboratory(SPECIMENS[phase]), 1.5)
    return laboratory * np.median(denominator) / np.median(laboratory), denominator


def make_scene(mineral: str, view: str, seed: int) -> Scene:
    """The image of one mineral as the mapping sees it, without a model cube."""
    share, rim = layout()
    pure, bland = pure_and_bland(mineral, view)
    clean = (share[..., np.newaxis] * pure + (1 - share[..., np.newaxis]) * bland).astype(np.float32)
    rng = np.random.default_rng([seed, 2])
    detector = detector_for(WAVELENGTHS_NM, share.shape[1], seed)
    cube = np.array([detector.look(line, np.arange(share.shape[1]), rng) for line in clean])
    resample = resampler_to_grid(SpectralAxis(WAVELENGTHS_NM))
    return Scene(mineral, remove_scene_continuum(cube[..., resample.bands], resample), share.ravel() > 0, rim.ravel())


def scenes_of(view: str, library: ExemplarLibrary) -> Iterator[Scene]:
    for number, mineral in enumerate(library.class_names):
        phase = phase_of(mineral)
        if "mixture" not in mineral and (view != "laboratory" or phase in SPECIMENS):
            yield make_scene(mineral, view, number)


@dataclass(frozen=True)
class Mapped:
    """What a method found at each scale in all scenes of one view, whose pixels are joined.

    ``truth`` (pixels,) is the place of the scene's mineral in the library.
    """

    truth: np.ndarray
    inside: np.ndarray
    rim: np.ndarray
    scales: list[Detection]

    def merged(self, thresholds: Thresholds) -> Detection:
        return merge_scales([_at_level(detection, thresholds) for detection in self.scales])


def _at_level(detection: Detection, thresholds: Thresholds) -> Detection:
    place = np.maximum(detection.mineral, 0)
    level = level_of(detection.score, detection.other_score, place, thresholds)
    return replace(detection, level=np.where(detection.mineral >= 0, level, NOTHING).astype(np.uint8))


def map_view(matcher: AnyMatcher, scenes: list[Scene]) -> Mapped:
    """Every scene of a view at every scale, best guesses not yet judged."""
    library = matcher.library
    mappers = [ScaleMapper(cast(Matcher, matcher), uniform(library, 0.0), (size,)) for size in SIZES]
    found = [[mapper(scene.ratio, slice(0, len(scene.ratio.spectra))) for scene in scenes] for mapper in mappers]
    scales = [Detection(*(np.concatenate([getattr(d, f.name) for d in one]) for f in fields(Detection))) for one in found]
    truth = np.repeat([library.class_names.index(scene.mineral) for scene in scenes], scenes[0].inside.size)
    inside, rim = (np.concatenate([getattr(scene, part) for scene in scenes]) for part in ("inside", "rim"))
    return Mapped(truth, inside, rim, scales)


def map_all(make_matcher: Callable[[ExemplarLibrary], AnyMatcher], scenes: dict[str, list[Scene]]) -> dict[str, Mapped]:
    """By view of the patches."""
    everything = load_exemplars().defaults()
    libraries = {view: everything if exemplars is None else only(everything, exemplars) for view, exemplars in CASES.items()}
    return {view: map_view(make_matcher(library), scenes[view]) for view, library in libraries.items()}


def uniform(library: ExemplarLibrary, threshold: float, lead: float = 0.0) -> Thresholds:
    """One threshold for both levels of all classes."""
    same = np.full(len(library.classes), threshold, np.float32)
    return Thresholds(0.0, same, same, lead)


@dataclass(frozen=True)
class Count:
    """Pixels by class (classes,): named right, named so wrongly off the rims, likewise on the rims, and there to be found."""

    right: np.ndarray
    wrong: np.ndarray
    rim: np.ndarray
    there: np.ndarray

    def __add__(self, other: Count) -> Count:
        return Count(self.right + other.right, self.wrong + other.wrong, self.rim + other.rim, self.there + other.there)

    @property
    def precision(self) -> float:
        return float(self.right.sum() / max((self.right + self.wrong).sum(), 1))

    @property
    def recall(self) -> float:
        return float(self.right.sum() / self.there.sum())

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)

    def of(self, place: int) -> Count:
        return Count(*(part[place : place + 1] for part in (self.right, self.wrong, self.rim, self.there)))


def count(mapped: Mapped, library: ExemplarLibrary, thresholds: Thresholds, least: int) -> Count:
    """Of a level or better."""
    found = mapped.merged(thresholds)
    is_ground = ~mapped.inside & np.isin(found.mineral, [library.class_names.index(name) for name in MAFIC])
    named = np.where((found.level >= least) & ~is_ground, found.mineral, -1)
    is_right = named == mapped.truth
    right, wrong = mapped.inside & is_right, (named >= 0) & ~mapped.rim & ~(mapped.inside & is_right)
    beside = (named >= 0) & mapped.rim & ~is_right
    parts = (named[right], named[wrong], named[beside], mapped.truth[mapped.inside])
    return Count(*(np.bincount(part, minlength=len(thresholds.guess)) for part in parts))


def pooled(mapped: dict[str, Mapped], library: ExemplarLibrary, thresholds: Thresholds, least: int) -> Count:
    parts = [count(one, library, thresholds, least) for one in mapped.values()]
    return sum(parts[1:], parts[0])


def thresholds_for(mapped: dict[str, Mapped], library: ExemplarLibrary, precision: float, lead: float) -> Thresholds:
    """The threshold of the largest recall among those that reach the precision on these scenes, all views pooled."""
    scores = np.concatenate([detection.score for one in mapped.values() for detection in one.scales])
    best, chosen = -1.0, uniform(library, 1.0, lead)
    for threshold in np.unique(np.quantile(scores[scores > 0], 1 - np.geomspace(1e-3, 0.9, 40))):
        candidate = uniform(library, float(threshold), lead)
        counted = pooled(mapped, library, candidate, IDENTIFICATION)
        if counted.precision >= precision and counted.recall > best:
            best, chosen = counted.recall, candidate
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, nargs="*", default=[], metavar="F", help="further networks to compare")
    parser.add_argument("--classes", action="store_true", help="every class, not only the shallow ones")
    options = parser.parse_args()
    library = load_exemplars().defaults()
    scenes = {view: list(scenes_of(view, library)) for view in CASES}
    files = {OURS: None, "ours, trained without these spectra": UNSEEN, **{path.stem: path for path in options.weights}}
    networks = {name: load_discriminator(path, "numpy") for name, path in files.items()}
    methods: dict[str, Callable[[ExemplarLibrary], AnyMatcher]] = {
        "SAM on the ratio": lambda exemplars: by_score(spectral_angle, exemplars),
        "cosine of 1 − ratio": lambda exemplars: by_score(absorption_cosine, exemplars),
        "cosine of the derivative": lambda exemplars: by_score(derivative_cosine, exemplars),
        "random weights": lambda exemplars: Matcher(random_network(), exemplars),
    }
    background = load_background()
    for name, network in networks.items():
        methods[name] = partial(Matcher, network, background=background)
    networks[f"{OURS}{PAPER}"] = networks[OURS]
    methods[f"{OURS}{PAPER}"] = lambda exemplars: Matcher(networks[OURS], exemplars)
    rows: list[list[str]] = []
    by_class: dict[tuple[str, str], dict[str, str]] = {}
    for name, make_matcher in methods.items():
        mapped = map_all(make_matcher, scenes)
        settings = {
            title: (thresholds_for(mapped, library, precision, lead), IDENTIFICATION)
            for title, (precision, lead) in SETTINGS.items()
        }
        if name in networks and files.get(name) != UNSEEN:
            usual = make_thresholds(library)
            settings.update({"identification, default": (usual, IDENTIFICATION), "guess, default": (usual, GUESS)})
        for title, (thresholds, least) in settings.items():
            counts = [count(one, library, thresholds, least) for one in mapped.values()]
            total = sum(counts[1:], counts[0])
            views = [f"{c.precision:.3f} / {c.recall:.3f}" for c in counts]
            rim = total.rim.sum() / sum(one.rim.sum() for one in mapped.values())
            threshold = "by class" if "default" in title else f"{thresholds.identification[0]:.4f}"
            rows.append([title, name, threshold, f"{total.precision:.3f}", f"{total.recall:.3f}", *views, f"{rim:.4f}"])
            for place, mineral in enumerate(library.class_names):
                if total.there[place] and (options.classes or mineral in SHALLOW):
                    own = total.of(place)
                    figures = f"{own.precision:.2f} / {own.recall:.2f} / {own.f1:.2f}"
                    by_class.setdefault((mineral, name), {})[title] = figures
    views = [f"{view} patches, {exemplars or 'both'} exemplars" for view, exemplars in CASES.items()]
    rows.sort(key=lambda row: row[0])
    print(machine())
    print()
    print(table(["level", "method", "threshold", "precision", "recall", *views, "wrong on rims"], rows))
    print()
    print("Precision / recall / F1:\n")
    titles = sorted({row[0] for row in rows}, key=lambda title: ("default" in title, title))
    in_order = sorted(by_class.items(), key=lambda item: item[0][0].casefold())
    print(table(["class", "method", *titles], [[*names, *(found.get(t, "") for t in titles)] for names, found in in_order]))


if __name__ == "__main__":
    main()
