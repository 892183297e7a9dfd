"""The exemplar library that is made of endmembers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Optional

import numpy as np

from ..files.names import PathLike
from ..libraries.editing import USER_CODES, NewExemplar, add_exemplars, empty_library, user_colour
from ..libraries.exemplars import ExemplarLibrary, MineralClass
from ..options.mapping import IDENTIFICATION
from ..own_minerals.telling_apart import taken_for, with_doubt
from .chosen import Endmembers
from .lookalikes import LACKING, NOTHING, Judge, Lookalike


def mineral_class(number: int, shipped: ExemplarLibrary) -> MineralClass:
    """The class of an endmember, counted from 0: its code and its colour in maps are those of its number."""
    code = USER_CODES[number]
    return MineralClass(code, f"endmember {number + 1}", user_colour(code, shipped))


def exported(found: Sequence[Lookalike], export: str) -> list[int]:
    """The endmembers, from 0, that become exemplars."""
    return [k for k, each in enumerate(found) if each.verdict == LACKING or (export == "all" and each.verdict not in NOTHING)]


def library_of(
    endmembers: Endmembers,
    found: Sequence[Lookalike],
    numbers: Sequence[int],
    judge: Judge,
    scene: str,
    on_ground: bool,
    shipped: ExemplarLibrary,
    weights: Optional[PathLike],
    check: Callable[[], None],
) -> ExemplarLibrary:
    """
    A library of some endmembers.

    An endmember that is identified as an earlier one becomes a variant of its class.

    Parameters
    ----------
    numbers
        Of the endmembers, from 0; one at least.
    scene
        Product id of the image.
    on_ground
        Whether the spectra show the ground of the image, too.
    check
        Called before each of them; it may raise to stop.
    """
    new: list[NewExemplar] = []
    classes: list[MineralClass] = []
    for number in numbers:
        check()
        own, like = mineral_class(number, shipped), found[number]
        classes.append(_class_among(number, numbers[: len(new)], classes, endmembers, judge) or own)
        source = (
            f"mean of {endmembers.pixels[endmembers.chosen[number]]} pixels of {scene}, most like {like.mineral} ({like.score:.3f})"
        )
        origin = endmembers.origin(number, scene)
        new.append(
            NewExemplar(
                f"{own.name} of {scene}", classes[-1].name, endmembers.spectra[number], source, on_ground, origin, None, own
            )
        )
    check()
    library = add_exemplars(empty_library(), new, shipped, "endmembers")
    return with_doubt(library, library.class_names, taken_for(library, len(new), weights))


def _class_among(
    number: int, earlier: Sequence[int], classes: Sequence[MineralClass], endmembers: Endmembers, judge: Judge
) -> Optional[MineralClass]:
    """The class of the earlier endmember that this one cannot be told from, or None."""
    if not earlier:
        return None
    names = [str(each) for each in earlier]
    spectra = endmembers.spectra[list(earlier)]
    known = ExemplarLibrary(names, spectra, [MineralClass(1, "any", (0, 0, 0))], np.zeros(len(names), int))
    scores = judge.scores(endmembers.spectra[[number]], known)[0]
    best = int(scores.argmax())
    return classes[best] if scores[best] > IDENTIFICATION else None
