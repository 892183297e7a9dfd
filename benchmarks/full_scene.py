"""A full CRISM scene from file to map: seconds and peak memory, and whether memory grows with the image.

    python3 benchmarks/full_scene.py [--long]

480 lines × 640 columns × 438 channels, three scales, with and without a neutral ratio; with --long also ten times as many lines.
Every run is a process of its own, through the command line; its peak memory is the operating system's figure. It is compared with
the time that the network's matrix products take at the rate measured before it, for the spectra of all pixels at three scales.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import machine, matrix_product_rate, table

from crism_gan_plugin.core.network.weights import load_weights
from crism_gan_plugin.core.simulation.scenes import simulate_sensor_scene

SCALES, SAMPLES = 3, 640

REPOSITORY = Path(__file__).resolve().parent.parent


def run(*arguments: str | Path) -> tuple[float, float, float]:
    """Wall-clock seconds, the processor's seconds, and peak memory, GB, of one process of the command line."""
    command = [sys.executable, "-m", "crism_gan_plugin.core", *map(str, arguments), "--quiet"]
    start = time.perf_counter()
    child = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{arguments} failed")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="also 4,800 lines (needs 6 GB of disk)")
    options = parser.parse_args()
    print(machine())
    operations = SCALES * SAMPLES * load_weights().flops
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for lines in (480, 4800) if options.long else (480,):
            scene = simulate_sensor_scene(f"scene{lines}", folder, lines=lines, with_model=lines == 480)
            cases = {"no model cube": (), **({"with model cube": ("--model-in", str(scene.model))} if scene.model else {})}
            cases.update({f"no model cube, ratio {name}": ("--ratio", name) for name in ("column", "bland")})
            for name, extra in cases.items():
                rate = matrix_product_rate()
                seconds, processor, memory = run("map", scene.image, "--out-dir", Path(folder) / "maps", *extra)
                products = lines * operations / rate / 1e9
                times = [f"{seconds:.0f}", f"{processor:.0f}", f"{products:.0f}", f"{seconds / products:.2f}"]
                rows.append([f"{lines} × {SAMPLES} × 438", name, *times, f"{memory:.2f}", f"{rate:.0f}"])
            scene.image.unlink()
    times = ["seconds", "processor's seconds", "products alone", "times as long"]
    print(table(["scene", "continuum", *times, "peak memory, GB", "matrix product, GFLOP/s"], rows))


if __name__ == "__main__":
    main()
