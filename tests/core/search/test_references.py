"""The spectrum that is looked for: from libraries and files of many kinds, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars, save_exemplars
from crism_gan_plugin.core.search.references import named_reference
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

LIBRARY = load_exemplars()
ROW = LIBRARY.names.index("kaolinite (numerator)")
NM = np.arange(1000, 2700, 8.0)
VALUES = 0.3 * np.interp(NM, WAVELENGTHS_NM, LIBRARY.spectra[ROW]) * (1 + 0.1 * (NM - 1800) / 1000)


def text(rows: list[str]) -> str:
    return "\n".join(rows) + "\n"


def columns(separator: str, factor: float = 1.0, comma: bool = False, more: str = "") -> list[str]:
    rows = [f"{nm * factor:.5f}{separator}{value:.6f}{more}" for nm, value in zip(NM, VALUES)]
    return [row.replace(".", ",") for row in rows] if comma else rows


TEXTS = {
    "commas, nm": text(columns(",")),
    "blanks, µm": text(columns("  ", 1e-3)),
    "tabs and headings": text(["Wavelength (nm)\tkaolinite", *columns("\t")]),
    "semicolons and decimal commas": text(["nm;R", *columns(";", comma=True)]),
    "blanks and decimal commas": text(columns(" ", comma=True)),
    "descending": text(columns(",")[::-1]),
    "comments and empty lines": text(["# a laboratory", "", *columns(",")]),
    "missing channels": text([*columns(",")[:40], "1320.5,-1.23e34", *columns(",")[40:]]),
    "byte order mark": "\ufeff" + text(["nm,R", *columns(",")]),
    "Windows": text(columns(",")).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_in_columns_is_read_whatever_its_shape(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "kaolinite.csv"
    file.write_text(TEXTS[kind], encoding="utf-8", newline="")
    found = named_reference(None, file, None)
    np.testing.assert_allclose(found.spectra[0], LIBRARY.spectra[ROW], atol=0.02)
    assert found.origin == "kaolinite.csv" + (" (1 missing channel interpolated)" if kind == "missing channels" else "")


def test_utf_16_is_read(tmp_path: Path) -> None:
    file = tmp_path / "k.txt"
    file.write_bytes(text(columns("\t")).encode("utf-16"))
    np.testing.assert_allclose(named_reference(None, file, None).spectra[0], LIBRARY.spectra[ROW], atol=0.02)


def test_a_column_is_found_by_name_or_number(tmp_path: Path) -> None:
    file = tmp_path / "three.csv"
    flat = "0.5"
    file.write_text(text(["nm,first,second one,third", *(f"{row},{flat}" for row in columns(f",{flat},"))]))
    for name in ("second one", "Second  One", "2"):
        found = named_reference(name, file, None)
        assert found.name == "second one"
        np.testing.assert_allclose(found.spectra[0], LIBRARY.spectra[ROW], atol=0.02)
    with pytest.raises(ParameterError, match="3 spectra; say which, by name or number: 1 first, 2 second one, 3 third"):
        named_reference(None, file, None)
    with pytest.raises(ParameterError, match="has no spectrum 'fourth', but 1 first"):
        named_reference("fourth", file, None)
    with pytest.raises(ParameterError, match="no absorption of 1 % or more"):
        named_reference("first", file, None)


def test_a_class_has_all_its_spectra_and_a_spectrum_itself(tmp_path: Path) -> None:
    own = LIBRARY.class_index == LIBRARY.class_names.index("kaolinite")
    np.testing.assert_array_equal(named_reference("Kaolinite", None, None).spectra, LIBRARY.spectra[own])
    np.testing.assert_array_equal(named_reference("kaolinite (numerator)", None, None).spectra, LIBRARY.spectra[[ROW]])
    file = save_exemplars(LIBRARY.select(["kaolinite", "talc"]), tmp_path / "two.json")
    np.testing.assert_allclose(named_reference("kaolinite (numerator)", file, None).spectra, LIBRARY.spectra[[ROW]], atol=1e-5)
    assert named_reference("talc", None, file).name == "talc"
    with pytest.raises(ParameterError, match="is a library; say which"):
        named_reference(None, file, None)
    with pytest.raises(ParameterError, match="did you mean 'kaolinite'"):
        named_reference("kaolinit", None, None)


def envi_library(folder: Path, dtype: str = "<f4", **more: str) -> Path:
    """Two spectra, descending in wavelength, with a channel that is marked bad."""
    path = folder / "lib.sli"
    rows = np.stack([np.full(NM.size, 0.4), VALUES])[:, ::-1].copy()
    rows[1, 7] = 3.0
    rows.astype(dtype).tofile(path)
    good = ", ".join("0" if k == 7 else "1" for k in range(NM.size))
    header = {
        "samples": NM.size,
        "lines": 2,
        "bands": 1,
        "data type": {"<f4": 4, ">f8": 5}[dtype],
        "byte order": int(dtype[0] == ">"),
        "wavelength units": "Micrometers",
        "wavelength": "{" + ", ".join(f"{nm / 1000:.5f}" for nm in NM[::-1]) + "}",
        "spectra names": "{flat, a kaolinite}",
        "bbl": "{" + good + "}",
        **more,
    }
    path.with_suffix(".hdr").write_text("ENVI\n" + "".join(f"{key} = {value}\n" for key, value in header.items()))
    return path


@pytest.mark.parametrize("dtype", ["<f4", ">f8"])
def test_a_library_of_envi_is_read_by_name(tmp_path: Path, dtype: str) -> None:
    path = envi_library(tmp_path, dtype)
    for file in (path, path.with_suffix(".hdr")):
        found = named_reference("a kaolinite", file, None)
        np.testing.assert_allclose(found.spectra[0], LIBRARY.spectra[ROW], atol=0.02)
    with pytest.raises(ParameterError, match="2 spectra; say which, by name or number: 1 flat, 2 a kaolinite"):
        named_reference(None, path, None)


BAD = {
    "binary": (b"\0\1\2\3" * 50, "is no text"),
    "one column": (text([row.split(",")[1] for row in columns(",")]).encode(), "has one column"),
    "no numbers": (b"wavelength,value\n", "no lines of numbers"),
    "a gap": (text([*columns(",")[:50], *columns(",")[80:]]).encode(), "1392-1640 nm is missing"),
    "a repeated wavelength": (text([*columns(",")[:50], *columns(",")[49:]]).encode(), "1392 nm is there twice"),
    "uneven": (text([*columns(",")[:50], "1400,1,2", *columns(",")[50:]]).encode(), "line 51 has not 2 columns"),
    "words among numbers": (
        text([*columns(",")[:50], "end of file", "1,2"]).encode(),
        "line 51 .* does not begin with a wavelength",
    ),
    "all missing": (text([f"{nm},-1.23e34" for nm in NM]).encode(), "0 values above 0"),
    "visible": (text([f"{nm / 3},{value}" for nm, value in zip(NM, VALUES)]).encode(), "must cover 1050-2490 nm"),
    "image": (b"II*\0" + bytes(200), "is no text"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_spectrum_is_told_in_one_line(tmp_path: Path, kind: str) -> None:
    data, says = BAD[kind]
    file = tmp_path / "bad.csv"
    file.write_bytes(data)
    with pytest.raises(InputError, match=says) as raised:
        named_reference(None, file, None)
    assert "bad.csv" in str(raised.value)


def test_names_and_files_are_not_mistaken_for_each_other(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        named_reference(None, tmp_path / "none.csv", None)
    with pytest.raises(ParameterError, match=r"looks like a file.*--spectrum-file"):
        named_reference("kaolinite.csv", None, None)


def test_real_type_spectra_and_usgs_libraries(shared_data: Path) -> None:
    found = named_reference("2", shared_data / "mica" / "crism_typespec_kaolinite.tab", None)
    assert np.corrcoef(found.spectra[0], LIBRARY.spectra[ROW])[0, 1] > 0.5
