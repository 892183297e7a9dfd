"""Which images a folder has, and what their maps are called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crism_gan_plugin.core.batch.images import _names, list_images
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.progress import Progress


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
