"""Does bland ground stay bland when an image is denoised without a volcano scan, and are the minerals on it found?

    python3 benchmarks/denoised_ground.py [--ground kaolinite ...] [--each]

One scene for each of MICA's 31 denominators, ground that its team took for bland: brightness ± 15 %, slope ± 4 %, noise 0.4 %,
and on it patches of 3 x 3 pixels of every default class, MICA's ratios in shares of 1, 1/2 and 1/4. Each is mapped as it is,
denoised as an image that is corrected for the atmosphere, and denoised with a real scan's atmosphere over it that nobody gives.
All through `map_scene` with its defaults. Then the real image, with each volcano scan in turn. About 15 minutes of one core.
Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from labelled_ground import FINE_NM, denominators
from mapping import MAFIC
from measure import machine, table
from scipy.ndimage import binary_dilation, gaussian_filter, gaussian_filter1d
from sensor_scene import scan_on, scene_axis
from views import DATA

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.mica import phase_of
from crism_gan_plugin.core.mapping.levels import GUESS_OFFSET, NO_DATA
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.envi_cube import EnviCube

SHARES = (1.0, 0.5, 0.25)

#: Patches are this wide, each somewhere in a cell (lines, samples) of a board of so many columns.
PATCH, CELL, BOARD_COLUMNS = 3, (8, 7), 8

#: Nearer to a patch than this, the map's 5 x 5 mean sees it: that is no bare ground.
RIM = 2

ALBEDO, SLOPE, NOISE = 0.15, 0.04, 0.004

#: How much air, from the first line to the last, in units of the scan's.
PATHS = (0.85, 1.15)

CASES = {"as it is": {}, "corrected": {"denoise": "full"}, "atmosphere, no scan given": {"denoise": "full"}}


@dataclass(frozen=True)
class Scene:
    """``cube`` (lines, samples, channels) I/F, ``mineral`` (lines, samples) its place in the names or -1, ``share`` its share."""

    cube: np.ndarray
    mineral: np.ndarray
    share: np.ndarray


@dataclass(frozen=True)
class Found:
    """Shares of a scene's bare pixels, and of the planted ones.

    Attributes
    ----------
    identified, guessed, mafic_identified, mafic_guessed
        Of the bare pixels: named as no mafic mineral, and as one.
    recall, recall_guess
        By `SHARES`: identified as what they are; at least guessed.
    precision
        Of the names that planted pixels get, those that are right.
    """

    identified: float
    guessed: float
    mafic_identified: float
    mafic_guessed: float
    recall: np.ndarray
    recall_guess: np.ndarray
    precision: float


def class_ratio(name: str) -> np.ndarray:
    """MICA's corrected ratio of a class on `FINE_NM`, about 1."""
    phase = phase_of(name)
    columns = np.loadtxt(DATA / "mica" / f"crism_typespec_{phase}.tab", delimiter=",")
    valid = (columns[:, 1] > 0) & (columns[:, 1] < 60000)  # 65535 means missing
    ratio = gaussian_filter1d(np.interp(FINE_NM, columns[valid, 0] * 1000, columns[valid, 1]), 1.5)
    return ratio / np.median(ratio)


def planted_classes() -> list[str]:
    """Default classes with a type spectrum of their own."""
    names = [name for name in load_exemplars().defaults().class_names if "mixture" not in name]
    phases = {path.stem.replace("crism_typespec_", "") for path in (DATA / "mica").glob("crism_typespec_*.tab")}
    return [name for name in names if phase_of(name) in phases]


def make_scene(ground: np.ndarray, names: Sequence[str], seed: int) -> Scene:
    """The scene of one (channels,) bland spectrum."""
    rng = np.random.default_rng(seed)
    rows = -(-len(names) * len(SHARES) // BOARD_COLUMNS)
    size = rows * CELL[0], BOARD_COLUMNS * CELL[1]
    mineral, share = np.full(size, -1), np.zeros(size)
    planted = [(number, part) for part in SHARES for number in range(len(names))]
    for (number, part), cell in zip(planted, rng.permutation(rows * BOARD_COLUMNS)):
        line, sample = (width * place + rng.integers(0, width - PATCH) for width, place in zip(CELL, divmod(cell, BOARD_COLUMNS)))
        patch = slice(line, line + PATCH), slice(sample, sample + PATCH)
        mineral[patch], share[patch] = number, part
    albedo, slope = (amount * (0.8 * _smooth(size, rng) + 0.2 * rng.uniform(-1, 1, size)) for amount in (ALBEDO, SLOPE))
    ratios = np.vstack([[class_ratio(name) for name in names], np.ones(FINE_NM.size)])
    cube = 0.2 * ground / np.median(ground) * (1 + albedo[..., None]) * (1 + slope[..., None] * (FINE_NM - 1800) / 800)
    cube = cube * (1 + share[..., None] * (ratios[mineral] - 1)) * (1 + NOISE * rng.normal(size=cube.shape))
    return Scene(cube.astype(np.float32), mineral, share)


def _smooth(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    field = gaussian_filter(rng.normal(size=size), 4)
    return field / np.abs(field).max()


def under_air(cube: np.ndarray) -> np.ndarray:
    """The same through a real volcano scan's air, which grows down the image."""
    axis = scene_axis()
    air = np.interp(FINE_NM, axis.wavelengths_nm, np.nanmean(scan_on(axis).by_column, 0))
    return (cube * air ** np.linspace(*PATHS, len(cube))[:, None, None]).astype(np.float32)


def map_cube(cube: np.ndarray, **how: Any) -> np.ndarray:
    """(lines, samples) class codes."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "scene.img"
        lines, samples, _ = cube.shape
        with EnviCube(image, lines, samples, FINE_NM) as writer:
            writer.write(cube)
        return read_classes(map_scene(image, folder, evidence=False, engine="numpy", **how).classes)


def read_classes(path: Path) -> np.ndarray:
    with RasterReader(path) as raster:
        return raster.read(0, raster.lines)[0].astype(int)


def judge(codes: np.ndarray, scene: Scene, names: Sequence[str]) -> Found:
    by_code = {mineral.code: mineral.name for mineral in load_exemplars().classes}
    named = (codes > 0) & (codes < NO_DATA)
    sure, name = named & (codes < GUESS_OFFSET), np.where(named, codes % GUESS_OFFSET, 0)
    code_of = {name: code for code, name in by_code.items()}
    truth = np.array([*(code_of[name] for name in names), 0])[scene.mineral]
    planted = scene.mineral >= 0
    bare = ~binary_dilation(planted, np.ones((3, 3)), RIM)
    mafic, right = np.isin(name, [code_of[mafic] for mafic in MAFIC]), planted & (name == truth)
    parts = [planted & (scene.share == share) for share in SHARES]
    guess = named & ~sure
    return Found(
        identified=float((sure & ~mafic)[bare].mean()),
        guessed=float((guess & ~mafic)[bare].mean()),
        mafic_identified=float((sure & mafic)[bare].mean()),
        mafic_guessed=float((guess & mafic)[bare].mean()),
        recall=np.array([(right & sure)[part].mean() for part in parts]),
        recall_guess=np.array([right[part].mean() for part in parts]),
        precision=float(right.sum() / max((named & planted).sum(), 1)),
    )


def mean_of(found: Sequence[Found]) -> Found:
    return Found(**{field.name: np.mean([getattr(each, field.name) for each in found], axis=0) for field in fields(Found)})


def cells(found: Found) -> list[str]:
    bare = (found.identified, found.guessed, found.mafic_identified, found.mafic_guessed)
    recall = [f"{sure:.2f} / {guess:.2f}" for sure, guess in zip(found.recall, found.recall_guess)]
    return [*(f"{100 * share:.2f} %" for share in bare), *recall, f"{found.precision:.2f}"]


HEADER = [
    *("identified", "guessed", "mafic identified", "mafic guessed"),
    *(f"recall, share {share:g}" for share in SHARES),
    "precision on patches",
]


def scan_by_scan() -> list[list[str]]:
    """What the real image is said to hold, with each volcano scan in turn: identified / guessed pixels."""
    crism, wanted = DATA / "crism", ("low-Ca pyroxene", "monohydrated sulfate")
    code_of = {mineral.name: mineral.code for mineral in load_exemplars().classes}
    label, rows = crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", []
    for scan in sorted((crism / "adr").glob("*_VS30L_8.IMG")):
        for mode in ("quick", "full"):
            with tempfile.TemporaryDirectory() as folder:
                how = {"wavelengths": crism / "cdr", "volcano_scans": [scan], "denoise": mode}
                codes = read_classes(map_scene(label, folder, evidence=False, engine="numpy", **how).classes)
            counts = [[(codes == code_of[name] + offset).sum() for offset in (0, GUESS_OFFSET)] for name in wanted]
            rows.append([scan.stem, mode, *(f"{sure} / {guess}" for sure, guess in counts)])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ground", nargs="*", help="MICA phases whose denominators are taken; all by default")
    parser.add_argument("--each", action="store_true", help="a row for each denominator too")
    options = parser.parse_args()
    print(machine())
    names, rows = planted_classes(), []
    of_all: dict[str, list[Found]] = {case: [] for case in CASES}
    for seed, (phase, ground) in enumerate(denominators().items()):
        if options.ground and phase not in options.ground:
            continue
        scene = make_scene(ground, names, seed)
        for case, how in CASES.items():
            cube = under_air(scene.cube) if "atmosphere" in case else scene.cube
            found = judge(map_cube(cube, **how), scene, names)
            of_all[case].append(found)
            rows.append([f"{phase}, {case}", *cells(found)])
    rows = rows if options.each else []
    rows += [[f"**mean of {len(each)}, {case}**", *cells(mean_of(each))] for case, each in of_all.items()]
    for case, of_case in of_all.items():
        worst = [max(getattr(each, kind) for each in of_case) for kind in ("identified", "guessed")]
        rows.append([f"worst, {case}", *(f"{100 * share:.2f} %" for share in worst), *[""] * 6])
    print(f"\n{table(['ground', *HEADER], rows)}", flush=True)
    header = ["volcano scan", "mode", "low-Ca pyroxene, identified / guessed", "monohydrated sulfate"]
    print(f"\n### FRT0001458F, 900 pixels\n\n{table(header, scan_by_scan())}")


if __name__ == "__main__":
    main()
