"""What a pixel is and why, in words: the text below the plots."""

from __future__ import annotations

from html import escape

from ...core.inspection import PixelEvidence, Place
from ...core.inspection.table import scale_name


def describe(name: str, found: PixelEvidence) -> str:
    """HTML of a few lines."""
    lines = [f"<b>{escape(name)}: {escape(found.title)}</b> (code {found.code}){_on_the_map(found)}"]
    lines.append(escape(where(found.place)))
    if found.best:
        decides = scale_name(found.deciding.size, found.place.pixels)
        needed = f", {found.least_lead:g} needed to identify" if found.least_lead else ""
        lines.append(f"similarity {found.score:.3f}, lead {found.lead:.3f}{needed}; decided by: {escape(decides)}")
    noise = ", ".join(f"{scale_name(each.size, found.place.pixels)} {100 * each.noise:.2f} %" for each in found.scales)
    lines.append(f"noise: {escape(noise)}")
    against = [scale_name(each.size, found.place.pixels) for each in found.scales if each.contradicted]
    if against:
        lines.append(f"the pixel's own spectrum contradicts: {escape(', '.join(against))}")
    if found.ground is not None:
        lines.append(f"neutral ratio: {escape(found.ground.agreement)}")
    lines += [f"<span style='color:#b03010'>{escape(warning)}</span>" for warning in found.warnings]
    return "<br>".join(lines)


def where(place: Place) -> str:
    """Scene, pixel and degrees."""
    text = place.scene
    if place.line is None:
        text += f", mean of the deposit's {place.pixels} pixels"
    else:
        text += f", line {place.line}, sample {place.sample}"
        text += "" if place.pixels == 1 else f" (middle of {place.pixels} pixels)"
    if place.latitude is None or place.longitude is None:
        return text
    side = "N" if place.latitude >= 0 else "S"
    return f"{text}; {abs(place.latitude):.4f}° {side}, {place.longitude % 360:.4f}° E"


def _on_the_map(found: PixelEvidence) -> str:
    return "" if found.map_code in (None, found.code) else f", on the map {found.map_code}"
