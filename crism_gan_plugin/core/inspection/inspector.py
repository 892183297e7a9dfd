"""Explains why the map says what it says of a pixel of an image, or of the mean of several.

A pixel is mapped anew by the code that made the map, from the few pixels around it, so that both agree. The mean of a rectangle
is mapped like a box mean of the map: it is the mean of the continuum-removed spectra of all pixels with data.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError, ParameterError
from ..georeferencing import Geolocation, read_geometry
from ..instrument.product_names import find_geometry
from ..mapping.agreement import compare
from ..mapping.cube import MapCube
from ..mapping.scales import ScaleMapper
from ..neutral import straight_line
from ..options.mapping import MapOptions
from ..products.scene import Scene
from ..progress import Progress
from ..spectra.ratio import Ratio
from .evidence import AGREEMENT, NeutralGround, PixelEvidence, Place, Spectrum
from .judging import Measured, judge, judge_mean
from .map_pixels import MapPixels
from .region import RegionReader

#: The most pixels of the image in one mean, and the most lines times samples around them.
_MOST_PIXELS = 20_000


@dataclass(frozen=True)
class Inspector:
    """Answers what a pixel is. `open_inspection` makes it; several threads may use it.

    Attributes
    ----------
    name
        Name of the scene.
    pixels
        The raster that the places are on.
    cube
        The image that was mapped, and its model.
    mapper
        Maps spectra as the image was mapped.
    region
        Reads spectra as the map saw them.
    warnings
        What the user should know of all answers.
    max_false_share
        Detections with a larger q-value were left out of the map.
    looked_for
        Those of "unlisted" and "artefacts" that the map looked for.
    """

    name: str
    pixels: MapPixels
    cube: MapCube
    mapper: ScaleMapper
    region: RegionReader
    warnings: tuple[str, ...] = field(default=())
    max_false_share: float = MapOptions.max_false_share
    looked_for: tuple[str, ...] = ()

    def at(self, x: float, y: float, progress: Optional[Progress] = None) -> Optional[PixelEvidence]:
        """The pixel at a place in the CRS of the raster; None where it shows none.

        Raises
        ------
        InputError
            If the image cannot be read.
        """
        found = self.pixels.rows_and_columns((x, x), (y, y))
        if found is None:
            return None
        lines, samples = self.pixels.image_pixels(*found)
        if not lines.size:
            return None
        evidence = self._placed(self.pixel(int(lines[0]), int(samples[0]), progress), x, y)
        return self._beside_the_map(evidence, self.pixels.code(found[0].start, found[1].start))

    def mean(self, x: tuple[float, float], y: tuple[float, float], progress: Optional[Progress] = None) -> Optional[PixelEvidence]:
        """The mean of the pixels in a rectangle between two places; None where there are none.

        Raises
        ------
        InputError
            If the image cannot be read.
        ParameterError
            If the rectangle holds too many pixels.
        """
        found = self.pixels.rows_and_columns(x, y)
        if found is None:
            return None
        _check_size(found[0], found[1])
        lines, samples = self.pixels.image_pixels(*found)
        if not lines.size:
            return None
        return self._placed(self.mean_of(lines, samples, progress), (x[0] + x[1]) / 2, (y[0] + y[1]) / 2)

    def _placed(self, evidence: PixelEvidence, x: float, y: float) -> PixelEvidence:
        """The evidence with the longitude and latitude of a place in the CRS of the raster, where they are known."""
        longitude, latitude = self.pixels.degrees(x, y)
        if longitude is None:
            return evidence
        return replace(evidence, place=replace(evidence.place, longitude=longitude, latitude=latitude))

    def pixel(self, line: int, sample: int, progress: Optional[Progress] = None) -> PixelEvidence:
        """One pixel of the image, with the means around it."""
        progress, halo, scene = progress or Progress(), self.mapper.halo, self.cube.scene
        rows, columns = _around(line, halo, scene.lines), _around(sample, halo, scene.samples)
        views = self.region(rows, columns, progress)
        progress.check()
        inner, column = slice(line - rows.start, line - rows.start + 1), sample - columns.start
        here = (inner.start, column)
        used = views.plain if views.ratioed is None else views.ratioed
        judged = judge(self.mapper, used, inner, column, self.mapper.sizes)
        progress.check()
        on_grid = self.cube.columns(slice(sample, sample + 1)).on_grid(line, 1)[0][0, 0]
        neutral = None
        if views.ground is not None:
            plain = judge(self.mapper, views.plain, inner, column, self.mapper.sizes)
            neutral = _neutral(on_grid, views.ground[here], float(compare(plain.merged, judged.merged)[0]))
        place = Place(self.name, line, sample, 1, *self._degrees(line, sample), str(scene.path))
        spectra = on_grid, views.plain.spectra[here], neutral
        return judged.evidence(self._measured(place, np.array([line]), np.array([sample]), spectra), self.mapper, self.warnings)

    def mean_of(self, lines: IntArray, samples: IntArray, progress: Optional[Progress] = None) -> PixelEvidence:
        """The mean of (n,) pixels of the image that have data."""
        progress, scene = progress or Progress(), self.cube.scene
        rows, columns = slice(int(lines.min()), int(lines.max()) + 1), slice(int(samples.min()), int(samples.max()) + 1)
        _check_size(rows, columns)
        views = self.region(rows, columns, progress)
        progress.check()
        used = views.plain if views.ratioed is None else views.ratioed
        valid = ~np.isnan(used.spectra[lines - rows.start, samples - columns.start, 0])
        if valid.any():
            lines, samples = lines[valid], samples[valid]
        at = lines - rows.start, samples - columns.start
        plain = _mean_ratio(views.plain, at)
        judged = judge_mean(self.mapper, _mean_ratio(used, at))
        on_grid = self.cube.columns(columns).on_grid(rows.start, rows.stop - rows.start)[0][at].mean(0)
        neutral = None
        if views.ground is not None:
            agreement = compare(judge_mean(self.mapper, plain).merged, judged.merged)
            neutral = _neutral(on_grid, views.ground[at].mean(0), float(agreement[0]))
        middle = int(np.median(lines)), int(np.median(samples))
        place = Place(self.name, *middle, int(valid.sum()), *self._degrees(*middle), str(scene.path))
        spectra = on_grid, plain.spectra[0, 0], neutral
        return judged.evidence(self._measured(place, lines, samples, spectra), self.mapper, self.warnings)

    def _measured(
        self, place: Place, lines: IntArray, samples: IntArray, spectra: tuple[FloatArray, FloatArray, Optional[NeutralGround]]
    ) -> Measured:
        """With what is read of (n,) pixels, whose spectra on the grid, as they are and continuum-removed, are known."""
        on_grid, removed, neutral = spectra
        iof, spread = self._iof(self.cube.scene, lines, samples)
        model = None if self.cube.model is None else self._iof(self.cube.model, lines, samples)[0]
        whole = on_grid if self.cube.ground is None else on_grid * self.cube.ground
        return Measured(place, iof, spread if lines.size > 1 else None, model, whole / removed, neutral)

    def _iof(self, scene: Scene, lines: IntArray, samples: IntArray) -> tuple[Spectrum, FloatArray]:
        """Mean and standard deviation of the I/F of (n,) pixels in all bands of a cube, each line read once."""
        columns, axis = slice(int(samples.min()), int(samples.max()) + 1), scene.axis
        total, squares, count = np.zeros(axis.bands), np.zeros(axis.bands), np.zeros(axis.bands, int)
        for line in np.unique(lines).tolist():
            some = scene.read(line, 1, None, columns)[0, samples[lines == line] - columns.start].astype(np.float64)
            total += np.nansum(some, 0)
            squares += np.nansum(some**2, 0)
            count += np.isfinite(some).sum(0)
        there, count = axis.usable & (count > 0), np.maximum(count, 1)
        mean = np.where(there, total / count, np.nan)
        by_column = axis.by_column_nm
        own = None if by_column is None or np.unique(samples).size > 1 else by_column[samples[0]]
        nm = axis.wavelengths_nm if own is None or not np.isfinite(own).all() else own
        return Spectrum(nm, mean), np.sqrt(np.maximum(squares / count - mean**2, 0))

    @cached_property
    def _geolocation(self) -> Optional[Geolocation]:
        scene = self.cube.scene
        if scene.name is None or not scene.name.sensor_space:
            return None
        file = find_geometry(scene.name, [scene.path.parent])
        try:
            return None if file is None else read_geometry(file, scene.lines, scene.samples, scene.name)
        except InputError:
            return None

    def _degrees(self, line: int, sample: int) -> tuple[Optional[float], Optional[float]]:
        """Longitude and latitude of a pixel of an image in sensor space, by the geometry beside it."""
        if self.pixels.georeference is not None or self._geolocation is None:
            return None, None
        place = float(self._geolocation.longitude[line, sample]), float(self._geolocation.latitude[line, sample])
        return place if np.isfinite(place[0]) and np.isfinite(place[1]) else (None, None)

    def _beside_the_map(self, evidence: PixelEvidence, code: Optional[int]) -> PixelEvidence:
        """The evidence with what the map says, and with a warning where the two differ."""
        if code in self.pixels.besides:
            return replace(evidence, map_code=code, is_besides=True)
        if code is None or code == evidence.code:
            return replace(evidence, map_code=code)
        if code == 0 and self.max_false_share < 1:
            warning = f"the map leaves this out: its q-value is above {self.max_false_share:g}, or cannot be told"
        else:
            warning = f"the map says {code} here, the same steps now say {evidence.code}: something has changed since it was made"
        return replace(evidence, map_code=code, warnings=(*evidence.warnings, warning))

    def close(self) -> None:
        """Let go of the files."""
        self.pixels.close()
        self.cube.scene.close()
        if self.cube.model is not None:
            self.cube.model.close()


def _around(place: int, halo: int, end: int) -> slice:
    return slice(max(place - halo, 0), min(place + halo + 1, end))


def _neutral(on_grid: FloatArray, ground: FloatArray, agreement: float) -> NeutralGround:
    """What a (240,) spectrum was divided by, at the spectrum's own level."""
    denominator = ground * straight_line(on_grid[None, None])[0, 0]
    words = AGREEMENT.get(int(agreement), "") if np.isfinite(agreement) else "no neutral ground near by"
    return NeutralGround(denominator, on_grid / denominator, words)


def _mean_ratio(ratio: Ratio, at: tuple[IntArray, IntArray]) -> Ratio:
    """The mean of some pixels, as an image of one pixel."""

    def mean(cube: FloatArray) -> FloatArray:
        return cube[at].mean(0, keepdims=True)[None]

    return Ratio(mean(ratio.spectra), None if ratio.model is None else mean(ratio.model))


def _check_size(rows: slice, columns: slice) -> None:
    lines, samples = rows.stop - rows.start, columns.stop - columns.start
    if lines * samples > _MOST_PIXELS:
        raise ParameterError(f"the rectangle spans {lines} × {samples} pixels, more than {_MOST_PIXELS}; drag a smaller one")
