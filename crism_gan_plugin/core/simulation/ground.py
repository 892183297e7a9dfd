"""The invented ground between Jezero and NE Syrtis: which mineral lies where, how strongly, and what the ground below is like.

The ground depends on map coordinates alone, so that two images of the same place see the same. Shapes are thresholds of smooth
noise, since outcrops are irregular. Their kinds and places follow the region (a delta and marginal carbonates at Jezero, olivine
and smectite units, pyroxene plains, varied small outcrops at NE Syrtis; Saranathan & Parente 2021, fig. 12), and no real map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Union

import numpy as np

from ..arrays import FloatArray, IntArray

#: Local sphere of MTRDR scenes whose standard parallel is 15°: radius of the Mars ellipsoid at that latitude, m.
SPHERE_RADIUS_M = 3394839.8133
STANDARD_PARALLEL_DEG = 15.0

#: Where the invented ground has its origin: latitude, longitude, degrees, in the middle between the two sites.
ORIGIN_DEG = (18.17, 77.31)

#: Nodes of the noise before it repeats.
_PERIOD = 64

#: In how many ways bland ground varies, independently of each other: those hold 99 % of the variance of real bland ground.
VARIATIONS = 10

#: Variance of noise of one octave: that of nodes between -1 and 1, joined over a cell's two directions, on average over the cell.
_NOISE_VARIANCE = 1 / 3 * (26 / 35) ** 2


@dataclass(frozen=True)
class Ground:
    """What lies at some points; all arrays of one shape.

    Attributes
    ----------
    mineral
        Index into `MINERALS`, 0 for bland ground.
    strength
        How strong the mineral's absorptions are, 1 as in the library; 0 on bland ground.
    variations
        (..., `VARIATIONS`) how far the ground is from mean bland ground in each way that bland ground varies; variance 1.
    brightness
        I/F before absorptions, its mean over the infrared.
    """

    mineral: IntArray
    strength: FloatArray
    variations: FloatArray
    brightness: FloatArray


@dataclass(frozen=True)
class Deposit:
    """Outcrops of one mineral around a place.

    Attributes
    ----------
    mineral
        Name of its class.
    east_km, north_km, radius_km
        Place from the origin, and size of the area around it.
    shape_km
        Size of the shapes.
    cover
        -1 … 1: how much of the inner ground is covered.
    strength
        Strength of its absorptions well inside, 1 as in the library.
    """

    mineral: str
    east_km: float
    north_km: float
    radius_km: float
    shape_km: float
    cover: float
    strength: float = 1.0


#: Later ones lie on top of earlier ones.
DEPOSITS = (
    Deposit("high-Ca pyroxene", -6.0, -12.0, 9.0, 3.0, 0.2, 2.2),
    Deposit("high-Ca pyroxene", 7.0, 9.0, 7.0, 2.4, 0.1, 2.2),
    Deposit("low-Ca pyroxene", -2.5, -4.5, 6.0, 2.2, 0.1, 0.6),
    Deposit("olivine/Mg-smectite mixture", 2.0, 3.0, 9.0, 2.0, 0.15, 1.2),
    Deposit("olivine/Mg-smectite mixture", -5.0, -10.0, 5.0, 1.8, 0.2, 1.2),
    Deposit("Mg-olivine", 4.0, 11.5, 3.5, 1.5, 0.2, 0.8),
    Deposit("Fe-olivine", -1.5, -12.0, 2.5, 1.2, 0.2, 0.5),
    Deposit("Fe-smectite", -7.0, -14.0, 4.0, 1.5, 0.2, 1.3),
    Deposit("Mg-smectite", -4.0, -6.0, 3.5, 1.4, 0.2, 1.4),
    Deposit("Mg-smectite", 1.2, -0.6, 1.6, 0.9, 0.3, 1.4),
    Deposit("Mg-carbonate", 6.5, 6.0, 3.2, 1.5, 0.25, 0.9),
    Deposit("Mg-carbonate", -7.5, -9.5, 2.5, 1.2, 0.25, 0.9),
    Deposit("polyhydrated sulfate", -7.8, -16.6, 1.6, 1.0, 0.4, 1.8),
    Deposit("serpentine", -3.2, -13.5, 1.2, 0.8, 0.4, 1.8),
    Deposit("prehnite", 6.3, 2.6, 1.0, 0.7, 0.4),
    Deposit("kaolinite", 0.4, 0.5, 1.2, 0.7, 0.5),
    Deposit("kaolinite", -5.5, -15.2, 1.3, 0.8, 0.5),
    Deposit("Al-smectite", -6.3, -12.3, 1.2, 0.8, 0.5),
    Deposit("Al-smectite", 2.4, 5.6, 1.2, 0.8, 0.5),
    Deposit("hydrated silica", 6.8, 11.6, 1.1, 0.7, 0.5, 1.4),
    Deposit("hydrated silica", -2.6, -8.6, 1.1, 0.7, 0.5, 1.4),
    Deposit("jarosite", -8.6, -15.0, 1.0, 0.7, 0.5, 1.6),
)

#: The delta: apex (km from the origin), direction in which it opens and half its angle (degrees from east), length (km).
DELTA_APEX_KM, DELTA_TOWARDS_DEG, DELTA_HALF_ANGLE_DEG, DELTA_LENGTH_KM = (2.2, 13.6), 24.0, 38.0, 7.4
DELTA_MINERALS = ("Mg-carbonate", "Fe-smectite", "Mg-smectite")  # from the apex outwards

#: Class names; the first is bland ground.
MINERALS = ("", *dict.fromkeys((*DELTA_MINERALS, *(deposit.mineral for deposit in DEPOSITS))))


def map_coordinates(latitude_deg: Any, longitude_deg: Any) -> tuple[Any, Any]:
    """x and y, m, of the equirectangular projection of MTRDR scenes (central meridian 0); numbers, or arrays of one shape."""
    x = SPHERE_RADIUS_M * np.radians(longitude_deg) * np.cos(np.radians(STANDARD_PARALLEL_DEG))
    return x, SPHERE_RADIUS_M * np.radians(latitude_deg)


def ground_at(x_m: FloatArray, y_m: FloatArray, seed: int = 0) -> Ground:
    """The ground at map coordinates.

    Parameters
    ----------
    x_m, y_m
        Map coordinates in m, of one shape; see `map_coordinates`.
    seed
        Other seeds give other shapes at the same places.
    """
    x0, y0 = map_coordinates(*ORIGIN_DEG)
    east, north = (x_m - x0) / 1000, (y_m - y0) / 1000
    mineral = np.zeros(east.shape, np.uint8)
    strength = np.zeros(east.shape, np.float32)
    first = 1000 * seed  # each field has a seed of its own
    for number, deposit in enumerate(DEPOSITS):
        inside = _inside_deposit(deposit, east, north, first + number)
        _paint(mineral, strength, inside, MINERALS.index(deposit.mineral), deposit.strength)
    for name, inside in zip(DELTA_MINERALS, _inside_delta(east, north, first + 90)):
        _paint(mineral, strength, inside, MINERALS.index(name), 1.2)
    relief = smooth_noise(east, north, 4.0, first + 91, 6)
    dust = smooth_noise(east, north, 7.0, first + 92, 3)
    strength *= 1 + 0.12 * smooth_noise(east, north, 0.4, first + 93, 2)
    brightness = (0.19 + 0.05 * dust + 0.035 * relief) * np.where(mineral > 0, 1.08, 1.0)
    variations = [_unit_noise(east, north, 3.0, first + 100 + number, 5) for number in range(VARIATIONS)]
    return Ground(mineral, strength, np.stack(variations, axis=-1), brightness)


def smooth_noise(east_km: FloatArray, north_km: FloatArray, scale_km: float, seed: int, octaves: int) -> FloatArray:
    """Value noise (random nodes, joined smoothly) in octaves of half the scale and half the height; about -1 … 1.

    Each octave is turned against the one before, so that the lattice does not show.
    """
    total = np.zeros(np.shape(east_km))
    for octave in range(octaves):
        turn, zoom = np.radians(20 + 37 * octave), 2**octave / scale_km
        row = (north_km * np.cos(turn) - east_km * np.sin(turn)) * zoom
        column = (north_km * np.sin(turn) + east_km * np.cos(turn)) * zoom
        total += 0.5**octave * _between_nodes(_nodes(seed, octave), row, column)
    return total


def _unit_noise(east_km: FloatArray, north_km: FloatArray, scale_km: float, seed: int, octaves: int) -> FloatArray:
    """`smooth_noise` whose variance over all places is 1."""
    variance = _NOISE_VARIANCE * sum(0.25**octave for octave in range(octaves))
    return smooth_noise(east_km, north_km, scale_km, seed, octaves) / np.sqrt(variance)


@lru_cache(maxsize=256)
def _nodes(seed: int, octave: int) -> FloatArray:
    return np.random.default_rng([seed, octave]).uniform(-1, 1, (_PERIOD, _PERIOD))


def _between_nodes(nodes: FloatArray, row: FloatArray, column: FloatArray) -> FloatArray:
    low_row, low_column = np.floor(row).astype(int), np.floor(column).astype(int)
    up, right = (part * part * (3 - 2 * part) for part in (row - low_row, column - low_column))
    low_row, low_column = low_row % _PERIOD, low_column % _PERIOD
    high_row, high_column = (low_row + 1) % _PERIOD, (low_column + 1) % _PERIOD
    lower = nodes[low_row, low_column] * (1 - right) + nodes[low_row, high_column] * right
    upper = nodes[high_row, low_column] * (1 - right) + nodes[high_row, high_column] * right
    return lower * (1 - up) + upper * up


def _inside_deposit(deposit: Deposit, east: FloatArray, north: FloatArray, seed: int) -> FloatArray:
    """Above 0 inside, growing inwards."""
    away = ((east - deposit.east_km) ** 2 + (north - deposit.north_km) ** 2) / deposit.radius_km**2
    return smooth_noise(east, north, deposit.shape_km, seed, 4) + deposit.cover - away


def _inside_delta(east: FloatArray, north: FloatArray, seed: int) -> list[FloatArray]:
    """Above 0 inside each of the delta's zones: a fan whose rim is lobed, cut by channels along its radii."""
    east, north = east - DELTA_APEX_KM[0], north - DELTA_APEX_KM[1]
    radius = np.hypot(east, north) / DELTA_LENGTH_KM
    angle = np.degrees(np.arctan2(north, east)) - DELTA_TOWARDS_DEG
    angle = (angle + 180) % 360 - 180
    texture = smooth_noise(east, north, 0.9, seed, 3)
    rim = 0.85 + 0.12 * np.cos(np.radians(angle * 9)) + 0.12 * texture
    channels = smooth_noise(angle / 12, radius, 1.0, seed + 1, 2)
    fan = np.minimum(3 * (rim - radius), (DELTA_HALF_ANGLE_DEG + 10 * texture - np.abs(angle)) / 15)
    fan = np.minimum(fan, 0.9 - channels)
    edges: tuple[Union[float, FloatArray], ...] = (-np.inf, 0.42 + 0.15 * texture, 0.75 + 0.1 * texture, np.inf)
    return [np.where((radius > low) & (radius <= high), fan, -1.0) for low, high in zip(edges, edges[1:])]


def _paint(mineral: IntArray, strength: FloatArray, inside: FloatArray, index: int, full: float) -> None:
    """Lay a mineral over what is there, half as strong at its edge as well inside."""
    here = inside > 0
    mineral[here] = index
    strength[here] = full * (0.5 + 0.5 * np.minimum(inside[here] / 0.5, 1))
