"""Files that are given where another kind is wanted are refused by what they are."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.atmosphere import read_volcano_scan, recommended_scan
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.batch.images import list_images
from crism_gan_plugin.core.continuum_cube import remove_continuum_scene
from crism_gan_plugin.core.denoise.groups import make_groups
from crism_gan_plugin.core.denoise.pipeline import denoise_scene
from crism_gan_plugin.core.denoise.quick import correct_scene
from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.georeferencing.geolocation import read_geometry
from crism_gan_plugin.core.importing import import_product
from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.libraries.importers import read_envi_library
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.network.weights import load_weights
from crism_gan_plugin.core.products.kinds import kind_by_label, kind_by_name, kind_of
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.products.wavelengths import read_wavelength_file
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.rasters.pds_label import read_label

Writer = Callable[..., Path]

NAMES = {
    "CDR450924300802_WA0300000L_3": "a wavelength table (CDR WA)",
    "CDR410000000000_AT0300020L_2": "a transmission record (CDR AT)",
    "CDR450924300802_SF0300000L_4": "a calibration record (CDR SF)",
    "CDR6_1_0000000000_BS_L_0": "a calibration record (CDR BS)",
    "ADR10000000000_061C4_VS30L_8": "a volcano-scan record (ADR VS)",
    "FRT00003E25_01_DE156L_DDR1": "the geometry (DDR) FRT00003E25_01_DE156L_DDR1",
    "FRT0000ABCD_07_BRCARJ_MTR3": "a browse picture (BR) FRT0000ABCD_07_BRCARJ_MTR3",
    "FRT0000ABCD_07_SU164J_MTR3": "summary parameters (SU)",
    "FRT0000ABCD_07_SR164J_TER3": "summary parameters (SR)",
    "FRT0000ABCD_07_IN164J_MTR3": "the processing information (IN)",
    "FRT0000ABCD_07_WV164J_MTR3": "a wavelength table (WV)",
    "FRT0000ABCD_07_SC164L_EDR0": "the raw counts (EDR)",
    "FRT0000ABCD_07_DF164L_EDR0": "a dark frame (DF)",
    "FRT0000ABCD_07_RA164L_HKP3": "the housekeeping table",
    "T1332_MRRDE_20S332_0256_1": "the geometry of a map tile (DE)",
    "T1332_MRRSU_20S332_0256_1": "summary parameters of a map tile (SU)",
}

IMAGES = [
    "FRT0000ABCD_07_IF164L_TRR3",
    "FRT0000ABCD_07_IF164J_MTR3",
    "T1332_MRRIF_20S332_0256_1",
    "T1332_MRRAL_20S332_0256_1",
    "x",
    "cdr",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("suffix", [".img", ".lbl", "_copy.tif", " (1).IMG"])
def test_names_of_the_archive(name: str, suffix: str) -> None:
    for written in (name, name.lower()):
        assert kind_by_name(f"/data/{written}{suffix}").words.startswith(NAMES[name])


@pytest.mark.parametrize("name", IMAGES)
def test_names_of_images(name: str) -> None:
    assert kind_by_name(f"{name}.img") is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("renamed", [False, True])
def test_no_image_is_made_of_what_is_none(tmp_path: Path, trr3_product: Writer, name: str, renamed: bool) -> None:
    """By name and by label, in whatever way it is given."""
    label = trr3_product(tmp_path, np.full((4, 3, 64), 0.2), stem=name.ljust(26, "X")[: max(26, len(name))])
    label.write_text(label.read_text().replace(f'PRODUCT_ID = "{name.ljust(26, "X")}"', f'PRODUCT_ID = "{name}"'))
    stem = tmp_path / ("renamed" if renamed else name.lower())
    image = label.with_suffix(".img").rename(f"{stem}.img")
    label = label.rename(f"{stem}.lbl")
    for path in (image, label):
        with pytest.raises(InputError, match=rf"{stem.name}\.(img|lbl): is .*, no I/F image; give ") as caught:
            open_scene(path)
        assert NAMES[name] in str(caught.value)


@pytest.mark.parametrize(
    ("product_type", "unit", "words"),
    [
        ("CDR", "NM", "a wavelength table"),
        ("CDR", "N/A", "a calibration record (CDR)"),
        ("ADR", "N/A", "a record for analysis (ADR)"),
        ("DDR", "N/A", "the geometry (DDR)"),
        ("EDR", "N/A", "the raw counts (EDR)"),
    ],
)
def test_labels_of_products_whose_name_is_gone(tmp_path: Path, product_type: str, unit: str, words: str) -> None:
    about = f'PRODUCT_ID = "MINE"\nPRODUCT_TYPE = {product_type}\nOBJECT = IMAGE\n UNIT = "{unit}"\nEND_OBJECT\nEND\n'
    (tmp_path / "x.lbl").write_text(f"PDS_VERSION_ID = PDS3\n{about}")
    assert kind_by_label(read_label(tmp_path / "x.lbl")).words.startswith(words)


ENTRANCES: dict[str, Callable[[Path, Path], object]] = {
    "info": lambda path, out: open_scene(path),
    "import": lambda path, out: import_product(path, out / "x.tif"),
    "continuum": lambda path, out: remove_continuum_scene(path, out / "x.tif"),
    "denoise": lambda path, out: denoise_scene(path, out),
    "quick": lambda path, out: correct_scene(path, out),
}


@pytest.mark.parametrize("entrance", ENTRANCES)
@pytest.mark.parametrize(
    "file", ["cdr/CDR450924300802_WA0300000L_3", "cdr/CDR410000000000_AT0300020L_2", "adr/ADR10000000000_061C4_VS30L_8"]
)
@pytest.mark.parametrize("alone", [False, True])
def test_real_records_are_no_images(shared_data: Path, tmp_path: Path, entrance: str, file: str, alone: bool) -> None:
    path = shared_data / "crism" / f"{file}.IMG"
    if alone:
        path = Path(shutil.copy(path, tmp_path))
    with pytest.raises(InputError, match=r"\.IMG: is a .*, no I/F image; give "):
        ENTRANCES[entrance](path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_records_are_no_images_for_a_map_its_model_or_a_batch(
    shared_data: Path, tmp_path: Path, make_tif: Writer, pixel_of: Callable, random_weights: Path
) -> None:
    table = shared_data / "crism" / "cdr" / "CDR450924300802_WA0300000L_3.LBL"
    options = {"weights": random_weights, "engine": "numpy"}
    scene = make_tif(tmp_path / "scene.tif", np.broadcast_to(pixel_of("talc"), (1, 64, 240)).astype("f4"), proj=None)
    for arguments in ({"source": table}, {"source": scene, "model": table}):
        with pytest.raises(InputError, match=r"CDR450924300802_WA0300000L_3\.\w+: is a wavelength table \(CDR WA\), no I/F image"):
            map_scene(out_dir=tmp_path / "out", **arguments, **options)
    with pytest.raises(InputError, match=r"is not a DDR, but a wavelength table"):
        map_scene(scene, tmp_path / "out", geometry=table, **options)
    assert not (tmp_path / "out").exists()
    made = map_batch([table, scene], tmp_path / "batch", composite=None, **options)
    assert [failure.image.name for failure in made.failures] == [table.name]
    assert "is a wavelength table (CDR WA), no I/F image" in made.failures[0].reason


def test_records_in_a_folder_are_not_taken_for_images(shared_data: Path, tmp_path: Path) -> None:
    for suffix in (".IMG", ".LBL"):
        for name, copy in (("CDR450924300802_WA0300000L_3", "mine"), ("CDR410000000000_AT0300020L_2", "at")):
            shutil.copy(shared_data / "crism" / "cdr" / f"{name}{suffix}", tmp_path / f"{copy}{suffix}")
    with pytest.raises(ParameterError, match="no image is given"):
        list_images([tmp_path], tmp_path / "out", Progress())


def test_an_image_is_no_processing_information(an_image: Path, tmp_path: Path, make_tif: Writer, pixel_of: Callable) -> None:
    scene = make_tif(tmp_path / "scene.tif", np.broadcast_to(pixel_of("talc"), (3, 64, 240)).astype(np.float32))
    with pytest.raises(InputError, match=rf"{an_image.name}: (is not the processing information, but the I/F image|has no band)"):
        make_groups(open_scene(scene), an_image)


@pytest.mark.parametrize("suffix", [".img", ".lbl"])
def test_a_real_ddr_is_no_image(shared_data: Path, suffix: str) -> None:
    with pytest.raises(InputError, match=r"is the geometry \(DDR\) FRT00003E25_01_DE156L_DDR1, no I/F image"):
        open_scene(shared_data / "crism" / "ddr" / f"frt00003e25_01_de156l_ddr1{suffix}")


@pytest.fixture(params=["product", "renamed product", "envi", "geotiff"])
def an_image(request: pytest.FixtureRequest, tmp_path: Path, trr3_product: Writer, envi_image: Writer, make_tif: Writer) -> Path:
    if request.param == "envi":
        return envi_image(tmp_path, np.full((4, 3, 64), 0.2, "<f4"))
    if request.param == "geotiff":
        return make_tif(tmp_path / "x.tif", np.full((3, 64, 4), 0.2, "f4"), None)
    label = trr3_product(tmp_path, np.full((4, 3, 64), 0.2))
    image = label.with_suffix(".img")
    if request.param == "product":
        return image
    label.rename(tmp_path / "x.lbl")
    return image.rename(tmp_path / "x.img")


def test_an_image_is_not_what_is_wanted_beside_it(an_image: Path) -> None:
    for action, wanted in (
        (lambda: read_wavelength_file(an_image, 4, 64), "a wavelength table"),
        (lambda: load_exemplars(an_image), "an exemplar library"),
        (lambda: load_weights(an_image), "a file of weights"),
        (lambda: recommended_scan("0000ABCD", an_image), "a table of recommended volcano scans"),
    ):
        with pytest.raises(InputError, match=rf"{an_image.name}: is not {wanted}, but (the I/F )?(image|a TIFF)?.*; "):
            action()
    with pytest.raises(InputError, match=rf"{an_image.name}: .*not a DDR"):
        read_geometry(an_image, 3, 64)
    with pytest.raises(InputError, match=rf"{an_image.name}: is (not a|no whole) volcano-scan record"):
        read_volcano_scan(an_image)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("cdr/CDR450924300802_WA0300000L_3.IMG", "a wavelength table"),
        ("adr/ADR10000000000_061C4_VS30L_8.IMG", "a volcano-scan record"),
        ("ddr/frt00003e25_01_de156l_ddr1.lbl", "the geometry"),
        ("trdr/frt0001458f_01_if156l_trr3.img", "the I/F image FRT0001458F_01_IF156L_TRR3"),
    ],
)
def test_real_files_in_each_others_place(shared_data: Path, file: str, words: str) -> None:
    path = shared_data / "crism" / file
    wanted = {
        "wavelength table": lambda: read_wavelength_file(path, 438, 64),
        "geometry": lambda: read_geometry(path, 15, 64),
        "volcano-scan": lambda: read_volcano_scan(path),
        "exemplars": lambda: load_exemplars(path),
        "weights": lambda: load_weights(path),
    }
    refused = 0
    for kind, action in wanted.items():
        if kind in words:
            action()
            continue
        with pytest.raises(InputError, match=rf"is not .*, but {words}"):
            action()
        refused += 1
    assert refused >= 4


def test_a_wavelength_table_under_another_name_is_known_by_its_label(shared_data: Path, tmp_path: Path) -> None:
    for suffix in (".IMG", ".LBL"):
        shutil.copy(shared_data / "crism" / "cdr" / f"CDR450924300802_WA0300000L_3{suffix}", tmp_path / f"mine{suffix}")
    known = read_wavelength_file(shared_data / "crism" / "cdr" / "CDR450924300802_WA0300000L_3.IMG", 438, 64)
    for suffix in (".IMG", ".LBL"):
        assert kind_of(tmp_path / f"mine{suffix}").key == "WA"
        np.testing.assert_array_equal(read_wavelength_file(tmp_path / f"mine{suffix}", 438, 64).nm, known.nm)
        with pytest.raises(InputError, match=r"mine\.(IMG|LBL): is a wavelength table"):
            open_scene(tmp_path / f"mine{suffix}")


def test_images_are_no_maps_and_no_libraries(tmp_path: Path, trr3_product: Writer) -> None:
    image = trr3_product(tmp_path, np.ones((3, 2, 2))).with_suffix(".img")
    with pytest.raises(InputError, match=r"img: is not a mineral map, but the I/F image .*; give maps made by CRISM GAN"):
        open_map(image)
    with pytest.raises(InputError, match=r"img: is not a spectral library, but the I/F image "):
        read_envi_library(image)


@pytest.mark.parametrize(
    ("ending", "words"), [("_provenance.json", "is no exemplar library"), (".tif", "is not an exemplar library, but a TIFF image")]
)
def test_what_is_made_of_an_image_is_not_called_the_image(tmp_path: Path, make_tif: Writer, ending: str, words: str) -> None:
    path = tmp_path / f"frt0001458f_01_if156l_trr3_minerals{ending}"
    make_tif(path, np.ones((2, 2, 1), np.uint8), None) if ending == ".tif" else path.write_text('{"software": "CRISM GAN"}')
    with pytest.raises(InputError, match=words):
        load_exemplars(path)


def test_texts_beside_an_image_are_texts(tmp_path: Path, trr3_product: Writer, envi_image: Writer) -> None:
    """A list of wavelengths that has the image's own name."""
    envi_image(tmp_path, np.ones((3, 2, 2), "<f4"), name="a.img")
    trr3_product(tmp_path, np.ones((3, 2, 2))).rename(tmp_path / "b.lbl")
    for stem in "ab":
        for encoding in ("utf-8", "utf-16"):
            (tmp_path / f"{stem}.txt").write_text("1000\n1010\n1020\n", encoding=encoding)
            assert kind_of(tmp_path / f"{stem}.txt") is None
    named = tmp_path / "frt0001458f_01_if156l_trr3.txt"
    named.write_text("1000\n1010\n1020\n")
    assert read_wavelength_file(named, 3, 2).nm.tolist() == [1000, 1010, 1020]
    (tmp_path / "a.txt").write_text("1000\n1010\n1020\n")
    assert read_wavelength_file(tmp_path / "a.txt", 3, 2).nm.tolist() == [1000, 1010, 1020]


def test_a_map_of_ours_is_no_image(tmp_path: Path, make_tif: Writer) -> None:
    classes = make_tif(tmp_path / "m.tif", np.zeros((2, 2, 1), np.uint8), None, metadata={"CRISM_PROVENANCE": "m_provenance.json"})
    with pytest.raises(InputError, match=r"m\.tif: is a mineral map, no I/F image"):
        open_scene(classes)
