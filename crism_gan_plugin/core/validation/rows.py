"""The tables of a validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Optional

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..libraries.exemplars import ExemplarLibrary
from ..methods.confusion import Confusion, NamingRates
from .calibration import BINS, Calibration, ReliabilityDiagram

#: What all images, or all classes, are called in the tables.
ALL = "all"

RATES = (
    *("method", "image", "class", "code", "pixels", "named", "right", "precision", "recall", "f1"),
    *("macro_f1", "false_on_ground", "calibration_error", "calibration_error_as_is"),
)
CONFUSION = ("method", "image", "truth", "named", "pixels")
RELIABILITY = ("method", "image", "kind", "from", "to", "pixels", "said", "right")

#: Kinds of reliability diagrams: scores turned into shares by what the other images show; scores as they are.
HELD_OUT, AS_IS = "held out", "as it is"


@dataclass(frozen=True)
class ImageResult:
    """What a method made of an image.

    Attributes
    ----------
    confusion
        Of all pixels that are judged.
    score, right
        (n,) of those pixels that the method has a best class for: its score, and whether that class is right.
    """

    image: str
    confusion: Confusion
    score: FloatArray
    right: BoolArray


@dataclass(frozen=True)
class MethodResult:
    """What a method made of all images."""

    method: str
    images: Sequence[ImageResult]

    def said(self) -> str:
        """A line for the log."""
        whole = self.whole()
        numbers = (whole.all.precision, whole.all.recall, whole.macro_f1)
        told = ", ".join(f"{name} {_number(value) or 'none'}" for name, value in zip(("precision", "recall", "macro-F1"), numbers))
        return f"{self.method}: {told}, of {len(self.images)} images"

    def whole(self) -> Confusion:
        """Of all images."""
        found = self.images[0].confusion
        for each in self.images[1:]:
            found = found + each.confusion
        return found

    def held_out(self) -> list[Optional[ReliabilityDiagram]]:
        """For each image, the diagram of scores that the other images calibrated; None where these have no score."""
        found: list[Optional[ReliabilityDiagram]] = []
        for here in self.images:
            others = [each for each in self.images if each is not here and each.score.size]
            if not others or not here.score.size:
                found.append(None)
                continue
            learnt = Calibration.of(np.concatenate([o.score for o in others]), np.concatenate([o.right for o in others]))
            found.append(ReliabilityDiagram.of(learnt(here.score), here.right))
        return found

    def as_is(self) -> list[Optional[ReliabilityDiagram]]:
        """For each image, the diagram of scores as they are; None where these are no shares."""
        scores = np.concatenate([each.score for each in self.images]) if self.images else np.zeros(0)
        if not scores.size or scores.min() < 0 or scores.max() > 1:
            return [None] * len(self.images)
        return [ReliabilityDiagram.of(each.score, each.right) if each.score.size else None for each in self.images]

    def rates(self, library: ExemplarLibrary) -> Iterator[list[object]]:
        """The rows of `RATES`: of each image, then of all."""
        held, own = self.held_out(), self.as_is()
        for place, each in enumerate(self.images):
            yield from self._rows(each.image, each.confusion, held[place], own[place], library)
        if len(self.images) > 1:
            yield from self._rows(ALL, self.whole(), _sum(held), _sum(own), library)

    def _rows(
        self,
        image: str,
        found: Confusion,
        held: Optional[ReliabilityDiagram],
        own: Optional[ReliabilityDiagram],
        library: ExemplarLibrary,
    ) -> Iterator[list[object]]:
        names = {mineral.code: mineral.name for mineral in library.classes}
        more = [found.macro_f1, found.false_on_ground, *(None if each is None else each.error for each in (held, own))]
        yield [self.method, image, ALL, "", *_cells(found.all), *map(_number, more)]
        for code in found.classes:
            yield [self.method, image, names[code], code, *_cells(found.of_class(code)), "", "", "", ""]

    def confusion(self, library: ExemplarLibrary) -> Iterator[list[object]]:
        """The rows of `CONFUSION`."""
        names = {0: "bland", **{mineral.code: mineral.name for mineral in library.classes}}
        for each in self.images:
            for true, named in np.argwhere(each.confusion.counts).tolist():
                told = names[named] if named else "none"
                yield [self.method, each.image, names[true], told, int(each.confusion.counts[true, named])]

    def reliability(self) -> Iterator[list[object]]:
        """The rows of `RELIABILITY`: of each image, then of all; bins without pixels are left out."""
        for kind, diagrams in self._diagrams().items():
            named = list(zip([each.image for each in self.images], diagrams))
            for image, diagram in [*named, *([(ALL, _sum(diagrams))] if len(named) > 1 else [])]:
                if diagram is None:
                    continue
                for k, *shares in zip(np.flatnonzero(diagram.pixels).tolist(), *(share.tolist() for share in diagram.shares)):
                    pixels = int(diagram.pixels[k])
                    yield [self.method, image, kind, f"{k / BINS:g}", f"{(k + 1) / BINS:g}", pixels, *map(_number, shares)]

    def diagrams_of_all(self) -> dict[str, ReliabilityDiagram]:
        """Of each kind, the diagram of all images together; a kind that no image has is left out."""
        found = {kind: _sum(diagrams) for kind, diagrams in self._diagrams().items()}
        return {kind: diagram for kind, diagram in found.items() if diagram is not None}

    def _diagrams(self) -> dict[str, list[Optional[ReliabilityDiagram]]]:
        return {HELD_OUT: self.held_out(), AS_IS: self.as_is()}


def _sum(diagrams: Sequence[Optional[ReliabilityDiagram]]) -> Optional[ReliabilityDiagram]:
    there = [each for each in diagrams if each is not None]
    if not there:
        return None
    whole = there[0]
    for each in there[1:]:
        whole = whole + each
    return whole


def _cells(rates: NamingRates) -> list[object]:
    return [rates.there, rates.named, rates.right, *map(_number, (rates.precision, rates.recall, rates.f1))]


def _number(value: Optional[float]) -> str:
    return "" if value is None or value != value else f"{value:.4f}"
