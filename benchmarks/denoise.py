"""What is a denoised image worth? Simulated scenes with known truth, and real images.

    python3 benchmarks/denoise.py [--snr 50 100 200] [--methods usual quick full]

Made for scenes as `sensor_scene` makes them, in 1.03-2.60 µm: raw volcano-scan correction with Savitzky-Golay smoothing (the usual
practice), quick mode and full mode. Needs the real data (see `views.py`). `denoise_speed.py` measures time and memory.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable

import denoise_measures as measures
import numpy as np
from denoise_methods import Denoised, Method, full_mode, quick_mode, usual_practice
from measure import machine, table
from scipy.ndimage import maximum_filter, maximum_filter1d, minimum_filter
from sensor_scene import BLAND, DEPOSIT, OTHER_SCANS, SCAN, SensorScene, patch_minerals, scan_on, simulate, write_cubes
from views import DATA

from crism_gan_plugin.core import load_exemplars, map_scene
from crism_gan_plugin.core.atmosphere import read_volcano_scan, transmission_for
from crism_gan_plugin.core.denoise.ground import RANGE_NM as FITTED_NM
from crism_gan_plugin.core.libraries.mica import phase_of
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.spectra.axis import SpectralAxis

RANGE_NM = (1030.0, 2600.0)
GAS_REGION_NM = (1900.0, 2100.0)
INVENTED_LIMIT = 0.005

#: Identifications are counted where this share of those as sure are right.
PRECISION = 0.95

#: Minerals whose spectra the library lacks in the run that looks for false absorptions: as its names spell them, and their patches.
LEFT_OUT = {
    "kaolinite": "kaolinite",
    "carbonate": "mg_carbonate",
    "gypsum": "gypsum",
    "prehnite": "prehnite",
    "alunite": "alunite",
    "Mg-smectite": "mg_smectite",
    "hydrated silica": "hydrated_silica",
}

Figures = dict[str, str]


def within(scene: SensorScene, found: Denoised) -> tuple[SensorScene, Denoised]:
    """Scene and result cut to the range of the figures, and to columns that see the scene."""
    nm = scene.axis.wavelengths_nm
    bands = np.flatnonzero((nm > RANGE_NM[0]) & (nm < RANGE_NM[1]))
    columns = np.isfinite(scene.by_column_nm).all(1)

    def cut(cube: np.ndarray) -> np.ndarray:
        return cube[:, columns][..., bands]

    axis = SpectralAxis(nm[bands], by_column_nm=scene.by_column_nm[columns][:, bands])
    cubes: dict[str, Any] = {name: cut(getattr(scene, name)) for name in ("seen", "truth", "spikes", "dead")}
    planes: dict[str, Any] = {name: getattr(scene, name)[:, columns] for name in ("path", "patch", "deposit")}
    bad = None if found.bad is None else cut(found.bad)
    return replace(scene, axis=axis, **cubes, **planes), replace(
        found, corrected=cut(found.corrected), smooth=cut(found.smooth), bad=bad
    )


def figures(whole_scene: SensorScene, whole: Denoised) -> Figures:
    """All figures of one method on one scene, in words."""
    scene, found = within(whole_scene, whole)
    truth, patch, nm = scene.truth, scene.patch, scene.axis.wavelengths_nm
    gas = (nm > GAS_REGION_NM[0]) & (nm < GAS_REGION_NM[1])
    ratio = found.corrected / truth
    means = measures.patch_means(ratio, patch)
    left = measures.gas_residual(means[np.isfinite(means).all(1)], nm)
    seen_ratio = scene.seen / (truth * whole_air(scene, whole_scene))
    out = {
        "noise-free model, relative RMSE": percent(measures.relative_rmse(found.smooth, truth)),
        "the same more than 5 channels from a spike": percent(measures.relative_rmse(away_from(scene.spikes, found.smooth), truth)),
        "entries without model": percent(measures.missing_share(found.smooth, truth)),
        "corrected, systematic error": percent(measures.systematic_error(found.corrected, truth, patch)),
        "the same at 1.9-2.1 µm": percent(measures.systematic_error(found.corrected[..., gas], truth[..., gas], patch)),
        "CO2 residual at 2.0 µm, RMS / largest": f"{percent(np.sqrt(np.mean(left**2)))} / {percent(np.abs(left).max())}",
        "stripes, before → corrected → model": " → ".join(
            percent(measures.stripes(cube)) for cube in (seen_ratio, ratio, found.smooth / truth)
        ),
    }
    out.update(band_figures(scene, found))
    if found.bad is not None:
        hit, false = measures.spikes_found(found.bad, scene.spikes, scene.dead)
        out["spikes found / sound entries flagged"] = f"{percent(hit, 1)} / {percent(false)}"
    out.update(deposit_figures(scene, found))
    return out


def away_from(spikes: np.ndarray, cube: np.ndarray, channels: int = 5) -> np.ndarray:
    """The cube with NaN as near to a spike as smoothing over 11 channels smears it."""
    return np.where(maximum_filter1d(spikes.astype(np.uint8), 2 * channels + 1, axis=-1) > 0, np.nan, cube)


def whole_air(scene: SensorScene, whole_scene: SensorScene) -> np.ndarray:
    """Transmission of the scene's air on the cut scene's columns and channels."""
    columns = np.isfinite(whole_scene.by_column_nm).all(1)
    bands = np.isin(whole_scene.axis.wavelengths_nm, scene.axis.wavelengths_nm)
    return whole_scene.transmission.by_column[columns][:, bands] ** scene.path[..., np.newaxis]


def band_figures(scene: SensorScene, found: Denoised) -> Figures:
    """Depths of the minerals' bands in the noise-free model, and bands that it invents."""
    nm = scene.by_column_nm
    model, truth = (measures.over_hull(cube, nm) for cube in (found.smooth, scene.truth))
    out = {}
    errors = measures.depth_errors(model, truth, nm, scene.patch)
    for band in measures.DIAGNOSTIC_NM:
        of_band = {patch: error for (patch, name), error in errors.items() if name == band}
        worst = max(of_band, key=lambda patch: of_band[patch])
        out[f"depth error at {band} µm, median / worst of {len(of_band)} patches"] = (
            f"{percent(float(np.median(list(of_band.values()))), 1)} / {percent(of_band[worst], 1)} ({patch_minerals()[worst]})"
        )
    invented = measures.invented_depths(model, truth)
    for name, where in (("bland spectra", scene.bland), ("mineral spectra", (scene.patch >= 0) & ~scene.bland)):
        depths = invented[where & np.isfinite(invented)]
        out[f"deepest invented band in {name}, median / 99th percentile"] = (
            f"{percent(np.median(depths))} / {percent(np.quantile(depths, 0.99))}"
        )
        out[f"{name} with an invented band above {percent(INVENTED_LIMIT, 1)}"] = percent((depths > INVENTED_LIMIT).mean(), 1)
    return out


def deposit_figures(scene: SensorScene, found: Denoised) -> Figures:
    """Kaolinite's doublet in the mean of the deposit's pixels, and the worst of them; in words against the truth."""
    assert scene.axis.by_column_nm is not None
    line, column = np.nonzero(scene.deposit)
    nm = scene.axis.by_column_nm[column].mean(0)
    out = {}
    for name, cube in (("corrected", found.corrected), ("model", found.smooth)):
        spectrum = np.nanmean(cube[line, column], 0)
        known = np.isfinite(spectrum)
        values = measures.doublet(np.interp(nm, nm[known], spectrum[known]), nm)
        out[f"deposit's doublet, {name}: depths at 2.17 and 2.21 µm, rise between"] = ", ".join(percent(v) for v in values)
    true = measures.doublet(scene.truth[line, column].mean(0), nm)
    out["the same in the truth"] = ", ".join(percent(v) for v in true)
    return out


def identification(scene: SensorScene, found: Denoised, with_model: bool) -> Figures:
    """What `map_scene` names in the cube: recall at the same precision, and recall and precision at the shipped thresholds."""
    library = load_exemplars()
    with tempfile.TemporaryDirectory() as folder:
        cubes = {"corrected": found.corrected, **({"smooth": found.smooth} if with_model else {})}
        paths = write_cubes(scene, Path(folder), **cubes)
        outputs = map_scene(paths["corrected"], folder, wavelengths=paths["table"], model=paths.get("smooth"))
        with RasterReader(outputs.evidence) as evidence, RasterReader(outputs.classes) as classes:
            score, _, _, exemplar, _ = evidence.read(0, evidence.lines).astype(float)
            code = classes.read(0, classes.lines)[0]
    inside = scene.deposit | away_from_borders(scene.patch)
    best = np.where(np.isfinite(exemplar), library.class_index[np.nan_to_num(exemplar).astype(int)], -1)
    allowed = allowed_classes(library.class_names)
    wanted = np.where(scene.deposit, len(allowed) - 1, scene.patch)
    right = allowed[wanted[inside], best[inside]] & (best[inside] >= 0)
    something = allowed.any(1)[wanted[inside]]
    recall = measures.recall_at_precision(np.nan_to_num(score[inside]), right, int(something.sum()), PRECISION)
    identified = (code[inside] > 0) & (code[inside] < 100)
    hits = (identified & right).sum()
    deposit = (identified & right)[scene.deposit[inside]].sum()
    return {
        f"recall of minerals at precision {PRECISION:g}": percent(recall, 1),
        "identifications: recall / precision": " / ".join(
            percent(hits / max(count, 1), 1) for count in (something.sum(), identified.sum())
        ),
        "deposit's pixels identified as kaolinite": f"{deposit} of {scene.deposit.sum()}",
    }


def away_from_borders(patch: np.ndarray, pixels: int = 2) -> np.ndarray:
    """(lines, columns) bool: pixels in whose neighbourhood of the map's coarsest smoothing, 5 x 5, the ground is all the same."""
    size = 2 * pixels + 1
    return (minimum_filter(patch, size) == maximum_filter(patch, size)) & (patch >= 0)


def allowed_classes(class_names: Sequence[str]) -> np.ndarray:
    """(patches + 1, classes) bool: the right names of each patch, and of the deposit in the last row."""
    phases = [phase_of(name) for name in class_names]
    minerals = ["" if mineral.startswith(BLAND) else mineral for mineral in patch_minerals()]
    return np.array([[phase in mineral.split("+") for phase in phases] for mineral in [*minerals, DEPOSIT]])


def only(scene: SensorScene, minerals: Iterable[str]) -> SensorScene:
    """The scene, of which only bland patches and those of some minerals count."""
    wanted = set(minerals)
    counts = [mineral.startswith(BLAND) or wanted >= set(mineral.split("+")) for mineral in patch_minerals()]
    return replace(scene, patch=np.where(np.append(counts, False)[scene.patch], scene.patch, -1))


def percent(value: float, digits: int = 2) -> str:
    return f"{100 * value:.{digits}f} %"


def compare(title: str, scene: SensorScene, scans: Sequence[str], methods: dict[str, Method], names: bool = True) -> None:
    """Print one table: a row for each figure, a column for each method."""
    columns = {}
    transmissions = [scan_on(scene.axis, scan) for scan in scans]
    for name, method in methods.items():
        found = method(scene.seen, scene.axis, transmissions)
        columns[name] = figures(scene, found)
        if names:
            columns[name].update(identification(scene, found, with_model=name.startswith("full")))
    rows = dict.fromkeys(row for column in columns.values() for row in column)
    print(f"\n### {title}\n")
    print(table(["", *columns], [[row, *(column.get(row, "") for column in columns.values())] for row in rows]), flush=True)


def real_images(methods: dict[str, Method]) -> None:
    """The same measures where they need no truth, on the real infrared images."""
    crism, rows = DATA / "crism", []
    for label in sorted((crism / "trdr").glob("*l_trr3.lbl")):
        with open_scene(label, wavelengths=crism / "cdr") as scene:
            axis, columns = scene.axis, scene.samples
            assert axis.by_column_nm is not None
            fitted = np.flatnonzero((axis.wavelengths_nm > FITTED_NM[0]) & (axis.wavelengths_nm < FITTED_NM[1]))
            spectra = scene.read(0, scene.lines, fitted)
        scans = [transmission_for(read_volcano_scan(crism / "adr" / name), axis, columns) for name in (SCAN, *OTHER_SCANS)]
        scans = [scan.of_bands(fitted) for scan in scans]
        axis = SpectralAxis(axis.wavelengths_nm[fitted], by_column_nm=axis.by_column_nm[:, fitted])
        inside = (axis.wavelengths_nm > RANGE_NM[0]) & (axis.wavelengths_nm < RANGE_NM[1])
        nm = axis.wavelengths_nm[inside]
        cubes = {"before": spectra}
        for name, method in methods.items():
            found = method(spectra, axis, scans)
            cubes.update({f"{name}: corrected": found.corrected, f"{name}: model": found.smooth})
        for name, cube in cubes.items():
            cube = cube[..., inside]
            seen = np.isfinite(cube).any((0, 2))
            typical = np.nanmedian(cube[:, seen].reshape(-1, nm.size), 0)
            gas = measures.gas_residual(np.nanmedian(cube[:, seen], 0), nm)
            level = np.nanmean(cube, -1, keepdims=True)
            pattern = measures.stripes(cube / level / (typical / typical.mean()))
            rows.append(
                [
                    label.stem,
                    name,
                    percent(gas.mean()),
                    percent(np.sqrt(np.mean(gas**2))),
                    percent(pattern),
                    percent(measures.second_difference_scatter(cube)),
                ]
            )
    print("\n### Real images\n")
    print(table(["image", "cube", "2.0 µm residual, mean", "RMS of columns", "stripes", "second-difference scatter"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snr", type=float, nargs="*", default=[50, 100, 200])
    parser.add_argument("--methods", nargs="*", default=["usual", "quick", "full"], choices=["usual", "quick", "full"])
    options = parser.parse_args()
    makers: dict[str, Callable[[], Method]] = {"usual": lambda: usual_practice, "quick": lambda: quick_mode, "full": full_mode}
    titles = {"usual": "usual practice", "quick": "quick mode", "full": "full mode"}
    methods = {titles[name]: makers[name]() for name in options.methods}
    print(machine())
    for snr in options.snr:
        compare(f"Signal to noise {snr:g}", simulate(snr), (SCAN, *OTHER_SCANS), methods)
    scene = simulate(100)
    compare("Signal to noise 100, the scene's own volcano scan not at hand", scene, OTHER_SCANS, methods)
    if "full" in options.methods:
        lacking = {"full mode": full_mode(), f"full mode without {', '.join(LEFT_OUT)}": full_mode(list(LEFT_OUT))}
        title = "Signal to noise 100, spectra of some minerals left out of the library; bland ground and these minerals alone"
        compare(title, only(scene, LEFT_OUT.values()), (SCAN, *OTHER_SCANS), lacking)
    real_images(methods)


if __name__ == "__main__":
    main()
