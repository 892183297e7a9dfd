"""The guide: every page has its place, every command has words that its program knows, and the pictures are small."""

from __future__ import annotations

import re

import pytest

from crism_gan_plugin import core
from tests.guide_support import GUIDE, PAGES, blocks

ROOT = GUIDE.parents[1]


def test_every_page_is_in_the_contents():
    contents = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    developers = (GUIDE / "developers.md").read_text(encoding="utf-8")
    trees = re.findall(r"^```\{toctree\}$(.*?)^```$", contents + developers, flags=re.MULTILINE | re.DOTALL)
    listed = {line.rsplit("/", 1)[-1] for tree in trees for line in tree.split()}
    there = {page.stem for folder in ("guide", "manual") for page in (ROOT / "docs" / folder).glob("*.md")}
    assert there <= listed
    assert {page.name for page in PAGES} <= set(re.findall(r"\(guide/(\w+\.md)\)", contents))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_blocks_that_are_run_or_says_why_not(page):
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^```(\S*)", text, flags=re.MULTILINE)[::2]
    assert set(fences) <= {"bash", "python", "{toctree}", "{eval-rst}"}
    assert len(blocks(page)) == sum(fence in ("bash", "python") for fence in fences)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"^ {4}\S", prose, flags=re.MULTILINE), "indented blocks are not run; fence them"


def test_the_reference_has_every_public_name():
    text = (GUIDE / "api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"^\.\. (?:auto\w+|data):: (\w+)$", text, flags=re.MULTILINE))
    assert shown == set(core.__all__)


def test_figures_of_the_pages_on_trust_stand_in_the_benchmarks():
    text = "".join((GUIDE / page).read_text(encoding="utf-8") for page in ("trust.md", "tested.md"))
    text, _, versions = text.partition("The tests run with three versions")
    figures = set(re.findall(r"\b\d+\.\d+\b(?= %| \||;|,| by| of| and| are| in| to)", text.replace("[", "")))
    pages = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "benchmarks").rglob("*.md"))
    assert len(figures) > 10 and versions
    assert [figure for figure in sorted(figures) if not re.search(rf"(?<!\d){re.escape(figure)}(?!\d)", pages)] == []


def test_pictures_are_used_and_small():
    used = {name for page in ROOT.rglob("docs/**/*.md") for name in re.findall(r"pictures/(\w+\.png)", page.read_text("utf-8"))}
    pictures = {file.name: file.stat().st_size for file in (GUIDE / "pictures").iterdir()}
    assert used == set(pictures)
    assert max(pictures.values()) < 400_000
