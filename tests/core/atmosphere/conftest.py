"""Volcano-scan records made by the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

LABEL = """PDS_VERSION_ID = PDS3
OBJECT = FILE
  ^IMAGE = "{name}.IMG"
  ^ROWNUM_TABLE = ("{name}.IMG", 439 )
  RECORD_TYPE = FIXED_LENGTH
  RECORD_BYTES = {record}
  FILE_RECORDS = {records}
  OBJECT = IMAGE
    LINES = {lines}
    LINE_SAMPLES = {columns}
    SAMPLE_TYPE = PC_REAL
    SAMPLE_BITS = 32
    BANDS = {bands}
    BAND_STORAGE_TYPE = LINE_INTERLEAVED
  END_OBJECT = IMAGE
END_OBJECT = FILE
END
"""


@pytest.fixture
def record(tmp_path: Path) -> Callable[..., Path]:
    """Write (lines, bands, columns) numbers and the bands' detector rows and blanks as the archive does."""

    def write(numbers: np.ndarray, rows: np.ndarray, name: str = "ADR10000000000_0A93E_VS30L_8", folder: Path = tmp_path) -> Path:
        lines, bands, columns = numbers.shape
        table = np.asarray(rows, ">u2").tobytes()
        table += b" " * (-len(table) % (4 * columns))
        image = folder / f"{name}.IMG"
        image.write_bytes(np.ascontiguousarray(numbers, "<f4").tobytes() + table)
        size = {"lines": lines, "bands": bands, "columns": columns, "record": 4 * columns}
        image.with_suffix(".LBL").write_text(
            LABEL.format(name=name, records=image.stat().st_size // size["record"], **size), encoding="ascii"
        )
        return image

    return write
