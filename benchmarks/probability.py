"""Are detections right as often as their probability says? A section of `worth.py`.

    python3 benchmarks/probability.py [--figure F.png]

The shipped probabilities (`tools/fit_probability.py`), judged by the scenes and tiles of `judged_detections.py` that they were not
fitted to. The expected calibration error is the mean of |share right − mean probability| over ten bins of probability, each
weighted by its detections. A class in a scene counts with 300 detections at most; in the last column all detections count. About
six minutes of one core. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Optional

import numpy as np
from judged_detections import JUDGED, KnownDetections, all_judged
from measure import machine, table

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.families import family_of
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.reliability.probability import KINDS, ProbabilityModel
from crism_gan_plugin.core.reliability.probability_file import load_probability

BINS = 10

#: A row of the tables has so many detections at least; a scene, too, to have an error of its own.
LEAST = 20


def families_of(known: KnownDetections) -> np.ndarray:
    """(n,) the family of each detection's class."""
    return np.array([family_of(mineral.code) for mineral in load_exemplars().defaults().classes])[known.mineral]


def probabilities(model: ProbabilityModel, known: KnownDetections) -> np.ndarray:
    """(n,)."""
    found, families = np.zeros(len(known.score)), families_of(known)
    for family in np.unique(families):
        rows = families == family
        found[rows] = model.probability(known.only(rows).found, str(family))
    return found


def in_bins(told: np.ndarray, right: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(`BINS`,) detections, their mean probability and their share right; NaN in empty bins."""
    place = np.minimum((told * BINS).astype(int), BINS - 1)
    count, sum_told, sum_right = (np.bincount(place, values, BINS) for values in (weight, weight * told, weight * right))
    some = np.where(count > 0, count, np.nan)
    return count, sum_told / some, sum_right / some


def calibration_error(told: np.ndarray, right: np.ndarray, weight: np.ndarray) -> float:
    """The expected calibration error."""
    count, mean, share = in_bins(told, right, weight)
    return float(np.nansum(count * np.abs(mean - share)) / count.sum())


def row(title: str, told: np.ndarray, known: KnownDetections, rows: np.ndarray) -> list[object]:
    told, part = told[rows], known.only(rows)
    one = np.ones(len(told))
    return [
        title,
        len(told),
        f"{part.right.mean():.3f}",
        f"{told.mean():.3f}",
        f"{calibration_error(told, part.right, one):.3f}",
        f"{np.mean((told - part.right) ** 2):.3f}",
        f"{calibration_error(told, part.right, part.weight):.3f}",
    ]


def groups(known: KnownDetections) -> dict[str, np.ndarray]:
    """Rows of the table, whole, by kind, and by family."""
    families, found = families_of(known), {}
    for ground, there in (("scenes", ~known.of_mars), ("tiles", known.of_mars)):
        found[ground] = there
        found.update({f"{ground}, {kind}": there & (known.kind == place) for place, kind in enumerate(KINDS)})
        found.update({f"{ground}, {family}": there & (families == family) for family in np.unique(families)})
    return {name: rows for name, rows in found.items() if rows.sum() >= LEAST}


def scene_errors(told: np.ndarray, known: KnownDetections) -> np.ndarray:
    """The error of each scene and tile by itself."""
    found = []
    for scene in np.unique(known.scene):
        rows = known.scene == scene
        if rows.sum() >= LEAST:
            found.append(calibration_error(told[rows], known.right[rows], np.ones(rows.sum())))
    return np.array(found)


def judged_in_short(model: ProbabilityModel, known: KnownDetections) -> dict[str, dict[str, float]]:
    """Of scenes and tiles, whole and by kind: detections, error and Brier score, for the file of the probabilities."""
    told, found = probabilities(model, known), {}
    for name, rows in groups(known).items():
        some, right = told[rows], known.right[rows]
        error, brier = calibration_error(some, right, np.ones(len(some))), float(np.mean((some - right) ** 2))
        found[name] = {"detections": len(some), "calibration_error": round(error, 4), "brier": round(brier, 4)}
    return found


def draw_diagram(told: np.ndarray, known: KnownDetections, path: Path) -> None:
    """The reliability diagram: share right over probability, a panel for scenes and one for tiles, a line a kind."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 4.4))
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, 2, sharey=True)
    figure.subplots_adjust(left=0.07, right=0.985, top=0.92, bottom=0.12, wspace=0.1)
    for panel, (title, there) in zip(panels, {"scenes": ~known.of_mars, "tiles around Argyre": known.of_mars}.items()):
        for place, kind in enumerate(KINDS):
            rows = there & (known.kind == place)
            count, mean, share = in_bins(told[rows], known.right[rows], np.ones(rows.sum()))
            enough = count >= LEAST
            panel.plot(mean[enough], share[enough], "o-", label=kind, markersize=5, linewidth=1.4)
        panel.plot([0, 1], [0, 1], color="0.6", linewidth=0.8, zorder=0)
        panel.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="probability", title=title)
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("share of detections that are right")
    panels[0].legend(fontsize=9, frameon=False)
    figure.savefig(path, dpi=130)


def report(figure: Optional[Path] = None) -> str:
    """The tables, in Markdown."""
    known, model = all_judged(mapper_for(MapOptions(engine="numpy")), JUDGED), load_probability()
    told = probabilities(model, known)
    if figure is not None:
        draw_diagram(told, known, figure)
    titles = ["judged by", "detections", "right", "mean probability", "calibration error", "Brier score", "error, all detections"]
    errors = scene_errors(told, known)
    alone = f"Of {len(errors)} scenes and tiles, each by itself: median error {np.median(errors):.3f}, 90 % below "
    alone += f"{np.quantile(errors, 0.9):.3f}."
    return "\n\n".join([table(titles, [row(name, told, known, rows) for name, rows in groups(known).items()]), alone])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--figure", type=Path, metavar="F", help="where to draw the reliability diagram")
    options = parser.parse_args()
    print(machine(), report(options.figure), sep="\n\n")


if __name__ == "__main__":
    main()
