"""How deposits look in QGIS: the colours and names of their map."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from ..errors import one_line
from ..mapping.legend import LegendEntry


def deposits_qml(entries: Sequence[LegendEntry]) -> str:
    """A complete QGIS style (QML) of polygons by their field ``code``; QGIS loads it by itself when it lies beside the layer."""
    categories = "\n".join(
        f'   <category value="{entry.value}" type="long" symbol="{number}" label={quoteattr(one_line(entry.label))} render="true"/>'
        for number, entry in enumerate(entries)
    )
    symbols = "\n".join(_symbol(number, entry) for number, entry in enumerate(entries))
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology">
 <renderer-v2 type="categorizedSymbol" attr="code" symbollevels="0" forceraster="0" enableorderby="0">
  <categories>
{categories}
  </categories>
  <symbols>
{symbols}
  </symbols>
 </renderer-v2>
</qgis>
"""


def _symbol(number: int, entry: LegendEntry) -> str:
    fill = ",".join(map(str, (*entry.rgb, 255)))
    line = ",".join(map(str, (*(channel * 3 // 5 for channel in entry.rgb), 255)))
    options = {
        "color": fill,
        "style": "solid",
        "outline_color": line,
        "outline_style": "solid",
        "outline_width": "0.2",
        "outline_width_unit": "MM",
        "joinstyle": "miter",
    }
    lines = "\n".join(f'      <Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items())
    return f"""   <symbol name="{number}" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
{lines}
     </Option>
    </layer>
   </symbol>"""
