"""How deposits look in QGIS: the colours and names of their map, and a table that can be read, the largest deposit first."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from ..errors import one_line
from ..mapping.legend import LegendEntry
from ..vectors.symbols import fill_symbol

#: Decimals that the table shows of a field; the layer has them all.
_DECIMALS = {"km2": 4, "mean_score": 3, "best_score": 3, "lead": 3, "lon": 4, "lat": 4}


def deposits_qml(entries: Sequence[LegendEntry]) -> str:
    """A complete QGIS style (QML) of polygons by their field ``code``; QGIS loads it by itself when it lies beside the layer."""
    categories = "\n".join(
        f'   <category value="{entry.value}" type="long" symbol="{number}" label={quoteattr(one_line(entry.label))} render="true"/>'
        for number, entry in enumerate(entries)
    )
    symbols = "\n".join(_symbol(number, entry) for number, entry in enumerate(entries))
    fields = "\n".join(_field(*each) for each in _DECIMALS.items())
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|Fields|Forms|AttributeTable">
 <renderer-v2 type="categorizedSymbol" attr="code" symbollevels="0" forceraster="0" enableorderby="0">
  <categories>
{categories}
  </categories>
  <symbols>
{symbols}
  </symbols>
 </renderer-v2>
 <fieldConfiguration>
{fields}
 </fieldConfiguration>
 <attributetableconfig sortExpression="&quot;km2&quot;" sortOrder="1" actionWidgetStyle="dropDown"/>
</qgis>
"""


def _field(name: str, decimals: int) -> str:
    return f"""  <field name="{name}" configurationFlags="None">
   <editWidget type="Range">
    <config>
     <Option type="Map">
      <Option type="int" name="Precision" value="{decimals}"/>
      <Option type="QString" name="Style" value="SpinBox"/>
     </Option>
    </config>
   </editWidget>
  </field>"""


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
    return fill_symbol(number, options)
