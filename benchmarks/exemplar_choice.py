"""Which classes should be looked for by default, and which spectra should each have?

    python3 benchmarks/exemplar_choice.py [--weights F.npz ...] [--exemplars F.json]

Laboratory spectra of the USGS library 06 at CRISM's channels, of minerals that are a class of the map and of all other species, are
matched with the library: by networks, which learnt these specimens and know them, and by the cosine of 1 − ratio where ground is
white, which no training touches. Told are, for every class, its specimens found; for every class that the paper leaves out, what is
won and lost when it alone is looked for too; for every variant, its specimens, their mixtures and kin with type spectra alone and
with variants, in which the specimen itself has no part. No labelled ground is used. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Callable

import numpy as np
from confusion import type_spectra
from labelled_ground import FINE_NM, denominators, without_continuum
from measure import machine, table
from views import DATA

from crism_gan_plugin.core.arrays import FloatArray
from crism_gan_plugin.core.background.files import load_background
from crism_gan_plugin.core.background.metric import GroundMetric, ground_metric
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.libraries.minerals import mineral_of
from crism_gan_plugin.core.network.discriminator import load_discriminator
from crism_gan_plugin.core.network.similarity import similarity
from crism_gan_plugin.core.options.mapping import GUESS
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
from fit_exemplars import VARIANTS

USGS_06 = DATA / "usgs_splib06_crism" / "s06cr08a.sli"

#: White noise on the ratio at which rates are told besides noise-free ones, and copies of each spectrum with it.
NOISE, COPIES = 0.01, 8

#: The classes that the paper leaves out: each must earn its place.
CANDIDATES = (
    "plagioclase",
    "Ca/Fe-carbonate",
    "bassanite",
    "margarite",
    "chlorite",
    "chloride",
    "hematite",
    "H2O ice",
    "CO2 ice",
)

#: How names begin of what variants are made from, its mixtures and kin, and what may not be taken for it.
KIN = (
    "Dolomite",
    "Calcite",
    "Calc.",
    "Siderite",
    "Rhodochrosite",
    "Magnesite",
    "Bloedite",
    "Copiapite",
    "Epsomite",
    "Kainite",
    "Mirabilite",
    "Polyhalite",
    "Coquimbite",
    "H2O-Ice",
)

BLAND_SPECTRA = 2000

WHITE = "cosine of 1 − ratio, ground white"

#: ((n, 240) continuum-removed, library) → (n, m) scores.
Score = Callable[[np.ndarray, ExemplarLibrary], np.ndarray]


@dataclass(frozen=True)
class Specimens:
    """Laboratory spectra: names, the class of each ("" where it is none of the map's), and the ratio to the continuum, (n, 240)."""

    names: np.ndarray
    classes: np.ndarray
    ratio: np.ndarray

    def where(self, wanted: np.ndarray) -> Specimens:
        return Specimens(self.names[wanted], self.classes[wanted], self.ratio[wanted])

    def noisy(self, noise: float) -> Specimens:
        """`COPIES` of each with white noise."""
        ratio = np.repeat(self.ratio, COPIES, 0)
        ratio = np.minimum(ratio + np.random.default_rng(0).normal(0, noise, ratio.shape), 1)
        return Specimens(np.repeat(self.names, COPIES), np.repeat(self.classes, COPIES), ratio)


def read_specimens(class_names: Sequence[str]) -> Specimens:
    library = read_envi_library(USGS_06, mineral_of=lambda name: name.split(" s06")[0])
    minerals = [mineral_of(name) for name in library.minerals]
    classes = [mineral if mineral in class_names else "" for mineral in minerals]
    return Specimens(np.array(library.minerals), np.array(classes), np.exp(-library.absorption))


def ground_white(metric: GroundMetric, spectra: FloatArray, library: ExemplarLibrary) -> np.ndarray:
    return metric.compare(1 - spectra, 1 - library.spectra)[1]


def methods(weights: Sequence[Path]) -> dict[str, Score]:
    networks = {"shipped network": None, **{path.stem: path for path in weights}}
    compared: dict[str, Score] = {
        name: partial(similarity, load_discriminator(path, "numpy"), background=load_background())
        for name, path in networks.items()
    }
    return {**compared, WHITE: partial(ground_white, ground_metric(load_background()))}


def best_class(score: Score, spectra: np.ndarray, library: ExemplarLibrary) -> tuple[np.ndarray, np.ndarray]:
    """(n,) the best class's name, and its score."""
    scores = score(spectra, library)
    return np.array(library.class_names)[library.class_index[scores.argmax(1)]], scores.max(1)


def with_one_more(library: ExemplarLibrary, name: str) -> ExemplarLibrary:
    """The classes that the paper looks for, and one more."""
    return library.select(one.name for one in library.classes if one.name not in CANDIDATES or one.name == name)


def only_rows(library: ExemplarLibrary, keep: np.ndarray) -> ExemplarLibrary:
    """The library with some of its spectra, (m,) bool; every class must keep one."""
    return ExemplarLibrary(
        names=[name for name, kept in zip(library.names, keep) if kept],
        spectra=library.spectra[keep],
        classes=library.classes,
        class_index=library.class_index[keep],
    )


def is_variant(library: ExemplarLibrary) -> np.ndarray:
    return np.array([not name.endswith(("(numerator)", "(ratio)")) for name in library.names])


def found_rows(specimens: Specimens, library: ExemplarLibrary, compared: dict[str, Score]) -> list[list[object]]:
    """For every class with specimens: how many are found among the classes that are on by default, among all, and with noise."""
    noisy = specimens.noisy(NOISE)
    rows = []
    for one in library.classes:
        own, own_noisy = specimens.where(specimens.classes == one.name), noisy.where(noisy.classes == one.name)
        if not own.names.size:
            continue
        row = [f"{one.code} {one.name}{'' if one.default_on else '°'}", own.names.size]
        for score in compared.values():
            usual = library.defaults()
            among = [best_class(score, own.ratio, searched)[0] for searched in (usual, library)]
            among_noisy = best_class(score, own_noisy.ratio, usual)[0]
            wrong = Counter(among[1][among[1] != one.name]).most_common(1)
            usual_count, count = ((names == one.name).sum() for names in among)
            noisy_count = (among_noisy == one.name).sum() / COPIES
            row.append(f"{usual_count} / {count} / {noisy_count:.1f}" + "".join(f" ({name})" for name, _ in wrong))
        rows.append(row)
    return rows


def switch_rows(specimens: Specimens, library: ExemplarLibrary, compared: dict[str, Score]) -> list[list[object]]:
    """For every class that the paper leaves out: what is won and lost when it alone is looked for too."""
    bland = bland_ground()
    before = library.select(one.name for one in library.classes if one.name not in CANDIDATES)
    named = before.select(name for name in before.class_names if "mixture" not in name)
    types = np.concatenate([type_spectra(named, view) for view in ("numerator", "ratio")])
    types = Specimens(np.array(named.class_names * 2), np.array(named.class_names * 2), types)
    ours, strange = specimens.where(specimens.classes != ""), specimens.where(specimens.classes == "")
    rows = []
    for candidate in CANDIDATES:
        after, own = with_one_more(library, candidate), ours.where(ours.classes == candidate)
        for method, score in compared.items():
            won = f"{(best_class(score, own.ratio, after)[0] == candidate).sum() if own.names.size else 0} of {own.names.size}"
            lost, types_lost, noisy_lost = (lost_of(known, score, before, after) for known in (ours, types, types.noisy(NOISE)))
            as_new = [as_it(score, spectra, after, candidate) for spectra in (strange.ratio, bland["model"], bland["denominators"])]
            rows.append([candidate, method, won, lost, types_lost, f"{noisy_lost / COPIES:.1f}", *as_new])
    return rows


def lost_of(known: Specimens, score: Score, before: ExemplarLibrary, after: ExemplarLibrary) -> int:
    """How many spectra have their own class as the best one before, but not after."""
    right = [best_class(score, known.ratio, searched)[0] == known.classes for searched in (before, after)]
    return int((right[0] & ~right[1]).sum())


def as_it(score: Score, spectra: np.ndarray, library: ExemplarLibrary, name: str) -> str:
    """How many spectra have the class as their best one, and how many of them are guessed."""
    names, scores = best_class(score, spectra, library)
    return f"{(names == name).sum()} / {((names == name) & (scores > GUESS)).sum()} of {len(names)}"


def bland_ground() -> dict[str, np.ndarray]:
    """Continuum-removed bland ground: drawn from the background model, and MICA's denominators."""
    real = np.array([np.interp(WAVELENGTHS_NM, FINE_NM, spectrum) for spectrum in denominators().values()])
    return {"model": without_continuum(load_background().draw(BLAND_SPECTRA, 0.003)), "denominators": without_continuum(real)}


def variant_rows(specimens: Specimens, library: ExemplarLibrary, compared: dict[str, Score]) -> list[list[object]]:
    """Spectra that variants are for: the best usual class by type spectra alone, and with variants made without it."""
    type_spectra_alone = only_rows(library, ~is_variant(library))
    rows = []
    for beginning in KIN:
        for row in np.flatnonzero([name.startswith(beginning) for name in specimens.names]):
            fair = without_specimen(library, specimens, specimens.names[row])
            cells = []
            for score in compared.values():
                for searched in (type_spectra_alone, fair):
                    names, scores = best_class(score, specimens.ratio[row : row + 1], searched.defaults())
                    cells.append(f"{names[0]} {scores[0]:.2f}")
            rows.append([specimens.names[row], *cells])
    return rows


def without_specimen(library: ExemplarLibrary, specimens: Specimens, name: str) -> ExemplarLibrary:
    """The library with the variant that a specimen has part in, if there is one, made of the other specimens."""
    spectra = library.spectra.copy()
    for mineral, label, sources in VARIANTS:
        if name in sources:
            others = [source for source in sources if source != name]
            spectra[library.names.index(f"{mineral} ({label})")] = specimens.ratio[np.isin(specimens.names, others)].mean(0)
    return replace(library, spectra=spectra)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="further networks to compare")
    parser.add_argument("--exemplars", type=Path, help="another library than the shipped one")
    arguments = parser.parse_args()
    library = load_exemplars(arguments.exemplars)
    specimens = read_specimens(library.class_names)
    compared = methods(arguments.weights)
    print(machine())
    print("\n## Specimens of each class that are found\n")
    print(table(["class", "specimens", *compared], found_rows(specimens, library, compared)))
    print("\n## One class more\n")
    header = ["class", "method", "won", "lost", "type spectra lost", f"at noise {NOISE}"]
    header += ["other species", "bland ground of the model", "denominators"]
    print(table(header, switch_rows(specimens, library, compared)))
    print("\n## Variants\n")
    header = [f"{name}, {part}" for name in compared for part in ("type spectra alone", "with variants")]
    print(table(["specimen", *header], variant_rows(specimens, library, compared)))


if __name__ == "__main__":
    main()
