"""Measures what bland ground looks like, and writes the statistics (no spectra) that come with the plugin.

    python3 tools/measure_background.py [--out model_weights/background.npz]

From the bland polygons of MRDR tiles around Argyre, plain and ratioed; MICA's bland ground tells how much of other ground these do
not know. Needs the real data in `../shared/data` or CRISM_TEST_DATA.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from labelled_ground import VIEWS, bland_of, measure_background, read_ground  # noqa: E402

from crism_gan_plugin.core.background import save_background  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "model_weights" / "background.npz")
    options = parser.parse_args()
    ground = read_ground()
    bland = bland_of(ground, np.ones(len(ground.tiles), bool))
    counts = {view: len(bland.spectra[view]) for view in VIEWS}
    model = measure_background(
        bland,
        {
            "measured_on": "polygons labelled bland in MRDR tiles around Argyre (Phillips et al.; NASA PDS)",
            "rest_measured_on": "denominators of the CRISM type spectra (MICA; NASA PDS)",
            "polygons": counts,
            "tiles": len(set(ground.tiles[ground.is_bland])),
        },
    )
    save_background(model, options.out)
    print(f"{options.out}: {counts['plain']} plain, {counts['ratio']} ratioed spectra; rest {model.rest:.4f}")


if __name__ == "__main__":
    main()
