"""Draws the picture of docs/manual/scene_endmembers.md: endmembers of a practice image, for a library without two of its minerals.

python3 tools/make_endmember_figure.py docs/manual/scene_endmembers.png
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from osgeo import ogr

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

MISSING, COUNT = ("kaolinite", "prehnite"), 9


def made(folder: Path) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """(lines, samples) number of the endmember that each pixel's segment resembles most, and a row for each endmember."""
    from crism_gan_plugin.core import find_endmembers, load_exemplars, save_exemplars
    from crism_gan_plugin.core.rasters.reader import RasterReader
    from crism_gan_plugin.core.simulation import simulate_practice

    shipped = load_exemplars()
    library = save_exemplars(shipped.select([name for name in shipped.class_names if name not in MISSING]), folder / "mine.json")
    image = simulate_practice(folder, pixel_m=60)[0].image
    outputs = find_endmembers(image, folder / "x.tif", exemplars=library, count=COUNT)
    with RasterReader(outputs.segments) as raster:
        nearest = raster.read(0, raster.lines)[0]
    layer = ogr.Open(str(outputs.points))
    rows = [feature.items() for feature in layer.GetLayer(0)]
    return nearest, sorted(rows, key=lambda row: row["endmember"])


def draw(nearest: np.ndarray, rows: list[dict[str, Any]], target: Path) -> None:
    from crism_gan_plugin.core import load_exemplars
    from crism_gan_plugin.core.endmembers.exemplars import mineral_class

    colours = np.array([(255, 255, 255), *(mineral_class(row["endmember"] - 1, load_exemplars()).rgb for row in rows)]) / 255
    figure = Figure(figsize=(13, 6.6), dpi=80)
    grid = figure.add_gridspec(3, 4, width_ratios=(1.6, 1, 1, 1))
    axes = figure.add_subplot(grid[:, 0])
    axes.imshow(colours[nearest], interpolation="nearest")
    axes.set_axis_off()
    axes.set_title("the endmember that each segment resembles most", fontsize=9)
    for k, row in enumerate(rows):
        box = {"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "black", "lw": 0.6}
        axes.annotate(str(k + 1), (row["sample"], row["line"]), fontsize=8, weight="bold", ha="center", va="center", bbox=box)
        panel = figure.add_subplot(grid[k // 3, 1 + k % 3])
        spectrum = json.loads(row["spectrum"])
        um, ratio, alike = (np.array(spectrum[key]) for key in ("grid_nm", "ratio", "lookalike"))
        panel.plot(um / 1000, 1 - (1 - ratio.min()) / (1 - alike.min()) * (1 - alike), "k:", lw=1.1)
        panel.plot(um / 1000, ratio, color=colours[k + 1] * 0.85, lw=1.6)
        panel.set_title(f"{k + 1}: {row['verdict']}\n{row['lookalike']} {row['score']:.2f}", fontsize=8)
        panel.tick_params(labelsize=7)
        if k >= COUNT - 3:
            panel.set_xlabel("wavelength [µm]", fontsize=8)
    figure.tight_layout()
    FigureCanvasAgg(figure).print_png(str(target))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        draw(*made(Path(name)), Path(sys.argv[1]))
