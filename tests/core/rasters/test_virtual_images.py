"""Images inside archives and files of several images, by GDAL's own names."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.files.inputs import recorded_inputs
from crism_gan_plugin.core.files.names import file_on_disk, gdal_name
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.geotiff import create_raster
from crism_gan_plugin.core.rasters.reader import RasterReader

Writer = Callable[..., Path]

NUMBERS = np.arange(4 * 3 * 64, dtype="<f4").reshape(4, 3, 64) + 1


def packed(folder: Path, *files: Path, below: str = "") -> Path:
    """A zip of these files, which are gone afterwards."""
    archive = folder / "x.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for file in files:
            opened.write(file, below + file.name)
            file.unlink()
    return archive


def check(name: str | Path) -> None:
    with RasterReader(name) as reader:
        np.testing.assert_array_equal(reader.read(0, 3), NUMBERS)
        np.testing.assert_array_equal(reader.read(1, 2, [3, 0]), NUMBERS[[3, 0], 1:])


@pytest.fixture
def tif(tmp_path: Path) -> Path:
    with create_raster(tmp_path / "a.tif", 3, 64, 4, "f4") as writer:
        writer.write(NUMBERS, 0)
    return tmp_path / "a.tif"


@pytest.mark.parametrize(("line", "plain"), [("bbl = {1, 0, 1, 1}", True), ("bbl =\n{1, 0, 1, 1}", False)])
def test_headers_in_archives_of_which_gdal_would_overlook_something(
    tmp_path: Path, envi_image: Writer, line: str, plain: bool
) -> None:
    image = envi_image(tmp_path, NUMBERS, more=f"wavelength units = nm\nwavelength = {{1001, 1008, 1015, 1021}}\n{line}")
    name = f"/vsizip/{packed(tmp_path, image, image.with_suffix('.hdr'))}/x.img"
    if plain:
        with open_scene(name) as scene:
            assert scene.axis.good is not None
            assert scene.axis.good.tolist() == [True, False, True, True]
    else:
        with pytest.raises(InputError, match="written in a way that is not read inside archives; unpack the archive"):
            open_scene(name)


@pytest.mark.parametrize("as_path", [False, True])  # a Path loses the second slash
@pytest.mark.parametrize("below", ["", "folder/", "deep/er/"])
def test_geotiff_in_a_zip(tmp_path: Path, tif: Path, as_path: bool, below: str) -> None:
    name = f"/vsizip/{packed(tmp_path, tif, below=below)}/{below}a.tif"
    check(Path(name) if as_path else name)


def test_relative_names(tmp_path: Path, tif: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed(tmp_path, tif)
    monkeypatch.chdir(tmp_path)
    check("/vsizip/x.zip/a.tif")
    check(Path("/vsizip/x.zip/a.tif"))


def test_other_archives(tmp_path: Path, tif: Path) -> None:
    with gzip.open(tmp_path / "a.tif.gz", "wb") as file:
        file.write(tif.read_bytes())
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as opened:
        opened.add(tif, "in/a.tif")
    check(f"/vsigzip/{tmp_path}/a.tif.gz")
    check(f"/vsitar/{tmp_path}/x.tar.gz/in/a.tif")
    check(Path(f"/vsitar/{tmp_path}/x.tar.gz/in/a.tif"))


@pytest.mark.parametrize("suffix", [".img", ".hdr"])
def test_envi_image_in_a_zip(tmp_path: Path, envi_image: Writer, suffix: str) -> None:
    more = "wavelength units = nm\nwavelength = {1, 2, 3, 4}\ndata ignore value = 5\nreflectance scale factor = 2"
    image = envi_image(tmp_path, NUMBERS, more=more)
    name = f"/vsizip/{packed(tmp_path, image, image.with_suffix('.hdr'))}/x{suffix}"
    with RasterReader(name) as reader:
        values = reader.read(0, 3)
        assert np.isnan(values[NUMBERS == 5]).all()
        np.testing.assert_allclose(values[NUMBERS != 5], NUMBERS[NUMBERS != 5] / 2)
        assert reader.metadata("ENVI")["wavelength"].split(",")[1].strip() == "2"


@pytest.mark.parametrize("suffix", [".img", ".lbl", ".lbl.txt"])
def test_pds_product_in_a_zip(tmp_path: Path, trr3_product: Writer, suffix: str) -> None:
    label = trr3_product(tmp_path, NUMBERS)
    if suffix == ".lbl.txt":
        label = label.rename(label.with_suffix(".lbl.txt"))
    stem = label.name.split(".")[0]
    packed(tmp_path, label, tmp_path / f"{stem}.img")
    name = f"/vsizip/{tmp_path}/x.zip/{stem}{suffix}"
    check(name)
    with RasterReader(name) as reader:
        assert reader.nodata is None
        assert reader.label.get("PRODUCT_ID") == stem.upper()


@pytest.mark.parametrize("kind", ["envi", "pds"])
def test_what_is_cut_short_in_a_zip_is_noticed(tmp_path: Path, envi_image: Writer, trr3_product: Writer, kind: str) -> None:
    files = [trr3_product(tmp_path, NUMBERS)] if kind == "pds" else [envi_image(tmp_path, NUMBERS).with_suffix(".hdr")]
    image = files[0].with_suffix(".img")
    image.write_bytes(image.read_bytes()[:1000])
    archive = packed(tmp_path, *files, image)
    with pytest.raises(InputError, match=r"truncated|not a raster that GDAL can read"):
        RasterReader(f"/vsizip/{archive}/{files[0].name}")


def test_faults_of_a_header_in_a_zip(tmp_path: Path, envi_image: Writer) -> None:
    image = envi_image(tmp_path, NUMBERS)
    header = image.with_suffix(".hdr")
    header.write_text(header.read_text().replace("byte order = 0", "byte order = 2"))
    with pytest.raises(InputError, match=r"x\.hdr: byte order = 2 is none that ENVI has"):
        RasterReader(f"/vsizip/{packed(tmp_path, image, header)}/x.img")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("/vsizip/{folder}/none.zip/a.tif", "no such file"),
        ("/vsizip/{folder}/x.zip/none.tif", r"x\.zip has no such file"),
        ("/vsizip/{folder}/x.zip", r"is not an image but has several; give one of them: /vsizip/.*/x\.zip/a\.tif"),
        ("/vsizip/{folder}/x.zip/notes.txt", "not a raster that GDAL can read"),
        ("/vsigzip/{folder}/x.zip", "not a raster that GDAL can read"),
        ("/vsistdin/", r"no such file|not a file"),
        ("GTIFF_DIR:1:{folder}/none.tif", "no such file"),
        ('HDF5:"{folder}/none.h5"://cube', "no such file"),
        ("MEM:::DATAPOINTER=1,PIXELS=2,LINES=2", "no such file"),
    ],
)
def test_names_that_lead_nowhere(tmp_path: Path, tif: Path, name: str, reason: str) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no image")
    packed(tmp_path, tif, other)
    with pytest.raises(InputError, match=reason):
        RasterReader(name.format(folder=tmp_path))


def test_a_zip_tells_what_is_in_it(tmp_path: Path, tif: Path) -> None:
    archive = packed(tmp_path, tif, below="in/")
    with pytest.raises(InputError, match=rf"x\.zip: is an archive; give .*: /vsizip/{archive}/in/a\.tif"):
        RasterReader(archive)
    (tmp_path / "b.tif.gz").write_bytes(gzip.compress(b"1"))
    with pytest.raises(InputError, match=rf"b\.tif\.gz: is an archive; give .*: /vsigzip/{tmp_path}/b\.tif\.gz"):
        RasterReader(tmp_path / "b.tif.gz")


def test_what_is_no_image_is_not_read_from_an_archive(tmp_path: Path, tif: Path) -> None:
    with pytest.raises(InputError, match="of what is in archives only images are read"):
        load_exemplars(f"/vsizip/{packed(tmp_path, tif)}/a.json")


def test_images_of_one_file(tmp_path: Path) -> None:
    from osgeo import gdal

    for number, value in enumerate((0.25, 0.5)):
        options = ["APPEND_SUBDATASET=YES"] if number else []
        dataset = gdal.GetDriverByName("GTiff").Create(str(tmp_path / "x.tif"), 3, 2, 4, gdal.GDT_Float32, options)
        dataset.WriteArray(np.full((4, 2, 3), value, np.float32))
        del dataset
    for number, value in enumerate((0.25, 0.5), start=1):
        for name in (f"GTIFF_DIR:{number}:{tmp_path}/x.tif", Path(f"GTIFF_DIR:{number}:{tmp_path}/x.tif")):
            with RasterReader(name) as reader:
                assert (reader.bands, reader.read(0, 2).max()) == (4, value)


def test_variables_of_a_netcdf_file(tmp_path: Path) -> None:
    from osgeo import gdal

    driver = gdal.GetDriverByName("netCDF")
    if driver is None:
        pytest.skip("this GDAL reads no netCDF")
    with create_raster(tmp_path / "x.tif", 2, 3, 2, "f4") as writer:
        writer.write(np.full((2, 2, 3), 0.25, np.float32), 0)
    driver.CreateCopy(str(tmp_path / "x.nc"), gdal.Open(str(tmp_path / "x.tif")))
    for name in (f"NETCDF:{tmp_path}/x.nc:Band2", f'NETCDF:"{tmp_path}/x.nc":Band2'):
        with RasterReader(name) as reader:
            assert (reader.bands, reader.read(0, 2).max()) == (1, 0.25)
    with pytest.raises(InputError, match=r"x\.nc: has no bands of its own; give one of the 2 images inside it: NETCDF:"):
        RasterReader(tmp_path / "x.nc")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("/vsizip/{folder}/x.zip/a.tif", "x.zip"),
        ("/vsizip/{{{folder}/x.zip}}/a.tif", "x.zip"),
        ("/vsigzip//vsizip/{folder}/x.zip/a.tif.gz", "x.zip"),
        ("/vsisubfile/10_20,{folder}/x.zip", "x.zip"),
        ('HDF5:"{folder}/x.zip"://cube', "x.zip"),
        ("NETCDF:{folder}/x.zip:cube", "x.zip"),
        ("{folder}/x.zip", "x.zip"),
        ("/vsicurl/https://host/x.tif", None),
        ("/vsimem/x.tif", None),
        ("{folder}/none", None),
    ],
)
def test_the_file_that_a_name_leads_into(tmp_path: Path, name: str, file: str | None) -> None:
    (tmp_path / "x.zip").write_bytes(b"1")
    assert file_on_disk(name.format(folder=tmp_path)) == (None if file is None else tmp_path / file)


@pytest.mark.parametrize(
    "name", ["/vsicurl/https://host/a.tif", "/vsizip//vsicurl/https://host/x.zip/a.tif", "/vsimem/a.tif", "/vsis3/bucket/a.tif"]
)
def test_names_survive_as_paths(name: str) -> None:
    assert gdal_name(Path(name)) == gdal_name(name) == name


def test_paths_are_no_names(tmp_path: Path) -> None:
    (tmp_path / "a:b.tif").write_bytes(b"1")
    for path in (tmp_path, tmp_path / "a:b.tif", tmp_path / "none", "C:/x.tif", "a.tif", "/vsi/x", "x\0y:z"):
        assert gdal_name(path) is None


@pytest.mark.parametrize("kind", ["zip", "several"])
def test_a_map_of_an_image_that_is_no_file_of_its_own(
    tmp_path: Path, make_tif: Callable, pixel_of: Callable, random_weights: Path, kind: str
) -> None:
    from osgeo import gdal

    image = make_tif(tmp_path / "scene.tif", np.broadcast_to(pixel_of("talc"), (4, 5, 240)).astype(np.float32))
    options = {"weights": random_weights, "engine": "numpy", "classes": ["talc"]}
    plain = map_scene(image, tmp_path / "plain", **options)
    if kind == "zip":
        file = packed(tmp_path, image)
        name, stem = f"/vsizip/{file}/scene.tif", "scene_minerals"
    else:
        file = image
        name, stem = f"GTIFF_DIR:1:{image}", "scene_minerals"
    made = map_batch([Path(name)], tmp_path / "batch", composite=None, **options).maps[0]
    assert made.classes.name == f"{stem}.tif"
    np.testing.assert_array_equal(*(gdal.Open(str(outputs.classes)).ReadAsArray() for outputs in (plain, made)))
    record = json.loads(made.provenance.read_text())["image"]
    assert (record["file"], record["path"], record["bytes"]) == ("scene.tif", name, file.stat().st_size)
    assert record["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert map_batch([name], tmp_path / "batch", composite=None, **options).skipped == 1


def test_the_command_line_takes_names(tmp_path: Path, make_tif: Callable, capsys: pytest.CaptureFixture) -> None:
    archive = packed(tmp_path, make_tif(tmp_path / "scene.tif", np.full((4, 5, 240), 0.25, np.float32)))
    assert main(["info", f"/vsizip/{archive}/scene.tif"]) == 0
    assert "240 bands" in capsys.readouterr().out
    assert main(["info", f"/vsizip/{archive}/none.tif"]) == 2
    assert "x.zip has no such file" in capsys.readouterr().err


def test_an_archive_is_no_output(tmp_path: Path, make_tif: Callable) -> None:
    """What an input is read from must not be replaced."""
    archive = packed(tmp_path, make_tif(tmp_path / "scene.tif", np.full((4, 5, 240), 0.25, np.float32)))
    archive = archive.rename(tmp_path / "x.tif")
    with recorded_inputs() as inputs:
        open_scene(f"/vsizip/{{{archive}}}/scene.tif").close()
    with pytest.raises(ParameterError, match=r"x\.tif: is the input itself"):
        inputs.refuse([archive])
