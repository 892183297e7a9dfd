"""Mean spectra of an image over polygons: a class for each value of a field."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..arrays import BoolArray, IntArray
from ..errors import ParameterError
from ..files.names import PathLike
from ..georeferencing import find_placement
from ..libraries.converted import Converted
from ..libraries.editing import NewExemplar, plain_name, unlike
from ..libraries.exemplars import PixelOrigin
from ..libraries.measured import SHALLOWEST
from ..options.exemplars import ExemplarOptions
from ..products.scene import Scene, open_scene
from ..progress import Progress
from ..search.places import ImageFrame
from ..search.region import ratios_at
from ..spectra.resampling import GridResampler, resampler_to_grid
from ..vectors import read_polygons_by

#: Pixels whose spectra are averaged at once.
_AT_ONCE = 10_000


def spectra_of_polygons(
    image: PathLike, polygons: PathLike, options: ExemplarOptions, taken: list[str], progress: Progress
) -> Converted:
    """The mean continuum-removed spectra of an image in polygons, as maps average windows.

    Parameters
    ----------
    taken
        Names of spectra that must not occur.

    Raises
    ------
    InputError, ParameterError
        If image or polygons cannot be read, or a class has no pixel with data.
    """
    by_class, without, wkt = read_polygons_by(polygons, options.field)
    refused = [f"{polygons}: {without} polygons have nothing in the field {options.field!r}"] if without else []
    found = []
    with open_scene(image, wavelengths=options.wavelengths) as scene:
        resample = resampler_to_grid(scene.axis, str(image))
        placement, _ = find_placement(scene, options.geometry, None)
        frame = ImageFrame.of(scene, placement)
        for number, (said, features) in enumerate(by_class.items()):
            progress.check()
            name = plain_name(options.class_name or said)
            what = f"polygons: {polygons}, {options.field} {said!r}"
            line, sample = frame.pixels_of(features, wkt, what)
            found.append(_mean(scene, resample, line, sample, name, what, unlike(f"{name} ({scene.product_id})"[:90], taken)))
            taken.append(found[-1].name)
            progress.report((number + 1) / len(by_class), f"read {number + 1} of {len(by_class)} classes of polygons")
    return Converted(tuple(found), tuple(refused))


def _mean(
    scene: Scene, resample: GridResampler, line: IntArray, sample: IntArray, class_name: str, what: str, name: str
) -> NewExemplar:
    """The mean spectrum of pixels, which remembers them."""
    total, valid = np.zeros(resample.weight.shape[-1]), np.zeros(line.size, bool)
    for part in np.array_split(np.lexsort((sample, line)), max(1, -(-line.size // _AT_ONCE))):
        ratios = ratios_at(scene, resample, line[part], sample[part])
        valid[part] = np.isfinite(ratios[:, 0])
        total += ratios[valid[part]].sum(0, dtype=np.float64)
    count = int(valid.sum())
    if not count:
        raise ParameterError(f"{what}: {scene.path.name} has no valid data there; draw the polygons elsewhere")
    ratio = np.minimum(total / count, 1)
    if not ratio.min() < 1 - SHALLOWEST:
        raise ParameterError(f"{what}: the mean of {count} pixels has no absorption, so that nothing can be found with it")
    origin = PixelOrigin(scene.product_id, count, tuple(_runs(line, sample, valid)))
    source = f"mean of {count} pixels of {scene.product_id}, {what}"
    return NewExemplar(name, class_name, ratio, source, on_ground=True, origin=origin)


def _runs(line: IntArray, sample: IntArray, valid: BoolArray) -> Iterator[tuple[int, int, int]]:
    """Line, first and last sample of the valid pixels that lie side by side."""
    order = np.lexsort((sample[valid], line[valid]))
    lines, samples = line[valid][order], sample[valid][order]
    starts = np.flatnonzero(np.append(True, (np.diff(lines) != 0) | (np.diff(samples) != 1)))
    ends = np.append(starts[1:], lines.size) - 1
    for start, end in zip(starts.tolist(), ends.tolist()):
        yield int(lines[start]), int(samples[start]), int(samples[end])
