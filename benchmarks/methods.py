"""What do the published methods find in scenes of known minerals, beside ours, and what do they cost?

    python3 benchmarks/methods.py [--methods KEY ...] [--shares N ...] [--weights F.npz] [--results F.json] [--figure F.png]

Scenes like those of `neutral_ratio.py`: 21 minerals in patches of 8 × 8 down to 2 × 2 and 1 × 4 pixels, at a share, on the
ground of a real denominator; or on ground drawn pixel by pixel from the background model. They are small, so that all methods
can map all. Each is mapped by all methods of `core compare`, from file to file, plain and divided by the blandest pixels near
by, with everything by default. Pixels within two of a patch are not judged. The patches are MICA ratios. The library has these,
too, and MICA numerators; so each scene is mapped by the whole library, and by its numerators alone, which are other spectra of
the same minerals. No parameter was chosen by what is measured here. Macro-F1 is told at each method's own threshold, and at its
lowest threshold with a precision of 0.95, which no user knows. Results are kept in a file as they come, so that a run can be
gone on with. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
from confusion import only
from mapping import type_spectra
from measure import machine, table
from neutral_ratio import Scene, make_scene

from crism_gan_plugin.core import compare_methods
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars, save_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.mapping.levels import GUESS_OFFSET
from crism_gan_plugin.core.methods.rows import ALL_CLASSES
from crism_gan_plugin.core.methods.table import METHODS
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

#: Ground of the scenes: the denominator of a mineral's type spectrum, or the background model.
REAL, DRAWN = "denominator of kaolinite", "background model"
GROUNDS, SHARES, RATIOS = (REAL, DRAWN), (1.0, 0.5, 0.25), ("off", "bland")

#: Exemplars: all, among them the spectra of the patches; or only others of the same minerals.
WHOLE, OTHERS = "whole library", "numerator"
EXEMPLARS = (WHOLE, OTHERS)

#: Lines and samples of a mineral's tile; upper left corner and size of its patches.
TILE = (16, 26)
PATCHES = ((2, 2, 8, 8), (2, 13, 4, 4), (9, 13, 4, 4), (2, 20, 3, 3), (8, 20, 2, 2), (12, 20, 1, 4))

#: The settings that are told, and what the table calls them.
SETTINGS = {"default": "own threshold", "precision 0.95": "precision ≥ 0.95"}
WIDTHS = (1, 2, 3, 4, 8)


@dataclass(frozen=True)
class Case:
    """A scene, how it is divided, and by which exemplars it is mapped."""

    exemplars: str
    ground: str
    share: float
    ratio: str

    @property
    def name(self) -> str:
        return f"{self.exemplars}: {self.ground}, share {self.share:g}, ratio {self.ratio}"


#: The scene of the figure.
SHOWN = Case(WHOLE, REAL, 0.5, "bland")


def scene_on(ground: str, share: float) -> Scene:
    """The scene of all minerals on this ground."""
    scene = make_scene(("kaolinite",), share, tile=TILE, patches=PATCHES)
    if ground == REAL:
        return scene
    lines, samples, channels = scene.cube.shape
    bland = type_spectra("kaolinite")[2]
    drawn = load_background().plain.draw(lines * samples, np.random.default_rng(1)).reshape(lines, samples, channels)
    return Scene((scene.cube / bland * drawn * bland.mean()).astype(np.float32), scene.truth)


@dataclass(frozen=True)
class Run:
    """One scene mapped by some methods: what `x_compare.csv` says, and, where they were wanted, the codes of each map."""

    rows: list[dict[str, str]]
    codes: dict[str, np.ndarray]


def run(case: Case, methods: Iterable[str], weights: Optional[Path] = None) -> Run:
    """Map the scene by these methods."""
    scene = scene_on(case.ground, case.share)
    lines, samples, _ = scene.cube.shape
    with tempfile.TemporaryDirectory() as folder:
        image, truth = Path(folder) / "scene.img", Path(folder) / "truth.tif"
        with EnviCube(image, lines, samples, WAVELENGTHS_NM) as file:
            file.write(scene.cube)
        with create_raster(truth, lines, samples, 1, np.uint8) as writer:
            writer.write(np.where(scene.truth < 0, 255, scene.truth).astype(np.uint8)[np.newaxis], 0)
        library = save_exemplars(library_of(case.exemplars), Path(folder) / "exemplars.json")
        given = {
            "methods": list(methods),
            "truth": truth,
            "ratio": case.ratio,
            "exemplars": library,
            "engine": "numpy",
            "weights": weights,
        }
        made = compare_methods(image, Path(folder) / "x.tif", **given)
        with made.table.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        codes = {}
        for path in made.maps if case == SHOWN else ():
            with RasterReader(path) as raster:
                codes[path.stem.removeprefix("x_")] = raster.read(0, lines)[0].astype(int)
        return Run(rows, codes)


def library_of(exemplars: str) -> ExemplarLibrary:
    """The minerals that are looked for by default, by all their spectra or by one view of them."""
    library = load_exemplars().defaults()
    return library if exemplars == WHOLE else only(library, exemplars)


def cases_of(share: float) -> list[Case]:
    """All scenes of a share."""
    return [Case(known, ground, share, ratio) for known in EXEMPLARS for ground in GROUNDS for ratio in RATIOS]


def number(text: object) -> float:
    return float(str(text)) if text not in ("", None) else np.nan


def told(rows: list[dict[str, str]], method: str, setting: str) -> Optional[dict[str, str]]:
    """The row of all classes of a method at a setting; None where it was not run."""
    found = (row for row in rows if row["method"] == method and row["setting"] == setting and row["class"] == ALL_CLASSES)
    return next(found, None)


def accuracy(results: dict[str, list[dict[str, str]]]) -> Iterator[list[str]]:
    """Lines of the table of accuracy, the best method of each scene first."""
    for name, rows in results.items():
        for setting, title in SETTINGS.items():
            lines = {key: line for key in METHODS if (line := told(rows, key, setting)) is not None}
            for key in sorted(lines, key=lambda key: -np.nan_to_num(number(lines[key]["f1"]))):
                figures = [number(lines[key][column]) for column in ("f1", "precision", "recall", "false_on_ground")]
                widths = " / ".join(_share(number(lines[key][f"recall_width_{width}"])) for width in WIDTHS)
                yield [name, title, key, *map(_share, figures), widths]


def standing(results: dict[str, list[dict[str, str]]]) -> Iterator[list[str]]:
    """Lines of the summary: mean macro-F1 over plain and over ratioed scenes, in how many the method is first, and its cost."""
    keys = [key for key in METHODS if any(row["method"] == key for rows in results.values() for row in rows)]
    for key in keys:
        cells = []
        lines = [line for rows in results.values() if (line := told(rows, key, "default")) is not None]
        for setting in SETTINGS:
            for ratio in RATIOS:
                chosen = [rows for name, rows in results.items() if name.endswith(f"ratio {ratio}")]
                scores = [number(line["f1"]) for rows in chosen if (line := told(rows, key, setting)) is not None]
                cells.append(_share(float(np.mean(np.nan_to_num(scores)))) if scores else "")
            first = sum(_first(rows, setting) == key for rows in results.values())
            cells.append(f"{first} of {len(lines)}")
        seconds = np.median([number(line["processor_seconds"]) for line in lines])
        memory = max(number(line["peak_mb"]) for line in lines)
        yield [key, METHODS[key].title, *cells, f"{seconds:.1f}", f"{memory:.0f}"]


def _first(rows: list[dict[str, str]], setting: str) -> str:
    found = {key: number(line["f1"]) for key in METHODS if (line := told(rows, key, setting)) is not None}
    return max(found, key=lambda key: np.nan_to_num(found[key]))


def _share(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.3f}"


def draw_maps(truth: np.ndarray, found: Run, path: Path) -> None:
    """The truth and the map of each method side by side, in the colours of the legend."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    classes = {mineral.code: mineral for mineral in load_exemplars().classes}
    shown = {"truth": np.where(truth < 0, 0, truth), **{key: found.codes[key] for key in METHODS if key in found.codes}}
    columns = min(len(shown), 7)
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(1.75 * columns, 2.7 * rows + 0.9))
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    below = 0.9 / (2.7 * rows + 0.9)
    figure.subplots_adjust(left=0.005, right=0.995, top=0.96, bottom=below, wspace=0.05, hspace=0.1)
    for panel, (key, codes) in zip(panels, shown.items()):
        line = told(found.rows, key, "default")
        panel.imshow(_picture(codes, {code: mineral.rgb for code, mineral in classes.items()}), interpolation="nearest")
        panel.set_title(key if line is None else f"{key}, {number(line['f1']):.2f}", fontsize=9)
    for panel in panels:
        panel.axis("off")
    named = np.unique(np.stack(list(shown.values())) % GUESS_OFFSET)
    names = [mineral for code, mineral in classes.items() if code in named]
    handles = [Patch(facecolor=np.array(mineral.rgb) / 255, label=mineral.name) for mineral in names]
    figure.legend(handles=handles, fontsize=7.5, frameon=False, loc="lower center", ncol=7)
    figure.savefig(path, dpi=110)


def _picture(codes: np.ndarray, rgb: dict[int, tuple[int, int, int]]) -> np.ndarray:
    """(lines, samples, 3) colours of codes: pale ones of guesses, grey where nothing is named."""
    picture = np.full((*codes.shape, 3), 0.93)
    for code, colour in rgb.items():
        picture[codes == code] = np.array(colour) / 255
        picture[codes == code + GUESS_OFFSET] = 0.6 * np.array(colour) / 255 + 0.4
    return picture


def print_tables(results: dict[str, list[dict[str, str]]], shares: Iterable[float]) -> None:
    """The summary of each share and set of exemplars, then what was found in each scene."""
    heads = [f"{title}, {word}" for title in SETTINGS.values() for word in ("plain", "ratioed", "first in")]
    titles = ["macro-F1", "precision", "recall", "bare ground named", f"recall by width {' / '.join(map(str, WIDTHS))}"]
    by_share = [{case.name: results[case.name] for case in cases_of(share) if case.name in results} for share in shares]
    for share, of_share in zip(shares, by_share):
        for known in EXEMPLARS:
            chosen = {name: rows for name, rows in of_share.items() if name.startswith(known)}
            if chosen:
                print(f"\nExemplars: {known}; share {share:g}; scenes: {len(chosen)}.\n")
                print(table(["method", "", *heads, "processor s", "MB"], list(standing(chosen))))
    lines = [line for of_share in by_share for line in accuracy(of_share)]
    print("\n" + table(["scene", "at", "method", *titles], lines))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    every = list(METHODS)
    parser.add_argument("--methods", nargs="*", default=every, choices=every, metavar="KEY", help=f"of {', '.join(every)}")
    parser.add_argument("--shares", nargs="*", type=float, default=SHARES, metavar="N", help="shares of the minerals in patches")
    parser.add_argument(
        "--results", type=Path, metavar="F", help="where results are kept; a scene and method in it is not run again"
    )
    parser.add_argument(
        "--weights", type=Path, metavar="F.npz", help="other weights of `network`; their results belong in a file of their own"
    )
    parser.add_argument("--figure", type=Path, metavar="F", help="where to draw the maps of one scene")
    options = parser.parse_args()
    results: dict[str, list[dict[str, str]]] = {}
    if options.results and options.results.exists():
        results = json.loads(options.results.read_text(encoding="utf-8"))
    codes: dict[str, np.ndarray] = {}
    for case in sorted((case for share in options.shares for case in cases_of(share)), key=lambda case: case.exemplars == OTHERS):
        rows, shown = results.get(case.name, []), options.figure is not None and case == SHOWN
        missing = [key for key in options.methods if shown or told(rows, key, "default") is None]
        if not missing:
            continue
        found = run(case, missing, options.weights)
        results[case.name] = [row for row in rows if row["method"] not in missing] + found.rows
        if options.results:
            options.results.write_text(json.dumps(results), encoding="utf-8")
        if shown:
            codes.update(found.codes)
            draw_maps(scene_on(SHOWN.ground, SHOWN.share).truth, Run(results[SHOWN.name], codes), options.figure)
    print(machine())
    print_tables(results, options.shares)


if __name__ == "__main__":
    main()
