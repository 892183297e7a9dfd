"""How categories of polygons and points look in QGIS: symbols, and the style (QML) of a layer that has one for each category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from ..errors import one_line

#: By the kind of a symbol: QGIS's name of what draws it.
_LAYERS = {"fill": "SimpleFill", "marker": "SimpleMarker"}


@dataclass(frozen=True)
class Category:
    """What features of one value are called in the legend, and how they are drawn.

    Attributes
    ----------
    value
        The value.
    label
        Its name in the legend.
    options
        QGIS's options of the symbol, such as ``{"color": "255,0,0,255"}``.
    """

    value: str
    label: str
    options: Mapping[str, str]


def categorized_qml(
    expression: str,
    value_type: str,
    symbol: str,
    categories: Sequence[Category],
    parts: str = "Symbology|AttributeTable",
    more: str = "",
) -> str:
    """A complete QGIS style (QML); QGIS loads it by itself when it lies beside the layer.

    Parameters
    ----------
    expression
        A field, or an expression of QGIS, that gives each feature's value.
    value_type
        QGIS's name of the values' type: ``string`` or ``long``.
    symbol
        ``fill`` (polygons) or ``marker`` (points).
    parts
        What the style tells of the layer, in QGIS's words.
    more
        Lines of the style besides the symbols; each ends with a line break.
    """
    entries = "\n".join(
        f'   <category value={quoteattr(one_line(each.value))} type="{value_type}" symbol="{number}" '
        f'label={quoteattr(one_line(each.label))} render="true"/>'
        for number, each in enumerate(categories)
    )
    symbols = "\n".join(_symbol(symbol, number, each.options) for number, each in enumerate(categories))
    attribute = escape(expression, {'"': "&quot;"})
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="{parts}">
 <renderer-v2 type="categorizedSymbol" attr="{attribute}" symbollevels="0" forceraster="0" enableorderby="0">
  <categories>
{entries}
  </categories>
  <symbols>
{symbols}
  </symbols>
 </renderer-v2>
{more}</qgis>
"""


def in_colour(rgb: tuple[int, int, int]) -> dict[str, str]:
    """Options of a symbol in a colour of the legend, with a darker outline."""
    return {
        "color": ",".join(map(str, (*rgb, 255))),
        "outline_color": ",".join(map(str, (*(channel * 3 // 5 for channel in rgb), 255))),
        "outline_style": "solid",
        "outline_width": "0.2",
        "outline_width_unit": "MM",
    }


def _symbol(kind: str, number: int, options: Mapping[str, str]) -> str:
    lines = "\n".join(f'      <Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items())
    return f"""   <symbol name="{number}" type="{kind}" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="{_LAYERS[kind]}" enabled="1" locked="0" pass="0">
     <Option type="Map">
{lines}
     </Option>
    </layer>
   </symbol>"""
