"""Ids of observations and products, as people write them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from ..errors import ParameterError
from ..instrument.product_names import ProductName, parse_product_name

_OBSERVATION = re.compile(r"(?P<observation>[A-Z]{3}[0-9A-F]{8})(?:_(?P<counter>[0-9A-F]{2}))?")
_TILE = re.compile(r"T[0-9]{4}(_MRR[A-Z]{2}[-_0-9NSEW]*)?")

#: Scans of other counters look at the same ground from other angles.
_CENTRAL = {"FRT": "07", "HRL": "07", "HRS": "07"}
_CENTRAL_OF_OTHERS = "01"


@dataclass(frozen=True)
class WantedId:
    """What an id names: an observation, a scan of it, one product, or a map tile.

    Attributes
    ----------
    text
        The id, in capitals, as the archive is asked for it.
    counter
        The scan that is wanted; None: the central one.
    product
        The product that is wanted; None: those of the chosen kinds.
    """

    text: str
    counter: Optional[str] = None
    product: Optional[ProductName] = None

    @property
    def is_tile(self) -> bool:
        """Whether it names a map tile, or a product of one."""
        return _TILE.fullmatch(self.text) is not None

    @property
    def pattern(self) -> str:
        """What the archive is asked for; * stands for anything."""
        if self.is_tile:
            return f"{self.text.split('_')[0]}*"
        return f"{self.product.segment if self.product else self.text}*"


def central_counter(observation_class: str) -> str:
    """The counter of an observation's central scan (CRISM software interface specification)."""
    return _CENTRAL.get(observation_class, _CENTRAL_OF_OTHERS)


def parse_ids(text: str, what: str) -> list[WantedId]:
    """The ids in a text, each once, in its order.

    Parameters
    ----------
    text
        Ids with blanks, commas or semicolons between them. What follows a # in a line is left out.
    what
        What to call the text in messages.

    Raises
    ------
    ParameterError
        If something in it is no id.
    """
    lines = (line.split("#", 1)[0] for line in text.splitlines())
    words = [word for line in lines for word in re.split(r"[\s,;]+", line) if word]
    return list(dict.fromkeys(_wanted(word, what) for word in words))


def _wanted(word: str, what: str) -> WantedId:
    name = re.sub(r"\.(img|lbl|tab|hdr)$", "", word, flags=re.IGNORECASE).upper()
    product = parse_product_name(name)
    if product is not None and str(product) == name:
        return WantedId(name, product.counter, product)
    match = _OBSERVATION.fullmatch(name)
    if match is not None:
        return WantedId(name, match["counter"])
    if _TILE.fullmatch(name):
        return WantedId(name)
    raise ParameterError(
        f"{what}: {word[:60]!r} is no id of a CRISM observation, product or map tile; they are such as FRT00009312, "
        "FRT00009312_07_IF166L_TRR3 and T0880"
    )
