"""Best guess, levels, codes and the merge of scales, on hand-made scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crism_gan_plugin.core.errors import ParameterError
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary, MineralClass
from crism_gan_plugin.core.mapping.levels import GUESS, IDENTIFICATION, NOTHING, Detection, codes, detect, make_thresholds
from crism_gan_plugin.core.mapping.merge import merge_scales


def library() -> ExemplarLibrary:
    """Three classes; the first owns two spectra that do not lie together."""
    classes = [
        MineralClass(7, "one", (255, 0, 0)),
        MineralClass(3, "two", (0, 255, 0)),
        MineralClass(50, "three", (0, 0, 255), True, True),
    ]
    return ExemplarLibrary(["one a", "two", "one b", "three"], np.ones((4, 240)), classes, np.array([0, 1, 0, 2]))


def detection_of(scores: list[list[float]], size: int = 1) -> Detection:
    return detect(np.array(scores, np.float32), library(), make_thresholds(library()), size)


def test_best_guess_and_runner_up_of_another_class() -> None:
    found = detection_of([[0.90, 0.5, 0.96, 0.1]])
    assert (found.exemplar[0], found.mineral[0], found.other_mineral[0]) == (2, 0, 1)
    np.testing.assert_allclose([found.score[0], found.other_score[0]], [0.96, 0.5], rtol=1e-6)


def test_the_runner_up_is_of_another_class_though_it_be_unlike() -> None:
    found = detection_of([[0.97, -0.5, 0.3, -0.25]])
    assert (found.other_mineral[0], found.other_score[0]) == (2, -0.25)


@pytest.mark.parametrize(
    ("score", "code"), [(0.951, 3), (0.95, 103), (0.851, 103), (0.85, 0), (0.72, 0), (0.5, 0), (0.0, 0), (np.nan, 255)]
)
def test_levels_of_the_paper(score: float, code: int) -> None:
    found = detection_of([[0.0, score, 0.0, 0.0] if not np.isnan(score) else [score] * 4])
    assert codes(found, library())[0] == code


@pytest.mark.parametrize(("score", "code"), [(0.976, 50), (0.97, 150), (0.951, 150), (0.94, 0)])
def test_low_confidence_classes_need_more(score: float, code: int) -> None:
    assert codes(detection_of([[0.0, 0.0, 0.0, score]]), library())[0] == code


def test_best_guess_threshold_binds_when_a_class_asks_for_less() -> None:
    thresholds = make_thresholds(library(), overrides={"Two": (0.5, 0.6)})
    found = detect(np.array([[0, 0.69, 0, 0], [0, 0.707, 0, 0], [0, 0.71, 0, 0]], np.float32), library(), thresholds, 1)
    assert found.level.tolist() == [NOTHING, IDENTIFICATION, IDENTIFICATION]


@pytest.mark.parametrize(("other", "level"), [(0.84, IDENTIFICATION), (0.90, GUESS), (0.96, GUESS)])
def test_an_identification_must_lead_every_other_class(other: float, level: int) -> None:
    scores = np.array([[0.97, other, 0.965, 0], [0.9, other - 0.1, 0, 0]], np.float32)  # 0.965: another spectrum of the class
    found = detect(scores, library(), make_thresholds(library(), lead=0.1), 1)
    assert found.level.tolist() == [level, GUESS]
    assert detect(scores, library(), make_thresholds(library()), 1).level.tolist() == [IDENTIFICATION, GUESS]


def test_a_lead_that_is_just_as_asked_is_enough() -> None:
    scores = np.array([[0.96875, 0.71875, 0, 0]], np.float32)
    assert detect(scores, library(), make_thresholds(library(), lead=0.25), 1).level.tolist() == [IDENTIFICATION]


def test_the_only_class_of_a_library_leads() -> None:
    alone = library().select(["two"])
    found = detect(np.array([[0.96]], np.float32), alone, make_thresholds(alone, lead=0.5), 1)
    assert found.level.tolist() == [IDENTIFICATION]


@pytest.mark.parametrize("lead", [-0.1, 1.1, float("nan")])
def test_a_lead_without_sense_is_refused(lead: float) -> None:
    with pytest.raises(ParameterError, match="lead: must be"):
        make_thresholds(library(), lead=lead)


def test_flat_spectrum_names_nothing() -> None:
    found = detection_of([[0.0, 0.0, 0.0, 0.0]])
    assert (found.exemplar[0], found.mineral[0], found.level[0], found.score[0]) == (-1, -1, NOTHING, 0)


@pytest.mark.parametrize(
    "numbers", [{"guess": 0.96}, {"best_guess": 0.86}, {"identification": 1.2}, {"best_guess": -0.1}, {"guess": float("nan")}]
)
def test_thresholds_out_of_order_are_refused(numbers: dict[str, float]) -> None:
    with pytest.raises(ParameterError, match="in order"):
        make_thresholds(library(), **numbers)


def test_threshold_of_an_unknown_class_is_refused() -> None:
    with pytest.raises(ParameterError, match="'four'"):
        make_thresholds(library(), overrides={"four": (0.8, 0.9)})
    with pytest.raises(ParameterError, match="'one'"):
        make_thresholds(library(), overrides={"one": (0.9, 0.8)})


# rows of scores: A identifies "one", LOW_A guesses "one" lower, B identifies "two"; UNSURE is higher than that guess, but not
# enough for "three", a class of low confidence; NONE is nothing, UNKNOWN no data
A, LOW_A, B, UNSURE, NONE = [0.97, 0, 0, 0], [0.90, 0, 0, 0], [0, 0.99, 0, 0], [0, 0, 0, 0.94], [0.6, 0.2, 0, 0]
UNKNOWN = [float("nan")] * 4


@pytest.mark.parametrize(
    ("rows", "code", "size"),
    [
        ((A, A, A), 7, 1),  # equal scores: the sharpest
        ((LOW_A, A, LOW_A), 7, 3),  # agreement: the highest score
        ((LOW_A, NONE, A), 7, 5),  # a scale that detects nothing does not disagree
        ((LOW_A, B, B), 107, 1),  # disagreement: the least smoothing, though it scores less
        ((NONE, LOW_A, B), 107, 3),  # … of those that detect
        ((NONE, NONE, B), 3, 5),
        ((LOW_A, UNSURE, NONE), 107, 1),  # what detects nothing does not win by its score
        ((UNSURE, NONE, LOW_A), 107, 5),
        ((UNKNOWN, NONE, NONE), 0, 3),  # no data has no score
        ((UNKNOWN, LOW_A, NONE), 107, 3),
        ((NONE, NONE, NONE), 0, 1),
    ],
)
def test_merge_is_the_papers_rule(rows: tuple[list[float], ...], code: int, size: int) -> None:
    merged = merge_scales([detection_of([row], s) for row, s in zip(rows, (1, 3, 5))])
    assert (codes(merged, library())[0], merged.size[0]) == (code, size)


def merge_by_hand(detections: list[Detection], pixel: int) -> int:
    """The rule in plain Python: the number of the scale that stands."""
    detecting = [n for n, d in enumerate(detections) if d.level[pixel] > NOTHING]
    if not detecting:
        return int(np.argmax([np.nan_to_num(d.score[pixel], nan=-1) for d in detections]))
    if len({int(detections[n].mineral[pixel]) for n in detecting}) == 1:
        return max(detecting, key=lambda n: (detections[n].score[pixel], -n))
    return detecting[0]


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(np.float32, (3, 6, 4), elements=st.floats(0.625, 1, width=32)))
def test_merge_equals_the_rule_pixel_by_pixel(scores: np.ndarray) -> None:
    detections = [detect(s, library(), make_thresholds(library()), size) for s, size in zip(scores, (1, 3, 5))]
    merged = merge_scales(detections)
    for pixel in range(scores.shape[1]):
        stands = detections[merge_by_hand(detections, pixel)]
        assert merged.size[pixel] == stands.size[pixel]
        assert (merged.level[pixel], merged.score[pixel]) == (stands.level[pixel], stands.score[pixel])


def test_guess_codes_are_a_hundred_above() -> None:
    found = detection_of([[0.9, 0, 0, 0], [0.96, 0, 0, 0]])
    assert found.level.tolist() == [GUESS, IDENTIFICATION]
    assert codes(found, library()).tolist() == [107, 7]
