"""The summary of the benchmarks says what their pages say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
NUMBER = re.compile(r"(?<![\d.,])\d(?:[\d,]*\d)?(?:\.\d+)?(?![\d])")


def rows() -> list[list[str]]:
    """The cells of the summary's rows: what, against whom, figure, ratio, command, page."""
    lines = (BENCHMARKS / "README.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells if "](pages/" in row[-1]]


def page_of(row: list[str]) -> Path:
    return BENCHMARKS / re.findall(r"\((pages/\w+\.md)\)", row[-1])[0]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_figures_of_the_summary_stand_on_the_page(row):
    page = page_of(row).read_text(encoding="utf-8")
    there = set(NUMBER.findall(page))
    assert not [figure for figure in NUMBER.findall(row[2]) if figure not in there]
    command = row[4].strip("`")
    assert command.split(" --")[0] in page
    script = re.findall(r"benchmarks/\w+\.py", command)
    assert script == [] or (BENCHMARKS.parent / script[0]).is_file()


def test_every_page_is_in_the_summary():
    assert {page_of(row) for row in rows()} == set((BENCHMARKS / "pages").glob("*.md"))
