"""Limits and curves as tables (CSV)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import FloatArray
from ..files.tables import write_table
from ..libraries.exemplars import MineralClass
from .curves import SHARES, RecoveryCurve, wilson
from .ground import BlandGround
from .regions import NoiseRegion

#: What a limit is called that no share reaches.
_NEVER = "> 100"

_WHERE = (
    *("class", "code", "patch", "region", "noise_from", "noise_to", "brightness_from", "brightness_to"),
    *("share_of_bland", "share_of_image"),
)

#: Columns of the two tables. Shares, noise and depths are in percent. Shares of bland ground and of the image are those of the
#: region's bland ground.
LIMIT_COLUMNS = (
    *_WHERE,
    "implants",
    "found_50",
    "found_90",
    "found_90_from",
    "found_90_to",
    "identified_50",
    "identified_90",
    "depth_found_90",
)
CURVE_COLUMNS = (*_WHERE, "implants", "share", "found", "found_from", "found_to", "identified", "other")


@dataclass(frozen=True)
class ClassLimits:
    """The curves of one class in patches of one width.

    Attributes
    ----------
    mineral, patch
        What was implanted.
    absorption
        (240,) of a share of 100 %.
    curves
        Of all bland ground, and of that of each region.
    """

    mineral: MineralClass
    patch: int
    absorption: FloatArray
    curves: list[RecoveryCurve]

    def depth(self, share: float) -> float:
        """How deep the deepest channel is at a share: a part of I/F."""
        return float(1 - np.exp(-share * self.absorption.max()))


def write_limits(path: Path, found: Sequence[ClassLimits], regions: Sequence[NoiseRegion], ground: BlandGround) -> None:
    """A row for each class, width and region, and for all bland ground (``region`` "all")."""
    write_table(path, [LIMIT_COLUMNS, *(row for each in found for row in _limit_rows(each, _places(regions, ground)))])


def write_curves(path: Path, found: Sequence[ClassLimits], regions: Sequence[NoiseRegion], ground: BlandGround) -> None:
    """The same with a row for each share."""
    write_table(path, [CURVE_COLUMNS, *(row for each in found for row in _curve_rows(each, _places(regions, ground)))])


def _limit_rows(of: ClassLimits, places: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for curve, where in zip(of.curves, places):
        if where is None:
            continue
        shares = (curve.found_50, curve.found_90, *curve.interval, curve.identified_50, curve.identified_90)
        depth = percent(of.depth(curve.found_90)) if np.isfinite(curve.found_90) else ""
        yield [of.mineral.name, of.mineral.code, of.patch, *where, curve.implants, *map(percent, shares), depth]


def _curve_rows(of: ClassLimits, places: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for curve, where in zip(of.curves, places):
        if where is None or not curve.implants:
            continue
        low, high = wilson(curve.found, curve.implants)
        for k, share in enumerate(SHARES):
            parts = (curve.found[k], low[k], high[k], curve.identified[k], curve.other[k])
            rounded = (f"{part:.4f}" for part in parts)
            yield [of.mineral.name, of.mineral.code, of.patch, *where, curve.implants, percent(share), *rounded]


def _places(regions: Sequence[NoiseRegion], ground: BlandGround) -> list[Any]:
    """Columns that say where: all bland ground, then that of each region; None for a region without any."""
    rows: list[Any] = [["all", "", "", "", "", percent(1.0), percent(ground.of_image)]]
    for number, (region, share) in enumerate(zip(regions, ground.shares), 1):
        edges = (*map(percent, region.noise), *(f"{edge:.4g}" for edge in region.brightness))
        rows.append([number, *edges, percent(share), percent(share * ground.of_image)] if share else None)
    return rows


def percent(share: float) -> str:
    """A share in percent; empty where it is not known."""
    if np.isnan(share):
        return ""
    return f"{100 * share:.3g}" if np.isfinite(share) else _NEVER
