"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from crism_gan_plugin.core import outputs as outputs_module
from crism_gan_plugin.core.class_table import ClassRow, read_class_table, write_class_table
from crism_gan_plugin.core.errors import Cancelled, OutputError
from crism_gan_plugin.core.locks import FileLock
from crism_gan_plugin.core.outputs import AtomicOutputs
from crism_gan_plugin.core.raster import create_raster


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_files_appear_together_at_the_end(tmp_path: Path) -> None:
    with AtomicOutputs(tmp_path) as outputs:
        outputs.path("a.txt").write_text("a")
        outputs.path("b.txt").write_text("b")
        assert not (tmp_path / "a.txt").exists()
        assert outputs.path("a.txt").name == "a.txt"
    assert everything_in(tmp_path) == {"a.txt", "b.txt"}
    assert (tmp_path / "b.txt").read_text() == "b"


@pytest.mark.parametrize(
    "error", [Cancelled("stop"), OutputError("x"), KeyboardInterrupt(), ValueError("x"), FileNotFoundError("input")]
)
def test_a_run_that_ends_early_leaves_nothing_and_spoils_nothing(tmp_path: Path, error: BaseException) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(type(error)) as caught, AtomicOutputs(tmp_path) as outputs:
        outputs.path("a.txt").write_text("new")
        outputs.path("b.txt").write_text("new")
        raise error
    assert caught.value is error
    assert everything_in(tmp_path) == {"a.txt"}
    assert (tmp_path / "a.txt").read_text() == "old"


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No space left on device") as caught, AtomicOutputs(tmp_path / "maps"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert str(tmp_path / "maps") in str(caught.value)
    assert everything_in(tmp_path) == set()


def test_folders_are_made_and_on_failure_removed_again(tmp_path: Path) -> None:
    with AtomicOutputs(tmp_path / "x" / "y") as outputs:
        outputs.path("a").write_text("a")
    assert everything_in(tmp_path) == {"x", "x/y", "x/y/a"}
    with pytest.raises(Cancelled), AtomicOutputs(tmp_path / "x" / "z" / "w"):
        raise Cancelled
    assert everything_in(tmp_path) == {"x", "x/y", "x/y/a"}


def test_a_new_folder_that_somebody_else_wrote_to_stays(tmp_path: Path) -> None:
    with pytest.raises(Cancelled), AtomicOutputs(tmp_path / "x" / "y"):
        (tmp_path / "x" / "note.txt").write_text("mine")
        raise Cancelled
    assert everything_in(tmp_path) == {"x", "x/note.txt"}


@pytest.mark.parametrize("place", ["file", "file/below", "file/below/deeper"])
def test_a_folder_that_cannot_be_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OutputError) as caught, AtomicOutputs(tmp_path / place):
        pytest.fail("the block must not run")
    assert str(tmp_path / place) in str(caught.value)
    assert everything_in(tmp_path) == {"file"}


def test_an_unwritable_folder_is_named() -> None:
    place = Path("/proc/maps-of-mars")
    if not place.parent.is_dir():
        pytest.skip("needs a folder that nobody can write to: /proc")
    with pytest.raises(OutputError, match=r"/proc/maps-of-mars.*choose another output folder"), AtomicOutputs(place):
        pytest.fail("the block must not run")


def test_a_folder_in_the_place_of_an_output_is_noticed_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "out" / "b.tif").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"b\.tif.*folder"), AtomicOutputs(tmp_path / "out") as outputs:
        outputs.path("a.tif").write_text("a")
        outputs.path("b.tif")
    assert everything_in(tmp_path) == {"out", "out/b.tif"}


def test_when_moving_fails_the_folders_that_were_made_go_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match=r"a\.tif.*Permission denied"), AtomicOutputs(tmp_path / "new") as outputs:
        outputs.path("a.tif").write_text("a")
    assert everything_in(tmp_path) == set()


def test_gdals_companions_move_along(tmp_path: Path) -> None:
    rows = [ClassRow(3, "talc", "identification", (1, 2, 3), 4, None)]
    with AtomicOutputs(tmp_path) as outputs:
        with create_raster(outputs.path("m.tif"), 2, 2, 1, np.uint8, nodata=255) as writer:
            writer.write(np.full((1, 2, 2), 3, np.uint8), 0)
        write_class_table(outputs.path("m.tif"), rows)
    assert everything_in(tmp_path) == {"m.tif", "m.tif.aux.xml"}
    assert read_class_table(tmp_path / "m.tif") == rows


def test_outside_its_block_it_has_no_place(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        AtomicOutputs(tmp_path).path("a")


def test_superseded_files_go_only_when_the_new_ones_come(tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text("of an earlier run")
    with pytest.raises(ValueError), AtomicOutputs(tmp_path) as outputs:
        outputs.supersede("old.txt")
        raise ValueError
    assert old.exists()
    with AtomicOutputs(tmp_path) as outputs:
        outputs.supersede("old.txt")
        outputs.supersede("never there.txt")
        outputs.path("new.txt").write_text("new")
    assert [file.name for file in tmp_path.iterdir()] == ["new.txt"]


def test_scratch_is_gone_before_the_files_appear(tmp_path: Path) -> None:
    with AtomicOutputs(tmp_path / "out") as outputs:
        with outputs.scratch() as folder:
            (folder / "on the way").write_text("x")
            assert folder.is_dir()
        outputs.path("map.tif").write_text("y")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["map.tif"]


def test_scratch_goes_when_something_fails(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="enough"), AtomicOutputs(tmp_path / "out") as outputs, outputs.scratch():
        raise ValueError("enough")
    assert not (tmp_path / "out").exists()
    with pytest.raises(RuntimeError), AtomicOutputs(tmp_path / "out").scratch():
        pass


def test_two_runs_do_not_move_into_a_folder_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outputs_module, "_WAIT", 0.1)
    (tmp_path / "a.txt").write_text("old")
    with FileLock(tmp_path / outputs_module._MOVING, "taken"):
        with pytest.raises(OutputError, match="another run does not end writing there"), AtomicOutputs(tmp_path) as outputs:
            outputs.path("a.txt").write_text("new")
        assert (tmp_path / "a.txt").read_text() == "old"
    with AtomicOutputs(tmp_path) as outputs:
        outputs.path("a.txt").write_text("new")
    assert everything_in(tmp_path) == {"a.txt"}
    assert (tmp_path / "a.txt").read_text() == "new"
