"""CITATION.cff keeps the rules of the Citation File Format 1.2, and names who metadata.txt names."""

from __future__ import annotations

import re
from pathlib import Path

import package
import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
GENERAL = package.metadata(ROOT)
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))

#: Keys that the format has, as far as we use them: those of the file, of its references, of persons and of entities.
KEYS = {
    *("cff-version", "message", "title", "abstract", "type", "version", "license", "authors", "repository-code", "url"),
    *("keywords", "references", "date-released", "doi"),
}
REFERENCE_KEYS = {"type", "title", "authors", "journal", "volume", "start", "end", "year", "doi"}
PERSON = {"family-names", "given-names", "affiliation", "orcid", "email"}
ENTITY = {"name", "email", "website"}


def test_the_file_has_what_the_format_asks_for():
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION.keys() <= KEYS
    assert {"message", "title", "authors"} <= CITATION.keys()
    assert CITATION["type"] == "software"
    assert isinstance(CITATION["version"], str)
    assert CITATION["license"] == "GPL-2.0-or-later"


@pytest.mark.parametrize("author", [author for work in (CITATION, *CITATION["references"]) for author in work["authors"]], ids=str)
def test_authors_are_persons_or_entities(author):
    assert author
    assert all(isinstance(value, str) and value for value in author.values())
    assert author.keys() <= PERSON or ("name" in author and author.keys() <= ENTITY)


@pytest.mark.parametrize("work", CITATION["references"], ids=lambda work: work["title"])
def test_references_are_articles_that_can_be_found(work):
    assert {"type", "title", "authors"} <= work.keys() <= REFERENCE_KEYS
    assert work["type"] == "article"
    assert isinstance(work["year"], int)
    assert isinstance(work["volume"], str) and isinstance(work["start"], str)
    assert re.fullmatch(r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+", work["doi"])


def test_authors_and_addresses_are_those_of_metadata():
    assert CITATION["authors"] == [{"name": GENERAL["author"], "email": GENERAL["email"]}]
    assert CITATION["repository-code"] == GENERAL["repository"]
    assert CITATION["url"] == GENERAL["homepage"]


@pytest.mark.parametrize("name", ["SECURITY.md", "CODE_OF_CONDUCT.md"])
def test_pages_give_the_same_address(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert set(re.findall(r"[\w.+-]+@[\w.-]+\w", text)) == {GENERAL["email"]}
