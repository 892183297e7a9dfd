"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Optional

import numpy as np
import pytest

from crism_gan_plugin.core.errors import Cancelled, OutputError
from crism_gan_plugin.core.files import locks
from crism_gan_plugin.core.files import outputs as outputs_module
from crism_gan_plugin.core.files.locks import FileLock
from crism_gan_plugin.core.files.outputs import AtomicOutputs
from crism_gan_plugin.core.rasters.class_table import ClassRow, read_class_table, write_class_table
from crism_gan_plugin.core.rasters.geotiff import create_raster

ROOT = Path(__file__).resolve().parents[3]

#: Files of an earlier run and of a new one; the new one supersedes x_evidence.tif, and x.tif.ovr was of the old x.tif.
OLD = dict.fromkeys(("x.tif", "x.tif.aux.xml", "x.tif.ovr", "x.qml", "x_evidence.tif", "x_provenance.json"), "old")
NEW = dict.fromkeys(("x.tif", "x.tif.aux.xml", "x.qml", "x_provenance.json"), "new")


def write_old(folder: Path) -> None:
    for name, text in OLD.items():
        (folder / name).write_text(text)


def write_new(outputs: AtomicOutputs) -> None:
    outputs.supersede("x_evidence.tif")
    for name, text in NEW.items():
        outputs.path(name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


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


@pytest.mark.parametrize("error", [None, OutputError("free some disk space"), FileNotFoundError("new")])
def test_a_folder_that_is_removed_meanwhile_is_told_as_such(tmp_path: Path, error: Optional[Exception]) -> None:
    out = tmp_path / "out"
    with pytest.raises(OutputError, match=r"out: was removed while it was written to"), AtomicOutputs(out) as outputs:
        outputs.path("a.txt").write_text("a")
        shutil.rmtree(out)
        if error is not None:
            raise error
    assert not out.exists()


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


def test_new_files_replace_all_that_belonged_to_the_old_ones(tmp_path: Path) -> None:
    write_old(tmp_path)
    with AtomicOutputs(tmp_path) as outputs:
        write_new(outputs)
    assert contents(tmp_path) == NEW
    assert everything_in(tmp_path) == set(NEW)


@pytest.mark.parametrize("name", NEW)
def test_a_move_that_fails_half_way_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    real = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if Path(target).name == name:
            raise OSError(errno.EACCES, "Permission denied")
        return real(self, target)

    write_old(tmp_path)
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match=rf"{name}: cannot be replaced \(Permission denied\)"), AtomicOutputs(tmp_path) as outputs:
        write_new(outputs)
    assert contents(tmp_path) == OLD
    assert everything_in(tmp_path) == set(OLD)


def test_a_folder_that_came_meanwhile_in_the_place_of_an_output_stays(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"x\.qml: is a folder"), AtomicOutputs(tmp_path) as outputs:
        write_new(outputs)
        (tmp_path / "x.qml").mkdir()
        (tmp_path / "x.qml" / "mine").write_text("mine")
        (tmp_path / "x.tif").write_text("old")
    assert everything_in(tmp_path) == {"x.qml", "x.qml/mine", "x.tif"}
    assert (tmp_path / "x.tif").read_text() == "old"


def test_what_cannot_be_put_back_is_kept_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        (tmp_path / "x.tif").write_text("somebody else's")
        raise OSError(errno.EIO, "Input/output error")

    write_old(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse)
        with pytest.raises(OutputError, match="could not be put back, they are in") as caught, AtomicOutputs(tmp_path) as outputs:
            write_new(outputs)
    kept = Path(str(caught.value).rsplit(" in ", 1)[1])
    assert contents(kept) == {"x.tif": "old"}
    assert contents(tmp_path) == {**OLD, "x.tif": "somebody else's"}
    (tmp_path / "x.tif").unlink()
    with AtomicOutputs(tmp_path):  # the next run puts them back
        pass
    assert contents(tmp_path) == OLD
    assert everything_in(tmp_path) == set(OLD)


def test_two_folders_change_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, targets = Path.replace, (tmp_path / "a" / "ratio.tif", tmp_path / "b" / "hull.tif")

    def write(refused: Path) -> None:
        def refuse(self: Path, target: Path) -> Path:
            if Path(target) == refused:
                raise OSError(errno.EACCES, "Permission denied")
            return real(self, target)

        monkeypatch.setattr(Path, "replace", refuse)
        with AtomicOutputs(tmp_path / "a") as outputs:
            for target in targets:
                outputs.place(target).write_text("new")

    for refused in targets:
        with pytest.raises(OutputError, match="cannot be replaced"):
            write(refused)
        assert everything_in(tmp_path) == set()
    write(tmp_path / "none of them")
    assert [target.read_text() for target in targets] == ["new", "new"]
    assert len(everything_in(tmp_path)) == 4


KILLED = """
import os, signal, sys
from pathlib import Path
from crism_gan_plugin.core.files.outputs import AtomicOutputs

moves, when = 0, int(sys.argv[2])
def counted(real):
    def move(*arguments, **named):
        global moves
        if moves == when:
            os.kill(os.getpid(), signal.SIGKILL)
        moves += 1
        return real(*arguments, **named)
    return move
with AtomicOutputs(sys.argv[1]) as outputs:
    outputs.supersede("x_evidence.tif")
    for name in sys.argv[3:]:
        outputs.path(name).write_text("new")
    Path.rename, Path.replace, Path.unlink = map(counted, (Path.rename, Path.replace, Path.unlink))
    os.unlink = counted(os.unlink)
print("whole")
"""


def killed_at(folder: Path, move: int) -> bool:
    """Whether a run in another process was killed before its so-manieth renaming or removing."""
    command = [sys.executable, "-c", KILLED, str(folder), str(move), *NEW]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout == "whole\n" or done.returncode == -signal.SIGKILL, done.stderr
    return done.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
@pytest.mark.parametrize("earlier", [True, False], ids=["over an earlier run's", "new"])
def test_whenever_a_run_is_killed_nothing_mixed_looks_whole_and_the_next_run_mends_it(tmp_path: Path, earlier: bool) -> None:
    before, ends = dict(OLD) if earlier else {}, set()
    for move in range(40):
        folder = tmp_path / str(move)
        folder.mkdir()
        if earlier:
            write_old(folder)
        killed = killed_at(folder, move)
        left = {name: text for name, text in contents(folder).items() if name in OLD}
        assert len(set(left.values())) <= 1, left  # never old and new side by side
        assert left.get("x.tif") != "new" or left == NEW  # the map itself comes last
        with AtomicOutputs(folder):
            pass
        mended = contents(folder)
        assert mended in (before, NEW)
        assert everything_in(folder) == set(mended)
        ends.add(tuple(mended.values()))
        if not killed:
            break
    else:
        pytest.fail("the run never came to its end")
    assert move > 5
    assert len(ends) == 2


def leave_unfinished(folder: Path) -> Path:
    """What a run leaves that is killed while it computes."""
    script = (
        "import os, signal, sys\nfrom crism_gan_plugin.core.files.outputs import AtomicOutputs\n"
        "with AtomicOutputs(sys.argv[1]) as outputs:\n"
        " outputs.path('half.tif').write_text('half')\n os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script, str(folder)], env=environment, timeout=120, check=False)
    (found,) = folder.glob(".crism-unfinished-*")
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_the_next_run_clears_a_killed_ones_folder_away_but_no_living_ones(tmp_path: Path) -> None:
    dead = leave_unfinished(tmp_path)
    with AtomicOutputs(tmp_path) as living:
        living.path("a").write_text("a")
        assert not dead.exists()
        with AtomicOutputs(tmp_path) as other:
            other.path("b").write_text("b")
        assert living.path("a").read_text() == "a"
    assert everything_in(tmp_path) == {"a", "b"}


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_where_no_lock_tells_nothing_is_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    dead = leave_unfinished(tmp_path)
    foreign = tmp_path / ".crism-unfinished-of-an-older-version"
    foreign.mkdir()
    (foreign / "x.tif").write_text("x")
    monkeypatch.setattr(locks, "_system_lock", refuse)
    with AtomicOutputs(tmp_path) as outputs:
        outputs.path("a").write_text("a")
    assert (dead / "new" / "half.tif").is_file()
    monkeypatch.undo()
    with AtomicOutputs(tmp_path):
        pass
    assert everything_in(tmp_path) == {"a", foreign.name, f"{foreign.name}/x.tif"}


def test_a_cancel_while_files_move_takes_them_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.rename

    def interrupted(self: Path, target: Path) -> None:
        real(self, target)
        monkeypatch.undo()
        raise KeyboardInterrupt

    write_old(tmp_path)
    with pytest.raises(KeyboardInterrupt), AtomicOutputs(tmp_path) as outputs:
        write_new(outputs)
        monkeypatch.setattr(Path, "rename", interrupted)
    assert contents(tmp_path) == OLD
    assert everything_in(tmp_path) == set(OLD)
