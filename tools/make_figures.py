"""The paper's figures 6, 7 and 15 with this project's network, into docs/manual/, with the page that shows them.

    python3 tools/make_figures.py [--weights F.npz] [--steps N]

Needs Matplotlib, PyTorch (for the generator, which is not shipped: a short run of the adversarial game is trained, a fraction of
a second a step; its steps and seed are in the page), and the real data in `../shared/data` or CRISM_TEST_DATA. With
`--steps 0` figure 15 is left out.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from mapping import type_spectra  # noqa: E402
from measure import table  # noqa: E402
from views import DATA  # noqa: E402

from crism_gan_plugin.core.libraries.absorption import from_exemplars  # noqa: E402
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars  # noqa: E402
from crism_gan_plugin.core.libraries.importers import read_envi_library  # noqa: E402
from crism_gan_plugin.core.network.discriminator import Discriminator, load_discriminator  # noqa: E402
from crism_gan_plugin.core.progress import Progress  # noqa: E402
from crism_gan_plugin.core.spectra.continuum import remove_continuum  # noqa: E402
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM  # noqa: E402
from crism_gan_plugin.core.training.figures import draw_generated  # noqa: E402
from crism_gan_plugin.core.training.plan import TrainingPlan  # noqa: E402
from crism_gan_plugin.core.training.schedule import Training, train  # noqa: E402

MICROMETRES = WAVELENGTHS_NM / 1000

#: The paper's four endmembers.
ENDMEMBERS = ("Fe-olivine", "Mg-carbonate", "kaolinite", "Al-smectite")

TARGET, RIGHT, WRONG = "#2166ac", "#b2182b", "#1b7837"

#: Limit of the axes of single features in figure 6; they are of length 1 together.
LARGEST = 0.35

#: The mineral's share of the target pixel of figure 7.
SHARE = 0.25

PAGE = """# The paper's figures, with this network

`tools/make_figures.py` makes these figures with the weights `{weights}`. They have the numbers of Saranathan and Parente (2021).

## Representations of four minerals (figure 6)

![Representations](fig_representations.png)

The left panels show the continuum-removed MICA type spectrum (ratio), scaled to a common depth. The right panels show the
{features} features of the discriminator's penultimate layer, scaled to length 1. Their order means nothing. Kaolinite and
Al-smectite have bands at the same wavelengths. The cosine of their ratios' absorptions is {kaolinite_ratio:.2f}, that of their
representations {kaolinite_features:.2f}.

## Telling Al-smectite from Mg-smectite (figure 7)

![Discrimination](fig_discrimination.png)

The target (blue) is a pixel a quarter of which is Al-smectite. It is the numerator of the MICA type spectrum, mixed with three
parts of its denominator, which is bland ground in the same columns of the same image. It is compared with the MICA ratios of
Al-smectite (red) and Mg-smectite (green) by the spectral angle distance (SAD, radians): in I/F, without continuum, and in the
network's representation. In the paper's example the wrong mineral is nearer until the network represents the spectra. Here the
distances are:

{distances}
"""

GENERATED = """
## Generated and modelled spectra (figure 15)

![Generated spectra](fig_generated.png)

The upper panels show noise-free modelled spectra, which the generator was to imitate. Below each is the generated spectrum that is
most like it. The five pairs were chosen to be alike in themselves and unlike each other. Over all {sample} modelled spectra, the
median correlation with the most similar of as many generated ones is {median:.3f}. The generator is not shipped. It is not that of
the shipped weights either: it comes from {steps} steps of the adversarial loss alone, with seed {seed}.
"""


@dataclass(frozen=True)
class Pair:
    """The target beside one mineral in one space; both curves (k,), and their spectral angle distance in radians."""

    space: str
    target: np.ndarray
    other: np.ndarray

    @property
    def distance(self) -> float:
        return float(np.arccos(np.clip(cosine(self.target, self.other), -1, 1)))


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def without_continuum(spectrum: np.ndarray) -> np.ndarray:
    return np.minimum(remove_continuum(spectrum[np.newaxis], WAVELENGTHS_NM)[0], 1)


def common_depth(ratio: np.ndarray) -> np.ndarray:
    return 1 - 0.1 * (1 - ratio) / (1 - ratio.min())


def represent(discriminator: Discriminator, ratio: np.ndarray) -> np.ndarray:
    """(d,) features of length 1."""
    features = discriminator.features(ratio[np.newaxis])[0]
    return features / np.linalg.norm(features)


def draw_representations(discriminator: Discriminator, path: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Figure 6; returns ratio and features of each endmember."""
    figure, panels = new_figure(4, 2, (7.2, 6.2), width_ratios=(1, 2.1))
    colours = {mineral.name: np.array(mineral.rgb) / 255 for mineral in load_exemplars().classes}
    shown = {}
    for (left, right), name, letter in zip(panels, ENDMEMBERS, "ABCD"):
        ratio = without_continuum(type_spectra(name)[0])
        features = represent(discriminator, ratio)
        shown[name] = ratio, features
        left.plot(MICROMETRES, common_depth(ratio), color=0.8 * colours[name], linewidth=1.1)
        left.set_title(f"{letter}  {name}", fontsize=8, loc="left", pad=3)
        draw_features(right, features, 0.8 * colours[name])
        right.set_ylim(-LARGEST, LARGEST)
    for panel in panels[:, 0]:
        panel.set_ylim(0.893, 1.004)
        panel.set_ylabel("ratio")
    for panel in panels[:, 1]:
        panel.set_ylabel("feature")
    panels[-1, 0].set_xlabel("wavelength (µm)")
    panels[-1, 1].set_xlabel("feature's number")
    figure.savefig(path, dpi=200, metadata={"Software": None})
    return shown


def draw_features(panel: Any, features: np.ndarray, colour: Any, aside: float = 0.0) -> None:
    """A bar a feature, ``aside`` of its place."""
    panel.vlines(1 + np.arange(features.size) + aside, 0, features, color=colour, linewidth=0.8)
    panel.axhline(0, color="0.6", linewidth=0.4)
    panel.set_xlim(0, features.size + 1)


def compare_smectites(discriminator: Discriminator) -> dict[str, list[Pair]]:
    """The target and each smectite in I/F, without continuum and in the representation."""
    _, numerator, denominator = type_spectra("Al-smectite")
    target = SHARE * numerator + (1 - SHARE) * denominator
    pairs = {}
    for name in ("Al-smectite", "Mg-smectite"):
        other = type_spectra(name)[0]
        ratios = without_continuum(target), without_continuum(other)
        pairs[name] = [
            Pair("I/F", target / target.mean(), other / other.mean()),
            Pair("continuum removed", *ratios),
            Pair("representation", *(represent(discriminator, ratio) for ratio in ratios)),
        ]
    return pairs


def draw_discrimination(pairs: dict[str, list[Pair]], path: Path) -> None:
    """Figure 7: spaces downwards, the right mineral left and the wrong one right."""
    figure, panels = new_figure(3, 2, (7.2, 6.4))
    letters = iter("ABCDEF")
    for row, spaces in zip(panels, zip(*pairs.values())):
        for panel, name, pair, colour in zip(row, pairs, spaces, (RIGHT, WRONG)):
            if pair.space == "representation":
                draw_features(panel, pair.target, TARGET, -0.2)
                draw_features(panel, pair.other, colour, 0.2)
                panel.set_xlabel("feature's number")
            else:
                panel.plot(MICROMETRES, pair.other, color=colour, linewidth=1.1, label=f"MICA {name}")
                panel.plot(MICROMETRES, pair.target, color=TARGET, linewidth=1.1, label="target")
            panel.set_title(f"{next(letters)}  {pair.space}: SAD {pair.distance:.3f}", fontsize=8, loc="left", pad=3)
    for panel in panels[0]:
        panel.set_ylabel("I/F over its mean")
        panel.legend(frameon=False, fontsize=7)
    for panel in panels[1]:
        panel.set_ylabel("ratio")
        panel.set_xlabel("wavelength (µm)")
    for panel in panels[2]:
        panel.set_ylabel("feature")
    for row in panels:
        low, high = min(p.get_ylim()[0] for p in row), max(p.get_ylim()[1] for p in row)
        for panel in row:
            panel.set_ylim(low, high)
    figure.savefig(path, dpi=200, metadata={"Software": None})


def train_generator(steps: int) -> tuple[Training, TrainingPlan]:
    """A short adversarial run on the exemplars and the USGS library."""

    class Told(Progress):
        def info(self, text: str) -> None:
            print(text, flush=True)

    library = from_exemplars(load_exemplars()) + read_envi_library(DATA / "usgs_splib06_aviris18" / "s06av18a_envi")
    plan = TrainingPlan(steps=steps, adversarial=1.0, contrastive=0.0, rate=1e-3, every=max(1, steps // 4))
    return train(library, plan, progress=Told()), plan


def show_generator(steps: int, path: Path) -> str:
    """Figure 15, and its section of the page."""
    training, plan = train_generator(steps)
    assert training.real is not None and training.generated is not None
    draw_generated(training.real, training.generated, path)
    ours, theirs = (spectra - spectra.mean(1, keepdims=True) for spectra in (training.real, training.generated))
    ours, theirs = (spectra / np.linalg.norm(spectra, axis=1, keepdims=True) for spectra in (ours, theirs))
    median = float(np.median((ours @ theirs.T).max(1)))
    return GENERATED.format(sample=f"{len(ours):,}", median=median, steps=f"{plan.steps:,}", seed=plan.seed)


def new_figure(rows: int, columns: int, size: tuple[float, float], width_ratios: tuple[float, ...] = (1, 1)) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"font.size": 8, "axes.linewidth": 0.6, "xtick.labelsize": 7, "ytick.labelsize": 7})
    figure, panels = pyplot.subplots(
        rows, columns, figsize=size, layout="constrained", gridspec_kw={"width_ratios": width_ratios}, squeeze=False
    )
    for panel in panels.flat:
        panel.set_xlim(1.0, 2.63)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    return figure, panels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, metavar="F", help="default: the shipped weights")
    parser.add_argument("--steps", type=int, default=1000, help="of the generator's training; 0: without figure 15")
    options = parser.parse_args()
    docs = ROOT / "docs" / "manual"
    discriminator = load_discriminator(options.weights, "numpy")
    shown = draw_representations(discriminator, docs / "fig_representations.png")
    pairs = compare_smectites(discriminator)
    draw_discrimination(pairs, docs / "fig_discrimination.png")
    rows = [
        [spaces[0].space, *(f"{pair.distance:.3f}" for pair in spaces), min(zip(spaces, pairs), key=lambda p: p[0].distance)[1]]
        for spaces in zip(*pairs.values())
    ]
    (ratio_k, features_k), (ratio_s, features_s) = (shown[name] for name in ("kaolinite", "Al-smectite"))
    page = PAGE.format(
        weights=(options.weights or Path("model_weights/discriminator.npz")).name,
        features=features_k.size,
        kaolinite_ratio=cosine(1 - ratio_k, 1 - ratio_s),
        kaolinite_features=cosine(features_k, features_s),
        distances=table(["SAD, radians", *(f"to MICA {name}" for name in pairs), "nearer"], rows),
    )
    page += show_generator(options.steps, docs / "fig_generated.png") if options.steps else ""
    (docs / "network.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
