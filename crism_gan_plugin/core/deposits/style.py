"""How deposits look in QGIS: the colours and names of their map, and a table that can be read, the largest deposit first."""

from __future__ import annotations

from collections.abc import Sequence

from ..mapping.legend import LegendEntry
from ..vectors.symbols import Category, categorized_qml, in_colour

#: Decimals that the table shows of a field; the layer has them all.
_DECIMALS = {"km2": 4, "mean_score": 3, "best_score": 3, "lead": 3, "lon": 4, "lat": 4}


def deposits_qml(entries: Sequence[LegendEntry]) -> str:
    """A complete QGIS style (QML) of polygons by their field ``code``; QGIS loads it by itself when it lies beside the layer."""
    fill = {"style": "solid", "joinstyle": "miter"}
    categories = [Category(str(entry.value), entry.label, {**in_colour(entry.rgb), **fill}) for entry in entries]
    fields = "\n".join(_field(*each) for each in _DECIMALS.items())
    table = f""" <fieldConfiguration>
{fields}
 </fieldConfiguration>
 <attributetableconfig sortExpression="&quot;km2&quot;" sortOrder="1" actionWidgetStyle="dropDown"/>
"""
    return categorized_qml("code", "long", "fill", categories, "Symbology|Fields|Forms|AttributeTable", table)


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
