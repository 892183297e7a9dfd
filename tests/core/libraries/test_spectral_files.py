"""Spectra of others: every format gives the same spectrum, and what is wrong is said in one line."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core import WAVELENGTHS_NM, load_exemplars, remove_continuum
from crism_gan_plugin.core.errors import CrismError, InputError, ParameterError
from crism_gan_plugin.core.libraries import save_exemplars
from crism_gan_plugin.core.libraries.spectral_files import read_spectra

AXIS = np.arange(350.0, 2700.0, 5.0)


def reflectance(nm: np.ndarray, centre: float = 2205.0) -> np.ndarray:
    return 0.4 + 5e-5 * nm - 0.15 * np.exp(-0.5 * ((nm - centre) / 40) ** 2) - 0.08 * np.exp(-0.5 * ((nm - 1410) / 30) ** 2)


def expected(nm: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.minimum(remove_continuum(np.interp(WAVELENGTHS_NM, nm, values)[np.newaxis], WAVELENGTHS_NM)[0], 1)


VALUES = reflectance(AXIS)
RATIO = expected(AXIS, VALUES)


def rows(nm: np.ndarray = AXIS, *columns: np.ndarray, part: str = "  ") -> str:
    columns = columns or (VALUES,)
    return "".join(part.join(f"{value:.9g}" for value in row) + "\n" for row in zip(nm, *columns))


def usgs_07(folder: Path) -> Path:
    """As USGS lays them out: the wavelengths lie in a folder above the chapters."""
    chapter = folder / "ChapterM_Minerals"
    chapter.mkdir()
    nm = "\n".join(f" {value / 1000:.7e}" for value in AXIS)
    (folder / "splib07a_Wavelengths_BECK_Beckman.txt").write_text(
        f" splib07a Record=18: Wavelengths BECK Beckman 0.2-3.0 microns\n{nm}\n"
    )
    other = "\n".join(f" {value / 999:.7e}" for value in AXIS)
    (folder / "splib07a_Wavelengths_ASD.txt").write_text(f" splib07a Record=23: Wavelengths ASD 0.35-2.5 microns\n{other}\n")
    values = "\n".join(f" {value:.7e}" for value in [-1.23e34, *VALUES[1:]])
    file = chapter / "splib07a_Mineral_X1_BECKb_AREF.txt"
    file.write_text(f" splib07a Record=2250: Mineral X1                    BECKb AREF\n{values}\n")
    return file


def usgs_06(folder: Path) -> Path:
    file = folder / "mineral_x1.asc"
    heading = "USGS Digital Spectral Library splib06a\nClark and others 2007\n \nline 17 to end:  3-columns of data:\n"
    rule = "(      -1.23e34  indicates a deleted number)\n----------------------------------------------------\n"
    spread = np.full(AXIS.size, 0.001)
    file.write_text(
        heading + rule + "Mineral X1                    W1R1Ba AREF\ncopy of splib05a r 8\n" + rows(AXIS / 1000, VALUES, spread)
    )
    return file


def ecostress(folder: Path) -> Path:
    """Descending, in percent."""
    file = folder / "mineral.silicate.fine.vswir.x1.spectrum.txt"
    fields = {
        "Name": "Mineral X1",
        "Type": "Mineral",
        "Sample No.": "KS-1",
        "Wavelength Range": "VSWIR",
        "Description": "Collected at: 12:30, pure; see below.",
        "First Column": "X",
        "Second Column": "Y",
        "X Units": "Wavelength (micrometers)",
        "Y Units": "Reflectance (percentage)",
        "Number of X Values": str(AXIS.size),
        "Additional Information": "mineral.x1.ancillary.txt",
    }
    head = "".join(f"{key}: {value}\n" for key, value in fields.items())
    file.write_text(f"{head}\n{rows(AXIS[::-1] / 1000, VALUES[::-1] * 100, part=chr(9))}")
    (folder / "mineral.x1.ancillary.txt").write_text("Mineral X1 was analysed.\n")
    return file


def relab_counted(folder: Path) -> Path:
    file = folder / "bkr1aa001.asc"
    spread = np.full(AXIS.size, 0.001)
    file.write_text(f"   {AXIS.size}\n{rows(AXIS, VALUES, spread)}\n\n\nBKR1AA001\n\nMineral X1\nSource: 30 deg\n")
    return file


def relab_pds4(folder: Path) -> Path:
    file = folder / "c1aa01.tab"
    file.write_text(rows(AXIS, VALUES, np.full(AXIS.size, 0.002)))
    names = "<speclib:specimen_id>AA-BBB-001</speclib:specimen_id><speclib:specimen_name>Mineral X1</speclib:specimen_name>"
    (folder / "c1aa01.xml").write_text(
        f"<a><logical_identifier>urn:nasa:pds:relab:data_reflectance:c1aa01</logical_identifier>{names}</a>"
    )
    return file


def csv(folder: Path) -> Path:
    file = folder / "Mineral X1.csv"
    file.write_text("wavelength (nm),Mineral X1,std dev\n" + rows(AXIS, VALUES, np.full(AXIS.size, 0.5), part=","))
    return file


def mica(folder: Path) -> Path:
    """Ratio, corrected and not; numerator, corrected and not; denominator, corrected and not: only the corrected ones count."""
    wrong, bland = reflectance(AXIS, 2400), np.full(AXIS.size, 0.2)
    ratio = VALUES.copy()
    ratio[100] = 65535
    file = folder / "crism_typespec_mineral_x1.tab"
    file.write_text(rows(AXIS / 1000, ratio, wrong, VALUES, wrong, bland, bland, part=", "))
    label = 'SOURCE_PRODUCT_ID = "FRT00001234_07_IF166J_TER3"\nMRO:TYPESPEC_NUM_COLUMN = 379 <PIXEL>\n'
    file.with_suffix(".lbl").write_text(
        f'PDS_VERSION_ID = PDS3\n{label}MRO:TYPESPEC_NUM_ROW = 58\nMRO:TYPESPEC_ROI_SIZE = "5x5"\nEND\n'
    )
    return file


def envi(folder: Path) -> Path:
    """Whole numbers with a scale, the high byte first, behind an offset, in an order that does not ascend, with USGS's records."""
    order = np.r_[200 : AXIS.size, 0:200]
    data = np.round(np.stack([AXIS[order] / 1000, VALUES[order]]) * 10_000).astype(">u2")
    file = folder / "lib.sli"
    file.write_bytes(b"offset!" + data.tobytes())
    fields = {
        "samples": AXIS.size,
        "lines": 2,
        "bands": 1,
        "header offset": 7,
        "file type": "ENVI Spectral Library",
        "data type": 12,
        "byte order": 1,
        "wavelength units": "Micrometers",
        "reflectance scale factor": 10000,
        "spectra names": "{\n Wavelengths in microns 470 ch,\n Mineral X1}",
        "wavelength": "{" + ", ".join(map(str, AXIS[order] / 1000)) + "}",
    }
    (folder / "lib.hdr").write_text("ENVI\n" + "".join(f"{key} = {value}\n" for key, value in fields.items()))
    return file


FORMATS: dict[str, Callable[[Path], Path]] = {
    each.__name__: each for each in (usgs_07, usgs_06, ecostress, relab_counted, relab_pds4, csv, mica, envi)
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_spectrum_and_class(tmp_path: Path, name: str) -> None:
    library = load_exemplars(FORMATS[name](tmp_path))
    assert {each.casefold() for each in library.class_names} == {"mineral x1"}
    assert [mineral.code for mineral in library.classes] == [33]
    assert len(library.names) == (2 if name == "mica" else 1)
    for spectrum in library.spectra:
        np.testing.assert_allclose(spectrum, RATIO, atol=5e-4 if name == "envi" else 1e-6)
    assert all(library.sources)


@pytest.mark.parametrize("name", ["usgs_07", "ecostress", "mica", "csv", "relab_pds4"])
@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_and_an_archive_are_read_like_their_files(tmp_path: Path, name: str, packed: bool) -> None:
    (tmp_path / "data").mkdir()
    file = FORMATS[name](tmp_path / "data")
    alone = load_exemplars(file)
    whole = tmp_path / "data"
    (whole / "README.txt").write_text("About these files.\n")
    if packed:
        with zipfile.ZipFile(tmp_path / "data.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for each in sorted(whole.rglob("*")):
                archive.write(each, each.relative_to(tmp_path).as_posix())
        whole = tmp_path / "data.zip"
    found = load_exemplars(whole)
    assert (found.names, found.classes, found.sources) == (alone.names, alone.classes, alone.sources)
    np.testing.assert_array_equal(found.spectra, alone.spectra)


def test_the_header_of_a_library_leads_to_it(tmp_path: Path) -> None:
    file = envi(tmp_path)
    assert load_exemplars(file.with_suffix(".hdr")).names == load_exemplars(file).names
    assert load_exemplars(tmp_path).names == load_exemplars(file).names


@pytest.mark.parametrize("name", FORMATS)
def test_a_library_that_was_written_is_the_same_to_the_last_digit(tmp_path: Path, name: str) -> None:
    library = load_exemplars(FORMATS[name](tmp_path))
    again = load_exemplars(save_exemplars(library, tmp_path / "mine.json"))
    np.testing.assert_array_equal(again.spectra, library.spectra)
    assert (again.names, again.classes, again.sources) == (library.names, library.classes, library.sources)
    assert again.on_ground.tolist() == library.on_ground.tolist()


def test_type_spectra_of_known_minerals_are_the_plugins_classes(tmp_path: Path) -> None:
    file = mica(tmp_path)
    for phase in ("kaolinite", "lcp", "al_smectite"):
        (tmp_path / f"crism_typespec_{phase}.tab").write_bytes(file.read_bytes())
    library = load_exemplars(tmp_path)
    shipped = {mineral.name: mineral for mineral in load_exemplars().classes}
    by_name = {mineral.name: mineral for mineral in library.classes}
    for name in ("kaolinite", "low-Ca pyroxene", "Al-smectite"):
        assert by_name[name] == shipped[name]
    on_ground = dict(zip(library.names, library.on_ground.tolist()))
    assert (
        on_ground["kaolinite (numerator)"] and not on_ground["kaolinite (ratio)"] and not on_ground["low-Ca pyroxene (numerator)"]
    )
    assert any("FRT00001234_07_IF166J_TER3, column 379, row 58, 5x5 pixels" in source for source in library.sources)


def test_spectra_that_end_at_2500_nm_keep_their_last_value_and_say_so(tmp_path: Path) -> None:
    short = AXIS[AXIS <= 2500]
    (tmp_path / "short.csv").write_text(rows(short, reflectance(short), part=","))
    library = load_exemplars(tmp_path / "short.csv")
    np.testing.assert_allclose(library.spectra[0], expected(short, reflectance(short)), atol=1e-6)
    assert "beyond 2500 nm its last value" in library.sources[0]


@pytest.mark.parametrize("packed", [False, True])
def test_nothing_is_dropped_without_a_word(tmp_path: Path, packed: bool) -> None:
    (tmp_path / "data").mkdir()
    usgs_07(tmp_path / "data")
    whole = tmp_path / "data"
    for name, content in (
        ("picture.bin", b"\0"),
        ("broken.txt", b"no numbers\n"),
        ("splib07a_Bandpass_X.txt", b" splib07a Record=3: Bandpass X\n1\n2\n"),
    ):
        (whole / name).write_bytes(content)
    if packed:
        with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
            for each in sorted(whole.rglob("*")):
                archive.write(each, each.relative_to(whole).as_posix())
        whole = tmp_path / "data.zip"
    read = read_spectra(whole, load_exemplars())
    assert [each.name for each in read.spectra] == ["Mineral X1 BECKb AREF"]
    told = "\n".join(read.left_out)
    assert all(part in told for part in ("picture.bin", "'Bandpass X', no spectrum", "Wavelengths BECK", "Wavelengths ASD"))
    assert len(read.unreadable) == 1 and "broken.txt: has no lines of numbers" in read.unreadable[0]
    with pytest.raises(
        InputError, match=r"broken.txt: has no lines of numbers.*1 of 2 cannot be looked for.*CRISM Build Exemplar Library"
    ):
        load_exemplars(whole)


def test_two_spectra_of_one_name_are_both_kept_in_one_class(tmp_path: Path) -> None:
    (tmp_path / "two.csv").write_text("nm,opal,opal\n" + rows(AXIS, VALUES, reflectance(AXIS, 2215), part=","))
    library = load_exemplars(tmp_path / "two.csv")
    assert library.class_names == ["opal"] and library.names == ["opal", "opal (2)"]


def test_colours_and_codes_are_always_the_same(tmp_path: Path) -> None:
    names = [f"m{number}" for number in range(64)]
    many = [reflectance(AXIS, 2000 + 5 * number) for number in range(64)]
    (tmp_path / "many.csv").write_text("nm," + ",".join(names) + "\n" + rows(AXIS, *many, part=","))
    (tmp_path / "few.csv").write_text("nm,a,b\n" + rows(AXIS, *many[:2], part=","))
    library, few = load_exemplars(tmp_path / "many.csv"), load_exemplars(tmp_path / "few.csv")
    assert [mineral.code for mineral in library.classes] == list(range(33, 97))
    assert [mineral.rgb for mineral in few.classes] == [mineral.rgb for mineral in library.classes[:2]]
    assert len({mineral.rgb for mineral in library.classes} | {mineral.rgb for mineral in load_exemplars().classes}) == 96


def test_too_many_classes_are_one_clear_line(tmp_path: Path) -> None:
    many = [reflectance(AXIS, 2000 + 4 * number) for number in range(99)]
    (tmp_path / "many.csv").write_text("nm," + ",".join(f"m{number}" for number in range(99)) + "\n" + rows(AXIS, *many, part=","))
    with pytest.raises(
        ParameterError, match=r"many.csv: has 99 classes that are new, but 64 codes are free.*CRISM Build Exemplar Library"
    ):
        load_exemplars(tmp_path / "many.csv")


def _damaged(name: str, old: str, new: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        file = FORMATS[name](folder)
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new, 1))
        return file

    return make


def _text(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _without_wavelengths(folder: Path) -> Path:
    file = usgs_07(folder)
    for each in folder.glob("*Wavelengths*"):
        each.unlink()
    return file


def _no_spectra(folder: Path) -> Path:
    file = envi(folder)
    file.write_bytes(b"offset!")
    header = file.with_suffix(".hdr")
    header.write_text(
        header.read_text().replace("lines = 2", "lines = 0").replace("{\n Wavelengths in microns 470 ch,\n Mineral X1}", "{}")
    )
    return file


def _folder(folder: Path) -> Path:
    return folder


GAP = rows(np.delete(AXIS, np.s_[200:220]), np.delete(VALUES, np.s_[200:220]), part=",").encode()
DELETED = np.where((AXIS > 1340) & (AXIS < 1450), -1.23e34, VALUES)

WRONG: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing file": (lambda folder: folder / "none.csv", "none.csv: no such file"),
    "empty": (_text("x.csv", b""), "the file is empty"),
    "empty folder": (_folder, "holds no spectrum that is read"),
    "binary": (_text("x.csv", b"\0\1\2\3" * 50), "x.csv: is no text"),
    "a picture": (_text("x.png", b"\x89PNG\r\n\x1a\n" + bytes(60)), "is no text|no lines of numbers|PNG"),
    "broken archive": (
        _text("x.zip", b"PK\x03\x04" + b"x" * 80),
        "x.zip: is not an exemplar library, but a file of weights or an archive",
    ),
    "no numbers": (_text("x.csv", b"wavelength,kaolinite\n"), "has no lines of numbers"),
    "one column": (_text("x.csv", rows(VALUES, VALUES).split()[0].encode() + b"\n0.4\n0.3\n"), "has one column"),
    "repeated": (_text("x.csv", (rows(part=",") + "1400,0.3\n").encode()), "1400 nm is there twice"),
    "a gap": (_text("x.csv", GAP), "x.csv, spectrum x: must cover .* but 1345-1450 nm is missing"),
    "deleted channels": (_text("x.csv", rows(AXIS, DELETED, part=",").encode()), "1340-1450 nm is missing"),
    "all deleted": (_text("x.csv", rows(AXIS, np.full(AXIS.size, -1.23e34)).encode()), "has 0 values above 0 and below 100"),
    "scaled by 10000": (_text("x.csv", rows(AXIS, VALUES * 10000).encode()), "has 0 values above 0 and below 100"),
    "half in µm": (_text("x.csv", rows(np.where(AXIS < 1700, AXIS / 1000, AXIS)).encode()), "1695-2600 nm is missing"),
    "wavenumbers": (_text("x.csv", rows(1e7 / AXIS).encode()), "must cover"),
    "visible": (_text("x.csv", rows(AXIS / 3).encode()), "1050-2600 nm is missing"),
    "flat": (_text("x.csv", rows(AXIS, np.full(AXIS.size, 0.3)).encode()), "has no absorption"),
    "only errors": (_text("x.csv", b"nm,std dev\n" + rows(part=",").encode()), "hold no spectrum"),
    "no wavelengths of USGS": (_without_wavelengths, "no file with so many wavelengths lies beside it"),
    "USGS cut short": (_damaged("usgs_07", f" {VALUES[9]:.7e}\n", ""), "has 469 values, and no file with so many wavelengths"),
    "USGS with words": (_damaged("usgs_07", f" {VALUES[9]:.7e}\n", " x\n"), "is no number"),
    "ECOSTRESS cut short": (
        _damaged("ecostress", f"Number of X Values: {AXIS.size}", "Number of X Values: 999"),
        "says that they are 999",
    ),
    "ECOSTRESS emissivity": (
        _damaged("ecostress", "Reflectance (percentage)", "Emissivity"),
        "holds 'Emissivity', no reflectances",
    ),
    "ECOSTRESS wavenumbers": (
        _damaged("ecostress", "Wavelength (micrometers)", "Wavenumber (1/cm)"),
        "'1/cm', which is none of length",
    ),
    "RELAB cut short": (_damaged("relab_counted", f"   {AXIS.size}\n", "  999\n"), "says that 999 lines of numbers follow"),
    "RELAB too long": (
        _damaged("relab_counted", f"   {AXIS.size}\n", "   10\n"),
        "says that 10 lines of numbers follow, but more do",
    ),
    "MICA of two columns": (_text("crism_typespec_x.tab", rows().encode()), "has 2 columns, where type spectra have 7"),
    "no spectra": (_no_spectra, "lib.sli: has no spectra, by its header"),
    "another JSON": (_text("x.json", b'{"a": 1}'), "is no exemplar library"),
    "an image": (_text("x.tif", b"II*\0" + bytes(200)), "is not an exemplar library, but a TIFF image"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_read_is_said_in_one_line_with_its_name(tmp_path: Path, kind: str) -> None:
    make, says = WRONG[kind]
    path = make(tmp_path)
    with pytest.raises(CrismError, match=says) as raised:
        load_exemplars(path)
    assert path.name in str(raised.value)


@pytest.mark.parametrize(("unit", "factor"), [("nm", 0.001), ("um", 1.0), ("microns", 1.0), ("", 0.001)])
def test_a_unit_that_cannot_be_is_taken_by_the_numbers_and_said(tmp_path: Path, unit: str, factor: float) -> None:
    (tmp_path / "x.csv").write_text(f"wavelength ({unit}),opal\n" + rows(AXIS * factor, part=","))
    library = load_exemplars(tmp_path / "x.csv")
    np.testing.assert_allclose(library.spectra[0], RATIO, atol=1e-6)
    assert "by their size" in library.sources[0]


def test_a_name_in_an_archive_leads_nowhere(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("../../evil.csv", rows(part=","))
    assert load_exemplars(tmp_path / "x.zip").class_names == ["evil"]
    assert [each.name for each in tmp_path.parent.parent.glob("evil*")] == []


def test_real_libraries(shared_data: Path) -> None:
    library = load_exemplars(shared_data / "mica")
    assert len(library.classes) == 31 and {mineral.code for mineral in library.classes} == set(range(1, 33)) - {28}
    shipped = load_exemplars()
    for name in ("kaolinite (ratio)", "gypsum (numerator)", "talc (ratio)"):
        one, other = (each.spectra[each.names.index(name)] for each in (library, shipped))
        assert np.corrcoef(one, other)[0, 1] > 0.95
    calcite = load_exemplars(shared_data / "usgs_splib07a" / "splib07a_Calcite_CO2004_BECKb_AREF.txt")
    assert calcite.class_names == ["Calcite CO2004"]
    near = (WAVELENGTHS_NM > 2250) & (WAVELENGTHS_NM < 2400)
    assert abs(WAVELENGTHS_NM[near][calcite.spectra[0][near].argmin()] - 2340) < 10
    for name in ("usgs_splib06_crism/s06cr08a.sli", "usgs_splib06_aviris18/s06av18a_envi"):
        read = read_spectra(shared_data / name, shipped)
        assert len(read.spectra) > 1300 and len(read.left_out) == 3
        with pytest.raises(CrismError, match="CRISM Build Exemplar Library"):
            load_exemplars(shared_data / name)
