"""A matcher that changes the scores of another one."""

from __future__ import annotations

from typing import Any

from ..arrays import FloatArray
from ..libraries.exemplars import ExemplarLibrary


class WrappedMatcher:
    """What does not change: library, network, channels and noise are those of ``matcher``."""

    matcher: Any

    @property
    def library(self) -> ExemplarLibrary:
        library: ExemplarLibrary = self.matcher.library
        return library

    @property
    def discriminator(self) -> Any:
        return self.matcher.discriminator

    @property
    def channels(self) -> Any:
        return self.matcher.channels

    @property
    def exemplars(self) -> FloatArray:
        return self.matcher.exemplars

    def noise_of(self, on_grid: FloatArray) -> FloatArray:
        """As the matcher's."""
        return self.matcher.noise_of(on_grid)
