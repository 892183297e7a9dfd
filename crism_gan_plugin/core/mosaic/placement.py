"""Which pixel of a map lies under each pixel of the composite: the nearest one.

Between cylindrical maps (equirectangular, degrees), and within one CRS, the way is a straight line along each axis: two numbers
for columns and two for lines serve a whole map. Between all others it is computed exactly on a lattice and interpolated in between,
to a hundredth of a pixel. The lattice belongs to the composite, not to the block that is asked for, so that the answer is the
same whatever the blocks are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..mars.projection import same_system
from .grid import Grid
from .maps import MineralMap

#: Interpolated places may be off by this much of a map's pixel.
_TOLERANCE = 0.01

#: Lattice steps that are tried, in pixels of the composite; 1 is exact.
_STEPS = (64, 32, 16, 8, 4, 2, 1)

#: A pixel whose centre lies on the border between two pixels takes the right or lower one, in spite of rounding.
_NUDGE = 1e-6


@dataclass(frozen=True)
class Lookup:
    """The pixels of a map under a rectangle of the composite.

    Attributes
    ----------
    line, sample
        The rectangle's corner in the block.
    lines, samples
        (h, 1) and (1, w), or (h, w) each: the map's line and sample; outside the image where there is none.
    """

    line: int
    sample: int
    lines: np.ndarray
    samples: np.ndarray


@dataclass(frozen=True)
class Block:
    """A rectangle of the composite, in pixels."""

    line: int
    sample: int
    lines: int
    samples: int


class Placement:
    """Where a map lies in the composite."""

    def __init__(self, grid: Grid, source: MineralMap) -> None:
        self._grid, self._source = grid, source
        self._same = same_system(grid.projection.wkt, source.projection.wkt)
        self._straight = self._straight_lines()
        self._step = 0 if self._straight is not None else self._choose_step()

    def lookup(self, block: Block) -> Optional[Lookup]:
        """The map's pixels under a block; None if there are none."""
        if self._straight is not None:
            (line0, line_step), (sample0, sample_step) = self._straight
            samples = self._near(sample0 + sample_step * np.arange(block.sample, block.sample + block.samples))[None, :]
            lines = (line0 + line_step * np.arange(block.line, block.line + block.lines))[:, None]
        else:
            samples, lines = self._interpolate(block)
        return self._crop(np.floor(lines + _NUDGE), np.floor(samples + _NUDGE))

    def touches(self, block: Block) -> bool:
        """Whether the map may have pixels under the block: surely not if False."""
        line, sample = np.linspace(0, block.lines, 9), np.linspace(0, block.samples, 9)
        samples, lines = self._exact(block.sample + sample[None, :] - 0.5, block.line + line[:, None] - 0.5)
        for places, size in ((samples, self._source.samples), (lines, self._source.lines)):
            if not np.isfinite(places).any():
                return False
            low, high = np.nanmin(places), np.nanmax(places)
            room = 1 + 0.1 * (high - low)
            if high + room < 0 or low - room > size:
                return False
        return True

    def _exact(self, sample: np.ndarray, line: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The map's places (sample, line) under the centres of the composite's pixels."""
        grid = self._grid
        x, y = np.broadcast_arrays(grid.left + (sample + 0.5) * grid.pixel, grid.top - (line + 0.5) * grid.pixel)
        if not self._same:
            x, y = self._source.projection.to_map(*grid.projection.to_degrees(x, y))
        return self._source.to_pixels(x, y)

    def _straight_lines(self) -> Optional[tuple[tuple[float, float], tuple[float, float]]]:
        """(first, step) of lines and of samples; None if the way is not straight, or the axes are not kept apart."""
        grid, source = self._grid, self._source
        x0, a, b, y0, d, e = source.georeference.transform
        if b or d:
            return None
        if self._same:
            return (
                ((grid.top - grid.pixel / 2 - y0) / e, -grid.pixel / e),
                ((grid.left + grid.pixel / 2 - x0) / a, grid.pixel / a),
            )
        if grid.projection.period is None or source.projection.period is None:
            return None
        latitude = np.linspace(-60, 60, 5)
        _, y = grid.projection.to_map(np.zeros(5), latitude)
        longitude, _ = source.centre_degrees
        x_here = grid.projection.to_map(np.array(longitude), np.array(0.0))[0]
        x_there, y_there = source.projection.to_map(np.full(5, longitude), latitude)
        lines = (y_there - y0) / e
        rows = (grid.top - y) / grid.pixel - 0.5
        line_step = (lines[-1] - lines[0]) / (rows[-1] - rows[0])
        line_first = lines[2] - line_step * rows[2]
        if not np.allclose(line_first + line_step * rows, lines, rtol=0, atol=1e-6):
            return None
        sample_step = grid.pixel * source.projection.period / grid.projection.period / a
        sample_first = (x_there[0] - x0) / a - sample_step * ((x_here - grid.left) / grid.pixel - 0.5)
        return (float(line_first), float(line_step)), (float(sample_first), float(sample_step))

    def _near(self, samples: np.ndarray) -> np.ndarray:
        """On a cylindrical map, the image of the place that is nearest to the map's middle."""
        period = self._source.projection.period
        if period is None:
            return samples
        turn = abs(period / self._source.georeference.transform[1])
        middle = self._source.samples / 2
        return middle + (samples - middle + turn / 2) % turn - turn / 2

    def _interpolate(self, block: Block) -> tuple[np.ndarray, np.ndarray]:
        step = self._step
        line, sample = np.arange(block.line, block.line + block.lines), np.arange(block.sample, block.sample + block.samples)
        node_lines, node_samples = (np.arange(axis[0] // step, axis[-1] // step + 2) * step for axis in (line, sample))
        nodes = self._exact(node_samples[None, :].astype(float), node_lines[:, None].astype(float))
        down, right = line // step - line[0] // step, sample // step - sample[0] // step
        down_share, right_share = (line % step / step)[:, None], (sample % step / step)[None, :]
        places = []
        for plane in nodes:
            across = plane[:, right] * (1 - right_share) + plane[:, right + 1] * right_share
            places.append(across[down] * (1 - down_share) + across[down + 1] * down_share)
        torn = self._torn(*nodes)[down][:, right]
        if torn.any():
            at_line, at_sample = np.nonzero(torn)
            places[0][torn], places[1][torn] = self._exact(sample[at_sample].astype(float), line[at_line].astype(float))
        return places[0], places[1]

    def _torn(self, samples: np.ndarray, lines: np.ndarray) -> np.ndarray:
        """Cells of the lattice in which interpolation fails: some corners have no place, or the map's edge runs through."""
        if self._step == 1:
            return np.zeros((samples.shape[0] - 1, samples.shape[1] - 1), bool)
        corners = [(slice(down, down - 1 or None), slice(right, right - 1 or None)) for down in (0, 1) for right in (0, 1)]
        return self._is_torn(*(np.stack([plane[corner] for corner in corners]) for plane in (samples, lines)))

    def _is_torn(self, samples: np.ndarray, lines: np.ndarray) -> np.ndarray:
        """For the corners of cells along the first axis."""
        found = np.isfinite(samples) & np.isfinite(lines)
        torn = found.any(0) & ~found.all(0)
        period = self._source.projection.period
        if period is None:
            return torn
        turn = period / self._source.georeference.pixel_size[0]
        return torn | (np.nan_to_num(np.ptp(samples, 0)) > turn / 8)

    def _choose_step(self) -> int:
        """The widest lattice that is good enough at the map's corners, edges and middle."""
        source, grid = self._source, self._grid
        sample, line = np.meshgrid(np.linspace(0, source.samples, 5), np.linspace(0, source.lines, 5))
        x, y = grid.projection.to_map(*source.projection.to_degrees(*source.to_map(sample.ravel(), line.ravel())))
        column, row = (x - grid.left) / grid.pixel, (grid.top - y) / grid.pixel
        seen = np.isfinite(column) & np.isfinite(row)
        column, row = column[seen], row[seen]
        for step in _STEPS[:-1]:
            left, top = np.floor(column / step) * step, np.floor(row / step) * step
            corners = np.array([self._exact(left + right, top + down) for right in (0, step) for down in (0, step)])
            middle = np.array(self._exact(left + step / 2, top + step / 2))
            whole = ~self._is_torn(corners[:, 0], corners[:, 1])  # the others are computed exactly
            if np.abs(corners.mean(0) - middle)[:, whole].max(initial=0) < _TOLERANCE:
                return step
        return _STEPS[-1]

    def _crop(self, lines: np.ndarray, samples: np.ndarray) -> Optional[Lookup]:
        """Only the rectangle that has pixels of the map."""
        with np.errstate(invalid="ignore"):
            line_in = (lines >= 0) & (lines < self._source.lines)
            sample_in = (samples >= 0) & (samples < self._source.samples)
        if lines.shape[1] == 1:
            in_lines, in_samples = np.flatnonzero(line_in), np.flatnonzero(sample_in)
        else:
            both = line_in & sample_in
            in_lines, in_samples = np.flatnonzero(both.any(1)), np.flatnonzero(both.any(0))
        if not in_lines.size or not in_samples.size:
            return None
        top, left = int(in_lines[0]), int(in_samples[0])
        down, right = slice(top, in_lines[-1] + 1), slice(left, in_samples[-1] + 1)
        if lines.shape[1] == 1:
            return Lookup(top, left, _whole(lines[down]), _whole(samples[:, right]))
        return Lookup(top, left, _whole(lines[down, right]), _whole(samples[down, right]))


def _whole(places: np.ndarray) -> np.ndarray:
    """int64; −1 for NaN."""
    return np.where(np.isfinite(places), places, -1).astype(np.int64)
