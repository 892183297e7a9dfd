"""How footprints look in QGIS: outlines, by how far each product has come."""

from __future__ import annotations

from ..vectors.symbols import fill_symbol

#: The first letters of a state, its name in the legend, and its colour.
_STATES = (("fetche", "fetched", "63,145,66"), ("not fe", "not fetched", "44,111,187"), ("failed", "failed", "201,48,44"))


def footprints_qml() -> str:
    """A complete QGIS style (QML); QGIS loads it by itself when it lies beside the layer."""
    categories = "\n".join(
        f'   <category value="{value}" type="string" symbol="{number}" label="{label}" render="true"/>'
        for number, (value, label, _) in enumerate(_STATES)
    )
    symbols = "\n".join(_symbol(number, rgb) for number, (_, _, rgb) in enumerate(_STATES))
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|AttributeTable">
 <renderer-v2 type="categorizedSymbol" attr="left(&quot;state&quot;, 6)" symbollevels="0" forceraster="0" enableorderby="0">
  <categories>
{categories}
  </categories>
  <symbols>
{symbols}
  </symbols>
 </renderer-v2>
</qgis>
"""


def _symbol(number: int, rgb: str) -> str:
    options = {
        "color": f"{rgb},40",
        "style": "solid",
        "outline_color": f"{rgb},255",
        "outline_style": "solid",
        "outline_width": "0.4",
    }
    return fill_symbol(number, options)
