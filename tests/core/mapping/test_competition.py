"""Maps whose false detections are estimated: by decoys that compete with the minerals."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars, map_scene
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.errors import InputError, ParameterError
from crism_gan_plugin.core.libraries.absorption import log_absorption_of
from crism_gan_plugin.core.mapping.competition import CompetingMatcher, Competition, step_of
from crism_gan_plugin.core.mapping.map_files import EVIDENCE_BANDS, Q_BAND
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.mapping.pipeline import MapOutputs
from crism_gan_plugin.core.mapping.scales import ScaleMapper
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.rasters.class_table import FALSE_SHARE, read_class_table
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.ratio import Ratio, remove_grid_continuum

SIZE = 48
KAOLINITE = 15


def bland(seed: int, noise: float, size: int = SIZE) -> np.ndarray:
    """(size, size, 240) I/F of ground that differs from pixel to pixel, as the background model says."""
    ground = load_background().plain.draw(size * size, np.random.default_rng(seed)).reshape(size, size, -1)
    return (0.2 * ground * (1 + noise * np.random.default_rng([seed, 1]).normal(size=ground.shape))).astype(np.float32)


def planted(seed: int = 1) -> np.ndarray:
    """Bland ground with a patch of kaolinite."""
    library, image = load_exemplars(), bland(seed, 0.01)
    absorption = log_absorption_of(library.spectra[[library.names.index("kaolinite (ratio)")]])[0]
    image[8:24, 10:30] *= np.exp(-absorption)
    return image


@pytest.fixture(scope="module")
def mapper() -> ScaleMapper:
    return mapper_for(MapOptions(reliability=True, engine="numpy"))


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("scene") / "scene.img", planted())


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory, scene: Path) -> MapOutputs:
    """The scene's map with decoys."""
    return map_scene(scene, tmp_path_factory.mktemp("on"), name="on", engine="numpy", reliability=True)


def write(path: Path, image: np.ndarray) -> Path:
    with EnviCube(path, *image.shape[:2], WAVELENGTHS_NM) as cube:
        cube.write(image)
    return path


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def compete(mapper: ScaleMapper, image: np.ndarray) -> Competition:
    ratio = remove_grid_continuum(image.copy())
    own = mapper.for_image(ratio.spectra.reshape(-1, 240))
    competition = Competition(own, image.shape[0] * image.shape[1])
    competition(ratio, slice(0, len(image)))
    return competition


def test_the_mapping_is_the_same_while_decoys_compete(mapper: ScaleMapper) -> None:
    ratio, inner = remove_grid_continuum(planted()), slice(0, SIZE)
    plain, competing = mapper(ratio, inner), Competition(mapper, SIZE**2)(ratio, inner)
    np.testing.assert_array_equal(competing.level, plain.level)
    np.testing.assert_allclose(competing.score, plain.score, atol=1e-5)


def test_a_decoy_is_found_where_a_pixel_shows_it(mapper: ScaleMapper) -> None:
    """A scene of one decoy's own spectrum is that decoy's, in all its pixels, and no mineral's."""
    row = int(mapper.decoys.starts[7])
    ratio = Ratio(np.tile(mapper.decoys.spectra[row].astype(np.float32), (20, 20, 1)), None)
    competition = Competition(mapper, 400)
    assert not competition(ratio, slice(0, 20)).level.any()
    assert competition._hits[0].sum(1).argmax() == 7
    assert competition._hits[0, 7].sum() == 400


def test_a_decoy_counts_only_above_all_minerals(mapper: ScaleMapper) -> None:
    matcher = CompetingMatcher(mapper.matcher, mapper.decoys)
    scores = matcher(
        np.concatenate([mapper.matcher.library.spectra, mapper.decoys.spectra]), np.zeros(55 + len(mapper.decoys.spectra))
    )
    minerals, decoys = scores[:55, 55:], scores[55:, 55:]
    assert not minerals.any()
    best = decoys.argmax(1)
    np.testing.assert_array_equal(best[mapper.decoys.starts], np.arange(240))


def test_without_minerals_the_interval_of_what_is_found_holds_100_percent(mapper: ScaleMapper) -> None:
    """Ground that the model draws, at every noise: nothing of what is found is there."""
    held, told = 0, 0
    for seed, noise in ((0, 0.005), (2, 0.02)):
        for _, _, share in compete(mapper, bland(seed, noise)).reliability().shares:
            told += share is not None
            held += share is not None and share.low <= 1 <= share.high
    assert told >= 5
    assert held >= 0.9 * told


def test_a_clear_mineral_has_hardly_any_false_detections(mapper: ScaleMapper) -> None:
    worth = compete(mapper, planted()).reliability()
    share = worth.share_of(KAOLINITE)
    assert share is not None and share.high < 0.1
    assert worth.share_of(99) is None


def test_q_values_never_rise_with_the_score(mapper: ScaleMapper) -> None:
    worth = compete(mapper, planted(2)).reliability()
    told = ~np.isnan(worth.q).any(1)
    assert told.any()
    assert (np.diff(worth.q[told], axis=1) <= 0).all()
    scores = np.linspace(0, 1, 400)
    assert (np.diff(worth.q_of(np.full(400, KAOLINITE), scores)) <= 0).all()


def test_ground_that_resembles_a_mineral_is_told_of_and_gets_no_number(mapper: ScaleMapper) -> None:
    library = mapper.matcher.library
    absorption = log_absorption_of(library.spectra[[library.names.index("high-Ca pyroxene (numerator)")]])[0]
    image = bland(3, 0.01)
    image *= np.exp(-0.6 * absorption)
    worth = compete(mapper, image).reliability()
    place = library.class_names.index("high-Ca pyroxene")
    assert worth.found[place] and worth.shares[place] == (None, None, None)
    assert np.isnan(worth.q[place]).all()
    assert "resembles" in worth.warnings()[0] and "high-Ca pyroxene" in worth.warnings()[0]


def test_a_lead_counts_for_decoys_too(mapper: ScaleMapper) -> None:
    image = bland(4, 0.02)
    easy, strict = (compete(replace(mapper, thresholds=replace(mapper.thresholds, lead=lead)), image)._hits for lead in (0.0, 0.3))
    np.testing.assert_array_equal(easy[0], strict[0])
    assert strict[1].sum() < easy[1].sum()


def test_files_of_a_map_with_decoys(tmp_path: Path, scene: Path, on: MapOutputs) -> None:
    off, made = map_scene(scene, tmp_path, name="off", engine="numpy"), on
    np.testing.assert_array_equal(read(made.classes), read(off.classes))
    np.testing.assert_allclose(read(made.evidence)[:5], read(off.evidence), atol=1e-5)
    evidence = gdal.Open(str(made.evidence))
    names = [evidence.GetRasterBand(band + 1).GetDescription() for band in range(evidence.RasterCount)]
    assert names == [*EVIDENCE_BANDS, Q_BAND] and Q_BAND == "q_value"
    style = ElementTree.parse(made.evidence_style).getroot()
    assert style.find(".//rasterrenderer").get("band") == "6"
    shown = [float(item.get("value")) for item in style.iter("item") if item.get("alpha") != "0"]
    assert max(shown) == 0.05
    q, codes = read(made.evidence)[5], read(made.classes)
    assert np.isnan(q[codes == 0]).all()
    assert np.nanmax(q[codes == KAOLINITE]) < 0.05
    rows = {row.value: row for row in read_class_table(made.classes)}
    share, low, high = rows[KAOLINITE].false_share
    assert low <= share <= high < 0.1
    record = json.loads(made.provenance.read_text(encoding="utf-8"))
    found = next(each for each in record["found"] if each["code"] == KAOLINITE)
    assert [found[name] for name in FALSE_SHARE] == [share, low, high]
    assert record["decoys"] == 240 and any(each["class"] == "kaolinite" for each in record["false shares"])
    assert off.evidence_style is None and not (tmp_path / "off_evidence.qml").exists()
    assert all(row.false_share is None for row in read_class_table(off.classes))
    assert not {"decoys", "max_false_share", "false shares"} & set(json.loads(off.provenance.read_text(encoding="utf-8")))


def test_what_is_more_likely_false_is_left_out_with_or_without_evidence(tmp_path: Path, scene: Path, on: MapOutputs) -> None:
    some = map_scene(scene, tmp_path, name="some", engine="numpy", max_false_share=0.05, evidence=False)
    assert some.evidence is None and not list(tmp_path.glob("*_evidence*"))
    before, after, q = read(on.classes), read(some.classes), read(on.evidence)[5]
    np.testing.assert_array_equal(after, np.where((before > 0) & (before < 255) & ~(q <= 0.05), 0, before))
    assert (after == KAOLINITE).any()
    assert (after > 0).sum() < (before > 0).sum()
    assert sum(row.pixels for row in read_class_table(some.classes)) == (after > 0).sum()


def test_an_image_that_is_too_small_gets_no_number(tmp_path: Path) -> None:
    source = write(tmp_path / "small.img", planted()[:20, :20])
    made = map_scene(source, tmp_path, engine="numpy", reliability=True)
    assert all(row.false_share is None for row in read_class_table(made.classes))
    assert np.isnan(read(made.evidence)[5]).all()
    warning = json.loads(made.provenance.read_text(encoding="utf-8"))["warnings"][-1]
    assert warning.startswith("the image has fewer than 500 pixels with data")
    with pytest.raises(InputError, match=r"small.img: the image has fewer than 500 pixels .*; map it with max_false_share 1"):
        map_scene(source, tmp_path / "none", engine="numpy", max_false_share=0.05)
    assert not list((tmp_path / "none").glob("*"))


def test_one_class_alone_is_told_of(tmp_path: Path, scene: Path) -> None:
    made = map_scene(scene, tmp_path, engine="numpy", reliability=True, classes=["kaolinite"])
    found = {row.value: row for row in read_class_table(made.classes)}[KAOLINITE].false_share
    assert found is not None and found[2] < 0.1


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_is_from_0_to_1(tmp_path: Path, scene: Path, share: float) -> None:
    with pytest.raises(ParameterError, match=r"max_false_share: must be from 0 to 1"):
        map_scene(scene, tmp_path, max_false_share=share)


def test_the_table_of_a_batch_tells_the_share(tmp_path: Path, scene: Path) -> None:
    settings = {"composite": None, "engine": "numpy", "classes": ["kaolinite", "gypsum"]}
    runs = [map_batch([scene], tmp_path, reliability=on, **settings) for on in (False, True, True)]
    assert [made.skipped for made in runs] == [0, 0, 1]
    with runs[-1].summary.open(encoding="utf-8", newline="") as file:
        row = next(each for each in csv.DictReader(file) if each["code"] == str(KAOLINITE))
    assert 0 <= float(row["false_share_low"]) <= float(row["false_share"]) <= float(row["false_share_high"]) < 0.1


def test_steps_of_scores():
    np.testing.assert_array_equal(step_of(np.array([np.nan, -1, 0.85, 1])), [0, 0, 850, 1000])
