"""Regions: what is noisy and what is bright."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from crism_gan_plugin.core.detection_limit.places import choose_lines
from crism_gan_plugin.core.detection_limit.regions import NO_REGION, REGIONS, Regions
from crism_gan_plugin.core.mapping.cube import MapCube
from crism_gan_plugin.core.progress import Progress
from tests.core.detection_limit.conftest import LINES, SAMPLES


def regions_of(source: Path, folder: Path) -> Regions:
    return Regions.of(MapCube.open(source, None, None), folder, Progress())


def test_regions_are_of_equal_size_and_part_noise_first(make_tif: Callable[..., Path], bland: np.ndarray, tmp_path: Path):
    found = regions_of(make_tif(tmp_path / "scene.tif", bland), tmp_path)
    assert found.labels[5, 5] == NO_REGION
    sizes = np.bincount(found.labels[found.labels != NO_REGION], minlength=REGIONS)
    assert np.abs(sizes / sizes.sum() - 1 / REGIONS).max() < 0.02
    noise = found.labels[found.labels != NO_REGION] // 3
    assert set(np.unique(found.labels[:, :10][found.labels[:, :10] != NO_REGION] // 3)) <= {0, 1}
    assert set(np.unique(found.labels[:, -10:] // 3)) <= {1, 2}
    assert noise.size == LINES * SAMPLES - 1


def test_a_region_tells_its_noise_and_brightness(make_tif: Callable[..., Path], bland: np.ndarray, tmp_path: Path):
    found = regions_of(make_tif(tmp_path / "scene.tif", bland), tmp_path)
    assert 0.0015 < found.regions[0].noise[0] < 0.0025
    assert 0.005 < found.regions[-1].noise[1] < 0.007
    for dark, bright in ((0, 1), (1, 2), (3, 4), (4, 5)):
        assert found.regions[dark].brightness[1] <= found.regions[bright].brightness[0]


def test_lines_are_from_all_over_and_show_all_regions():
    labels = np.full((400, 20), 0, np.uint8)
    labels[37:45] = 4
    labels[300:330] = NO_REGION
    lines = choose_lines(labels)
    assert all(first.stop <= second.start for first, second in zip(lines, lines[1:]))
    assert (labels[lines[0]] == 4).any()
    assert len(lines) == 10
    assert lines[-1].start >= 360


def test_a_low_image_is_taken_whole():
    assert choose_lines(np.zeros((11, 5), np.uint8)) in ([slice(0, 6), slice(6, 11)], [slice(0, 8), slice(6, 11)])
