"""How fast is training, the making of its spectra included?

    python3 benchmarks/training.py [--seconds N]

On the graphics card where there is one. The paper trained for 250,000 steps: what that would take is the last column. Needs the
real data (see `views.py`).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from measure import machine, table
from training_spectra import known_minerals

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.training.adversarial import NetworkPair
from crism_gan_plugin.core.training.pipeline import LOSS_WEIGHTS
from crism_gan_plugin.core.training.plan import TrainingPlan

PAPER = 250_000

#: Steps before the clock starts.
WARM_UP = 10


def steps_per_second(pair: NetworkPair, at_least: float) -> float:
    for number in range(WARM_UP):
        pair.step(number).tolist()
    start, number = time.perf_counter(), WARM_UP
    while (took := time.perf_counter() - start) < at_least:
        pair.step(number).tolist()  # reading the losses waits for the step's end
        number += 1
    return (number - WARM_UP) / took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    options = parser.parse_args()
    import torch

    classes, library, rows = load_exemplars().class_names, known_minerals(), []
    for name, weights in LOSS_WEIGHTS.items():
        plan = replace(TrainingPlan(steps=PAPER), **weights)
        pair = NetworkPair(plan, library, classes, load_background())
        rate = steps_per_second(pair, options.seconds)
        rows.append([name, f"{1e3 / rate:.2f}", f"{PAPER / rate / 60:.0f}"])
    card = torch.cuda.get_device_name() if pair.device == "cuda" else "no graphics card"
    print(machine(), f"torch {torch.__version__}, {card}", sep="; ")
    print(table(["losses", "ms a step", f"minutes for {PAPER:,} steps"], rows))


if __name__ == "__main__":
    main()
