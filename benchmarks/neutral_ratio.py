"""What does the neutral ratio find on ground that is not flat, what does it invent, and what does it cost?

    python3 benchmarks/neutral_ratio.py [--weights F.npz ...]

Some five minutes on two cores.

Scenes of 21 minerals: a tile of 34 × 44 pixels each, with patches of 16 × 16 pixels down to 2 × 2 and 1 × 4 in which the mineral
has a share of 1/2 or 1/4; tiles lie in three columns. A patch is the mineral's MICA ratio, so diluted, times the ground: the
denominator of kaolinite's type spectrum, of prehnite's, or the one giving way to the other down the image. Each pixel has a
brightness (± 15 %), a slope (± 4 %) and white noise (0.4 %) of its own. The images are mapped from file to file, in sensor space,
with everything by default but RATIO. Pixels within two of a patch count neither way. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np
from mapping import MAFIC, type_spectra
from measure import machine, table
from scipy.ndimage import binary_dilation

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.options.mapping import RATIO
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

TILE, TILES = (34, 44), (7, 3)

#: Upper left corner and size of the patches of a tile.
PATCHES = (
    (3, 3, 16, 16),
    (3, 24, 8, 8),
    (3, 36, 4, 4),
    (14, 24, 4, 4),
    (14, 33, 3, 3),
    (22, 24, 2, 2),
    (22, 31, 1, 4),
)
RIM = 2

#: The classes with a MICA type spectrum that the paper looked for, but talc.
MINERALS = (
    *("Mg-olivine", "Fe-olivine", "low-Ca pyroxene", "high-Ca pyroxene", "Mg-carbonate", "monohydrated sulfate"),
    *("polyhydrated sulfate", "hydroxylated Fe-sulfate", "alunite", "jarosite", "gypsum", "kaolinite", "Al-smectite"),
    *("illite/muscovite", "Fe-smectite", "Mg-smectite", "serpentine", "prehnite", "epidote", "analcime", "hydrated silica"),
)
#: Denominators of these minerals' type spectra; two: the one gives way to the other from the first line to the last.
GROUNDS, SHARES = (("kaolinite",), ("prehnite",), ("kaolinite", "prehnite")), (0.5, 0.25)
NOISE, ALBEDO, SLOPE = 0.004, 0.15, 0.04


@dataclass(frozen=True)
class Scene:
    """``cube`` (lines, samples, 240) I/F, ``truth`` (lines, samples) code of the mineral, 0 on ground, −1 on rims."""

    cube: np.ndarray
    truth: np.ndarray


def make_scene(
    ground: tuple[str, ...],
    share: float,
    seed: int = 0,
    tile: tuple[int, int] = TILE,
    patches: tuple[tuple[int, ...], ...] = PATCHES,
) -> Scene:
    """The scene of all minerals on one ground, in tiles of so many lines and samples."""
    rng = np.random.default_rng([seed, GROUNDS.index(ground)])
    codes = {mineral.name: mineral.code for mineral in load_exemplars().classes}
    lines, samples = tile[0] * TILES[0], tile[1] * TILES[1]
    grounds = [type_spectra(name)[2] for name in ground]
    below = np.linspace(0, 1, lines)[:, None, None]
    bland = (1 - below) * grounds[0] + below * grounds[-1] * grounds[0].mean() / grounds[-1].mean()
    clean, truth = np.ones((lines, samples, WAVELENGTHS_NM.size)), np.zeros((lines, samples), int)
    for number, mineral in enumerate(MINERALS):
        top, left = tile[0] * (number // TILES[1]), tile[1] * (number % TILES[1])
        ratio = type_spectra(mineral)[0]
        for line, sample, height, width in patches:
            where = slice(top + line, top + line + height), slice(left + sample, left + sample + width)
            clean[where] = share * ratio / np.median(ratio) + 1 - share
            truth[where] = codes[mineral]
    truth[binary_dilation(truth > 0, np.ones((3, 3)), RIM) & (truth == 0)] = -1
    albedo, slope = (1 + size * rng.uniform(-1, 1, (lines, samples, 1)) for size in (ALBEDO, SLOPE))
    cube = bland * clean * albedo * slope ** np.linspace(-1, 1, WAVELENGTHS_NM.size)
    return Scene((cube * (1 + NOISE * rng.standard_normal(cube.shape))).astype(np.float32), truth)


def map_codes(cube: np.ndarray, **options: Any) -> tuple[np.ndarray, float]:
    """(lines, samples) codes of the map, and the processor's seconds that it took."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "scene.img"
        lines, samples, _ = cube.shape
        with EnviCube(image, lines, samples, WAVELENGTHS_NM) as file:
            file.write(cube)
        start = time.process_time()
        outputs = map_scene(image, folder, engine="numpy", **options)
        spent = time.process_time() - start
        with RasterReader(outputs.classes) as raster:
            return raster.read(0, raster.lines)[0].astype(int), spent


def judge(codes: np.ndarray, truth: np.ndarray) -> list[str]:
    """Precision and recall of identifications, and of guesses or better; ground that is named; that is named no mafic mineral."""
    found = []
    for named in (np.where(codes < 100, codes, 0), np.where(codes < 255, codes % 100, 0)):
        counted = (named > 0) & (truth >= 0)
        right = counted & (named == truth)
        found.append(f"{right.sum() / max(counted.sum(), 1):.3f} / {right.sum() / (truth > 0).sum():.3f}")
    mafic = [mineral.code for mineral in load_exemplars().classes if mineral.name in MAFIC]
    on_ground = named[truth == 0]
    return [*found, f"{(on_ground > 0).mean():.2%}", f"{((on_ground > 0) & ~np.isin(on_ground, mafic)).mean():.2%}"]


def report(weights: Optional[Path], ratios: Iterable[str] = RATIO) -> list[list[str]]:
    rows = []
    for ground in GROUNDS:
        for share in SHARES:
            scene, base = make_scene(ground, share), 0.0
            for ratio in ratios:
                codes, spent = map_codes(scene.cube, ratio=ratio, weights=weights)
                base = base or spent
                name = "shipped" if weights is None else weights.stem
                rows.append([name, " to ".join(ground), f"{share:g}", ratio, *judge(codes, scene.truth), f"{spent / base:.2f}"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, nargs="*", default=[], metavar="F", help="further networks to compare")
    options = parser.parse_args()
    titles = ["weights", "denominator of", "share", "RATIO", "identification P / R", "guess or better P / R"]
    titles += ["bare ground named", "as no mafic mineral", "time"]
    print(machine())
    print()
    print(table(titles, [row for weights in (None, *options.weights) for row in report(weights)]))


if __name__ == "__main__":
    main()
