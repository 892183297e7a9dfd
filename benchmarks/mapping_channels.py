"""How are minerals best told in mapping data, with 42 channels on the network's grid instead of 240?

    python3 benchmarks/mapping_channels.py

Two ways are compared with all channels: (a) spectra are interpolated to the grid, exemplars and calibration are the usual ones; (b)
exemplars go through the same channels first, noise is told by the channels, and the calibration is made for them. Queries are
laboratory spectra of the USGS library 06 that show a class of the map, as convolved to CRISM's 438 channels and to the 72 of map
tiles. They have white noise in their channels; four draws. No labelled ground of Mars is used. Needs the real data (`views.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import numpy as np
from labelled_ground import without_continuum
from measure import machine, table
from views import DATA

from crism_gan_plugin.core.background.files import load_background
from crism_gan_plugin.core.instrument.mapping_filters import MAPPING_FILTERS
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.minerals import mineral_of
from crism_gan_plugin.core.mapping.few_channels import alike
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.network.discriminator import load_discriminator
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.options.mapping import GUESS, IDENTIFICATION, MapOptions
from crism_gan_plugin.core.spectra.axis import FILTER_BOUNDARY_NM, SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.resampling import MISSING_LIMIT, resampler_to_grid

LIBRARY_06 = {438: DATA / "usgs_splib06_crism" / "s06cr08a", 72: DATA / "usgs_splib06_crism" / "s06cr08b"}

NOISES, DRAWS = (0.0, 0.005, 0.01, 0.02), 4

#: What a query needs to have, nm, and channels of the visible detector in the file of 72: they stand first.
_RANGE_NM, _VISIBLE = (1040.0, 2640.0), 18

#: The first records are wavelengths, widths and numbers of the channels.
_RECORDS_OF_CHANNELS = 2


@dataclass(frozen=True)
class Queries:
    """Laboratory spectra of classes of the map: (n,) classes, and by number of channels wavelengths (nm) and (n, bands) values."""

    classes: np.ndarray
    spectra: dict[int, tuple[np.ndarray, np.ndarray]]

    def continuum_removed(self, channels: int, noise: float) -> np.ndarray:
        """(`DRAWS` × n, 240), as a map has them."""
        nm, values = self.spectra[channels]
        rng = np.random.default_rng(0)
        resample = resampler_to_grid(SpectralAxis(nm), mapping_data=True)
        copies = np.concatenate([values * (1 + noise * rng.normal(size=values.shape)) for _ in range(DRAWS)])
        return without_continuum(resample(copies[:, resample.bands]))


def read_queries(class_names: list[str]) -> Queries:
    """Those that both files have."""
    read = {channels: _read(path, channels) for channels, path in LIBRARY_06.items()}
    kept, classes = [], []
    for row, (name, other) in enumerate(zip(read[438][0], read[72][0])):
        mineral = mineral_of(name)
        if row <= _RECORDS_OF_CHANNELS or name != other or mineral not in class_names:
            continue
        both = [_filled(read[channels][1], read[channels][2][row]) for channels in LIBRARY_06]
        if all(values is not None for values in both):
            kept.append(both)
            classes.append(mineral)
    return Queries(np.array(classes), {n: (read[n][1], np.array([pair[k] for pair in kept])) for k, n in enumerate((438, 72))})


def _filled(nm: np.ndarray, values: np.ndarray) -> Optional[np.ndarray]:
    """Missing channels interpolated, the ends held; None where more than one in ten is missing."""
    there = values > 0
    return np.interp(nm, nm[there], values[there]) if there.mean() >= 1 - MISSING_LIMIT else None


def _read(path: Path, channels: int) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Names without record, ascending wavelengths of infrared channels within the range, and values, 0 for missing ones."""
    header = path.with_suffix(".hdr").read_text(encoding="latin-1")
    names = [name.strip() for name in header[header.index("spectra names") :].partition("{")[2].partition("}")[0].split(",")]
    values = np.fromfile(path.with_suffix(".sli"), "<f4").reshape(-1, channels).astype(float)
    nm = 1000 * values[0]
    infrared = np.flatnonzero((nm > _RANGE_NM[0]) & (nm < _RANGE_NM[1]) & ((channels > 72) | (np.arange(channels) >= _VISIBLE)))
    infrared = infrared[~((nm[infrared] > FILTER_BOUNDARY_NM[0]) & (nm[infrared] < FILTER_BOUNDARY_NM[1]))]
    order = infrared[np.argsort(nm[infrared])]
    return [name.split(" s0")[0] for name in names], nm[order], np.where((values > 0) & (values < 10), values, 0)[:, order]


def ways() -> dict[str, tuple[int, Callable[[np.ndarray], np.ndarray], list[str]]]:
    """Name → how many channels queries have, their scores, and the class of each exemplar."""
    library, background, network = load_exemplars().defaults(), load_background(), load_discriminator(engine="numpy")
    channels = resampler_to_grid(SpectralAxis(MAPPING_FILTERS[0].wavelengths_nm), mapping_data=True).channels
    full, few = Matcher(network, library, background), Matcher(network, library, background, channels)
    names = [library.class_names[place] for place in library.class_index]
    return {
        "all channels": (438, lambda spectra: full(spectra, full.noise_of(spectra)), names),
        "(a) interpolated": (72, lambda spectra: full(spectra, full.noise_of(spectra)), names),
        "(b) exemplars through the channels": (72, lambda spectra: few(spectra, few.noise_of(spectra)), names),
    }


def rows_of(queries: Queries) -> list[list[object]]:
    rows: list[list[object]] = []
    for noise in NOISES:
        for way, (channels, score, names) in ways().items():
            scores = score(queries.continuum_removed(channels, noise))
            right = np.array(names)[scores.argmax(1)] == np.tile(queries.classes, DRAWS)
            best = scores.max(1)
            counts = [right, *(kind & (best > least) for least in (GUESS, IDENTIFICATION) for kind in (right, ~right))]
            rows.append([noise, way, *(f"{np.count_nonzero(count) / DRAWS:.1f}" for count in counts)])
    return rows


def alike_rows() -> list[list[object]]:
    """Pairs of classes that the channels do not tell apart, all classes of the library looked for."""
    mapper = mapper_for(MapOptions(engine="numpy", classes=load_exemplars().class_names))
    rows: list[list[object]] = []
    for each in MAPPING_FILTERS:
        channels = resampler_to_grid(SpectralAxis(each.wavelengths_nm), mapping_data=True).channels
        rows += [[each.number, *pair, score] for pair, score in alike(mapper.through(channels)).items()]
    return rows


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    queries = read_queries(load_exemplars().defaults().class_names)
    print(f"{machine()}\n\n{len(queries.classes)} laboratory spectra; {WAVELENGTHS_NM.size} channels of the grid\n")
    titles = ["noise", "way", "best class right", "right, guess or better", "wrong, guess or better", "right, identified"]
    print(table([*titles, "wrong, identified"], rows_of(queries)), "\n")
    print(table(["filter", "class", "is not told from", "score"], alike_rows()))


if __name__ == "__main__":
    main()
