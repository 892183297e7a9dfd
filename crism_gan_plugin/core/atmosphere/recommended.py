"""Which volcano scan the analysis toolkit of the instrument team (CAT) recommends for an observation."""

from __future__ import annotations

import re
from typing import Optional

from ..errors import InputError
from ..files.names import PathLike
from ..files.reading import check_file, read_whole
from ..products.kinds import refuse_other_kind
from .correction import check_pair

#: Fields of a row of CAT's ``crism_obs_info`` table: observation, class, clock, bench temperature, time, and the scan that fits
#: it best with each pair of scaling wavelengths.
_ROW = re.compile(
    r"\s*(?P<observation>[0-9A-F]{8})\s+[A-Z]{3}\s.*\s(?P<mcguire>[0-9A-F]{5})\s+(?P<pelkey>[0-9A-F]{5})\s*", re.IGNORECASE
)


def recommended_scan(observation_id: str, table_path: PathLike, pair: str = "mcguire") -> Optional[str]:
    """The scan recommended for an observation.

    Parameters
    ----------
    observation_id
        Hexadecimal digits, as in the image's name: ``"0000A09C"`` or shorter.
    table_path
        CAT's table, ``crism_obs_info.txt`` or an excerpt of it.
    pair
        Pair of scaling wavelengths, ``"mcguire"`` or ``"pelkey"``.

    Returns
    -------
    The scan's five hexadecimal digits, ``"0A93E"``; None for an observation that the table does not have, or has no scan for.

    Raises
    ------
    InputError
        If the file is not such a table.
    ParameterError
        If the pair is unknown.
    """
    check_pair(pair)
    path = check_file(table_path)
    refuse_other_kind(path, "a table of recommended volcano scans", "give CAT's crism_obs_info.txt")
    wanted = observation_id.upper().zfill(8)
    understood = False
    for line in read_whole(path).decode("ascii", errors="replace").splitlines():
        row = _ROW.fullmatch(line)
        understood |= row is not None
        if row is not None and row["observation"].upper() == wanted:
            scan = row[pair].upper()
            return scan if int(scan, 16) else None
    if not understood:
        raise InputError(f"{path}: is not a table of recommended volcano scans; give CAT's crism_obs_info.txt")
    return None
