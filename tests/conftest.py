"""What all tests share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real data: ``CRISM_TEST_DATA``, else ``../shared/data`` beside the repository; skips where there is none."""
    folder = Path(os.environ.get("CRISM_TEST_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real data in {folder} (set CRISM_TEST_DATA)")
    return folder


#: From (bands, lines, samples) to the order of axes in a file.
AXES = {"bil": (1, 0, 2), "bip": (1, 2, 0), "bsq": (0, 1, 2)}

ENVI_TYPES = {"u1": 1, "i2": 2, "i4": 3, "f4": 4, "f8": 5, "c8": 6, "u2": 12}


@pytest.fixture(scope="session")
def envi_image() -> Callable[..., Path]:
    """A function that writes (bands, lines, samples) numbers as an ENVI image with header, and gives the image's path."""

    def write(
        folder: Path, numbers: np.ndarray, interleave: str = "bil", more: str = "", name: str = "x.img", offset: int = 0
    ) -> Path:
        bands, lines, samples = numbers.shape
        image = folder / name
        image.write_bytes(b"\1" * offset + np.ascontiguousarray(numbers.transpose(AXES[interleave])).tobytes())
        image.with_suffix(".hdr").write_text(
            f"ENVI\ndescription = {{a cube,\n made by a test}}\nsamples = {samples}\nlines = {lines}\nbands = {bands}\n"
            f"header offset = {offset}\nfile type = ENVI Standard\ndata type = {ENVI_TYPES[numbers.dtype.str[1:]]}\n"
            f"interleave = {interleave}\nbyte order = {int(numbers.dtype.str[0] == '>')}\n{more}\n"
        )
        return image

    return write


TRR3_LABEL = """PDS_VERSION_ID = PDS3
/* made by a test: what matters of a TRR3 label */
PRODUCT_ID = "{stem}"
MRO:SENSOR_ID = "{stem[19]}"
MRO:WAVELENGTH_FILE_NAME = "{table}"
OBJECT = FILE
  ^IMAGE = {pointer}
  ^ROWNUM_TABLE = ("{stem}.IMG", 9)
  RECORD_TYPE = FIXED_LENGTH
  RECORD_BYTES = {record}
  FILE_RECORDS = {records}
  OBJECT = IMAGE
    LINES = {lines}
    LINE_SAMPLES = {samples}
    SAMPLE_TYPE = PC_REAL
    SAMPLE_BITS = 32
    UNIT = "I_OVER_F"
    BANDS = {bands}
    BAND_STORAGE_TYPE = LINE_INTERLEAVED
  END_OBJECT = IMAGE
END_OBJECT = FILE
OBJECT = FILE
  ^TRDR_HK_TABLE = "{stem}.TAB"
  RECORD_TYPE = FIXED_LENGTH
  RECORD_BYTES = 1221
  FILE_RECORDS = {lines}
END_OBJECT = FILE
END
"""


@pytest.fixture(scope="session")
def trr3_product() -> Callable[..., Path]:
    """A function that writes (bands, lines, samples) numbers as a TRR3, image with table of rows, and gives its label's path."""

    def write(
        folder: Path,
        numbers: np.ndarray,
        stem: str = "FRT0000ABCD_07_IF164L_TRR3",
        table: str = "CDR450000000001_WA0300000L_3.IMG",
        quoted: bool = True,
        small: bool = True,
    ) -> Path:
        bands, lines, samples = numbers.shape
        name = stem.lower() if small else stem
        cube = np.ascontiguousarray(numbers.transpose(AXES["bil"]), "<f4").tobytes()
        record = samples * 4
        rows = np.arange(bands, dtype=">u2").tobytes()
        rows += b"\0" * (-len(rows) % record)
        (folder / f"{name}.img").write_bytes(cube + rows)
        label = folder / f"{name}.lbl"
        pointer = f'"{stem}.IMG"' if quoted else f"{stem}.IMG"
        sizes = {"lines": lines, "samples": samples, "bands": bands, "record": record, "records": len(cube + rows) // record}
        label.write_text(TRR3_LABEL.format(stem=stem, table=table, pointer=pointer, **sizes))
        return label

    return write
