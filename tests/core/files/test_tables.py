"""Tables as CSV: quoted where cells need it, and one clear line where they cannot be written."""

from __future__ import annotations

import csv

import pytest

from crism_gan_plugin.core.errors import OutputError
from crism_gan_plugin.core.files.tables import table_text, write_table

ROWS = [["class", "km²"], ["Ca, Fe", 1.5], ['a "mixture"', ""]]


def test_a_table_is_read_back_as_it_was(tmp_path):
    write_table(tmp_path / "t.csv", ROWS)
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["class", "km²"], ["Ca, Fe", "1.5"], ['a "mixture"', ""]]


def test_text_has_a_line_for_each_row():
    assert table_text(ROWS) == 'class,km²\n"Ca, Fe",1.5\n"a ""mixture""",\n'


def test_a_table_that_cannot_be_written_is_told_of(tmp_path):
    with pytest.raises(OutputError, match=r"t\.csv: cannot be written \(.*\); free some disk space"):
        write_table(tmp_path / "none" / "t.csv", ROWS)
