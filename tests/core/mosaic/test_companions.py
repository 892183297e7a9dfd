"""Which files belong to a map, however it and they were renamed and copied: never those of another run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import make_composite, map_scene
from crism_gan_plugin.core.errors import InputError
from crism_gan_plugin.core.mosaic.maps import open_map
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from tests.mosaic_support import random_map

ENDINGS = (".tif", ".tif.aux.xml", ".qml", "_evidence.tif", "_provenance.json")
MAP = (".tif", ".tif.aux.xml")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, pixel_of: Callable, random_weights: Path) -> Path:
    """Two maps of one place, "clean" and "raw", the second of an image that was not corrected for the atmosphere."""
    folder = tmp_path_factory.mktemp("made")
    gas = sum(np.exp(-0.5 * ((WAVELENGTHS_NM - centre) / 12) ** 2) for centre in (1960.0, 2009.0, 2060.0))
    for name, minerals, air in (("clean", ("talc", "kaolinite"), 0.0), ("raw", ("talc", "gypsum"), 0.45)):
        cube = np.stack([np.tile(pixel_of(mineral), (6, 4, 1)) for mineral in minerals], 1).reshape(6, 8, 240)
        cube = (cube * (1 - air * np.minimum(gas, 1))).astype(np.float32)
        image = write_image(folder / f"{name}_image.tif", cube)
        map_scene(image, folder, name=name, weights=random_weights, engine="numpy", scales=[1], best_guess=0, guess=0.1)
    return folder


def write_image(path: Path, cube: np.ndarray) -> Path:
    from tests.mosaic_support import equirectangular, to_wkt

    dataset = gdal.GetDriverByName("GTiff").Create(str(path), cube.shape[1], cube.shape[0], cube.shape[2], gdal.GDT_Float32)
    dataset.SetProjection(to_wkt(equirectangular()))
    dataset.SetGeoTransform((4.58e6, 18.0, 0.0, 1.09e6, 0.0, -18.0))
    for number in range(cube.shape[2]):
        band = dataset.GetRasterBand(number + 1)
        band.WriteArray(np.ascontiguousarray(cube[:, :, number]))
        band.SetMetadata({"wavelength": repr(float(WAVELENGTHS_NM[number])), "wavelength_units": "Nanometers"})
    return path


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    folder = tmp_path / "runs"
    shutil.copytree(made, folder)
    return folder


def move(folder: Path, old: str, new: str, endings: tuple[str, ...] = ENDINGS) -> None:
    """Rename some files of a map."""
    for ending in endings:
        if (folder / f"{old}{ending}").exists():
            (folder / f"{old}{ending}").replace(folder / f"{new}{ending}")


def swap(folder: Path, endings: tuple[str, ...]) -> None:
    move(folder, "raw", "third", endings)
    move(folder, "clean", "raw", endings)
    move(folder, "third", "clean", endings)


def copy_alone(folder: Path, *beside: str) -> None:
    """The raw map alone in a folder of its own, where files of the other run have the names of its."""
    away = folder / "away"
    away.mkdir()
    for ending in MAP:
        shutil.copy(folder / f"raw{ending}", away)
    for ending in beside:
        shutil.copy(folder / f"clean{ending}", away / f"raw{ending}")


def to_another_place(folder: Path) -> None:
    copy_alone(folder, "_evidence.tif", "_provenance.json")


def to_a_name_that_the_other_run_has(folder: Path) -> None:
    move(folder, "raw", "new", MAP)
    move(folder, "clean", "new", ("_evidence.tif", "_provenance.json"))


#: What was done to the files; then the file that is the raw map, and whether its similarities are still to be found.
DONE: dict[str, tuple[Callable[[Path], Any], str, bool]] = {
    "nothing": (lambda folder: None, "raw.tif", True),
    "renamed with all its files": (lambda folder: move(folder, "raw", "new"), "new.tif", True),
    "renamed alone": (lambda folder: move(folder, "raw", "new", MAP), "new.tif", True),
    "two maps have swapped names": (lambda folder: swap(folder, MAP), "clean.tif", True),
    "two runs have swapped names": (lambda folder: swap(folder, ENDINGS), "clean.tif", True),
    "two runs have swapped the names of their evidence": (lambda folder: swap(folder, ("_evidence.tif",)), "raw.tif", False),
    "renamed to a name that the other's evidence has": (to_a_name_that_the_other_run_has, "new.tif", True),
    "copied to where another's evidence lies": (to_another_place, "away/raw.tif", False),
    "copied alone": (copy_alone, "away/raw.tif", False),
    "evidence removed": (lambda folder: (folder / "raw_evidence.tif").unlink(), "raw.tif", False),
    "evidence broken": (lambda folder: (folder / "raw_evidence.tif").write_bytes(b"II*\0"), "raw.tif", False),
    "record removed": (lambda folder: (folder / "raw_provenance.json").unlink(), "raw.tif", True),
    "record broken": (lambda folder: (folder / "raw_provenance.json").write_text("[" * 100_000), "raw.tif", True),
}


@pytest.mark.parametrize("done", DONE)
def test_a_map_keeps_what_is_its_own(made: Path, runs: Path, tmp_path: Path, recorder: Callable, done: str) -> None:
    change, name, has_evidence = DONE[done]
    change(runs)
    progress = recorder()
    codes, similarity = band(made / "raw.tif"), band(made / "raw_evidence.tif")
    outputs = make_composite([runs / name], tmp_path / "y.tif", strategy="first", progress=progress)
    np.testing.assert_array_equal(inside(outputs.composite, codes.shape), codes)
    if has_evidence:
        np.testing.assert_array_equal(inside(outputs.similarity, codes.shape), similarity)
        make_composite([runs / name], tmp_path / "best.tif")
    else:
        assert outputs.similarity is None
        with pytest.raises(InputError, match="best evidence") as raised:
            make_composite([runs / name], tmp_path / "best.tif")
        assert str(runs / name).removesuffix(".tif") in str(raised.value)
    assert any("NOT CORRECTED" in warning for warning in progress.warnings)
    assert "NOT CORRECTED" in outputs.style.read_text(encoding="utf-8")


@pytest.mark.parametrize("done", DONE)
def test_the_other_map_is_never_tainted(runs: Path, tmp_path: Path, recorder: Callable, done: str) -> None:
    DONE[done][0](runs)
    other = next(file for file in runs.glob("*.tif") if "_" not in file.name and band(file)[0, -1] % 100 == 15)
    progress = recorder()
    make_composite([other], tmp_path / "y.tif", strategy="first", progress=progress)
    assert not any("NOT CORRECTED" in warning for warning in progress.warnings)


def test_why_evidence_is_not_taken_is_said(runs: Path, tmp_path: Path, recorder: Callable) -> None:
    swap(runs, ("_evidence.tif",))
    wanted = "raw_evidence.tif: is not the evidence of raw.tif, it is of another run"
    with pytest.raises(InputError, match=wanted):
        make_composite([runs / "raw.tif"], tmp_path / "y.tif")
    progress = recorder()
    make_composite([runs / "raw.tif"], tmp_path / "y.tif", strategy="first", progress=progress)
    assert any(wanted in warning for warning in progress.warnings)


def test_the_class_table_of_another_run_is_refused(runs: Path) -> None:
    if not (runs / "raw.tif.aux.xml").exists():
        pytest.skip("this GDAL keeps the class table inside the raster")
    swap(runs, (".tif.aux.xml",))
    for name in ("raw", "clean"):
        with pytest.raises(InputError, match=rf"{name}\.tif: its class table is that of another map"):
            open_map(runs / f"{name}.tif")


def test_names_in_metadata_lead_nowhere_else(runs: Path) -> None:
    (runs / "away").mkdir()
    for ending in MAP:
        shutil.move(runs / f"raw{ending}", runs / "away")
    away = runs / "away" / "raw.tif"
    for name in ("../raw_evidence.tif", str(runs / "raw_evidence.tif"), "raw.tif", "", "..", "\n"):
        set_metadata(away, "CRISM_EVIDENCE", name)
        assert open_map(away).evidence is None


def test_files_of_one_run_share_an_id_and_those_of_two_do_not(made: Path) -> None:
    ids = []
    for name in ("raw", "clean"):
        record = json.loads((made / f"{name}_provenance.json").read_text(encoding="utf-8"))
        rasters = [gdal.Open(str(made / f"{name}{ending}")).GetMetadataItem("CRISM_RUN_ID") for ending in (".tif", "_evidence.tif")]
        assert set(rasters) == {record["run_id"]}
        assert record["atmosphere_corrected"] == (name == "clean")
        assert gdal.Open(str(made / f"{name}.tif")).GetMetadataItem("ATMOSPHERE_CORRECTED") == ("yes" if name == "clean" else "no")
        ids.append(record["run_id"])
    assert len(set(ids)) == 2


@pytest.mark.parametrize("lost", ["_provenance.json", None])
def test_a_composite_of_composites(runs: Path, tmp_path: Path, recorder: Callable, lost: Optional[str]) -> None:
    """It has its similarities under another name, is renamed like a map, and passes on what is not corrected."""
    one = make_composite([runs / "raw.tif"], tmp_path / "one.tif")
    other = make_composite([runs / "clean.tif"], tmp_path / "other.tif")
    wanted = band(one.similarity)
    endings = (".tif", ".tif.aux.xml", "_similarity.tif", "_provenance.json")
    move(tmp_path, "one", "new", endings)
    move(tmp_path, "other", "one", endings)
    assert open_map(tmp_path / "new.tif").evidence == tmp_path / "new_similarity.tif"
    move(tmp_path, "new", "alone", ("_similarity.tif",))
    move(tmp_path, "one", "new", ("_similarity.tif",))  # the other one's
    assert other.composite.with_name("new_similarity.tif").is_file()
    assert open_map(tmp_path / "new.tif").evidence is None
    move(tmp_path, "alone", "new", ("_similarity.tif",))
    if lost:
        (tmp_path / f"new{lost}").unlink()
    progress = recorder()
    again = make_composite([tmp_path / "new.tif", tmp_path / "one.tif"], tmp_path / "z.tif", strategy="first", progress=progress)
    np.testing.assert_array_equal(band(again.similarity), wanted)
    assert any("NOT CORRECTED" in warning and "new.tif" in warning and "one.tif" not in warning for warning in progress.warnings)
    assert json.loads(again.provenance.read_text(encoding="utf-8"))["atmosphere_corrected"] is False


# ---------------------------------------------------------------- maps of earlier versions, which have no id


@pytest.fixture
def old(tmp_path: Path, make_map: Callable[..., Path]) -> Path:
    rng = np.random.default_rng(1)
    for name in ("one", "two"):
        make_map(tmp_path / f"{name}.tif", *random_map(rng, 20, 20))
        text = json.dumps({"warnings": ["the image is NOT CORRECTED for the atmosphere: …"] if name == "one" else []})
        (tmp_path / f"{name}_provenance.json").write_text(text)
    return tmp_path


def test_an_old_map_renamed_with_its_files_takes_these(old: Path) -> None:
    wanted = band(old / "one_evidence.tif")
    move(old, "one", "new")
    move(old, "two", "one")
    found = open_map(old / "new.tif")
    assert found.evidence is not None
    np.testing.assert_array_equal(band(found.evidence), wanted)
    assert found.uncorrected
    assert not open_map(old / "one.tif").uncorrected


def test_an_old_map_renamed_alone_finds_its_files_by_the_stored_name(old: Path) -> None:
    move(old, "one", "new", MAP)
    assert open_map(old / "new.tif").evidence == old / "one_evidence.tif"
    assert open_map(old / "new.tif").uncorrected


def test_an_old_map_whose_name_a_new_run_has_taken(old: Path) -> None:
    """It was put aside by renaming it, and the image was mapped again: the evidence is the new run's."""
    move(old, "one", "before", MAP)
    set_metadata(old / "one_evidence.tif", "CRISM_RUN_ID", "new")
    found = open_map(old / "before.tif")
    assert found.evidence is None
    assert "only the evidence tells of which run it is" in found.evidence_fault


def test_a_new_map_beside_which_old_evidence_lies(old: Path) -> None:
    set_metadata(old / "one.tif", "CRISM_RUN_ID", "new")
    assert open_map(old / "one.tif").evidence is None


def band(path: Path) -> np.ndarray:
    dataset = gdal.Open(str(path))
    return dataset.GetRasterBand(1).ReadAsArray()


def inside(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """A composite of one map without the empty edge that its grid may add."""
    found = band(path)
    return found[: shape[0], : shape[1]] if found.shape[0] >= shape[0] else found


def set_metadata(path: Path, key: str, value: str) -> None:
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.SetMetadataItem(key, value)
    dataset.FlushCache()


def test_evidence_of_another_size_or_kind_is_not_taken(tmp_path: Path, make_map: Callable[..., Path]) -> None:
    codes, similarity = random_map(np.random.default_rng(2), 20, 20)
    path = make_map(tmp_path / "one.tif", codes, similarity)
    make_map(tmp_path / "small.tif", codes[:10], similarity[:10])
    (tmp_path / "small_evidence.tif").replace(tmp_path / "one_evidence.tif")
    assert "it lies elsewhere" in open_map(path).evidence_fault
    shutil.copy(path, tmp_path / "one_evidence.tif")
    assert "it holds no similarities" in open_map(path).evidence_fault


@pytest.mark.parametrize(("corrected", "warning"), [(False, "air"), (True, "the other image is NOT CORRECTED for the atmosphere")])
def test_the_field_of_a_record_counts_not_its_words(old: Path, corrected: bool, warning: str) -> None:
    record = {"atmosphere_corrected": corrected, "warnings": [warning]}
    (old / "one_provenance.json").write_text(json.dumps(record))
    assert open_map(old / "one.tif").uncorrected is not corrected
