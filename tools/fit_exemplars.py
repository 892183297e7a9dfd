"""Fits the shipped exemplar library to the CRISM type spectra (MICA, Viviano-Beck et al. 2014, JGR 119, 1403).

    python3 tools/fit_exemplars.py --data DIR

DIR holds mica/crism_typespec_*.tab and .lbl, and usgs_splib06_crism/s06cr08a.sli and .hdr. Each class gets two spectra, from the
corrected numerator and the corrected ratio, and some a third, from laboratory spectra of minerals that the type spectrum does not
show, as tables of asymmetric Gaussian absorptions in the logarithm of the ratio. Written are the library, and in docs/manual
exemplars.md and exemplars.png. Classes (codes, names, colours) are read from the present library and stay, but for `DEFAULT_ON`;
the same data gives the same files. Needs SciPy and Matplotlib.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.optimize import least_squares

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from exemplar_report import Fit, draw, write_report  # noqa: E402

from crism_gan_plugin.core.libraries import AbsorptionBand, ExemplarLibrary, MineralClass, load_exemplars, save_exemplars  # noqa: E402
from crism_gan_plugin.core.libraries.importers import read_envi_library  # noqa: E402
from crism_gan_plugin.core.libraries.mica import MAFIC, VIEWS, phase_of  # noqa: E402
from crism_gan_plugin.core.spectra.continuum import remove_continuum  # noqa: E402
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM  # noqa: E402
from crism_gan_plugin.paths import exemplars as shipped_library  # noqa: E402

SMOOTHING_CHANNELS = 1.5

#: Class, what its type spectrum does not show, and the specimens of the USGS library 06 whose mean shows it. `benchmarks/
#: exemplar_choice.py` tells what each is good for.
VARIANTS = (
    ("Mg-carbonate", "dolomite", ("Dolomite COD2005", "Dolomite HS102.3B")),
    ("Ca/Fe-carbonate", "calcite", ("Calcite CO2004", "Calcite HS48.3B", "Calcite WS272")),
    ("polyhydrated sulfate", "laboratory", ("Bloedite GDS147", "Copiapite GDS21", "Epsomite GDS149")),
)

USGS_06 = Path("usgs_splib06_crism") / "s06cr08a.sli"

#: The classes that are not looked for unless the user asks for them: `benchmarks/exemplar_choice.py` tells why.
OFF = frozenset({"plagioclase", "bassanite", "margarite", "chloride", "hematite", "CO2 ice"})

MIXTURE = "olivine/Mg-smectite mixture"
#: The mixture has no type spectrum: the second part as it is, and the first made so many times as deep.
PARTS, DEPTHS = ("Mg-olivine", "Mg-smectite"), 2

#: A spectrum has this many bands; it gets no more once it correlates so well with the type spectrum, this near to it.
FEWEST, MOST = 4, 20
GOOD_CORRELATION, GOOD_RMS = 0.9905, 0.00149
#: Where minerals with OH differ by shoulders and doublets, nm; and the largest difference there, as a share of the depth.
DETAILS, GOOD_DETAIL = (2110, 2400), 0.05

#: Centre, width (nm), asymmetry, depth: bounds of a band, the decimals it is written with, and the scale of the search.
LOWEST = np.array([950.0, 8.0, -0.9, 1e-4])
HIGHEST = np.array([2680.0, 500.0, 0.9, 1.5])
DECIMALS = (1, 1, 3, 5)
SCALE = np.array([10.0, 10.0, 0.1, 0.01])
#: Weight of the ratio itself against the continuum-removed spectrum.
TIE = 0.2
TRIAL_WIDTHS_NM = (10, 15, 22, 33, 50, 75, 110, 165, 250)


def type_spectrum(table: np.ndarray, column: int) -> np.ndarray:
    """(240,) a type spectrum as the network sees one: interpolated over missing channels, smoothed, continuum-removed."""
    valid = (table[:, column] > 0) & (table[:, column] < 65535)
    on_grid = np.interp(WAVELENGTHS_NM, table[valid, 0] * 1000, table[valid, column])
    return remove_continuum(gaussian_filter1d(on_grid, SMOOTHING_CHANNELS)[np.newaxis], WAVELENGTHS_NM)[0]


def ratios(tables: np.ndarray) -> np.ndarray:
    """(n, 240) ratios of (n, k, 4) band tables: `spectrum_from_bands` for many at once."""
    centre, width, asymmetry, depth = np.moveaxis(tables, -1, 0)[..., np.newaxis]
    offset = WAVELENGTHS_NM - centre
    sigma = width * np.where(offset < 0, 1 - asymmetry, 1 + asymmetry)
    return np.exp(-(depth * np.exp(-0.5 * (offset / sigma) ** 2)).sum(1))


def continuum_removed(table: np.ndarray) -> np.ndarray:
    """(240,) the spectrum of one (k, 4) band table as the network sees it."""
    return remove_continuum(ratios(table[np.newaxis]), WAVELENGTHS_NM)[0]


def fit_bands(target: np.ndarray) -> tuple[AbsorptionBand, ...]:
    """Add the band that explains most of what is left, refit all bands together, until the spectrum is good."""
    table = np.zeros((0, 4))
    while len(table) < MOST:
        missing_depth = continuum_removed(table) - target
        if len(table) >= FEWEST and is_good(rounded(table), target):
            if not misses_detail(rounded(table), target):
                break
            missing_depth = np.where(is_detail(), missing_depth, 0)
        table = refine(np.vstack([table, next_band(missing_depth)]), target)
    return as_bands(rounded(table))


def as_bands(table: np.ndarray) -> tuple[AbsorptionBand, ...]:
    return tuple(AbsorptionBand(*row) for row in sorted(table.tolist()))


def next_band(missing_depth: np.ndarray) -> np.ndarray:
    """The symmetric Gaussian that, fitted alone, takes most from the sum of squares (a matched filter)."""
    offset = (WAVELENGTHS_NM - WAVELENGTHS_NM[:, np.newaxis]) / np.array(TRIAL_WIDTHS_NM)[:, np.newaxis, np.newaxis]
    gaussians = np.exp(-0.5 * offset**2)
    energy = (gaussians**2).sum(-1)
    projection = gaussians @ missing_depth
    width, centre = np.unravel_index((projection / np.sqrt(energy)).argmax(), energy.shape)
    depth = max(projection[width, centre] / energy[width, centre], 1e-3)
    return np.array([WAVELENGTHS_NM[centre], TRIAL_WIDTHS_NM[width], 0.0, depth])


def refine(table: np.ndarray, target: np.ndarray) -> np.ndarray:
    """All bands together by bounded least squares, on the continuum-removed spectrum and, less strictly, on the ratio itself.

    Without the second part broad bands grow without limit, since the hull takes them off again: depths would mean nothing.
    """
    count = len(table)
    low, high = np.tile(LOWEST / SCALE, count), np.tile(HIGHEST / SCALE, count)

    def residuals(x: np.ndarray) -> np.ndarray:
        ratio = ratios(x.reshape(-1, count, 4) * SCALE)
        return np.hstack([remove_continuum(ratio, WAVELENGTHS_NM) - target, TIE * (ratio - target)])

    def jacobian(x: np.ndarray) -> np.ndarray:
        steps = np.diag(1e-5 * np.maximum(1, np.abs(x)))
        both = residuals(np.vstack([x + steps, x - steps]))
        return ((both[: x.size] - both[x.size :]) / (2 * steps.diagonal()[:, np.newaxis])).T

    start = np.clip((table / SCALE).ravel(), low + 1e-6, high - 1e-6)
    return least_squares(lambda x: residuals(x)[0], start, jac=jacobian, bounds=(low, high), max_nfev=40).x.reshape(-1, 4) * SCALE


def rounded(table: np.ndarray) -> np.ndarray:
    return np.column_stack([column.round(decimals) for column, decimals in zip(table.T, DECIMALS)])


def is_good(table: np.ndarray, target: np.ndarray) -> bool:
    spectrum = continuum_removed(table)
    correlation = np.corrcoef(spectrum, target)[0, 1]
    return correlation >= GOOD_CORRELATION and np.sqrt(np.mean((spectrum - target) ** 2)) <= GOOD_RMS


def is_detail() -> np.ndarray:
    return (DETAILS[0] <= WAVELENGTHS_NM) & (DETAILS[1] >= WAVELENGTHS_NM)


def misses_detail(table: np.ndarray, target: np.ndarray) -> bool:
    return np.abs(continuum_removed(table) - target)[is_detail()].max() > GOOD_DETAIL * (1 - target.min())


def fits_of(mineral: MineralClass, folder: Path) -> Iterator[Fit]:
    path = folder / f"crism_typespec_{phase_of(mineral.name)}.tab"
    table = np.genfromtxt(path, delimiter=",")
    scene = re.search(r'SOURCE_PRODUCT_ID\s*=\s*"(\w+)"', path.with_suffix(".lbl").read_text(encoding="latin-1"))
    if scene is None:
        sys.exit(f"{path.with_suffix('.lbl')}: names no source product; take the label as MICA gives it")
    for view, column in VIEWS.items():
        target = type_spectrum(table, column)
        source = f"fitted to the corrected {view} of the MICA type spectrum from {scene.group(1)} (Viviano-Beck et al. 2014)"
        yield Fit(mineral, view, source, fit_bands(target), target)


def mixture_of(mineral: MineralClass, fits: list[Fit]) -> Iterator[Fit]:
    for view in VIEWS:
        olivine, smectite = (next(fit for fit in fits if fit.mineral.name == part and fit.view == view) for part in PARTS)
        factor = DEPTHS * np.log(smectite.spectrum.min()) / np.log(olivine.spectrum.min())
        bands = [band.scaled(factor) for band in olivine.bands] + list(smectite.bands)
        source = f"{PARTS[0]} ({view}) {DEPTHS} times as deep as {PARTS[1]} ({view}), and that: bands of both"
        yield Fit(mineral, view, source, as_bands(rounded(np.array([astuple(band) for band in bands]))), None)


def variants_of(classes: dict[str, MineralClass], path: Path) -> Iterator[Fit]:
    library = read_envi_library(path, mineral_of=without_record_name)
    for name, label, specimens in VARIANTS:
        rows = [library.minerals.index(specimen) for specimen in specimens]
        target = remove_continuum(np.exp(-library.absorption[rows]).mean(0)[np.newaxis], WAVELENGTHS_NM)[0]
        source = f"fitted to the mean of the USGS library 06's {', '.join(specimens)} (Clark et al. 2007)"
        yield Fit(classes[name], label, source, fit_bands(target), target)


def without_record_name(spectrum: str) -> str:
    """ "Dolomite COD2005 s06cr08a=b" → "Dolomite COD2005"."""
    return spectrum.split(" s06")[0]


def fit_library(classes: list[MineralClass], folder: Path) -> list[Fit]:
    """All spectra: two of each class in the order of codes, then the variants, so that the former's places never change."""
    fits: list[Fit] = []
    for mineral in classes:
        if mineral.name != MIXTURE:
            fits += fits_of(mineral, folder / "mica")
            print(f"{mineral.name}: {[len(fit.bands) for fit in fits[-2:]]} bands", file=sys.stderr)
    fits += mixture_of(next(mineral for mineral in classes if mineral.name == MIXTURE), fits)
    variants = variants_of({mineral.name: mineral for mineral in classes}, folder / USGS_06)
    return [*sorted(fits, key=lambda fit: fit.mineral.code), *variants]


def as_library(classes: list[MineralClass], fits: list[Fit]) -> ExemplarLibrary:
    return ExemplarLibrary(
        names=[fit.name for fit in fits],
        spectra=np.array([fit.spectrum for fit in fits]),
        classes=classes,
        class_index=np.array([classes.index(fit.mineral) for fit in fits]),
        sources=[fit.source for fit in fits],
        bands=[fit.bands for fit in fits],
        on_ground=np.array([fit.view == "numerator" and fit.mineral.name not in MAFIC for fit in fits]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder that holds mica/ and usgs_splib06_crism/")
    parser.add_argument("--out", type=Path, default=ROOT, help="repository root to write into")
    arguments = parser.parse_args()
    classes = [replace(mineral, default_on=mineral.name not in OFF) for mineral in load_exemplars().classes]
    fits = fit_library(classes, arguments.data)
    target = arguments.out / shipped_library().relative_to(ROOT)
    (arguments.out / "docs" / "manual").mkdir(parents=True, exist_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_exemplars(as_library(classes, fits), target)
    settings = {
        "smoothing": SMOOTHING_CHANNELS,
        "correlation": GOOD_CORRELATION,
        "rms": GOOD_RMS,
        "fewest": FEWEST,
        "mixture": MIXTURE,
        "detail": GOOD_DETAIL,
        "shoulders": "{:g}-{:g}".format(*(wavelength / 1000 for wavelength in DETAILS)),
    }
    write_report(fits, arguments.out / "docs" / "manual" / "exemplars.md", **settings)
    draw(classes, fits, arguments.out / "docs" / "manual" / "exemplars.png")


if __name__ == "__main__":
    main()
