"""The picture of a map with what tells place and size: meridians and parallels, a scale bar, north, and labels of deposits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import FloatArray
from ..deposits.source import MapSource
from ..mars.areas import pixel_width_km
from . import svg
from .axes import nice_step, nice_ticks
from .listed import ListedDeposit

#: Width and height of the map in the figure at most, units of the figure; and how large a pixel is at most.
_WIDTH, _HEIGHT, _LARGEST_PIXEL = 860, 900, 14

#: Around the map: left, top, right, bottom.
_MARGINS = (58, 8, 12, 62)

#: A deposit that is smaller in the figure has a frame.
_FRAMED = 40

#: Degrees between meridians and parallels.
_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60)

_GRATICULE = 'fill="none" stroke="#000" stroke-opacity="0.35" stroke-width="6" stroke-dasharray="30 30"'
_STRETCHED = 'preserveAspectRatio="none" class="pixels"'
_HALO = ' paint-order="stroke" stroke="#fff" stroke-width="3" font-weight="700"'


@dataclass(frozen=True)
class MapFigure:
    """The frame of a map, or of a part of it.

    Attributes
    ----------
    source
        The map.
    top, left, lines, samples
        The part.
    width, height
        The largest that the picture may be, units of the figure.
    """

    source: MapSource
    top: int
    left: int
    lines: int
    samples: int
    width: float = _WIDTH
    height: float = _HEIGHT

    @property
    def scale(self) -> float:
        """Units of the figure in a pixel."""
        return min(self.width / self.samples, self.height / self.lines, _LARGEST_PIXEL)

    def whole(self, picture: str, cells: Sequence[int], factor: int, deposits: Sequence[ListedDeposit]) -> str:
        """The whole map as SVG: its picture (an address) of (rows, columns) cells, each of so many pixels along its sides."""
        left, top, right, bottom = _MARGINS
        across, down = self.samples * self.scale, self.lines * self.scale
        width, height = max(across, 320) + left + right, down + top + bottom

        def parts() -> Iterator[str]:
            yield f'<g transform="translate({left} {top})"><clipPath id="m">'
            yield f'<rect width="{across:.1f}" height="{down:.1f}"/></clipPath>'
            size = f'width="{cells[1] * factor * self.scale:.2f}" height="{cells[0] * factor * self.scale:.2f}" {_STRETCHED}'
            yield f'<g clip-path="url(#m)"><image {size} href="{picture}"/>'
            yield from self._graticule_lines()
            yield "</g>"
            yield f'<rect width="{across:.1f}" height="{down:.1f}" fill="none" stroke="#222"/>'
            yield from self._labels(across, down)
            for deposit in deposits:
                yield from self._deposit(deposit)
            yield from self.scale_bar(0, down + 38, across)
            yield from self._north(max(across, 320) - 18, down + 40)
            yield "</g>"

        return svg.figure(width, height, parts(), f"map of {self.source.map.path.name}")

    def blow_up(self, picture: str, label: str) -> str:
        """A part as SVG, with a scale bar."""
        across, down = self.samples * self.scale, self.lines * self.scale

        def parts() -> Iterator[str]:
            yield f'<image width="{across:.2f}" height="{down:.2f}" {_STRETCHED} href="{picture}"/>'
            yield f'<rect width="{across:.2f}" height="{down:.2f}" fill="none" stroke="#222"/>'
            yield from self.scale_bar(2, down + 10, across)

        return svg.figure(across + 1, down + 28, parts(), label, f"width:{across + 1:.0f}px")

    def _degrees(self, line: FloatArray, sample: FloatArray) -> Optional[tuple[FloatArray, FloatArray]]:
        if self.source.projection is None:
            return None
        return self.source.projection.to_degrees(*self.source.place.to_map(sample, line))

    def _place(self, longitude: FloatArray, latitude: FloatArray, centre: float) -> tuple[FloatArray, FloatArray]:
        """(n,) places in the picture."""
        assert self.source.projection is not None
        sample, line = self.source.place.to_pixels(*self.source.projection.to_map_around(centre, longitude, latitude))
        return (sample - self.left) * self.scale, (line - self.top) * self.scale

    def _graticule(self) -> Iterator[tuple[str, bool, FloatArray, FloatArray]]:
        """Each meridian and parallel: its name, whether it is a meridian, and (n,) points in the picture; NaN outside."""
        lines, samples = np.meshgrid(np.linspace(0.0, self.lines, 25), np.linspace(0.0, self.samples, 25))
        found = self._degrees(lines.ravel().astype(np.float64) + self.top, samples.ravel().astype(np.float64) + self.left)
        if found is None or not (np.isfinite(found[0]) & np.isfinite(found[1])).any():
            return
        known = np.isfinite(found[0]) & np.isfinite(found[1])
        longitude, latitude = found[0][known], found[1][known]
        centre = float(longitude[longitude.size // 2])
        longitude = centre + (longitude - centre + 180) % 360 - 180
        for meridian, values, others in ((True, longitude, latitude), (False, latitude, longitude)):
            spread = float(values.max() - values.min())
            step = next((step for step in _STEPS if spread / step <= 4.5), _STEPS[-1])
            along = np.linspace(float(others.min()), float(others.max()), 181)
            for value in np.arange(np.ceil(values.min() / step), np.floor(values.max() / step) + 1) * step:
                fixed = np.full(along.size, value)
                x, y = self._place(fixed, along, centre) if meridian else self._place(along, fixed, centre)
                outside = (x < -1e-6) | (x > self.samples * self.scale) | (y < -1e-6) | (y > self.lines * self.scale)
                x[outside] = np.nan
                digits = max(0, -int(np.floor(np.log10(step) + 1e-9)))
                name = f"{value % 360:.{digits}f}°E" if meridian else f"{abs(value):.{digits}f}°{'S' if value < 0 else 'N'}"
                yield name, meridian, x, y

    def _graticule_lines(self) -> Iterator[str]:
        for _, _, x, y in self._graticule():
            yield svg.path(svg.line_path(x, y), _GRATICULE)

    def _labels(self, across: float, down: float) -> Iterator[str]:
        """Names of meridians below the map and of parallels left of it; in sensor space numbers of samples and lines."""
        if self.source.projection is None:
            for sample in nice_ticks(0, self.samples, 5):
                yield svg.text(sample * self.scale, down + 14, f"{sample:g}", "middle")
            for line in nice_ticks(0, self.lines, 5):
                yield svg.text(-5, line * self.scale + 4, f"{line:g}", "end")
            return
        for name, meridian, x, y in self._graticule():
            known = np.flatnonzero(np.isfinite(x))
            if not known.size:
                continue
            near = known[y[known].argmax()] if meridian else known[x[known].argmin()]
            if meridian and y[near] > down * 0.96:
                yield svg.text(float(x[near]), down + 14, name, "middle")
            if not meridian and x[near] < across * 0.04:
                yield svg.text(-5, float(y[near]) + 4, name, "end")

    def _deposit(self, deposit: ListedDeposit) -> Iterator[str]:
        """A frame around a small deposit, and its label."""
        x, y = (deposit.left - self.left) * self.scale, (deposit.top - self.top) * self.scale
        width, height = (deposit.right - deposit.left) * self.scale, (deposit.bottom - deposit.top) * self.scale
        if max(width, height) < _FRAMED:
            style = 'fill="none" stroke-width="{}" stroke="{}"'
            box = f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="{width + 6:.1f}" height="{height + 6:.1f}" '
            yield box + style.format(2.4, "#fff") + ' stroke-opacity="0.8"/>' + box + style.format(0.9, "#000") + "/>"
            yield svg.text(x + width + 5, y + 8, deposit.label, "start", _HALO)
        else:
            line, sample = deposit.centre
            yield svg.text((sample - self.left) * self.scale, (line - self.top) * self.scale + 4, deposit.label, "middle", _HALO)

    def scale_bar(self, x: float, y: float, room: float) -> Iterator[str]:
        """A bar of round length, about a quarter of the room; of pixels where kilometres are not known."""
        middle = self.top + self.lines / 2, self.left + self.samples / 2
        km = pixel_width_km(self.source.map.georeference, *middle)
        per_unit = (km or 1.0) / self.scale
        length = nice_step(per_unit * room / 6)
        if km is None:
            length = max(length, 1)
            words = f"{length:g} pixels"
        else:
            words = f"{length:g} km" if length >= 1 else f"{length * 1000:g} m"
        across = length / per_unit
        yield f'<rect x="{x:.1f}" y="{y:.1f}" width="{across:.1f}" height="4" fill="#111"/>'
        yield svg.text(x + across + 6, y + 7, words)

    def _north(self, x: float, y: float) -> Iterator[str]:
        """An arrow to the north, as it is in the middle of the map."""
        line, sample = self.top + self.lines / 2, self.left + self.samples / 2
        found = self._degrees(np.array([line]), np.array([sample]))
        if found is None or not np.isfinite(found).all():
            yield svg.text(x + 18, y + 6, "in sensor space: sample to the right, line downwards", "end")
            return
        longitude, latitude = found
        step = 0.01 if latitude[0] < 89.9 else -0.01
        there = self._place(np.repeat(longitude, 2), latitude[0] + np.array([0, step]), float(longitude[0]))
        turn = np.degrees(np.arctan2(np.diff(there[0])[0], -np.diff(there[1])[0])) + (180 if step < 0 else 0)
        yield f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})"><path d="M0-16 5 6 0 2-5 6z" fill="#111"/></g>'
        yield svg.text(x + 10, y + 4, "N", "start", ' font-weight="700"')
