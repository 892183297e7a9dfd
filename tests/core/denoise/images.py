"""Whole images for the denoiser: a TRR3 of a few columns with the atmosphere in it, and its volcano scan."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np

from crism_gan_plugin.core.denoise import surface_library
from crism_gan_plugin.core.instrument.detectors import infrared_row_nm

LINES, SAMPLES = 24, 64
SEEN = slice(20, 26)  # the only columns with data: fitting takes time
ROWS = np.array([*range(179), *range(187, 446)])


@dataclass(frozen=True)
class Image:
    """Paths, and the ground (lines, samples, 438) that was seen, on each column's own wavelengths, in the file's order of bands."""

    label: Path
    scan: Path
    ground: np.ndarray
    wavelengths: np.ndarray


def gas(nm: np.ndarray) -> np.ndarray:
    return 1 - 0.48 * np.exp(-0.5 * ((nm - 2010) / 14) ** 2) - 0.25 * np.exp(-0.5 * ((nm - 2060) / 12) ** 2)


def make_image(
    folder: Path, trr3_product: Callable[..., Path], record: Callable[..., Path], seed: int = 0, broad: float = 0.0
) -> Image:
    """Write image, wavelength table and volcano scan into one folder; the image has a ``broad`` band that the scan lacks."""
    rng = np.random.default_rng(seed)
    library = surface_library()
    kaolinite = library.names.index("kaolinite (numerator)")
    sweet = infrared_row_nm(ROWS)
    own = np.where(np.isfinite(sweet), sweet, 65535.0) + np.linspace(5, -5, SAMPLES)[:, None]
    inside = np.nan_to_num(np.where(own < 4000, own, 1000.0), nan=1000.0)
    place = (inside - 1800) / 800
    ground = 0.2 * np.exp(0.1 * place - 0.08 * place**2)[None].repeat(LINES, 0)
    ground[LINES // 2 :] *= np.exp(0.8 * np.stack([library.on(nm)[:, kaolinite] for nm in inside]))
    path = np.linspace(0.9, 1.1, LINES)[:, None, None]
    unlike = 1 - broad * np.exp(-0.5 * ((inside - 2035) / 40) ** 2)
    seen = ground * unlike * gas(inside) ** path * (1 + rng.normal(0, 0.004, ground.shape))
    cube = np.full((ROWS.size, LINES, SAMPLES), 65535.0, np.float32)
    cube[1:, :, SEEN] = seen.transpose(2, 0, 1)[1:, :, SEEN]
    table = np.full((ROWS.size, SAMPLES), 65535.0, "<f4")
    table[1:, 3:63] = own.T[1:, 3:63]
    (folder / "cdr450000000001_wa0300000l_3.img").write_bytes(table.tobytes())
    label = trr3_product(folder, cube)
    air = np.full((3, ROWS.size, SAMPLES), 65535.0)
    air[0, 1:] = gas(inside).T[1:]
    air[1:, 1:] = 0
    return Image(label, record(air, ROWS, folder=folder), ground, own)
