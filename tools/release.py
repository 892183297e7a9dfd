"""Makes what a release consists of, in build/: the zip for QGIS and the release notes. Standard library only.

Nothing is made where a check fails: one version everywhere, no entries under *Unreleased*, pages whose links lead somewhere, and
a zip that the QGIS plugin repository takes.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import links
import package

ROOT = Path(__file__).resolve().parents[1]

#: Where the version stands besides metadata.txt, and how.
VERSIONS = {
    "pyproject.toml": re.compile(r'^version = "([^"]+)"$', re.MULTILINE),
    "CITATION.cff": re.compile(r"^version: (\S+)$", re.MULTILINE),
    "CHANGELOG.md": re.compile(r"^## (\d\S*)$", re.MULTILINE),
}


def faults(root: Path) -> list[str]:
    """What stands against a release of the repository as it is; empty when nothing does."""
    version = package.metadata(root)["version"]
    found = [
        f"{name}: the version is {there}, but {version} in metadata.txt"
        for name, pattern in VERSIONS.items()
        if (there := _first(pattern, (root / name).read_text(encoding="utf-8"))) != version
    ]
    if section(root / "CHANGELOG.md", "Unreleased"):
        found.append("CHANGELOG.md: there are entries under Unreleased; give them the version of the release")
    if not section(root / "CHANGELOG.md", version):
        found.append(f"CHANGELOG.md: nothing is said about version {version}")
    for page in links.pages(root):
        name = page.relative_to(root)
        found += [f"{name}: the link {link} leads nowhere" for link in links.broken_links(page)]
        if name.name != "CHANGELOG.md":
            found += [f"{name}: there is no {path}" for path in links.missing_paths(page, root)]
    return found


def section(changelog: Path, title: str) -> str:
    """The text below a heading of the list of changes; empty where there is none."""
    parts = re.split(r"^## (.+)$", changelog.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], (text.strip() for text in parts[2::2]))).get(title, "")


def notes(root: Path, archive: Path) -> str:
    """The release notes: what has changed, and how to know that a zip is this one."""
    version = package.metadata(root)["version"]
    checksum = hashlib.sha256(archive.read_bytes()).hexdigest()
    return f"# CRISM GAN {version}\n\n{section(root / 'CHANGELOG.md', version)}\n\n`{archive.name}`, SHA-256 `{checksum}`\n"


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group(1) if match else "missing"


def main() -> None:
    if found := faults(ROOT):
        sys.exit("\n".join(found))
    archive = package.make_zip(package.stage())
    if found := package.faults(archive):
        archive.unlink()
        sys.exit("\n".join(found))
    page = archive.parent / f"release-notes-{package.metadata(ROOT)['version']}.md"
    page.write_text(notes(ROOT, archive), encoding="utf-8")
    for made in (archive, page):
        print(made.relative_to(ROOT))


if __name__ == "__main__":
    main()
