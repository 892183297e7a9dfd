"""How far do deposits grow, and what is lost of them, when a pixel may contradict its neighbourhood?

    python3 benchmarks/growth.py

Some five minutes on two cores.

Squares of 3 to 20 pixels of each mineral, of its whole strength or half of it, lie in the ground that the MICA team found it in
(the denominator of its type spectrum), seen with white noise. Each scene is mapped by the plugin's own chain and the shipped
weights, with the paper's rule and with the default one. *Growth*: pixels outside the squares that are named as the mineral, and
are not when the squares are taken away, over the squares' own pixels. *Recall*: named pixels of the squares. Both for
identifications, and for guesses or better. Needs the real data (see `views.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from mapping import type_spectra
from measure import machine, table

from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.mapping.levels import GUESS, IDENTIFICATION, make_thresholds
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.network.discriminator import load_discriminator
from crism_gan_plugin.core.network.similarity import Matcher
from crism_gan_plugin.core.options.mapping import SUPPORT
from crism_gan_plugin.core.spectra.axis import SpectralAxis
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.ratio import Ratio, remove_scene_continuum
from crism_gan_plugin.core.spectra.resampling import resampler_to_grid

SIZES, WIDTHS = (1, 3, 5), (3, 10, 20)
NOISE, SHARES = (0.0, 0.005, 0.01, 0.02), (1.0, 0.5)

#: Bare ground between squares, pixels: more than two windows reach.
_MARGIN = 6


@dataclass(frozen=True)
class Layout:
    """``square`` (lines, samples) int: the width of the square that a pixel is in (positive), or is nearest to (negative)."""

    square: np.ndarray

    @staticmethod
    def make() -> Layout:
        height = max(WIDTHS) + 2 * _MARGIN
        parts = []
        for width in WIDTHS:
            part = np.full((height, width + 2 * _MARGIN), -width)
            part[_MARGIN : _MARGIN + width, _MARGIN : _MARGIN + width] = width
            parts.append(part)
        return Layout(np.hstack(parts))


def scene(mineral: str, share: float, noise: float, layout: Layout, seed: int) -> Ratio:
    """The continuum-removed image of one mineral."""
    _, pure, bland = type_spectra(mineral)
    part = share * (layout.square > 0)[..., None]
    clean = part * pure + (1 - part) * bland
    rng = np.random.default_rng(seed)
    cube = (clean * (1 + noise * rng.standard_normal(clean.shape))).astype(np.float32)
    resample = resampler_to_grid(SpectralAxis(WAVELENGTHS_NM))
    return remove_scene_continuum(cube[..., resample.bands], resample)


def level_of_class(mapper: ScaleMapper, ratio: Ratio, place: int) -> np.ndarray:
    """(pixels,) level at which each pixel is named as one class."""
    merged = mapper(ratio, slice(0, len(ratio.spectra)))
    return np.where(merged.mineral == place, merged.level, 0)


def main() -> None:
    library = load_exemplars().defaults()
    matcher = Matcher(load_discriminator(None, "numpy"), library, load_background())
    mappers = {support: ScaleMapper(matcher, make_thresholds(library), SIZES, support) for support in SUPPORT}
    layout = Layout.make()
    minerals = [name for name in library.class_names if "mixture" not in name]
    rows = []
    for share in SHARES:
        for noise in NOISE:
            found: dict[str, list[np.ndarray]] = {support: [] for support in SUPPORT}
            for number, mineral in enumerate(minerals):
                planted, bare = (scene(mineral, part, noise, layout, number) for part in (share, 0.0))
                for support, mapper in mappers.items():
                    place = library.class_names.index(mineral)
                    named, anyway = (level_of_class(mapper, ratio, place) for ratio in (planted, bare))
                    found[support].append(
                        np.where((layout.square.ravel() < 0) & (anyway > 0), 0, named).reshape(layout.square.shape)
                    )
            for support in SUPPORT:
                levels = np.stack(found[support])
                row = [f"{share:g}", f"{noise:g}", support]
                for least in (IDENTIFICATION, GUESS):
                    for width in WIDTHS:
                        inside, outside = (levels[:, layout.square == sign * width] >= least for sign in (1, -1))
                        row.append(f"{inside.mean():.3f} / {outside.sum() / max(inside.sum(), 1):.3f}")
                rows.append(row)
    titles = [f"{level}, {width} × {width}" for level in ("identified", "guess or better") for width in WIDTHS]
    print(machine())
    print()
    print("Recall / growth:\n")
    print(table(["share", "noise", "support", *titles], rows))


if __name__ == "__main__":
    main()
