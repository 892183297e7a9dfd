"""Rates and calibration: known answers."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.methods.confusion import Confusion
from crism_gan_plugin.core.validation.calibration import Calibration, ReliabilityDiagram
from crism_gan_plugin.core.validation.figure import reliability_figure
from crism_gan_plugin.core.validation.rows import ImageResult, MethodResult

SVG = "{http://www.w3.org/2000/svg}"


def test_counts_become_rates() -> None:
    truth = np.array([15, 15, 15, 15, 13, 13, 0, 0, 0, 0])
    named = np.array([15, 15, 15, 13, 13, 0, 0, 0, 0, 15])
    found = Confusion.of(truth, named)
    assert found.classes == [13, 15]
    assert (found.of_class(15).precision, found.of_class(15).recall) == (0.75, 0.75)
    assert (found.of_class(13).precision, found.of_class(13).recall) == (0.5, 0.5)
    assert (found.all.right, found.all.named, found.all.there) == (4, 6, 6)
    assert found.macro_f1 == pytest.approx((0.75 + 0.5) / 2)
    assert found.false_on_ground == 0.25
    np.testing.assert_array_equal((found + found).counts, 2 * found.counts)


def test_what_is_never_named_counts_in_macro_f1() -> None:
    found = Confusion.of(np.array([15, 13]), np.array([15, 0]))
    assert found.of_class(13).precision is None
    assert found.macro_f1 == 0.5


def test_isotonic_regression_is_the_best_that_never_falls() -> None:
    """Against every non-falling step function of a small case: none has a smaller sum of squares."""
    score = np.arange(7.0)
    right = np.array([0, 1, 0, 0, 1, 0, 1], bool)
    learnt = Calibration.of(score, right)(score)
    assert (np.diff(learnt) >= -1e-12).all()
    blocks = [0, 1 / 3, 1 / 3, 1 / 3, 0.5, 0.5, 1]
    inside = Calibration.of(score, right)
    np.testing.assert_allclose(inside.share, [0, 1 / 3, 0.5, 1])
    np.testing.assert_allclose(inside.score, [0, 2, 4.5, 6])
    assert np.sum((np.array(blocks) - right) ** 2) <= min(np.sum((np.full(7, c) - right) ** 2) for c in np.linspace(0, 1, 11))


def test_what_says_the_truth_has_no_error_and_an_overconfident_one_has() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(200_000)
    right = rng.random(said.size) < said
    assert ReliabilityDiagram.of(said, right).error < 0.01
    assert ReliabilityDiagram.of(np.minimum(said + 0.3, 1), right).error == pytest.approx(0.255, abs=0.01)
    halves = ReliabilityDiagram.of(said[:1000], right[:1000]) + ReliabilityDiagram.of(said[1000:], right[1000:])
    assert halves.error == pytest.approx(ReliabilityDiagram.of(said, right).error)


def result(image: str, shift: float, seed: int) -> ImageResult:
    rng = np.random.default_rng(seed)
    score = rng.normal(0, 1, 5000)
    right = rng.random(5000) < 1 / (1 + np.exp(-2 * (score - shift)))
    return ImageResult(image, Confusion.of(np.array([15]), np.array([15])), score, right)


def of_shares(image: str, seed: int) -> ImageResult:
    """Scores from 0 to 1, which say too much."""
    rng = np.random.default_rng(seed)
    score = rng.random(5000)
    return ImageResult(image, Confusion.of(np.array([15]), np.array([15])), score, rng.random(5000) < score**2)


def test_the_image_that_is_judged_teaches_nothing() -> None:
    """Two alike images calibrate each other; a third that is otherwise is told wrongly by both, and shows it."""
    alike = MethodResult("m", [result("a", 0, 1), result("b", 0, 2)])
    errors = [each.error for each in alike.held_out() if each is not None]
    assert len(errors) == 2 and max(errors) < 0.03
    odd = MethodResult("m", [result("a", 0, 1), result("b", 0, 2), result("c", 1.5, 3)])
    assert odd.held_out()[2].error > 0.15
    assert odd.as_is() == [None] * 3  # scores below 0 are no shares
    assert MethodResult("m", [result("a", 0, 1)]).held_out() == [None]


def test_rows_name_classes_and_images() -> None:
    rows = list(MethodResult("m", [result("a", 0, 1), result("b", 0, 2)]).rates(load_exemplars()))
    assert [row[1:4] for row in rows] == [
        ["a", "all", ""],
        ["a", "kaolinite", 15],
        ["b", "all", ""],
        ["b", "kaolinite", 15],
        ["all", "all", ""],
        ["all", "kaolinite", 15],
    ]


def test_the_picture_shows_the_points_of_the_table() -> None:
    """Dots of each panel, brought back from the picture's units to shares, are the rows of all images."""
    several = [
        MethodResult("m", [result("a", 0, 1), result("b", 0, 2)]),
        MethodResult("shares", [of_shares("a", 3), of_shares("b", 4)]),
        MethodResult("one", [of_shares("a", 5)]),
        MethodResult("<silent>", [ImageResult("a", Confusion.of(np.array([15]), np.array([0])), np.zeros(0), np.zeros(0, bool))]),
    ]
    root = ElementTree.fromstring(reliability_figure(several))
    frames = [{key: float(each.get(key, "")) for key in ("x", "y", "width", "height")} for each in root.iter(f"{SVG}rect")]
    assert len(frames) == len(several)
    shown: list[list[tuple[float, float]]] = [[] for _ in several]
    for dot in root.iter(f"{SVG}circle"):
        x, y = float(dot.get("cx", "")), float(dot.get("cy", ""))
        for points, frame in zip(shown, frames):
            right, up = (x - frame["x"]) / frame["width"], 1 - (y - frame["y"]) / frame["height"]
            if 0 <= right <= 1 and 0 <= up <= 1:
                points.append((right, up))
    for each, points in zip(several, shown):
        rows = list(each.reliability())
        of_all = rows[-1][1] if rows else ""
        expected = [(float(str(row[6])), float(str(row[7]))) for row in rows if row[1] == of_all]
        assert len(points) == len(expected)
        np.testing.assert_allclose(points, expected, atol=5e-4)
    words = [text.text for text in root.iter(f"{SVG}text")]
    assert {"m", "shares", "one", "<silent>", "none"} <= set(words)
    errors = several[1].diagrams_of_all()
    assert list(errors) == ["held out", "as it is"]
    assert {f"{kind}: error {diagram.error:.3f}" for kind, diagram in errors.items()} <= set(words)
