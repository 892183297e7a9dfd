"""Bland pixels of an image, chosen by chance in a sample of its lines: where implants are laid.

Bland is what the map calls so: a pixel with data that has no class and no guess. Each of them is asked equally often, and each as
often as each pixel of a patch. So the share of implants found is the share of such pixels that the map would name if a patch lay
there. What lies beside the pixel is as it is, whether the map names it or not: limits are told for pixels at the border of
deposits, and for those between false detections, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..inspection.region import RegionReader
from ..mapping.cube import MapCube
from ..mapping.levels import NOTHING
from ..mapping.neutral_ratio import Views
from ..mapping.scales import ScaleMapper
from ..progress import Progress
from ..spectra.ratio import Ratio
from .implants import Window
from .no_minerals import ALL_MINERALS, NoMinerals
from .regions import NO_REGION, REGIONS, Regions

#: Stretches of lines that are looked at, lines of each, and how many are compared to choose one.
_STRETCHES, _LINES, _COMPARED = 10, 8, 20


def choose_lines(labels: IntArray) -> list[slice]:
    """Stretches of lines from all over an image, those that show the regions most evenly.

    Parameters
    ----------
    labels
        (lines, samples) uint8.
    """
    lines, chosen, seen = len(labels), [], np.zeros(REGIONS)
    stretches = min(_STRETCHES, -(-lines // _LINES))
    edges = np.linspace(0, lines, stretches + 1).round().astype(int)
    for first, end in zip(edges, edges[1:]):
        starts = np.unique(np.linspace(first, max(end - _LINES, first), _COMPARED).round().astype(int)).tolist()
        counts = [_count(labels[start : min(start + _LINES, end)]) for start in starts]
        best = int(np.argmax([np.sqrt(seen + count).sum() for count in counts]))
        chosen.append(slice(starts[best], min(starts[best] + _LINES, int(end))))
        seen += counts[best]
    return chosen


def _count(labels: IntArray) -> IntArray:
    return np.bincount(labels[labels != NO_REGION], minlength=REGIONS)


@dataclass(frozen=True)
class BlandPlaces:
    """Chooses windows.

    Attributes
    ----------
    cube, mapper, region
        The image, what mapped it, and what reads its spectra as the map saw them.
    regions
        Of the image.
    no_minerals
        What the map takes for no mineral.
    """

    cube: MapCube
    mapper: ScaleMapper
    region: RegionReader
    regions: Regions
    no_minerals: NoMinerals = ALL_MINERALS

    def choose(self, patches: Sequence[int], count: int, seed: int, progress: Progress) -> list[Window]:
        """Up to ``count`` windows for each width of a patch and each region; fewer where there is too little bland ground."""
        rng = np.random.default_rng(seed)
        kept: dict[tuple[int, int], list[tuple[float, Window]]] = defaultdict(list)
        stretches = choose_lines(self.regions.labels)
        for number, lines in enumerate(stretches):
            block = self._block(lines, progress.part(0, 1 / len(stretches)) if not number else Progress())
            for patch in patches:
                for key, group in block.candidates(patch, count, rng, self.regions.labels):
                    both = [*kept[key], *group]
                    kept[key] = sorted(both, key=lambda pair: pair[0])[:count]
            progress.report((number + 1) / len(stretches), f"bland ground of stretch {number + 1} of {len(stretches)}")
        return [window for key in sorted(kept) for _, window in kept[key]]

    def _block(self, lines: slice, progress: Progress) -> _Lines:
        reach, end = self.mapper.halo, self.cube.scene.lines
        rows = slice(max(lines.start - reach, 0), min(lines.stop + reach, end))
        views = self.region(rows, slice(0, self.cube.scene.samples), progress)
        spectra = self.cube.on_grid(rows.start, rows.stop - rows.start)
        inner = slice(lines.start - rows.start, lines.stop - rows.start)
        used = views.mapped
        found = self.no_minerals.without(used, inner, self.mapper(used, inner))
        bland = ((found.level == NOTHING) & ~np.isnan(found.score)).reshape(-1, self.cube.scene.samples)
        return _Lines(rows.start, lines.start, end, used, views, spectra, bland, reach)


@dataclass(frozen=True)
class _Lines:
    """Some lines, with those around that their windows need.

    Attributes
    ----------
    first, first_asked, end
        The first line that was read, the first that may be asked, and how many lines the image has.
    used, views, spectra
        Their spectra as the map saw them, all views, and I/F of image and model.
    bland
        (lines that may be asked, samples) bool.
    reach
        Pixels of a window to each side of its middle.
    """

    first: int
    first_asked: int
    end: int
    used: Ratio
    views: Views
    spectra: tuple[FloatArray, Optional[FloatArray]]
    bland: BoolArray
    reach: int

    def candidates(
        self, patch: int, count: int, rng: np.random.Generator, labels: IntArray
    ) -> Iterator[tuple[tuple[int, int], list[tuple[float, Window]]]]:
        """Windows with their lots, the least of which are kept: by width and region, up to ``count`` each."""
        asked = np.argwhere(self.bland) + np.array([self.first_asked, 0])
        asked = asked[rng.permutation(len(asked))]
        turn = np.arange(len(asked)) % patch**2
        middles = asked - np.stack([turn // patch, turn % patch], 1) + patch // 2
        fits = ((middles >= patch // 2) & (middles < np.array([self.end, labels.shape[1]]) - patch // 2)).all(1)
        asked, middles = asked[fits], middles[fits]
        lots = rng.random(len(asked))
        regions = labels[asked[:, 0], asked[:, 1]]
        for region in np.unique(regions[regions != NO_REGION]).tolist():
            least = np.flatnonzero(regions == region)
            least = least[np.argsort(lots[least])][:count]
            yield (patch, region), [(float(lots[k]), self._window(patch, region, asked[k], middles[k])) for k in least]

    def _window(self, patch: int, region: int, asked: IntArray, middle: IntArray) -> Window:
        offsets, first = np.arange(-self.reach, self.reach + 1), np.array([self.first, 0])
        asked, middle = asked - first, middle - first
        lines, samples = asked[0] + offsets, asked[1] + offsets
        near_line, near_sample = (np.abs(at - centre) <= patch // 2 for at, centre in zip((lines, samples), middle))
        inside = near_line[:, None] & near_sample
        where = lines[near_line][:, None], samples[near_sample]  # within the image, as the whole patch is

        def pixels(cube: FloatArray) -> FloatArray:
            return cube[where].reshape(-1, cube.shape[2])

        image, model = self.spectra
        grounds = tuple(pixels(each) for each in (self.views.ground, self.views.model_ground) if each is not None)
        return Window(
            patch,
            region,
            _cut(self.used.spectra, lines, samples),
            None if self.used.model is None else _cut(self.used.model, lines, samples),
            inside,
            pixels(image),
            None if model is None else pixels(model),
            grounds,
            self.views.levelled,
        )


def _cut(cube: FloatArray, lines: IntArray, samples: IntArray) -> FloatArray:
    """(lines, samples, 240) part of a cube; NaN beyond its border."""
    out = np.full((lines.size, samples.size, cube.shape[2]), np.nan, cube.dtype)
    row, column = (lines >= 0) & (lines < len(cube)), (samples >= 0) & (samples < cube.shape[1])
    out[np.ix_(row, column)] = cube[np.ix_(lines[row], samples[column])]
    return out
