"""Absorption libraries from ENVI spectral libraries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import remove_continuum
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM

AXIS = np.arange(370.0, 2510.0, 10.0)  # nm
NAMES = ["Talc GDS23", "Talc WS659", "Calcite+0.1 Quartz", "Quartz flat"]


def spectra() -> np.ndarray:
    centres = [2310, 2320, 2340, None]
    bands = [0.0 if c is None else 0.2 * np.exp(-0.5 * ((AXIS - c) / 30) ** 2) for c in centres]
    return np.array([0.5 + 1e-5 * AXIS - band for band in bands], np.float32)


def write(path: Path, values: np.ndarray, axis: np.ndarray = AXIS, names: list[str] = NAMES) -> Path:
    values.astype("<f4").tofile(path)
    lists = {"wavelength": ", ".join(map(repr, axis.tolist())), "spectra names": ",\n ".join(names)}
    text = "ENVI\nfile type = ENVI Spectral Library\n" + "".join(f"{key} = {{\n {value}}}\n" for key, value in lists.items())
    Path(f"{path}.hdr").write_text(text)
    return path


@pytest.mark.parametrize(("unit", "reverse"), [(1.0, False), (0.001, False), (1.0, True)])
def test_units_and_order_do_not_matter(tmp_path: Path, unit: float, reverse: bool) -> None:
    step = -1 if reverse else 1
    library = read_envi_library(write(tmp_path / "lib", spectra()[:, ::step], AXIS[::step] * unit))
    assert library.minerals == ("talc", "talc", "calcite")  # the flat spectrum teaches nothing
    on_grid = np.array([np.interp(WAVELENGTHS_NM, AXIS, s) for s in spectra()[:3].astype(float)])
    np.testing.assert_allclose(library.absorption, -np.log(remove_continuum(on_grid, WAVELENGTHS_NM)), atol=1e-6)
    assert abs(WAVELENGTHS_NM[library.absorption[0].argmax()] - 2310) < 7


@pytest.mark.parametrize(("unit", "factor"), [("Angstroms", 10.0), ("Micrometers", 0.001), ("nm", 1.0), ("Unknown", 0.001)])
def test_the_unit_that_the_header_says(tmp_path: Path, unit: str, factor: float) -> None:
    path = write(tmp_path / "lib", spectra(), AXIS * factor)
    expected = read_envi_library(write(tmp_path / "same", spectra())).absorption
    with Path(f"{path}.hdr").open("a") as header:
        header.write(f"wavelength units = {unit}\n")
    np.testing.assert_allclose(read_envi_library(path).absorption, expected, atol=1e-6)


def test_wavenumbers_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "lib", spectra(), 1e7 / AXIS)
    with Path(f"{path}.hdr").open("a") as header:
        header.write("wavelength units = Wavenumber\n")
    with pytest.raises(InputError, match="with the unit 'Wavenumber', are none in nm or µm"):
        read_envi_library(path)


def test_bad_bands_are_left_out(tmp_path: Path) -> None:
    values, flags = spectra(), np.ones(AXIS.size, int)
    values[:, 150:153], flags[150:153] = 0.01, 0
    path = write(tmp_path / "lib", values)
    with Path(f"{path}.hdr").open("a") as header:
        header.write(f"bbl = {{{', '.join(map(str, flags))}}}\n")
    expected = read_envi_library(write(tmp_path / "same", spectra())).absorption
    np.testing.assert_allclose(read_envi_library(path).absorption, expected, atol=0.01)


def test_a_data_ignore_value_is_a_missing_channel(tmp_path: Path) -> None:
    values = spectra()
    values[1, 150] = 2.5
    path = write(tmp_path / "lib", values)
    assert len(read_envi_library(path).minerals) == 3
    with Path(f"{path}.hdr").open("a") as header:
        header.write("data ignore value = 2.5\n")
    assert read_envi_library(path).minerals == ("talc", "calcite")


def test_spectra_may_be_named_otherwise_or_left_out(tmp_path: Path) -> None:
    named = {"Talc GDS23": "soft", "Talc WS659": None, "Calcite+0.1 Quartz": "hard", "Quartz flat": "flat"}
    library = read_envi_library(write(tmp_path / "lib", spectra()), mineral_of=named.get)
    assert library.minerals == ("soft", "hard")
    assert abs(WAVELENGTHS_NM[library.absorption[1].argmax()] - 2340) < 7


def test_header_by_either_name(tmp_path: Path) -> None:
    write(tmp_path / "lib.sli", spectra())
    assert len(read_envi_library(tmp_path / "lib.sli").minerals) == 3
    Path(tmp_path / "lib.sli.hdr").rename(tmp_path / "lib.hdr")
    assert len(read_envi_library(tmp_path / "lib.sli").minerals) == 3


@pytest.mark.parametrize("value", [-1.23e34, np.nan, np.inf, 0.0, -0.1])
def test_spectra_with_missing_channels_are_left_out(tmp_path: Path, value: float) -> None:
    values = spectra()
    values[1, 150] = value
    values[0, 5] = value  # outside the range: no matter
    assert read_envi_library(write(tmp_path / "lib", values)).minerals == ("talc", "calcite")


TYPES = {"u1": 1, "i2": 2, "i4": 3, "f4": 4, "f8": 5, "u2": 12, "u4": 13, "i8": 14, "u8": 15}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", list(TYPES))
def test_all_types_of_numbers(tmp_path: Path, kind: str, order: str) -> None:
    path = write(tmp_path / "lib.sli", spectra())
    factor = 1 if kind[0] == "f" else 250 if kind == "u1" else 10_000
    stored = (spectra() * factor).astype(order + kind)
    path.write_bytes(b"x" * 7 + stored.tobytes())
    fields = {"data type": TYPES[kind], "byte order": int(order == ">"), "header offset": 7, "samples": AXIS.size, "lines": 4}
    fields.update({"reflectance scale factor": factor} if factor > 1 else {})
    header = Path(f"{path}.hdr")
    header.write_text(header.read_text() + "".join(f"{key} = {value}\n" for key, value in fields.items()))
    library = read_envi_library(path)
    on_grid = np.array([np.interp(WAVELENGTHS_NM, AXIS, s) for s in stored[:3].astype(float) / factor])
    np.testing.assert_allclose(library.absorption, -np.log(remove_continuum(on_grid, WAVELENGTHS_NM)), atol=1e-9)
    if factor > 1:
        header.write_text(header.read_text().replace("reflectance scale factor", "factor"))
        with pytest.raises(InputError, match="whole numbers are no reflectances without a 'reflectance scale factor'"):
            read_envi_library(path)


def test_names_in_any_letters(tmp_path: Path) -> None:
    path = write(tmp_path / "lib.sli", spectra(), names=["Tälc 1", "Tälc 2", "Calcite", "Quartz"])
    header = Path(f"{path}.hdr")
    for encoded in (
        header.read_text().encode("cp1252"),
        b"\xef\xbb\xbf" + header.read_bytes(),
        header.read_text().encode("utf-16"),
    ):
        header.write_bytes(encoded)
        assert read_envi_library(path).minerals == ("tälc", "tälc", "calcite")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("lines = 5\n", "says lines = 5, but lists 4 names"),
        ("samples = 12\n", "says samples = 12, but lists 214 wavelengths"),
        ("data type = 6\n", "complex or compressed"),
        ("data type = 7\n", "data type = 7 is none that ENVI has"),
        ("data type = 5\n", "has 3424 bytes, not the 6848"),
        ("byte order = 2\n", "byte order = 2 is none"),
        ("header offset = -4\n", "header offset = -4"),
        ("header offset = 4\n", "bytes, not the"),
        ("file compression = 1\n", "complex or compressed"),
        ("reflectance scale factor = 0\n", "no number above 0"),
        ("reflectance scale factor = nan\n", "no number above 0"),
        ("bbl = {1, 0\nx = y\n", "does not end"),
    ],
)
def test_headers_that_do_not_fit_are_one_line(tmp_path: Path, more: str, words: str) -> None:
    path = write(tmp_path / "lib.sli", spectra())
    header = Path(f"{path}.hdr")
    header.write_text(header.read_text() + more)
    with pytest.raises(InputError, match=words):
        read_envi_library(path)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("no header", "has no ENVI header \\(.hdr\\) beside it"),
        ("no data", "no such file"),
        ("short", "bytes, not the"),
        ("no wavelengths", "no 'wavelength' list"),
        ("no names", "no 'spectra names' list"),
        ("letters", "wavelength"),
        ("empty list", "wavelength"),
        ("range", "1050-2490 nm is needed"),
        ("folder", "lib"),
        ("nothing of use", "lib"),
    ],
)
def test_what_is_no_library_is_one_line(tmp_path: Path, how: str, words: str) -> None:
    path = write(tmp_path / "lib", spectra())
    header = Path(f"{path}.hdr")
    text = header.read_text()
    if how == "no header":
        header.unlink()
    elif how == "no data":
        path.unlink()
    elif how == "short":
        path.write_bytes(path.read_bytes()[:-4])
    elif how == "no wavelengths":
        header.write_text(text.replace("wavelength", "wave"))
    elif how == "no names":
        header.write_text(text.replace("spectra names", "labels"))
    elif how == "letters":
        header.write_text(text.replace("370.0", "blue"))
    elif how == "empty list":
        header.write_text("ENVI\nwavelength = {}\nspectra names = {a}\n")
    elif how == "range":
        write(path, spectra()[:, :150], AXIS[:150])
    elif how == "folder":
        path.unlink()
        path.mkdir()
    else:
        write(path, np.full((4, AXIS.size), 0.5))
    with pytest.raises(InputError, match=words) as caught:
        read_envi_library(path)
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_the_usgs_library(shared_data: Path) -> None:
    library = read_envi_library(shared_data / "usgs_splib06_aviris18" / "s06av18a_envi")
    assert len(library.minerals) > 500
    assert {"kaolinite", "alunite", "talc", "olivine"} <= set(library.minerals)
    assert np.isfinite(library.absorption).all()
    assert (library.absorption >= 0).all()
    kaolinite = library.absorption[library.minerals.index("kaolinite")]
    assert abs(WAVELENGTHS_NM[kaolinite.argmax()] - 2205) < 15
