"""The commands of the guide, read from its pages."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "guide"

#: In the order in which they are read; the first one makes what the others use.
_NAMES = ("first_map", "reading_a_map", "trr3_to_composite", "your_own_minerals", "ten_thousand_images")
PAGES = [GUIDE / f"{name}.md" for name in _NAMES]

#: The comment before a block whose files, or whose machines, nobody has who only reads the guide.
NEEDS_FILES = "<!-- needs real files -->\n"

_BLOCK = re.compile(rf"(?P<mark>{NEEDS_FILES})?^```(?P<language>bash|python)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_CORE = "python3 -m crism_gan_plugin.core "


@dataclass(frozen=True)
class Block:
    """Commands of one language, and whether they can be run without real files."""

    language: str
    text: str
    runs: bool


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in their order."""
    found = _BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(match["language"], match["text"], match["mark"] is None) for match in found]


def core_commands(text: str) -> list[list[str]]:
    """The words after ``python3 -m crism_gan_plugin.core`` in lines of shell."""
    return [shlex.split(line[len(_CORE) :]) for line in map(str.strip, text.splitlines()) if line.startswith(_CORE)]


def algorithms(text: str) -> list[tuple[str, dict[str, list[str]]]]:
    """(algorithm, values by parameter) of each ``qgis_process run`` in lines of shell."""
    found = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("qgis_process run "):
            words = shlex.split(line)
            values: dict[str, list[str]] = {}
            for word in words[words.index("--") + 1 :]:
                name, _, value = word.partition("=")
                values.setdefault(name, []).append(value)
            found.append((words[2], values))
    return found
