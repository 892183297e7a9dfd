"""The legend of a class raster: what every code means and how it is painted, and the QGIS style that says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Optional
from xml.sax.saxutils import quoteattr

from ..errors import one_line
from ..libraries.colours import guess_tint
from ..libraries.exemplars import ExemplarLibrary, MineralClass
from ..rasters.class_table import NOT_MINERAL
from .levels import ARTEFACT, GUESS_OFFSET, UNLISTED

RGB = tuple[int, int, int]

#: From few to many, and from unlike to alike: dark violet, blue, green, yellow (after Matplotlib's viridis).
RAMP: tuple[RGB, ...] = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))

#: A value that no pixel has: carries a warning as the legend's first line.
_WARNING_VALUE = 254

_STYLE = """<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="AllStyleCategories" hasScaleBasedVisibilityFlag="0" maxScale="0" minScale="1e+08">
 <pipe>
{provider}  <rasterrenderer type="{kind}" {bands} opacity="1" alphaBand="-1" nodataColor=""{limits}>
   <rasterTransparency/>
   <minMaxOrigin>
    <limits>None</limits>
    <extent>WholeRaster</extent>
    <statAccuracy>Estimated</statAccuracy>
   </minMaxOrigin>
{colours}
  </rasterrenderer>
  <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
  <huesaturation colorizeOn="0" saturation="0" grayscaleMode="0"/>
  <rasterresampler maxOversampling="2"/>
 </pipe>
 <blendMode>0</blendMode>
</qgis>
"""

#: Codes have no values between them.
_NEAREST = """  <provider>
   <resampling enabled="false" maxOversampling="2" zoomedInResamplingMethod="nearestNeighbour"\
 zoomedOutResamplingMethod="nearestNeighbour"/>
  </provider>
"""


@dataclass(frozen=True)
class LegendEntry:
    """One code of the class raster; ``level`` is "identification" or "guess", or `NOT_MINERAL` for what is no class."""

    value: int
    mineral: str
    level: str
    rgb: RGB

    @property
    def label(self) -> str:
        return f"{self.mineral} (guess)" if self.level == "guess" else self.mineral


#: What a map has besides classes, if it was asked for.
BESIDES = (
    LegendEntry(ARTEFACT, "instrument artefact", NOT_MINERAL, (60, 60, 75)),
    LegendEntry(UNLISTED, "unlisted absorption", NOT_MINERAL, (255, 0, 75)),
)


def legend_entries(library: ExemplarLibrary, occurring: Optional[Iterable[int]] = None) -> list[LegendEntry]:
    """Every class's identification and guess, in the library's order; only codes in ``occurring`` when it is given."""
    return entries_of(library.classes, occurring)


def entries_of(classes: Iterable[MineralClass], occurring: Optional[Iterable[int]] = None) -> list[LegendEntry]:
    """As `legend_entries`, of classes that may have come from several libraries."""
    entries = []
    for mineral in classes:
        entries.append(LegendEntry(mineral.code, mineral.name, "identification", mineral.rgb))
        entries.append(LegendEntry(mineral.code + GUESS_OFFSET, mineral.name, "guess", guess_tint(mineral.rgb)))
    wanted = None if occurring is None else set(occurring)
    return [entry for entry in entries if wanted is None or entry.value in wanted]


@dataclass(frozen=True)
class Patch:
    """One line of a legend: a value of the raster, its colour and opacity (0 … 255), and what it is called."""

    value: int
    rgb: RGB
    alpha: int
    label: str


def style_qml(entries: Iterable[LegendEntry], warning: Optional[str] = None) -> str:
    """A complete QGIS style (QML) of a class raster; QGIS loads it by itself when it lies beside the raster.

    Parameters
    ----------
    warning
        Shown as the first line of the legend, on a transparent patch.
    """
    patches = [Patch(_WARNING_VALUE, (255, 255, 255), 0, warning)] if warning else []
    return paletted_qml([*patches, *(Patch(entry.value, entry.rgb, 255, entry.label) for entry in entries)])


def paletted_qml(patches: Iterable[Patch]) -> str:
    """A complete QGIS style (QML) of a raster whose values have colours and names of their own."""
    palette = "\n".join(_palette_entry(patch) for patch in patches)
    return _STYLE.format(
        provider=_NEAREST, kind="paletted", bands='band="1"', limits="", colours=f"   <colorPalette>\n{palette}\n   </colorPalette>"
    )


def _palette_entry(patch: Patch) -> str:
    colour = "#{:02x}{:02x}{:02x}".format(*patch.rgb)
    return (
        f'    <paletteEntry value="{patch.value}" color="{colour}" alpha="{patch.alpha}" label={quoteattr(one_line(patch.label))}/>'
    )


@dataclass(frozen=True)
class Step:
    """One line of a legend of numbers: the largest value that it stands for, its colour and opacity (0 … 255), and its name."""

    upto: float
    rgb: RGB
    alpha: int
    label: str


def ramp_qml(low: float, high: float, band: int = 1) -> str:
    """A complete QGIS style (QML) of a raster's band, counted from 1: colours from ``low`` to ``high``, and the same beyond."""
    steps = len(RAMP) - 1
    values = [low + (high - low) * step / steps for step in range(steps + 1)]
    return _shaded_qml(band, "INTERPOLATED", low, [Step(value, rgb, 255, f"{value:.2f}") for value, rgb in zip(values, RAMP)])


def steps_qml(band: int, steps: Sequence[Step]) -> str:
    """A complete QGIS style (QML) of a raster's band, counted from 1: one colour for all values up to each step's."""
    return _shaded_qml(band, "DISCRETE", 0.0, steps)


def rgb_qml(bands: Sequence[int], limits: Sequence[tuple[float, float]]) -> str:
    """A complete QGIS style (QML) of three bands, counted from 1, as red, green and blue, each from dark to bright."""
    colours = ("red", "green", "blue")
    parts = [
        f"   <{colour}ContrastEnhancement>\n    <minValue>{low:.6g}</minValue>\n    <maxValue>{high:.6g}</maxValue>\n"
        f"    <algorithm>StretchToMinimumMaximum</algorithm>\n   </{colour}ContrastEnhancement>"
        for colour, (low, high) in zip(colours, limits)
    ]
    named = " ".join(f'{colour}Band="{band}"' for colour, band in zip(colours, bands))
    return _STYLE.format(provider="", kind="multibandcolor", bands=named, limits="", colours="\n".join(parts))


def _shaded_qml(band: int, kind: str, low: float, steps: Sequence[Step]) -> str:
    high = steps[-1].upto
    items = "\n".join(
        f'      <item value="{step.upto:g}" color="#{red:02x}{green:02x}{blue:02x}" alpha="{step.alpha}" label="{step.label}"/>'
        for step in steps
        for red, green, blue in [step.rgb]
    )
    limits = f' classificationMin="{low:g}" classificationMax="{high:g}"'
    shader = f"""   <rastershader>
    <colorrampshader colorRampType="{kind}" classificationMode="1" clip="0" minimumValue="{low:g}" maximumValue="{high:g}">
{items}
    </colorrampshader>
   </rastershader>"""
    return _STYLE.format(provider="", kind="singlebandpseudocolor", bands=f'band="{band}"', limits=limits, colours=shader)
