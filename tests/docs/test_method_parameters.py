"""The manual's table of the methods' parameters is that of their dataclasses."""

from __future__ import annotations

from method_parameters import PAGE, table


def test_the_page_has_the_table():
    """`python3 tools/method_parameters.py` writes it."""
    assert table() in PAGE.read_text(encoding="utf-8")
