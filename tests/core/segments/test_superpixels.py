"""Superpixels, against a plain one-edge-after-the-other program, and HiiHAT's checkerboards."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.errors import Cancelled
from crism_gan_plugin.core.segments.means import SegmentMeans
from crism_gan_plugin.core.segments.merging import Edges, merge
from crism_gan_plugin.core.segments.smacc import smacc
from crism_gan_plugin.core.segments.superpixels import NO_SEGMENT, PixelGraph


def superpixels(features: np.ndarray, scale: float, least: int) -> np.ndarray:
    graph = PixelGraph(*features.shape[:2])
    graph.add(features)
    return graph.segments(scale, least)


def plain_merge(edges: Edges, nodes: int, scale: float, least: int) -> np.ndarray:
    """Felzenszwalb and Huttenlocher's algorithm as they wrote it down."""
    root, size, inner = list(range(nodes)), [1] * nodes, [0.0] * nodes

    def top(node: int) -> int:
        while root[node] != node:
            node = root[node]
        return node

    pairs = list(zip(edges.one.tolist(), edges.other.tolist(), edges.weight.tolist()))
    for one, other, weight in pairs:
        a, b = top(one), top(other)
        if a != b and weight <= min(inner[a] + scale / size[a], inner[b] + scale / size[b]):
            root[a], size[b], inner[b] = b, size[a] + size[b], weight
    for one, other, _ in pairs:
        a, b = top(one), top(other)
        if a != b and min(size[a], size[b]) < least:
            root[a], size[b] = b, size[a] + size[b]
    return np.array([top(node) for node in range(nodes)])


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two numberings part the same things."""
    pairs = len(set(zip(one.ravel().tolist(), other.ravel().tolist())))
    return pairs == len(np.unique(one)) == len(np.unique(other))


def grid_edges(rng: np.random.Generator, lines: int, samples: int, kind: str) -> Edges:
    node = np.arange(lines * samples).reshape(lines, samples)
    pairs = [(node[:, :-1], node[:, 1:]), (node[:-1], node[1:]), (node[:-1, :-1], node[1:, 1:]), (node[:-1, 1:], node[1:, :-1])]
    one, other = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    weight = {
        "noise": lambda: rng.random(one.size),
        "ties": lambda: rng.integers(0, 4, one.size).astype(float),
        "smooth": lambda: np.hypot(one % samples, one // samples) + 0.01 * rng.random(one.size),
    }[kind]()
    return Edges.sorted(one, other, weight)


@pytest.mark.parametrize("kind", ["noise", "ties", "smooth"])
@pytest.mark.parametrize(("scale", "least"), [(0.3, 1), (2.0, 20), (0.0, 7)])
def test_it_merges_as_they_wrote_it_down(kind: str, scale: float, least: int) -> None:
    edges = grid_edges(np.random.default_rng(3), 110, 90, kind)
    assert same(merge(edges, 9900, scale, least), plain_merge(edges, 9900, scale, least))


def checkerboard(classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(120, 120, classes) picture of squares of 20 × 20 pixels, and the class of each pixel; no two neighbours are alike."""
    row, column = np.indices((6, 6))
    kind = np.repeat(np.repeat((row % 3 * 3 + column % 3) % classes if classes == 9 else (row + column) % 3, 20, 0), 20, 1)
    return 10.0 * np.eye(classes)[kind], kind


@pytest.mark.parametrize("classes", [3, 9])
def test_a_checkerboard_without_noise_gives_its_squares(classes: int) -> None:
    picture, _ = checkerboard(classes)
    found = superpixels(picture, 1.0, 20)
    squares = np.arange(120)[:, None] // 20 * 6 + np.arange(120) // 20
    if classes == 9:
        assert same(found, squares)
    else:  # squares of one class touch at their corners, which are neighbours, too
        diagonal = np.arange(120)[:, None] // 20 + np.arange(120) // 20
        assert same(found, diagonal)


@pytest.mark.parametrize("classes", [3, 9])
def test_a_checkerboard_with_noise_gives_pure_segments(classes: int) -> None:
    picture, kind = checkerboard(classes)
    noisy = 10 * picture + np.random.default_rng(1).normal(0, np.sqrt(5), picture.shape)
    found = superpixels(noisy, 1.0, 20)
    assert len(np.unique(found)) >= len(np.unique(kind))
    assert all(len(np.unique(kind[found == segment])) == 1 for segment in np.unique(found))
    assert np.bincount(found.ravel()).min() >= 20


@pytest.mark.parametrize("classes", [3, 9])
def test_smacc_on_the_squares_of_a_checkerboard_returns_each_class_once(classes: int) -> None:
    picture, kind = checkerboard(classes)
    found = superpixels(picture, 1.0, 20)
    sums = SegmentMeans(int(found.max()) + 1, classes)
    sums.add(found, picture)
    chosen = smacc(sums.means(), classes + 1).chosen
    assert sorted(int(kind[found == segment][0]) for segment in chosen) == list(range(classes))


def test_a_patch_of_the_least_size_stays_and_one_pixel_less_vanishes() -> None:
    picture = np.zeros((30, 30, 1))
    picture[4:8, 4:9] = picture[18:22, 18:23] = 1.0  # 20 pixels each
    picture[18, 18] = 0
    found = superpixels(picture, 0.1, 20)
    assert found[5, 5] != found[0, 0]
    assert found[20, 20] == found[0, 0]


def test_patches_below_the_least_size_vanish() -> None:
    picture = np.zeros((30, 30, 2))
    picture[4:8, 4:8, 0] = picture[18:23, 18:23, 1] = 1.0
    found = superpixels(picture, 0.1, 20)
    assert len(np.unique(found)) == 2
    assert found[6, 6] == found[0, 0] != found[20, 20]


def test_lines_may_come_in_blocks_and_pixels_without_data_belong_nowhere() -> None:
    picture = np.random.default_rng(0).normal(size=(40, 30, 3)).astype(np.float32)
    picture[10, :, 1] = np.nan
    graph = PixelGraph(40, 30)
    for first in (0, 1, 14, 39):
        graph.add(picture[first : {0: 1, 1: 14, 14: 39, 39: 40}[first]])
    found = graph.segments(4.0, 5)
    assert (found == superpixels(picture, 4.0, 5)).all()
    assert ((found == NO_SEGMENT) == np.isnan(picture).any(-1)).all()
    assert set(found[found >= 0]) == set(range(found.max() + 1))
    assert not set(found[:10].ravel()) & set(found[11:].ravel()), "nothing joins what lies on both sides of a gap"


def test_an_image_without_data_or_of_one_pixel_has_no_edges() -> None:
    assert (superpixels(np.full((3, 4, 2), np.nan), 1.0, 2) == NO_SEGMENT).all()
    assert superpixels(np.zeros((1, 1, 2)), 1.0, 2).tolist() == [[0]]


def test_it_can_be_stopped() -> None:
    def stop() -> None:
        raise Cancelled("enough")

    graph = PixelGraph(20, 20)
    graph.add(np.zeros((20, 20, 1)))
    with pytest.raises(Cancelled):
        graph.segments(1.0, 2, stop)
