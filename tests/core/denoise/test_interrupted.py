"""The denoiser among other processes: signals, two runs at once, disks that fill up. Each run is a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from images import Image, make_image

from crism_gan_plugin import paths
from tests.core.atmosphere.conftest import record as record

ROOT = Path(__file__).resolve().parents[3]
STEM = "frt0000abcd_07_if164l_trr3_denoised"
RASTERS = [f"{STEM}{end}.tif" for end in ("", "_model", "_background", "_bad", "_path", "_transmission")]


@pytest.fixture
def image(tmp_path, trr3_product, record) -> Image:
    (tmp_path / "in").mkdir()
    return make_image(tmp_path / "in", trr3_product, record)


def start(image: Image, out: Path, point: str = "", deed: str = "", *words: str) -> subprocess.Popen:
    script = Path(__file__).with_name("hooked_run.py")
    command = [sys.executable, script, point, deed, "denoise", image.label, "--out-dir", out, "--device", "cpu", *words]
    return subprocess.Popen(
        list(map(str, command)), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(image: Image, out: Path, point: str = "", deed: str = "", *words: str) -> tuple[int, list[str]]:
    """Exit code and the lines on stderr."""
    process = start(image, out, point, deed, *words)
    _, err = process.communicate(timeout=300)
    return process.returncode, err.splitlines()


def results(out: Path) -> dict[str, bytes]:
    """All that does not tell the time."""
    record = json.loads((out / f"{STEM}_provenance.json").read_text())
    told = {key: record[key] for key in ("iterations", "library", "settings", "bands")}
    return {**{name: (out / name).read_bytes() for name in RASTERS}, "record": json.dumps(told).encode()}


def under_final_names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()} - {f"{STEM}_unfinished"} if out.is_dir() else set()


@pytest.fixture(scope="module")
def once() -> dict[str, bytes]:
    return {}


@pytest.fixture
def whole(image, tmp_path, once) -> dict[str, bytes]:
    """The results of a run that nothing happens to; the image is the same in all tests."""
    if not once:
        assert run(image, tmp_path / "whole")[0] == 0
        once.update(results(tmp_path / "whole"))
    return once


@pytest.mark.parametrize(
    ("point", "deed", "kept"),
    [
        ("begin", "SIGTERM", 0),
        ("read", "SIGINT", 0),
        ("read", "SIGKILL", 0),
        ("solve", "SIGTERM", 1),
        ("block 1", "SIGINT", 2),
        ("block 1", "SIGTERM", 2),
        ("block 1", "SIGHUP", 2),
        ("block 1", "SIGKILL", 2),
        ("solve 7", "SIGINT", 2),
        ("write 2", "SIGINT", 4),
        ("write 2", "SIGKILL", 4),
        ("move", "SIGKILL", 4),
    ],
)
def test_a_run_that_is_stopped_leaves_nothing_and_goes_on_to_the_same(image, tmp_path, whole, point, deed, kept) -> None:
    """``kept``: 0 nothing; 1 the spectra; more: so many blocks of columns, plus one."""
    out = tmp_path / "out"
    code, err = run(image, out, point, deed)
    number = getattr(signal, deed)
    assert code == (-number if deed == "SIGKILL" else 128 + number), err
    assert not any("Traceback" in line for line in err)
    if deed != "SIGKILL":
        assert err[-1] == "cancelled; nothing was written"
        assert any("is kept in" in line for line in err) == bool(kept)
        assert under_final_names(out) == set()
        assert out.exists() == bool(kept)
    else:
        assert all(name.startswith(".crism-") for name in under_final_names(out))
    code, err = run(image, out)
    assert code == 0, err
    goes_on = [line for line in err if "goes on" in line]
    assert goes_on == ([f"an interrupted run goes on: {kept - 1} of 3 blocks of columns are done"] if kept else [])
    assert results(out) == whole
    assert not (out / f"{STEM}_unfinished").exists()


@pytest.mark.parametrize("deed", ["SIGINT", "SIGTERM"])
def test_a_signal_among_the_moves_lets_them_end(image, tmp_path, whole, deed) -> None:
    code, err = run(image, tmp_path / "out", "replace 4", deed)
    assert code == 0, err
    assert results(tmp_path / "out") == whole


def test_the_same_run_at_once_is_refused_in_one_line(image, tmp_path, whole) -> None:
    out = tmp_path / "out"
    first = start(image, out, "block 1", "wait")
    assert first.stdout.readline() == "waiting\n"
    code, err = run(image, out, "", "", "--quiet")
    assert code == 2
    assert len(err) == 1
    assert err[0].startswith(f"error: {out / STEM}: another process is making this denoised image")
    first.communicate("\n", timeout=300)
    assert first.returncode == 0
    assert results(out) == whole
    assert not (out / f"{STEM}_unfinished").exists()


def test_two_runs_of_one_name_do_not_mix(image, tmp_path, whole) -> None:
    assert run(image, tmp_path / "ices", "", "", "--ices")[0] == 0
    with_ices, out = results(tmp_path / "ices"), tmp_path / "out"
    assert with_ices != whole
    first = start(image, out, "block 1", "wait")
    assert first.stdout.readline() == "waiting\n"
    code, err = run(image, out, "", "", "--ices")
    assert code == 0, err
    assert results(out) == with_ices
    first.communicate("\n", timeout=300)
    assert first.returncode == 0
    assert results(out) == whole
    assert not (out / f"{STEM}_unfinished").exists()


def test_interrupted_runs_of_one_name_both_go_on_until_one_is_finished(image, tmp_path, whole) -> None:
    out = tmp_path / "out"
    for words in ((), ("--ices",)):
        assert run(image, out, "block 1", "SIGKILL", *words)[0] == -signal.SIGKILL
    code, err = run(image, out, "write", "SIGTERM")
    assert code == 143
    assert any("an interrupted run goes on: 1 of 3" in line for line in err)
    code, err = run(image, out)
    assert any("an interrupted run goes on: 3 of 3" in line for line in err)
    assert results(out) == whole
    assert not (out / f"{STEM}_unfinished").exists()  # the other run's files, too


def test_another_library_of_the_same_name_begins_anew(image, tmp_path) -> None:
    """Names and numbers of spectra are the same: only their numbers tell the two apart."""
    library = json.loads(paths.exemplars().read_text())
    out, own = tmp_path / "out", tmp_path / "own.json"
    own.write_text(json.dumps(library))
    assert run(image, out, "block 1", "SIGTERM", "--exemplars", str(own))[0] == 143
    for spectrum in library["spectra"]:
        for band in spectrum.get("bands", []):
            band[3] *= 0.9  # the depth
    own.write_text(json.dumps(library))
    code, err = run(image, out, "", "", "--exemplars", str(own))
    assert code == 0
    assert not any("goes on" in line for line in err)


def test_files_that_may_not_be_so_large_are_one_line(image, tmp_path) -> None:
    code, err = run(image, tmp_path / "out", "begin", "small files", "--quiet")
    assert code == 2, err
    assert len(err) == 1
    assert err[0].startswith(f"error: {tmp_path / 'out'}: denoising this image needs ")
    assert "bytes for scratch files" in err[0]
    assert "File too large" in err[0]
    assert not (tmp_path / "out").exists()


def test_outputs_that_do_not_fit_keep_the_finished_columns(image, tmp_path, whole) -> None:
    out = tmp_path / "out"
    code, err = run(image, out, "write", "small files")
    assert code == 2, err
    assert err[-1].startswith(f"error: {out}")
    assert any("is kept in" in line for line in err)
    assert under_final_names(out) == set()
    code, err = run(image, out)
    assert (code, results(out)) == (0, whole), err
    assert any("3 of 3 blocks" in line for line in err)


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "crism-test", place], capture_output=True).returncode:
        pytest.skip("needs the right to mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_disk_that_fills_up_on_the_way_does_not_take_the_program_down(image, small_disk, whole) -> None:
    out, filler = small_disk / "out", small_disk / "filler"
    code, err = run(image, out, "block", f"fill {filler}")
    assert code == 2, err  # and not -SIGBUS
    assert "free some disk space" in err[-1]  # GDAL's own words differ
    assert any("is kept in" in line for line in err)
    assert under_final_names(out) == set()
    filler.unlink()
    code, err = run(image, out)
    assert (code, results(out)) == (0, whole), err
    assert any("3 of 3 blocks" in line for line in err)


def test_a_disk_that_is_full_is_told_with_the_bytes(image, small_disk) -> None:
    filler = small_disk / "filler"
    code, err = run(image, small_disk / "out", "begin", f"fill {filler}", "--quiet")
    assert code == 2, err
    assert len(err) == 1
    assert "needs" in err[0]
    filler.unlink()
    assert not list(small_disk.iterdir())
