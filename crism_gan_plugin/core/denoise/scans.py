"""Which volcano scans an image is denoised with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Optional, Union

from ..atmosphere import Transmission, find_volcano_scan, read_volcano_scan, recommended_scan, transmission_for
from ..errors import InputError
from ..products.scene import Scene

PathLike = Union[str, Path]

_SCAN = re.compile(r"ADR\d{11}_(?P<scan>[0-9A-F]{5})_VS", re.IGNORECASE)


def choose_scans(scene: Scene, given: Sequence[PathLike], table: Optional[PathLike]) -> list[Transmission]:
    """The scans on the image's own columns and channels.

    Parameters
    ----------
    scene
        In sensor space, not corrected for the atmosphere.
    given
        Records, all of which are used; or folders of records, in which the recommended one is looked for. None: those beside the
        image.
    table
        CAT's table of recommended scans; None: no recommendation.

    Raises
    ------
    InputError
        If a file is no record, or does not fit the image; if a folder is given but no table, or the recommended scan is not in it.
    """
    paths = [Path(path) for path in given]
    folders = [path for path in paths if path.is_dir()]
    files = [path for path in paths if not path.is_dir()]
    if folders and table is None:
        raise InputError(
            f"{folders[0]}: is a folder of volcano scans; give the table of recommended scans too, or choose the records"
        )
    if not paths and table is None:
        files = scans_beside(scene)
    if table is not None:
        files = [_recommended(scene, [*folders, *(path.parent for path in files)], Path(table)), *files]
    return [transmission_for(read_volcano_scan(path), scene.axis, scene.samples) for path in dict.fromkeys(files)]


def scans_beside(scene: Scene) -> list[Path]:
    """The best record of each scan in the image's folder."""
    folder = scene.path.parent
    scans = sorted({match["scan"].upper() for file in folder.iterdir() if (match := _SCAN.match(file.name))})
    found = (find_volcano_scan(scan, [folder], scene.samples) for scan in scans)
    return [path for path in found if path is not None]


def _recommended(scene: Scene, folders: list[Path], table: Path) -> Path:
    if scene.name is None:
        raise InputError(f"{scene.path}: has no CRISM name, so the table of recommended scans does not know it; give the records")
    scan = recommended_scan(scene.name.observation_id, table)
    if scan is None:
        raise InputError(f"{table}: recommends no volcano scan for {scene.name.observation_id}; give the records to use")
    found = find_volcano_scan(scan, [*folders, scene.path.parent, table.parent], scene.samples)
    if found is None:
        raise InputError(
            f"{table}: recommends volcano scan {scan} for {scene.name.observation_id}, but no record of it with enough columns "
            "is at hand; put ADR…_VS… files into one folder and give that"
        )
    return found
