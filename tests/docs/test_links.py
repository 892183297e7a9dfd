"""Every relative link in a Markdown page leads somewhere, and every path of the repository that a page names exists."""

from __future__ import annotations

from pathlib import Path

import links
import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = links.pages(ROOT)


def short(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_links_lead_somewhere(page):
    assert not list(links.broken_links(page))


@pytest.mark.parametrize("page", [page for page in PAGES if page.name != "CHANGELOG.md"], ids=short)
def test_named_paths_exist(page):
    assert not list(links.missing_paths(page, ROOT))


def test_the_rules_find_what_they_should(tmp_path):
    (tmp_path / "there.md").write_text("# A heading, with `code`\n", encoding="utf-8")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](gone.md) [c](there.md#a-heading-with-code) [d](there.md#none) [e](#none) ![f](gone.png)\n"
        "<https://example.org> [g](https://example.org/gone.md) [h](mailto:a@example.org) `[no](link.md)`\n"
        "\n    [code](code.md)\n```\n[code](code.md)\n```\n`core/errors.py` `tools/gone.py --all` `docs/`\n",
        encoding="utf-8",
    )
    assert list(links.broken_links(page)) == ["gone.md", "there.md#none", "#none", "gone.png"]
    assert list(links.missing_paths(page, ROOT)) == ["tools/gone.py"]
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "made.md").write_text("", encoding="utf-8")
    assert links.pages(tmp_path) == [page, tmp_path / "there.md"]
