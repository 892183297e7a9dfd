"""Areas and footprints in degrees."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.fetching.area import Box, boxes_of_extent, outline, parts_of


@pytest.mark.parametrize(
    ("extent", "boxes"),
    [
        ((77, 18, 78, 19), [Box(77, 18, 78, 19)]),
        ((-10, -5, -8, 5), [Box(350, -5, 352, 5)]),
        ((-2, 10, 3, 12), [Box(358, 10, 360, 12), Box(0, 10, 3, 12)]),
        ((170, 0, -170, 1), [Box(170, 0, 190, 1)]),
        ((350, 0, 10, 1), [Box(350, 0, 360, 1), Box(0, 0, 10, 1)]),
        ((-180, -90, 180, 90), [Box(0, -90, 360, 90)]),
        ((0, -90, 360, 90), [Box(0, -90, 360, 90)]),
        ((350, 0, 360, 1), [Box(350, 0, 360, 1)]),
    ],
)
def test_boxes(extent: tuple[float, ...], boxes: list[Box]) -> None:
    assert boxes_of_extent(extent) == boxes


def area(wkt: str) -> tuple[list[tuple[float, float]], float]:
    """The longitudes between which each part lies, and the area of all parts in square degrees."""
    shape = outline(wkt)
    spans = [(float(part[0][:, 0].min()), float(part[0][:, 0].max())) for part in parts_of(shape)]
    return sorted(spans), shape.GetArea()


@pytest.mark.parametrize(
    ("wkt", "spans"),
    [
        ("POLYGON ((77 18, 78 18, 78 19, 77 19, 77 18))", [(77, 78)]),
        ("POLYGON ((350 18, 351 18, 351 19, 350 19, 350 18))", [(-10, -9)]),
        ("POLYGON ((179.5 0, 180.5 0, 180.5 1, 179.5 1, 179.5 0))", [(-180, -179.5), (179.5, 180)]),
        ("POLYGON ((359.5 0, 0.5 0, 0.5 1, 359.5 1, 359.5 0))", [(-0.5, 0.5)]),
        ("POLYGON ((-0.5 0, 0.5 0, 0.5 1, -0.5 1, -0.5 0))", [(-0.5, 0.5)]),
        ("MULTIPOLYGON (((359.5 0, 360 0, 360 1, 359.5 1, 359.5 0)), ((0 0, 0.5 0, 0.5 1, 0 1, 0 0)))", [(-0.5, 0), (0, 0.5)]),
    ],
)
def test_outlines_lie_between_minus_180_and_180(wkt: str, spans: list[tuple[float, float]]) -> None:
    found, size = area(wkt)
    np.testing.assert_allclose(found, spans)
    assert size == pytest.approx(1.0)


@pytest.mark.parametrize("wkt", ["", "POINT (1 2)", "no outline", "POLYGON EMPTY", "POLYGON ((nan 1, 2 2, 3 3, nan 1))"])
def test_what_is_no_outline_is_none(wkt: str) -> None:
    assert outline(wkt) is None
