"""Which image is opened with which label: what was given is what is read."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.rasters.reader import RasterReader

Writer = Callable[..., Path]

STEM = "FRT0000ABCD_07_IF164L_TRR3"
TABLE = "CDR450000000001_WA0300000L_3.IMG"


def first(path: Path) -> float:
    with RasterReader(path) as reader:
        return float(reader.read(0, 1)[0, 0, 0])


def rename(label: Path, stem: str, ending: str = ".lbl") -> tuple[Path, Path]:
    """Label and image under a new name; what the label says stays."""
    image = label.with_suffix(".img").rename(label.with_name(f"{stem}.img"))
    return label.rename(label.with_name(stem + ending)), image


@pytest.fixture
def product(tmp_path: Path, trr3_product: Writer) -> Callable[..., Path]:
    """Writes a TRR3 filled with one number."""

    def write(value: float, stem: str = STEM, shape: tuple[int, int, int] = (4, 3, 64)) -> Path:
        return trr3_product(tmp_path, np.full(shape, value), stem=stem, table=TABLE)

    return write


@pytest.mark.parametrize("stem", ["name (1)", "frt0000abcd_07_if164l_trr3 (1)", "Bild.v2", "mapped by me"])
@pytest.mark.parametrize("ending", [".lbl", ".LBL", ".lbl.txt", ".img.lbl"])
@pytest.mark.parametrize("old", ["absent", "same size", "other size"])
def test_label_and_image_that_were_renamed_alike(product: Callable[..., Path], stem: str, ending: str, old: str) -> None:
    label, image = rename(product(0.25), stem, ending)
    if old != "absent":
        product(0.5, shape=(4, 3 if old == "same size" else 7, 64))
    for path in (image, label):
        with RasterReader(path) as reader:
            assert reader.path == image
            assert reader.read(0, 3).max() == 0.25
            assert (reader.label.get("PRODUCT_ID"), reader.renamed) == (STEM, True)
            assert "renamed alike" in reader.notes[0]


def test_a_renamed_product_keeps_its_name_and_wavelengths(product: Callable[..., Path], tmp_path: Path) -> None:
    np.tile(np.linspace(2600, 1000, 4, dtype="<f4")[:, np.newaxis], 64).tofile(tmp_path / TABLE)
    for path in rename(product(0.25), "name (1)", ".lbl.txt"):
        scene = open_scene(path)
        assert (scene.product_id, scene.atmosphere_corrected, scene.axis.bands) == (STEM, False, 4)
        assert "renamed alike" in scene.notes[0]


def test_an_image_is_never_left_for_the_one_that_a_label_names(product: Callable[..., Path], tmp_path: Path) -> None:
    product(0.5)
    label, image = rename(product(0.25, STEM.replace("ABCD", "1234")), "other")
    label.write_text((tmp_path / f"{STEM.lower()}.lbl").read_text())
    assert first(image) == 0.25
    image.write_bytes(image.read_bytes() * 3)  # no longer what the label describes
    with pytest.raises(InputError, match=r"other\.img: the label beside it, other\.lbl, is that of another image"):
        RasterReader(image)


def test_an_image_with_a_header_is_not_what_a_foreign_label_says(
    product: Callable[..., Path], tmp_path: Path, envi_image: Writer
) -> None:
    nm = "wavelength units = nm\nwavelength = {1000, 1010, 1020, 1030}"
    product(0.5)
    image = envi_image(tmp_path, np.full((4, 3, 64), 0.25, "<f4"), more=nm, name="mine.img")
    (tmp_path / "mine.lbl").write_text((tmp_path / f"{STEM.lower()}.lbl").read_text())
    scene = open_scene(image)
    assert (scene.product_id, scene.name, scene.atmosphere_corrected) == ("mine", None, None)
    assert scene.read(0, 3).max() == 0.25


def test_an_image_with_a_header_is_what_its_own_label_says(
    product: Callable[..., Path], tmp_path: Path, envi_image: Writer
) -> None:
    nm = "wavelength units = nm\nwavelength = {1000, 1010, 1020, 1030}"
    label = product(0.5).rename(tmp_path / "mine.lbl")
    image = envi_image(tmp_path, np.full((4, 3, 64), 0.25, "<f4"), more=nm, name=f"{STEM}.img")
    image.rename(tmp_path / "mine.img")
    image.with_suffix(".hdr").rename(tmp_path / "mine.hdr")
    (tmp_path / f"{STEM.lower()}.img").unlink()
    scene = open_scene(tmp_path / "mine.img")
    assert (scene.product_id, scene.atmosphere_corrected) == (STEM, False)
    label.write_text(label.read_text().replace("BANDS = 4", "BANDS = 5"))
    assert open_scene(tmp_path / "mine.img").product_id == "mine"


def test_a_label_names_an_image_of_another_stem(product: Callable[..., Path], tmp_path: Path) -> None:
    label = product(0.25).rename(tmp_path / "label.lbl")
    assert first(label) == 0.25
    (tmp_path / "label.img").write_bytes(b"something else")
    assert first(label) == 0.25


def test_a_label_of_one_product_beside_an_image_of_another(product: Callable[..., Path], tmp_path: Path) -> None:
    """Both have names of the archive: the label is believed about its own image, the image's name about the image."""
    other = STEM.replace("ABCD", "1234")
    label, mine = product(0.25), product(0.5, other)
    text = label.read_text()
    mine.write_text(text)  # now the label of the first under the second's name
    assert first(mine) == 0.25
    with RasterReader(mine.with_suffix(".img")) as reader:
        assert reader.read(0, 1).max() == 0.5
    np.tile(np.linspace(2600, 1000, 4, dtype="<f4")[:, np.newaxis], 64).tofile(tmp_path / TABLE)
    assert open_scene(mine.with_suffix(".img")).product_id == other


def test_a_renamed_image_that_is_cut_short(product: Callable[..., Path]) -> None:
    label, image = rename(product(0.25), "name (1)")
    image.write_bytes(image.read_bytes()[:-2000])
    for path in (label, image):
        with pytest.raises(InputError, match=r"name \(1\)\.img: truncated"):
            RasterReader(path)


def test_links_are_the_files_that_they_lead_to(product: Callable[..., Path], tmp_path: Path) -> None:
    label = product(0.25)
    (tmp_path / "link.img").symlink_to(label.with_suffix(".img"))
    (tmp_path / "link.lbl").symlink_to(label)
    with RasterReader(tmp_path / "link.img") as reader:
        assert (reader.renamed, reader.label.get("PRODUCT_ID")) == (False, STEM)


def test_other_files_of_the_same_size_are_left_alone(product: Callable[..., Path], tmp_path: Path) -> None:
    label = product(0.25)
    data = label.with_suffix(".img").read_bytes()
    label = label.rename(tmp_path / "label.lbl")
    for name in ("label.dat", "label", f"{STEM.lower()}.raw"):
        (tmp_path / name).write_bytes(bytes(len(data)))
    with RasterReader(label) as reader:
        assert (reader.path.name, reader.renamed) == (f"{STEM.lower()}.img", False)


def test_an_attached_label_is_that_of_its_own_file(tmp_path: Path) -> None:
    text = "PDS_VERSION_ID = PDS3\nRECORD_BYTES = 512\n^IMAGE = 2\nOBJECT = IMAGE\n LINES = 4\n LINE_SAMPLES = 32\n"
    text += " SAMPLE_TYPE = PC_REAL\n SAMPLE_BITS = 32\nEND_OBJECT = IMAGE\nEND\n"
    for name, value in (("x.img", 0.25), ("x.dat", 0.5)):
        (tmp_path / name).write_bytes(text.encode().ljust(512) + np.full(128, value, "<f4").tobytes())
    assert (first(tmp_path / "x.img"), first(tmp_path / "x.dat")) == (0.25, 0.5)
