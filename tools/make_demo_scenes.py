"""Writes the two overlapping simulated images of the demo, near Jezero and NE Syrtis, and the truth beside them.

    python3 tools/make_demo_scenes.py OUTDIR [--pixel 72] [--model]

Prints the images' paths, one a line.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crism_gan_plugin.core.errors import CrismError
from crism_gan_plugin.core.simulation import DEMO_SCENES, simulate_scene


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="OUTDIR")
    parser.add_argument("--pixel", type=float, default=72.0, help="pixel size in metres (default %(default)g)")
    parser.add_argument("--model", action="store_true", help="also write the noise-free cubes")
    arguments = parser.parse_args()
    try:
        for footprint in DEMO_SCENES:
            scene = simulate_scene(footprint, arguments.folder, pixel_m=arguments.pixel, with_model=arguments.model)
            print(scene.image)
    except CrismError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
