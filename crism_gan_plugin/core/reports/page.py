"""The page as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

import numpy as np

from ..inspection.absorptions import COMMON
from ..provenance import UNCORRECTED
from .listed import MOST_PIXELS
from .sections import (
    PageContents,
    classes_section,
    limits_section,
    making_section,
    map_section,
    mineral_section,
    overlap_section,
)
from .stylesheet import STYLE
from .text import degrees, escaped, whole

#: Nothing is fetched and nothing runs, whatever a file has for a name.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_PAGE = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width"><title>$title</title><style>$style</style></head><body>
<header><h1>$title</h1><p class="of">$of</p>$warnings</header>
$map
$classes
<section><h2>Minerals and their largest deposits</h2>
<p class="caption">$how</p></section>
$minerals
$limits
$overlap
$making
<section><h2>Notes</h2>$notes<p class="note">Report made $when by CRISM GAN $version. Method: Saranathan and Parente (2021),
Icarus 355, 114107.</p></section>
</body></html>
""")

_HOW = (
    "A deposit is a connected patch of pixels of one class and level; pixels that share a corner are connected. Shown are the "
    "three largest; streaks of one detector column come last. Lines are medians, bands reach from the lower to the upper "
    "quartile, over {most} pixels at most, drawn at random and the same in every report. Spectra are those of single pixels, as "
    "the map saw them. Black: the exemplars that most pixels were matched with. Dotted: where common absorptions are "
    "({absorptions} µm). Small deposits are also shown as they are on the map, pixel by pixel."
)


def page(found: PageContents, with_figures: int, when: str, versions: Mapping[str, str]) -> str:
    """The page (HTML); so many minerals have figures."""
    subject = found.subject
    name = subject.source.map.product_id or subject.source.map.path.name
    title = escaped(f"Minerals of {name}")
    minerals = [mineral_section(found, each, place < with_figures) for place, each in enumerate(found.minerals)]
    if not minerals:
        minerals.append("<p>No pixel of the map has a mineral.</p>")
    notes = [*subject.source.notes, *subject.missing]
    if len(found.minerals) > with_figures:
        notes.append(f"only the first {with_figures} of {len(found.minerals)} minerals have figures, to keep the page small")
    return _PAGE.substitute(
        policy=_POLICY,
        style=STYLE,
        title=title,
        of=_about(found),
        warnings="".join(f'<p class="warning">{escaped(line)}</p>' for line in _warnings(found)),
        map=map_section(found),
        classes=classes_section(found),
        how=_HOW.format(most=MOST_PIXELS, absorptions=", ".join(f"{nm / 1000:g}" for nm, _ in COMMON)),
        minerals="\n".join(minerals),
        limits=limits_section(subject.limits),
        overlap=overlap_section(subject.record),
        making=making_section(subject.record),
        notes="".join(f'<p class="note">{escaped(note)}</p>' for note in notes),
        when=escaped(when),
        version=escaped(versions.get("crism_gan", "")),
    )


def _about(found: PageContents) -> str:
    """What the map is, in a line."""
    source = found.subject.source
    kind = "Composite of mineral maps" if found.subject.is_composite else "Mineral map"
    words = [f"{kind} {escaped(source.map.path.name)}", f"{whole(source.map.lines)} lines × {whole(source.map.samples)} samples"]
    if source.projection is not None:
        middle = source.place.to_map(np.array(source.map.samples / 2), np.array(source.map.lines / 2))
        centre = source.projection.to_degrees(*middle)
        words.append(f"centre {degrees(*(float(each) for each in centre))}")
    else:
        words.append("in sensor space")
    return "; ".join(words)


def _warnings(found: PageContents) -> list[str]:
    said = found.subject.record.get("warnings")
    lines = [str(each) for each in said] if isinstance(said, list) else []
    if found.subject.source.map.uncorrected and not any(UNCORRECTED in line for line in lines):
        lines.insert(0, f"{UNCORRECTED}; do not trust what the map shows")
    return lines
