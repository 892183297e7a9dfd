"""Is the share of implants found that of minerals that are there? A section of `worth.py`.

A scene is bland ground with brightness and variation of its own, seen through a detector with noise, stripes, spikes and residual
CO2. Square patches of five minerals at known shares are planted before the detector looks. `find_detection_limits` then predicts,
from the image and its map alone, how many of their pixels are found; the map says how many are. Limits are told of ground on which
a map names nothing. So planted pixels are counted where the map of the same scene without plants names nothing.

Denoised scenes are counted apart: there limits are told of the cube that the denoiser made, not of what it takes away.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
from full_scene import run
from measure import table

from crism_gan_plugin.core import find_detection_limits, map_scene
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.detection_limit.curves import wilson
from crism_gan_plugin.core.libraries.absorption import at_share, own_absorption
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.mapping.levels import GUESS_OFFSET
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.simulation.ground import smooth_noise
from crism_gan_plugin.core.simulation.scenes import simulate_sensor_scene
from crism_gan_plugin.core.simulation.spectra import detector_for
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

MINERALS = ("kaolinite", "Mg-olivine", "Al-smectite", "jarosite", "Mg-carbonate")
SHARES, WIDTHS = (0.1, 0.2, 0.5), (1, 3, 5)

#: Size of a scene, and one patch for each square of so many pixels.
SIZE, PITCH = (180, 240), 10

#: Denominators of these minerals' type spectra, which give way to each other over a scene.
DENOMINATORS = ("kaolinite", "prehnite", "gypsum", "alunite")

#: Grounds, and neutral ratios of their maps.
GROUNDS, RATIOS = ("denominators", "statistics"), ("off", "column", "bland")

#: Of each setting of ground and ratio; and of scenes that the shipped denoiser has denoised, mapped without a ratio.
SEEDS, SEEDS_DENOISED = (0, 1), (0,)
DENOISED = "denoised"

#: Mineral, share, width of the patch.
Plant = tuple[str, float, int]


def statistical_ground(seed: int) -> np.ndarray:
    """(lines, samples, 240) I/F of ground that varies as real bland ground does."""
    bland = load_background().plain
    line, sample = np.mgrid[: SIZE[0], : SIZE[1]] * 0.05
    ways = np.stack([2 * smooth_noise(sample, line, 3.0, 1000 * seed + number, 5) for number in range(10)], -1)
    return np.exp(bland.mean + ways @ bland.components[:10])


def denominator_ground(seed: int) -> np.ndarray:
    """The same of the ground that the MICA team took for bland. Needs the real data (see `views.py`)."""
    from mapping import type_spectra

    line, sample = np.mgrid[: SIZE[0], : SIZE[1]] * 0.05
    weights = np.exp(4 * np.stack([smooth_noise(sample, line, 5.0, 1000 * seed + k, 4) for k in range(len(DENOMINATORS))], -1))
    spectra = np.array([type_spectra(name)[2] for name in DENOMINATORS])
    return weights / weights.sum(-1, keepdims=True) @ (spectra / spectra.mean(1, keepdims=True))


def plant(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(lines, samples) place among `MINERALS`, −1 on ground; share; width of the patch."""
    rng = np.random.default_rng([seed, 7])
    mineral, share, width = np.full(SIZE, -1), np.zeros(SIZE), np.zeros(SIZE, int)
    for top in range(3, SIZE[0] - PITCH, PITCH):
        for left in range(3, SIZE[1] - PITCH, PITCH):
            wide = rng.choice(WIDTHS)
            line, sample = rng.integers(0, PITCH - 4 - wide + 1, 2)
            where = slice(top + line, top + line + wide), slice(left + sample, left + sample + wide)
            mineral[where], share[where], width[where] = rng.integers(len(MINERALS)), rng.choice(SHARES), wide
    return mineral, share, width


def scene(ground: str, seed: int, planted: tuple[np.ndarray, np.ndarray, np.ndarray] | None) -> np.ndarray:
    """(lines, samples, 240) I/F with what is planted, or without anything; noise is the same."""
    library = load_exemplars()
    absorptions = [own_absorption(library, library.class_names.index(name)) for name in MINERALS]
    clean = {"statistics": statistical_ground, "denominators": denominator_ground}[ground](seed)
    line, sample = np.mgrid[: SIZE[0], : SIZE[1]] * 0.05
    clean = clean / clean.mean() * 0.19 * np.exp(0.3 * smooth_noise(sample, line, 4.0, 1000 * seed + 50, 5))[..., None]
    mineral, part, _ = planted or (np.full(SIZE, -1), np.zeros(SIZE), None)
    for (place, absorption), share in product(enumerate(absorptions), SHARES):
        there = (mineral == place) & (part == share)
        clean[there] = at_share(clean[there], absorption, share)
    detector, rng = detector_for(WAVELENGTHS_NM, SIZE[1], seed), np.random.default_rng([seed, 2])
    columns = np.arange(SIZE[1])
    return np.array([detector.look(row, columns, rng) for row in clean.astype(np.float32)])


def mapped(cube: np.ndarray, folder: Path, setting: str) -> tuple[Path, np.ndarray]:
    """The map of a cube, and its codes. ``setting`` is a ratio, or `DENOISED`."""
    folder.mkdir()
    with EnviCube(folder / "scene.img", *SIZE, WAVELENGTHS_NM) as file:
        file.write(cube)
    options = {"denoise": "full"} if setting == DENOISED else {"ratio": setting}
    made = map_scene(folder / "scene.img", folder, engine="numpy", **options).classes
    with RasterReader(made) as raster:
        return made, raster.read(0, raster.lines)[0].astype(int)


def measured(ground: str, setting: str, seed: int) -> tuple[dict[Plant, np.ndarray], float]:
    """By mineral, share and width: patches, those of them that are predicted to be found, and those found; and how much is bland.

    A patch counts by the part of its pixels that lies on bland ground, and is found in part. Shares that are not planted have a
    prediction only: for as many patches as are planted at all shares.
    """
    planted = mineral, share, width = plant(seed)
    codes = {each.name: each.code for each in load_exemplars().classes}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bland = mapped(scene(ground, seed, None), folder / "bland", setting)[1] == 0
        classes, named = mapped(scene(ground, seed, planted), folder / "planted", setting)
        limits = find_detection_limits(classes, folder / "limits.tif", classes=MINERALS, patches=WIDTHS, seed=seed)
        with limits.curves.open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["region"] == "all"]
    counts = {}
    for row in rows:
        name, part, wide = row["class"], float(row["share"]) / 100, int(row["patch"])
        there = bland & (mineral == MINERALS.index(name)) & (width == wide)
        if part in SHARES:
            there &= share == part
        patches, right = there.sum() / wide**2, named[there] % GUESS_OFFSET == codes[name]
        found = right.sum() / wide**2 if part in SHARES else np.nan
        counts[name, part, wide] = np.array([patches, patches * float(row["found"]), found])
    return counts, float(bland.mean())


def report(figure: Path | None = None) -> str:
    """The tables in Markdown. The line of a setting goes to stderr as soon as it is known."""
    titles = "setting", "mineral", "share, width"
    sums: dict[str, dict[str, np.ndarray]] = {title: defaultdict(lambda: np.zeros(3)) for title in titles}
    cells: dict[tuple[str, str, str, float], np.ndarray] = defaultdict(lambda: np.zeros(3))
    for way, ground in product((*RATIOS, DENOISED), GROUNDS):
        runs = [measured(ground, way, seed) for seed in (SEEDS_DENOISED if way == DENOISED else SEEDS)]
        how = way if way == DENOISED else f"RATIO {way}"
        setting = f"{ground}, {how}, {100 * np.mean([bland for _, bland in runs]):.0f} % bland"
        for (name, share, width), row in (item for counts, _ in runs for item in counts.items()):
            cells[ground, way, name, share] += row
            if share in SHARES:
                places = (setting,) if way == DENOISED else (setting, name, f"{100 * share:g} %, {width}")
                for title, place in zip(titles, places):
                    sums[title][place] += row
        print(_line(setting, sums["setting"][setting]), file=sys.stderr, flush=True)
    if figure is not None:
        draw(cells, figure)
    return "\n\n".join(
        table([title, "patches", "predicted", "found", "95 %", "points apart"], [_line(*row) for row in found.items()])
        for title, found in sums.items()
    )


def cost() -> str:
    """What a map of a full scene takes, and the limits of all its minerals."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = simulate_sensor_scene("scene", folder, lines=480).image
        rows = [["map", *run("map", image, "--out-dir", folder)]]
        rows.append(
            ["detection limits", *run("detectionlimit", folder / f"{image.stem}_minerals.tif", "--out", folder / "limits.tif")]
        )
    rows = [[what, f"{wall:.0f}", f"{processor:.0f}", f"{memory:.2f}"] for what, wall, processor, memory in rows]
    return table(["480 × 640 × 438", "seconds", "processor's seconds", "peak memory, GB"], rows)


def _line(name: str, row: np.ndarray) -> list[str]:
    patches, predicted, found = row
    part = 100 / max(patches, 1)
    low, high = wilson(np.array(found / max(patches, 1)), max(round(patches), 1))
    numbers = [
        f"{part * predicted:.1f} %",
        f"{part * found:.1f} %",
        f"± {50 * (high - low):.1f}",
        f"{part * (predicted - found):+.1f}",
    ]
    return [name, f"{patches:.0f}", *numbers]


def draw(cells: Mapping[tuple[str, str, str, float], np.ndarray], path: Path) -> None:
    """A panel for each mineral on each ground: predicted curves, and what is found of the planted with its 95 % interval."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure((11, 4.8), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(len(GROUNDS), len(MINERALS), sharex=True, sharey=True)
    shares = sorted({share for *_, share in cells})
    for (row, ground), (column, name), (number, ratio) in product(enumerate(GROUNDS), enumerate(MINERALS), enumerate(RATIOS)):
        panel, colour = panels[row, column], f"C{number}"
        patches, predicted, _ = np.array([cells[ground, ratio, name, share] for share in shares]).T
        panel.semilogx(100 * np.array(shares), 100 * predicted / patches, colour, label=f"ratio {ratio}")
        for share in SHARES:
            count, _, found = cells[ground, ratio, name, share]
            low, high = wilson(np.array(found / count), round(count))
            at = 100 * share * 1.06 ** (number - 1)  # beside each other
            panel.plot([at, at], [100 * low, 100 * high], colour, linewidth=1)
            panel.plot(at, 100 * found / count, "o", color=colour, markersize=4)
        panel.set_title(f"{name}, {ground}", fontsize=9)
        panel.set_xticks([1, 10, 100], ["1", "10", "100"])
    panels[0, 0].legend(fontsize=7, frameon=False, loc="upper left")
    figure.supxlabel("share of the mineral, %", fontsize=9)
    figure.supylabel("pixels found, %: predicted (lines), planted (dots)", fontsize=9)
    figure.savefig(path, dpi=150, metadata={"Software": None})
