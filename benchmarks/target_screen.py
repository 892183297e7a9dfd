"""Does the screening say which minerals are in an image, and only those? And what does it cost?

    python3 benchmarks/target_screen.py [--full]

One scene a mineral: 68 × 88 pixels of bland ground (the denominator of kaolinite's type spectrum), with seven patches from 16 × 16
pixels down to 2 × 2 and 1 × 4, in which the mineral, as its MICA ratio, has a share of 1, 1/2 or 1/4. Each pixel has a brightness
(± 15 %), a slope (± 4 %) and white noise (0.4 %) of its own. The 21 minerals of `neutral_ratio.py` are asked for in each scene, by
the library's exemplars of another view (numerators), and by all of its exemplars. With --full, also the time and memory of a
process that screens a simulated TRR3 scene of 480 × 640 pixels and 438 bands. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mapping import type_spectra
from measure import machine, table
from neutral_ratio import ALBEDO, MINERALS, NOISE, PATCHES, SLOPE, TILE

from crism_gan_plugin.core.factors import CHANNELS, LARGEST_MISFIT, Targets, misfit
from crism_gan_plugin.core.factors.windows import MOST_VECTORS
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.screening.verdict import LIKELY, PERHAPS
from crism_gan_plugin.core.screening.windows_best import best_windows
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.noise import noise_of_channels

REPOSITORY = Path(__file__).resolve().parent.parent
SHARES = (1.0, 0.5, 0.25)


@dataclass
class Levelled:
    """A scene in memory, levelled and over the median of its columns."""

    cube: np.ndarray
    noise: float

    def read(self, first: int, count: int) -> np.ndarray:
        return self.cube[first : first + count]


def make_scene(mineral: str, share: float, seed: int) -> Levelled:
    rng = np.random.default_rng(seed)
    lines, samples = 2 * TILE[0], 2 * TILE[1]
    clean, ratio = np.ones((lines, samples, WAVELENGTHS_NM.size)), type_spectra(mineral)[0]
    for line, sample, height, width in PATCHES:
        clean[line : line + height, sample : sample + width] = share * ratio / np.median(ratio) + 1 - share
    albedo, slope = (1 + size * rng.uniform(-1, 1, (lines, samples, 1)) for size in (ALBEDO, SLOPE))
    cube = type_spectra("kaolinite")[2] * clean * albedo * slope ** np.linspace(-1, 1, WAVELENGTHS_NM.size)
    seen = np.asarray(cube * (1 + NOISE * rng.standard_normal(cube.shape)), np.float32)[..., CHANNELS]
    level = seen / seen.mean(-1, keepdims=True)
    ratio = level / np.median(level, axis=0)
    noise = float(np.sqrt(np.mean(noise_of_channels(ratio.reshape(-1, ratio.shape[2])[::5]) ** 2)))
    return Levelled(ratio, noise)


def judge(share: float, numerators_only: bool) -> list[object]:
    """AUC, and how many of 21 planted and 420 absent minerals are named."""
    library = load_exemplars().select(MINERALS)
    names = [library.class_names[place] for place in library.class_index]
    asked = [k for k, name in enumerate(library.names) if not numerators_only or name.endswith("(numerator)")]
    targets = Targets.of(library.spectra[asked][:, CHANNELS], library.class_index[asked])
    assert len(set(names)) == targets.classes == len(MINERALS)
    shares, won, passed = (np.empty((len(MINERALS), targets.classes)) for _ in range(3))
    planted = np.zeros(shares.shape, bool)
    for seed, mineral in enumerate(library.class_names):
        scene = make_scene(mineral, share, seed)
        lines, samples = scene.cube.shape[:2]
        found = best_windows(scene, lines, samples, targets, Progress())
        pixels = scene.cube.reshape(-1, scene.cube.shape[2])
        whole = misfit(np.linalg.eigh(pixels.T @ pixels)[1][None, :, : -MOST_VECTORS - 1 : -1], targets)
        shares[seed], won[seed], passed[seed] = found.share, found.won > 0, targets.of_classes(-whole)[0] >= -LARGEST_MISFIT
        planted[seed, seed] = True
    auc = (shares[planted][:, None] > shares[~planted]).mean()
    ways = (won > 0, shares >= LIKELY, shares >= PERHAPS, passed > 0)
    counted = [f"{int(said[planted].sum())} / {int(said[~planted].sum())}" for said in ways]
    return ["numerators" if numerators_only else "all", f"{share:g}", f"{auc:.3f}", *counted]


def full_scene() -> tuple[float, float, float]:
    """Seconds, processor seconds and peak memory in GB of the command line."""
    with tempfile.TemporaryDirectory() as name:
        code = "import sys; from crism_gan_plugin.core.simulation.scenes import simulate_sensor_scene as s; s(*sys.argv[1:])"
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        subprocess.run([sys.executable, "-c", code, "frt0000c001_07_if165l_trr3", name], env=environment, check=True)
        image = Path(name) / "frt0000c001_07_if165l_trr3.img"
        command = [sys.executable, "-m", "crism_gan_plugin.core", "screen", str(image), "--out", str(Path(name) / "t.csv")]
        start = time.perf_counter()
        child = subprocess.Popen([*command, "--quiet"], env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit("the command line failed")
        return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="also a full scene")
    options = parser.parse_args()
    print(machine())
    if options.full:
        print("full scene: {:.1f} s, {:.1f} s of processor time, {:.2f} GB".format(*full_scene()))
    titles = ["exemplars", "share", "AUC", "likely", f"share ≥ {LIKELY}", f"share ≥ {PERHAPS}", "published misfit"]
    print(table(titles, [judge(share, alone) for alone in (True, False) for share in SHARES]))


if __name__ == "__main__":
    main()
