"""Does the network know a mineral again in another instrument's, or another processing's, spectrum of it?

    python3 benchmarks/retrieval.py [--weights F.npz ...]

Queries are one view of 25 minerals with noise, the gallery is another view; all six ordered pairs of views, five noise seeds.
Intervals are 95 % of 1,000 bootstraps over minerals, the same draws for all methods, so that differences have intervals too. The
networks of `train_variants.py` are compared besides the shipped one: its docstring says how they differ from it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
from measure import machine, table
from scipy.ndimage import gaussian_filter1d
from views import View, load_views

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.background.metric import absorption_of_ratio, ground_metric
from crism_gan_plugin.core.network.cosine import GroundCosine
from crism_gan_plugin.core.network.discriminator import Discriminator, load_discriminator
from crism_gan_plugin.core.network.weights import DiscriminatorWeights
from crism_gan_plugin.core.search.metrics import comparison
from crism_gan_plugin.core.spectra.noise import noise_of

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

#: Networks of `train_variants.py` → what the table calls them.
VARIANTS = {
    "unseen": "ours, trained without these spectra",
    "adversarial": "adversarial loss alone (DCGAN)",
    "contrastive": "contrastive loss alone",
}

#: Where they are. One comes with the plugin, which compares it with its own maps.
_FOLDER = Path(__file__).resolve().parent
VARIANT_FILES = {
    "unseen": _FOLDER / "weights" / "unseen.npz",
    "adversarial": _FOLDER.parent / "model_weights" / "adversarial.npz",
    "contrastive": _FOLDER / "weights" / "contrastive.npz",
}
OURS, PAPER = "ours, shipped", ", METHOD = paper"
DRAWS = 1000


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (v / np.maximum(np.linalg.norm(v, axis=1, keepdims=True), 1e-12) for v in (a, b))
    return a @ b.T


def absorption_cosine(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    return comparison("absorption", gallery)(np.minimum(queries, 1))


def derivative_cosine(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """Of the gradient of the ratio, smoothed by 1.5 channels."""
    return comparison("derivative", gallery)(np.minimum(queries, 1))


def of_network(discriminator: Discriminator) -> Score:
    return lambda queries, gallery: discriminator.cosines(queries, discriminator.features(gallery))


def ground_cosine() -> Score:
    """Of 1 − ratio in the space where the bland ground of the plugin's background model is white."""
    metric = ground_metric(load_background())
    return lambda queries, gallery: metric.compare(absorption_of_ratio(queries), absorption_of_ratio(gallery), noise_of(queries))[1]


def of_network_on_ground(discriminator: Discriminator) -> Score:
    """The product's own: of features, and of absorptions where ground is white; the noise is estimated, as a map does it."""
    background = load_background()
    return lambda queries, gallery: GroundCosine(discriminator, background, gallery)(queries, noise_of(queries))


def random_network(seed: int = 0) -> Discriminator:
    rng, inputs, kernels = np.random.default_rng(seed), 2, []
    for filters in (20, 40, 80, 160):
        kernels.append(rng.normal(0, np.sqrt(2 / (1.04 * 11 * inputs)), (filters, 11, inputs)).astype(np.float32))
        inputs = filters
    card = {"depth": 0.1, "negative_slope": 0.2, "calibration": {"cosine": [-1, 1], "score": [-1, 1]}}
    return Discriminator(DiscriminatorWeights(tuple(kernels), tuple(np.zeros(len(k), np.float32) for k in kernels), card), "numpy")


@dataclass(frozen=True)
class Pairs:
    """All pairs pooled, and all queries that have an answer.

    Attributes
    ----------
    scores, query, gallery
        (pairs,) score, and the two minerals' numbers.
    hits, asked
        (answerable queries,) whether the best was right, and the query's mineral.
    """

    scores: np.ndarray
    query: np.ndarray
    gallery: np.ndarray
    hits: np.ndarray
    asked: np.ndarray

    @property
    def match(self) -> np.ndarray:
        return self.query == self.gallery

    def weights(self, counts: np.ndarray) -> np.ndarray:
        """(pairs,) how often each pair occurs where minerals occur ``counts`` times; copies of one make no further pairs."""
        return np.where(self.match, counts[self.query], counts[self.query] * counts[self.gallery])


class Measures:
    """Top-1, AUC and true-match rates of one method's pairs, also where minerals occur more or less often.

    Scores are ordered once; every draw of the bootstrap then costs a few sums.
    """

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self._rank = np.unique(pairs.scores, return_inverse=True)[1]

    def __call__(self, counts: np.ndarray) -> np.ndarray:
        """(4,) top-1, AUC, true-match rates at false-match rates of 1e-2 and 1e-3."""
        pairs, weights = self._pairs, self._pairs.weights(counts)
        matches, others = (np.bincount(self._rank, weights * which) for which in (pairs.match, ~pairs.match))
        below = np.cumsum(others) - others / 2
        auc = (matches * below).sum() / matches.sum() / others.sum()
        false = 1 - np.cumsum(others) / others.sum()  # of a threshold at each score
        true = 1 - np.cumsum(matches) / matches.sum()
        rates = [true[np.argmax(false <= rate + 1e-12)] for rate in (1e-2, 1e-3)]
        return np.array([np.average(pairs.hits, weights=counts[pairs.asked]), auc, *rates])


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
    numbers = {mineral: number for number, mineral in enumerate(sorted({*query.minerals, *gallery.minerals}))}
    asked, known = (np.array([numbers[mineral] for mineral in view.minerals]) for view in (query, gallery))
    answerable = np.isin(asked, known)
    hits = known[scores.argmax(1)] == asked
    every = np.broadcast_arrays(asked[:, None], known)
    return scores.ravel(), every[0].ravel(), every[1].ravel(), hits[answerable], asked[answerable]


def bootstrap(minerals: int) -> np.ndarray:
    """(1 + DRAWS, minerals) how often each mineral occurs: once each, then in draws with replacement."""
    rng = np.random.default_rng(0)
    draws = [np.bincount(rng.integers(minerals, size=minerals), minlength=minerals) for _ in range(DRAWS)]
    return np.array([np.ones(minerals, int), *draws])


def interval(values: np.ndarray, digits: int) -> str:
    low, high = np.quantile(values, (0.025, 0.975))
    return f"{low:.{digits}f} … {high:.{digits}f}"


def rows_of(name: str, found: dict[str, np.ndarray]) -> Iterator[list[str]]:
    """Lines of the table for one disturbance; ``found``: method → (1 + DRAWS, 4)."""
    ours = found[OURS]
    if name in PUBLISHED:
        top1, auc, tmr = PUBLISHED[name]
        difference = interval(ours[1:, 1] - auc, 3)
        yield [name, "published network (authors' release)", f"{top1:.3f}", f"{auc:.3f}", "", "", f"{tmr:.2f}", "", difference]
    for method, values in found.items():
        top1, auc, *rates = values[0]
        difference = "" if method == OURS else interval(ours[1:, 1] - values[1:, 1], 3)
        told = [f"{top1:.3f}", f"{auc:.3f}", interval(values[1:, 1], 3), *(f"{rate:.2f}" for rate in rates)]
        yield [name, method, *told, interval(values[1:, 3], 2), difference]


def methods(weights: Sequence[Path]) -> dict[str, Score]:
    compared: dict[str, Score] = {
        "1 − ratio": absorption_cosine,
        "first derivative": derivative_cosine,
        "1 − ratio, ground white": ground_cosine(),
        "random weights": of_network(random_network()),
    }
    files = {title: VARIANT_FILES[name] for name, title in VARIANTS.items()}
    for title, file in files.items():
        if file.exists():
            score = of_network if title == VARIANTS["adversarial"] else of_network_on_ground
            compared[title] = score(load_discriminator(file, "numpy"))
    for name, network in {
        OURS: load_discriminator(engine="numpy"),
        **{p.stem: load_discriminator(p, "numpy") for p in weights},
    }.items():
        compared.update({f"{name}{PAPER}": of_network(network), name: of_network_on_ground(network)})
    return compared


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="further networks to compare")
    options = parser.parse_args()
    views = load_views()
    counts = bootstrap(len({mineral for view in views for mineral in view.minerals}))
    rows: list[list[str]] = []
    for name, disturb in DISTURBANCES.items():
        found = {}
        for method, score in methods(options.weights).items():
            measures = Measures(pool(views, score, disturb))
            found[method] = np.array([measures(draw) for draw in counts])
        rows += rows_of(name, found)
    print(machine())
    titles = ["top-1", "AUC", "AUC, 95 %", "TMR at 1e-2", "TMR at 1e-3", "TMR at 1e-3, 95 %", "AUC of ours − this, 95 %"]
    print(table(["disturbance", "method", *titles], rows))


if __name__ == "__main__":
    main()
