"""What `map` itself makes of the labelled ground, and of ground that the MICA team took for bland; a part of `real_ground.py`.

Spectra are single pixels of an ENVI cube; everything is by default but the smoothing, of which there is none (`--scales 1`).
The same polygons are mapped as mapping data, too: at a tile's 72 channels, in the form of a map tile (MRDR) and of a strip (MSP).
Denominators are mapped as single spectra, and as images: pixels of brightness and slope of their own (15 and 4 %), noise .4 %.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from labelled_ground import FINE_NM, RIGHT, Ground, denominators, read_channels
from mapping import MAFIC
from measure import table

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.instrument.detectors import infrared_row_nm
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.mapping.levels import NO_DATA
from crism_gan_plugin.core.rasters.reader import RasterReader
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.simulation.mapping_data import tile_channels, write_strip, write_tile, write_wavelengths
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

#: Pixels of an image of one denominator.
PIXELS = 1200


def map_spectra(spectra: np.ndarray, wavelengths_nm: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """(n,) name of the class that `map` gives each spectrum, identification or guess; "" where it gives none.

    Parameters
    ----------
    spectra
        (n, bands) I/F or ratio; NaN where there is none.
    how
        Further parameters of `map_scene`.
    """
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "spectra.img"
        with EnviCube(image, 1, len(spectra), wavelengths_nm) as cube:
            cube.write(spectra[np.newaxis])
        return _mapped(image, how)


def map_tile(spectra: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """`map_spectra` of (n, 72) spectra in a map tile: label, image and wavelength table."""
    with tempfile.TemporaryDirectory() as folder:
        return _mapped(write_tile(Path(folder), "T0001_MRRAL_45S320_0256_1", spectra[np.newaxis], -45.0, 320.0), how)


def map_strip(spectra: np.ndarray, how: Mapping[str, Any]) -> np.ndarray:
    """`map_spectra` of the infrared channels of (n, 72) spectra in a strip, whose wavelength table has all rows of the detector."""
    _, detectors, rows = tile_channels()
    infrared = np.flatnonzero(detectors == 0)[::-1]
    width = 64
    lines = -(-len(spectra) // (width - 4))
    strip = np.full((lines, width, infrared.size), np.nan)
    first = 3  # of the columns that see the scene
    padded = np.full((lines * (width - 4), infrared.size), np.nan)
    padded[: len(spectra)] = spectra[:, infrared]
    strip[:, first : first + width - 4] = padded.reshape(lines, width - 4, -1)
    every = np.arange(1, 446)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        by_column = np.tile(infrared_row_nm(every.astype(float)), (width, 1))
        write_wavelengths(folder, "CDR450924300802_WA0300000L_3", by_column, every, "0")
        table = "CDR450924300802_WA0300010L_3.IMG"  # which is not there
        image = write_strip(folder, "MSP00001234_01_IF214L_TRR3", strip, rows[infrared], table)
        named = _mapped(image, how).reshape(lines, width)
    return named[:, first : first + width - 4].ravel()[: len(spectra)]


def _mapped(image: Path, how: Mapping[str, Any]) -> np.ndarray:
    """(pixels,) names."""
    names = {mineral.code: mineral.name for mineral in load_exemplars().classes}
    outputs = map_scene(image, image.parent, scales=(1,), evidence=False, engine="numpy", **how)
    with RasterReader(outputs.classes) as raster:
        codes = raster.read(0, raster.lines).ravel().astype(int)
    return np.array([names[code % 100] if 0 < code < NO_DATA else "" for code in codes])


def report(ground: Ground, methods: Mapping[str, Mapping[str, Any]]) -> str:
    """Two tables in Markdown: the polygons, and MICA's denominators; a method a row, by its name."""
    ratio = np.array([np.interp(FINE_NM, WAVELENGTHS_NM, spectrum) for spectrum in ground.spectra["ratio"]])
    views = {"plain": ground.fine, "geologists' ratio": ground.geologists_ratio, "leave-one-out ratio": ratio}
    polygons = [[title, name, *_found(ground, view, how)] for title, view in views.items() for name, how in methods.items()]
    titles = ["spectra", "method", *RIGHT, "mafic polygons right", "bland named"]
    denominator_titles = ["method", "MICA denominators", "named", "as no mafic mineral", "which (denominator of)"]
    bland = [[name, *_named_denominators(how)] for name, how in methods.items()]
    image_titles = [
        "method",
        "images of denominators: pixels named as no mafic mineral",
        "as a mafic one",
        "images of which over 5 % are named",
    ]
    images = [[name, *_named_images(how)] for name, how in methods.items()]
    return "\n\n".join(
        [table(titles, polygons + _as_mapping_data(ground, methods)), table(denominator_titles, bland), table(image_titles, images)]
    )


def _as_mapping_data(ground: Ground, methods: Mapping[str, Mapping[str, Any]]) -> list[list[str]]:
    """Rows of the polygons at the channels of the tiles; the strip once, which has the same infrared channels."""
    channels = read_channels()
    views = {
        "plain": channels.spectra,
        "geologists' ratio": channels.geologists_ratio,
        "leave-one-out ratio": channels.leave_one_out_ratio(ground),
    }
    rows = [
        [f"{title}, as a map tile", name, *_counted(ground, channels.known(spectra), map_tile(spectra, how))]
        for title, spectra in views.items()
        for name, how in methods.items()
    ]
    first, how = next(iter(methods.items()))
    spectra = channels.spectra
    return [*rows, ["plain, as a strip", first, *_counted(ground, channels.known(spectra), map_strip(spectra, how))]]


def _found(ground: Ground, spectra: np.ndarray, how: Mapping[str, Any]) -> list[str]:
    return _counted(ground, np.isfinite(spectra).all(1), map_spectra(spectra, FINE_NM, how))


def _counted(ground: Ground, known: np.ndarray, named: np.ndarray) -> list[str]:
    """Of those polygons that have such a spectrum, (n,) bool."""
    found = [_share(named[known & (ground.labels == label)], classes) for label, classes in RIGHT.items()]
    right, there = np.sum(found, axis=0)
    bland = named[known & ground.is_bland]
    told = [f"{one} of {of}" for one, of in found]
    told_bland = f"{np.count_nonzero(bland != '')} of {len(bland)}" if bland.size else "none was ratioed"
    return [*told, f"{right} of {there}: {100 * right / there:.1f} %", told_bland]


def _named_denominators(how: Mapping[str, Any]) -> list[object]:
    bland = denominators()
    named = map_spectra(np.array(list(bland.values())), FINE_NM, how)
    other = [f"{name} ({phase})" for phase, name in zip(bland, named) if name and name not in MAFIC]
    return [len(bland), np.count_nonzero(named != ""), len(other), ", ".join(other)]


def _share(named: np.ndarray, classes: tuple[str, ...]) -> tuple[int, int]:
    return int(np.isin(named, classes).sum()), len(named)


def _named_images(how: Mapping[str, Any]) -> list[str]:
    """Means over the denominators."""
    rng, position = np.random.default_rng(0), np.linspace(-1, 1, FINE_NM.size)
    mafic, other = [], []
    for denominator in denominators().values():
        brightness, slope = 1 + 0.15 * rng.normal(size=(PIXELS, 1)), 1 + 0.04 * rng.normal(size=(PIXELS, 1)) * position
        named = map_spectra(denominator * brightness * slope * (1 + 0.004 * rng.normal(size=(PIXELS, FINE_NM.size))), FINE_NM, how)
        is_mafic = np.isin(named, MAFIC)
        mafic.append(is_mafic.mean())
        other.append(((named != "") & ~is_mafic).mean())
    many = np.count_nonzero(np.add(mafic, other) > 0.05)
    return [f"{100 * np.mean(other):.1f} %", f"{100 * np.mean(mafic):.1f} %", f"{many} of {len(mafic)}"]
