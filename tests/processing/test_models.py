"""The model that comes with the plugin: in the Toolbox, whole, and run by the real ``qgis_process``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from tests.qgis_support import SCENE_CLASSES, STRIP, class_codes, read_codes, write_scene

TITLE = "Denoise, map and composite (two images)"


@pytest.fixture
def model(provider):
    found = provider.algorithm(TITLE)
    assert found is not None
    return found


def test_the_model_chains_denoise_map_and_composite(model):
    steps = model.childAlgorithms()
    assert {child.algorithmId() for child in steps.values()} == {"crism:denoise", "crism:ganmap", "crism:compositemosaic"}
    for number in (1, 2):
        assert model.dependsOnChildAlgorithms(f"map_image_{number}") == {f"denoise_image_{number}"}
    assert model.dependsOnChildAlgorithms("composite") >= {"map_image_1", "map_image_2"}
    assert model.validate() == (True, [])
    assert all(child.algorithm() is not None for child in steps.values())
    assert all(parameter.help() or model.helpContent().get(parameter.name()) for parameter in model.parameterDefinitions())


def test_the_model_is_what_its_tool_makes(model):
    import importlib.util

    file = Path(__file__).resolve().parents[2] / "tools" / "make_models.py"
    spec = importlib.util.spec_from_file_location("make_models", file)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    made = tool.make_model()
    assert made.name() == model.name()
    assert {name: child.parameterSources().keys() for name, child in made.childAlgorithms().items()} == {
        name: child.parameterSources().keys() for name, child in model.childAlgorithms().items()
    }
    inputs = [parameter.name() for parameter in made.parameterDefinitions() if not parameter.isDestination()]
    assert set(inputs) == {parameter.name() for parameter in model.parameterDefinitions() if not parameter.isDestination()}


def test_the_model_runs_in_qgis_process(model, qgis_process, tmp_path):
    pytest.importorskip("torch", reason="the denoiser needs PyTorch")
    images = {}
    for number, name in enumerate(SCENE_CLASSES[:2], 1):
        images[f"IMAGE_{number}"] = file = write_scene(tmp_path / f"{number}.tif", classes=(name,))
        moved = gdal.Open(str(file), gdal.GA_Update)
        x, *rest = moved.GetGeoTransform()
        moved.SetGeoTransform((x + 18.0 * STRIP * number, *rest))
        moved = None
    (destination,) = model.destinationParameterDefinitions()  # its name differs between versions of QGIS
    wanted = {**images, "CLASSES": ", ".join(SCENE_CLASSES), destination.name(): tmp_path / "all.tif"}
    results = qgis_process.run_json(f"crism:{TITLE}", **wanted)
    codes = read_codes(Path(results[destination.name()])).astype(int) % 100
    assert codes.shape[1] - 2 * STRIP in (0, 1, 2)
    for place, code in enumerate(class_codes(SCENE_CLASSES[:2])):
        assert np.mean(codes[2 : STRIP - 2, place * STRIP + 3 : (place + 1) * STRIP - 3] == code) > 0.8
