"""What covers more than half of every column is not found by rules."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from crism_gan_plugin.core.libraries.exemplar_files import load_exemplars
from crism_gan_plugin.core.methods.rules import RuleParameters, by_rules
from crism_gan_plugin.core.progress import Progress


class Heard(Progress):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


@pytest.fixture
def cube() -> np.ndarray:
    """(30, 24, 240) float32 I/F with kaolinite in the first 22 lines."""
    library = load_exemplars()
    made = np.full((30, 24, 240), 0.2)
    made[:22] *= library.spectra[library.names.index("kaolinite (ratio)")]
    made *= 1 + 0.002 * np.random.default_rng(6).standard_normal(made.shape)
    return made.astype(np.float32)


@pytest.mark.parametrize("ratio", ["off", "column"])
def test_a_mineral_in_most_of_every_column_vanishes_and_the_log_says_so(opened: Callable, truth: np.ndarray, ratio: str) -> None:
    heard = Heard()
    found = by_rules(opened(ratio=ratio), RuleParameters(), heard)
    assert truth[4, 4] not in found.named[:22]
    assert [text for text in heard.warnings if "shows what kaolinite has" in text]
