"""Links and paths in the repository's Markdown pages that lead nowhere. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

NOT_OURS = {"build", "demo", "node_modules"}
LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
#: Text in backquotes that begins with a folder of the repository or of the package, up to the first blank
NAMED_PATH = re.compile(r"`((?:benchmarks|docs|tools|tests|model_weights|crism_gan_plugin|core|processing|gui|resources)/[\w./-]+)")


def pages(root: Path) -> list[Path]:
    """The Markdown files below a folder, without those of folders that are built or hidden (but for .github)."""

    def ours(file: Path) -> bool:
        folders = file.relative_to(root).parts[:-1]
        return not any(part in NOT_OURS or (part.startswith(".") and part != ".github") for part in folders)

    return sorted(file for file in root.rglob("*.md") if ours(file))


def broken_links(page: Path) -> Iterator[str]:
    """The relative links of a page that lead to no file or folder, or to no heading of one."""
    text = re.sub(r"`[^`\n]*`", "", _without_blocks(page.read_text(encoding="utf-8")))
    for link in LINK.findall(text):
        if ELSEWHERE.match(link):
            continue
        name, _, anchor = unquote(link).partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            yield link


def missing_paths(page: Path, root: Path) -> Iterator[str]:
    """The paths that a page names in backquotes and that neither the repository nor its package has."""
    for path in NAMED_PATH.findall(page.read_text(encoding="utf-8")):
        places = (root / path, root / "crism_gan_plugin" / path, root / "crism_gan_plugin" / f"{path}.py")
        if not any(place.exists() for place in places):
            yield path


def _without_blocks(text: str) -> str:
    """A page without its blocks of code, in which brackets are no links."""
    return re.sub(r"^```.*?^```|^(?: {4}|\t).*?$", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+\s+(.*?)\s*#*$", _without_blocks(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
