"""Names of the map tiles (MRDR), ``Tnnnn_MRRcc_latSlon_0256_v``, and the files that belong to a tile.

Source: labels of tiles and formats of the archive: number of the tile, content (AL Lambert albedo, IF I/F, DE geometry, WV
wavelengths, SU summary parameters), latitude and longitude, pixels per degree, version.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from ..files.names import PathLike
from ..files.reading import list_folder

_GRAMMAR = re.compile(
    r"(?P<tile>T\d{4})_MRR(?P<content>[A-Z]{2})_(?P<place>\w{1,12})_(?P<resolution>\d{4})_(?P<version>\d+)(?![a-z0-9])",
    re.IGNORECASE,
)

#: Contents that are images, that which is corrected for light, air and heat first.
ALBEDO, I_OVER_F = "AL", "IF"

#: Content that tells which strip and detector column each pixel is of.
GEOMETRY = "DE"


@dataclass(frozen=True)
class TileName:
    """The fields of a tile's file name, all in capitals.

    Attributes
    ----------
    tile
        Its number, ``T1332``.
    content
        AL, IF, DE, WV, SU …
    place, resolution, version
        ``20S332``, ``0256``, ``1``.
    """

    tile: str
    content: str
    place: str
    resolution: str
    version: str

    def __str__(self) -> str:
        return f"{self.tile}_MRR{self.content}_{self.place}_{self.resolution}_{self.version}"

    @property
    def atmosphere_corrected(self) -> bool:
        """Whether the team corrected this tile for the atmosphere."""
        return self.content == ALBEDO


def parse_tile_name(path: PathLike) -> Optional[TileName]:
    """The tile that a file's name begins with, in capitals or small letters; None for any other name."""
    match = _GRAMMAR.match(Path(path).name)
    return None if match is None else TileName(**{field: text.upper() for field, text in match.groupdict().items()})


def find_of_tile(name: TileName, content: str, folder: Path, suffixes: tuple[str, ...]) -> Optional[Path]:
    """Another file of the same tile in a folder, of the same version if there is one, else of the newest; None if there is none.

    Parameters
    ----------
    content
        WV, DE …
    suffixes
        The endings that are wanted, the best one first.
    """
    found = []
    for file in list_folder(folder):
        other = parse_tile_name(file)
        if other is None or file.suffix.lower() not in suffixes or (other.tile, other.content) != (name.tile, content):
            continue
        found.append((other.version == name.version, int(other.version), -suffixes.index(file.suffix.lower()), file))
    return max(found)[-1] if found else None
