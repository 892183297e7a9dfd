"""ENVI headers as editors and programs write them: read rightly, or refused in one line."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, Callable

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters import envi
from crism_gan_plugin.core.rasters.reader import RasterReader

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
    "lists that begin in the next line": HEADER.replace(" = {", " =\n  {").encode(),
    "a list that begins in the next line but one": HEADER.replace("wavelength = {", "wavelength = \r\n\n{\n").encode(),
    "braces in lines of their own": HEADER.replace(" = {", " =\n{\n").replace("}", "\n}").encode(),
    "a blank before the list": HEADER.replace("\nwavelength", "\n wavelength").encode(),
    "a tab before the place": HEADER.replace("\nmap info", "\n\tmap info").encode(),
    "blanks within names": HEADER.replace("map info", "map  info").replace("wavelength units", "wavelength \tunits").encode(),
    "a comment after a list": HEADER.replace("1030}", "1030} ; in = {nm}").encode(),
    "a comment after a value": HEADER.replace("Nanometers", "Nanometers ; nm").encode(),
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


@pytest.mark.parametrize(("old", "new"), [("bbl = {", "bbl =\n{"), ("bbl", " bbl"), (", 1}", ", 1} ; b = {2}"), ("bbl", "bbl ")])
def test_bad_bands_and_widths_are_not_lost(tmp_path: Path, old: str, new: str) -> None:
    lists = "bbl = {1, 0, 1, 1}\nfwhm = {5, 6, 7, 8}\n"
    with open_scene(write(tmp_path, (HEADER + lists.replace(old, new)).encode())) as scene:
        assert scene.axis.good is not None
        assert scene.axis.good.tolist() == [True, False, True, True]
        assert scene.axis.fwhm_nm is not None
        assert scene.axis.fwhm_nm.tolist() == [5, 6, 7, 8]


@pytest.mark.parametrize("lists", ["bbl = {}\nfwhm = {}\n", "bbl = {\n}\n", "fwhm =\n"])
def test_empty_lists_say_nothing(tmp_path: Path, lists: str) -> None:
    with open_scene(write(tmp_path, (HEADER + lists).encode())) as scene:
        assert scene.axis.good is None
        assert scene.axis.fwhm_nm is None


@pytest.mark.parametrize(
    ("widths", "nm"), [("7, 7, 7, 8", [7, 7, 7, 8]), ("0, 0, 0, 0", None), (".007, .007, .007, .008", [7, 7, 7, 8])]
)
def test_widths_in_nanometres_beside_wavelengths_in_micrometres(tmp_path: Path, widths: str, nm: Any) -> None:
    header = HEADER.replace("Nanometers", "Micrometers").replace("1000, 1010,\n 1020, 1030", "1.0, 1.01, 1.02, 1.03")
    with open_scene(write(tmp_path, f"{header}fwhm = {{{widths}}}\n".encode())) as scene:
        assert nm == (None if scene.axis.fwhm_nm is None else pytest.approx(scene.axis.fwhm_nm.tolist()))


@pytest.mark.parametrize(("kind", "number"), [("<i8", 14), ("<u8", 15)])
def test_long_whole_numbers(tmp_path: Path, kind: str, number: int) -> None:
    """GDAL's driver knows them in its newer versions alone."""
    image = write(tmp_path, HEADER.replace("data type = 4", f"data type = {number}\nreflectance scale factor = 10").encode())
    np.arange(1, 25, dtype=kind).tofile(image)
    with open_scene(image) as scene:
        assert scene.read(0, 1)[0, 0] == pytest.approx([0.1, 0.4, 0.7, 1.0])
        assert scene.georeference is not None


def test_headers_of_compressed_images_of_which_gdal_would_overlook_something(tmp_path: Path) -> None:
    image = write(tmp_path, (HEADER + "file compression = 1\nbbl =\n{1, 0, 1, 1}\n").encode())
    image.write_bytes(gzip.compress(image.read_bytes()))
    with pytest.raises(InputError, match=r"x\.hdr: is written in a way that is not read for compressed images"):
        open_scene(image)


@pytest.mark.parametrize("count", [24, 23, 1])
def test_compressed_images_are_whole_or_refused(tmp_path: Path, count: int) -> None:
    image = write(tmp_path, HEADER.replace("byte order = 0", "byte order = 0\nfile compression = 1").encode())
    image.write_bytes(gzip.compress(np.arange(1, 1 + count, dtype="<f4").tobytes()))
    if count == 24:
        with open_scene(image) as scene:
            assert scene.read(0, 2)[1, 2].tolist() == [15, 18, 21, 24]
    else:
        with pytest.raises(InputError, match=f"truncated: it holds {4 * count} bytes, but x.hdr describes 96"):
            open_scene(image)


@pytest.mark.parametrize("place", ["1000, 2000, 0, 18", "1000, 2000, 18, 0", "1000, nan, 18, 18", "inf, 2000, 18, 18"])
def test_pixels_without_area_or_place_are_refused(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError, match=r"x\.img: its place on the map makes no sense"):
        open_scene(write(tmp_path, HEADER.replace("1000, 2000, 18, 18", place).encode()))


def test_the_header_with_the_whole_name_goes_first(tmp_path: Path) -> None:
    """Two images of one stem, each with its header."""
    image = write(tmp_path, HEADER.replace("1000, 1010", "1001, 1011").encode())
    (tmp_path / "x.hdr").rename(tmp_path / "x.img.hdr")
    np.arange(2, 26, dtype=">f4").tofile(tmp_path / "x.dat")
    (tmp_path / "x.hdr").write_text(HEADER.replace("byte order = 0", "byte order = 1"))
    with open_scene(image) as scene:
        assert scene.axis.wavelengths_nm.tolist() == [1001, 1011, 1020, 1030]
        assert scene.read(0, 1)[0, 0].tolist() == [1, 4, 7, 10]
    with open_scene(tmp_path / "x.dat") as scene:
        assert scene.axis.wavelengths_nm.tolist() == [1000, 1010, 1020, 1030]
        assert scene.read(0, 1)[0, 0].tolist() == [2, 5, 8, 11]


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
        ("header offset = 0", "header offset = 0\nmajor frame offsets = {0, 4}", "has major frame offsets"),
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
