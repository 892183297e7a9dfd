"""Records of decisions have numbers of their own, the same three parts, and a place in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "decisions"
RECORDS = sorted(FOLDER.glob("[0-9]*.md"))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_has_its_number_and_three_parts(record):
    number, text = record.name[:3], record.read_text(encoding="utf-8")
    assert text.startswith(f"# {number}. ")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Decision", "Consequence"]


def test_numbers_are_unique():
    numbers = [record.name[:3] for record in RECORDS]
    assert sorted(set(numbers)) == numbers


def test_the_index_has_each_record_once():
    links = re.findall(r"\]\((\d{3}-[\w-]+\.md)\)", (FOLDER / "README.md").read_text(encoding="utf-8"))
    assert sorted(links) == [record.name for record in RECORDS]
