"""No output is a file that an input consists of, whatever the algorithm and by whatever name; and inputs stay as they are."""

from __future__ import annotations

import os
import re
import shutil
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.continuum_cube import remove_continuum_scene
from crism_gan_plugin.core.errors import CrismError, InputError, ParameterError
from crism_gan_plugin.core.files.gdal_access import open_dataset
from crism_gan_plugin.core.files.inputs import InputFiles, current_inputs, recorded_inputs
from crism_gan_plugin.core.files.outputs import AtomicOutputs, check_geotiff, check_outputs, split_name
from crism_gan_plugin.core.files.reading import check_file
from crism_gan_plugin.core.importing import import_product
from crism_gan_plugin.core.mosaic.composite import make_composite
from crism_gan_plugin.core.progress import Progress
from tests.core.atmosphere.conftest import record as record
from tests.core.denoise.images import make_image
from tests.mosaic_support import random_map, write_map

LINES, SAMPLES = 6, 5


@pytest.fixture
def cube(pixel_of: Callable[..., np.ndarray]) -> np.ndarray:
    rng = np.random.default_rng(2)
    return (pixel_of("talc") * (1 + 0.002 * rng.standard_normal((LINES, SAMPLES, 240)))).astype(np.float32)


def vrt_over(path: Path, source: Path) -> Path:
    """A virtual raster of a raster, wavelengths and all; of a virtual one, whose sources GDAL would take, by that one's name."""
    gdal.Translate(str(path), str(source), format="VRT")
    if source.suffix == ".vrt":
        text = re.sub(r'relativeToVRT="1">[^<]+<', f'relativeToVRT="0">{source}<', path.read_text())
        path.write_text(text)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def opened(*paths: Path, by: Callable[[Path], Any] = open_dataset) -> InputFiles:
    """What is recorded when these are opened."""
    with recorded_inputs() as inputs:
        for path in paths:
            by(path)
    return inputs


def is_refused(inputs: InputFiles, output: Path) -> bool:
    try:
        inputs.refuse([output])
    except ParameterError as error:
        assert str(output) in str(error)
        return True
    return False


# ---------------------------------------------------------------- what belongs to an input


def test_a_virtual_raster_consists_of_its_sources_sources_too(tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    (tmp_path / "below").mkdir()
    source = make_tif(tmp_path / "below" / "source.tif", cube)
    inner = vrt_over(tmp_path / "below" / "inner.vrt", source)
    outer = vrt_over(tmp_path / "outer.vrt", inner)
    inputs = opened(outer)
    assert all(is_refused(inputs, path) for path in (source, inner, outer))
    assert not is_refused(inputs, tmp_path / "other.tif")
    with pytest.raises(ParameterError, match=r"source\.tif: belongs to the input .*outer\.vrt"):
        inputs.refuse([source])
    with pytest.raises(ParameterError, match=r"outer\.vrt: is the input itself"):
        inputs.refuse([outer])


@pytest.mark.parametrize(
    "name",
    [
        "{folder}/source.tif",
        "GTIFF_DIR:1:{folder}/source.tif",
        "/vsisubfile/0_99,{folder}/source.tif",
        "vrt://{folder}/source.tif?bands=1",
        "&lt;VRTDataset&gt;&lt;SourceFilename&gt;{folder}/source.tif&lt;/SourceFilename&gt;&lt;/VRTDataset&gt;",
        'NETCDF:"{folder}/source.tif":x',
    ],
)
def test_sources_are_found_behind_gdals_names(tmp_path: Path, name: str) -> None:
    (tmp_path / "source.tif").write_bytes(b"numbers")
    (tmp_path / "a.vrt").write_text(f'<VRTDataset><S relativeToVRT="0">{name.format(folder=tmp_path)}</S></VRTDataset>')
    assert is_refused(opened(tmp_path / "a.vrt", by=check_file), tmp_path / "source.tif")


def test_an_archive_belongs_to_what_is_read_out_of_it(tmp_path: Path, cube: np.ndarray, make_tif: Callable) -> None:
    source = make_tif(tmp_path / "x.tif", cube)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(source, "in/x.tif")
    inputs = opened(f"/vsizip/{tmp_path}/a.zip/in/x.tif")
    assert is_refused(inputs, tmp_path / "a.zip")
    assert not is_refused(inputs, source)


def test_links_of_both_kinds_lead_to_the_input(tmp_path: Path) -> None:
    source = tmp_path / "x.tif"
    source.write_bytes(b"numbers")
    (tmp_path / "soft.tif").symlink_to(source)
    os.link(source, tmp_path / "hard.tif")
    (tmp_path / "folder").symlink_to(tmp_path)
    names = [source, tmp_path / "soft.tif", tmp_path / "hard.tif", tmp_path / "folder" / "x.tif", tmp_path / "." / "x.tif"]
    for given in names:
        inputs = opened(given, by=check_file)
        assert all(is_refused(inputs, output) for output in names), given


@pytest.mark.parametrize("given", ["A.HDR", "A.IMG"])
def test_header_label_and_tables_belong_to_an_image(tmp_path: Path, given: str) -> None:
    parts = ["A.HDR", "A.IMG", "a.lbl", "A.TAB", "A.IMG.aux.xml", "a.qml", "A_provenance.json"]
    for name in (*parts, "B.HDR"):
        (tmp_path / name).write_text("x")
    inputs = opened(tmp_path / given, by=check_file)
    assert [name for name in parts if not is_refused(inputs, tmp_path / name)] == ([] if given == "A.IMG" else ["A.IMG.aux.xml"])
    assert not is_refused(inputs, tmp_path / "B.HDR")
    assert not is_refused(inputs, tmp_path / "A.tif")


def test_the_style_beside_a_label_may_be_the_maps(tmp_path: Path) -> None:
    """A map of ``a.img`` that was called ``a.tif`` can be made again; without such a map the style is the image's."""
    for name in ("a.img", "a.qml"):
        (tmp_path / name).write_text("x")
    assert is_refused(opened(tmp_path / "a.img", by=check_file), tmp_path / "a.qml")
    (tmp_path / "a.tif").write_text("x")
    assert not is_refused(opened(tmp_path / "a.img", by=check_file), tmp_path / "a.qml")
    assert is_refused(opened(tmp_path / "a.tif", by=check_file), tmp_path / "a.qml")


def test_what_a_label_points_at_belongs_to_it(tmp_path: Path, trr3_product: Callable) -> None:
    label = trr3_product(tmp_path, np.ones((3, 4, 5), np.float32))
    housekeeping = tmp_path / "elsewhere named.tab"
    housekeeping.write_text("x")
    label.write_text(label.read_text().replace('"FRT0000ABCD_07_IF164L_TRR3.TAB"', '("HK.TAB", 1)'))
    housekeeping.rename(tmp_path / "hk.tab")
    inputs = opened(label, by=check_file)
    assert is_refused(inputs, tmp_path / "hk.tab")
    assert is_refused(inputs, label.with_suffix(".img"))


# ---------------------------------------------------------------- inputs that change


def changed(path: Path, how: str) -> None:
    if how == "longer":
        path.write_bytes(path.read_bytes() + b"more")
    elif how == "touched":
        os.utime(path, ns=(1, 1))
    elif how == "another":
        path.with_name("new").write_bytes(path.read_bytes())
        shutil.copystat(path, path.with_name("new"))
        path.with_name("new").replace(path)
    else:
        path.unlink()


@pytest.mark.parametrize("how", ["longer", "touched", "another", "removed"])
def test_a_change_is_noticed_and_nothing_written(tmp_path: Path, how: str) -> None:
    source = tmp_path / "x.img"
    source.write_bytes(b"numbers")
    with pytest.raises(InputError, match=r"x\.img: was changed or removed while it was read"), recorded_inputs():
        check_file(source)
        with AtomicOutputs(tmp_path / "out") as outputs:
            outputs.path("y.tif").write_text("y")
            changed(source, how)
    assert not (tmp_path / "out").exists()


def test_what_viewers_write_beside_an_image_is_no_change(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_bytes(b"numbers")
    inputs = opened(tmp_path / "x.tif", by=check_file)
    for name in ("x.tif.aux.xml", "x.tif.ovr", "x.qml"):
        (tmp_path / name).write_text("statistics")
    os.link(tmp_path / "x.tif", tmp_path / "y.tif")
    inputs.check_unchanged()


def test_after_all_is_read_a_change_does_not_matter(tmp_path: Path) -> None:
    (tmp_path / "x.tif").write_bytes(b"numbers")
    with recorded_inputs() as outer:
        check_file(tmp_path / "x.tif")
        with recorded_inputs() as inner:
            inner.settle()
    (tmp_path / "x.tif").write_bytes(b"other numbers")
    outer.check_unchanged()
    assert is_refused(inner, tmp_path / "x.tif")


# ---------------------------------------------------------------- what is recorded, and where


def test_a_step_knows_the_inputs_of_its_run_and_not_the_reverse(tmp_path: Path) -> None:
    for name in ("run", "step"):
        (tmp_path / name).write_text(name)
    with recorded_inputs() as run:
        check_file(tmp_path / "run")
        with recorded_inputs() as step:
            check_file(tmp_path / "step")
        assert current_inputs() is run
    assert is_refused(step, tmp_path / "run")
    assert not is_refused(run, tmp_path / "step")


def test_runs_in_several_threads_do_not_mix(tmp_path: Path) -> None:
    def run(name: str) -> bool:
        (tmp_path / name).write_text(name)
        inputs = opened(tmp_path / name, by=check_file)
        return [is_refused(inputs, tmp_path / each) for each in "abcd"] == [each == name for each in "abcd"]

    for name in "abcd":
        (tmp_path / name).write_text(name)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(run, "abcd"))
    check_file(tmp_path / "a")  # outside of a run nothing is kept
    assert not is_refused(current_inputs(), tmp_path / "a")


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["", " ", "x ", "..", ".", ".x", "../x", "a/b", "/abs/x", "a\\b", "C:x", "x\0y", "x\ny"])
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ParameterError, match="name"):
        split_name(name, "scene")


def test_endings_of_geotiffs_are_kept() -> None:
    assert split_name(None, "scene_minerals") == ("scene_minerals", ".tif")
    assert split_name("x", "scene") == ("x", ".tif")
    assert split_name("x.y", "scene") == ("x.y", ".tif")
    for ending in (".tif", ".TIF", ".tiff", ".Tiff"):
        assert split_name(f"my map{ending}", "scene") == ("my map", ending)
        assert check_geotiff(f"/a/x{ending}") == Path(f"/a/x{ending}")
    for path in ("x.img", "x", "x.tif.gz", ".tif"):
        with pytest.raises(ParameterError, match="ratio"):
            check_geotiff(path, "ratio")


def test_a_name_that_no_disk_takes_is_refused_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="longer than 255 bytes"):
        check_outputs([tmp_path / ("ä" * 120 + "_provenance.json")])
    check_outputs([tmp_path / ("ä" * 110 + ".tif"), None])


# ---------------------------------------------------------------- every algorithm


@pytest.fixture
def algorithms(random_weights: Path) -> dict[str, Callable[..., Any]]:
    """By name: what makes ``output`` of ``source``."""
    shared = {"weights": random_weights, "engine": "numpy", "classes": ["talc", "kaolinite"]}

    def denoise(source: Path, output: Path, progress: Optional[Progress] = None) -> Any:
        pytest.importorskip("torch", reason="the denoiser needs PyTorch")
        from crism_gan_plugin.core.denoise.pipeline import denoise_scene

        return denoise_scene(source, output.parent, name=output.name, progress=progress)

    def batch(source: Path, output: Path, progress: Optional[Progress] = None) -> Any:
        return map_batch([source], output.parent / "maps", composite=output.absolute(), progress=progress, **shared)

    return {
        "map": lambda source, output, progress=None: map_scene(
            source, output.parent, name=output.name, progress=progress, catalogue=False, **shared
        ),
        "continuum": lambda source, output, progress=None: remove_continuum_scene(source, output, progress=progress),
        "continuum's hull": lambda source, output, progress=None: remove_continuum_scene(
            source, output.with_name("ratio.tif"), continuum_out=output, progress=progress
        ),
        "import": lambda source, output, progress=None: import_product(source, output, progress=progress),
        "denoise": denoise,
        "batch": batch,
    }


NAMES = ("map", "continuum", "continuum's hull", "import", "denoise", "batch")


@pytest.mark.parametrize("by", ["itself", "virtual raster", "two virtual rasters", "soft link", "hard link"])
@pytest.mark.parametrize("algorithm", NAMES)
def test_no_algorithm_replaces_what_it_reads(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, algorithms: dict, algorithm: str, by: str
) -> None:
    output = make_tif(tmp_path / "x.tif", cube, metadata={"ATMOSPHERE_CORRECTED": "yes"})
    source = tmp_path / "given.tif"
    if by == "itself":
        source = output
    elif by == "soft link":
        source.symlink_to(output)
    elif by == "hard link":
        os.link(output, source)
    else:
        source = vrt_over(tmp_path / "given.vrt", output)
        if by == "two virtual rasters":
            source = vrt_over(tmp_path / "outer.vrt", source)
    before = contents(tmp_path)
    with pytest.raises(ParameterError, match=r"x\.tif"):
        algorithms[algorithm](source, output)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(("source", "output"), [("a.hdr", "a.img"), ("a.img", "a.hdr"), ("a.img", "a.img")])
@pytest.mark.parametrize("algorithm", ["continuum", "continuum's hull", "import", "batch"])
def test_a_flat_image_and_its_header_stay(
    tmp_path: Path, cube: np.ndarray, make_envi: Callable, algorithms: dict, algorithm: str, source: str, output: str
) -> None:
    make_envi(tmp_path / "a.img", cube)
    before = contents(tmp_path)
    with pytest.raises(ParameterError, match="is not the name of a GeoTIFF"):
        algorithms[algorithm](tmp_path / source, tmp_path / output)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["../x", "/abs/x", "a/b", "..", ""])
@pytest.mark.parametrize("algorithm", ["map", "denoise", "quick"])
def test_names_do_not_lead_out_of_the_folder(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, random_weights: Path, algorithm: str, name: str
) -> None:
    source = make_tif(tmp_path / "scene.tif", cube)
    before = contents(tmp_path)
    with pytest.raises(ParameterError, match="name"):
        if algorithm == "map":
            map_scene(source, tmp_path / "out", name=name, weights=random_weights, engine="numpy")
        else:
            pytest.importorskip("torch", reason="the denoiser needs PyTorch")
            from crism_gan_plugin.core.denoise.pipeline import denoise_scene
            from crism_gan_plugin.core.denoise.quick import correct_scene

            {"denoise": denoise_scene, "quick": correct_scene}[algorithm](source, tmp_path / "out", name=name)
    assert contents(tmp_path) == before


class Meddler(Progress):
    """Changes a file while a run is on."""

    def __init__(self, path: Path) -> None:
        self.path, self.done = path, False

    def _show(self, fraction: float, text: Optional[str]) -> None:
        if not self.done and fraction > 0:
            self.done = True
            os.utime(self.path, ns=(1, 1))


@pytest.mark.parametrize("meddled", ["given.vrt", "x.tif"])
@pytest.mark.parametrize("algorithm", ["map", "continuum", "continuum's hull", "import"])
def test_no_algorithm_goes_on_with_an_input_that_changes(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, algorithms: dict, algorithm: str, meddled: str
) -> None:
    make_tif(tmp_path / "x.tif", cube)
    source = vrt_over(tmp_path / "given.vrt", tmp_path / "x.tif")
    before = contents(tmp_path)
    with pytest.raises(InputError, match=f"{meddled}: was changed or removed while it was read; nothing is written"):
        algorithms[algorithm](source, tmp_path / "out" / "y.tif", Meddler(tmp_path / meddled))
    assert {name for name in contents(tmp_path) if "aux" not in name} == {name for name in before if "aux" not in name}


@pytest.mark.parametrize("ending", [".TIF", ".tiff"])
@pytest.mark.parametrize("algorithm", ["map", "continuum", "import"])
def test_geotiffs_may_end_otherwise(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, algorithms: dict, algorithm: str, ending: str
) -> None:
    algorithms[algorithm](make_tif(tmp_path / "x.tif", cube), tmp_path / "out" / f"y{ending}")
    made = {path.name for path in (tmp_path / "out").iterdir()}
    companions = {f"y{ending}.aux.xml", "y.qml", "y_evidence.tif", "y_provenance.json"} if algorithm == "map" else set()
    assert made == {f"y{ending}", *companions}
    assert gdal.Open(str(tmp_path / "out" / f"y{ending}")).GetDriver().ShortName == "GTiff"


def test_a_files_tables_go_with_it(tmp_path: Path, cube: np.ndarray, make_tif: Callable, algorithms: dict) -> None:
    """The class table of a map must not become that of a cube that takes its name."""
    source = make_tif(tmp_path / "x.tif", cube)
    algorithms["map"](source, tmp_path / "y.tif")
    assert (tmp_path / "y.tif.aux.xml").is_file()
    algorithms["continuum"](source, tmp_path / "y.tif")
    assert not (tmp_path / "y.tif.aux.xml").exists()


def test_a_model_a_table_or_a_library_is_no_output_either(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, random_weights: Path
) -> None:
    source = make_tif(tmp_path / "scene.tif", cube)
    make_tif(tmp_path / "y.tif", cube)
    bare = make_tif(tmp_path / "bare.tif", cube, wavelengths=None)
    (tmp_path / "y.qml").write_text("\n".join(f"{nm:.3f}" for nm in np.linspace(1027.5, 2602, 240)))
    shutil.copy(Path(load_exemplars_path()), tmp_path / "y_provenance.json")
    options = {"weights": random_weights, "engine": "numpy", "name": "y"}
    before = contents(tmp_path)
    for given in (
        {"source": source, "model": tmp_path / "y.tif"},
        {"source": source, "model": vrt_over(tmp_path / "m.vrt", tmp_path / "y.tif")},
        {"source": bare, "wavelengths": tmp_path / "y.qml"},
        {"source": source, "exemplars": tmp_path / "y_provenance.json"},
    ):
        with pytest.raises(ParameterError, match=r"/y(\.|_)"):
            map_scene(out_dir=tmp_path, **given, **options)
    (tmp_path / "m.vrt").unlink()
    assert {name: text for name, text in contents(tmp_path).items() if "aux" not in name} == before


def load_exemplars_path() -> Path:
    from crism_gan_plugin import paths

    return paths.exemplars()


def test_a_quick_correction_replaces_no_input(tmp_path: Path, trr3_product: Callable, record: Callable) -> None:
    pytest.importorskip("torch", reason="the test's image is made with the denoiser's library")
    from crism_gan_plugin.core.denoise.quick import correct_scene

    image = make_image(tmp_path, trr3_product, record)
    source = import_product(image.label, tmp_path / "x.tif", sensor_space=True).cube
    scan = vrt_over(tmp_path / "ADR10000000000_0A93E_VS30L_8.vrt", source)
    scan.unlink()
    before = contents(tmp_path)
    for given in (source, vrt_over(tmp_path / "v.vrt", source)):
        with pytest.raises(ParameterError, match=r"x\.tif"):
            correct_scene(given, tmp_path, volcano_scans=[image.scan], name="x")
    (tmp_path / "v.vrt").unlink()
    assert contents(tmp_path) == before


def test_a_composite_replaces_nothing_that_its_maps_consist_of(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good = write_map(tmp_path / "m.tif", *random_map(rng, 8, 9))
    for name in ("m.qml", "m_provenance.json"):
        (tmp_path / name).write_text("{}")
    source = write_map(tmp_path / "a_source.tif", *random_map(rng, 8, 9))
    before = contents(tmp_path)
    for maps, output in (
        ([good], "m.tif"),
        ([good], "m_evidence.tif"),
        ([good], "m.tiff"),
        ([good, source], "a.tif"),
        ([vrt_over(tmp_path / "v.vrt", good)], "m.tif"),
    ):
        with pytest.raises(ParameterError, match=r"/(m|a_source)"):
            make_composite(maps, tmp_path / output, strategy="first")
    (tmp_path / "v.vrt").unlink()
    assert contents(tmp_path) == before
    made = make_composite([good], tmp_path / "out" / "y.TIFF", strategy="first")
    assert made.composite.name == "y.TIFF"
    assert made.composite.is_file()
    assert not (tmp_path / "out" / "y.tif").exists()
    with pytest.raises(InputError, match=r"m_evidence\.tif: was changed or removed"):
        make_composite([good], tmp_path / "out" / "z.tif", progress=Meddler(tmp_path / "m_evidence.tif"))
    assert not (tmp_path / "out" / "z.tif").exists()


@pytest.fixture
def batch(random_weights: Path) -> Callable[..., Any]:
    def run(images: list[Path], out: Path, **more: Any) -> Any:
        return map_batch(images, out, weights=random_weights, engine="numpy", classes=["talc", "kaolinite"], **more)

    return run


def test_a_batch_replaces_none_of_its_images(tmp_path: Path, cube: np.ndarray, make_tif: Callable, batch: Callable) -> None:
    images = [make_tif(tmp_path / name, cube) for name in ("a.tif", "a_minerals.tif", "b.tif")]
    before = {path.name: path.read_bytes() for path in images}
    made = batch(images, tmp_path, composite=None)
    assert [failure.image.name for failure in made.failures] == ["a.tif"]
    assert "a_minerals.tif: is the input itself" in made.failures[0].reason
    assert {path.name: path.read_bytes() for path in images} == before
    with pytest.raises(ParameterError, match=r"b\.tif: is the input itself"):
        batch(images, tmp_path, composite="b.tif")
    assert {path.name: path.read_bytes() for path in images} == before


@pytest.mark.parametrize("composite", ["../x.tif", "sub/x.tif", "x.img", "a_minerals.tif", "A_minerals_evidence.TIF", ".x.tif"])
def test_a_composites_name_is_checked_before_anything_is_mapped(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, batch: Callable, composite: str
) -> None:
    image = make_tif(tmp_path / "a.tif", cube)
    with pytest.raises(ParameterError, match="composite"):
        batch([image], tmp_path / "out", composite=composite)
    assert set(contents(tmp_path)) == {"a.tif"}


def test_a_batchs_tables_replace_nothing_that_was_given(
    tmp_path: Path, cube: np.ndarray, make_tif: Callable, batch: Callable
) -> None:
    image = make_tif(tmp_path / "a.tif", cube, wavelengths=None)
    table = tmp_path / "summary.csv"
    table.write_text("\n".join(f"{nm:.3f}" for nm in np.linspace(1027.5, 2602, 240)))
    before = table.read_bytes()
    with pytest.raises(CrismError, match=r"summary\.csv"):
        batch([image], tmp_path, wavelengths=table, composite=None)
    assert table.read_bytes() == before
