"""Draws the figures of `docs/manual/denoising.md`: spectra before and after, what is left, the transmission found.

    python3 tools/denoise_page.py

The simulated scene is that of `benchmarks/sensor_scene.py` (truth known, signal to noise 100), the real image FRT0001458F. Needs
the real data: `../shared/data`, or the folder in CRISM_TEST_DATA.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from denoise_methods import Denoised, full_mode, usual_practice
from sensor_scene import OTHER_SCANS, SCAN, SensorScene, patch_minerals, scan_on, simulate
from views import DATA

from crism_gan_plugin.core.atmosphere import Transmission, air_path, read_volcano_scan, transmission_for
from crism_gan_plugin.core.products.scene import open_scene

DOCS = Path(__file__).resolve().parents[1] / "docs" / "manual"
SHOWN = ("kaolinite", "mg_carbonate", "mono_hyd_sulf", "fe_smectite", "bland epidote")
NAMES = ("kaolinite", "Mg-carbonate", "monohydrated sulfate", "Fe-smectite", "bland ground")
RAW, USUAL, CORRECTED, MODEL, TRUTH = "0.72", "#c8772b", "#7fa8d1", "#16467a", "black"
RANGE_UM = (1.02, 2.65)
REAL = "frt0001458f_01_if156l_trr3.lbl"


def main() -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"font.size": 8, "axes.linewidth": 0.6, "font.family": "DejaVu Sans", "legend.frameon": False})
    draw_simulated(pyplot, DOCS / "denoise_simulated.png")
    draw_real(pyplot, DOCS / "denoise_real.png")


def draw_simulated(pyplot: Any, path: Path) -> None:
    """Left: single spectra. Right: what is left of one column, and its transmission."""
    scene = simulate(100)
    scans = [scan_on(scene.axis, name) for name in (SCAN, *OTHER_SCANS)]
    usual, full = (method(scene.seen, scene.axis, scans) for method in (usual_practice, full_mode()))
    figure, axes = pyplot.subplot_mosaic(
        [["spectra", "rest"], ["spectra", "air"]], figsize=(10, 7), width_ratios=(1, 1.1), layout="constrained"
    )
    draw_spectra(axes["spectra"], scene, usual, full)
    column = 12
    draw_rest(figure, axes["rest"], scene, full, column)
    draw_air(axes["air"], scene, full, scans[0], column)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    pyplot.close(figure)


def draw_spectra(panel: Any, scene: SensorScene, usual: Denoised, full: Denoised) -> None:
    offset = 0.0
    for mineral, name in zip(SHOWN, NAMES):
        line, column = np.argwhere(scene.patch == patch_minerals().index(mineral))[47]
        um = scene.by_column_nm[column] / 1000
        level = scene.truth[line, column].mean()
        curves = (
            (scene.seen, RAW, 0.7, "as delivered"),
            (usual.smooth, USUAL, 0.9, "R / Tᵇ, Savitzky-Golay"),
            (full.smooth, MODEL, 1.4, "full mode: model"),
            (scene.truth, TRUTH, 0.7, "truth"),
        )
        for cube, colour, width, label in curves:
            style = (0, (4, 2)) if cube is scene.truth else "-"
            curve = cube[line, column] / level + offset
            panel.plot(um, curve, color=colour, linewidth=width, linestyle=style, label=None if offset else label)
        panel.text(1.03, 1.1 + offset, name, fontsize=7.5, color="0.25")
        offset -= 0.42
    panel.set_ylabel("I/F over its mean, offset")
    panel.set_yticks([])
    finish(panel, "Single pixels, signal to noise 100")
    panel.set_ylim(top=1.42)
    panel.legend(loc="upper right", fontsize=7, ncols=2, handlelength=1.8)


def draw_rest(figure: Any, panel: Any, scene: SensorScene, full: Denoised, column: int) -> None:
    """ln of what was measured over what the model and its air would give, all lines of one column."""
    assert full.transmission is not None and full.path is not None
    rest = np.log(scene.seen[:, column] / (full.smooth[:, column] * full.transmission[column] ** full.path[:, column, None]))
    um = scene.by_column_nm[column] / 1000
    image = panel.pcolormesh(um, np.arange(len(rest)), 100 * rest, cmap="RdBu_r", vmin=-5, vmax=5, rasterized=True)
    panel.set_facecolor("0.3")
    panel.invert_yaxis()
    panel.set_ylabel("line")
    finish(panel, f"What is left of column {column} (dark: dead elements)")
    figure.colorbar(image, ax=panel, label="residual (%)", pad=0.01, extend="both")


def draw_air(panel: Any, scene: SensorScene, full: Denoised, scan: Transmission, column: int) -> None:
    assert full.transmission is not None and full.path is not None
    um = scene.by_column_nm[column] / 1000
    mean_path = scene.path[:, column].mean()
    found = full.transmission[column] ** (full.path[:, column].mean() / mean_path)
    panel.plot(um, scan.by_column[column], color=USUAL, linewidth=2.2, alpha=0.55, label="the scene's air")
    panel.plot(um, found, color=MODEL, linewidth=0.9, label="found, with the column's stripes")
    panel.plot(
        um, 0.25 + 5 * (found / scan.by_column[column] - 1), color="0.45", linewidth=0.6, label="found / air − 1, × 5, offset"
    )
    panel.set_ylabel("transmission")
    panel.set_ylim(0.15, 1.08)
    finish(panel, "Transmission found")
    panel.legend(loc="lower left", fontsize=7, bbox_to_anchor=(0.02, 0.18))


def draw_real(pyplot: Any, path: Path) -> None:
    """A real image: mean spectra of boxes of 3 × 3 pixels, and the transmissions."""
    crism = DATA / "crism"
    with open_scene(crism / "trdr" / REAL, wavelengths=crism / "cdr") as scene:
        cube, axis, columns = scene.read(0, scene.lines), scene.axis, scene.samples
    scans = [transmission_for(read_volcano_scan(crism / "adr" / name), axis, columns) for name in (SCAN, *OTHER_SCANS)]
    bands = np.flatnonzero((axis.wavelengths_nm > 1000 * RANGE_UM[0]) & (axis.wavelengths_nm < 1000 * RANGE_UM[1]))
    assert axis.by_column_nm is not None
    cube, scans = cube[..., bands], [scan.of_bands(bands) for scan in scans]
    columns_nm = axis.by_column_nm[:, bands]
    axis = type(axis)(axis.wavelengths_nm[bands], by_column_nm=columns_nm)
    usual, full = (method(cube, axis, scans) for method in (usual_practice, full_mode()))
    assert full.transmission is not None and full.path is not None
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4), layout="constrained")
    line, column = 7, 30
    um = columns_nm[column] / 1000
    curves = (
        (cube, RAW, 0.8, "as delivered"),
        (usual.corrected, USUAL, 0.9, "R / Tᵇ"),
        (full.corrected, CORRECTED, 0.9, "full mode: corrected"),
        (full.smooth, MODEL, 1.4, "full mode: model"),
    )
    for number, (values, colour, width, label) in enumerate(curves):
        box = np.nanmean(values[line - 1 : line + 2, column - 1 : column + 2], axis=(0, 1))
        left.plot(um, box - 0.012 * max(number - 1, 0), color=colour, linewidth=width, label=label)
    left.set_ylabel("I/F, each blue curve 0.012 below the one before")
    finish(left, "FRT0001458F, mean of 3 × 3 pixels")
    left.legend(loc="lower left", fontsize=7)
    for scan, colour in zip(scans, (USUAL, "#4f8f4a", "#8a63a8")):
        power = np.nanmedian(air_path(cube, scan)[:, column])
        label = f"volcano scan {scan.name[15:20]}, to the power of {power:.2f}"
        right.plot(um, scan.by_column[column] ** power, color=colour, linewidth=0.8, label=label)
    found = full.transmission[column] ** np.nanmean(full.path[:, column])
    right.plot(um, found, color=MODEL, linewidth=1.3, label="found")
    right.set_ylabel("transmission")
    finish(right, f"Column {column}")
    right.legend(loc="lower left", fontsize=7)
    figure.savefig(path, dpi=150, metadata={"Software": None})
    pyplot.close(figure)


def finish(panel: Any, title: str) -> None:
    panel.set_title(title, fontsize=8.5, loc="left")
    panel.set_xlim(*RANGE_UM)
    panel.set_xlabel("wavelength (µm)")
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


if __name__ == "__main__":
    main()
