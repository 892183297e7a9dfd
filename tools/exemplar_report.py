"""The report of `fit_exemplars`: how near the exemplars are to the type spectra, as a table and as a figure."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from crism_gan_plugin.core.libraries import AbsorptionBand, MineralClass, spectrum_from_bands
from crism_gan_plugin.core.libraries.colours import lab
from crism_gan_plugin.core.spectra.continuum import remove_continuum
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

#: The two spectra that every class has; all others are variants.
TYPE_VIEWS = ("numerator", "ratio")


@dataclass(frozen=True)
class Fit:
    """One exemplar and how near it comes to its type spectrum; both (240,), continuum-removed."""

    mineral: MineralClass
    view: str
    source: str
    bands: tuple[AbsorptionBand, ...]
    type_spectrum: np.ndarray | None

    @property
    def name(self) -> str:
        return f"{self.mineral.name} ({self.view})"

    @property
    def spectrum(self) -> np.ndarray:
        return remove_continuum(spectrum_from_bands(self.bands, WAVELENGTHS_NM)[np.newaxis], WAVELENGTHS_NM)[0]

    @property
    def correlation(self) -> float:
        return float(np.corrcoef(self.spectrum, self.type_spectrum)[0, 1])

    @property
    def rms(self) -> float:
        return float(np.sqrt(np.mean((self.spectrum - self.type_spectrum) ** 2)))


def aims_of(fit: Fit) -> tuple[float, float]:
    """Least correlation and largest RMS that the project asks of this spectrum."""
    if not fit.mineral.default_on or fit.type_spectrum is None:
        return 0.95, np.inf
    return (0.99, 0.002) if 1 - fit.type_spectrum.min() > 0.05 else (0.97, np.inf)


REPORT = """# The exemplar library and how near it is to the type spectra

`tools/fit_exemplars.py` makes this page and the library. Each shipped exemplar is a table of asymmetric Gaussian absorptions in the
logarithm of the ratio. They were fitted to a CRISM type spectrum (MICA: Viviano-Beck et al. 2014, JGR Planets 119, 1403), which was
interpolated to the 240-channel grid over missing channels, smoothed by a Gaussian of {smoothing} channels and continuum-removed.
The exemplar is compared as the network sees it: computed from its bands, then continuum-removed. *Numerator* is the unratioed
spectrum with its atmospheric and instrumental residuals, which is right for images that are not ratioed. *Ratio* is the spectrum
divided by bland ground of the same columns.

*Variants* show what a class's type spectrum does not. Each is the mean of laboratory spectra of the USGS library 06 at CRISM's
channels (Clark et al. 2007); the library's `source` names the specimens. Variants come last in the file: the evidence of maps names
spectra by their places, which must not change. `benchmarks/exemplar_choice.py` measures what each variant is good for.

Bands are added one by one, and all are fitted anew each time, until three conditions hold: the correlation is {correlation}, the
RMS difference is {rms} (with at least {fewest} bands), and no difference at {shoulders} µm, where shoulders and doublets tell
minerals with OH apart, is above {detail} of the depth. Bands describe the shape, not the physics. Some stand for residuals of the
atmospheric correction near 2.0 µm.

The aims are a correlation ≥ 0.99 and an RMS ≤ 0.002 for classes that are on by default and deeper than 5 %, a correlation ≥ 0.97
for the shallower ones, and ≥ 0.95 for those that are off (°). {verdict}

| class | view | bands | depth | correlation | RMS |
|---|---|---:|---:|---:|---:|
{rows}

The {mixture} has no type spectrum, so there is nothing to compare it with: it is the sum, in the logarithm, of
the absorptions of Mg-smectite and those of Mg-olivine scaled to twice the depth of the smectite's deepest.

![type spectra (thin) and exemplars (coloured)](exemplars.png)
"""


def write_report(fits: list[Fit], path: Path, **settings: object) -> None:
    """The page, given how the fit was made: smoothing, correlation, rms, fewest, mixture."""
    missed = [fit.name for fit in fits if fit.type_spectrum is not None and not meets_aims(fit)]
    verdict = f"These miss them: {', '.join(missed)}." if missed else "All spectra meet them."
    rows = "\n".join(report_row(fit) for fit in fits)
    path.write_text(REPORT.format(verdict=verdict, rows=rows, **settings), encoding="utf-8")


def meets_aims(fit: Fit) -> bool:
    correlation, rms = aims_of(fit)
    return fit.correlation >= correlation and fit.rms <= rms


def report_row(fit: Fit) -> str:
    mark = "" if fit.mineral.default_on else "°"
    quality = "| – | –" if fit.type_spectrum is None else f"| {fit.correlation:.4f} | {fit.rms:.5f}"
    depth = 1 - fit.spectrum.min()
    return f"| {fit.mineral.code} {fit.mineral.name}{mark} | {fit.view} | {len(fit.bands)} | {depth:.3f} {quality} |"


def draw(classes: list[MineralClass], fits: list[Fit], path: Path) -> None:
    """Small multiples: type spectrum thin, exemplar in its colour, numerator above ratio above variants."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.rcParams.update({"font.size": 7, "axes.linewidth": 0.5, "xtick.major.width": 0.5, "font.family": "DejaVu Sans"})
    figure, axes = pyplot.subplots(8, 4, figsize=(9, 12.5), sharex=True, layout="constrained")
    for panel, mineral in zip(axes.flat, classes):
        pair = {fit.view: fit for fit in fits if fit.mineral == mineral}
        draw_panel(panel, mineral, pair)
    for panel in axes[-1]:
        panel.set_xlabel("wavelength (µm)")
    figure.supylabel("ratio to continuum; upper curve numerator, lower ratio, third a variant drawn as deep; offset", fontsize=8)
    figure.savefig(path, dpi=130, metadata={"Software": None})


def draw_panel(panel: Any, mineral: MineralClass, pair: dict[str, Fit]) -> None:
    from matplotlib import patheffects

    micrometres = WAVELENGTHS_NM / 1000
    depths = {view: 1 - fit.spectrum.min() for view, fit in pair.items()}
    deepest = max(depths[view] for view in TYPE_VIEWS)
    gap = 1.15 * deepest
    colour = np.array(mineral.rgb) / 255
    variants = [view for view in pair if view not in TYPE_VIEWS]
    offsets = {view: -gap * place for place, view in enumerate((*TYPE_VIEWS, *variants))}
    lowest = min(offsets.values())
    thin = "black" if lab(np.array(mineral.rgb))[0] > 40 else "white"
    edge = [patheffects.Stroke(linewidth=3.0, foreground="0.6"), patheffects.Normal()]
    for view, offset in offsets.items():
        fit = pair[view]
        scale = deepest / depths[view] if view in variants else 1.0
        if fit.type_spectrum is not None:
            panel.plot(micrometres, 1 - scale * (1 - fit.type_spectrum) + offset, color=thin, linewidth=0.6, zorder=3)
        panel.plot(micrometres, 1 - scale * (1 - fit.spectrum) + offset, color=colour, linewidth=2.4, path_effects=edge, zorder=2)
        panel.axhline(1 + offset, color="0.85", linewidth=0.5, zorder=1)
    panel.set_title(f"{mineral.code}  {mineral.name}{'' if mineral.default_on else '°'}", fontsize=7.5, loc="left", pad=2)
    panel.set_xlim(1.02, 2.61)
    panel.set_ylim(1 + lowest - 1.3 * gap, 1 + 0.25 * gap)
    panel.set_yticks([])
    panel.set_facecolor("0.97")
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    bar = scale_bar(gap)
    foot = 1 + lowest - 1.2 * gap
    panel.plot([1.04, 1.04], [foot, foot + bar], color="black", linewidth=1.2, solid_capstyle="butt")
    panel.text(1.055, foot + bar / 2, f"{100 * bar:g} %", va="center", fontsize=6)


def scale_bar(gap: float) -> float:
    """The largest round number that is not longer than half the gap."""
    return max(bar for bar in (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2) if bar <= 0.5 * gap)
