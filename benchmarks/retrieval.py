"""Does the network know a mineral again in another instrument's, or another processing's, spectrum of it?

    python3 benchmarks/retrieval.py [--weights F.npz ...]

Queries are one view of 25 minerals with noise, the gallery is another view; all six ordered pairs of views, five noise seeds.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
from measure import machine, table
from scipy.ndimage import gaussian_filter1d
from views import View, load_views

from crism_gan_plugin.core.gan.discriminator import Discriminator, load_discriminator, normalise_bands
from crism_gan_plugin.core.gan.validation import area_under_curve
from crism_gan_plugin.core.gan.weights import DiscriminatorWeights

SEEDS = range(5)
Score = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (queries, 240), (gallery, 240) -> (queries, gallery)
Disturb = Callable[[np.ndarray, np.random.Generator], np.ndarray]

#: The authors' released network on this benchmark: top-1, AUC, TMR at a false-match rate of 1e-3.
PUBLISHED = {
    "white 0": (0.638, 0.924, 0.23),
    "white 0.005": (0.654, 0.922, 0.22),
    "white 0.01": (0.623, 0.913, 0.19),
    "white 0.02": (0.567, 0.889, 0.10),
}


def white(sigma: float) -> Disturb:
    return lambda ratio, rng: ratio + rng.normal(0, sigma, ratio.shape)


def correlated(ratio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise that neighbouring channels share, as column stripes leave it: σ 0.01 over 3 channels."""
    noise = gaussian_filter1d(rng.normal(0, 1, ratio.shape), 3, axis=1)
    return ratio + 0.01 * noise / noise.std(1, keepdims=True)


def spikes(ratio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """White noise of 0.005, and 1 % of the channels off by ± 0.05."""
    hit = rng.random(ratio.shape) < 0.01
    return white(0.005)(ratio, rng) + hit * rng.choice([-0.05, 0.05], ratio.shape)


def tilt(ratio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A hull that ends at the wrong place: up to 2 % off at either end, falling to nothing over 0.4 µm."""
    x = np.linspace(0, 1, ratio.shape[1])
    ends = rng.uniform(-0.02, 0.02, (2, len(ratio), 1))
    return ratio * (1 + ends[0] * np.exp(-x / 0.25) + ends[1] * np.exp(-(1 - x) / 0.25))


def shift(ratio: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One channel to either side."""
    steps = rng.choice([-1, 1], len(ratio))
    return np.array([np.concatenate([r[:1], r[:-1]]) if s > 0 else np.concatenate([r[1:], r[-1:]]) for r, s in zip(ratio, steps)])


DISTURBANCES: dict[str, Disturb] = {
    **{f"white {sigma:g}": white(sigma) for sigma in (0.0, 0.005, 0.01, 0.02)},
    "correlated 0.01": correlated,
    "spikes": spikes,
    "wrong continuum": tilt,
    "shift ± 1 channel": shift,
}


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (a, b))
    return a @ b.T


def absorption_cosine(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    return cosine(normalise_bands(queries, 0.1), normalise_bands(gallery, 0.1))


def derivative_cosine(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Of the gradient of the normalised ratio, smoothed by 1.5 channels."""
    return cosine(*(np.gradient(gaussian_filter1d(normalise_bands(v, 0.1), 1.5, axis=1), axis=1) for v in (queries, gallery)))


def of_network(discriminator: Discriminator) -> Score:
    return lambda queries, gallery: discriminator.cosines(queries, discriminator.features(gallery))


def random_network(seed: int = 0) -> Discriminator:
    rng, inputs, kernels = np.random.default_rng(seed), 2, []
    for filters in (20, 40, 80, 160):
        kernels.append(rng.normal(0, np.sqrt(2 / (1.04 * 11 * inputs)), (filters, 11, inputs)).astype(np.float32))
        inputs = filters
    card = {"depth": 0.1, "negative_slope": 0.2, "calibration": {"cosine": [-1, 1], "score": [-1, 1]}}
    return Discriminator(DiscriminatorWeights(tuple(kernels), tuple(np.zeros(len(k), np.float32) for k in kernels), card), "numpy")


@dataclass(frozen=True)
class Pairs:
    """All pairs pooled: scores, whether the two are one mineral, the query's mineral, and whether each query's best was right."""

    scores: np.ndarray
    match: np.ndarray
    mineral: np.ndarray
    hits: np.ndarray

    def auc(self, chosen: np.ndarray) -> float:
        return area_under_curve(self.scores[chosen & self.match], self.scores[chosen & ~self.match])

    def true_match_rate(self, false_match_rate: float) -> float:
        threshold = np.quantile(self.scores[~self.match], 1 - false_match_rate)
        return float((self.scores[self.match] > threshold).mean())


def pool(views: list[View], score: Score, disturb: Disturb) -> Pairs:
    parts = [_one(query, gallery, score, disturb, seed) for query, gallery, seed in _tasks(views)]
    return Pairs(*(np.concatenate(column) for column in zip(*parts)))


def _tasks(views: list[View]) -> Iterator[tuple[View, View, int]]:
    for query in views:
        for gallery in views:
            if query is not gallery:
                for seed in SEEDS:
                    yield query, gallery, seed


def _one(query: View, gallery: View, score: Score, disturb: Disturb, seed: int) -> tuple[np.ndarray, ...]:
    noisy = np.minimum(disturb(query.ratio, np.random.default_rng(seed)), 1)
    scores = score(noisy, gallery.ratio)
    match = np.array(query.minerals)[:, None] == np.array(gallery.minerals)
    answerable = match.any(1)
    hits = match[np.arange(len(match)), scores.argmax(1)][answerable]
    mineral = np.repeat(np.array(query.minerals)[:, None], len(gallery.minerals), 1)
    return scores.ravel(), match.ravel(), mineral.ravel(), hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, nargs="*", default=[None], help="default: the weights that are shipped")
    options = parser.parse_args()
    views = load_views()
    methods: dict[str, Score] = {
        "1 − ratio": absorption_cosine,
        "first derivative": derivative_cosine,
        "random weights": of_network(random_network()),
    }
    for path in options.weights:
        methods["shipped weights" if path is None else path.stem] = of_network(load_discriminator(path, "numpy"))
    rows = []
    for name, disturb in DISTURBANCES.items():
        if name in PUBLISHED:
            top1, auc, tmr = PUBLISHED[name]
            rows.append([name, "published network (authors' release)", f"{top1:.3f}", f"{auc:.3f}", "", f"{tmr:.2f}"])
        for method, score in methods.items():
            pairs = pool(views, score, disturb)
            everything = np.ones(pairs.match.shape, bool)
            rates = [f"{pairs.true_match_rate(rate):.2f}" for rate in (1e-2, 1e-3)]
            rows.append([name, method, f"{pairs.hits.mean():.3f}", f"{pairs.auc(everything):.3f}", *rates])
    print(machine())
    print(table(["disturbance", "method", "top-1", "AUC", "TMR at 1e-2", "TMR at 1e-3"], rows))


if __name__ == "__main__":
    main()
