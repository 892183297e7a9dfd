"""The command line: exit codes, what goes to which stream, and that every mistake is one line."""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core.cli import TerminalProgress, main
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.files.locks import claim
from crism_gan_plugin.core.options.threshold_text import parse_class_thresholds
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.stop_signals import StopSignals

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def scene(tmp_path: Path, make_tif: Callable, pixel_of: Callable) -> Path:
    cube = np.tile(pixel_of("talc"), (6, 7, 1)).astype(np.float32)
    return make_tif(tmp_path / "scene.tif", cube)


@pytest.fixture
def big_scene(tmp_path: Path, make_envi: Callable, pixel_of: Callable) -> Path:
    rng = np.random.default_rng(0)
    cube = pixel_of("talc") * rng.uniform(0.5, 1, (150, 60, 1)) * (1 + 0.03 * rng.standard_normal((150, 60, 240)))
    return make_envi(tmp_path / "big.img", cube.astype(np.float32))


@pytest.fixture
def run(capsys: pytest.CaptureFixture, random_weights: Path) -> Callable[..., tuple[int, list[str], list[str]]]:
    def run(*arguments: Any) -> tuple[int, list[str], list[str]]:
        words = [str(word) for word in arguments]
        if words[0] in ("map", "batch"):
            words += ["--engine", "numpy"] + ([] if "--weights" in words else ["--weights", str(random_weights)])
        code = main(words)
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


def start(*arguments: Any, file_size: Optional[int] = None, cwd: Optional[Path] = None) -> subprocess.Popen:
    def prepare() -> None:
        for number in (signal.SIGINT, signal.SIGTERM):  # a test run in the background has them ignored, and children inherit that
            signal.signal(number, signal.SIG_DFL)
        if file_size is not None:
            import resource  # not on Windows

            resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))

    return subprocess.Popen(
        [sys.executable, "-m", "crism_gan_plugin.core", *map(str, arguments)],
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=prepare,
    )


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


# ---------------------------------------------------------------- done


def test_map_prints_paths_on_stdout_and_the_rest_on_stderr(run: Callable, scene: Path, tmp_path: Path) -> None:
    code, out, err = run("map", scene, "--out-dir", tmp_path / "out", "--classes", "talc", "kaolinite")
    assert code == 0
    ends = ("_minerals.tif", "_minerals_evidence.tif", "_minerals.qml", "_minerals_provenance.json")
    assert out == [str(tmp_path / "out" / f"scene{end}") for end in ends]
    assert all(Path(line).is_file() for line in out)
    assert any("no model cube" in line for line in err)


def test_options_reach_the_map(run: Callable, scene: Path, tmp_path: Path) -> None:
    code, out, err = run(
        *("map", scene, "--out-dir", tmp_path / "out", "--classes", "Talc", "alunite", "--scales", 3, 1, "--no-evidence"),
        *(
            "--identification",
            0.9,
            "--guess",
            0.8,
            "--best-guess",
            0.6,
            "--lead",
            0.05,
            "--support",
            "paper",
            "--ratio",
            "column",
            "--class-threshold",
            "talc=0.7,0.75",
        ),
        *("--model-in", scene, "--quiet"),
    )
    assert (code, err) == (0, [])
    assert len(out) == 3
    record = json.loads(Path(out[-1]).read_text())
    assert record["scales"] == [1, 3]
    assert (record["exemplars"]["best_guess"], record["exemplars"]["lead"], record["support"]) == (0.6, 0.05, "paper")
    classes = {entry["name"]: (entry["guess"], entry["identification"]) for entry in record["exemplars"]["classes"]}
    assert classes == {"talc": (0.7, 0.75), "alunite": (0.8, 0.9)}
    assert record["model"]["file"] == "scene.tif"
    assert record["ratio"]["mode"] == "column"


def test_geometry_and_crs_reach_the_map(run: Callable, tmp_path: Path, make_envi: Callable, pixel_of: Callable) -> None:
    from crism_gan_plugin.core.simulation.track import Track, geometry_name, write_geometry

    scene = make_envi(tmp_path / "frt0000c003_07_if166j_ter3.img", np.tile(pixel_of("talc"), (20, 64, 1)).astype(np.float32))
    label = tmp_path / "elsewhere.lbl"
    line, sample = np.mgrid[:20, :64]
    write_geometry(label, geometry_name(scene.name), *Track(10.0, 20.0).places(line, sample, 20, 64))
    label.write_text(label.read_text().replace('"FRT0000C003_07_DE166L_DDR1.IMG"', '"elsewhere.img"'))
    code, out, err = run("map", scene, "--out-dir", tmp_path / "out", "--geometry", label, "--crs", "IAU_2015:49900")
    assert code == 0
    assert any("elsewhere.lbl" in line for line in err)
    left, _, _, top, _, _ = gdal.Open(out[0]).GetGeoTransform()
    assert (left, top) == (pytest.approx(20, abs=0.1), pytest.approx(10, abs=0.1))


def test_batch_maps_all_but_the_broken_and_says_how_many_failed(
    run: Callable, scene: Path, tmp_path: Path, make_tif: Callable, pixel_of: Callable
) -> None:
    (tmp_path / "images").mkdir()
    scene.rename(tmp_path / "images" / "scene.tif")
    cube = np.tile(pixel_of("kaolinite"), (5, 5, 1)).astype(np.float32)
    make_tif(tmp_path / "images" / "other.tif", cube)
    out_dir = tmp_path / "out"
    code, out, err = run("batch", tmp_path / "images", "--out-dir", out_dir, "--classes", "talc", "kaolinite", "--quiet")
    assert (code, err) == (0, [])
    assert out[:3] == [str(out_dir / name) for name in ("summary.csv", "other_minerals.tif", "scene_minerals.tif")]
    assert str(out_dir / "composite.tif") in out
    assert all(Path(line).is_file() for line in out)
    (tmp_path / "images" / "broken.tif").write_bytes(b"rubbish")
    code, again, err = run("batch", tmp_path / "images", "--out-dir", out_dir, "--classes", "talc", "kaolinite", "--quiet")
    assert (code, again) == (2, out)
    assert err == [f"error: 1 of 3 images failed; why is in {out_dir / 'failed.csv'}"]
    code, out, _ = run("batch", tmp_path / "images" / "other.tif", "--out-dir", tmp_path / "o2", "--no-composite")
    assert (code, [Path(line).name for line in out]) == (0, ["summary.csv", "other_minerals.tif", "collection.json"])


def test_continuum(run: Callable, scene: Path, tmp_path: Path) -> None:
    code, out, _ = run(
        "continuum", scene, "--out", tmp_path / "r.tif", "--continuum-out", tmp_path / "h.tif", "--range", 1100, 2000
    )
    assert code == 0
    assert out == [str(tmp_path / "r.tif"), str(tmp_path / "h.tif")]


def test_info(run: Callable, scene: Path, tmp_path: Path, make_tif: Callable) -> None:
    code, out, err = run("info", scene)
    assert (code, err) == (0, [])
    assert any("6 lines × 7 samples × 240 bands, map-projected" in line for line in out)
    assert out[-1].split() == ["mappable", "yes"]
    visible = make_tif(tmp_path / "v.tif", np.full((2, 2, 50), 0.1, np.float32), np.linspace(400, 1000, 50), proj=None)
    code, out, err = run("info", visible)
    assert code == 2
    assert any("sensor space" in line for line in out)
    assert len(err) == 1


def test_warnings_are_loud_and_quiet_is_quiet(run: Callable, tmp_path: Path, make_tif: Callable, pixel_of: Callable) -> None:
    scene = make_tif(tmp_path / "s.tif", np.tile(pixel_of("talc"), (3, 3, 1)).astype(np.float32), proj=None)
    _, _, err = run("map", scene, "--out-dir", tmp_path)
    assert sum(line.startswith("WARNING: ") for line in err) == 1
    assert run("map", scene, "--out-dir", tmp_path, "--quiet")[2] == []


def test_from_another_directory_with_relative_paths(scene: Path, tmp_path: Path, random_weights: Path) -> None:
    process = start("map", "scene.tif", "--out-dir", "out", "--weights", random_weights, "--engine", "numpy", cwd=tmp_path)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.splitlines()[0] == "out/scene_minerals.tif"
    assert (tmp_path / "out" / "scene_minerals.tif").is_file()


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["map", "absent.img", "--out-dir", "{tmp}/o"], "absent.img"),
        (["map", "{tmp}", "--out-dir", "{tmp}/o"], "{tmp}"),
        (["map", "{scene}", "--out-dir", "{scene}"], "choose another output folder"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--classes", "unobtainium"], "'unobtainium' is not in the library"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--class-threshold", "talc"], "NAME=GUESS,IDENTIFICATION"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--class-threshold", "talc=0.9,0.8"], "in order"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--guess", "0.99"], "in order"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--scales", "4"], "odd numbers"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--weights", "absent.npz"], "absent.npz"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--exemplars", "{scene}"], "scene.tif"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--wavelengths", "{scene}"], "scene.tif"),
        (["map", "{scene}", "--out-dir", "{tmp}/o", "--model-in", "absent.tif"], "absent.tif"),
        (["batch", "{scene}", "--out-dir", "{tmp}/o", "--strategy", "loudest"], "loudest"),
        (["batch", "{scene}", "--out-dir", "{tmp}/o", "--crs", "EPSG:4326"], "Mars"),
        (["continuum", "{scene}", "--out", "{scene}"], "is the input itself"),
        (["continuum", "{scene}", "--out", "{tmp}/o/r.tif", "--range", "5", "1"], "shorter"),
        (["continuum", "{scene}", "--out", "{scene}/r.tif"], "choose another output folder"),
        (["train", "--out", "{tmp}/w.pt"], ".npz"),
        (["train", "--out", "{tmp}/w.npz", "--library", "absent.sli"], "absent.sli"),
        (["train", "--out", "{tmp}/w.npz", "--steps", "0"], "steps"),
        (["info", "absent.img"], "absent.img"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_two(run: Callable, scene: Path, tmp_path: Path, words: list[str], said: str) -> None:
    before = names(tmp_path)
    code, out, err = run(*(word.format(tmp=tmp_path, scene=scene) for word in words), "--quiet")
    assert (code, out, len(err)) == (2, [], 1), err
    assert err[0].startswith("error: ")
    assert said.format(tmp=tmp_path) in err[0]
    assert names(tmp_path) == before


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["map"], ["map", "x", "--out-dir", "y", "--engine", "abacus"], ["map", "x", "--scales", "a"]]
)
def test_words_that_are_no_command_are_exit_code_two(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


def test_class_thresholds() -> None:
    assert parse_class_thresholds([]) == {}
    assert parse_class_thresholds(["talc=0.8,0.9", " illite/muscovite = 0.5 , 1 "]) == {
        "talc": (0.8, 0.9),
        "illite/muscovite": (0.5, 1.0),
    }


@pytest.mark.parametrize("item", ["", "talc", "talc=", "talc=0.8", "talc=0.8,0.9,1", "talc=a,b", "talc=0.8;0.9", "=0.8,0.9"])
def test_class_thresholds_of_another_form_are_refused(item: str) -> None:
    with pytest.raises(ParameterError, match="NAME=GUESS,IDENTIFICATION"):
        parse_class_thresholds([item])


@pytest.mark.parametrize("limit", [200, 20_000])
def test_a_full_disk(big_scene: Path, tmp_path: Path, random_weights: Path, limit: int) -> None:
    before = names(tmp_path)
    process = start(
        *("map", big_scene, "--out-dir", tmp_path / "out", "--weights", random_weights, "--engine", "numpy", "--quiet"),
        file_size=limit,
    )
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, ""), err
    told = [line for line in err.splitlines() if not line.startswith("_tiff")]  # libtiff 4.7 speaks for itself besides
    assert len(told) == 1
    assert told[0].startswith(f"error: {tmp_path / 'out'}/big_minerals")
    assert ".crism-unfinished" not in err
    assert names(tmp_path) == before


STOPS = pytest.mark.parametrize(("stop", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


@STOPS
def test_interrupted_half_way(stop: int, code: int, big_scene: Path, tmp_path: Path, random_weights: Path) -> None:
    before = names(tmp_path)
    fifteen = [option for size in range(1, 16, 2) for option in [str(size)]]
    process = start(
        *("map", big_scene, "--out-dir", tmp_path / "out", "--weights", random_weights, "--engine", "numpy"),
        *("--scales", *fifteen),
    )
    deadline = time.monotonic() + 60
    while not names(tmp_path / "out") and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(stop)
    process.send_signal(stop)  # impatience changes nothing
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, ""), err
    assert err.splitlines()[-1] == "cancelled; nothing was written"
    assert "Traceback" not in err
    assert names(tmp_path) == before


@STOPS
def test_interrupted_batch_keeps_whole_maps(stop: int, code: int, big_scene: Path, tmp_path: Path, random_weights: Path) -> None:
    images = []
    for name in ("a", "b", "c"):
        for suffix in (".img", ".hdr"):
            (tmp_path / f"{name}{suffix}").write_bytes(big_scene.with_suffix(suffix).read_bytes())
        images.append(tmp_path / f"{name}.img")
    out_dir = tmp_path / "out"
    process = start("batch", *images, "--out-dir", out_dir, "--weights", random_weights, "--engine", "numpy")
    deadline = time.monotonic() + 120
    while "a_minerals_provenance.json" not in names(out_dir) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(stop)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, ""), err
    said = re.search(r"cancelled; (\d) of 3 images are finished", err.splitlines()[-1])
    assert said is not None
    whole = sum(name.endswith("_provenance.json") for name in names(out_dir))
    assert whole - int(said[1]) in (0, 1)  # one may have got whole at that very moment
    assert not [name for name in names(out_dir) if name.startswith(".")]


@STOPS
def test_interrupted_training_keeps_its_checkpoint(stop: int, code: int, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    process = start("train", "--out", tmp_path / "w.npz", "--losses", "contrastive")
    deadline = time.monotonic() + 120
    while "w.checkpoint" not in names(tmp_path) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(stop)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, ""), err
    assert re.match(r"cancelled at step \d+; the checkpoint .*w\.checkpoint is kept: the same", err.splitlines()[-1])
    assert "Traceback" not in err
    assert names(tmp_path) == {"w.checkpoint"}


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_names_that_the_terminal_cannot_show_are_escaped(tmp_path: Path, encoding: str) -> None:
    name = tmp_path / os.fsdecode(b"caf\xe9 \xc2\xb5.tif")
    try:
        name.write_bytes(b"x")
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    done = subprocess.run(
        [sys.executable, "-m", "crism_gan_plugin.core", "info", str(name)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith(f"error: {tmp_path}/caf\\udce9 ") and "rename it" in line


def test_results_that_the_terminal_cannot_show_are_escaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr("crism_gan_plugin.core.cli._info", lambda options, progress: [tmp_path / "µ\udce9.tif"])
    assert main(["info", "x.tif"]) == 0
    terminal.flush()
    assert terminal.buffer.getvalue().decode().strip() == f"{tmp_path}/\\xb5\\udce9.tif"


# Each command, stopped at a point that a hook in the process waits for: no timing.

HOOKED = """
import os, signal, sys
from crism_gan_plugin.core.files import outputs
from crism_gan_plugin.core.cli import main

where, number = sys.argv[1], getattr(signal, sys.argv[2])
signal.signal(signal.SIGINT, signal.default_int_handler)
real = getattr(outputs.AtomicOutputs, where)

def hooked(self, *given):
    os.kill(os.getpid(), number)
    os.kill(os.getpid(), number)
    return real(self, *given)

setattr(outputs.AtomicOutputs, where, hooked)
sys.exit(main(sys.argv[3:]))
"""


def hooked(where: str, stop: int, *arguments: Any) -> tuple[int, list[str]]:
    """Exit code and lines of stderr of a command that gets a signal, twice, when its outputs begin or move into place."""
    done = subprocess.run(
        [sys.executable, "-c", HOOKED, where, signal.Signals(stop).name, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stderr.splitlines()


@pytest.fixture
def commands(scene: Path, tmp_path: Path, random_weights: Path, run: Callable) -> dict[str, list[Any]]:
    """Words of each command, which writes into the folder "out"."""
    assert run("map", scene, "--out-dir", tmp_path / "maps", "--quiet")[0] == 0
    out, network = tmp_path / "out", ["--weights", random_weights, "--engine", "numpy"]
    return {
        "map": ["map", scene, "--out-dir", out, "--no-catalogue", *network],
        "batch": ["batch", scene, "--out-dir", out, *network],
        "mosaic": ["mosaic", tmp_path / "maps" / "scene_minerals.tif", "--out", out / "c.tif"],
        "import": ["import", scene, "--out", out / "i.tif"],
        "continuum": ["continuum", scene, "--out", out / "r.tif"],
    }


@STOPS
@pytest.mark.parametrize("command", ["map", "batch", "mosaic", "import", "continuum"])
def test_a_command_that_is_stopped_leaves_nothing(
    stop: int, code: int, command: str, commands: dict[str, list[Any]], tmp_path: Path
) -> None:
    before = names(tmp_path)
    found, err = hooked("place", stop, *commands[command])
    assert found == code, err
    assert err[-1].startswith("cancelled; ")
    assert not any("Traceback" in line for line in err)
    assert names(tmp_path) == before


@STOPS
@pytest.mark.parametrize("command", ["map", "mosaic", "import", "continuum"])
def test_outputs_that_are_being_moved_all_arrive(
    stop: int, code: int, command: str, commands: dict[str, list[Any]], tmp_path: Path
) -> None:
    words = list(map(str, commands[command]))
    found, err = hooked("_move_into_place", stop, *words)
    assert found == 0, err
    unhurried = [word.replace(str(tmp_path / "out"), str(tmp_path / "other")) for word in words]
    assert main(unhurried) == 0
    assert names(tmp_path / "out") == names(tmp_path / "other")


def test_signals_that_are_ignored_stay_ignored_and_all_are_given_back() -> None:
    before = [signal.signal(signal.SIGINT, signal.SIG_IGN), signal.signal(signal.SIGTERM, signal.SIG_DFL)]
    try:
        with StopSignals() as signals:
            signal.raise_signal(signal.SIGINT)
            assert signals.received is None
            signal.raise_signal(signal.SIGTERM)
            assert signals.exit_code == 143
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before):
            signal.signal(number, handler)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_signals_that_a_library_takes_are_taken_back() -> None:
    """As the torch of Debian 13 does: its message passing has a debugger of its own for SIGHUP."""
    libc = ctypes.CDLL(None)
    libc.signal.argtypes, libc.signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
    with StopSignals() as signals:
        libc.signal(signal.SIGTERM, 1)  # SIG_IGN, behind Python's back
        progress = TerminalProgress(signals)
        assert not progress.is_cancelled()
        signal.raise_signal(signal.SIGTERM)
        assert progress.is_cancelled()


def test_the_library_installs_no_handlers(scene: Path, tmp_path: Path, random_weights: Path) -> None:
    from crism_gan_plugin.core import map_scene

    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    seen: list[Any] = []

    class Look(Progress):
        def _show(self, fraction: float, text: Optional[str]) -> None:
            seen.append([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)])

    map_scene(scene, tmp_path / "out", weights=random_weights, engine="numpy", progress=Look())
    assert seen
    assert all(handlers == before for handlers in seen)


def test_notes_quote_foreign_text_in_one_line(run: Callable, tmp_path: Path, make_tif: Callable, pixel_of: Callable) -> None:
    """A file's name may have line ends and orders for the terminal."""
    scene = make_tif(tmp_path / "a\x1b[31m\nWARNING: b.tif", np.broadcast_to(pixel_of("talc"), (2, 2, 240)).astype(np.float32))
    code, _, err = run("map", scene, "--out-dir", tmp_path / "out")
    assert code == 0
    assert r"wavelengths from the metadata of a\x1b[31m\nWARNING: b.tif, in nm" in err
    assert not [line for line in err if "\x1b" in line or line.startswith("WARNING: b")]


def test_two_batches_in_one_folder_are_refused_in_one_line(commands: dict[str, list[Any]], run: Callable, tmp_path: Path) -> None:
    with claim(tmp_path / "out" / ".crism-batch.lock", "taken"):
        code, out, err = run(*commands["batch"], "--quiet")
        assert (code, out, len(err)) == (2, [], 1), err
        assert err[0].startswith(f"error: {tmp_path / 'out'}: another batch is working in this folder")
        assert names(tmp_path / "out") == {".crism-batch.lock"}
    assert run(*commands["batch"], "--quiet")[0] == 0
    assert not [name for name in names(tmp_path / "out") if name.startswith(".")]
