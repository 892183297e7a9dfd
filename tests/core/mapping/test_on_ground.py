"""Whether a match with an exemplar on ground is a detection."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from crism_gan_plugin.core import load_exemplars
from crism_gan_plugin.core.libraries.exemplars import ExemplarLibrary
from crism_gan_plugin.core.mapping.levels import detect, make_thresholds
from crism_gan_plugin.core.mapping.on_ground import unconfirmed


def judged(scores: np.ndarray, library: ExemplarLibrary) -> list[bool]:
    thresholds = make_thresholds(library)
    return unconfirmed(detect(scores, library, thresholds, 1), scores, library, thresholds).tolist()


def test_another_spectrum_of_the_class_has_to_guess_it() -> None:
    library = load_exemplars().select(["talc", "low-Ca pyroxene"])
    assert dict(zip(library.names, library.on_ground)) == {
        "low-Ca pyroxene (numerator)": False,  # ground on Mars is made of pyroxene
        "low-Ca pyroxene (ratio)": False,
        "talc (numerator)": True,
        "talc (ratio)": False,
    }
    rows = {
        (0.10, 0.10, 0.98, 0.90): False,  # talc's ratio is a guess
        (0.10, 0.10, 0.98, 0.80): True,
        (0.10, 0.10, 0.98, 0.85): True,  # not above the guess
        (0.90, 0.10, 0.98, 0.80): True,
        (0.10, 0.10, 0.80, 0.98): False,  # the best match shows no ground
        (0.98, 0.10, 0.90, 0.10): False,  # pyroxene is the best
        (0.10, 0.10, 0.60, 0.10): False,  # nothing is detected
        (0.00, 0.00, 0.00, 0.00): False,  # flat
        (np.nan, np.nan, np.nan, np.nan): False,  # no data
    }
    assert judged(np.array(list(rows), np.float32), library) == list(rows.values())


def test_a_class_without_another_spectrum_needs_none() -> None:
    library = load_exemplars().select(["talc", "kaolinite"])
    alone = replace(library, on_ground=np.ones(len(library.names), bool))
    assert judged(np.full((2, len(library.names)), 0.99, np.float32), alone) == [False, False]
