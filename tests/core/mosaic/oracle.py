"""A composite the naive way: every map on whole arrays, by the formulas of the projections, without PROJ, blocks or caches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

import numpy as np

#: Longitude and latitude (radians) → x and y in metres.
Forward = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def equirectangular_forward(parallel: float, radius: float) -> Forward:
    """Snyder (1987), eqs. 12-1 and 12-2."""
    return lambda lon, lat: (radius * lon * np.cos(np.radians(parallel)), radius * lat)


def north_polar_forward(radius: float) -> Forward:
    """Snyder (1987), eqs. 21-5 and 21-6 with k0 = 1."""

    def forward(lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rho = 2 * radius * np.tan(np.pi / 4 - lat / 2)
        return rho * np.sin(lon), -rho * np.cos(lon)

    return forward


@dataclass(frozen=True)
class NaiveMap:
    """One map in memory, north-up."""

    name: str
    codes: np.ndarray
    similarity: np.ndarray
    left: float
    top: float
    pixel: float
    forward: Forward


def level(codes: np.ndarray) -> np.ndarray:
    return np.select([codes == 255, codes == 0, codes < 100], [-1, 0, 2], 1)


def look_up(each: NaiveMap, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes and similarities of a map at places."""
    x, y = each.forward(lon, lat)
    line, sample = np.floor((each.top - y) / each.pixel + 1e-6), np.floor((x - each.left) / each.pixel + 1e-6)
    inside = (line >= 0) & (line < each.codes.shape[0]) & (sample >= 0) & (sample < each.codes.shape[1])
    at = np.where(inside, line, 0).astype(int), np.where(inside, sample, 0).astype(int)
    return np.where(inside, each.codes[at], 255), np.where(inside, each.similarity[at], np.nan)


def best_evidence(maps: list[NaiveMap], lon: np.ndarray, lat: np.ndarray) -> dict[str, np.ndarray]:
    """The best of all maps in every pixel; maps are numbered by name, and the finer pixel, then the name, break ties."""
    maps = sorted(maps, key=lambda each: each.name)
    found = [look_up(each, lon, lat) for each in maps]
    codes, similarity = np.array([f[0] for f in found]), np.array([f[1] for f in found], np.float64)
    names = np.array([each.name for each in maps])
    result = {"codes": np.full(lon.shape, 255), "similarity": np.full(lon.shape, np.nan), "source": np.zeros(lon.shape, int)}
    result["count"] = (codes != 255).sum(0)
    levels = level(codes)
    for place in np.ndindex(lon.shape):
        here = (slice(None), *place)
        ranked = [
            (-levels[here][k], -similarity[here][k], maps[k].pixel, names[k], k) for k in range(len(maps)) if codes[here][k] != 255
        ]
        if ranked:
            winner = min(ranked)[-1]
            result["codes"][place], result["similarity"][place] = codes[here][winner], similarity[here][winner]
            result["source"][place] = winner + 1
    return result


def pairs(maps: list[NaiveMap], lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """(100, 100) pairs of maps by what they see, counted one by one."""
    found = np.zeros((100, 100), int)
    codes = [look_up(each, lon, lat)[0].ravel() for each in maps]
    for one in range(len(maps)):
        for other in range(one):
            both = (codes[one] != 255) & (codes[other] != 255)
            for a, b in zip(codes[one][both] % 100, codes[other][both] % 100):
                found[a, b] += 1
                if a != b:
                    found[b, a] += 1
    return found
