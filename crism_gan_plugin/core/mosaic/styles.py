"""How source index, overlap count and similarity look in QGIS."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

from ..mapping.legend import Patch, paletted_qml

RGB = tuple[int, int, int]

#: From few to many, and from unlike to alike: dark violet, blue, green, yellow (after Matplotlib's viridis).
_RAMP: tuple[RGB, ...] = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))

#: Successive hues are this part of the circle apart, so that neighbouring numbers never look alike.
_GOLDEN = 0.618033988749895

#: Below this no threshold is ever set: one colour serves.
_LEAST_SIMILARITY = 0.7


def source_qml(names: Sequence[str]) -> str:
    """A colour for each map, by its name; the values are 1, 2, …"""
    return paletted_qml([Patch(number, _distinct(number), 255, f"{number} {name}") for number, name in enumerate(names, 1)])


def count_qml(most: int) -> str:
    """A colour for each number of maps from 1 to ``most``."""
    return paletted_qml([Patch(n, _on_ramp((n - 1) / max(most - 1, 1)), 255, _maps(n)) for n in range(1, most + 1)])


def similarity_qml() -> str:
    """A ramp from no resemblance to 1."""
    steps = len(_RAMP) - 1
    values = [_LEAST_SIMILARITY + (1 - _LEAST_SIMILARITY) * step / steps for step in range(steps + 1)]
    items = "\n".join(
        f'      <item value="{value:g}" color="#{red:02x}{green:02x}{blue:02x}" alpha="255" label="{value:.2f}"/>'
        for value, (red, green, blue) in zip(values, _RAMP)
    )
    limits = f'classificationMin="{_LEAST_SIMILARITY:g}" classificationMax="1"'
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="AllStyleCategories" hasScaleBasedVisibilityFlag="0" maxScale="0" minScale="1e+08">
 <pipe>
  <rasterrenderer type="singlebandpseudocolor" band="1" opacity="1" alphaBand="-1" nodataColor="" {limits}>
   <rasterTransparency/>
   <minMaxOrigin>
    <limits>None</limits>
    <extent>WholeRaster</extent>
    <statAccuracy>Estimated</statAccuracy>
   </minMaxOrigin>
   <rastershader>
    <colorrampshader colorRampType="INTERPOLATED" classificationMode="1" clip="0" minimumValue="{_LEAST_SIMILARITY:g}"\
 maximumValue="1">
{items}
    </colorrampshader>
   </rastershader>
  </rasterrenderer>
  <brightnesscontrast brightness="0" contrast="0" gamma="1"/>
  <huesaturation colorizeOn="0" saturation="0" grayscaleMode="0"/>
  <rasterresampler maxOversampling="2"/>
 </pipe>
 <blendMode>0</blendMode>
</qgis>
"""


def _maps(number: int) -> str:
    return "1 map" if number == 1 else f"{number} maps"


def _distinct(number: int) -> RGB:
    hue, ring = number * _GOLDEN % 1, number // 8 % 3
    red, green, blue = colorsys.hsv_to_rgb(hue, (0.65, 0.9, 0.45)[ring], (0.9, 0.7, 0.95)[ring])
    return round(255 * red), round(255 * green), round(255 * blue)


def _on_ramp(share: float) -> RGB:
    place = share * (len(_RAMP) - 1)
    low = min(int(place), len(_RAMP) - 2)
    red, green, blue = (round(a + (place - low) * (b - a)) for a, b in zip(_RAMP[low], _RAMP[low + 1]))
    return red, green, blue
