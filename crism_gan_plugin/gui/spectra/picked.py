"""A spectrum that was asked for, as the dock, the list and the canvas know it."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.inspection import PixelEvidence


@dataclass(frozen=True)
class Picked:
    """A spectrum that was asked for: its name and colour in plots, list and map, and what it tells."""

    name: str
    colour: str
    evidence: PixelEvidence

    @property
    def title(self) -> str:
        """Name, mineral and place, in a line."""
        place = self.evidence.place
        if place.line is None:
            return f"{self.name}  {self.evidence.title}, deposit of {place.pixels} pixels"
        return f"{self.name}  {self.evidence.title}, line {place.line}, sample {place.sample}"
