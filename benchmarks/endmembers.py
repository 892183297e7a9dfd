"""How many of an image's minerals are among the first spectra that CRISM Scene Endmembers chooses, and what does it cost?

    python3 benchmarks/endmembers.py

Scenes of 21 minerals, those of `neutral_ratio.py`: type spectra in patches of 16 × 16 pixels down to 2 × 2, diluted, on the
denominator of another type spectrum. A mineral counts as found when it fills more than half of a chosen segment. It has a segment
of its own when it does so in any. Then processor seconds and memory of a full simulated scene, file to file, in a process of its
own. Five minutes on one core. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from measure import machine, table
from neutral_ratio import GROUNDS, Scene, make_scene

from crism_gan_plugin.core.endmembers.chosen import Endmembers, choose_endmembers
from crism_gan_plugin.core.endmembers.views import BlockSpectra
from crism_gan_plugin.core.mapping.cube import MapCube
from crism_gan_plugin.core.mapping.neutral_ratio import choose_ratio
from crism_gan_plugin.core.options.endmembers import METHODS
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.simulation.scenes import simulate_sensor_scene
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

REPOSITORY = Path(__file__).resolve().parent.parent
COUNTS, LEAST = (10, 20, 30), 20


def minerals_of(found: Endmembers, truth: np.ndarray) -> np.ndarray:
    """(segments,) code of the mineral that fills more than half of each segment, 0 for none."""
    own = np.zeros((found.pixels.size, int(truth.max()) + 1), int)
    np.add.at(own, (found.segments.ravel(), np.maximum(truth, 0).ravel()), 1)
    most = own.argmax(1)
    return np.where(own.max(1) > 0.5 * found.pixels, most, 0)


def told(scene: Scene, method: str, ratio: str, folder: Path) -> list[object]:
    """Minerals with a segment, and those among the first spectra."""
    image = folder / "scene.img"
    lines, samples, _ = scene.cube.shape
    with EnviCube(image, lines, samples, WAVELENGTHS_NM) as file:
        file.write(scene.cube)
    cube = MapCube.open(image, None, None)
    source = BlockSpectra(cube, choose_ratio(ratio, cube.scene, 1))
    found = choose_endmembers(source, method, max(COUNTS), LEAST, Progress())
    mineral = minerals_of(found, scene.truth)
    first = [len(set(mineral[found.chosen[:count]]) - {0}) for count in COUNTS]
    return [found.pixels.size, len(set(mineral) - {0}), *first]


def full_scene(method: str, ratio: str, image: Path) -> list[object]:
    """Processor seconds and peak memory in GB of the command line."""
    command = [sys.executable, "-m", "crism_gan_plugin.core", "endmembers", str(image), "--out", str(image.with_name("x.tif"))]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    child = subprocess.Popen(
        [*command, "--method", method, "--ratio", ratio, "--quiet"], env=environment, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit("the command line failed")
    return [f"{usage.ru_utime + usage.ru_stime:.0f}", f"{usage.ru_maxrss / 1e6:.2f}"]


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = simulate_sensor_scene("frt0000a001_07_if165l_trr3", folder).image
        costs = [[method, ratio, *full_scene(method, ratio, image)] for method in METHODS for ratio in ("off", "column")]
        print(table(["method", "RATIO", "processor seconds", "GB"], costs), flush=True)
        rows = [
            [" to ".join(ground), f"{share:g}", method, ratio, *told(make_scene(ground, share), method, ratio, folder)]
            for ground in GROUNDS[:2]
            for share in (1.0, 0.5, 0.25)
            for method in METHODS
            for ratio in ("off", "column")
        ]
    titles = ["denominator of", "share", "method", "RATIO", "segments", "minerals with a segment"]
    print(table([*titles, *(f"among the first {count}" for count in COUNTS)], rows))


if __name__ == "__main__":
    main()
