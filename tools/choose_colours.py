"""Moves the classes' colours apart until all legend entries can be told from each other, as little as possible.

    python3 tools/choose_colours.py

All pairs among the classes' colours and their paler guess tints shall differ by ΔE76 ≥ 8, for people with normal sight and with
deuteranopia. Starts from the colours of the maps of Saranathan & Parente (2021) where they have one; keeps classes that are on by
default nearest. Writes the colours into the shipped library; seeded, so it always gives the same ones.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from crism_gan_plugin.core.libraries import MineralClass, load_exemplars, save_exemplars  # noqa: E402
from crism_gan_plugin.core.libraries.colours import LEAST_DIFFERENCE, TINT, deuteranopia, lab  # noqa: E402
from crism_gan_plugin.paths import exemplars as shipped_library  # noqa: E402

#: From the paper's maps: kept near. The paper has one cyan for both smectites.
PAPER = {
    "low-Ca pyroxene": (218, 165, 32),
    "high-Ca pyroxene": (255, 165, 0),
    "Mg-carbonate": (0, 255, 0),
    "monohydrated sulfate": (189, 183, 107),
    "polyhydrated sulfate": (255, 255, 0),
    "jarosite": (255, 0, 255),
    "kaolinite": (139, 69, 19),
    "Al-smectite": (65, 105, 225),
    "Mg-smectite": (0, 255, 255),
    "serpentine": (128, 0, 128),
    "prehnite": (240, 255, 255),
    "epidote": (192, 192, 192),
    "hydrated silica": (0, 128, 128),
    "olivine/Mg-smectite mixture": (255, 0, 0),
}
#: The paper shows none for these: ours, in the families of their groups where there is room.
OTHERS = {
    "Mg-olivine": (128, 0, 0),
    "Fe-olivine": (205, 92, 92),
    "plagioclase": (255, 182, 193),
    "Ca/Fe-carbonate": (107, 142, 35),
    "hydroxylated Fe-sulfate": (255, 127, 80),
    "alunite": (25, 25, 112),
    "gypsum": (255, 20, 147),
    "bassanite": (216, 112, 147),
    "illite/muscovite": (0, 100, 0),
    "margarite": (144, 238, 144),
    "Fe-smectite": (0, 206, 209),
    "talc": (127, 255, 212),
    "chlorite": (46, 139, 87),
    "analcime": (221, 160, 221),
    "chloride": (75, 0, 130),
    "hematite": (105, 105, 105),
    "H2O ice": (135, 206, 250),
    "CO2 ice": (0, 0, 255),
}
MARGIN = 0.3
ROUNDS = 200_000


def main() -> None:
    library = load_exemplars()
    start = np.array([{**PAPER, **OTHERS}[mineral.name] for mineral in library.classes], float)
    rgb = anneal(start, np.array([weight(mineral) for mineral in library.classes]))
    report(library.classes, start, rgb)
    classes = [replace(mineral, rgb=(int(red), int(green), int(blue))) for mineral, (red, green, blue) in zip(library.classes, rgb)]
    save_exemplars(replace(library, classes=classes), shipped_library())


def weight(mineral: MineralClass) -> float:
    """How much it costs to move a class's colour."""
    if mineral.name in PAPER:
        return 1.0
    return 0.2 if mineral.default_on else 0.05


def anneal(start: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n, 3) whole numbers: simulated annealing of one colour at a time, (n, 3) ``start`` being the colours to stay near to."""
    rng = np.random.default_rng(0)
    goal = lab(start)
    rgb = start.copy()
    entries = np.stack([appearances(row) for row in rgb])
    for number in range(ROUNDS):
        share = 1 - number / ROUNDS
        k = rng.integers(len(rgb))
        trial = np.clip(np.round(rgb[k] + rng.normal(0, 2 + 25 * share, 3)), 0, 255)
        new = appearances(trial)
        nearness, distance = (
            after - before for after, before in zip(costs(k, new, entries, goal), costs(k, entries[k], entries, goal))
        )
        change = 20 * 100 ** (1 - share) * nearness + weights[k] * distance  # being too near costs ever more
        if change < 0 or rng.random() < np.exp(-change / (30 * share**2 + 1e-3)):
            rgb[k], entries[k] = trial, new
    return rgb


def appearances(rgb: np.ndarray) -> np.ndarray:
    """(2 sights, 2 levels, 3) Lab of one class's colour and its guess tint."""
    both = np.stack([rgb, np.round(rgb + TINT * (255 - rgb))])
    return lab(np.stack([both, deuteranopia(both)]))


def costs(k: int, own: np.ndarray, entries: np.ndarray, goal: np.ndarray) -> tuple[float, float]:
    """How much class ``k`` with this appearance is too near to others (or to itself, paler), and how far from its goal; squares."""
    others = np.delete(entries, k, 0)
    distance = np.linalg.norm(own[np.newaxis, :, :, np.newaxis] - others[:, :, np.newaxis], axis=-1)
    within = np.linalg.norm(own[:, 0] - own[:, 1], axis=-1)
    lacking = np.maximum(LEAST_DIFFERENCE + MARGIN - np.append(distance.ravel(), within), 0)
    return float((lacking**2).sum()), float(np.sum((own[0, 0] - goal[k]) ** 2))


def report(classes: list[MineralClass], start: np.ndarray, rgb: np.ndarray) -> None:
    entries = np.stack([appearances(row) for row in rgb], 1).reshape(2, -1, 3)  # sight, class x level
    for sight, colours in zip(("normal sight", "deuteranopia"), entries):
        distance = np.linalg.norm(colours[:, np.newaxis] - colours, axis=-1)
        print(f"{sight}: least difference {distance[np.triu_indices(len(colours), 1)].min():.2f}")
    for mineral, before, after in zip(classes, start, rgb):
        moved = np.linalg.norm(lab(before) - lab(after))
        print(f"{mineral.code:3} {mineral.name:30} {before.astype(int)} -> {after.astype(int)}  moved by ΔE {moved:.0f}")


if __name__ == "__main__":
    main()
