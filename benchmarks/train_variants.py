"""Trains the networks that the retrieval benchmark compares with the shipped one.

    python3 benchmarks/train_variants.py [NAME ...] [--steps N] [--seed N]

They differ from the shipped one in one thing each. `unseen`: without the benchmark's own spectra, that is without the exemplars
(band tables fitted to MICA) and without the same specimens in the USGS library 06. `contrastive` and `adversarial`: one of the two
losses alone, on the same spectra as the shipped one; `adversarial` also without the dense layer and the whitened channel, as in the
authors' release.
Weights go to where `retrieval.VARIANT_FILES` has them. Needs PyTorch and the real data.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any, Optional

from retrieval import VARIANT_FILES
from training_spectra import USGS_06, known_minerals

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.libraries.minerals import mineral_of
from crism_gan_plugin.core.network.weights import load_weights, save_weights
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.training.plan import TrainingPlan
from crism_gan_plugin.core.training.schedule import train
from crism_gan_plugin.core.training.validation import split_minerals

#: How the benchmark's specimens, and other splits of them, are called in library 06.
SPECIMENS = (
    *("kaolinite cm3", "nontronite ng-1", "saponite sapca-1", "montmorillonite cm20", "gypsum hs333", "jarosite gds98"),
    *("alunite al706", "analcime gds1 ", "augite ws592", "hypersthene nmnhc2368", "bassanite gds145", "epidote br93-33a"),
    *("illite gds4 ", "magnesite+hydroma hs47", "siderite hs271", "olivine gds70", "olivine ki3005", "opal ws732"),
    *("prehnite gds613", "serpentine hs8", "talc gds23", "bytownite hs106"),
)

VARIANTS: dict[str, dict[str, Any]] = {
    "unseen": {},
    "contrastive": {"adversarial": 0.0},
    "adversarial": {"adversarial": 1.0, "contrastive": 0.0, "features": 0, "whitened": False},
}


def unseen_mineral(name: str) -> Optional[str]:
    """The mineral, but None for the benchmark's own specimens."""
    return None if name.lower().startswith(SPECIMENS) else mineral_of(name)


class Notes(Progress):
    def info(self, text: str) -> None:
        print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(VARIANTS), help=f"of {', '.join(VARIANTS)}; default: all")
    shipped = load_weights().card["training"]
    parser.add_argument("--steps", type=int, default=shipped["steps"], help="default: as many as the shipped network's")
    parser.add_argument("--seed", type=int, default=shipped["seed"], help="default: the shipped network's")
    options = parser.parse_args()
    exemplars = load_exemplars()
    for name in options.names:
        if name == "unseen":
            library = read_envi_library(USGS_06, mineral_of=unseen_mineral)
        else:
            library = known_minerals()
        learnt, validation = split_minerals(library, 1 / 3, 0, exemplars.class_names)
        plan = TrainingPlan(steps=options.steps, seed=options.seed, every=min(250, options.steps), **VARIANTS[name])
        training = train(learnt, plan, always=exemplars.class_names, validation=validation, progress=Notes())
        card = {**training.weights.card, "variant": name, "minerals": len(set(learnt.minerals))}
        save_weights(replace(training.weights, card=card), VARIANT_FILES[name])


if __name__ == "__main__":
    main()
