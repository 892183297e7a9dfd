"""Band positions: seconds and memory of a whole image, seconds of SciPy's fit of the same spectra, and errors at known bands.

    python3 benchmarks/band_positions.py [--lines 480] [--picture docs/manual/band_positions.png]

The image is one of 640 samples and 438 bands, a third each bare, with a kaolinite and with an Fe-smectite of the library at half
strength, and noise of .4 %. A process of its own makes the map, file to file. SciPy (`least_squares`) fits some of the same
spectra, one at a time. The picture is that of a simulated scene.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from measure import machine, table

from crism_gan_plugin.core import WAVELENGTHS_NM, load_exemplars
from crism_gan_plugin.core.arrays import FloatArray
from crism_gan_plugin.core.band_positions.bands import BandFinder

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLES, BANDS, NOISE = 640, 438, 0.004
AXIS = np.linspace(1002.0, 3920.0, BANDS)
WINDOW = np.flatnonzero((AXIS >= 2120) & (AXIS <= 2400))


def lines_of(count: int, seed: int) -> FloatArray:
    """(bands, count, samples) float32 I/F: bare, kaolinite, Fe-smectite by the third."""
    library = load_exemplars()
    random = np.random.default_rng(seed)
    spectra = np.ones((BANDS, count, SAMPLES), np.float32)
    third = SAMPLES // 3
    for number, name in enumerate(("kaolinite (ratio)", "Fe-smectite (ratio)"), 1):
        ratio = np.interp(AXIS, WAVELENGTHS_NM, library.spectra[library.names.index(name)], right=1)
        spectra[:, :, number * third : (number + 1) * third] *= (0.5 + 0.5 * ratio)[:, None, None]
    spectra *= 0.2 * (1 + NOISE * random.standard_normal(spectra.shape, np.float32))
    return spectra


def file_to_file(lines: int) -> tuple[float, float, float]:
    """Processor seconds, wall seconds and peak memory in GB of the command line."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "x.img").open("wb") as file:
            for first in range(0, lines, 40):
                lines_of(min(40, lines - first), first).transpose(1, 0, 2).tofile(file)
        fields = {"samples": SAMPLES, "lines": lines, "bands": BANDS, "data type": 4, "interleave": "bil"}
        header = "\n".join(["ENVI", *(f"{key} = {value}" for key, value in fields.items()), "byte order = 0", "header offset = 0"])
        nm = ", ".join(f"{each:.2f}" for each in AXIS)
        (folder / "x.hdr").write_text(f"{header}\nwavelength units = Nanometers\nwavelength = {{{nm}}}\n")
        command = [sys.executable, "-m", "crism_gan_plugin.core", "bandfit", str(folder / "x.img"), "--out", str(folder / "p.tif")]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        start = time.perf_counter()
        child = subprocess.Popen([*command, "--quiet"], env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit("the command line failed")
        return usage.ru_utime + usage.ru_stime, time.perf_counter() - start, usage.ru_maxrss / 1e6


def seconds_of_scipy(spectra: FloatArray) -> float:
    """Processor seconds for one Gaussian on a line in each of (n, channels) spectra over their brightness."""
    from scipy.optimize import least_squares

    nm = AXIS[WINDOW]

    def rest(p: FloatArray, spectrum: FloatArray) -> FloatArray:
        model = p[0] + p[1] * (nm - 2260) / 140 - p[4] * np.exp(-0.5 * ((nm - p[2]) / p[3]) ** 2)
        return np.asarray(spectrum - model)

    start = time.process_time()
    for spectrum in spectra:
        centre = float(np.clip(nm[spectrum.argmin()], 2130, 2390))
        first = [1.0, 0.0, centre, 20.0, max(1 - spectrum.min(), 0.001)]
        least_squares(rest, first, args=(spectrum,), bounds=([0, -1, 2120, 6, 0], [2, 1, 2400, 95, 2]))
    return time.process_time() - start


def errors() -> list[list[object]]:
    """Errors at planted bands: centre in nm, depth as a share of it, and how often as many bands are found as there are."""
    finder = BandFinder(AXIS[WINDOW])
    nm = finder.wavelengths_nm
    rows: list[list[object]] = []
    for noise in (0.002, 0.004, 0.008):
        for bands in ([(2205, 14, 0.05)], [(2310, 25, 0.03)], [(2170, 12, 0.06), (2210, 18, 0.08)]):
            absorption = sum(depth * np.exp(-0.5 * ((nm - centre) / sigma) ** 2) for centre, sigma, depth in bands)
            spectra = (1 - absorption) * (1 + noise * np.random.default_rng(5).normal(size=(2000, nm.size)))
            found = finder(spectra)
            right = np.isfinite(found.depth).sum(1) == len(bands)
            order = np.argsort(found.centre_nm[right, : len(bands)], 1)
            centre, depth = (np.take_along_axis(each[right, : len(bands)], order, 1) for each in (found.centre_nm, found.depth))
            truth = np.array(bands)
            away = np.abs(centre - truth[:, 0]), np.abs(depth / truth[:, 2] - 1)
            told = [", ".join(f"{x:.{digits}f}" for x in np.quantile(each, 0.68, axis=0)) for each, digits in zip(away, (1, 2))]
            said = "; ".join(f"{b[0]} nm, σ {b[1]}, depth {b[2]}" for b in bands)
            rows.append([f"{noise:.1%}", said, f"{right.mean():.3f}", *told])
    return rows


def draw(target: Path) -> None:
    """The band positions of a simulated scene."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from osgeo import gdal

    from crism_gan_plugin.core import fit_band_positions
    from crism_gan_plugin.core.mapping.legend import RAMP
    from crism_gan_plugin.core.simulation import DEMO_SCENES, simulate_scene

    with tempfile.TemporaryDirectory() as folder:
        scene = simulate_scene(DEMO_SCENES[0], folder)
        planes = gdal.Open(str(fit_band_positions(scene.image, Path(folder) / "p.tif").bands)).ReadAsArray()
    colours = LinearSegmentedColormap.from_list("ramp", np.array(RAMP) / 255)
    colours.set_bad("0.85")
    figure = Figure(figsize=(11, 4.2), dpi=100, layout="constrained")
    titles = ("centre, nm", "depth", "full width at half depth, nm")
    for number, (title, plane) in enumerate(zip(titles, planes)):
        axes = figure.add_subplot(1, 3, number + 1)
        low, high = np.nanquantile(plane, (0.02, 0.98))
        image = axes.imshow(np.ma.masked_invalid(plane), cmap=colours, vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(title)
        axes.set_axis_off()
        figure.colorbar(image, ax=axes, shrink=0.8)
    FigureCanvasAgg(figure).print_png(target)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=480, metavar="N")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the picture of the manual, and nothing else")
    given = parser.parse_args()
    if given.picture is not None:
        draw(given.picture)
        return
    print(machine())
    processor, wall, memory = file_to_file(given.lines)
    print(
        f"{given.lines} x {SAMPLES} pixels, {BANDS} bands: {processor:.1f} processor s, {wall:.1f} s of wall time, {memory:.2f} GB"
    )
    spectra = lines_of(2, 0)[WINDOW].reshape(WINDOW.size, -1).T / 0.2
    finder = BandFinder(AXIS[WINDOW])
    print(f"threshold {finder.threshold:.1f}")
    start = time.process_time()
    finder(spectra)
    own = time.process_time() - start
    scipy = seconds_of_scipy(spectra[::4]) * 4
    rows = [("ours, up to two bands", own), ("SciPy, one band, one spectrum at a time", scipy)]
    print(table(["fit", "ms a spectrum", "ratio"], [[what, f"{1e3 * s / len(spectra):.3f}", f"{s / own:.1f}"] for what, s in rows]))
    print(table(["noise", "planted", "as many found", "centre off by, nm (68 %)", "depth off by, share (68 %)"], errors()))


if __name__ == "__main__":
    main()
