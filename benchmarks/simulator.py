"""How fast training spectra are simulated: a million should take minutes.

    python3 benchmarks/simulator.py

On the graphics card where there is one. Needs the real data (see `views.py`).
"""

from __future__ import annotations

from functools import partial

import torch
from measure import machine, seconds, table
from training_spectra import known_minerals

from crism_gan_plugin.core.training.random_numbers import RandomNumbers
from crism_gan_plugin.core.training.synthetic import CLEAN, DeviceLibrary, Nuisance, draw, views

COUNT = 4096


def main() -> None:
    random = RandomNumbers("cuda" if torch.cuda.is_available() else "cpu", 0)
    library = DeviceLibrary.of(known_minerals(), random.device)

    def simulate(nuisance: Nuisance) -> None:
        absorption, _ = draw(library, COUNT // 4, 4, random)
        float(views(absorption, absorption[random.order(COUNT)], nuisance, random).sum())  # waits for the graphics card

    rows = []
    for name, nuisance in (("noise-free models, for the adversarial game", CLEAN), ("disturbed views", Nuisance())):
        rate = COUNT / seconds(partial(simulate, nuisance))
        rows.append([name, f"{rate:,.0f}", f"{1e6 / rate / 60:.1f}"])
    print(machine(), torch.cuda.get_device_name() if random.device == "cuda" else "no graphics card", sep="; ")
    print(table(["simulated spectra", "spectra/s", "minutes for a million"], rows))


if __name__ == "__main__":
    main()
