"""How right maps are, and where they agree: known answers."""

from __future__ import annotations

import numpy as np
import pytest

from crism_gan_plugin.core.methods.agreeing import agreement, agreement_qml
from crism_gan_plugin.core.methods.judging import judge, threshold_for
from crism_gan_plugin.core.methods.truth import NOT_JUDGED, Truth

#: Four pixels of class 15, two of 14, three of ground, one that is not judged.
TRUTH = Truth.of(np.array([[15, 15, 15, 15, 14, 14, 0, 0, 0, NOT_JUDGED]]))


def test_a_perfect_map_is_perfect() -> None:
    judged = judge(np.where(TRUTH.codes == NOT_JUDGED, 7, TRUTH.codes), TRUTH)
    found = judged.confusion
    assert (found.all.precision, found.all.recall, found.macro_f1, found.false_on_ground) == (1, 1, 1, 0)
    assert judged.by_width[1] == 1
    assert judged.by_width[2] is None


def test_errors_count_where_they_are() -> None:
    named = np.array([[15, 15, 14, 0, 14, 15, 15, 0, 0, 15]], np.uint8)
    found = judge(named, TRUTH).confusion
    assert found.all.precision == pytest.approx(3 / 6)
    assert found.all.recall == pytest.approx(3 / 6)
    assert found.false_on_ground == pytest.approx(1 / 3)
    assert found.of_class(15).precision == pytest.approx(2 / 4)
    assert found.of_class(15).recall == pytest.approx(2 / 4)
    assert found.of_class(14).precision == pytest.approx(1 / 2)
    assert found.of_class(14).f1 == pytest.approx(1 / 2)
    assert found.macro_f1 == pytest.approx((2 * 2 / 8 + 2 * 1 / 4) / 2)


def test_an_empty_map_has_no_precision() -> None:
    found = judge(np.zeros((1, 10), np.uint8), TRUTH).confusion
    assert found.all.precision is None
    assert found.all.recall == found.macro_f1 == 0


def test_the_threshold_finds_the_most_at_the_precision() -> None:
    likeliest = np.array([[15, 15, 14, 15, 14, 15, 15, 0, 14, 15]], np.uint8)
    scores = np.array([[0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.99, 0.2, 1.0]], np.float32)
    # right, right, wrong, right, right, wrong, wrong, -, wrong; the last is not judged
    assert threshold_for(likeliest, scores, TRUTH, 1.0) == pytest.approx(0.8)
    assert threshold_for(likeliest, scores, TRUTH, 0.8) == pytest.approx(0.5)
    assert threshold_for(likeliest, scores, TRUTH, 0.0) == pytest.approx(0.2)


def test_equal_scores_come_together() -> None:
    likeliest = np.array([[15, 15, 15, 15, 15, 0, 0, 0, 0, 0]], np.uint8)
    scores = np.where(likeliest > 0, 0.5, 0).astype(np.float32)
    assert threshold_for(likeliest, scores, TRUTH, 0.9) == np.inf
    assert threshold_for(likeliest, scores, TRUTH, 0.8) == pytest.approx(0.5)


def test_agreement_is_the_class_of_most() -> None:
    named = [np.array([row], np.uint8) for row in ([1, 1, 2, 0, 3], [1, 2, 1, 0, 0], [1, 2, 3, 0, 0])]
    found = agreement(named, np.array([[True, True, True, True, False]]))
    assert found[:, 0].tolist() == [[3, 2, 1, 0, 255], [1, 2, 1, 0, 255], [3, 3, 3, 0, 255]]
    assert agreement_qml(3).count("of 3 methods") == 3
