"""The figures of the guide's page *How far to trust it*.

    python3 benchmarks/trust_figures.py [FIGURE ...]

They go to docs/guide/pictures/. Reliability and agreement are of two simulated images that overlap, whose truth is known.
build/trust keeps images, maps and composite; what lies there already is taken. The others are drawn of the tables of
benchmarks/pages/worth.md, so that figure and table are of one run. Needs Matplotlib and rasterio.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
from measure import table
from scipy.ndimage import binary_dilation

from crism_gan_plugin.core import find_detection_limits, make_composite, map_scene
from crism_gan_plugin.core.arrays import BoolArray, IntArray
from crism_gan_plugin.core.detection_limit.curves import wilson
from crism_gan_plugin.core.mapping.levels import GUESS_OFFSET, NO_DATA
from crism_gan_plugin.core.rasters.class_table import read_class_table
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.scenes import DEMO_SCENES, Footprint, simulate_scene

ROOT = Path(__file__).resolve().parent.parent
FOLDER, PICTURES = ROOT / "build" / "trust", ROOT / "docs" / "guide" / "pictures"
PAGE = ROOT / "benchmarks" / "pages" / "worth.md"

PIXEL_M = 36

#: An image with Jezero's site, and another scan over the middle of it.
SCENES = (DEMO_SCENES[0], Footprint("frt0000c003_07_if165j_mtr3", 18.31, 77.39, length_km=11.0, tilt_deg=-9.0))

#: A detection is false where no mineral is within so many pixels, as in `reliability.py`.
NEAR = 2

#: Classes with fewer detections are not shown.
LEAST = 50

#: Columns of the table of agreement that are shown.
SHOWN = ("seen_again", "seen_again_low", "seen_again_high", "by_chance", "kappa_low", "expected")

DARK, PALE, RED = "#2166ac", "0.7", "#b2182b"

#: What becomes of the clear pixels of a class that is left out: column of the table, what the figure calls it, and its colour.
BECOMES = (
    ("unlisted", "unlisted", DARK),
    ("nothing", "nothing", "#c6dbef"),
    ("guess, family", "guess: relative", "#fee0b6"),
    ("guess, other", "guess: another family", "#f1a340"),
    ("identified, family", "identified: relative", "#d6604d"),
    ("identified, other", "identified: another family", "#67001f"),
)

#: So many percent of a class's clear pixels should be unlisted or nothing.
AIM = 70


def codes_in(path: Path) -> IntArray:
    with RasterReader(path) as reader:
        return reader.read(0, reader.lines)[0].astype(int)


def maps_and_truths() -> tuple[list[Path], list[Path]]:
    """Two maps with shares of false detections and detection limits, and the truth of each."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    maps: list[Path] = []
    truths: list[Path] = []
    for footprint in SCENES:
        image = FOLDER / f"{footprint.name}.img"
        if not image.is_file():
            simulate_scene(footprint, FOLDER, pixel_m=PIXEL_M)
        made = FOLDER / f"{footprint.name}_minerals.tif"
        if not made.is_file():
            map_scene(image, FOLDER, engine="numpy", reliability=True, catalogue=False)
            find_detection_limits(made, FOLDER / f"{footprint.name}_limits.tif", patches=(3,))  # composites take these alone
        maps.append(made)
        truths += FOLDER.glob(f"{footprint.name}_truth.tif")
    return maps, truths


def new_figure(rows: int) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 1.1 + 0.24 * rows), layout="constrained")
    panel = figure.subplots()
    panel.spines[["top", "right"]].set_visible(False)
    panel.tick_params(labelsize=8)
    return figure, panel


def finish(figure: Any, panel: Any, names: list[str], label: str, name: str, columns: int = 4) -> None:
    panel.set_yticks(range(len(names)), names)
    panel.invert_yaxis()
    panel.set_xlabel(label, fontsize=8)
    panel.legend(fontsize=7, frameon=False, loc="lower center", bbox_to_anchor=(0.4, 1), ncol=columns)
    figure.savefig(PICTURES / name, dpi=110, metadata={"Software": None})


def reliability(made: Path, truth: Path) -> str:
    """Of each class: the share of false detections that decoys tell, and the true one."""
    codes, there = codes_in(made), codes_in(truth)
    near = binary_dilation((there > 0) & (there < NO_DATA), iterations=NEAR)
    names: list[str] = []
    told: list[list[float]] = []
    for row in read_class_table(made):
        if row.pixels >= LEAST and row.false_share is not None:
            found = codes == row.value
            name = f"{row.name}{' (guess)' if row.value > GUESS_OFFSET else ''}"
            names.append(name)
            told.append([row.pixels, *row.false_share, float((found & ~near).sum() / found.sum())])
    figure, panel = new_figure(len(names))
    numbers = 100 * np.array(told)[:, 1:]
    at = np.arange(len(names))
    _draw_intervals(panel, numbers[:, :3], "told by decoys, and its interval")
    panel.plot(numbers[:, 3], at, "x", color=RED, ms=6, label="true")
    panel.set_xscale("symlog", linthresh=1)
    panel.set_xlim(-0.05, 100)
    panel.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    finish(figure, panel, names, "share of false detections (%)", "trust_reliability.png")
    rows = [[name, f"{pixels:.0f}", *(f"{value:.4f}" for value in shares)] for name, (pixels, *shares) in zip(names, told)]
    return table(["class", "pixels", "false share", "from", "to", "true"], rows)


def _draw_intervals(panel: Any, numbers: Any, label: str) -> None:
    """Dots with bars from (n, 3) value, low, high, one below the other."""
    at = np.arange(len(numbers))
    panel.errorbar(numbers[:, 0], at, xerr=_ends(numbers), fmt="o", color=DARK, ms=4, lw=1, capsize=2, label=label)


def _ends(numbers: Any) -> Any:
    """(n, 3) value, low, high → lengths of the bars below and above."""
    return np.maximum(np.stack([numbers[:, 0] - numbers[:, 1], numbers[:, 2] - numbers[:, 0]]), 0)


def agreement(maps: list[Path], truths: list[Path]) -> str:
    """Of each class: how much is seen again, by chance and in fact; and what that tells of maps whose truth is known."""
    made = make_composite(maps, FOLDER / "both.tif")
    right = _right(maps, truths)
    names: list[str] = []
    told: list[list[float]] = []
    for row in csv.DictReader(made.agreement.open(encoding="utf-8")):
        name = row["pairs of maps"]
        if row["kappa_low"] and name in right:
            names.append(name)
            told.append([*(float(row[column] or "nan") for column in SHOWN), right[name]])
    figure, panel = new_figure(len(names))
    numbers, at = 100 * np.array(told), np.arange(len(names))
    _draw_intervals(panel, numbers[:, :3], "seen again, and its interval")
    panel.plot(numbers[:, 3], at, "|", color="0.4", ms=9, label="by chance")
    if np.isfinite(numbers[:, 5]).any():
        panel.plot(numbers[:, 5], at, "D", color=PALE, ms=5, zorder=0, label="expected")
    panel.plot(numbers[:, 6], at, "x", color=RED, ms=6, label="truly right")
    panel.set_xlim(-2, 102)
    finish(figure, panel, names, "share of what one map shows (%)", "trust_agreement.png")
    rows = [[name, *("" if np.isnan(value) else f"{value:.3f}" for value in values)] for name, values in zip(names, told)]
    return table(["class", "seen again", "from", "to", "by chance", "kappa, from", "expected", "truly right"], rows)


def _right(maps: list[Path], truths: list[Path]) -> dict[str, float]:
    """The true share of each class's detections, of both maps, that are right."""
    found: dict[str, list[BoolArray]] = {}
    for made, truth in zip(maps, truths):
        codes, there = codes_in(made), codes_in(truth)
        for row in read_class_table(made):
            found.setdefault(row.name, []).append(there[codes == row.value] == row.value % GUESS_OFFSET)
    return {name: float(np.concatenate(parts).mean()) for name, parts in found.items()}


def rows_on_page(first: str) -> list[dict[str, str]]:
    """The rows of the table of the page whose first column is called so."""
    lines = iter(PAGE.read_text(encoding="utf-8").splitlines())
    titles = next(cells for cells in map(_cells, lines) if cells[:1] == [first])
    rows: list[dict[str, str]] = []
    for line in lines:
        if not line.startswith("|"):
            return rows
        if not line.startswith("| ---"):
            rows.append(dict(zip(titles, _cells(line))))
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")[1:-1]]


def percent(cell: str) -> float:
    return float(cell.rstrip(" %"))


def completeness() -> None:
    """Of patches of each share and width: how much of them detection limits say that a map finds, and how much it finds."""
    rows = sorted(rows_on_page("share, width"), key=lambda row: percent(row["share, width"].split(",")[0]))
    figure, panel = new_figure(len(rows))
    at = np.arange(len(rows))
    predicted, found = (np.array([percent(row[column]) for row in rows]) for column in ("predicted", "found"))
    ends = [wilson(np.array(part / 100), int(row["patches"])) for part, row in zip(found, rows)]
    told = np.column_stack([found, 100 * np.array(ends)])
    panel.plot(predicted, at, "o", color=DARK, ms=4, label="told by implants")
    panel.errorbar(found, at, xerr=_ends(told), fmt="x", color=RED, ms=6, lw=1, capsize=2, label="true, and its interval")
    panel.set_xlim(-2, 102)
    names = ["{0}, {1} × {1} pixels".format(*row["share, width"].split(", ")) for row in rows]
    finish(figure, panel, names, "share of the patches that is found (%)", "trust_completeness.png")


def unlisted() -> None:
    """Of each class: what becomes of its clear pixels without it."""
    rows = sorted(rows_on_page("left out"), key=lambda row: -percent(row["unlisted or nothing"]))
    figure, panel = new_figure(len(rows))
    shares = np.array([[percent(row[column]) for column, *_ in BECOMES] for row in rows])
    shares *= 100 / shares.sum(1, keepdims=True)  # they are rounded
    for (_, label, colour), width, end in zip(BECOMES, shares.T, shares.cumsum(1).T):
        panel.barh(range(len(rows)), width, 0.75, end - width, color=colour, label=label)
    panel.axvline(AIM, color="0.2", lw=1, ls=(0, (4, 3)))
    panel.set_xlim(0, 100)
    panel.set_ylim(-0.6, len(rows) - 0.4)
    finish(figure, panel, [row["left out"] for row in rows], "share of its clear pixels (%)", "trust_unlisted.png", columns=3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ["reliability", "completeness", "unlisted", "agreement"]
    parser.add_argument("figures", nargs="*", choices=[*names, []], default=[], help="all by default")
    wanted = parser.parse_args().figures or names
    if "completeness" in wanted:
        completeness()
    if "unlisted" in wanted:
        unlisted()
    if {"reliability", "agreement"} & set(wanted):
        maps, truths = maps_and_truths()
        if "reliability" in wanted:
            print(reliability(maps[0], truths[0]), end="\n\n")
        if "agreement" in wanted:
            print(agreement(maps, truths))


if __name__ == "__main__":
    main()
