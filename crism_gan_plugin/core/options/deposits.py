"""What counts as a deposit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional

from ..files.names import PathLike
from .parameter import Parameter, ValueKind
from .shared import BESIDES, WAVELENGTHS
from .stage import Options, described

#: Which pixels of a map deposits are made of.
LEVELS = {
    "identification": "identified pixels.",
    "guess": "guessed pixels.",
    "both": "identified and guessed pixels, separately.",
}

#: Pixels that a pixel is connected with.
NEIGHBOURS = {"4": "those that share a side.", "8": "those that share a corner, too."}

MAP = Parameter(
    ValueKind.IMAGE,
    "Mineral map",
    "A map written by CRISM GAN Map (the command map), or a composite, with the files that lie beside it: class table, evidence "
    "and record.",
    id="INPUT",
    required=True,
)


def _pixels(title: str, said: str, least: int, advanced: bool = False) -> Parameter:
    return Parameter(ValueKind.WHOLE_NUMBER, title, said, least=least, advanced=advanced)


@dataclass(frozen=True)
class DepositOptions(Options):
    """The parameters of `make_deposits`."""

    level: str = described("identification", Parameter(ValueKind.CHOICE, "Made of", "What deposits are made of.", choices=LEVELS))
    neighbours: str = described(
        "8", Parameter(ValueKind.CHOICE, "Neighbours", "Which pixels are connected with a pixel.", choices=NEIGHBOURS)
    )
    min_pixels: int = described(5, _pixels("Least size [pixels]", "Deposits of fewer pixels are left out.", 1))
    min_columns: Optional[int] = described(
        None,
        _pixels(
            "Least number of detector columns",
            "Deposits that fewer columns of the detector have seen are left out, because streaks of one column are artefacts. The "
            "band sample of the map's evidence tells the columns; in sensor space they are the map's own. If no number is given, "
            "it is 2 where columns are known.",
            1,
        ),
    )
    sieve: int = described(
        0,
        _pixels(
            "Sieve [pixels]",
            "First, patches of fewer pixels than this join their largest neighbour, be it a class or nothing.",
            0,
            advanced=True,
        ),
    )
    fill_holes: int = described(
        0,
        _pixels(
            "Fill holes up to [pixels]",
            "Holes of up to so many pixels, on which the map says nothing, become part of the deposit around them.",
            0,
            advanced=True,
        ),
    )
    besides: bool = described(False, replace(BESIDES, help=BESIDES.help.replace("that the maps show", "that the map shows")))
    image: Optional[PathLike] = described(
        None,
        Parameter(
            ValueKind.IMAGE,
            "Image that was mapped",
            "The image, for the mean spectra. If none is given, it is the one that the map's record names. If that one is not "
            "found, deposits have no spectra, and a note says why.",
            advanced=True,
        ),
    )
    wavelengths: Optional[PathLike] = described(None, replace(WAVELENGTHS, advanced=True))

    def __post_init__(self) -> None:
        object.__setattr__(self, "neighbours", str(self.neighbours))  # numbers are as good as words
        super().__post_init__()

    @property
    def diagonal(self) -> bool:
        """Whether pixels that share a corner are connected."""
        return self.neighbours == "8"
