"""Rules as a method that maps an image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from crism_gan_plugin.core.methods.rules import RuleParameters, by_rules
from crism_gan_plugin.core.progress import Progress


class Heard(Progress):
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)


def test_patches_are_found_and_single_pixels_are_not(opened: Callable, truth: np.ndarray) -> None:
    heard = Heard()
    found = by_rules(opened(ratio="column"), RuleParameters(), heard)
    assert (found.named[2:7, 2:7] == truth[4, 4]).mean() > 0.7
    assert found.named[20, 8] == 0
    assert (found.named[truth == 0] != 0).mean() < 0.02
    assert not [text for text in heard.warnings if "shows what kaolinite has" in text], heard.warnings
