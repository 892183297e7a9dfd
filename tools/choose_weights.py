"""Ships the best of several trainings that differ in their seed alone, and writes the spread of all into its card.

    python3 tools/choose_weights.py SEED1.npz SEED2.npz ... [--out model_weights/discriminator.npz]

The best is that of the best validation, which has four parts:

- other specimens of minerals that no training saw, looked up with and without noise (the area under the curve of all pairs; the
  nearest neighbours of 57 spectra are too few to tell networks apart);
- simulated pixels of the map's own classes, of which as many as possible should be guessed and identified rightly;
- faint minerals on ground as the background model draws it, of which as many as possible should be told from bland ground;
- mafic polygons that geologists labelled, likewise. The labels have no other part in the weights.

Needs the real data (`benchmarks/views.py`).
The score's calibration and rates are measured anew. Then the exemplar library's low-confidence classes are set from those rates.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from labelled_ground import VIEWS, read_ground  # noqa: E402
from real_ground import Judged, cross_fitted, with_background  # noqa: E402

from crism_gan_plugin.core.background import load_background  # noqa: E402
from crism_gan_plugin.core.libraries import load_exemplars, save_exemplars  # noqa: E402
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary  # noqa: E402
from crism_gan_plugin.core.network.discriminator import Discriminator  # noqa: E402
from crism_gan_plugin.core.network.similarity import Matcher  # noqa: E402
from crism_gan_plugin.core.network.weights import DiscriminatorWeights, load_weights, save_weights  # noqa: E402
from crism_gan_plugin.core.training.pipeline import score_card  # noqa: E402
from crism_gan_plugin.core.training.reliability import classes_of_low_confidence  # noqa: E402
from crism_gan_plugin.core.training.validation import found_on_ground  # noqa: E402
from crism_gan_plugin.paths import exemplars as shipped_library  # noqa: E402

LEVELS = {"guessed": "0.85", "identified": "0.95"}


def validation(weights: DiscriminatorWeights) -> dict[str, float]:
    """Of unseen minerals what the best step found; means over the map's classes and noise levels; faint minerals on ground."""
    card = weights.card
    entry = next(entry for entry in card["log"] if entry["step"] == card["training"]["best_step"])
    unseen = {f"{kind} auc": entry[kind]["auc"] for kind in ("clean", "noisy")}
    rates = [by_threshold for by_noise in card["match_rates_by_class"].values() for by_threshold in by_noise.values()]
    named = {level: float(np.mean([rate[key]["true"] for rate in rates])) for level, key in LEVELS.items()}
    match = matcher_of(weights)(load_exemplars().defaults())
    on_ground = {f"on {kind} ground": found for kind, found in found_on_ground(match, match.library, load_background()).items()}
    return {**unseen, **named, **on_ground, **labelled(weights)}


def labelled(weights: DiscriminatorWeights) -> dict[str, float]:
    """Mean recall of mafic polygons where 1 % of the bland ones are named (`benchmarks/real_ground.py`)."""
    ground, library = read_ground(), load_exemplars().defaults()
    scores = cross_fitted(with_background(Discriminator(weights, "numpy")), ground, library)
    return {f"labelled, {view}": float(Judged.of(ground, view, scores[view], library).recalls()[-1]) for view in VIEWS}


def matcher_of(weights: DiscriminatorWeights) -> Callable[[ExemplarLibrary], Matcher]:
    """What a map scores spectra with."""
    describer, background = Discriminator(weights, "numpy"), load_background()
    return lambda library: Matcher(describer, library, background)


def chosen(candidates: list[DiscriminatorWeights]) -> DiscriminatorWeights:
    """The best, its card with the spread over all."""
    candidates = [replace(weights, card={**weights.card, **score_card(weights)}) for weights in candidates]
    found = [validation(weights) for weights in candidates]
    best = candidates[int(np.argmax([sum(each.values()) for each in found]))]
    seeds: dict[str, Any] = {str(w.card["training"]["seed"]): each for w, each in zip(candidates, found)}
    spread = {
        key: {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1))} for key in found[0] if (v := [f[key] for f in found])
    }
    told = {"chosen_by": "validation, summed", "validation_by_seed": seeds, "spread_over_seeds": spread}
    return replace(best, card={**best.card, **told})


def mark_low_confidence(weights: DiscriminatorWeights) -> list[str]:
    """Set the shipped library's flags from what simulated pixels are mistaken for; the classes marked."""
    library, path = load_exemplars(), shipped_library()
    low = classes_of_low_confidence(matcher_of(weights), library)
    classes = [replace(mineral, low_confidence=mineral.name in low) for mineral in library.classes]
    save_exemplars(replace(library, classes=classes), path)
    return low


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("candidates", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=ROOT / "model_weights" / "discriminator.npz")
    options = parser.parse_args()
    best = chosen([load_weights(path) for path in options.candidates])
    save_weights(best, options.out)
    print(f"seed {best.card['training']['seed']}: {options.out}")
    print(f"low confidence: {', '.join(mark_low_confidence(best)) or 'none'}")


if __name__ == "__main__":
    main()
