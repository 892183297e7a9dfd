"""Summary parameters: processor seconds and memory, against HyPyRameter and a plain NumPy loop on the same cube in the same run.

    python3 benchmarks/summary_parameters.py [--lines 240]

HyPyRameter (`pip install hypyrameter`) is measured where it is installed; it gets the parameters that it has under the same names.
The plain loop takes each median of each formula anew with `numpy.median`. The machine's limit is the rate at which it copies the
cube once. The file-to-file figures are of a process of its own, from an ENVI cube to the GeoTIFF of all parameters.
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
from typing import Callable

import numpy as np
from measure import machine, table

from crism_gan_plugin.core.arrays import FloatArray
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.summary_parameters.channels import Channels
from crism_gan_plugin.core.summary_parameters.plan import ParameterPlan
from crism_gan_plugin.core.summary_parameters.table import FORMULAS

REPOSITORY = Path(__file__).resolve().parent.parent
SAMPLES = 640

#: Lines of a block, as many as the file-to-file way takes.
BLOCK = 13

#: The channels of a joined image, nm.
VISIBLE = (np.linspace(436.13, 631.44, 31), np.linspace(709.68, 1010.18, 47))
AXIS = np.concatenate([*VISIBLE, np.linspace(1047.2, 2654.95, 245), np.linspace(2800.35, 3896.76, 166)])


@dataclass
class PlainChannels(Channels):
    """Takes every median anew, by NumPy's own."""

    def at(self, nm: float, width: int) -> FloatArray:
        return np.asarray(np.median(self._planes(self.bands.around(nm, width)), axis=0))


def simulated_cube(lines: int) -> FloatArray:
    """(bands, lines, samples) float32 I/F with slopes and noise."""
    rng = np.random.default_rng(0)
    albedo = 0.15 + 0.2 * rng.random((1, lines, SAMPLES), np.float32)
    cube = np.broadcast_to(albedo, (AXIS.size, lines, SAMPLES)) * (1 + 0.1 * np.sin(AXIS / 400)).astype(np.float32)[:, None, None]
    for plane in cube:
        plane *= 1 + 0.01 * rng.standard_normal(plane.shape, np.float32)
    return cube


def ours(cube: FloatArray, plan: ParameterPlan) -> FloatArray:
    out = np.empty((len(plan.names), *cube.shape[1:]), np.float32)
    for first in range(0, cube.shape[1], BLOCK):
        out[:, first : first + BLOCK] = plan.compute(cube[plan.numbers, first : first + BLOCK])
    return out


def plain(cube: FloatArray, plan: ParameterPlan) -> FloatArray:
    flat = cube[plan.numbers].reshape(plan.numbers.size, -1)
    channels = PlainChannels(plan.bands, plan.rows, flat)
    return np.stack([FORMULAS[name](channels) for name in plan.names])


def once(function: Callable[[], object]) -> float:
    """Seconds of processor time, which other work on the machine changes little."""
    start = time.process_time()
    function()
    return time.process_time() - start


def rival(cube: FloatArray, plan: ParameterPlan) -> tuple[float, int, FloatArray, list[str]]:
    """Seconds of HyPyRameter, how many parameters it made, and these; raises ImportError where it is not installed."""
    import hypyrameter

    names = [name for name in hypyrameter.valid_parameters(AXIS) if name in plan.names]
    spectra = np.ascontiguousarray(cube.transpose(1, 2, 0))
    made: list[FloatArray] = []
    took = once(lambda: made.append(hypyrameter.compute(spectra, AXIS, names)))
    return took, len(names), made[0], names


def file_to_file(lines: int) -> tuple[float, float]:
    """
    Processor seconds and peak memory in GB of the command line.

    The system counts what this process held when it started the other one: so this comes before anything large.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        block = simulated_cube(BLOCK).transpose(1, 0, 2).copy()
        with (folder / "x.img").open("wb") as file:
            for first in range(0, lines, BLOCK):
                block[: lines - first].tofile(file)
        fields = {"samples": SAMPLES, "lines": lines, "bands": AXIS.size, "data type": 4, "interleave": "bil"}
        header = "\n".join(["ENVI", *(f"{key} = {value}" for key, value in fields.items()), "byte order = 0", "header offset = 0"])
        nm = ", ".join(f"{each:.2f}" for each in AXIS)
        (folder / "x.hdr").write_text(f"{header}\nwavelength units = Nanometers\nwavelength = {{{nm}}}\n")
        command = [sys.executable, "-m", "crism_gan_plugin.core", "summary", str(folder / "x.img"), "--out", str(folder / "p.tif")]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        child = subprocess.Popen([*command, "--quiet"], env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            sys.exit("the command line failed")
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=240, metavar="N")
    lines = parser.parse_args().lines
    plan = ParameterPlan.of(SpectralAxis(AXIS), FORMULAS)
    whole, memory = file_to_file(lines)
    cube = simulated_cube(lines)
    print(machine())
    print(f"{lines} x {SAMPLES} pixels, {AXIS.size} bands, {cube.nbytes / 1e6:.0f} MB; {len(plan.names)} parameters")
    target = np.ones_like(cube)
    copy = min(once(lambda: np.copyto(target, cube)) for _ in range(3))
    own = min(once(lambda: ours(cube, plan)) for _ in range(3))
    rows: list[list[object]] = [
        ["one copy of the cube", "", f"{copy:.2f}", f"{copy / own:.2f}"],
        ["ours", len(plan.names), f"{own:.2f}", "1"],
        ["plain NumPy loop", len(plan.names), f"{(took := once(lambda: plain(cube, plan))):.2f}", f"{took / own:.1f}"],
    ]
    try:
        took, number, made, names = rival(cube, plan)
        rows.append(["HyPyRameter", number, f"{took:.2f}", f"{took / own:.1f}"])
        agree(ours(cube, plan), plan, made, names)
    except ImportError:
        print("HyPyRameter is not installed; it is left out")
    rows.append([f"ours, file to file, {memory:.2f} GB", len(plan.names), f"{whole:.2f}", ""])
    print(table(["what", "parameters", "processor seconds", "ratio to ours"], rows))


def agree(own: FloatArray, plan: ParameterPlan, made: FloatArray, names: list[str]) -> None:
    """Print which parameters correlate less than 0.999 with HyPyRameter's."""
    for number, name in enumerate(names):
        pair = own[plan.names.index(name)].ravel(), made[..., number].ravel()
        there = np.isfinite(pair[0]) & np.isfinite(pair[1])
        r = np.corrcoef(pair[0][there], pair[1][there])[0, 1] if there.sum() > 2 else np.nan
        if not r > 0.999:
            print(f"{name}: correlation with HyPyRameter's {r:.3f}")


if __name__ == "__main__":
    main()
