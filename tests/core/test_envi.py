"""ENVI headers as editors and programs write them: read rightly, or refused in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core import envi
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.raster import RasterReader

HEADER = """ENVI
description = {a cube, made by a test}
samples = 3
lines = 2
bands = 4
header offset = 0
file type = ENVI Standard
data type = 4
interleave = bil
byte order = 0
map info = {Equirectangular Mars, 1, 1, 1000, 2000, 18, 18, 0, units=Meters}
wavelength units = Nanometers
wavelength = {1000, 1010,
 1020, 1030}
band names = {a, b,
 c, d}
"""


def write(folder: Path, header: bytes) -> Path:
    np.arange(1, 25, dtype="<f4").tofile(folder / "x.img")
    (folder / "x.hdr").write_bytes(header)
    return folder / "x.img"


HEADERS: dict[str, bytes] = {
    "as it is": HEADER.encode(),
    "mark of byte order": b"\xef\xbb\xbf" + HEADER.encode(),
    "UTF-16": HEADER.encode("utf-16"),
    "Windows": HEADER.replace("\n", "\r\n").encode(),
    "old Macintosh": HEADER.replace("\n", "\r").encode(),
    "Latin-1 names": HEADER.replace("{a, b,", "{\xe4, \xb5,").encode("latin-1"),
    "Latin-1 unit": HEADER.replace("Nanometers", "\xb5 nm").encode("latin-1"),
    "tabs": HEADER.replace(" = ", "\t=\t").encode(),
    "no blanks": HEADER.replace(" = ", "=").encode(),
    "blanks before fields": HEADER.replace("\n", "\n  ").encode(),
    "comments": HEADER.replace("\nbands", "\n; bands = 7\nbands").replace("bil", "bil ; line by line").encode(),
    "a comment in a list": HEADER.replace("1010,\n", "1010,\n ; the next = 1020\n").encode(),
    "capitals": HEADER.upper().encode(),
    "the last list is open": HEADER.replace("d}", "d").encode(),
    "two closing braces": HEADER.replace("1030}", "1030}}").encode(),
    "the same twice": (HEADER + "lines = 2\n").encode(),
    "a zero byte": HEADER.replace("a cube", "a\0cube").encode(),
}


@pytest.mark.parametrize("how", list(HEADERS))
def test_headers_are_read_as_they_are_meant(tmp_path: Path, how: str) -> None:
    with open_scene(write(tmp_path, HEADERS[how])) as scene:
        assert scene.axis.wavelengths_nm.tolist() == [1000, 1010, 1020, 1030]
        assert scene.read(0, 2)[:, 0].tolist() == [[1, 4, 7, 10], [13, 16, 19, 22]]
        assert scene.georeference is not None
        assert scene.georeference.transform == (1000, 18, 0, 2000, 0, -18)
        assert (scene.lines, scene.samples) == (2, 3)


def test_names_and_no_data_come_with_a_header_that_gdal_does_not_know(tmp_path: Path) -> None:
    image = write(tmp_path, b"\xef\xbb\xbf" + (HEADER + "data ignore value = -7\n").encode())
    with RasterReader(image) as reader:
        assert [reader.band_name(band)[:1] for band in range(4)] == ["a", "b", "c", "d"]
        assert reader.nodata == -7
        assert reader.metadata("ENVI")["wavelength_units"] == "Nanometers"


def test_the_header_itself_may_be_given(tmp_path: Path) -> None:
    write(tmp_path, HEADERS["mark of byte order"])
    with open_scene(tmp_path / "x.hdr") as scene:
        assert scene.path == tmp_path / "x.img"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("lines = 2", "lines = 2\nlines = 3", "says 'lines' twice, differently"),
        ("wavelength = {", "wavelength = {1, 2, 3, 4}\nwavelength = {", "says 'wavelength' twice, differently"),
        ("band names = {", "wavelength = {1000, 1010,\n 1020, 1031}\nband names = {", "says 'wavelength' twice, differently"),
        ("1030}", "1030", "the list 'wavelength' does not end"),
        ("samples = 3", "samples = 99999999999999999999", "samples = 99999999999999999999 is no whole number"),
        ("samples = 3", "samples = 999999999999999", "truncated"),
        ("bands = 4", "bands = 999999999", "truncated"),
        ("bands = 4", "bands = ²", "bands = ² is no whole number"),
        ("bands = 4\n", "", "bands is missing"),
        ("header offset = 0", "header offset = 999999999999", "truncated"),
    ],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_headers_that_make_no_sense_are_one_line(tmp_path: Path, old: str, new: str, words: str, mark: bytes) -> None:
    image = write(tmp_path, mark + HEADER.replace(old, new).encode())
    with pytest.raises(InputError, match=words):
        RasterReader(image)


def test_gigabytes_are_no_header(tmp_path: Path) -> None:
    image = write(tmp_path, HEADER.encode())
    with (tmp_path / "x.hdr").open("r+b") as file:
        file.truncate(1 << 34)
    with pytest.raises(InputError, match=r"x\.hdr: has more than 16 MB"):
        RasterReader(image)


def test_a_list_of_very_many_lines_is_read_soon(tmp_path: Path) -> None:
    image = write(tmp_path, HEADER.replace("a cube,", "a cube,\n" * 1_000_000).encode())
    with pytest.raises(InputError, match="says 'lines' twice, differently"):
        (tmp_path / "x.hdr").write_bytes((tmp_path / "x.hdr").read_bytes() + b"lines = 7\n")
        envi.describe(image, tmp_path / "x.hdr")


def test_fields_of_a_header(tmp_path: Path, envi_image: Callable[..., Path]) -> None:
    image = envi_image(tmp_path, np.ones((2, 3, 4), "<f4"), more="Sensor  Type = {one,\n; no\n two}\n; a = b")
    fields = envi.read_header(envi.header_of(image))
    assert fields["sensor type"] == "one,\n two"
    assert "a" not in fields
