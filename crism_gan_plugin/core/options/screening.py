"""Which minerals are asked for in which images, before any map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Optional

from ..files.names import PathLike
from .mapping import MapOptions
from .shared import EXEMPLARS, WAVELENGTHS
from .stage import Options, described, parameter_of


@dataclass(frozen=True)
class ScreenOptions(Options):
    """The parameters of `screen_images`."""

    exemplars: Optional[PathLike] = described(None, EXEMPLARS)
    classes: Optional[Sequence[str]] = described(None, parameter_of(MapOptions, "classes"))
    wavelengths: Optional[PathLike] = described(None, WAVELENGTHS)
