from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest
from images import LINES, SEEN, Image, make_image
from osgeo import gdal

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.denoise import pipeline, workspace
from crism_gan_plugin.core.denoise.pipeline import RANGE_NM, denoise_scene
from crism_gan_plugin.core.denoise.quick import correct_scene
from crism_gan_plugin.core.errors import Cancelled, InputError, OutputError, ParameterError
from crism_gan_plugin.core.files.locks import FileLock
from crism_gan_plugin.core.mapping.pipeline import prepare_map
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.products.scene import open_scene
from crism_gan_plugin.core.progress import Progress
from crism_gan_plugin.core.rasters import blocks
from crism_gan_plugin.core.rasters.reader import RasterReader
from tests.core.atmosphere.conftest import record as record


@pytest.fixture
def image(tmp_path, trr3_product, record) -> Image:
    (tmp_path / "in").mkdir()
    return make_image(tmp_path / "in", trr3_product, record)


def read(path: Path) -> np.ndarray:
    with RasterReader(path) as reader:
        return reader.read(0, reader.lines)


def on_sweet_spot(image: Image, axis: np.ndarray) -> np.ndarray:
    """(bands, lines, seen columns) the ground, ascending and interpolated."""
    order = np.argsort(image.wavelengths[30])
    columns = range(SEEN.start, SEEN.stop)
    ground = [
        [np.interp(axis, image.wavelengths[c, order], image.ground[line, c, order]) for c in columns] for line in range(LINES)
    ]
    return np.array(ground).transpose(2, 0, 1)


def test_a_trr3_is_separated_into_its_parts(tmp_path, image, recorder):
    progress = recorder()
    found = denoise_scene(image.label, tmp_path / "out", progress=progress)
    scene = open_scene(image.label)
    inside = (scene.axis.wavelengths_nm > 1030) & (scene.axis.wavelengths_nm < 2640)
    truth = on_sweet_spot(image, scene.axis.wavelengths_nm[inside])
    for path, limit in ((found.model, 0.008), (found.corrected, 0.01)):
        with open_scene(path) as cube:
            assert (cube.lines, cube.samples, cube.axis.bands) == (LINES, 64, scene.axis.bands)
            assert cube.axis.wavelengths_nm == pytest.approx(scene.axis.wavelengths_nm, abs=1e-3)
            assert cube.axis.by_column_nm is None and cube.atmosphere_corrected is True
        values = read(path)
        assert np.sqrt(np.mean((values[inside][:, :, SEEN] / truth - 1) ** 2)) < limit
        outside = (scene.axis.wavelengths_nm < RANGE_NM[0]) | (scene.axis.wavelengths_nm > RANGE_NM[1])
        assert np.isnan(values[outside]).all()
        assert np.isnan(np.delete(values, np.r_[SEEN], 2)).all()
    assert read(found.path)[0, :, 22] == pytest.approx(np.linspace(0.9, 1.1, LINES) / 1.0, abs=0.06)
    assert np.nanmin(read(found.transmission)[inside, 0, 22]) == pytest.approx(0.52, abs=0.06)
    assert set(np.unique(read(found.bad))) <= {0, 1, 255}
    record = json.loads(found.provenance.read_text())
    assert record["volcano scans"] == ["ADR10000000000_0A93E_VS30L_8"]
    assert "62 exemplar spectra" in record["library"]["source"] and record["finished"]
    assert progress.fractions[-1] == 1 and sorted(progress.fractions) == progress.fractions
    assert not (tmp_path / "out" / "frt0000abcd_07_if164l_trr3_denoised_unfinished").exists()


def test_an_interrupted_run_goes_on_and_gives_the_same(tmp_path, image, recorder, monkeypatch):
    from crism_gan_plugin.core.denoise import groups

    monkeypatch.setattr(groups, "_GROUPS_AT_ONCE", 23)  # more than one block of columns with data
    whole = denoise_scene(image.label, tmp_path / "whole", name="x")
    stopped = recorder(stop_after=3)
    with pytest.raises(Cancelled):
        denoise_scene(image.label, tmp_path / "out", name="x", progress=stopped)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["x_unfinished"]
    assert any("goes on from there" in note for note in stopped.notes)
    again = recorder()
    found = denoise_scene(image.label, tmp_path / "out", name="x", progress=again)
    assert any("an interrupted run goes on" in note for note in again.notes)
    for one, other in zip((whole.corrected, whole.model, whole.path), (found.corrected, found.model, found.path)):
        np.testing.assert_array_equal(read(one), read(other))
    assert not (tmp_path / "out" / "x_unfinished").exists()


def test_a_run_that_was_interrupted_while_reading_begins_anew(tmp_path, image, recorder):
    with pytest.raises(Cancelled):
        denoise_scene(image.label, tmp_path / "out", name="x", progress=recorder(stop_after=1))
    assert not (tmp_path / "out").exists()
    progress = recorder()
    found = denoise_scene(image.label, tmp_path / "out", name="x", progress=progress)
    assert not any("goes on" in note for note in progress.notes)
    assert np.isfinite(read(found.model)[100][:, SEEN]).all()


def test_an_interrupt_from_the_keyboard_keeps_what_is_done(tmp_path, image, recorder, monkeypatch):
    """Where the core is a library, Ctrl-C is an exception that may come anywhere."""
    whole = denoise_scene(image.label, tmp_path / "whole", name="x")
    write = pipeline._write

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "_write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        denoise_scene(image.label, tmp_path / "out", name="x")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["x_unfinished"]
    monkeypatch.setattr(pipeline, "_write", write)
    progress = recorder()
    found = denoise_scene(image.label, tmp_path / "out", name="x", progress=progress)
    assert any("an interrupted run goes on: 2 of 2 blocks" in note for note in progress.notes)
    np.testing.assert_array_equal(read(whole.corrected), read(found.corrected))


@pytest.mark.parametrize("spoil", ["record", "short", "missing"])
def test_damaged_scratch_files_are_not_used(tmp_path, image, recorder, spoil):
    with pytest.raises(Cancelled):
        denoise_scene(image.label, tmp_path / "out", name="x", progress=recorder(stop_after=2))
    (folder,) = (tmp_path / "out" / "x_unfinished").iterdir()
    if spoil == "record":
        (folder / "run.json").write_bytes(b"\xff{")
    elif spoil == "short":
        (folder / "model.f4").write_bytes(b"12")
    else:
        (folder / "path.f4").unlink()
    progress = recorder()
    denoise_scene(image.label, tmp_path / "out", name="x", progress=progress)
    assert not any("goes on" in note for note in progress.notes)


def test_scratch_files_of_another_run_are_not_used(tmp_path, image, recorder):
    with pytest.raises(Cancelled):
        denoise_scene(image.label, tmp_path / "out", name="x", progress=recorder(stop_after=2))
    progress = recorder()
    denoise_scene(image.label, tmp_path / "out", name="x", ices=True, progress=progress)
    assert not any("goes on" in note for note in progress.notes)


def test_an_image_without_a_valid_column_leaves_nothing(tmp_path, image):
    cube = np.fromfile(image.label.with_suffix(".img"), "<f4")
    cube[: 438 * LINES * 64] = 65535.0
    image.label.with_suffix(".img").write_bytes(cube.tobytes())
    with pytest.raises(InputError, match=r"trr3.img: no detector column has enough valid spectra"):
        denoise_scene(image.label, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_coarser_volcano_scan_is_refused(tmp_path, image, record):
    coarse = record(np.full((3, 438, 32), 0.5), np.array([*range(179), *range(187, 446)]), folder=tmp_path)
    with pytest.raises(InputError, match="32 columns, coarser than the image's 64"):
        denoise_scene(image.label, tmp_path / "out", volcano_scans=[coarse])


def test_too_little_room_is_told_before_anything_is_done(tmp_path, image, monkeypatch):
    monkeypatch.setattr(workspace.shutil, "disk_usage", lambda folder: workspace.shutil._ntuple_diskusage(10**9, 10**9, 1000))
    with pytest.raises(OutputError, match=r"has 0.0 MB free, but denoising this image needs [1-9][\d.]* MB"):
        denoise_scene(image.label, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_a_scan_one_is_warned(tmp_path, image, recorder):
    image.scan.unlink()
    image.scan.with_suffix(".LBL").unlink()
    progress = recorder()
    found = denoise_scene(image.label, tmp_path / "out", progress=progress)
    assert any("no volcano scan is given" in warning for warning in progress.warnings)
    assert json.loads(found.provenance.read_text())["warnings"] == progress.warnings


def test_quick_mode_divides_by_the_scan(tmp_path, image):
    found = correct_scene(image.label, tmp_path / "out", volcano_scans=[image.scan])
    axis = open_scene(image.label).axis.wavelengths_nm
    inside = (axis > 1030) & (axis < 2640)
    ratio = read(found.corrected)[inside][:, :, SEEN] / on_sweet_spot(image, axis[inside])
    assert np.median(np.abs(ratio - 1)) < 0.006
    assert json.loads(found.provenance.read_text())["volcano scan"] == "ADR10000000000_0A93E_VS30L_8"
    with pytest.raises(ParameterError, match="is corrected for the atmosphere already"):
        correct_scene(found.corrected, tmp_path / "again", volcano_scans=[image.scan])


def test_quick_mode_has_no_seams_between_blocks(tmp_path, shared_data, monkeypatch):
    crism = shared_data / "crism"
    label, scan = crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", crism / "adr" / "ADR10000000000_103D6_VS00L_8.IMG"
    cubes = []
    for height in (16 << 20, 1 << 18):
        monkeypatch.setattr(blocks, "_BLOCK_BYTES", height)
        found = correct_scene(label, tmp_path / str(height), volcano_scans=[scan], wavelengths=crism / "cdr")
        cubes.append(read(found.corrected))
    np.testing.assert_array_equal(*cubes)


@pytest.mark.parametrize("mode", ["quick", "full"])
def test_mapping_can_denoise_first(tmp_path, image, random_weights, recorder, mode):
    progress = recorder()
    found = map_scene(image.label, tmp_path / "out", denoise=mode, weights=random_weights, name="m", progress=progress)
    record = json.loads(found.provenance.read_text())
    assert record["image"]["file"] == "frt0000abcd_07_if164l_trr3.img" and record["denoised"]["mode"] == mode
    assert not any("NOT CORRECTED" in warning for warning in progress.warnings)
    assert (tmp_path / "out" / "m_denoised.tif").is_file()
    assert (tmp_path / "out" / "m_denoised_model.tif").is_file() == (mode == "full")
    codes = read(found.classes)[0]
    assert (codes[:, SEEN] != 255).all() and (np.delete(codes, np.r_[SEEN], 1) == 255).all()
    assert sorted(progress.fractions) == progress.fractions


def test_a_map_is_not_made_of_another_runs_denoised_cubes(tmp_path, image, random_weights):
    (tmp_path / "out").mkdir()
    with FileLock(tmp_path / "out" / ".m.lock", "taken"), pytest.raises(OutputError, match=r"m.tif: another process is making"):
        map_scene(image.label, tmp_path / "out", denoise="quick", weights=random_weights, name="m")
    assert not list((tmp_path / "out").iterdir())


def test_a_map_that_is_cancelled_after_denoising_says_what_is_there(tmp_path, image, random_weights, recorder):
    whole = recorder()
    given = {"denoise": "quick", "weights": random_weights, "name": "m", "catalogue": False}
    map_scene(image.label, tmp_path / "whole", progress=whole, **given)
    progress = recorder(stop_after=len(whole.fractions))  # the last report, before the map is moved into place
    with pytest.raises(Cancelled, match=r"no map was written, but the denoised image is finished.*m_denoised.tif"):
        map_scene(image.label, tmp_path / "out", progress=progress, **given)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["m_denoised.tif", "m_denoised_provenance.json"]


def spoil(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def change(file: Path, before: bytes, after: bytes) -> None:
    assert before in file.read_bytes()
    file.write_bytes(file.read_bytes().replace(before, after))


def touch_record(out: Path, **fields: object) -> None:
    file = out / "m_denoised_provenance.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))


SPOILT = {
    "a byte of the cube": lambda image, out: spoil(out / "m_denoised.tif"),
    "no cube": lambda image, out: (out / "m_denoised.tif").unlink(),
    "no record": lambda image, out: (out / "m_denoised_provenance.json").unlink(),
    "half a record": lambda image, out: (out / "m_denoised_provenance.json").write_text("{"),
    "a list for a record": lambda image, out: (out / "m_denoised_provenance.json").write_text("[1]"),
    "a record without checksums": lambda image, out: touch_record(out, files={}),
    "the record of another run": lambda image, out: touch_record(out, run_id="0" * 64),
    "another scan": lambda image, out: spoil(image.scan),
    "another image": lambda image, out: spoil(image.label.with_suffix(".img")),
    "another label": lambda image, out: change(image.label, b"PDS_VERSION_ID", b"/* x */ PDS_VERSION_ID"),
    "another table of wavelengths": lambda image, out: spoil(next(image.label.parent.glob("cdr*wa*.img"))),
}


@pytest.mark.parametrize("mode", ["quick", "full"])
def test_the_next_map_takes_the_denoised_cubes_of_one_that_was_cancelled(tmp_path, image, random_weights, recorder, mode):
    out, whole, again, third = tmp_path / "out", recorder(), recorder(), recorder()
    given = {"denoise": mode, "weights": random_weights, "name": "m", "catalogue": False}
    wanted = map_scene(image.label, tmp_path / "whole", progress=whole, **given)
    first = recorder(stop_after=len(whole.fractions))
    with pytest.raises(Cancelled, match="the same map takes it"):
        map_scene(image.label, out, progress=first, **given)
    kept = {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in out.iterdir()}
    assert len(kept) == (7 if mode == "full" else 2)
    found = map_scene(image.label, out, progress=again, **given)
    assert sum("is not denoised again" in note for note in again.notes) == 1
    assert {name: ((out / name).stat().st_ino, (out / name).stat().st_mtime_ns) for name in kept} == kept
    assert found.classes.read_bytes() == wanted.classes.read_bytes()
    spoil(out / "m_denoised.tif")
    map_scene(image.label, out, progress=third, **given)
    assert not any("is not denoised again" in note for note in third.notes)
    assert (out / "m_denoised.tif").read_bytes() == (tmp_path / "whole" / "m_denoised.tif").read_bytes()


@pytest.mark.parametrize("fault", SPOILT)
def test_denoised_cubes_that_are_not_whole_or_of_other_inputs_are_made_anew(tmp_path, image, fault):
    out = tmp_path / "out"
    given = {"name": "m_denoised", "reuse": True, "volcano_scans": [image.scan]}
    made = correct_scene(image.label, out, **given)
    before = made.provenance.stat().st_mtime_ns
    correct_scene(image.label, out, **given)
    assert made.provenance.stat().st_mtime_ns == before
    SPOILT[fault](image, out)
    correct_scene(image.label, out, **given)
    record = json.loads(made.provenance.read_text())
    assert record["files"] == {"m_denoised.tif": hashlib.sha256(made.corrected.read_bytes()).hexdigest()}
    assert made.provenance.stat().st_mtime_ns > before


def test_a_denoising_that_is_asked_for_is_always_done(tmp_path, image):
    first = correct_scene(image.label, tmp_path / "out").provenance.stat().st_mtime_ns
    assert correct_scene(image.label, tmp_path / "out").provenance.stat().st_mtime_ns != first


def test_volcano_scans_beside_the_image_are_in_the_record(tmp_path, image):
    """By its record a finished map is known: another scan must not leave it standing."""
    options = MapOptions(denoise="quick")
    job = prepare_map(image.label, tmp_path / "out", options)
    described = job.record["denoised"]["volcano scans"]
    assert [each["file"] for each in described] == [image.scan.name]
    changed = bytearray(image.scan.read_bytes())
    changed[40_000] ^= 1
    image.scan.write_bytes(bytes(changed))
    assert prepare_map(image.label, tmp_path / "out", options).record["denoised"] != job.record["denoised"]


def test_model_and_denoising_exclude_each_other(tmp_path, image):
    with pytest.raises(ParameterError, match="makes a model of its own"):
        map_scene(image.label, tmp_path / "out", denoise="full", model=image.label)


# Map-projected images


@pytest.fixture
def projected(tmp_path, make_tif, pixel_of) -> Path:
    """8 × 12 pixels of kaolinite with noise; a column of the detector runs down the diagonal, 3 % too bright."""
    rng = np.random.default_rng(0)
    spectra = np.tile(pixel_of("kaolinite"), (8, 12, 1)) * (1 + rng.normal(0, 0.004, (8, 12, 240)))
    spectra[5, 5] = np.nan
    return make_tif(tmp_path / "frt0000abcd_07_if164j_mtr3.tif", spectra.astype(np.float32))


def write_information(path: Path, columns: np.ndarray) -> Path:
    lines, samples = columns.shape
    dataset = gdal.GetDriverByName("GTiff").Create(str(path), samples, lines, 3, gdal.GDT_Float32)
    rows = np.broadcast_to(np.arange(lines)[:, None], columns.shape)
    for band, (name, plane) in enumerate((("VNIR Sample", rows * 0 + 7), ("IR Sample", columns), ("IR Line", rows)), start=1):
        dataset.GetRasterBand(band).SetDescription(name)
        dataset.GetRasterBand(band).WriteArray(plane.astype(np.float32))
    return path


def test_a_map_projected_image_without_information_is_denoised_in_tiles(tmp_path, projected, recorder):
    progress = recorder()
    found = denoise_scene(projected, tmp_path / "out", progress=progress)
    assert any("detector columns of this map-projected image are not known" in note for note in progress.notes)
    assert found.transmission is None and (read(found.path)[0] == 1).sum() == 95
    with open_scene(found.model) as model, open_scene(projected) as before:
        assert model.georeference == before.georeference
        ratio = model.read(0, 8) / before.read(0, 8)
    assert np.isnan(ratio[5, 5]).all()
    assert np.nanstd(np.delete(ratio.reshape(96, -1), 65, 0)[:, 5:-5]) < 0.006


def test_information_gives_the_detector_columns(tmp_path, projected, recorder):
    columns = 300.0 + np.arange(12)[None] + np.arange(8)[:, None] // 4
    columns[0, 0] = 65535
    information = write_information(tmp_path / "in.tif", columns)
    progress = recorder()
    found = denoise_scene(projected, tmp_path / "out", information=information, progress=progress)
    assert any("13 detector columns of in.tif" in note for note in progress.notes)
    model = read(found.model)
    assert np.isnan(model[:, 0, 0]).all() and np.isnan(model[:, 5, 5]).all() and np.isfinite(model[100]).sum() == 94


def test_information_of_another_image_is_refused(tmp_path, projected):
    other = write_information(tmp_path / "other.tif", np.zeros((3, 4)))
    with pytest.raises(InputError, match="3 lines × 4 samples, the image 8 × 12"):
        denoise_scene(projected, tmp_path / "out", information=other)
    with pytest.raises(InputError, match=r"is not the processing information|has no band 'ir sample'"):
        denoise_scene(projected, tmp_path / "out", information=projected)


def test_real_image(tmp_path, shared_data):
    crism = shared_data / "crism"
    found = denoise_scene(
        crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl",
        tmp_path,
        wavelengths=crism / "cdr",
        volcano_scans=[crism / "adr" / "ADR10000000000_103D6_VS00L_8.IMG"],
    )
    axis = open_scene(found.corrected).axis.wavelengths_nm
    spectrum = np.median(read(found.corrected)[:, :, 5:60], (1, 2))
    band, beside = (axis > 1990) & (axis < 2030), (np.abs(axis - 1870) < 15) | (np.abs(axis - 2150) < 15)
    assert spectrum[band].mean() / spectrum[beside].mean() > 0.99  # 0.57 in the image itself


def test_a_folder_of_scans_needs_the_table(tmp_path, shared_data):
    crism = shared_data / "crism"
    with pytest.raises(InputError, match="give the table of recommended scans too"):
        denoise_scene(
            crism / "trdr" / "frt0001458f_01_if156l_trr3.lbl", tmp_path, wavelengths=crism / "cdr", volcano_scans=[crism / "adr"]
        )


def test_an_image_that_changes_while_it_is_read_is_noticed(tmp_path, image, monkeypatch):
    class Meddler(Progress):
        def _show(self, fraction, text):
            os.utime(image.label.with_suffix(".img"), ns=(1, 1))

    monkeypatch.setattr(blocks, "_BLOCK_BYTES", 1 << 20)
    with pytest.raises(InputError, match=r"trr3\.img: was changed or removed while it was read; nothing is written"):
        denoise_scene(image.label, tmp_path / "out", progress=Meddler())
    assert not (tmp_path / "out").exists()
