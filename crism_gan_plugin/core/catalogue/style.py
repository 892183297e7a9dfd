"""How the layer of detections looks in QGIS: a point for each, in the colours of the maps' legends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from ..errors import one_line

#: What a detection is called in the legend, as an expression of QGIS.
_LABEL = "concat(&quot;class&quot;, if(&quot;level&quot; = 'guess', ' (guess)', ''))"


@dataclass(frozen=True)
class DetectedClass:
    """A class and level that occur, and their colour."""

    name: str
    level: str
    rgb: tuple[int, int, int]

    @property
    def label(self) -> str:
        """What the legend calls it."""
        return f"{self.name} (guess)" if self.level == "guess" else self.name


def detections_qml(classes: Sequence[DetectedClass]) -> str:
    """A complete QGIS style (QML); QGIS loads it by itself when it lies beside the layer."""
    categories = "\n".join(
        f'   <category value={quoteattr(one_line(each.label))} type="string" symbol="{number}" '
        f'label={quoteattr(one_line(each.label))} render="true"/>'
        for number, each in enumerate(classes)
    )
    symbols = "\n".join(_symbol(number, each) for number, each in enumerate(classes))
    return f"""<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.0" styleCategories="Symbology|AttributeTable">
 <renderer-v2 type="categorizedSymbol" attr="{_LABEL}" symbollevels="0" forceraster="0" enableorderby="0">
  <categories>
{categories}
  </categories>
  <symbols>
{symbols}
  </symbols>
 </renderer-v2>
</qgis>
"""


def _symbol(number: int, each: DetectedClass) -> str:
    options = {
        "name": "circle",
        "color": ",".join(map(str, (*each.rgb, 255))),
        "outline_color": ",".join(map(str, (*(channel * 3 // 5 for channel in each.rgb), 255))),
        "outline_style": "solid",
        "outline_width": "0.2",
        "outline_width_unit": "MM",
        "size": "2.4" if each.level == "identification" else "1.8",
        "size_unit": "MM",
    }
    lines = "\n".join(f'      <Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items())
    return f"""   <symbol name="{number}" type="marker" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
     <Option type="Map">
{lines}
     </Option>
    </layer>
   </symbol>"""
