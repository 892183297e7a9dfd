"""The table of methods: its rows, and what each finds on a small image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest
from osgeo import gdal

from crism_gan_plugin.core import map_scene
from crism_gan_plugin.core.errors import Cancelled
from crism_gan_plugin.core.methods.table import METHODS
from crism_gan_plugin.core.options.methods import COMPARED, USUAL
from crism_gan_plugin.core.progress import Progress
from tests.core.methods.conftest import CLASSES


def test_every_method_that_can_be_chosen_has_a_row() -> None:
    assert list(METHODS) == list(COMPARED)
    assert set(USUAL) <= set(METHODS)


@pytest.mark.parametrize("key", list(METHODS))
def test_parameters_are_frozen_and_say_where_each_is_from(key: str) -> None:
    parameters = METHODS[key].defaults()
    assert is_dataclass(parameters)
    assert type(parameters).__dataclass_params__.frozen
    said = type(parameters).__doc__ or ""
    assert all(each.name in said for each in fields(parameters))


@pytest.mark.parametrize("ratio", ["off", "column"])
def test_the_network_gives_the_map(opened: Callable, source: Path, tmp_path: Path, ratio: str) -> None:
    image = opened(ratio=ratio)
    found = METHODS["network"](image, Progress())
    made = map_scene(source, tmp_path / "map", classes=CLASSES, engine="numpy", ratio=ratio)
    np.testing.assert_array_equal(found.codes, gdal.Open(str(made.classes)).ReadAsArray())
    np.testing.assert_array_equal(found.scores, gdal.Open(str(made.evidence)).ReadAsArray()[0])


@pytest.mark.parametrize("key", list(METHODS))
def test_no_data_is_no_data(opened: Callable, key: str) -> None:
    found = METHODS[key](opened(ratio="column"), Progress())
    assert found.codes[28, 3] == 255
    assert np.isnan(found.scores[28, 3])
    assert (found.codes != 255).sum() == 30 * 24 - 1
    assert found.named[28, 3] == 0


@pytest.mark.parametrize("key", ["network", "whitened", "dcgan", "angle", "angle_reflectance", "euclidean", "derivative"])
def test_the_best_class_of_a_patch_is_its_mineral(opened: Callable, truth: np.ndarray, key: str) -> None:
    found = METHODS[key](opened(ratio="column"), Progress())
    inside = np.s_[3:6, 3:6]
    assert found.best is not None
    np.testing.assert_array_equal(found.best[inside], truth[inside])


@pytest.mark.parametrize("key", list(METHODS))
def test_a_method_can_be_cancelled(opened: Callable, recorder: Callable, key: str) -> None:
    with pytest.raises(Cancelled):
        METHODS[key](opened(), recorder(stop_after=0))
