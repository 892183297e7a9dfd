"""Do two looks at the same ground tell how much of it has the mineral, and how much each look sees? A section of `worth.py`.

Simulated pairs of images of 512 x 512 pixels, with 60 discs of a mineral up to 6 pixels wide: each image finds a pixel that has it
with its own completeness, and one that has not with its own rate of false detections, independently. 150 pairs of each kind.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from measure import table

from crism_gan_plugin.core.arrays import BoolArray
from crism_gan_plugin.core.mosaic.repeatability import Estimate, Repeatability, Worth, repeatability
from crism_gan_plugin.core.mosaic.second_looks import BlockLooks, SecondLooks

SIDE, DISCS, PAIRS, CODE = 512, 60, 150, 15

#: Completeness and rate of false detections of the two images.
KINDS = (
    ((0.7, 0.5), (0.004, 0.01)),
    ((0.3, 0.2), (0.002, 0.002)),
    ((0.95, 0.9), (0.0, 0.0)),
    ((0.6, 0.6), (0.03, 0.03)),
    ((0.99, 0.5), (0.0, 0.0)),
)


def ground(rng: np.random.Generator) -> BoolArray:
    found, (line, sample) = np.zeros((SIDE, SIDE), bool), np.ogrid[:SIDE, :SIDE]
    for _ in range(DISCS):
        y, x = rng.integers(SIDE, size=2)
        found |= (line - y) ** 2 + (sample - x) ** 2 <= rng.integers(1, 7) ** 2
    return found


def two_looks(seed: int, complete: tuple[float, float], false: tuple[float, float]) -> tuple[float, Repeatability]:
    """The true share of the ground, and what is told of it."""
    rng = np.random.default_rng(seed)
    there = ground(rng)
    maps = [np.where(there, rng.random(there.shape) < c, rng.random(there.shape) < f) for c, f in zip(complete, false)]
    looks = SecondLooks([frozenset({1}), frozenset({0})])
    block = BlockLooks(looks)
    for number, each in enumerate(maps):
        window = SimpleNamespace(row_off=0, col_off=0, height=SIDE, width=SIDE)
        sample: Any = SimpleNamespace(window=window, codes=(CODE * each).astype(np.uint8))
        block.add(sample, number)
    right = np.array([[[each[there].sum() / each.sum() for each in maps]]] * 3)
    worth = Worth(right.reshape(3, 1, 2), np.array([complete[::-1]]))
    return float(there.mean()), repeatability(looks.looks(CODE), worth)


def holds(found: Estimate, value: float) -> bool:
    return found.low <= value <= found.high


def report() -> str:
    rows: list[list[object]] = []
    for complete, false in KINDS:
        told = []
        for seed in range(PAIRS):
            share, found = two_looks(seed, complete, false)
            told.append([holds(found.share, share), holds(found.completeness, float(np.mean(complete))), holds(found.ratio, 1)])
        numbers = (f"{part:.3f}" for part in np.mean(told, axis=0))
        rows.append([" / ".join(map(str, complete)), " / ".join(map(str, false)), PAIRS, *numbers])
    head = [
        "completeness",
        "false rate",
        "pairs",
        "share of the ground in its interval",
        "completeness in its",
        "ratio of 1 in its",
    ]
    return table(head, rows)
