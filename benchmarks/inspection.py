"""How long a click takes on a full scene: from the question to the answer, and to the finished plots.

    python3 benchmarks/inspection.py

480 lines × 640 columns × 438 channels, asked as an image in BIL and in BSQ, and as maps with the two neutral ratios: 25 pixels of
each, spread over the scene. Opening happens ahead of the first click. The system's cache holds the image, as it does after mapping.
Plots are drawn by Matplotlib as the dock draws them; QGIS is not needed. The processor's seconds are those of all threads.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measure import machine, table
from osgeo import gdal

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.inspection import PixelEvidence, open_inspection
from crism_gan_plugin.core.simulation.scenes import simulate_sensor_scene

LINES, SAMPLES, CLICKS = 480, 640, 25


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(machine())
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        image = simulate_sensor_scene("scene", folder, lines=LINES, with_model=False).image
        for name, source in sources(image, Path(folder)):
            opening, inspector = timed(partial(open_inspection, source))
            clicks = [timed(partial(inspector.pixel, *place))[0] for place in places()]
            typical = np.median(clicks[1:], 0)
            slowest = max(wall for wall, _ in clicks[1:])
            rows.append([name, *(f"{each:.2f}" for each in (opening[0], clicks[0][0], *typical, slowest))])
            evidence = inspector.pixel(LINES // 2, SAMPLES // 2)
            inspector.close()
    print(
        table(
            ["asked", "opening, s", "first answer, s", "median answer, s", "the same, processor's s", "slowest later answer, s"],
            rows,
        )
    )
    wall, processor = np.median([timed(partial(draw_plots, evidence))[0] for _ in range(10)], 0)
    print(f"\nDrawing the plots of three spectra: {wall:.2f} s, the processor's {processor:.2f} s")


def sources(image: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    """What is asked, by name."""
    yield "image, BIL", image
    yield "image, BSQ", as_bsq(image)
    for ratio in ("bland", "column"):
        yield f"map with ratio {ratio}, BIL", map_scene(image, folder / ratio, ratio=ratio).classes


def as_bsq(image: Path) -> Path:
    """The same numbers, a band after the other."""
    target = image.with_name(f"{image.stem}_bsq.img")
    gdal.Translate(str(target), str(image), format="ENVI", creationOptions=["INTERLEAVE=BSQ"])
    header = image.with_suffix(".hdr").read_text()
    target.with_suffix(".hdr").write_text(header.replace("interleave = bil", "interleave = bsq"))
    return target


def places() -> list[list[int]]:
    """Lines and samples."""
    return np.random.default_rng(1).integers(4, (LINES - 4, SAMPLES - 4), (CLICKS, 2)).tolist()


def timed(function: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds of the clock and of the processor, and the result."""
    wall, processor = time.perf_counter(), time.process_time()
    result = function()
    return (time.perf_counter() - wall, time.process_time() - processor), result


def draw_plots(evidence: PixelEvidence) -> None:
    """Three spectra, as in the dock."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from crism_gan_plugin.gui.spectra.picked import Picked
    from crism_gan_plugin.gui.spectra.plots import draw

    figure = Figure(figsize=(5, 8))
    canvas: Any = FigureCanvasAgg(figure)
    picked = [Picked(f"S{k}", colour, evidence) for k, colour in enumerate(("#d55e00", "#0072b2", "#009e73"))]
    draw(figure, picked, picked[-1])
    canvas.draw()


if __name__ == "__main__":
    main()
