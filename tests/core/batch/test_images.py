"""Which images a folder has, and what their maps are called."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.batch.images import _names, list_images
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.simulation.mapping_data import write_tile

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def cube() -> np.ndarray:
    return np.full((2, 2, 240), 0.2, np.float32)


def found(folder: Path, *inputs: Path, progress: Progress | None = None) -> list[str]:
    images = list_images(inputs or [folder], folder / "out", progress or Progress())
    return [image.path.relative_to(folder.resolve()).as_posix() for image in images]


def test_images_of_a_folder_and_not_what_lies_beside_them(tmp_path: Path, make_tif: Callable, make_envi: Callable, cube) -> None:
    make_tif(tmp_path / "cube.tif", cube)
    make_tif(tmp_path / "background.tif", cube[..., :3], wavelengths=None)
    make_tif(tmp_path / "deep" / "er" / "cube2.tif", cube) if (tmp_path / "deep" / "er").mkdir(parents=True) is None else None
    make_envi(tmp_path / "FRT00001234_07_IF165J_MTR3.img", cube)
    for companion in ("SU165J_MTR3", "IN165J_MTR3", "DE165L_MTR3", "BRCARJ_MTR3"):
        make_envi(tmp_path / f"FRT00001234_07_{companion}.img", cube)
    for name in ("frt00001234_07_if165l_trr3", "frt00001234_07_if165s_trr3", "frt00001234_07_de165l_ddr1"):
        (tmp_path / f"{name}.lbl").write_text("PDS_VERSION_ID = PDS3\n")
        (tmp_path / f"{name}.img").write_bytes(b"x")
    (tmp_path / "CDR450924300802_WA0300000L_3.IMG").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".crism-unfinished-x").mkdir()
    make_tif(tmp_path / ".crism-unfinished-x" / "hidden.tif", cube)
    (tmp_path / "out").mkdir()
    make_tif(tmp_path / "out" / "earlier.tif", cube)
    assert found(tmp_path) == [
        "FRT00001234_07_IF165J_MTR3.img",
        "cube.tif",
        "deep/er/cube2.tif",
        "frt00001234_07_if165l_trr3.img",
    ]


def test_rasters_that_are_no_cubes_are_told_of(tmp_path: Path, make_tif: Callable, cube, recorder: Callable) -> None:
    make_tif(tmp_path / "cube.tif", cube)
    make_tif(tmp_path / "rgb.tif", cube[..., :3], wavelengths=None)
    listening = recorder()
    assert found(tmp_path, progress=listening) == ["cube.tif"]
    assert len(listening.notes) == 1
    assert "rgb.tif: has 3 band(s)" in listening.notes[0]


def test_a_broken_file_is_an_image(tmp_path: Path) -> None:
    (tmp_path / "broken.tif").write_bytes(b"not a tiff")
    assert found(tmp_path) == ["broken.tif"]


def test_odd_entries_are_told_of_and_stop_nothing(
    tmp_path: Path, make_tif: Callable, cube, recorder: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tif(tmp_path / "cube.tif", cube)
    for folder in ("deep", "locked", "deep/er"):
        (tmp_path / folder).mkdir()
    make_tif(tmp_path / "deep" / "er" / "cube2.tif", cube)
    make_tif(tmp_path / "locked" / "unseen.tif", cube)
    odd = {"loop.tif": "loop.tif", "dangling.img": "nowhere", "deep/back": "..", "self": "."}
    for name, target in odd.items():
        (tmp_path / name).symlink_to(target)
    os.mkfifo(tmp_path / "pipe.img")
    monkeypatch.chdir(tmp_path)  # a socket's name must be short
    scan = os.scandir

    def locked(path: Path) -> Iterator[os.DirEntry]:
        if Path(path).name == "locked":  # the superuser may list everything
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", locked)
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind("socket.tif")
        listening = recorder()
        assert found(tmp_path, progress=listening) == ["cube.tif", "deep/er/cube2.tif"]
    told = [*odd, "pipe.img", "socket.tif", "locked"]
    assert len(listening.warnings) == len(told)
    for name in told:
        assert sum(str(tmp_path / name) in line for line in listening.warnings) == 1, name


def give_up_rights() -> None:
    """The superuser's to look into every folder (Linux: PR_CAPBSET_DROP of CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH)."""
    for right in (1, 2):
        ctypes.CDLL(None).prctl(24, right)


@pytest.mark.skipif(sys.platform != "linux", reason="gives up the superuser's rights as Linux does it")
def test_a_folder_that_may_not_be_listed_is_told_of(tmp_path: Path, make_tif: Callable, cube) -> None:
    """Without the superuser's rights, in a process of its own."""
    make_tif(tmp_path / "cube.tif", cube)
    (tmp_path / "locked").mkdir(mode=0)
    code = (
        "import sys; from pathlib import Path; "
        "from crism_gan_plugin.core.batch.images import list_images; from crism_gan_plugin.core.progress import Progress; "
        "progress = Progress(); progress.warn = lambda text: print(text, file=sys.stderr); "
        "print(*(image.path.name for image in list_images([Path(sys.argv[1])], Path('/nowhere'), progress)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        preexec_fn=give_up_rights,
    )
    (tmp_path / "locked").chmod(0o700)
    assert (done.returncode, done.stdout.strip()) == (0, "cube.tif"), done.stderr
    assert f"{tmp_path / 'locked'}: cannot be searched (Permission denied)" in done.stderr


def test_given_paths_that_nobody_can_follow_are_images_that_fail(tmp_path: Path) -> None:
    (tmp_path / "loop.tif").symlink_to("loop.tif")
    given = [tmp_path / "loop.tif", tmp_path / "absent.tif", tmp_path / ("x" * 300), Path("a\0b")]
    images = list_images(given, tmp_path / "out", Progress())
    assert [image.path.name for image in images] == [path.name for path in given]


@pytest.mark.parametrize("name", ["x.dat", "x.bsq", "x.BIL", "x.bip", "x.raw", "x", "x.IMG", "x.rfl", "x.v2"])
@pytest.mark.parametrize("header", ["stem", "name", "STEM"])
def test_envi_cubes_of_every_ending(tmp_path: Path, make_envi: Callable, cube, name: str, header: str) -> None:
    make_envi(tmp_path / name, cube)
    plain = (tmp_path / name).with_suffix(".hdr")
    if header == "name":
        plain.rename(tmp_path / f"{name}.hdr")
    elif header == "STEM":
        plain.rename(plain.with_suffix(".HDR"))
    (tmp_path / "x.txt").write_text("what I think of it")
    (tmp_path / "other.dat").write_bytes(b"no image")
    (tmp_path / "README").write_text("nor this")
    assert found(tmp_path) == [name]


@pytest.mark.parametrize("name", ["cube.TIF", "cube.Tiff", "cube.vrt", "cube.VRT"])
def test_other_endings(tmp_path: Path, make_tif: Callable, cube, name: str) -> None:
    from osgeo import gdal

    (tmp_path / "source").mkdir()
    source = make_tif(tmp_path / "source" / "s.tif", cube)
    if name.lower().endswith("vrt"):
        gdal.Translate(str(tmp_path / name), str(source), format="VRT")
    else:
        shutil.copy(source, tmp_path / name)
    assert found(tmp_path) == [name, "source/s.tif"]


def test_a_cube_that_has_lost_its_header_or_its_numbers_is_a_broken_image(tmp_path: Path, make_envi: Callable, cube) -> None:
    make_envi(tmp_path / "lost.bsq", cube).with_suffix(".hdr").unlink()
    make_envi(tmp_path / "header.img", cube).unlink()
    assert found(tmp_path) == ["header.hdr", "lost.bsq"]


@pytest.mark.parametrize("label", ["x.lbl", "x.lbl.txt", "x.LBL.TXT"])
def test_a_label_stands_for_its_image(tmp_path: Path, cube, label: str) -> None:
    (tmp_path / "y.dat").write_bytes(cube.tobytes())
    text = (
        'PDS_VERSION_ID = PDS3\nRECORD_BYTES = 1\n^IMAGE = "Y.DAT"\nOBJECT = IMAGE\nLINES = 2\nLINE_SAMPLES = 2\n'
        "BANDS = 240\nSAMPLE_TYPE = PC_REAL\nSAMPLE_BITS = 32\nBAND_STORAGE_TYPE = LINE_INTERLEAVED\nEND_OBJECT = IMAGE\nEND\n"
    )
    (tmp_path / label).write_text(text)
    assert found(tmp_path) == [label]
    (tmp_path / "y.hdr").write_text("ENVI\nsamples = 2\nlines = 2\nbands = 240\ndata type = 4\ninterleave = bil\n")
    assert found(tmp_path) == ["y.dat"]  # once, by its own name


def test_of_several_images_of_one_name_one_is_taken_and_the_others_are_told_of(
    tmp_path: Path, make_envi: Callable, make_tif: Callable, cube, recorder: Callable
) -> None:
    make_envi(tmp_path / "x.img", cube)
    make_envi(tmp_path / "x.dat", cube)
    make_tif(tmp_path / "x.tif", cube)
    make_envi(tmp_path / "y.img", cube[..., :3], wavelengths=None)
    make_tif(tmp_path / "y.tif", cube)
    listening = recorder()
    assert found(tmp_path, progress=listening) == ["x.img", "y.tif"]
    assert [note.split(": ", 1)[1] for note in listening.notes] == [
        "has the name of x.img, which is taken; it is left out",
        "has the name of x.img, which is taken; it is left out",
        "has 3 band(s), and is no cube of spectra; it is left out",
    ]


def test_links_keep_their_names_which_their_companions_have(tmp_path: Path, make_envi: Callable, cube) -> None:
    (tmp_path / "store").mkdir()
    make_envi(tmp_path / "store" / "a1b2.img", cube)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "x.img").symlink_to(tmp_path / "store" / "a1b2.img")
    (tmp_path / "images" / "x.hdr").symlink_to(tmp_path / "store" / "a1b2.hdr")
    (image,) = list_images([tmp_path / "images"], tmp_path / "out", Progress())
    assert (image.path, image.scene) == (tmp_path.resolve() / "images" / "x.img", "x")


@pytest.mark.parametrize("name", ["cube.tif", "FRT00001234_07_IF165J_MTR3.tif"])
def test_the_folder_of_the_maps_may_be_that_of_the_images(
    tmp_path: Path, make_tif: Callable, cube, recorder: Callable, name: str
) -> None:
    image = make_tif(tmp_path / name, cube)
    for ending, bands in (("", 1), ("_evidence", 5)):
        make_tif(tmp_path / f"{image.stem}_minerals{ending}.tif", cube[..., :bands], None, metadata={"CRISM_RUN_ID": "0"})
    for ending in ("", "_model", "_background", "_bad", "_transmission"):
        make_tif(tmp_path / f"{image.stem}_minerals_denoised{ending}.tif", cube)
        make_tif(tmp_path / f"own_denoised{ending}.tif", cube)
    (tmp_path / "own_denoised_provenance.json").write_text("{}")
    make_tif(tmp_path / "composite.tif", cube[..., :1], None, metadata={"CRISM_PROVENANCE": "composite_provenance.json"})
    listening = recorder()
    for out in (tmp_path, tmp_path.parent):
        images = list_images([tmp_path], out, listening)
        assert [each.path.name for each in images] == [name, "own_denoised.tif"]
    assert (listening.notes, listening.warnings) == ([], [])


def test_a_file_given_twice_counts_once(tmp_path: Path, make_tif: Callable, cube) -> None:
    file = make_tif(tmp_path / "cube.tif", cube)
    (tmp_path / "link.tif").symlink_to(file)
    assert found(tmp_path, file, tmp_path, tmp_path / "." / "cube.tif", tmp_path / "link.tif") == ["cube.tif"]


def test_nothing_to_do_is_an_error(tmp_path: Path) -> None:
    for inputs in ([], [tmp_path]):
        with pytest.raises(ParameterError, match="no image"):
            list_images(inputs, tmp_path / "out", Progress())


@pytest.mark.parametrize(
    ("paths", "stems"),
    [
        (["/a/x.img", "/b/y.img"], ["x", "y"]),
        (["/a/x.img", "/b/x.img"], ["a_x", "b_x"]),
        (["/a/x.img", "/b/X.tif"], ["a_x", "b_X"]),
        (["/a/1/x.img", "/b/1/x.img", "/b/2/y.img"], ["a_1_x", "b_1_x", "y"]),
        (["/a/x.img", "/a/x.tif"], ["x_img", "x_tif"]),
        (["/x.img", "/a/x.img"], ["x", "a_x"]),
        (["/a/x.lbl.txt", "/b/y.LBL"], ["x", "y"]),
        (["/a/x", "/a/x.dat", "/a/x.lbl.txt"], ["x", "x_dat", "x_lbl_txt"]),
        (["/a/v1.0.img", "/a/v1.0.tif"], ["v1.0_img", "v1.0_tif"]),
        (["/a/b_x.img", "/a/b/x.img", "/c/x.img"], ["a_b_x_1aaf5065", "a_b_x_118d5da4", "c_x"]),
    ],
)
def test_names(paths: list[str], stems: list[str]) -> None:
    assert _names([Path(path) for path in paths]) == stems


names = st.sampled_from(["a", "b", "A", "a_b"])


@given(
    st.lists(
        st.builds(
            lambda folders, name, end: Path("/", *folders, name + end),
            st.lists(names, max_size=3),
            names,
            st.sampled_from([".img", ".tif"]),
        ),
        unique=True,
        max_size=8,
    )
)
def test_no_two_images_share_a_name(paths: list[Path]) -> None:
    by_folder = {(path.parent, path.name.lower()) for path in paths}
    if len(by_folder) == len(paths):  # on a file system that tells capitals apart, two in one folder may differ by them alone
        stems = [stem.lower() for stem in _names(paths)]
        assert len(set(stems)) == len(stems)


def test_of_a_tile_the_albedo_is_mapped(tmp_path: Path) -> None:
    """Its I/F only where that is missing; never its geometry, parameters or wavelengths."""
    cube = np.full((3, 3, 72), 0.2)
    both, alone = (tmp_path / name for name in ("T1332", "T1333"))
    for folder, name in (
        (both, "T1332_MRRAL_20S332_0256_1"),
        (both, "T1332_MRRIF_20S332_0256_1"),
        (alone, "T1333_MRRIF_20S337_0256_1"),
    ):
        folder.mkdir(exist_ok=True)
        write_tile(folder, name, cube, -17.5, 330.0, {"Target ID": cube[..., 0], "IR Sample": cube[..., 0]})
    write_tile(both, "T1332_MRRSU_20S332_0256_1", cube, -17.5, 330.0)
    assert found(tmp_path) == ["T1332/T1332_MRRAL_20S332_0256_1.IMG", "T1333/T1333_MRRIF_20S337_0256_1.IMG"]
