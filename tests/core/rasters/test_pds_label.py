"""The label parser, on made-up snippets with known answers and on all real labels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.rasters.pds_label import Quantity, describe_image, parse_label, read_label
from crism_gan_plugin.core.rasters.reader import RasterReader

SNIPPET = """PDS_VERSION_ID = PDS3
NOTE = "two lines,
        one \t string; /* no comment */ A = B"   /* a comment = "with a quote" */
OBSERVATION_NUMBER = 16#0A#
BIT_MASK = 2#0000000111111111#
TEMPERATURE = -146.202
SMALL = 1.5E-3
COUNT = +12
TIME = 2009-08-14T03:06:23.829
DISTANCE = 218928627.2 <KM>
UNKNOWN = "N/A"
SET = {"A", 'B', C}
EMPTY = {
}
SEQUENCE = (1, 2.5 <HZ>, (3, 4))
^STRUCTURE = "X.FMT"
^IMAGE = lower_case.img
GROUP = PARAMETERS
  A = 1
END_GROUP = PARAMETERS
OBJECT = FILE
  RECORD_BYTES = 256
  OBJECT = IMAGE
    LINES = 15
  END_OBJECT = IMAGE
END_OBJECT = FILE
OBJECT = FILE
  RECORD_BYTES = 1221
END_OBJECT
END
\x00\x01 binary = what follows END is never read "
"""


def test_every_kind_of_value() -> None:
    label = parse_label(SNIPPET)
    assert label.values == {
        "PDS_VERSION_ID": "PDS3",
        "NOTE": "two lines, one string; /* no comment */ A = B",
        "OBSERVATION_NUMBER": 10,
        "BIT_MASK": 511,
        "TEMPERATURE": -146.202,
        "SMALL": 0.0015,
        "COUNT": 12,
        "TIME": "2009-08-14T03:06:23.829",
        "DISTANCE": Quantity(218928627.2, "KM"),
        "UNKNOWN": "N/A",
        "SET": ["A", "B", "C"],
        "EMPTY": [],
        "SEQUENCE": [1, Quantity(2.5, "HZ"), [3, 4]],
        "^STRUCTURE": "X.FMT",
        "^IMAGE": "lower_case.img",
    }
    assert label.get("DISTANCE") == 218928627.2
    assert label.get("UNKNOWN") is None
    assert label.get("MISSING", 7) == 7


def test_objects_that_repeat_are_all_kept() -> None:
    label = parse_label(SNIPPET)
    assert [part.name for part in label.objects] == ["PARAMETERS", "FILE", "FILE"]
    assert [part.get("RECORD_BYTES") for part in label.find("FILE")] == [256, 1221]
    assert [part.get("LINES") for part in label.find("IMAGE")] == [15]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("A = 1\n", "it has no END"),
        ("A = 1\nEND_OBJECT = FILE\nEND\n", "END_OBJECT without its beginning"),
        ("OBJECT = FILE\nEND\n", "the object FILE does not end"),
        ('A = "open\nEND\n', "line 1"),
        ("A 1\nEND\n", "'=' should stand where '1' is"),
        ("A = (1, 2\nEND\n", r"should stand|no END"),
        ("= 1\nEND\n", "a keyword should stand"),
        ("A = }\nEND\n", "a value should stand"),
    ],
)
def test_malformed_labels_say_why(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_label(text)
    (tmp_path / "x.lbl").write_text("PDS_VERSION_ID = PDS3\n" + text)
    with pytest.raises(InputError, match=r"x\.lbl: this label cannot be understood"):
        read_label(tmp_path / "x.lbl")


@given(st.text(alphabet="AB=(){},\"<>#/* \n\t12.'", max_size=60))
def test_nonsense_never_crashes(text: str) -> None:
    try:
        parse_label(text + "\nEND\n")
    except ValueError as error:
        assert str(error)


def test_not_a_label(tmp_path: Path) -> None:
    (tmp_path / "x.lbl").write_text("Dear diary")
    with pytest.raises(InputError, match="not a PDS3 label"):
        read_label(tmp_path / "x.lbl")


def test_label_without_image(tmp_path: Path) -> None:
    (tmp_path / "x.lbl").write_text("PDS_VERSION_ID = PDS3\nOBJECT = TABLE\nROWS = 1\nEND_OBJECT = TABLE\nEND\n")
    with pytest.raises(InputError, match=r"x\.lbl: this label describes no image"):
        RasterReader(tmp_path / "x.lbl")


@pytest.mark.parametrize(
    ("pointer", "offset"),
    [('"X.IMG"', 0), ("x.img", 0), ('("X.IMG", 3)', 200), ('("X.IMG", 41 <BYTES>)', 40), ('"/data/X.IMG"', 0)],
)
def test_where_the_image_begins(tmp_path: Path, pointer: str, offset: int) -> None:
    (tmp_path / "x.img").write_bytes(b"\0" * offset + np.arange(6, dtype=">i2").tobytes())
    (tmp_path / "x.lbl").write_text(
        f"PDS_VERSION_ID = PDS3\nRECORD_BYTES = 100\n^IMAGE = {pointer}\nOBJECT = IMAGE\nLINES = 2\nLINE_SAMPLES = 3\n"
        "SAMPLE_TYPE = MSB_INTEGER\nSAMPLE_BITS = 16\nMISSING_CONSTANT = -32768\nEND_OBJECT = IMAGE\nEND\n"
    )
    with RasterReader(tmp_path / "x.lbl") as reader:
        np.testing.assert_array_equal(reader.read(0, 2), np.arange(6).reshape(1, 2, 3))
        assert reader.nodata == -32768


def test_attached_label(tmp_path: Path) -> None:
    """An image that begins with its own label."""
    text = (
        "PDS_VERSION_ID = PDS3\nRECORD_BYTES = 512\n^IMAGE = 2\nOBJECT = IMAGE\nLINES = 2\nLINE_SAMPLES = 3\n"
        "SAMPLE_TYPE = PC_REAL\nSAMPLE_BITS = 32\nEND_OBJECT = IMAGE\nEND\n"
    )
    (tmp_path / "x.img").write_bytes(text.encode().ljust(512) + np.arange(6, dtype="<f4").tobytes())
    with RasterReader(tmp_path / "x.img") as reader:
        np.testing.assert_array_equal(reader.read(0, 2), np.arange(6).reshape(1, 2, 3))


@pytest.mark.parametrize(
    "line",
    [
        "SAMPLE_TYPE = VAX_REAL",
        "SAMPLE_BITS = 12",
        "BAND_STORAGE_TYPE = WILD",
        "LINE_PREFIX_BYTES = 4",
        "LINES = 0",
        "LINES = 2\nLINES = 1",
        "BANDS = 1\nBANDS = 2",
        'ENCODING_TYPE = "PREVIOUS PIXEL"',
    ],
)
def test_images_that_crism_does_not_have(tmp_path: Path, line: str) -> None:
    (tmp_path / "x.img").write_bytes(b"\0" * 100)
    fields = {"LINES": "2", "LINE_SAMPLES": "3", "SAMPLE_TYPE": "PC_REAL", "SAMPLE_BITS": "32"}
    key, value = line.split(" = ", 1)
    fields[key] = value
    body = "\n".join(f"{name} = {text}" for name, text in fields.items())
    (tmp_path / "x.lbl").write_text(f'PDS_VERSION_ID = PDS3\n^IMAGE = "X.IMG"\nOBJECT = IMAGE\n{body}\nEND_OBJECT = IMAGE\nEND\n')
    with pytest.raises(InputError, match=r"x\.lbl: "):
        RasterReader(tmp_path / "x.lbl")


PROJECTED = (
    "PDS_VERSION_ID = PDS3\nRECORD_TYPE = FIXED_LENGTH\nRECORD_BYTES = 12\nFILE_RECORDS = 2\nLABEL_RECORDS = 1\n"
    'TARGET_NAME = MARS\n^IMAGE = "X.IMG"\nOBJECT = IMAGE\nLINES = 2\nLINE_SAMPLES = 3\nBANDS = 1\nSAMPLE_TYPE = PC_REAL\n'
    "SAMPLE_BITS = 32\nBAND_STORAGE_TYPE = BAND_SEQUENTIAL\nEND_OBJECT = IMAGE\nOBJECT = IMAGE_MAP_PROJECTION\n"
    'MAP_PROJECTION_TYPE = "EQUIRECTANGULAR"\nA_AXIS_RADIUS = 3396.0 <KM>\nB_AXIS_RADIUS = 3396.0 <KM>\n'
    "C_AXIS_RADIUS = 3396.0 <KM>\nCENTER_LATITUDE = 0.0 <DEG>\nCENTER_LONGITUDE = 112.5 <DEG>\n"
    "MAP_RESOLUTION = 256.0 <PIXEL/DEG>\nMAP_SCALE = 0.2315288 <KM/PIXEL>\n"
    "LINE_PROJECTION_OFFSET = -640.0\nSAMPLE_PROJECTION_OFFSET = 640.0\nEND_OBJECT = IMAGE_MAP_PROJECTION\nEND\n"
)


def test_map_projected_label(tmp_path: Path) -> None:
    """Offsets count from the outer corner of the first pixel: an MRDR tile's corner lies whole pixels from the origin."""
    (tmp_path / "x.img").write_bytes(np.arange(6, dtype="<f4").tobytes())
    (tmp_path / "x.lbl").write_text(PROJECTED)
    with RasterReader(tmp_path / "x.lbl") as reader:
        np.testing.assert_array_equal(reader.read(0, 2), np.arange(6).reshape(1, 2, 3))
        corner = np.array(reader.georeference.transform)[[0, 3]]
        np.testing.assert_allclose(corner, [-640 * 231.5288, -640 * 231.5288], atol=0.01)
        assert reader.georeference.pixel_size == pytest.approx((231.5288, 231.5288))
        assert "Equirectangular" in reader.georeference.wkt or "Equidistant_Cylindrical" in reader.georeference.wkt


def test_label_that_disagrees_with_its_image(tmp_path: Path, trr3_product: Callable[..., Path]) -> None:
    label = trr3_product(tmp_path, np.ones((8, 15, 64)))
    label.write_text(label.read_text().replace("LINES = 15", "LINES = 16", 1))
    with pytest.raises(
        InputError, match=r"trr3\.img: truncated: it has \d+ bytes, but .*lbl describes 16 lines x 64 samples x 8 bands"
    ):
        RasterReader(label)
    label.write_text(label.read_text().replace("LINES = 16", "LINES = 12", 1).replace("FILE_RECORDS", "OTHER_RECORDS"))
    with pytest.raises(InputError, match=r"trr3\.img: image and label disagree"):
        RasterReader(label)


def test_label_without_its_image(tmp_path: Path, trr3_product: Callable[..., Path]) -> None:
    label = trr3_product(tmp_path, np.ones((8, 15, 64)))
    label.with_suffix(".img").unlink()
    with pytest.raises(InputError, match=r"TRR3\.IMG: no such file, but .*trr3\.lbl describes it"):
        RasterReader(label)


def test_all_real_labels(shared_data: Path) -> None:
    labels = [path for path in shared_data.rglob("*") if path.suffix.lower() == ".lbl" and path.stat().st_size]
    assert len(labels) > 40
    for path in labels:
        assert read_label(path).get("PDS_VERSION_ID") == "PDS3"


def test_real_trr3_label(shared_data: Path) -> None:
    path = shared_data / "crism" / "trdr" / "frt0001458f_01_if156l_trr3.lbl"
    label = read_label(path)
    assert label.get("PRODUCT_ID") == "FRT0001458F_01_IF156L_TRR3"
    assert label.get("SOLAR_DISTANCE") == 218928627.228202
    assert label.values["MRO:FRAME_RATE"] == Quantity(3.75, "HZ")
    assert label.get("MRO:OBSERVATION_NUMBER") == 1
    assert label.get("OBSERVATION_ID") == "16#0001458F#"
    assert len(label.get("SOURCE_PRODUCT_ID")) == 35
    assert label.get("MRO:INVALID_PIXEL_LOCATION") == []
    assert [part.get("RECORD_BYTES") for part in label.find("FILE")] == [256, 1221]
    image = describe_image(path, label)
    assert (image.lines, image.samples, image.bands, image.interleave, image.dtype) == (15, 64, 438, "bil", np.dtype("<f4"))
    assert image.whole_size == image.path.stat().st_size


def test_real_ddr_opens_as_raster(shared_data: Path) -> None:
    from osgeo import gdal

    path = shared_data / "crism" / "ddr" / "frt00003e25_01_de156l_ddr1.lbl"
    with RasterReader(path) as reader:
        assert (reader.lines, reader.samples, reader.bands) == (15, 64, 14)
        planes = reader.read(0, 15)
    np.testing.assert_array_equal(planes, gdal.Open(str(path)).ReadAsArray())
    longitude = planes[4]
    assert -10.2 < longitude.min() < longitude.max() < -9.1


@pytest.mark.parametrize("word", ["1_000", "nan", "INF", "infinity", "٣", "9" * 19, "1E9999", "1E999", "1.", "-.5", "1.5e3"])
def test_only_numbers_are_numbers(word: str) -> None:
    value = parse_label(f"A = {word}\nEND\n").get("A")
    assert value == ({"1.": 1.0, "-.5": -0.5, "1.5e3": 1500.0, "9" * 19: 1e19}.get(word, word))


@pytest.mark.parametrize(
    "text",
    [
        "A = " + "(" * 100_000 + "\nEND\n",
        "A = " + "({" * 500 + "})" * 500 + "\nEND\n",
        "OBJECT = A\n" * 5000 + "END\n",
        "OBJECT = A\n" * 500 + "END_OBJECT\n" * 500 + "END\n",
        "A = /* x\n" * 50_000,
        "A = 99#1#\nEND\n",
        "A = 16#" + "F" * 9000 + "#\nEND\n",
    ],
    ids=["open lists", "lists", "open objects", "objects", "open comments", "base 99", "long number"],
)
def test_labels_that_would_take_for_ever_or_break_the_stack(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.lbl").write_text("PDS_VERSION_ID = PDS3\n" + text)
    try:
        assert isinstance(read_label(tmp_path / "x.lbl").get("A"), str)
    except InputError as error:
        assert "x.lbl: this label cannot be understood" in str(error)


def image_label(folder: Path, offset: int = 0, **fields: str) -> Path:
    """A label of 2 × 3 big-endian whole numbers, with some lines other than usual ("" leaves one out), and its image."""
    (folder / "x.img").write_bytes(b"\0" * offset + np.arange(6, dtype=">i2").tobytes())
    head = {"RECORD_BYTES": "100", "^IMAGE": '"X.IMG"'}
    body = {"LINES": "2", "LINE_SAMPLES": "3", "SAMPLE_TYPE": "MSB_INTEGER", "SAMPLE_BITS": "16"}
    for part in (head, body):
        part.update({key: fields[key] for key in fields if (key in head) == (part is head)})
    head_text, body_text = ("".join(f"{key} = {text}\n" for key, text in part.items() if text) for part in (head, body))
    label = folder / "x.lbl"
    label.write_text(f"PDS_VERSION_ID = PDS3\n{head_text}OBJECT = IMAGE\n{body_text}END_OBJECT = IMAGE\nEND\n", encoding="latin-1")
    return label


@pytest.mark.parametrize(
    ("fields", "offset"),
    [
        ({"RECORD_BYTES": "UNDEFINED"}, 0),
        ({"RECORD_BYTES": '"N/A"', "^IMAGE": '("X.IMG", 1)'}, 0),
        ({"RECORD_BYTES": "(100, 200)"}, 0),
        ({"RECORD_BYTES": ""}, 0),
        ({"RECORD_BYTES": "UNDEFINED", "^IMAGE": '("X.IMG", 41 <bytes>)'}, 40),
        ({"RECORD_BYTES": "100 <BYTES>", "^IMAGE": '("X.IMG", 3)'}, 200),
        ({"^IMAGE": '{"X.IMG"}'}, 0),
        ({"SAMPLE_BITS": "16 <BITS>"}, 0),
        ({"FILE_RECORDS": "UNKNOWN"}, 0),
        ({"SAMPLE_TYPE": "INTEGER"}, 0),
        ({"SAMPLE_TYPE": "SUN_INTEGER"}, 0),
        ({"SAMPLE_TYPE": "MAC_UNSIGNED_INTEGER"}, 0),
        ({"LINES": "2\nLINES = 2"}, 0),
        ({"LINES": '2\nENCODING_TYPE = "N/A"'}, 0),
    ],
)
def test_odd_labels_that_say_enough_are_read(tmp_path: Path, fields: dict[str, str], offset: int) -> None:
    with RasterReader(image_label(tmp_path, offset, **fields)) as reader:
        np.testing.assert_array_equal(reader.read(0, 2), np.arange(6).reshape(1, 2, 3))


@pytest.mark.parametrize(
    "pointer",
    [
        '("X.IMG", 0)',
        '("X.IMG", -3 <BYTES>)',
        '("X.IMG", 1.5)',
        '("X.IMG", ("X.IMG", 2))',
        '("X.IMG", "Y.IMG")',
        '("X.IMG", 1, 2)',
        '("X.IMG", 3 <KM>)',
        '("X.IMG", INF)',
        '""',
        '".."',
        '"a/.."',
        "()",
        "((((1))))",
        "-1",
        "1.0E300",
        "0 <BYTES>",
    ],
)
def test_odd_pointers_are_one_clear_line(tmp_path: Path, pointer: str) -> None:
    with pytest.raises(InputError, match=r"x\.lbl: \^IMAGE = .* does not say where the image is"):
        RasterReader(image_label(tmp_path, **{"^IMAGE": pointer}))


def test_names_of_300_letters_are_one_clear_line(tmp_path: Path) -> None:
    label = image_label(tmp_path, **{"^IMAGE": '"' + "x" * 300 + '.IMG"'})
    (tmp_path / "x.img").unlink()
    with pytest.raises(InputError, match="no such file"):
        RasterReader(label)


@pytest.mark.parametrize("pointer", ["9" * 18, '("X.IMG", 99999999999 <BYTES>)'])
def test_pointers_beyond_the_file_are_one_clear_line(tmp_path: Path, pointer: str) -> None:
    with pytest.raises(InputError, match="truncated"):
        RasterReader(image_label(tmp_path, **{"^IMAGE": pointer}))


@pytest.mark.parametrize("place", ["2", "3"])
def test_places_in_records_need_a_length(tmp_path: Path, place: str) -> None:
    with pytest.raises(InputError, match="does not say where the image is"):
        RasterReader(image_label(tmp_path, **{"^IMAGE": f'("X.IMG", {place})', "RECORD_BYTES": "UNDEFINED"}))


@pytest.mark.parametrize(
    "fields",
    [
        {"SAMPLE_BITS": ""},
        {"SAMPLE_BITS": "UNK"},
        {"SAMPLE_BITS": "(16, 16)"},
        {"SAMPLE_BITS": "16.0"},
        {"SAMPLE_BITS": "24"},
        {"SAMPLE_TYPE": ""},
        {"SAMPLE_TYPE": "PC_REAL", "SAMPLE_BITS": "8"},
        {"SAMPLE_TYPE": "IEEE_REAL"},
        {"SAMPLE_TYPE": "CHARACTER"},
        {"SAMPLE_TYPE": "(MSB_INTEGER, MSB_INTEGER)"},
    ],
)
def test_kinds_of_numbers_that_there_are_not(tmp_path: Path, fields: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"x\.lbl: SAMPLE_TYPE .* with SAMPLE_BITS .* is no kind of number"):
        RasterReader(image_label(tmp_path, **fields))


@pytest.mark.parametrize("size", ["0", "-2", "2.0", "(2, 2)", "TWO", "9" * 30, '"2"', "2 <LINES>"])
def test_sizes_are_whole_numbers(tmp_path: Path, size: str) -> None:
    label = image_label(tmp_path, LINES=size)
    if size == "2 <LINES>":
        assert RasterReader(label).lines == 2
        return
    with pytest.raises(InputError, match="LINES, LINE_SAMPLES and BANDS must be positive whole numbers"):
        RasterReader(label)


def test_the_label_of_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    label = image_label(tmp_path)
    (tmp_path / "x.img").unlink()
    os.mkfifo(tmp_path / "x.img")
    with pytest.raises(InputError, match=r"X\.IMG: no such file, but x\.lbl describes it"):
        RasterReader(label)


def test_map_projected_labels_that_cannot_be_placed(tmp_path: Path) -> None:
    """A header beside the image that is wrong; label and image renamed alike, where the names are needed for the projection."""
    (tmp_path / "x.img").write_bytes(np.arange(6, dtype="<f4").tobytes())
    (tmp_path / "x.lbl").write_text(PROJECTED)
    (tmp_path / "x.hdr").write_text("ENVI\nlines = 2\nsamples = 3\nbands = 1\ndata type = 7\n")
    for suffix in (".lbl", ".img"):
        with pytest.raises(InputError, match=r"x\.hdr: data type = 7 is none that ENVI has"):
            RasterReader(tmp_path / f"x{suffix}")
    (tmp_path / "x.hdr").unlink()
    for suffix in (".lbl", ".img"):
        (tmp_path / f"x{suffix}").rename(tmp_path / f"y{suffix}")
    for suffix in (".lbl", ".img"):
        with pytest.raises(InputError, match=r"y\.lbl: .* renamed alike.*, but a map projection is read"):
            RasterReader(tmp_path / f"y{suffix}")
