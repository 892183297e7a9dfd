"""Are minerals found on real ground that geologists labelled, and none where they saw none?

    python3 benchmarks/real_ground.py [--weights F.npz ...] [--figure F.png] [--no-maps]

Polygons of MRDR tiles around Argyre (`labelled_ground.py` says how they are prepared), plain and ratioed. The score of a spectrum
for a label is its best similarity among the right classes if the best of all default classes is a right one, else 0. The
threshold is the 99 % quantile of the same score over the bland spectra; the recall is the share of the label's spectra above it.
What a method fits, it fits to bland spectra of other tiles (five folds). Labels of minerals do nothing but judge. Intervals are
95 % of 1,000 bootstraps over tiles, the same draws for all methods, thresholds anew in each. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
from labelled_ground import BLAND, RIGHT, VIEWS, Bland, Ground, bland_of, measure_background, read_ground, tile_folds
from measure import machine, table
from retrieval import DRAWS, OURS, PAPER, VARIANT_FILES, VARIANTS, absorption_cosine, cosine, derivative_cosine, interval

from crism_gan_plugin.core.background.metric import absorption_of_ratio, ground_metric
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.network.discriminator import Discriminator, load_discriminator
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.spectra.noise import noise_of

#: Share of the bland spectra that the threshold lets through.
BLAND_NAMED = 0.01

#: The authors' released network with exemplars from MICA, on this benchmark: recall by label, and its mean. As given: no command
#: here makes these figures.
PUBLISHED = {"plain": (0.46, 0.70, 0.66, 0.54, 0.591), "ratio": (0.67, 0.58, 0.60, 0.67, 0.633)}

#: What others are compared with, besides ours.
WHITENED = "whitened cosine"

#: Of the whitening, relative to the covariance's largest eigenvalue.
_RIDGE = 1e-3

#: (view, (n, 240) continuum-removed) → (n, exemplars).
Score = Callable[[str, np.ndarray], np.ndarray]
Method = Callable[[Bland, ExemplarLibrary], Score]


def unfitted(score: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Method:
    """A similarity of spectra and exemplars that learns nothing from bland ground."""
    return lambda bland, library: lambda view, spectra: score(spectra, library.spectra)


def of_network(discriminator: Discriminator) -> Method:
    """The paper's similarity (METHOD = paper)."""
    return lambda bland, library: lambda view, spectra: Matcher(discriminator, library)(spectra)


def whitened_cosine(bland: Bland, library: ExemplarLibrary) -> Score:
    """Cosine of continuum-removed spectra in the space where bland ground is white (Kraut & Scharf 1999), without a network."""
    mean = {view: spectra.mean(0) for view, spectra in bland.continuum_removed.items()}
    centred = np.concatenate([spectra - mean[view] for view, spectra in bland.continuum_removed.items()])
    whitening = inverse_root(np.cov(centred.T), _RIDGE)
    exemplars = (library.spectra - 1) @ whitening
    return lambda view, spectra: cosine((spectra - mean[view]) @ whitening, exemplars)


def ground_cosine(bland: Bland, library: ExemplarLibrary) -> Score:
    """Cosine of absorptions in the metric of the product's background model, without a network."""
    metric = ground_metric(measure_background(bland))
    return lambda view, spectra: metric.compare(
        absorption_of_ratio(spectra), absorption_of_ratio(library.spectra), noise_of(spectra)
    )[1]


def with_background(discriminator: Discriminator) -> Method:
    """The product's own similarity (METHOD = ground)."""

    def method(bland: Bland, library: ExemplarLibrary) -> Score:
        matcher = Matcher(discriminator, library, measure_background(bland))
        return lambda view, spectra: matcher(spectra, noise_of(spectra))

    return method


def inverse_root(covariance: np.ndarray, ridge: float) -> np.ndarray:
    """The symmetric inverse root of the covariance, to whose eigenvalues ``ridge`` times the largest is added."""
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    return eigenvectors / np.sqrt(eigenvalues + ridge * eigenvalues[-1]) @ eigenvectors.T


def methods(weights: Sequence[Path]) -> dict[str, Method]:
    """All that are compared, by their names in the table; ``weights`` are further networks."""
    adversarial, unseen, contrastive = (
        load_discriminator(VARIANT_FILES[name], "numpy") for name in ("adversarial", "unseen", "contrastive")
    )
    shipped = load_discriminator(engine="numpy")
    compared: dict[str, Method] = {
        WHITENED: whitened_cosine,
        "cosine of 1 − ratio, ground white": ground_cosine,
        "cosine of the derivative": unfitted(derivative_cosine),
        "cosine of 1 − ratio": unfitted(absorption_cosine),
        VARIANTS["adversarial"]: of_network(adversarial),
        **_both_methods(VARIANTS["contrastive"], contrastive),
        **_both_methods(VARIANTS["unseen"], unseen),
        **_both_methods(OURS, shipped),
    }
    for path in weights:
        compared.update(_both_methods(path.stem, load_discriminator(path, "numpy")))
    return compared


def _both_methods(name: str, network: Discriminator) -> dict[str, Method]:
    return {f"{name}{PAPER}": of_network(network), name: with_background(network)}


def cross_fitted(method: Method, ground: Ground, library: ExemplarLibrary) -> dict[str, np.ndarray]:
    """View → (n, exemplars) scores, each by what was learnt from bland spectra of other tiles; NaN where there is no spectrum."""
    folds = tile_folds(ground.tiles)
    scores = {view: np.full((len(folds), len(library.names)), np.nan) for view in VIEWS}
    for fold in range(folds.max() + 1):
        score = method(bland_of(ground, folds != fold), library)
        for view in VIEWS:
            own = (folds == fold) & ground.known(view)
            scores[view][own] = score(view, ground.continuum_removed[view][own])
    return scores


def evidence_for(scores: np.ndarray, library: ExemplarLibrary) -> np.ndarray:
    """(labels, n): the best score among a label's right classes where that is the best of all, else 0; NaN stays NaN."""
    names = np.array(library.class_names)[library.class_index]
    best = scores.max(1)
    right = np.array([scores[:, np.isin(names, classes)].max(1) for classes in RIGHT.values()])
    return np.where(right >= best, right, np.where(np.isnan(best), np.nan, 0))


@dataclass(frozen=True)
class Judged:
    """One method's evidence in one view.

    Attributes
    ----------
    evidence
        (labels, n).
    tiles, labels
        (n,).
    """

    evidence: np.ndarray
    tiles: np.ndarray
    labels: np.ndarray

    @staticmethod
    def of(ground: Ground, view: str, scores: np.ndarray, library: ExemplarLibrary) -> Judged:
        known = ground.known(view)
        return Judged(evidence_for(scores[known], library), ground.tiles[known], ground.labels[known])

    def recalls(self, bland_named: float = BLAND_NAMED) -> np.ndarray:
        """(labels + 1,) recall of each label, NaN where it does not occur, and their mean."""
        bland = self.labels == BLAND
        found = []
        for label, evidence in zip(RIGHT, self.evidence):
            of_label = evidence[self.labels == label]
            found.append(np.mean(of_label > np.quantile(evidence[bland], 1 - bland_named)) if of_label.size else np.nan)
        return np.array([*found, np.nanmean(found)])

    def drawn(self, tiles: Sequence[str]) -> Judged:
        """The same with the polygons of these tiles, those of one that is named twice twice."""
        rows = np.concatenate([np.flatnonzero(self.tiles == tile) for tile in tiles])
        return Judged(self.evidence[:, rows], self.tiles[rows], self.labels[rows])


def bootstrapped(judged: Judged, tiles: np.ndarray) -> np.ndarray:
    """(1 + `DRAWS`, labels + 1) recalls: as it is, and in draws of tiles with replacement."""
    rng = np.random.default_rng(0)
    draws = [judged.drawn(tiles[rng.integers(len(tiles), size=len(tiles))]).recalls() for _ in range(DRAWS)]
    return np.array([judged.recalls(), *draws])


def rows_of(view: str, recalls: dict[str, np.ndarray]) -> Iterable[list[str]]:
    """Lines of the table for one view; ``recalls``: method → what `bootstrapped` gives."""
    for method, values in recalls.items():
        told = [f"{recall:.2f}" for recall in values[0, :-1]]
        mean = values[:, -1]
        differences = ["" if other == method else interval(mean[1:] - recalls[other][1:, -1], 3) for other in (WHITENED, OURS)]
        yield [view, method, *told, f"{mean[0]:.3f}", interval(mean[1:], 3), *differences]
    *labels, mean_recall = PUBLISHED[view]
    told = [f"{recall:.2f}" for recall in labels]
    yield [view, "published network, MICA exemplars (as given)", *told, f"{mean_recall:.3f}", *[""] * 3]


def draw_curves(judged: dict[str, dict[str, Judged]], path: Path) -> None:
    """Mean recall over the share of bland spectra named, a panel a view; ``judged``: method → view → evidence."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import FormatStrFormatter

    figure = Figure(figsize=(8.4, 4.9))
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(VIEWS), sharey=True)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.93, bottom=0.33, wspace=0.06)
    shares = np.geomspace(2e-3, 0.5, 60)
    for panel, view in zip(panels, VIEWS):
        for method, by_view in judged.items():
            panel.plot(100 * shares, [by_view[view].recalls(share)[-1] for share in shares], label=method, linewidth=1.6)
        panel.plot(100 * BLAND_NAMED, PUBLISHED[view][-1], "k*", label="published network (as given)", markersize=9)
        panel.axvline(100 * BLAND_NAMED, color="0.7", linewidth=0.8, zorder=0)
        panel.set(xscale="log", xlabel="bland spectra named, %", title={"plain": "plain", "ratio": "ratioed"}[view], ylim=(0, 1))
        panel.xaxis.set_major_formatter(FormatStrFormatter("%g"))
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("recall, mean of four labels")
    figure.legend(*panels[0].get_legend_handles_labels(), fontsize=8, frameon=False, loc="lower center", ncol=2)
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, nargs="*", default=[], metavar="F", help="further networks to compare")
    parser.add_argument("--figure", type=Path, metavar="F", help="where to draw recall over the share of bland spectra named")
    parser.add_argument("--no-maps", action="store_true", help="leave out what goes through `map`")
    options = parser.parse_args()
    ground, library = read_ground(), load_exemplars().defaults()
    judged: dict[str, dict[str, Judged]] = {}
    for name, method in methods(options.weights).items():
        scores = cross_fitted(method, ground, library)
        judged[name] = {view: Judged.of(ground, view, scores[view], library) for view in VIEWS}
    tiles = np.unique(ground.tiles)
    print(machine(), "\n")
    titles = ["mean", "mean, 95 %", f"mean − {WHITENED}, 95 %", f"mean − {OURS}, 95 %"]
    rows: list[list[str]] = []
    for view in VIEWS:
        rows += rows_of(view, {name: bootstrapped(by_view[view], tiles) for name, by_view in judged.items()})
    print(table(["view", "method", *RIGHT, *titles], rows))
    if options.figure:
        further = (VARIANTS["contrastive"], VARIANTS["unseen"])
        draw_curves({name: by_view for name, by_view in judged.items() if not name.startswith(further)}, options.figure)
    if not options.no_maps:
        from ground_maps import report

        files = {OURS: None, **{path.stem: path for path in options.weights}}
        ways = {f"{name}{PAPER}": {"weights": path, "method": "paper"} for name, path in files.items()}
        print(f"\n{report(ground, {**{name: {'weights': path} for name, path in files.items()}, **ways})}")


if __name__ == "__main__":
    main()
