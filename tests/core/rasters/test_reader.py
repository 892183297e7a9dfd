"""Reading and writing rasters: every layout of numbers against NumPy, and every failure with its message."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.errors import InputError, OutputError
from crism_gan_plugin.core.mars.georeference import Georeference
from crism_gan_plugin.core.rasters import geotiff
from crism_gan_plugin.core.rasters.class_table import ClassRow, read_class_table, write_class_table
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.core.rasters.reader import RasterReader

EnviWriter = Callable[..., Path]

ROOT = Path(__file__).resolve().parents[3]
LINES, SAMPLES, BANDS = 6, 5, 7
INTERLEAVES = ["bil", "bip", "bsq"]

MARS = (
    'PROJCS["a custom sphere",GEOGCS["lat30",DATUM["custom_lat30",SPHEROID["custom_lat30",3391159.22840344,0]],'
    'PRIMEM["Reference_Meridian",0],UNIT["degree",0.0174532925199433]],PROJECTION["Equirectangular"],'
    'PARAMETER["standard_parallel_1",-30],PARAMETER["central_meridian",0],PARAMETER["false_easting",0],'
    'PARAMETER["false_northing",0],UNIT["metre",1]]'
)


def cube(dtype: str = "<f4") -> np.ndarray:
    return np.arange(BANDS * LINES * SAMPLES).reshape(BANDS, LINES, SAMPLES).astype(dtype)


@pytest.mark.parametrize("interleave", INTERLEAVES)
@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<u2", ">i2", "|u1", "<f8"])
def test_flat_images_equal_numpy_and_gdal(envi_image: EnviWriter, tmp_path: Path, interleave: str, dtype: str) -> None:
    from osgeo import gdal

    image = envi_image(tmp_path, cube(dtype), interleave, offset=24)
    with RasterReader(image) as reader:
        assert (reader.lines, reader.samples, reader.bands, reader.dtype) == (LINES, SAMPLES, BANDS, np.dtype(dtype))
        assert reader.georeference is None
        np.testing.assert_array_equal(reader.read(0, LINES), cube(dtype))
        np.testing.assert_array_equal(reader.read(0, LINES), gdal.Open(str(image)).ReadAsArray())


@given(
    st.sampled_from(INTERLEAVES), st.lists(st.integers(0, BANDS - 1), min_size=1, max_size=12), st.integers(0, LINES - 1), st.data()
)
def test_any_bands_of_any_lines(
    envi_image: EnviWriter,
    tmp_path_factory: pytest.TempPathFactory,
    interleave: str,
    bands: list[int],
    first: int,
    data: st.DataObject,
) -> None:
    count = data.draw(st.integers(1, LINES - first))
    with RasterReader(envi_image(tmp_path_factory.mktemp("cube"), cube(), interleave)) as reader:
        np.testing.assert_array_equal(reader.read(first, count, bands), cube()[bands, first : first + count])


def test_lines_outside_the_image_are_a_mistake_of_the_caller(envi_image: EnviWriter, tmp_path: Path) -> None:
    with RasterReader(envi_image(tmp_path, cube())) as reader, pytest.raises(ValueError, match="an image of 6 lines"):
        reader.read(LINES - 1, 2)


def test_header_and_capital_names_lead_to_the_image(envi_image: EnviWriter, tmp_path: Path) -> None:
    image = envi_image(tmp_path, cube(), more="data ignore value = 65535", name="CUBE.IMG")
    image.with_suffix(".hdr").rename(tmp_path / "cube.HDR")
    with RasterReader(tmp_path / "cube.HDR") as reader:
        assert reader.path == image
        assert reader.nodata == 65535
        np.testing.assert_array_equal(reader.read(2, 1), cube()[:, 2:3])


def test_header_without_image(envi_image: EnviWriter, tmp_path: Path) -> None:
    envi_image(tmp_path, cube()).unlink()
    with pytest.raises(InputError, match=r"x\.hdr: the image that this header describes is not beside it"):
        RasterReader(tmp_path / "x.hdr")


@pytest.mark.parametrize("share", [0.99, 0.5, 0.01])
def test_truncated_image(envi_image: EnviWriter, tmp_path: Path, share: float) -> None:
    image = envi_image(tmp_path, cube())
    whole = image.read_bytes()
    image.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(
        InputError, match=r"x\.img: truncated: it has \d+ bytes, but x\.hdr describes 6 lines x 5 samples x 7 bands"
    ):
        RasterReader(image)


def test_image_longer_than_its_header_says(envi_image: EnviWriter, tmp_path: Path) -> None:
    image = envi_image(tmp_path, cube())
    with image.open("ab") as file:
        file.write(b"\0" * (SAMPLES * BANDS * 4 - 1))  # a table of detector rows is shorter than a line
    RasterReader(image).close()
    with image.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(InputError, match=r"x\.img: image and label disagree: it has 980 bytes.*only 840 bytes"):
        RasterReader(image)


def test_image_that_shrinks_while_it_is_read(envi_image: EnviWriter, tmp_path: Path) -> None:
    image = envi_image(tmp_path, cube())
    with RasterReader(image) as reader:
        image.write_bytes(b"\0" * 100)
        with pytest.raises(InputError, match="ended while it was being read"):
            reader.read(0, LINES)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.img", None, "no such file"),
        ("empty.img", b"", "the file is empty"),
        ("notes.txt", b"Dear diary", "not a raster that GDAL can read"),
        ("noise.img", b"\x93\x01\x02" * 400, "not a raster that GDAL can read"),
    ],
)
def test_what_is_no_raster(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: {message}"):
        RasterReader(tmp_path / name)


def test_a_folder_is_no_raster(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a file; give the file itself"):
        RasterReader(tmp_path)


@pytest.mark.parametrize("field", ["lines", "data type", "bands"])
def test_incomplete_header(envi_image: EnviWriter, tmp_path: Path, field: str) -> None:
    image = envi_image(tmp_path, cube())
    header = image.with_suffix(".hdr")
    header.write_text("\n".join(line for line in header.read_text().splitlines() if not line.startswith(field + " ")))
    with pytest.raises(InputError, match=rf"x\.hdr: not a complete ENVI header: {field} is missing"):
        RasterReader(image)


HEADER_FAULTS = [
    ("byte order = 2", r"byte order = 2 is none that ENVI has \(0, 1\)"),
    ("byte order = -1", "byte order = -1 is none"),
    ("byte order = 10", "byte order = 10 is none"),
    ("byte order = little", "byte order = little is none"),
    ("byte order =", "byte order =  is none"),
    ("data type = 7", "data type = 7 is none that ENVI has"),
    ("data type = 0", "data type = 0 is none"),
    ("data type = 16", "data type = 16 is none"),
    ("data type = float", "data type = float is none"),
    ("interleave = bis", "interleave = bis is none"),
    ("lines = 0", "lines = 0 is no whole number from 1 on"),
    ("lines = -6", "lines = -6 is no whole number"),
    ("lines = 6.5", "lines = 6.5 is no whole number"),
    ("samples = 1e3", "samples = 1e3 is no whole number"),
    ("bands = many", "bands = many is no whole number"),
    ("bands = " + "9" * 5000, "bands = 9{40} is no whole number"),
    ("header offset = -24", "header offset = -24 is no whole number from 0 on"),
    ("header offset = x", "header offset = x is no whole number"),
    ("file type = ENVI Spectral Library", "describes a spectral library"),
    ("lines = 600", r"truncated: it has 840 bytes, but x\.hdr describes 600 lines"),
    ("header offset = 99", "truncated"),
]


@pytest.mark.parametrize(("field", "reason"), HEADER_FAULTS, ids=[field[:30] for field, _ in HEADER_FAULTS])
@pytest.mark.parametrize("suffix", [".img", ".hdr"])
def test_header_values_that_envi_does_not_have(
    envi_image: EnviWriter, tmp_path: Path, field: str, reason: str, suffix: str
) -> None:
    image = envi_image(tmp_path, cube())
    header, key = image.with_suffix(".hdr"), field.split("=")[0]
    lines = [field if line.startswith(key) else line for line in header.read_text().splitlines()]
    header.write_text("\n".join(lines))
    with pytest.raises(InputError, match=rf"x\.(img|hdr): {reason}"):
        RasterReader(image.with_suffix(suffix))


@pytest.mark.parametrize("with_exceptions", [False, True])
def test_gdal_with_and_without_exceptions(tmp_path: Path, with_exceptions: bool) -> None:
    """QGIS and its plugins choose; both ways must give the same one line."""
    code = f"""
        from osgeo import gdal
        gdal.{"UseExceptions" if with_exceptions else "DontUseExceptions"}()
        from crism_gan_plugin.core.rasters.reader import RasterReader
        from crism_gan_plugin.core.rasters.geotiff import create_raster
        import numpy as np
        for action in (lambda: RasterReader("notes.txt"), lambda: create_raster("none/x.tif", 2, 2, 1, "u1")):
            try:
                action()
            except Exception as error:
                print(type(error).__name__)
        with create_raster("y.tif", 2, 2, 1, "u1") as writer:
            writer.write(np.ones((1, 2, 2), "u1"), 0)
        with RasterReader("y.tif") as reader:
            print(reader.read(0, 2).sum(), gdal.GetUseExceptions())
    """
    (tmp_path / "notes.txt").write_text("Dear diary")
    done = run_python(code, tmp_path)
    assert done.stdout.split() == ["InputError", "OutputError", "4", str(int(with_exceptions))]
    # libtiff 4.7 speaks for itself besides
    assert not [line for line in done.stderr.splitlines() if not line.startswith("_tiff")]


def run_python(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + textwrap.dedent(code)
    return subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize("dtype", ["float32", "uint8", "int16", "uint16", "float64", "int32"])
def test_written_is_what_is_read(tmp_path: Path, dtype: str) -> None:
    numbers = cube(dtype)
    path = tmp_path / "out.tif"
    with create_raster(path, LINES, SAMPLES, BANDS, dtype, nodata=255, band_names=[f"b{k}" for k in range(BANDS)]) as writer:
        writer.write(numbers[:, 4:], 4)
        writer.write(numbers[:, :4], 0)
    with RasterReader(path) as reader:
        assert (reader.dtype, reader.nodata, reader.georeference) == (np.dtype(dtype), 255, None)
        np.testing.assert_array_equal(reader.read(0, LINES), numbers)
        np.testing.assert_array_equal(reader.read(3, 2, [5, 1]), numbers[[5, 1], 3:5])


def test_many_lines_through_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Emptying GDAL's cache in the middle of strips loses nothing."""
    monkeypatch.setattr("crism_gan_plugin.core.rasters.geotiff.CACHE_BYTES", 1 << 16)
    monkeypatch.setattr("crism_gan_plugin.core.rasters.reader.CACHE_BYTES", 1 << 16)
    numbers = np.random.default_rng(1).random((3, 300, 64), np.float32)
    with create_raster(tmp_path / "out.tif", 300, 64, 3, np.float32, nodata=np.nan) as writer:
        for line in range(0, 300, 7):
            writer.write(numbers[:, line : line + 7], line)
    with RasterReader(tmp_path / "out.tif") as reader:
        assert np.isnan(reader.nodata)
        np.testing.assert_array_equal(np.concatenate([reader.read(line, 10) for line in range(0, 300, 10)], axis=1), numbers)


def test_georeference_and_metadata_survive(tmp_path: Path) -> None:
    from osgeo import osr

    place = Georeference(MARS, (-1903867.4, 18.0, 0.0, -1963055.1, 0.0, -36.0))
    assert place.pixel_size == (18.0, 36.0)
    items = [{"wavelength": str(1000 + k)} for k in range(BANDS)]
    with create_raster(
        tmp_path / "out.tif", LINES, SAMPLES, BANDS, "f4", georeference=place, metadata={"EVIDENCE": "e.tif"}, band_metadata=items
    ) as writer:
        writer.write(cube(), 0)
    with RasterReader(tmp_path / "out.tif") as reader:
        assert reader.georeference is not None
        assert reader.georeference.transform == place.transform
        before, after = osr.SpatialReference(wkt=MARS), osr.SpatialReference(wkt=reader.georeference.wkt)
        assert after.GetSemiMajor() == before.GetSemiMajor() == pytest.approx(3391159.22840344)
        assert after.GetInvFlattening() == 0
        assert after.GetProjParm("standard_parallel_1") == -30
        assert reader.metadata()["EVIDENCE"] == "e.tif"
        assert reader.band_metadata(3)["wavelength"] == "1003"


SHAPES = [
    (1, 1, 1),
    (1, 1, 100_000),
    (1, 100_000, 1),
    (1, 2000, 32),
    (1, 2001, 32),  # one strip of 64 kB
    (1, 2001, 1),
    (2, 2048, 32),
    (2, 2049, 32),
    (3, 20_000, 3),
    (500, 3, 2),
    (300, 2100, 1),
    (2, 3, 70_000),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_all_shapes_are_whole_and_noticed_when_they_are_not(tmp_path: Path, shape: tuple[int, int, int], dtype: str) -> None:
    numbers = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
    bands, lines, samples = shape
    writer = create_raster(tmp_path / "x.tif", lines, samples, bands, dtype)
    writer.write(numbers, 0)
    writer.close()  # raises where it takes the file for cut short
    with RasterReader(tmp_path / "x.tif") as reader:
        np.testing.assert_array_equal(reader.read(0, lines), numbers)
    assert geotiff._is_whole(tmp_path / "x.tif")
    data = (tmp_path / "x.tif").read_bytes()
    (tmp_path / "x.tif").write_bytes(data[:-1])
    assert not geotiff._is_whole(tmp_path / "x.tif")


def test_wrong_shape_is_a_mistake_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="7 bands"), create_raster(tmp_path / "out.tif", LINES, SAMPLES, BANDS, "f4") as writer:
        writer.write(np.zeros((LINES, SAMPLES, BANDS), np.float32), 0)


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"out\.tif: cannot be made"):
        create_raster(tmp_path / "none" / "out.tif", LINES, SAMPLES, 1, "u1")


@pytest.mark.parametrize(("bands", "limit"), [(1, 2_000), (1, 100_000), (1, 136_000), (40, 1_000_000), (1, 200), (1, 0)])
def test_no_room_is_noticed(tmp_path: Path, bands: int, limit: int) -> None:
    """A file-size limit stands for a full disk: the write fails late, in GDAL's cache or at the close."""
    code = f"""
        import resource, signal
        import numpy as np
        from crism_gan_plugin.core.rasters.geotiff import create_raster
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        numbers = np.random.default_rng(0).random(({bands}, 200, 200), np.float32)
        try:
            with create_raster("out.tif", 200, 200, {bands}, np.float32) as writer:
                for line in range(0, 200, 20):
                    writer.write(numbers[:, line : line + 20], line)
        except Exception as error:
            print(type(error).__name__, error)
    """
    done = run_python(code, tmp_path)
    assert done.stdout.startswith("OutputError out.tif: cannot be "), done.stdout + done.stderr
    assert "free some disk space" in done.stdout or "choose another folder" in done.stdout
    assert done.stdout.count("\n") == 1
    # libtiff 4.7 speaks for itself besides
    assert not [line for line in done.stderr.splitlines() if not line.startswith("_tiff")]


def test_first_error_is_not_hidden_by_the_writer(tmp_path: Path) -> None:
    with pytest.raises(KeyError), create_raster(tmp_path / "out.tif", LINES, SAMPLES, 1, "u1"):
        raise KeyError("something else")


def test_truncated_geotiff(tmp_path: Path) -> None:
    path = tmp_path / "out.tif"
    with create_raster(path, 200, 200, 1, "f4") as writer:
        writer.write(np.random.default_rng(0).random((1, 200, 200), np.float32), 0)
    path.write_bytes(path.read_bytes()[:100_000])
    with RasterReader(path) as reader, pytest.raises(InputError, match=r"out\.tif: cannot be read at line \d+ \("):
        for line in range(0, 200, 50):
            reader.read(line, 50)


ROWS = [
    ClassRow(0, "nothing", "", (0, 0, 0), 12, 0.5),
    ClassRow(6, "Mg-carbonate", "identification", (0, 255, 0), 7, 0.25),
    ClassRow(106, "Mg-carbonate", "guess", (170, 255, 170), 3, None),
    ClassRow(255, "no data", "", (0, 0, 0), 2**31 + 5, None),
]


def class_raster(folder: Path) -> tuple[Path, np.ndarray]:
    codes = np.array([[[0, 6, 106], [255, 6, 0]]], np.uint8)
    path = folder / "classes.tif"
    with create_raster(path, 2, 3, 1, np.uint8, nodata=255) as writer:
        writer.write(codes, 0)
    return path, codes


def test_class_table_round_trip(tmp_path: Path) -> None:
    path, codes = class_raster(tmp_path)
    before = path.read_bytes()
    assert read_class_table(path) == []
    write_class_table(path, ROWS)
    assert read_class_table(path) == ROWS
    assert path.read_bytes() == before
    with RasterReader(path) as reader:
        assert reader.nodata == 255
        np.testing.assert_array_equal(reader.read(0, 2), codes)


def test_class_table_of_a_ratioed_map(tmp_path: Path) -> None:
    """One more column, after the others."""
    from osgeo import gdal

    path, _ = class_raster(tmp_path)
    rows = [replace(row, both_pixels=row.pixels - 2) for row in ROWS]
    write_class_table(path, rows)
    assert read_class_table(path) == rows
    dataset = gdal.Open(str(path))
    table = dataset.GetRasterBand(1).GetDefaultRAT()
    assert table.GetNameOfCol(table.GetColumnCount() - 1) == "both_pixels"


def test_class_table_as_gdal_sees_it(tmp_path: Path) -> None:
    """GDAL's own view, which is QGIS's: palette, names, and the meaning of each column."""
    from osgeo import gdal

    path, _ = class_raster(tmp_path)
    write_class_table(path, ROWS[:3])
    dataset = gdal.Open(str(path))
    band = dataset.GetRasterBand(1)
    assert band.GetNoDataValue() == 255
    assert band.GetColorInterpretation() == gdal.GCI_PaletteIndex
    assert band.GetColorTable().GetColorEntry(106) == (170, 255, 170, 255)
    assert band.GetCategoryNames()[6] == "Mg-carbonate (identification)"
    table = band.GetDefaultRAT()
    columns = {table.GetNameOfCol(k): (table.GetTypeOfCol(k), table.GetUsageOfCol(k)) for k in range(table.GetColumnCount())}
    assert columns == {
        "value": (gdal.GFT_Integer, gdal.GFU_MinMax),
        "class": (gdal.GFT_String, gdal.GFU_Name),
        "level": (gdal.GFT_String, gdal.GFU_Generic),
        "red": (gdal.GFT_Integer, gdal.GFU_Red),
        "green": (gdal.GFT_Integer, gdal.GFU_Green),
        "blue": (gdal.GFT_Integer, gdal.GFU_Blue),
        "pixels": (gdal.GFT_Integer, gdal.GFU_PixelCount),
        "area_km2": (gdal.GFT_Real, gdal.GFU_Generic),
    }


def test_class_table_survives_what_gdal_adds_to_its_file(tmp_path: Path) -> None:
    """QGIS computes statistics of what it opens; GDAL then writes its auxiliary file anew."""
    from osgeo import gdal

    path, _ = class_raster(tmp_path)
    write_class_table(path, ROWS)
    dataset = gdal.Open(str(path))
    dataset.GetRasterBand(1).ComputeStatistics(False)
    dataset = None
    assert "STATISTICS_MEAN" in path.with_suffix(".tif.aux.xml").read_text()
    assert read_class_table(path) == ROWS
    write_class_table(path, ROWS[:2])
    assert read_class_table(path) == ROWS[:2]
    assert "STATISTICS_MEAN" in path.with_suffix(".tif.aux.xml").read_text()


def test_class_table_with_names_that_xml_must_escape(tmp_path: Path) -> None:
    path, _ = class_raster(tmp_path)
    rows = [ClassRow(33, 'a <b> & "c" é 斜', "guess", (1, 2, 3), 2**33, 1.5)]
    write_class_table(path, rows)
    assert read_class_table(path) == rows


def test_class_table_that_cannot_be_written(tmp_path: Path) -> None:
    code = """
        import resource, signal
        from crism_gan_plugin.core.rasters.class_table import ClassRow, write_class_table
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        try:
            write_class_table("classes.tif", [ClassRow(6, "Mg-carbonate", "guess", (0, 255, 0), 7, 0.25)])
        except Exception as error:
            print(type(error).__name__, error)
    """
    class_raster(tmp_path)
    done = run_python(code, tmp_path)
    assert done.stdout.startswith("OutputError classes.tif.aux.xml: the class table cannot be written"), done.stdout + done.stderr


def test_without_gdal(tmp_path: Path) -> None:
    """Importing needs no GDAL; opening says what to install."""
    code = """
        sys.modules["osgeo"] = None
        from crism_gan_plugin.core.rasters.reader import RasterReader
        from crism_gan_plugin.core.rasters.geotiff import create_raster
        for action in (lambda: RasterReader("notes.txt"), lambda: create_raster("x.tif", 2, 2, 1, "u1")):
            try:
                action()
            except Exception as error:
                print(type(error).__name__, "python3-gdal" in str(error))
    """
    (tmp_path / "notes.txt").write_text("Dear diary")
    assert run_python(code, tmp_path).stdout.split() == ["MissingDependencyError", "True"] * 2


@pytest.mark.parametrize("raises", [False, True], ids=["quiet", "with exceptions"])
def test_messages_of_gdal_that_are_not_utf8_are_one_line(tmp_path: Path, raises: bool) -> None:
    """GDAL quotes what it finds in files; its handler in Python cannot pass on such bytes."""
    bad = b'<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand band="1" dataType="Byte" subClass="\xff\xfe"/></VRTDataset>'
    (tmp_path / "x.vrt").write_bytes(bad)
    code = f"""
        from osgeo import gdal
        gdal.{"Use" if raises else "DontUse"}Exceptions()
        from crism_gan_plugin.core.errors import InputError
        from crism_gan_plugin.core.rasters.reader import RasterReader
        try:
            RasterReader("x.vrt")
        except InputError as error:
            print(ascii(str(error)))
    """
    said = run_python(code, tmp_path).stdout
    assert re.search(r"x\.vrt: not a raster that GDAL can read \((?!\)).+\); give a GeoTIFF", said)
    assert ("its message is not text" if raises else "subclass") in said


@pytest.mark.parametrize("beside", ["x.tif.aux.xml", "x.tif.ovr", "x.tif.msk", "x.IMD", "x_rpc.txt", "x.xml", "x.hdr"])
def test_pipes_beside_an_image_are_not_waited_for(tmp_path: Path, beside: str) -> None:
    with create_raster(tmp_path / "x.tif", 2, 2, 1, np.float32) as writer:
        writer.write(np.ones((1, 2, 2), np.float32), 0)
    os.mkfifo(tmp_path / beside)
    os.mkfifo(tmp_path / "xy.aux.xml")  # of another image
    with pytest.raises(InputError, match=rf"x\.tif: .*{re.escape(beside)} would be read with it, but is a pipe, device or socket"):
        RasterReader(tmp_path / "x.tif")
    (tmp_path / beside).unlink()
    with RasterReader(tmp_path / "x.tif") as reader:
        assert reader.read(0, 2).shape == (1, 2, 2)


@pytest.mark.parametrize("source", ["pipe.img", "/dev/zero"])
def test_a_virtual_raster_of_a_pipe_or_device_is_not_waited_for(tmp_path: Path, source: str) -> None:
    os.mkfifo(tmp_path / "pipe.img")
    (tmp_path / "x.vrt").write_text(
        '<VRTDataset rasterXSize="3" rasterYSize="2"><VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand">'
        f'<SourceFilename relativeToVRT="{int(source == "pipe.img")}">{source}</SourceFilename></VRTRasterBand></VRTDataset>'
    )
    by_gdal = "'/dev/zero' is invalid because"  # later versions open raw numbers beside or below the VRT only
    with pytest.raises(InputError, match=rf"x\.vrt: .*({by_gdal}|would be read with it, but is a pipe, device or socket)"):
        RasterReader(tmp_path / "x.vrt")


def test_texts_that_are_not_utf8_have_one_byte_a_letter(tmp_path: Path) -> None:
    from crism_gan_plugin.core.mars.crs import place_fault

    (tmp_path / "x.vrt").write_bytes(
        (
            f'<VRTDataset rasterXSize="1" rasterYSize="1"><SRS>{MARS.replace("a custom sphere", "Sphäre")}</SRS>'
            '<GeoTransform>0, 1, 0, 0, 0, -1</GeoTransform><Metadata><MDI key="Länge">5 µm</MDI></Metadata>'
            '<VRTRasterBand dataType="Byte" band="1"><Description>1,5 µm</Description></VRTRasterBand></VRTDataset>'
        ).encode("cp1252")
    )
    with RasterReader(tmp_path / "x.vrt") as reader:
        assert "Sphäre" in reader.georeference.wkt
        assert place_fault(reader.georeference.wkt) == ""
        assert reader.metadata()["Länge"] == "5 µm"
        assert reader.band_name(0) == "1,5 µm"
