"""Labelled images of each form, from files to tables."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from osgeo import gdal, ogr

from crism_gan_plugin.core import validate_methods
from crism_gan_plugin.core.cli import main
from crism_gan_plugin.core.errors import Cancelled, InputError, MissingDependencyError, ParameterError
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.validation import labelled_pixels, onnx
from crism_gan_plugin.core.validation.labels import PLEBANI
from crism_gan_plugin.core.validation.pipeline import ValidationOutputs

SVG = "{http://www.w3.org/2000/svg}"

CLASSES = ("kaolinite", "gypsum", "alunite")
KAOLINITE, GYPSUM = 15, 13

LINES, SAMPLES = 24, 20

#: First line, first sample and width of the patches.
PATCHES = {"kaolinite": (2, 2, 6), "gypsum": (12, 10, 6)}


@pytest.fixture
def cube(pixel_of: Callable[..., np.ndarray]) -> Callable[[int], np.ndarray]:
    """I/F of two patches on bland ground."""

    def make(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        made = np.tile(pixel_of("bland"), (LINES, SAMPLES, 1))
        for name, (line, sample, width) in PATCHES.items():
            made[line : line + width, sample : sample + width] = pixel_of(name)
        made *= rng.uniform(0.8, 1.2, (LINES, SAMPLES, 1)) * (1 + 0.002 * rng.standard_normal(made.shape))
        return made.astype(np.float32)

    return make


@pytest.fixture
def images(tmp_path: Path, make_tif: Callable[..., Path], cube: Callable[[int], np.ndarray]) -> list[Path]:
    return [make_tif(tmp_path / f"{name}.tif", cube(seed)) for seed, name in enumerate("ab")]


def truth(kaolinite: int = KAOLINITE, gypsum: int = GYPSUM, ground: int = 0) -> np.ndarray:
    found = np.full((LINES, SAMPLES), ground)
    for (line, sample, width), code in zip(PATCHES.values(), (kaolinite, gypsum)):
        found[line : line + width, sample : sample + width] = code
    found[:, 0] = 255
    return found


def raster(path: Path, values: np.ndarray, kind: int = gdal.GDT_Byte) -> Path:
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), values.shape[1], values.shape[0], 1, kind)
    dataset.GetRasterBand(1).WriteArray(values)
    dataset.FlushCache()
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., ValidationOutputs]:
    def validate(labels: list[Path], **given: Any) -> ValidationOutputs:
        chosen = {"methods": ["derivative"], "classes": CLASSES, "engine": "numpy", **given}
        return validate_methods(labels, tmp_path / "out" / "v.csv", **chosen)

    return validate


def test_rasters_of_codes_are_judged_image_by_image(images: list[Path], tmp_path: Path, run: Callable) -> None:
    labels = [raster(tmp_path / f"labels_{k}.tif", truth()) for k in range(2)]
    made = run(labels, images=images, methods=["derivative", "angle"])
    rows = table(made.table)
    assert {(row["method"], row["image"]) for row in rows} == {(m, i) for m in ("derivative", "angle") for i in ("a", "b", "all")}
    whole = {row["class"]: row for row in rows if row["method"] == "derivative" and row["image"] == "all"}
    assert whole["all"]["pixels"] == "144" and float(whole["all"]["recall"]) > 0.9
    assert float(whole["kaolinite"]["recall"]) > 0.9 and whole["kaolinite"]["code"] == str(KAOLINITE)
    right = sum(int(whole[name]["right"]) for name in ("kaolinite", "gypsum"))
    assert int(whole["all"]["right"]) == right
    f1 = [float(whole[name]["f1"]) for name in ("kaolinite", "gypsum")]
    assert float(whole["all"]["macro_f1"]) == pytest.approx(np.mean(f1), abs=1e-4)
    confusion = table(made.confusion)
    assert sum(int(row["pixels"]) for row in confusion if row["method"] == "angle") == 2 * LINES * (SAMPLES - 1)
    assert {row["truth"] for row in confusion} == {"bland", "kaolinite", "gypsum"}
    bins = [row for row in table(made.reliability) if row["kind"] == "held out" and row["method"] == "derivative"]
    assert {row["image"] for row in bins} == {"a", "b", "all"}
    assert float(whole["all"]["calibration_error"]) < 0.15
    assert {"derivative", "angle"} <= {text.text for text in ElementTree.parse(made.diagram).iter(f"{SVG}text")}
    assert json.loads(made.provenance.read_text(encoding="utf-8"))["judged images"] == ["a", "b"]


def test_polygons_say_labels_by_a_field(images: list[Path], tmp_path: Path, run: Callable, recorder: Any) -> None:
    layer_file = tmp_path / "p.gpkg"
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(str(layer_file))
    layer = dataset.CreateLayer("p", gdal.Open(str(images[0])).GetSpatialRef(), ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("Mineral", ogr.OFTString))
    left, top, pixel = 4.58e6, 1.09e6, 18.0
    shapes = [("Kaolinite", 2, 2, 6), ("quartz", 12, 10, 6), ("bland", 20, 0, 4)]
    for name, line, sample, width in shapes:
        x, y = left + pixel * sample, top - pixel * line
        corners = [(x, y), (x + pixel * width, y), (x + pixel * width, y - pixel * width), (x, y - pixel * width), (x, y)]
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetField("Mineral", name)
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POLYGON(({', '.join(f'{a} {b}' for a, b in corners)}))"))
        layer.CreateFeature(feature)
    del feature, layer, dataset
    seen = recorder()
    made = run([layer_file], images=images[:1], field="mineral", progress=seen)
    rows = table(made.table)
    assert [(row["class"], row["pixels"]) for row in rows] == [("all", "36"), ("kaolinite", "36")]
    assert any("quartz (36)" in warning for warning in seen.warnings)
    assert json.loads(made.provenance.read_text(encoding="utf-8"))["unmapped labels"] == {"quartz": 36}


def write_pixels(path: Path, cubes: list[np.ndarray], channels: int = 350) -> Path:
    """A file of the published form: kaolinite 15, gypsum 3, a pixel of akaganeite 12, neutral 39; one has no place."""
    io = pytest.importorskip("scipy.io")
    codes = truth(15, 3, 39)
    codes[-1, -1] = 12
    line, sample = np.nonzero(codes != 255)
    spectra = np.concatenate([each[line, sample] for each in cubes])
    if channels > 240:  # one channel before ours, and some behind
        spectra = np.concatenate([spectra[:, :1], spectra, np.zeros((len(spectra), channels - 241))], 1)
    places = np.tile(np.stack([sample + 1, line + 1], 1), (len(cubes), 1))
    places[0] = 0
    io.savemat(
        path,
        {
            "pixspec": spectra.astype(np.float32),
            "pixlabs": np.tile(codes[line, sample], len(cubes))[:, None].astype(np.uint8),
            "pixims": np.repeat(np.arange(1, len(cubes) + 1), line.size)[:, None].astype(np.uint16),
            "pixcrds": places.astype(np.uint16),
            "im_names": np.array([[f"frt0000{k}" for k in range(len(cubes))]], object),
        },
    )
    return path


def test_the_file_of_labelled_pixels_needs_one_command(tmp_path: Path, cube: Callable, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_pixels(tmp_path / "CRISM_labeled_pixels_ratioed.mat", [cube(0), cube(1)])
    words = ["validate", str(file), "--methods", "derivative", "--classes", *CLASSES, "--out", str(tmp_path / "v.csv")]
    assert main(words) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == str(tmp_path / "v.csv")
    assert "12 (2)" in said.err and "derivative: precision" in said.err
    rows = [row for row in table(tmp_path / "v.csv") if row["class"] == "all"]
    assert [row["image"] for row in rows] == ["frt00000", "frt00001", "all"]
    assert [row["pixels"] for row in rows] == ["72", "72", "144"]
    assert float(rows[2]["recall"]) > 0.9
    assert rows[2]["false_on_ground"] != ""


def test_a_table_of_one_s_own_says_what_labels_mean(images: list[Path], tmp_path: Path, run: Callable) -> None:
    labels = raster(tmp_path / "labels.tif", truth(7, 8, 1))
    own = tmp_path / "own.csv"
    own.write_text("\ufefflabel,note,class\n7,clay,Kaolinite\n8,salt,\n1,dust,Bland\n", encoding="utf-8")
    made = run([labels], images=images[:1], label_table=own)
    assert [row["class"] for row in table(made.table)] == ["all", "kaolinite"]
    assert json.loads(made.provenance.read_text(encoding="utf-8"))["unmapped labels"] == {"8": 36}


def test_every_label_that_was_published_has_a_line() -> None:
    rows = table(PLEBANI)
    assert [int(row["label"]) for row in rows] == list(range(1, 41))
    assert sum(not row["class"] for row in rows) == 3


def test_what_is_wrong_is_said(images: list[Path], tmp_path: Path, run: Callable, cube: Callable) -> None:
    labels = raster(tmp_path / "labels.tif", truth())
    for given, said in (
        ({"images": []}, "images: none is given"),
        ({"images": images}, "labels: there are 1 for 2 images"),
        ({"images": images[:1], "methods": []}, "methods: none is chosen"),
        ({"images": images[:1], "onnx": labels}, "onnx_table: is not given"),
    ):
        with pytest.raises(ParameterError, match=said):
            run([labels], **given)
    small = raster(tmp_path / "small.tif", truth()[:5])
    with pytest.raises(InputError, match=r"small.tif: has 5 lines × 20 samples, the image 24 × 20"):
        run([small], images=images[:1])
    part = raster(tmp_path / "part.tif", truth() + 0.5, gdal.GDT_Float32)
    with pytest.raises(InputError, match=r"part.tif: has labels that are not whole numbers"):
        run([part], images=images[:1])
    none = raster(tmp_path / "none.tif", np.full((LINES, SAMPLES), 77))
    with pytest.raises(InputError, match=r"none of the labelled pixels can be judged: .*77 \(480\)"):
        run([none], images=images[:1])
    for text, said in (
        ("a,b\n", "has no columns label and class"),
        ("label,class\n1,kaolinit\n", "line 2: the class 'kaolinit' is not in the library; did you mean 'kaolinite'"),
        ("label,class\n1,kaolinite\n1,gypsum\n", "line 3: has the label '1' once more"),
    ):
        (tmp_path / "bad.csv").write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match=f"bad.csv.*{said}"):
            run([labels], images=images[:1], label_table=tmp_path / "bad.csv")
    assert not (tmp_path / "out").exists()


def test_a_file_of_pixels_of_another_form_is_refused(tmp_path: Path, run: Callable, cube: Callable, images: list[Path]) -> None:
    io = pytest.importorskip("scipy.io")
    io.savemat(tmp_path / "x.mat", {"other": np.ones(3)})
    with pytest.raises(InputError, match=r"x.mat: has no pixspec, pixlabs, pixims, pixcrds"):
        run([tmp_path / "x.mat"])
    (tmp_path / "y.mat").write_bytes(b"no MATLAB file at all" * 20)
    with pytest.raises(InputError, match=r"y.mat: is no MATLAB file"):
        run([tmp_path / "y.mat"])
    (tmp_path / "z.mat").write_bytes(b"MATLAB 7.3 MAT-file" + bytes(600))
    with pytest.raises((InputError, MissingDependencyError), match=r"z.mat: is no MATLAB file of version 7.3|need h5py"):
        run([tmp_path / "z.mat"])
    narrow = write_pixels(tmp_path / "n.mat", [cube(0)], 240)
    with pytest.raises(InputError, match=r"n.mat: has spectra of 240 channels; 248 or 350 are published"):
        run([narrow])
    with pytest.raises(ParameterError, match="has spectra of its own"):
        run([narrow], images=images)


def test_files_of_version_7_3_are_read_by_h5py(
    tmp_path: Path, run: Callable, cube: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for h5py has the arrays as such a file has them: transposed, and names as references to characters."""
    io = pytest.importorskip("scipy.io")
    old = io.loadmat(write_pixels(tmp_path / "old.mat", [cube(0)]))
    fields: dict[Any, Any] = {name: old[name].T for name in ("pixspec", "pixlabs", "pixims", "pixcrds")}
    fields.update({"im_names": np.array([[7]]), 7: np.array([[ord(letter)] for letter in "frt1"], np.uint16)})
    opened = SimpleNamespace(File=lambda path, mode: contextlib.nullcontext(fields))
    monkeypatch.setattr(labelled_pixels, "load", lambda package, *words, **more: {"h5py": opened}[package])
    (tmp_path / "new.mat").write_bytes(b"MATLAB 7.3 MAT-file")
    rows = table(run([tmp_path / "new.mat"]).table)
    assert rows[0]["image"] == "frt1" and float(rows[0]["recall"]) > 0.9


def test_other_channels_are_told_by_a_table_of_wavelengths(tmp_path: Path, run: Callable, cube: Callable) -> None:
    narrow = write_pixels(tmp_path / "n.mat", [cube(0)], 240)
    nm = tmp_path / "nm.txt"
    nm.write_text("\n".join(f"{each:.4f}" for each in WAVELENGTHS_NM) + "\n", encoding="utf-8")
    rows = table(run([narrow], wavelengths=nm).table)
    assert float(rows[0]["recall"]) > 0.9


def test_it_can_be_cancelled(images: list[Path], tmp_path: Path, run: Callable, recorder: Any) -> None:
    labels = raster(tmp_path / "labels.tif", truth())
    with pytest.raises(Cancelled):
        run([labels], images=images[:1], progress=recorder(stop_after=1))
    assert not (tmp_path / "out").exists()


class Session:
    """Stands in for onnxruntime's: what has a band at 2.2 µm is its first class, the rest its second."""

    def get_inputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="x", shape=["n", 248])]

    def run(self, outputs: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        spectra = given["x"]
        assert spectra.dtype == np.float32 and spectra.shape[1] == 248
        assert (spectra.min(1) == 0).all() and (spectra.max(1) == 1).all()
        band = int(np.searchsorted(WAVELENGTHS_NM, 2207)) + 1
        depth = spectra[:, [band - 14, band + 10]].mean(1) - spectra[:, band]
        first = np.where(depth > 0.1, 5.0, -5.0)
        return [np.stack([first, -first], 1).astype(np.float32)]


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(InferenceSession=lambda path, providers: Session())
    monkeypatch.setattr(onnx, "load", lambda *words, **more: fake)


def test_a_classifier_of_others_is_one_more_method(images: list[Path], tmp_path: Path, run: Callable, runtime: None) -> None:
    labels = raster(tmp_path / "labels.tif", truth())
    (tmp_path / "m.onnx").write_bytes(b"x")
    (tmp_path / "m.csv").write_text("label,class\n0,kaolinite\n1,bland\n", encoding="utf-8")
    made = run([labels], images=images[:1], methods=[], onnx=tmp_path / "m.onnx", onnx_table=tmp_path / "m.csv")
    rows = table(made.table)
    assert {row["method"] for row in rows} == {"onnx"}
    recall = {row["class"]: float(row["recall"]) for row in rows}
    assert recall["kaolinite"] > 0.9 and recall["gypsum"] == 0  # which the classifier does not know
    assert rows[0]["calibration_error_as_is"] != ""


def test_without_onnxruntime_the_classifier_is_refused_in_words(images: list[Path], tmp_path: Path, run: Callable) -> None:
    try:
        import onnxruntime  # noqa: F401
    except ImportError:
        pass
    else:
        pytest.skip("onnxruntime is installed")
    labels = raster(tmp_path / "labels.tif", truth())
    (tmp_path / "m.csv").write_text("label,class\n0,kaolinite\n", encoding="utf-8")
    with pytest.raises(MissingDependencyError, match=r"classifiers in ONNX need onnxruntime, .*or leave the classifier out"):
        run([labels], images=images[:1], onnx=labels, onnx_table=tmp_path / "m.csv")
