"""How fast training spectra are simulated: a million should take minutes.

    python3 benchmarks/simulator.py

On the graphics card where there is one. Spectra are drawn from the exemplars and, where the real data are at hand, from the USGS
library 06.
"""

from __future__ import annotations

from functools import partial

import torch
from measure import machine, seconds, table
from views import DATA

from crism_gan_plugin.core.exemplars.files import load_exemplars
from crism_gan_plugin.core.gan.libraries import from_exemplars, read_envi_library
from crism_gan_plugin.core.gan.minerals import mineral_of
from crism_gan_plugin.core.gan.synthetic import CLEAN, Dice, Nuisance, Stock, draw, views

COUNT = 4096
USGS = DATA / "usgs_splib06_aviris18" / "s06av18a_envi"


def main() -> None:
    library = from_exemplars(load_exemplars())
    if USGS.is_file():
        library = library + read_envi_library(USGS, mineral_of=mineral_of)

    dice = Dice("cuda" if torch.cuda.is_available() else "cpu", 0)
    stock = Stock.of(library, dice.device)

    def simulate(nuisance: Nuisance) -> None:
        absorption, _ = draw(stock, COUNT // 4, 4, dice)
        float(views(absorption, absorption[dice.order(COUNT)], nuisance, dice).sum())  # waits for the graphics card

    rows = []
    for name, nuisance in (("noise-free models, for the adversarial game", CLEAN), ("disturbed views", Nuisance())):
        rate = COUNT / seconds(partial(simulate, nuisance))
        rows.append([name, f"{rate:,.0f}", f"{1e6 / rate / 60:.1f}"])
    print(machine(), torch.cuda.get_device_name() if dice.device == "cuda" else "no graphics card", sep="; ")
    print(table(["simulated spectra", "spectra/s", "minutes for a million"], rows))


if __name__ == "__main__":
    main()
