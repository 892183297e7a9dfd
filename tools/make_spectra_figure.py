"""Draws docs/spectra.png: the real window of QGIS with the spectra behind a simulated image's mineral map.

make stage
python3 tools/make_spectra_figure.py docs/spectra.png
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from window_tour import tour

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.mapping.smoothing import box_mean
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation import DEMO_SCENES, simulate_scene

#: Classes that are clicked on, by their codes: Mg-carbonate, kaolinite, low-Ca pyroxene, Mg-smectite, hydrated silica.
_WANTED = (6, 15, 3, 20, 27)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figure", type=Path)
    parser.add_argument("--folder", type=Path, help="where to keep image and map; what lies there already is taken")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        mineral_map = folder / "jezero_minerals.tif"
        if not mineral_map.is_file():
            scene = simulate_scene(DEMO_SCENES[0], folder, pixel_m=120.0)
            map_scene(scene.image, folder, name="jezero_minerals", engine="numpy")
        out = Path(scratch) / "out"
        out.mkdir()
        tour(out, mineral_map, _places(mineral_map), labelled=True, size="1600x1000")
        shutil.copy(out / "window.png", given.figure)


def _places(mineral_map: Path) -> list[tuple[int, int]]:
    """Pixels in the middle of what was identified, of up to three classes."""
    with RasterReader(mineral_map) as reader:
        codes = reader.read(0, reader.lines)[0]
    places: list[tuple[int, int]] = []
    for code in _WANTED:
        inside = box_mean((codes == code).astype(np.float32)[..., None], 5)[..., 0]
        if (codes == code).any() and len(places) < 3:
            line, sample = np.unravel_index(int(inside.argmax()), inside.shape)
            places.append((int(line), int(sample)))
    return places


if __name__ == "__main__":
    main()
