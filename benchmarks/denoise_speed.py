"""How fast is the denoiser's full mode, what share of the machine's matrix-product rate does it reach, what memory does it take?

    python3 benchmarks/denoise_speed.py [--full] [--device cuda]

Spectra are those of `sensor_scene`, repeated to the size wanted, on 246 channels, with a library of 100 spectra. ``--full`` adds a
full scene of 604 columns x 480 lines. The matrix-product rate before each run shows how fast the machine was then, in one thread of
a CPU. Each row has the time that a full scene would take. Needs the real data (see `views.py`).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
from measure import machine, peak_memory_gb, seconds, table
from sensor_scene import SCAN, scan_on, simulate

from crism_gan_plugin.core.compute.cores import one_thread_a_product
from crism_gan_plugin.core.denoise import SurfaceLibrary, denoise_columns, surface_library

LIBRARY_SIZE = 100
FULL = (604, 480)
SIZES = ((10, 240), (20, 240), (40, 240), (20, 120), (20, 480))

#: Operators of torch that are matrix products, and which two of their inputs are multiplied.
PRODUCTS = {"aten::bmm": (0, 1), "aten::baddbmm_": (1, 2), "aten::baddbmm": (1, 2), "aten::mm": (0, 1), "aten::addmm": (1, 2)}


def library_of(size: int) -> SurfaceLibrary:
    """The plugin's absorptions, and as many copies of them shifted by 12 nm as are missing."""
    library = surface_library()
    missing = size - len(library.names)
    shifted = tuple(tuple(replace(band, centre_nm=band.centre_nm + 12) for band in bands) for bands in library.bands[:missing])
    return library + SurfaceLibrary(tuple(f"shifted {k}" for k in range(len(shifted))), shifted)


class Spectra:
    """Spectra of any number of columns and lines: those of the simulated scene, again and again."""

    def __init__(self) -> None:
        scene = simulate(100)
        assert scene.axis.by_column_nm is not None
        inside = np.flatnonzero(np.isfinite(scene.axis.by_column_nm).all(1))
        self._seen, self._nm = scene.seen[:, inside], scene.axis.by_column_nm[inside]
        self._air = scan_on(scene.axis, SCAN).by_column[inside]

    def __call__(self, columns: int, lines: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        column, line = (np.arange(size) % have for size, have in ((columns, self._seen.shape[1]), (lines, len(self._seen))))
        return self._seen[line][:, column], self._nm[column], self._air[column]


def product_rate(device: str, size: int = 2048) -> float:
    """The machine's single-precision matrix-product rate in torch, GFLOP/s; on a CPU, that of one thread."""
    import torch

    matrix = torch.rand((size, size), device=device)
    with one_thread_a_product():
        return 2 * size**3 / seconds(lambda: float((matrix @ matrix)[0, 0])) / 1e9


def share_in_products(spectra: Spectra, library: SurfaceLibrary, device: str) -> tuple[float, float]:
    """Of a small run: the share of its time that is matrix products, and their rate in GFLOP/s; on a CPU, of one thread."""
    import torch

    seen, nm, air = spectra(8 if device == "cuda" else 1, 480)
    activity = torch.profiler.ProfilerActivity
    kinds = [activity.CPU, activity.CUDA] if device == "cuda" else [activity.CPU]
    with torch.profiler.profile(activities=kinds, record_shapes=True) as profile:
        denoise_columns(seen, nm, [air], library, device=device)
    events = profile.key_averages(group_by_input_shape=True)
    own = "self_cpu_time_total"
    if device == "cuda":  # its name depends on torch's age
        own = next(name for name in ("self_device_time_total", "self_cuda_time_total") if hasattr(events[0], name))
    whole = sum(getattr(event, own) for event in events)
    with_calls = own.removeprefix("self_")  # a batch of products may call each of them
    products = [event for event in events if event.key in PRODUCTS]
    operations = sum(event.count * _operations(event.input_shapes, *PRODUCTS[event.key]) for event in products)
    spent = sum(getattr(event, with_calls) for event in products)
    return spent / whole, operations / spent / 1e3


def _operations(shapes: list[list[int]], left: int, right: int) -> int:
    return 2 * int(np.prod(shapes[left])) * shapes[right][-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="a whole scene as well")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    options = parser.parse_args()
    import torch

    print(machine(), f"torch {torch.__version__}, {options.device}", sep="; ")
    spectra, library, rows = Spectra(), library_of(LIBRARY_SIZE), []
    limit = product_rate(options.device)
    share, rate = share_in_products(spectra, library, options.device)
    limit = max(limit, product_rate(options.device))
    print(
        f"\nMatrix products are {share:.0%} of the time, at {rate:.0f} GFLOP/s: {rate / limit:.0%} of the machine's {limit:.0f}.\n"
    )
    for columns, lines in (*SIZES, *([FULL] if options.full else [])):
        seen, nm, air = spectra(columns, lines)
        limit = product_rate(options.device)
        start, processor = time.perf_counter(), time.process_time()
        found = denoise_columns(seen, nm, [air], library, device=options.device)
        took, processor = time.perf_counter() - start, time.process_time() - processor
        whole = took * FULL[0] * FULL[1] / (columns * lines)
        rows.append(
            [
                f"{columns} × {lines}",
                f"{took:.1f}",
                f"{processor:.1f}",
                f"{1e3 * took / (columns * lines):.2f}",
                f"{found.iterations.mean():.0f}",
                f"{whole / 60:.1f}",
                f"{peak_memory_gb():.2f}",
                f"{limit:.0f}",
            ]
        )
    header = [
        "columns × lines",
        "s",
        "processor's s",
        "ms a spectrum",
        "iterations",
        "full scene, min",
        "peak memory, GB",
        "matrix product, GFLOP/s",
    ]
    print(table(header, rows))


if __name__ == "__main__":
    main()
