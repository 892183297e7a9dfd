"""The product that an import starts from, with the other sensor's image that belongs to it, as one cube."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Optional

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..files.names import PathLike
from ..instrument.detectors import channel_widths
from ..instrument.product_names import find_companion, parse_product_name
from ..options.importing import ImportOptions
from ..products.scene import Scene, open_scene
from ..spectra.axis import SpectralAxis
from ..spectra.sweet_spot import SweetSpotResampler, resampler_to_sweet_spot

_SUFFIXES = (".lbl", ".hdr", ".img")


@dataclass(frozen=True)
class SensorPart:
    """One sensor's bands of the cube.

    Attributes
    ----------
    scene
        The image.
    bands
        Which bands of its axis, ascending.
    resampler
        How its columns get on to its axis; None where they share it.
    """

    scene: Scene
    bands: IntArray
    resampler: Optional[SweetSpotResampler]

    def read(self, line0: int, lines: int, first: int, stop: int) -> FloatArray:
        """(lines, samples, stop - first) float32 of some of the part's bands, NaN where nothing is valid."""
        bands = self.bands[first:stop]
        if self.resampler is None:
            return self.scene.read(line0, lines, bands)
        return self.resampler(self.scene.read(line0, lines, self.resampler.needed(bands)), bands)


@dataclass(frozen=True)
class ProductCube:
    """A product, or the two of a pair, with one ascending axis.

    Attributes
    ----------
    parts
        The parts in the order of the axis: visible, infrared.
    axis
        Wavelengths of all bands, widths where they are known, and which bands are good.
    product_id
        The archive's name, with sensor J for a pair.
    notes, warnings
        Texts about what was used, and about what the user must know.
    """

    parts: tuple[SensorPart, ...]
    axis: SpectralAxis
    product_id: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def main(self) -> Scene:
        """The image whose geometry the cube has: the infrared one of a pair."""
        return self.parts[-1].scene

    def read(self, line0: int, lines: int, first: int, stop: int) -> FloatArray:
        """(lines, samples, stop - first) float32 of some bands, NaN where nothing is valid."""
        found, start = [], 0
        for part in self.parts:
            low, high = max(first - start, 0), min(stop - start, part.bands.size)
            if low < high:
                found.append(part.read(line0, lines, low, high))
            start += part.bands.size
        return found[0] if len(found) == 1 else np.concatenate(found, -1)


def open_product(source: PathLike, wavelengths: Optional[PathLike] = None, join: bool = ImportOptions.join) -> ProductCube:
    """Open a product and what belongs to it.

    A TRR3 is joined with the image of the other sensor that lies beside it: same observation, segment, macro and version, same
    size. The cube then has the visible bands up to the infrared detector's first good one (1027.5 nm), and the infrared bands
    from there on: where both see something, 1001-1056 nm, the one's signal ends as the other's begins.

    Parameters
    ----------
    source
        The I/F image: TRR3 (either sensor), TER, MTRDR, or any image that `open_scene` opens.
    wavelengths
        A wavelength table for it, or the folder that has the tables.
    join
        Whether to look for the other sensor's image.

    Raises
    ------
    InputError
        If the image cannot be opened, or is no I/F.
    """
    scene = open_scene(source, wavelengths=wavelengths)
    other, notes, warnings = _other_sensor(scene, wavelengths) if join else (None, [], [])
    pair = sorted((part for part in (scene, other) if part is not None), key=lambda part: part.axis.wavelengths_nm[0])
    parts = [_part(each) for each in pair]
    if len(parts) == 2:
        parts = _without_overlap(*parts)
        visible, infrared = (part.scene.axis.wavelengths_nm[part.bands] for part in parts)
        notes.append(f"visible bands up to {visible[-1]:.2f} nm, infrared ones from {infrared[0]:.2f} nm")
    if any(part.resampler is not None for part in parts):
        notes.append("each detector column was brought on to the sweet spot's wavelengths, by linear interpolation")
    joined = len(parts) == 2 and scene.name is not None
    product_id = str(replace(scene.name, sensor="J")) if joined and scene.name else scene.product_id
    own = [f"{each.product_id}: {note}" for each in pair for note in each.notes]
    return ProductCube(tuple(parts), _axis(parts), product_id, (*own, *notes), tuple(warnings))


def _other_sensor(scene: Scene, wavelengths: Optional[PathLike]) -> tuple[Optional[Scene], list[str], list[str]]:
    """The other half of a TRR3 pair, notes and warnings."""
    name = scene.name
    if name is None or name.product_type != "TRR" or name.sensor not in ("S", "L"):
        return None, [], []
    sensor = "S" if name.sensor == "L" else "L"
    path = find_companion(name, "IF", "TRR", [scene.path.parent], _SUFFIXES, sensor)
    if path is None:
        return None, [f"no image of the other sensor ({replace(name, sensor=sensor)}) is beside it: one sensor alone"], []
    found = parse_product_name(path)
    if found is None or (found.macro, found.version) != (name.macro, name.version):
        return None, [], [f"{path.name} is not joined: it was taken with another macro, or is of another version"]
    try:
        other = open_scene(path, wavelengths=_folder(wavelengths), extra_folders=[scene.path.parent])
    except InputError as error:
        return None, [], [f"the other sensor's image is not joined: {error}"]
    if (other.lines, other.samples) != (scene.lines, scene.samples):
        size = f"{other.lines} lines × {other.samples} samples, not {scene.lines} × {scene.samples}"
        return None, [], [f"{path.name} is not joined: it has {size}"]
    return other, [f"joined with {other.product_id}, found beside the image"], []


def _folder(wavelengths: Optional[PathLike]) -> Optional[Path]:
    """Where the other sensor's table may be, if one was given for the first."""
    if wavelengths is None:
        return None
    path = Path(wavelengths)
    return path if path.is_dir() else path.parent


def _part(scene: Scene) -> SensorPart:
    resampler = None if scene.axis.by_column_nm is None else resampler_to_sweet_spot(scene.axis)
    return SensorPart(scene, np.arange(scene.axis.bands), resampler)


def _without_overlap(visible: SensorPart, infrared: SensorPart) -> list[SensorPart]:
    """Visible bands below the first good infrared one, infrared bands from there on."""
    axis = infrared.scene.axis
    first = int(np.argmax(axis.usable))
    below = visible.scene.axis.wavelengths_nm < axis.wavelengths_nm[first]
    return [replace(visible, bands=np.flatnonzero(below)), replace(infrared, bands=np.arange(first, axis.bands))]


def _axis(parts: list[SensorPart]) -> SpectralAxis:
    wavelengths, good, widths = [], [], []
    for part in parts:
        axis, name = part.scene.axis, part.scene.name
        wavelengths.append(axis.wavelengths_nm[part.bands])
        good.append(axis.usable[part.bands])
        width = axis.fwhm_nm if axis.fwhm_nm is not None else channel_widths(name.sensor, axis.wavelengths_nm) if name else None
        widths.append(None if width is None else width[part.bands])
    known = [width for width in widths if width is not None]
    fwhm = np.concatenate(known) if len(known) == len(parts) else None
    return SpectralAxis(np.concatenate(wavelengths), fwhm, np.concatenate(good))
