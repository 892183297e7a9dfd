"""Composites of many maps: seconds and peak memory, against gdalwarp and gdalbuildvrt of the same bands in the same run.

    python3 benchmarks/mosaic.py [--maps 5 20 75]

Maps of 1,000 × 1,000 pixels with three spheres, scattered over 20,000 × 20,000 pixels of 18 m, or over an area that grows with
their number. The reference brings each map's classes and similarity to the composite's CRS with gdalwarp (nearest pixel, the same
compression, one process each) and joins them with gdalbuildvrt: no overlap rule, overviews, source index, count or areas. Every
run is a process of its own; its memory is the operating system's figure.
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
from measure import machine, table

from crism_gan_plugin.core.libraries import load_exemplars
from crism_gan_plugin.core.mars.crs import mars_crs
from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.rasters.class_table import ClassRow, write_class_table
from crism_gan_plugin.core.rasters.geotiff import create_raster

REPOSITORY = Path(__file__).resolve().parent.parent
SIZE, PIXEL, COMPOSITE = 1000, 18.0, 20_000
WEST, NORTH = 4.45e6, 1.25e6

#: Standard parallels, and the local radius of Mars there, which is the sphere of an MTRDR.
SPHERES = ((0, 3396190.0), (15, 3394839.8133), (30, 3391159.2284))
KINDS = ("kaolinite", "Mg-carbonate", "talc", "Fe-smectite", "low-Ca pyroxene", "jarosite")


@dataclass(frozen=True)
class Cost:
    """Wall-clock seconds, seconds of processor time, and peak memory in GB."""

    seconds: float
    processor: float
    memory: float


def run(*command: object) -> Cost:
    start = time.perf_counter()
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    child = subprocess.Popen([str(word) for word in command], env=environment, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{command[0]} failed")
    return Cost(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6)


def smooth(rng: np.random.Generator, coarse: int) -> np.ndarray:
    """(SIZE, SIZE) noise with patches of SIZE / coarse pixels, standard deviation about 1."""
    nodes = rng.standard_normal((coarse + 1, coarse + 1))
    place = np.linspace(0, coarse - 1e-9, SIZE)
    low, share = place.astype(int), place % 1
    across = nodes[:, low] * (1 - share) + nodes[:, low + 1] * share
    return across[low] * (1 - share)[:, None] + across[low + 1] * share[:, None]


def make_map(path: Path, x: float, y: float, sphere: tuple[float, float], seed: int) -> Path:
    """A map as `map_scene` writes it, its corner near x and y of IAU_2015:49910."""
    rng = np.random.default_rng(seed)
    similarity = np.clip(0.8 + 0.07 * smooth(rng, 60) + 0.01 * rng.standard_normal((SIZE, SIZE)), 0, 1).astype(np.float32)
    minerals = {mineral.name: mineral for mineral in load_exemplars().classes}
    code = np.array([minerals[name].code for name in KINDS])[(smooth(rng, 8) * 3).astype(int) % len(KINDS)]
    codes = np.where(similarity > 0.95, code, np.where(similarity > 0.85, code + 100, 0)).astype(np.uint8)
    line, sample = np.ogrid[:SIZE, :SIZE]
    beside = abs(sample - SIZE / 2 - 0.1 * (line - SIZE / 2)) > 0.43 * SIZE  # an image lies askew in its raster
    codes[beside], similarity[beside] = 255, np.nan
    parallel, radius = sphere
    wkt = mars_crs(f"+proj=eqc +lat_ts={parallel} +R={radius} +units=m +no_defs")
    scale = radius / SPHERES[0][1]
    place = Georeference(wkt, (x * scale * np.cos(np.radians(parallel)), PIXEL, 0.0, y * scale, 0.0, -PIXEL))
    metadata = {"CRISM_EVIDENCE": f"{path.stem}_evidence.tif"}
    with create_raster(path, SIZE, SIZE, 1, np.uint8, nodata=255, georeference=place, metadata=metadata) as writer:
        writer.write(codes[None], 0)
    other = rng.random((4, SIZE, SIZE), np.float32)
    evidence = path.with_name(f"{path.stem}_evidence.tif")
    with create_raster(evidence, SIZE, SIZE, 5, np.float32, nodata=np.nan, georeference=place) as writer:
        writer.write(np.concatenate([similarity[None], other]), 0)
    counts = np.bincount(codes.ravel(), minlength=256)
    rows = [
        ClassRow(value, minerals[name].name, level, minerals[name].rgb, int(counts[value]), None)
        for name in KINDS
        for value, level in ((minerals[name].code, "identification"), (minerals[name].code + 100, "guess"))
        if counts[value]
    ]
    write_class_table(path, rows)
    return path


def ours(maps: list[Path], folder: Path, *options: object) -> Cost:
    return run(sys.executable, "-m", "crism_gan_plugin.core", "mosaic", *maps, "--out", folder / "y.tif", "--quiet", *options)


def gdal(maps: list[Path], folder: Path) -> Cost:
    """The same bands through GDAL's own programs."""
    costs = []
    for kind, predictor in (("", ("PREDICTOR=2",)), ("_evidence", ("PREDICTOR=3", "ZLEVEL=1"))):
        options = [word for item in ("TILED=YES", "COMPRESS=DEFLATE", *predictor) for word in ("-co", item)]
        target = ("-t_srs", "IAU_2015:49910", "-tr", PIXEL, PIXEL, "-tap", "-r", "near", "-overwrite")
        warped = []
        for path in maps:
            source, warp = path.with_name(f"{path.stem}{kind}.tif"), folder / f"{path.stem}{kind}_warped.tif"
            if kind:
                one_band = folder / f"{path.stem}.vrt"
                costs.append(run("gdal_translate", "-q", "-of", "VRT", "-b", 1, source, one_band))
                source = one_band
            costs.append(run("gdalwarp", "-q", *target, *options, source, warp))
            warped.append(warp)
        costs.append(run("gdalbuildvrt", "-q", "-overwrite", folder / f"all{kind}.vrt", *warped))
    return Cost(sum(c.seconds for c in costs), sum(c.processor for c in costs), max(c.memory for c in costs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maps", type=int, nargs="+", default=[5, 20, 75], metavar="N")
    numbers = parser.parse_args().maps
    print(machine())
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(0)
        places = rng.uniform(0, (COMPOSITE - 1.2 * SIZE) * PIXEL, (max(numbers), 2))
        spread = [make_map(folder / f"m{k:03}.tif", WEST + x, NORTH - y, SPHERES[k % 3], k) for k, (x, y) in enumerate(places)]
        side = int(np.ceil(np.sqrt(max(numbers))))
        square = [(k % side, k // side) for k in range(max(numbers))]
        square.sort(key=max)  # of any length, the first ones fill a square
        step = 0.8 * SIZE * PIXEL
        dense = [
            make_map(folder / f"d{k:03}.tif", WEST + x * step, NORTH - y * step, SPHERES[k % 3], k)
            for k, (x, y) in enumerate(square)
        ]
        extent = ("--extent", WEST, NORTH - COMPOSITE * PIXEL, WEST + COMPOSITE * PIXEL, NORTH)
        for case, maps, options in (("20,000 × 20,000 pixels", spread, extent), ("growing with the maps", dense, ())):
            for number in numbers:
                mine, theirs = ours(maps[:number], folder, *options), gdal(maps[:number], folder)
                seconds = [f"{cost.seconds:.1f}" for cost in (mine, theirs)]
                processor = [f"{cost.processor:.1f}" for cost in (mine, theirs)]
                ratio = f"{mine.seconds / theirs.seconds:.2f}"
                rows.append([case, number, *seconds, ratio, *processor, f"{mine.memory:.2f}", f"{theirs.memory:.2f}"])
    header = ["composite", "maps", "seconds", "GDAL, seconds", "ratio", "processor, s", "GDAL, processor, s"]
    print(table([*header, "peak memory, GB", "GDAL, peak memory, GB"], rows))


if __name__ == "__main__":
    main()
