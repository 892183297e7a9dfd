"""What the files of a map tell of its own detections: which are false, which minerals it would have found, which it looked for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from ..arrays import FloatArray
from ..errors import InputError
from ..files.reading import read_whole
from ..mapping.levels import GUESS_OFFSET
from .classes import Legend
from .limits_beside import limits_beside
from .maps import MineralMap
from .repeatability import Worth
from .second_looks import Looks


@dataclass(frozen=True)
class OwnWorth:
    """Of one map, by the codes of the composite.

    Attributes
    ----------
    searched
        The classes that the map could show; None if that is not known.
    reliability
        Share of a class's detections, guesses among them, that are right, and its interval: share, low, high. Without
        detections none is false.
    curves
        Share of the mineral, ascending, and share of implants found, (2, shares).
    """

    searched: Optional[frozenset[int]]
    reliability: Mapping[int, tuple[float, float, float]]
    curves: Mapping[int, FloatArray]


def own_worth(each: MineralMap, legend: Legend, checksum: object) -> OwnWorth:
    """What lies beside a map, or in its class table; ``checksum`` is the SHA-256 of its class raster."""
    curves = {}
    for name, curve in _curves_of(each.path, checksum):
        code = legend.code_of(name)
        if code is not None:
            curves[code] = curve
    return OwnWorth(_searched(each, legend), _reliability(each, legend), curves)


def worth_of(looks: Looks, code: int, worths: Sequence[OwnWorth]) -> Worth:
    """What the maps of each pair are worth for a class."""
    unknown = (np.nan, np.nan, np.nan)
    shares = [[worths[number].reliability.get(code, unknown) for number in pair] for pair in looks.pairs]
    reliability = np.array(shares, float).reshape(len(looks.pairs), 2, 3).transpose(2, 0, 1)
    again = []
    for one, other in looks.pairs:
        first, second = worths[one].curves.get(code), worths[other].curves.get(code)
        again.append([_found_again(first, second), _found_again(second, first)])
    return Worth(reliability, np.array(again, float).reshape(len(looks.pairs), 2))


def _found_again(one: Optional[FloatArray], other: Optional[FloatArray]) -> float:
    """The chance that the other map finds what this one has found.

    Deposits have all shares of the mineral, none more often than another if shares are taken by their logarithm. What is found
    once has more of the mineral than what is there, and is found again more often.
    """
    if one is None or other is None or not np.array_equal(one[0], other[0]):
        return float("nan")
    steps = np.gradient(np.log(one[0]))
    found = float((steps * one[1]).sum())
    return float((steps * one[1] * other[1]).sum() / found) if found > 0 else float("nan")


def _searched(each: MineralMap, legend: Legend) -> Optional[frozenset[int]]:
    for record in each.records:
        exemplars = record.get("exemplars")
        listed = exemplars.get("classes") if isinstance(exemplars, Mapping) else None
        if isinstance(listed, list) and listed:
            codes = [legend.code_of(str(entry.get("name"))) for entry in listed if isinstance(entry, Mapping)]
            return frozenset(code for code in codes if code is not None)
    return None


def _reliability(each: MineralMap, legend: Legend) -> dict[int, tuple[float, float, float]]:
    pixels, false = np.zeros(GUESS_OFFSET), np.zeros((GUESS_OFFSET, 3))
    for row in each.table:
        code = legend.code_of(row.name)
        if code is not None and row.pixels:
            pixels[code] += row.pixels
            false[code] += row.pixels * np.array(row.false_share or (np.nan, np.nan, np.nan))
    share, low, high = (false / np.maximum(pixels, 1)[:, np.newaxis]).T.tolist()
    told = np.flatnonzero(~np.isnan(false[:, 0])).tolist()
    return {code: (1 - share[code], 1 - high[code], 1 - low[code]) for code in told}


def _curves_of(path: Path, checksum: object) -> Iterator[tuple[str, FloatArray]]:
    """Names of classes and their curves, from the detection limits of this map that lie in its folder."""
    for file, _ in limits_beside(path, checksum):
        try:
            yield from _read_curves(read_whole(file).decode("utf-8-sig"))
        except (InputError, UnicodeDecodeError):
            continue


def _read_curves(text: str) -> Iterator[tuple[str, FloatArray]]:
    """Those of the whole image and the middle width of patches; what is no number counts as not there."""
    rows: dict[str, dict[float, list[tuple[float, float]]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        patch, share, found = (_number(row.get(name)) for name in ("patch", "share", "found"))
        if row.get("region") == "all" and patch is not None and share and found is not None:
            rows.setdefault(str(row.get("class")), {}).setdefault(patch, []).append((share, found))
    for name, of_patch in rows.items():
        patches = sorted(of_patch)
        curve = np.array(sorted(of_patch[patches[len(patches) // 2]])).T
        if curve.shape[1] > 1 and (np.diff(curve[0]) > 0).all() and curve[0, 0] > 0 and (curve[1] <= 1).all():
            yield name, curve


def _number(text: Any) -> Optional[float]:
    try:
        found = float(text)
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) and found >= 0 else None
