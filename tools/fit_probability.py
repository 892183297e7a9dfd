"""Fits how probable it is that a detection is right, and writes what comes with the plugin.

    python3 tools/fit_probability.py [--out model_weights/probability.json]

Fitted to the detections of `benchmarks/judged_detections.py` whose part is called fitted: simulated scenes, and labelled polygons
around Argyre. The other part judges: the file says how well. About a quarter of an hour of one core; the same seeds give the same
file. To be run after each change of network, exemplars, thresholds or background model: probabilities hold for these alone. Needs
the real data in `../shared/data` or CRISM_TEST_DATA.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from judged_detections import FIRST_SEED, FITTED, JUDGED, KnownDetections, all_judged  # noqa: E402
from probability import families_of, judged_in_short  # noqa: E402
from scipy.optimize import minimize  # noqa: E402

from crism_gan_plugin.core.libraries.families import FAMILIES, OTHER  # noqa: E402
from crism_gan_plugin.core.mapping.options import mapper_for  # noqa: E402
from crism_gan_plugin.core.mapping.probable import used_by  # noqa: E402
from crism_gan_plugin.core.options.mapping import MapOptions  # noqa: E402
from crism_gan_plugin.core.reliability.probability import KINDS, SIGNS, Curve, ProbabilityModel  # noqa: E402
from crism_gan_plugin.core.reliability.probability_file import save_probability  # noqa: E402

#: A polygon on Mars is the mean of many pixels, and there are few: each counts as so many detections of scenes.
ON_MARS = 5.0

#: Curves are fitted to the means of so many bins of the index, equally full.
BINS = 40

#: All families' common curve counts as so many detections more in each bin of a family.
COMMON = 20.0

#: No detection is surer to be right than this, nor to be wrong.
SUREST = 0.99

LIMITS = (
    "Real labelled ground is that around Argyre: mafic and bland. Only mafic minerals were fitted to detections on Mars. All other "
    "families rest on simulated scenes, of type spectra and laboratory specimens on bland ground.",
    "It holds for the shares of minerals that these scenes have. Where a mineral is rarer, fewer of its detections are right.",
    "A class counts in a scene with at most 300 detections: where ground resembles a mineral over much of an image, its "
    "probability is too high.",
    "Fitted to images without a model cube, plain and ratioed by the columns' medians.",
)


def isotonic(values: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rising sequence nearest to values in least squares, by pooling of adjacent violators.

    Returns
    -------
    Its steps' values, and (n,) the step that each value belongs to.
    """
    sums, counts, members = [], [], []
    for value, weight in zip(values, weights):
        sums.append(value * weight)
        counts.append(weight)
        members.append(1)
        while len(sums) > 1 and sums[-2] * counts[-1] >= sums[-1] * counts[-2]:
            for each in (sums, counts, members):
                last = each.pop()
                each[-1] += last
    return np.divide(sums, counts), np.repeat(np.arange(len(members)), members)


def rising_curve(index: np.ndarray, right: np.ndarray, count: np.ndarray) -> Curve:
    """The curve through bins with these mean indices, shares right, and detections."""
    steps, step = isotonic(right, count)
    means = np.bincount(step, index * count) / np.bincount(step, count)
    return Curve(means.round(5), np.clip(steps, 1 - SUREST, SUREST).round(5))


def logistic(signs: np.ndarray, kind: np.ndarray, family: np.ndarray, right: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The weights of signs, and constants of kinds beyond the first, of a logistic regression; signs' weights are at least 0."""
    spread = signs.std(0)
    of_kind, of_family = kind[:, np.newaxis] == np.arange(1, len(KINDS)), family[:, np.newaxis] == np.unique(family)
    columns = np.hstack([(signs - signs.mean(0)) / spread, of_kind, of_family])

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        index = columns @ weights
        slope = columns.T @ (weight * (1 / (1 + np.exp(-index)) - right)) + weights
        return float((weight * (np.logaddexp(0, index) - right * index)).sum() + 0.5 * weights @ weights), slope

    bounds = [(0, None)] * len(SIGNS) + [(None, None)] * (columns.shape[1] - len(SIGNS))
    best = minimize(loss, np.zeros(columns.shape[1]), jac=True, method="L-BFGS-B", bounds=bounds).x
    return np.concatenate([best[: len(SIGNS)] / spread, best[len(SIGNS) : len(SIGNS) + len(KINDS) - 1]])


def fitted(known: KnownDetections) -> ProbabilityModel:
    """The model of some detections."""
    family, weight = families_of(known), np.where(known.of_mars, ON_MARS, 1.0)
    best = logistic(known.found.signs, known.kind, family, known.right.astype(float), weight)
    weights, kinds = best[: len(SIGNS)].round(5), np.concatenate([[0.0], best[len(SIGNS) :]]).round(5)
    index = ProbabilityModel(weights, kinds, {}).index(known.found)
    edges = np.unique(np.quantile(index, np.linspace(0, 1, BINS + 1)))
    place = np.clip(np.searchsorted(edges, index, "right") - 1, 0, len(edges) - 2)

    def binned(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        own = np.where(rows, weight, 0.0)
        count, sums, right = (np.bincount(place, each, len(edges) - 1) for each in (own, own * index, own * known.right))
        return count, sums, right

    count, sums, right = binned(np.ones(len(index), bool))
    middle = sums / count
    common = rising_curve(middle, right / count, count)
    curves = {}
    for name in [*FAMILIES, OTHER]:
        own, sums, right = binned(family == name)
        full = own + COMMON
        curves[name] = rising_curve((sums + COMMON * middle) / full, (right + COMMON * common(middle)) / full, full)
    return ProbabilityModel(weights, kinds, curves)


def counted(known: KnownDetections) -> dict[str, dict[str, int]]:
    """Detections of each family that were fitted, simulated and on Mars."""
    family, grounds = families_of(known), {"scenes": ~known.of_mars, "Mars": known.of_mars}
    return {
        name: {ground: int(((family == name) & there).sum()) for ground, there in grounds.items()} for name in [*FAMILIES, OTHER]
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "model_weights" / "probability.json")
    options = parser.parse_args()
    mapper = mapper_for(MapOptions(engine="numpy"))
    write(options.out, used_by(mapper), all_judged(mapper, FITTED), all_judged(mapper, JUDGED))


def write(path: Path, used: dict[str, object], learnt: KnownDetections, judging: KnownDetections) -> None:
    """Fit the first detections, judge by the others, and write the file."""
    model = fitted(learnt)
    card = {
        "made_by": "tools/fit_probability.py",
        "first_seeds": FIRST_SEED,
        "limits": LIMITS,
        "fitted_to": counted(learnt),
        "judged": judged_in_short(model, judging),
    }
    save_probability(ProbabilityModel(model.weights, model.kinds, model.curves, used, card), path)


if __name__ == "__main__":
    main()
