"""How fast training spectra are simulated: a million should take minutes.

    python3 benchmarks/simulator.py

Spectra are drawn from the exemplars and, where the real data are at hand, from the USGS library 06.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from measure import machine, seconds, table
from views import DATA

from crism_gan_plugin.core.exemplars.files import load_exemplars
from crism_gan_plugin.core.gan.libraries import from_exemplars, read_envi_library
from crism_gan_plugin.core.gan.minerals import mineral_of
from crism_gan_plugin.core.gan.synthetic import CLEAN, Nuisance, draw, views

COUNT = 4096
USGS = DATA / "usgs_splib06_aviris18" / "s06av18a_envi"


def main() -> None:
    library = from_exemplars(load_exemplars())
    if USGS.is_file():
        library = library + read_envi_library(USGS, mineral_of=mineral_of)

    def simulate(nuisance: Nuisance) -> None:
        rng = np.random.default_rng(0)
        absorption, _ = draw(library, COUNT // 4, 4, rng)
        views(absorption, absorption[rng.permutation(COUNT)], nuisance, rng)

    rows = []
    for name, nuisance in (("noise-free models, for the adversarial game", CLEAN), ("disturbed views", Nuisance())):
        rate = COUNT / seconds(partial(simulate, nuisance))
        rows.append([name, f"{rate:,.0f}", f"{1e6 / rate / 60:.1f}"])
    print(machine())
    print(table(["simulated spectra", "spectra/s", "minutes for a million"], rows))


if __name__ == "__main__":
    main()
