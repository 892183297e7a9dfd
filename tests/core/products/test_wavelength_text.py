"""Lists of wavelengths as spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.wavelengths import BandTable, read_wavelength_file

NM = [1001.45, 1008.0, 1014.56, 1021.1, 1027.55]
WIDTHS = [10.1, 10.2, 10.3, 10.4, 10.5]


def german(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def read(tmp_path: Path, text: str | bytes, bands: int = 5) -> BandTable:
    path = tmp_path / "w.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_wavelength_file(path, bands, 10)


def rows(pattern: str, numbers=float) -> str:
    return "".join(
        pattern.format(k=k, nm=numbers(nm), um=numbers(nm / 1000), w=numbers(w)) for k, (nm, w) in enumerate(zip(NM, WIDTHS), 1)
    )


GERMAN = "Band;Wellenlänge (nm);Breite (nm)\n" + rows("{k};{nm};{w}\n", german)

WITH_WIDTHS = {
    "german": GERMAN,
    "sep=": "sep=;\r\n" + GERMAN,
    "sep= and a tab": "sep=\t\n" + rows("{k}\t{nm}\t{w}\n", german),
    "sep= and a stroke": "sep=|\n" + rows("{k}|{nm}|{w}\n", german),
    "quoted": '"Band";"Wavelength [nm]";"FWHM"\n' + rows('"{k}";"{nm}";"{w}"\n', german),
    "quoted, with commas between": "band,wavelength,fwhm\n" + rows('{k},"{nm}","{w}"\n', german),
    "trailing": rows("{k};{nm};{w};\n", german),
    "trailing, english": "band,wavelength,width,,\n" + rows("{k},{nm},{w},,\n"),
    "tabs": "Band\tWavelength\tWidth\n" + rows("{k}\t{nm}\t{w}\n", german),
    "blanks and decimal commas": rows("{k} {nm} {w}\n", german),
    "english": "Band,Wavelength (nm),FWHM (nm)\n" + rows("{k},{nm},{w}\n"),
    "units in the cells": rows("{k};{nm} nm;{w} nm\n", german),
    "words in a column": rows("Band {k};{nm};{w}\n", german),
    "the other way round": "fwhm;wavelength\n" + rows("{w};{nm}\n"),
    "empty lines": rows("{k};{nm};{w}\n\n;;\n", german),
    "wavelength and width": rows("{nm}\t{w}\n", german),
    "wavelengths in µm, widths in nm": rows("{k},{um:.5f},{w}\n"),
    "sensor, row, wavelength, width": rows("0,{k},{nm},{w}\n"),
}


@pytest.mark.parametrize("name", WITH_WIDTHS)
def test_tables_with_widths(tmp_path: Path, name: str) -> None:
    table = read(tmp_path, WITH_WIDTHS[name])
    np.testing.assert_allclose(table.nm, NM)
    np.testing.assert_allclose(table.fwhm_nm, WIDTHS)


ALONE = {
    "decimal commas": "".join(f"{german(nm)}\n" for nm in NM),
    "decimal commas, trailing": "".join(f"{german(nm)};\n" for nm in NM),
    "unit in cells": "".join(f"{nm}nm\n" for nm in NM),
    "µm in cells": "".join(f"{nm / 1000:.5f} µm\n" for nm in NM),
    "heading": "Wavelength (µm)\n" + "".join(f"{nm / 1000:.5f}\n" for nm in NM),
    "comment as heading": "# lambda_nm\n" + "".join(f"{nm}\n" for nm in NM),
    "semicolons as comments": "; nm\n" + "".join(f"{nm} ; channel\n" for nm in NM),
    "band numbers": "".join(f"{k},{nm}\n" for k, nm in enumerate(NM)),
    "names of bands": "".join(f"B{k},{nm}\n" for k, nm in enumerate(NM)),
    "numbers after the wavelengths": "".join(f"{nm} {k}\n" for k, nm in enumerate(NM)),
    "all in one line": ", ".join(map(str, NM)) + "\n",
    "angstroms": "wavelength (Å)\n" + "".join(f"{10 * nm:.1f}\n" for nm in NM),
    "millimetres": "wavelength, mm\n" + "".join(f"{1e-6 * nm:.9f}\n" for nm in NM),
}


@pytest.mark.parametrize("name", ALONE)
def test_lists_without_widths(tmp_path: Path, name: str) -> None:
    table = read(tmp_path, ALONE[name])
    np.testing.assert_allclose(table.nm, NM)
    assert table.fwhm_nm is None


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_letters_and_line_ends(tmp_path: Path, encoding: str, ends: str) -> None:
    text = ("Kanal;Wellenlänge (µm)\n" + rows("{k};{um:.5f}\n").replace(".", ",") + "\x1a").replace("\n", ends)
    table = read(tmp_path, text.encode(encoding))
    np.testing.assert_allclose(table.nm, NM)
    assert table.source == "wavelengths from w.csv, in µm"


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf_16_with_its_mark(tmp_path: Path, mark: bytes) -> None:
    np.testing.assert_allclose(read(tmp_path, mark + GERMAN.encode("utf-16-le" if mark[0] == 255 else "utf-16-be")).nm, NM)


@pytest.mark.parametrize("empty", ["NaN", "nan", "", "#N/A", "N/A", "-"])
def test_cells_without_a_number_are_bands_without_wavelength(tmp_path: Path, empty: str) -> None:
    text = "band;nm\n" + rows("{k};{nm}\n", german).replace("1014,56", empty)
    table = read(tmp_path, text)
    np.testing.assert_allclose(table.nm, [*NM[:2], np.nan, *NM[3:]])


def test_flags_are_read(tmp_path: Path) -> None:
    table = read(tmp_path, "wavelength;fwhm;bbl\n" + "".join(f"{german(nm)};10;{int(nm != 1008)}\n" for nm in NM))
    assert table.good.tolist() == [True, False, True, True, True]
    np.testing.assert_allclose(table.fwhm_nm, 10)


@pytest.mark.parametrize(
    ("heading", "good"),
    [
        ("bbl", 1),
        ("good", 1),
        ("bad bands list", 1),
        ("bad band multiplier", 1),
        ("bad", 0),
        ("Bad band?", 0),
        ("flag (0 bad, 1 good)", 1),
    ],
)
def test_flags_are_for_bad_bands_or_for_good_ones(tmp_path: Path, heading: str, good: int) -> None:
    table = read(tmp_path, f"wavelength;{heading}\n" + "".join(f"{german(nm)};{good if nm != 1008 else 1 - good}\n" for nm in NM))
    assert table.good.tolist() == [True, False, True, True, True]


def test_a_reflectance_is_no_width(tmp_path: Path) -> None:
    assert read(tmp_path, "".join(f"{nm}\t0.2{k}\n" for k, nm in enumerate(NM))).fwhm_nm is None


def test_the_order_is_kept_and_told(tmp_path: Path) -> None:
    table = read(tmp_path, "".join(f"{nm}\n" for nm in [*NM[3:], *NM[:3]]))
    np.testing.assert_allclose(table.nm, [*NM[3:], *NM[:3]])
    assert "neither ascending nor descending" in table.source
    assert "neither" not in read(tmp_path, "".join(f"{nm}\n" for nm in NM[::-1])).source


REFUSED = {
    "two columns of wavelengths": (
        rows("{k};{nm};{um:.5f}\n"),
        r"has 3 columns, of which 2 could hold the wavelengths \(columns 2, 3\)",
    ),
    "two headings of wavelengths": ("wavelength air;wavelength vacuum\n" + rows("{nm};{nm}\n"), "2 could hold the wavelengths"),
    "no column of wavelengths": ("1;2;3\n2;3;4\n" * 3, "of which none holds wavelengths"),
    "one number or two": ("1001,45\n1008,17\n1014,56\n1021,10\n1027,55\n", "'1001,45' can be one number or two"),
    "thousands, german": ("".join(f"{k};1.0{k}1,45\n" for k in range(5)), "a sign may part thousands or decimals"),
    "thousands, english": ("998.5\n1,001.45\n1,008.0\n1,014.56\n1,021.1\n", "a sign may part thousands or decimals"),
    "thousands in blanks": ("".join(f"{k};1 0{k}1,45\n" for k in range(5)), "a sign may part thousands or decimals"),
    "some with thousands": ("k;nm\n1;998\n2;1,001\n3;1,008\n4;1,014\n5;1,021\n", "not of one unit"),
    "points and commas": ("".join(f"{k};{nm};10,5\n" for k, nm in enumerate(NM)), "decimal points and others with commas"),
    "two units": ("1001.45 nm\n1.008 µm\n1014.56 nm\n1021.1 nm\n1027.55 nm\n", "wavelengths in nm and in µm"),
    "wavenumbers": ("wavenumber (cm-1)\n" + "".join(f"{1e7 / nm}\n" for nm in NM), "none of length"),
    "words among numbers": (rows("{k};{nm}\n").replace("1014.56", "about 1015"), r"line 3 is not numbers \('about 1015'\)"),
    "a row too short": (rows("{k};{nm};{w}\n").replace("3;1014.56;", "1014.56;"), "line 3 has 2 columns, not 3"),
    "repeated": ("1001\n1008\n1008\n1021\n1028\n", r"lists 1008 for more than one band \(lines 2 and 3\)"),
    "one too few": ("1001\n1008\n1015\n1021\n", "lists 4 wavelengths, but the image has 5 bands"),
    "one too many": ("1001\n1008\n1015\n1021\n1028\n1035\n", "lists 6 wavelengths, but the image has 5 bands"),
    "band numbers alone": ("1 ; first\n2 ; second\n3\n4\n5\n", "numbers of the bands alone"),
    "descending band numbers": (
        "".join(f"{k} {nm}\n" for k, nm in zip(range(5, 0, -1), NM)),
        r"not in the order of the band numbers before the wavelengths \(5, 4, …\)",
    ),
    "shuffled band numbers": ("".join(f"{k},{nm}\n" for k, nm in zip((1, 0, 2, 4, 3), NM)), r"not in the order .* \(1, 0, …\)"),
    "thousands, german, without more": ("1.001,45\n1.008,00\n1.014,56\n1.021,10\n1.027,55\n", "a sign may part thousands"),
    "two numbers or three": (rows("{k},{nm}\n", german), "'1,1001,45' can be two numbers or three"),
    "frequencies": ("frequency (THz)\n299.4\n297.4\n295.5\n293.6\n291.8\n", "the unit 'Hz', which is none of length"),
    "impossible without a unit": (".001\n.002\n.003\n.004\n.005\n", "are 0.001 to 0.005 without a unit, which no image has"),
    "one long cell": ("1001;" + "9" * 200_000 + "x\n", "lists 1 wavelengths, but the image has 5 bands"),
    "binary": (b"\x01\x02\x03\x04 1001.5\n1008.0\n", "cannot be read as a wavelength file"),
    "nothing": ("sep=;\n;;\n", "holds no numbers"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_and_why(tmp_path: Path, name: str) -> None:
    text, says = REFUSED[name]
    with pytest.raises(InputError, match=rf"w\.csv: .*{says}"):
        read(tmp_path, text)
