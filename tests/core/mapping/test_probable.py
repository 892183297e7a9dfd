"""Maps whose detections have a probability, and maps that can have none."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import load_exemplars, map_scene
from crism_gan_plugin.core.background import load_background
from crism_gan_plugin.core.batch import map_batch
from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.libraries.absorption import log_absorption_of
from crism_gan_plugin.core.mapping.agreement import BOTH, OTHER, RATIOED
from crism_gan_plugin.core.mapping.levels import GUESS, Detection
from crism_gan_plugin.core.mapping.map_files import AGREEMENT_BAND, EVIDENCE_BANDS, PROBABILITY_BAND, Q_BAND
from crism_gan_plugin.core.mapping.options import mapper_for
from crism_gan_plugin.core.mapping.pipeline import MapOutputs
from crism_gan_plugin.core.mapping.probable import how_found, used_by
from crism_gan_plugin.core.options.mapping import MapOptions
from crism_gan_plugin.core.reliability.probability import KINDS
from crism_gan_plugin.core.reliability.probability_file import load_probability
from crism_gan_plugin.core.simulation.envi_cube import EnviCube
from crism_gan_plugin.core.spectra.grid import WAVELENGTHS_NM
from crism_gan_plugin.core.spectra.noise import noise_of
from crism_gan_plugin.core.spectra.ratio import Ratio

LINES, SAMPLES = 40, 24
KAOLINITE = 15


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bland ground that differs from pixel to pixel, with a patch of kaolinite."""
    rng, library = np.random.default_rng(5), load_exemplars()
    image = 0.2 * load_background().plain.draw(LINES * SAMPLES, rng).reshape(LINES, SAMPLES, -1)
    image *= 1 + 0.01 * rng.normal(size=image.shape)
    image[8:24, 6:18] *= np.exp(-log_absorption_of(library.spectra[[library.names.index("kaolinite (ratio)")]])[0])
    path = tmp_path_factory.mktemp("scene") / "scene.img"
    with EnviCube(path, LINES, SAMPLES, WAVELENGTHS_NM) as cube:
        cube.write(image.astype(np.float32))
    return path


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory, scene: Path) -> MapOutputs:
    return map_scene(scene, tmp_path_factory.mktemp("on"), name="on", engine="numpy", probability=True)


def read(path: Path) -> np.ndarray:
    return gdal.Open(str(path)).ReadAsArray()


def bands(path: Path) -> dict[str, np.ndarray]:
    raster = gdal.Open(str(path))
    each = [raster.GetRasterBand(number + 1) for number in range(raster.RasterCount)]
    return {band.GetDescription(): band.ReadAsArray() for band in each}


def record_of(made: MapOutputs) -> dict:
    return json.loads(made.provenance.read_text(encoding="utf-8"))


def test_the_shipped_probabilities_are_those_of_the_shipped_network() -> None:
    """Where this fails, run tools/fit_probability.py."""
    assert load_probability().differences(used_by(mapper_for(MapOptions(engine="numpy")))) == []


def test_a_map_is_the_same_and_has_one_band_more(tmp_path: Path, scene: Path, on: MapOutputs) -> None:
    off = map_scene(scene, tmp_path, name="off", engine="numpy")
    np.testing.assert_array_equal(read(on.classes), read(off.classes))
    np.testing.assert_array_equal(read(on.evidence)[:5], read(off.evidence))
    assert list(bands(on.evidence)) == [*EVIDENCE_BANDS, PROBABILITY_BAND] and PROBABILITY_BAND == "probability"
    assert "probability" not in record_of(off)


def test_what_is_detected_has_a_probability_and_nothing_else_does(on: MapOutputs) -> None:
    codes, told = read(on.classes), bands(on.evidence)[PROBABILITY_BAND]
    detected = (codes > 0) & (codes < 255)
    np.testing.assert_array_equal(np.isnan(told), ~detected)
    assert ((told[detected] >= 0) & (told[detected] <= 1)).all()
    assert np.median(told[codes == KAOLINITE]) > 0.9
    assert record_of(on)["probability"]["file"] == "probability.json"
    assert any("mafic" in line for line in record_of(on)["probability"]["limits"])


def test_with_a_ratio_and_decoys_too(tmp_path: Path, scene: Path) -> None:
    made = map_scene(scene, tmp_path, engine="numpy", probability=True, ratio="column", reliability=True, max_false_share=0.02)
    found, codes = bands(made.evidence), read(made.classes)
    assert list(found) == [*EVIDENCE_BANDS, AGREEMENT_BAND, PROBABILITY_BAND, Q_BAND]
    np.testing.assert_array_equal(np.isnan(found[PROBABILITY_BAND]), (codes == 0) | (codes == 255))
    assert (codes == KAOLINITE).any()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"guess": 0.8}, "another thresholds than"),
        ({"lead": 0.1}, "another thresholds than"),
        ({"class_thresholds": {"talc": (0.8, 0.9)}}, "another thresholds than"),
        ({"classes": ["kaolinite", "talc"]}, "another minerals or exemplars, thresholds than"),
        ({"scales": (1,)}, "another smoothing windows than"),
        ({"support": "paper"}, "another support than"),
        ({"method": "paper"}, "another method, background model, support than"),
        ({"model": "scene"}, "another model cube than"),
    ],
)
def test_a_map_that_nothing_was_fitted_for_has_no_probabilities_and_says_why(
    tmp_path: Path, scene: Path, changed: dict, said: str
) -> None:
    settings = {name: scene if value == "scene" else value for name, value in changed.items()}
    made = map_scene(scene, tmp_path, engine="numpy", probability=True, **settings)
    assert PROBABILITY_BAND not in bands(made.evidence)
    record = record_of(made)
    assert said in record["probability"]["none"]
    assert record["probability"]["none"] in record["warnings"]


def test_other_weights_and_exemplars_are_seen() -> None:
    mapper = mapper_for(MapOptions(engine="numpy"))
    library, discriminator = mapper.matcher.library, mapper.matcher.discriminator
    model = load_probability()
    bent = replace(mapper.matcher, library=replace(library, spectra=library.spectra * 0.999))
    assert model.differences(used_by(replace(mapper, matcher=bent))) == ["minerals or exemplars"]
    assert model.differences({**used_by(mapper), "network": "0"}) == ["network"]
    card = discriminator.card
    try:
        discriminator.card = {
            **card,
            "ground_calibration": {**card["ground_calibration"], "score": [-1.0, 0.0, 0.7, 0.85, 0.95, 1.0]},
        }
        assert model.differences(used_by(mapper)) == ["calibration of the network"]
    finally:
        discriminator.card = card


def test_probabilities_need_the_evidence(tmp_path: Path, scene: Path) -> None:
    with pytest.raises(ParameterError, match="probability: is a band of the evidence, which is not to be written"):
        map_scene(scene, tmp_path, probability=True, evidence=False)
    assert not list(tmp_path.iterdir())


def test_a_batch_maps_anew_for_probabilities_and_needs_them_for_the_most_probable(tmp_path: Path, scene: Path) -> None:
    settings = {"composite": None, "engine": "numpy"}
    assert [map_batch([scene], tmp_path / "a", probability=wanted, **settings).skipped for wanted in (False, True, True)] == [
        0,
        0,
        1,
    ]
    with pytest.raises(ParameterError, match="strategy: 'most probable' needs maps with probabilities"):
        map_batch([scene], tmp_path / "b", strategy="most probable", engine="numpy")
    assert not (tmp_path / "b").exists()


def test_how_detections_were_found() -> None:
    """Noise is that of the mean that was matched; the same class without the ratio is both, another one is not."""
    rng = np.random.default_rng(1)
    spectra = (1 + 0.02 * rng.normal(size=(5, 5, 240))).astype(np.float32)
    ones, size = np.ones(25, np.int16), np.ones(25, np.uint8)
    size[12] = 3
    score = np.full(25, 0.9, np.float32)
    found = Detection(ones, ones, score, ones, score - 0.2, np.full(25, GUESS, np.uint8), size)
    agreement = np.full(25, RATIOED, np.float32)
    agreement[[0, 12]] = OTHER, BOTH
    how = how_found(found, Ratio(spectra, None), slice(0, 5), agreement, np.array([0, 7, 12]))
    flat = spectra.reshape(25, -1)
    np.testing.assert_allclose(how.noise, noise_of(np.stack([flat[0], flat[7], spectra[1:4, 1:4].mean((0, 1))])), rtol=1e-4)
    np.testing.assert_allclose(how.lead, 0.2, rtol=1e-5)
    assert [KINDS[kind] for kind in how.kind] == ["ratio", "ratio", "both"]
    assert {KINDS[kind] for kind in how_found(found, Ratio(spectra, None), slice(0, 5), None, np.arange(3)).kind} == {"plain"}
