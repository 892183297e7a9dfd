"""Symbols of polygons, as the styles (QML) of layers have them."""

from __future__ import annotations

from collections.abc import Mapping


def fill_symbol(number: int, options: Mapping[str, str]) -> str:
    """The symbol with this number: a simple fill with QGIS's options, such as ``{"color": "255,0,0,255"}``."""
    lines = "\n".join(f'      <Option type="QString" name="{name}" value="{value}"/>' for name, value in options.items())
    return f"""   <symbol name="{number}" type="fill" alpha="1" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
{lines}
     </Option>
    </layer>
   </symbol>"""
